using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>What a sum adds up, written once for every rung of the ladder.</summary>
internal interface ITerm<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The x_i whose term is zero, with y_i = 0: it fills the last vectors.</summary>
    static abstract T Padding { get; }

    /// <summary>The term of x_i and y_i, with one scalar that all terms share.</summary>
    static abstract TVector Invoke<TVector, TLanes>(TVector x, TVector y, TVector a)
        where TLanes : ILanes<TVector, T>;
}

/// <summary>
/// The driver of sums, with one order of summation on every rung: L partial sums (32 of doubles, 64 of floats: four
/// 512-bit vectors), partial sum j of the terms i = j mod L in ascending order, each product rounded before it is
/// added; then halves are added, j and j + L/2, j and j + L/4, ... The bits depend on the numbers alone, not on
/// instruction set or alignment.
/// </summary>
internal static unsafe class Sums
{
    // 4 vectors of 64 bytes.
    private const int LanesOfSingle = 64;

    public static T Run<T, TTerm>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, T a)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TTerm : ITerm<T>
    {
        Require.SameLength(x.Length, y.Length);
        fixed (T* px = x, py = y)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                return FourVectors<Vector512<T>, Lanes512<T>, T, TTerm>(px, py, a, x.Length);
            }

            if (Vector256.IsHardwareAccelerated)
            {
                return EightVectors<Vector256<T>, Lanes256<T>, T, TTerm>(px, py, a, x.Length);
            }

            return Vector128.IsHardwareAccelerated
                ? InMemory<Vector128<T>, Lanes128<T>, T, TTerm>(px, py, a, x.Length)
                : InMemory<T, Lanes1<T>, T, TTerm>(px, py, a, x.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static T FourVectors<TVector, TLanes, T, TTerm>(T* x, T* y, T a, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TTerm : ITerm<T>
    {
        int width = TLanes.Count, i = 0;
        TVector scalar = TLanes.Create(a);
        TVector s0 = TLanes.Create(T.Zero), s1 = s0, s2 = s0, s3 = s0;
        T* padded = stackalloc T[2 * LanesOfSingle];
        PadRemainder<T, TTerm>(x, y, length, 4 * width, padded);
        while (i < length)
        {
            T* px = x + i, py = y + i;
            if (length - i < 4 * width)
            {
                px = padded;
                py = padded + LanesOfSingle;
            }

            s0 = TLanes.Add(s0, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px), TLanes.Load(py), scalar));
            s1 = TLanes.Add(s1, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + width), TLanes.Load(py + width), scalar));
            s2 = TLanes.Add(s2, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 2 * width), TLanes.Load(py + 2 * width), scalar));
            s3 = TLanes.Add(s3, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 3 * width), TLanes.Load(py + 3 * width), scalar));
            i += 4 * width;
        }

        TLanes.Store(TLanes.Add(TLanes.Add(s0, s2), TLanes.Add(s1, s3)), padded);
        return Halve(padded, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static T EightVectors<TVector, TLanes, T, TTerm>(T* x, T* y, T a, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TTerm : ITerm<T>
    {
        int width = TLanes.Count, i = 0;
        TVector scalar = TLanes.Create(a);
        TVector s0 = TLanes.Create(T.Zero), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        T* padded = stackalloc T[2 * LanesOfSingle];
        PadRemainder<T, TTerm>(x, y, length, 8 * width, padded);
        while (i < length)
        {
            T* px = x + i, py = y + i;
            if (length - i < 8 * width)
            {
                px = padded;
                py = padded + LanesOfSingle;
            }

            s0 = TLanes.Add(s0, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px), TLanes.Load(py), scalar));
            s1 = TLanes.Add(s1, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + width), TLanes.Load(py + width), scalar));
            s2 = TLanes.Add(s2, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 2 * width), TLanes.Load(py + 2 * width), scalar));
            s3 = TLanes.Add(s3, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 3 * width), TLanes.Load(py + 3 * width), scalar));
            s4 = TLanes.Add(s4, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 4 * width), TLanes.Load(py + 4 * width), scalar));
            s5 = TLanes.Add(s5, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 5 * width), TLanes.Load(py + 5 * width), scalar));
            s6 = TLanes.Add(s6, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 6 * width), TLanes.Load(py + 6 * width), scalar));
            s7 = TLanes.Add(s7, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 7 * width), TLanes.Load(py + 7 * width), scalar));
            i += 8 * width;
        }

        // Lanes j and j + L/2 are four vectors apart, then two, then one.
        (s0, s1) = (TLanes.Add(s0, s4), TLanes.Add(s1, s5));
        (s2, s3) = (TLanes.Add(s2, s6), TLanes.Add(s3, s7));
        TLanes.Store(TLanes.Add(TLanes.Add(s0, s2), TLanes.Add(s1, s3)), padded);
        return Halve(padded, width);
    }

    // Narrow rungs have too few registers for L partial sums: they stay in memory, in the first-level cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static T InMemory<TVector, TLanes, T, TTerm>(T* x, T* y, T a, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TTerm : ITerm<T>
    {
        int lanes = 4 * 64 / sizeof(T);
        TVector scalar = TLanes.Create(a);
        T* sums = stackalloc T[LanesOfSingle];
        T* padded = stackalloc T[2 * LanesOfSingle];
        new Span<T>(sums, lanes).Clear();
        PadRemainder<T, TTerm>(x, y, length, lanes, padded);

        for (int i = 0; i < length; i += lanes)
        {
            T* px = x + i, py = y + i;
            if (length - i < lanes)
            {
                px = padded;
                py = padded + LanesOfSingle;
            }

            for (int j = 0; j < lanes; j += TLanes.Count)
            {
                TVector term = TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + j), TLanes.Load(py + j), scalar);
                TLanes.Store(TLanes.Add(TLanes.Load(sums + j), term), sums + j);
            }
        }

        return Halve(sums, lanes);
    }

    // Called before the loops: vectors that live across a call would be spilled.
    private static void PadRemainder<T, TTerm>(T* x, T* y, int length, int partials, T* padded)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TTerm : ITerm<T>
    {
        int remainder = length % partials;
        if (remainder != 0)
        {
            new Span<T>(padded, LanesOfSingle).Fill(TTerm.Padding);
            new Span<T>(padded + LanesOfSingle, LanesOfSingle).Clear();
            new ReadOnlySpan<T>(x + length - remainder, remainder).CopyTo(new Span<T>(padded, remainder));
            new ReadOnlySpan<T>(y + length - remainder, remainder).CopyTo(new Span<T>(padded + LanesOfSingle, remainder));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Halve<T>(T* sums, int count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int half = count / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                sums[j] += sums[j + half];
            }
        }

        return sums[0];
    }
}
