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

    /// <summary>The number of partial sums, L.</summary>
    public static int Partials<T>()
        where T : unmanaged =>
        4 * 64 / sizeof(T);

    /// <summary>
    /// The sum of terms in memory, as many as L divides: four vectors of partial sums at a time. Terms may come in pieces, whose partial sums
    /// are kept in memory from the first to the last one, which gives the sum; partial sums are overwritten.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T OfPiece<TVector, TLanes, T>(T* terms, nint count, T* sums, bool first, bool last)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        nint width = TLanes.Count, partials = Partials<T>();
        for (nint part = 0; ; part += 4 * width)
        {
            TVector s0 = TLanes.Create(default), s1 = s0, s2 = s0, s3 = s0;
            if (!first)
            {
                s0 = TLanes.Load(sums + part);
                s1 = TLanes.Load(sums + part + width);
                s2 = TLanes.Load(sums + part + 2 * width);
                s3 = TLanes.Load(sums + part + 3 * width);
            }

            for (nint i = part; i < count; i += partials)
            {
                s0 = TLanes.Add(s0, TLanes.Load(terms + i));
                s1 = TLanes.Add(s1, TLanes.Load(terms + i + width));
                s2 = TLanes.Add(s2, TLanes.Load(terms + i + 2 * width));
                s3 = TLanes.Add(s3, TLanes.Load(terms + i + 3 * width));
            }

            if (last && 4 * width == partials)
            {
                return TLanes.Sum(TLanes.Add(TLanes.Add(s0, s2), TLanes.Add(s1, s3)));
            }

            TLanes.Store(s0, sums + part);
            TLanes.Store(s1, sums + part + width);
            TLanes.Store(s2, sums + part + 2 * width);
            TLanes.Store(s3, sums + part + 3 * width);
            if (part + 4 * width == partials)
            {
                return last ? Total<TVector, TLanes, T>(sums, (int)partials) : default;
            }
        }
    }

    /// <summary>The sum of partial sums in memory, which are overwritten: halves in vectors, then the lanes of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Total<TVector, TLanes, T>(T* sums, int count)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        for (int half = count / 2; half >= TLanes.Count; half /= 2)
        {
            for (int j = 0; j < half; j += TLanes.Count)
            {
                TLanes.Store(TLanes.Add(TLanes.Load(sums + j), TLanes.Load(sums + j + half)), sums + j);
            }
        }

        return TLanes.Sum(TLanes.Load(sums));
    }

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
        for (; i <= length - 4 * width; i += 4 * width)
        {
            T* px = x + i, py = y + i;
            s0 = TLanes.Add(s0, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px), TLanes.Load(py), scalar));
            s1 = TLanes.Add(s1, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + width), TLanes.Load(py + width), scalar));
            s2 = TLanes.Add(s2, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 2 * width), TLanes.Load(py + 2 * width), scalar));
            s3 = TLanes.Add(s3, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 3 * width), TLanes.Load(py + 3 * width), scalar));
        }

        if (i < length)
        {
            T* sums = stackalloc T[LanesOfSingle];
            TLanes.Store(s0, sums);
            TLanes.Store(s1, sums + width);
            TLanes.Store(s2, sums + 2 * width);
            TLanes.Store(s3, sums + 3 * width);
            AddRemainder<TVector, TLanes, T, TTerm>(x + i, y + i, a, length - i, sums);
            s0 = TLanes.Load(sums);
            s1 = TLanes.Load(sums + width);
            s2 = TLanes.Load(sums + 2 * width);
            s3 = TLanes.Load(sums + 3 * width);
        }

        return TLanes.Sum(TLanes.Add(TLanes.Add(s0, s2), TLanes.Add(s1, s3)));
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
        for (; i <= length - 8 * width; i += 8 * width)
        {
            T* px = x + i, py = y + i;
            s0 = TLanes.Add(s0, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px), TLanes.Load(py), scalar));
            s1 = TLanes.Add(s1, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + width), TLanes.Load(py + width), scalar));
            s2 = TLanes.Add(s2, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 2 * width), TLanes.Load(py + 2 * width), scalar));
            s3 = TLanes.Add(s3, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 3 * width), TLanes.Load(py + 3 * width), scalar));
            s4 = TLanes.Add(s4, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 4 * width), TLanes.Load(py + 4 * width), scalar));
            s5 = TLanes.Add(s5, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 5 * width), TLanes.Load(py + 5 * width), scalar));
            s6 = TLanes.Add(s6, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 6 * width), TLanes.Load(py + 6 * width), scalar));
            s7 = TLanes.Add(s7, TTerm.Invoke<TVector, TLanes>(TLanes.Load(px + 7 * width), TLanes.Load(py + 7 * width), scalar));
        }

        if (i < length)
        {
            T* sums = stackalloc T[LanesOfSingle];
            TLanes.Store(s0, sums);
            TLanes.Store(s1, sums + width);
            TLanes.Store(s2, sums + 2 * width);
            TLanes.Store(s3, sums + 3 * width);
            TLanes.Store(s4, sums + 4 * width);
            TLanes.Store(s5, sums + 5 * width);
            TLanes.Store(s6, sums + 6 * width);
            TLanes.Store(s7, sums + 7 * width);
            AddRemainder<TVector, TLanes, T, TTerm>(x + i, y + i, a, length - i, sums);
            s0 = TLanes.Load(sums);
            s1 = TLanes.Load(sums + width);
            s2 = TLanes.Load(sums + 2 * width);
            s3 = TLanes.Load(sums + 3 * width);
            s4 = TLanes.Load(sums + 4 * width);
            s5 = TLanes.Load(sums + 5 * width);
            s6 = TLanes.Load(sums + 6 * width);
            s7 = TLanes.Load(sums + 7 * width);
        }

        // Lanes j and j + L/2 are four vectors apart, then two, then one.
        s0 = TLanes.Add(TLanes.Add(s0, s4), TLanes.Add(s2, s6));
        s1 = TLanes.Add(TLanes.Add(s1, s5), TLanes.Add(s3, s7));
        return TLanes.Sum(TLanes.Add(s0, s1));
    }

    // Narrow rungs have too few registers for L partial sums: they stay in memory, in the first-level cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static T InMemory<TVector, TLanes, T, TTerm>(T* x, T* y, T a, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TTerm : ITerm<T>
    {
        int lanes = Partials<T>();
        T* sums = stackalloc T[LanesOfSingle];
        new Span<T>(sums, lanes).Clear();
        for (int i = 0; i < length; i += lanes)
        {
            AddRemainder<TVector, TLanes, T, TTerm>(x + i, y + i, a, Math.Min(lanes, length - i), sums);
        }

        return Halve(sums, lanes);
    }

    // At most L terms, each added to its own partial sum; the last vector is padded.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void AddRemainder<TVector, TLanes, T, TTerm>(T* x, T* y, T a, int length, T* sums)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TTerm : ITerm<T>
    {
        TVector scalar = TLanes.Create(a);
        int i = 0;
        for (; i <= length - TLanes.Count; i += TLanes.Count)
        {
            TVector term = TTerm.Invoke<TVector, TLanes>(TLanes.Load(x + i), TLanes.Load(y + i), scalar);
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), term), sums + i);
        }

        if (i < length)
        {
            T* padded = stackalloc T[2 * Elementwise.LongestVector];
            T* paddedY = padded + Elementwise.LongestVector;
            TLanes.Store(TLanes.Create(TTerm.Padding), padded);
            TLanes.Store(TLanes.Create(T.Zero), paddedY);
            for (int j = i; j < length; j++)
            {
                padded[j - i] = x[j];
                paddedY[j - i] = y[j];
            }

            TVector term = TTerm.Invoke<TVector, TLanes>(TLanes.Load(padded), TLanes.Load(paddedY), scalar);
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), term), sums + i);
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
