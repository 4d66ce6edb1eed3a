using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>The largest value of a function over numbers in memory.</summary>
internal static unsafe class Largest
{
    /// <summary>The largest f(x) that is not NaN and above <paramref name="least"/>, else <paramref name="least"/>; f has to leave values of its own as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Of<TVector, TLanes, T, TFunction>(T* x, nint length, T least)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TFunction : IFunction<T>
    {
        nint width = TLanes.Count, i = 0;
        TVector m0 = TLanes.Create(least), m1 = m0, m2 = m0, m3 = m0;
        for (; i <= length - 4 * width; i += 4 * width)
        {
            m0 = TLanes.Max(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i)), m0);
            m1 = TLanes.Max(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i + width)), m1);
            m2 = TLanes.Max(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i + 2 * width)), m2);
            m3 = TLanes.Max(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i + 3 * width)), m3);
        }

        m0 = TLanes.Max(TLanes.Max(m0, m1), TLanes.Max(m2, m3));
        for (; i <= length - width; i += width)
        {
            m0 = TLanes.Max(TFunction.Invoke<TVector, TLanes>(TLanes.Load(x + i)), m0);
        }

        if (i < length)
        {
            m0 = TLanes.Max(TFunction.Invoke<TVector, TLanes>(TLanes.LoadFirst(x + i, (int)(length - i), m0)), m0);
        }

        return TLanes.Largest(m0);
    }
}

/// <summary>x.</summary>
internal readonly struct Itself<T> : IFunction<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, T> => x;
}

/// <summary>|x|.</summary>
internal readonly struct Magnitude<T> : IFunction<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Invoke<TVector, TLanes>(TVector x)
        where TLanes : ILanes<TVector, T> =>
        TLanes.Abs(x);
}
