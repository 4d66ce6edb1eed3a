using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>What <see cref="SignalNoiseKernels.Step"/> reads of the samples: blocks of 8 samples, in a block 8 numbers of each array, so that one pointer leads to all.</summary>
/// <remarks>
/// Bs, Bn: o b of the signal and of the noise patch. Cs, Cn: -o c of them. Gq, Gk: entry of column c in the gradients of W_Q and W_K, times x and times -x. X: x.
/// </remarks>
internal static class SignalNoiseBlock
{
    public const int Bs = 0, Bn = 8, Cs = 16, Cn = 24, Gq = 32, Gk = 40, X = 48, Size = 56;
}

/// <summary>Where the numbers of <see cref="SignalNoiseSteps"/> lie, whose remarks say what they are. Arrays over samples are padded with zeros to a multiple of 8.</summary>
internal unsafe struct SignalNoiseData
{
    /// <summary>Arrays over samples.</summary>
    public const int Arrays = 8;

    /// <summary>Samples, and as many padded; neurons of a panel; column c; the first of the columns of one patch, which are the last.</summary>
    public int Count, Padded, Pitch, Signal, Own;

    /// <summary>Over samples: o; x; the scores of the signal and the noise query; x u of the noise patch; the coefficients of W_V along both patches; h.</summary>
    public double* Order, X, SignalScore, NoiseScore, NoiseValue, OnSignalValue, OnNoiseValue, H;

    /// <summary>As <see cref="SignalNoiseBlock"/> has them.</summary>
    public double* Blocks;

    /// <summary>Gradients of W_V by column, padded.</summary>
    public double* ValueGradient;

    /// <summary>Of W_Q and W_K, a row of each by turns, a pair a sample.</summary>
    public double* Coefficients;

    /// <summary>By column, padded.</summary>
    public double* Displacement, V0, V;

    /// <summary>1 where the signal patch is patch 1.</summary>
    public int* Swapped;

    /// <summary>The data by column: entries of each column, and of each entry the sample and where its pair of rows begins.</summary>
    public int* Size, Sample, SampleRow;

    /// <summary>Noise patches: entries of each, and of each entry the column and where its pair of rows begins.</summary>
    public int* RowSize, Column, ColumnRow;

    /// <summary>x^ of those entries.</summary>
    public double* RowX;

    public SignalNoiseData(double* memory, int count, int padded)
    {
        (Count, Padded) = (count, padded);
        Order = memory;
        X = memory + padded;
        SignalScore = memory + 2 * padded;
        NoiseScore = memory + 3 * padded;
        NoiseValue = memory + 4 * padded;
        OnSignalValue = memory + 5 * padded;
        OnNoiseValue = memory + 6 * padded;
        H = memory + 7 * padded;
        Blocks = memory + Arrays * padded;
        ValueGradient = Blocks + padded / 8 * SignalNoiseBlock.Size;
    }

    /// <summary>The numbers of sample i in its block.</summary>
    public readonly double* Block(int i) => Blocks + (i / 8 * SignalNoiseBlock.Size + i % 8);
}

/// <summary>
/// The kernels of <see cref="SignalNoiseSteps"/>. Instructions bound them, not arithmetic: a panel's width is known when they are compiled and rows of the two matrices
/// lie in pairs, so that one address and constants lead to all that a column or a sample needs.
/// </summary>
internal static unsafe class SignalNoiseKernels
{
    /// <summary>The longest panel, in vectors.</summary>
    public const int Longest = 6;

    /// <summary>A step of one panel: all its columns, the rows of the new weights, and their part of the scores, which is added to those of the samples.</summary>
    /// <param name="at">Numbers of the samples.</param>
    /// <param name="w">Its columns.</param>
    /// <param name="rows">Its q^ and D^.</param>
    /// <param name="entries">x^ by column, at the scales of the column's gradients (<see cref="ScaledEntries.OnScores"/>).</param>
    /// <param name="rate">Rate.</param>
    /// <param name="move">False for the rows and scores of the columns as they are.</param>
    public static void Step(in SignalNoiseData at, double* w, double* rows, double* entries, double rate, bool move = true)
    {
        if (Vector512.IsHardwareAccelerated) Step<Vector512<double>, Lanes512<double>>(at, w, rows, entries, rate, move);
        else Step<Vector256<double>, Lanes256<double>>(at, w, rows, entries, rate, move);
    }

    private static void Step<TVector, TLanes>(in SignalNoiseData at, double* w, double* rows, double* entries, double rate, bool move)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        switch (at.Pitch / TLanes.Count)
        {
            case 1: Step<TVector, TLanes, One>(at, w, rows, entries, rate, move); break;
            case 2: Step<TVector, TLanes, Two>(at, w, rows, entries, rate, move); break;
            case 3: Step<TVector, TLanes, Three>(at, w, rows, entries, rate, move); break;
            case 4: Step<TVector, TLanes, Four>(at, w, rows, entries, rate, move); break;
            case 5: Step<TVector, TLanes, Five>(at, w, rows, entries, rate, move); break;
            default: Step<TVector, TLanes, Six>(at, w, rows, entries, rate, move); break;
        }
    }

    private static void Step<TVector, TLanes, TVectors>(in SignalNoiseData at, double* w, double* rows, double* entries, double rate, bool move)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        if (move)
        {
            Turn<TVector, TLanes, TVectors>(at, w, rows, rate);
            Shared<TVector, TLanes, TVectors>(at, w, entries, rate);
        }
        Project<TVector, TLanes, TVectors>(at, w, rows);
    }

    // Turn: from rows to coefficients, and the steps of the columns of one patch and of column c.
    // A lane is a neuron, in all kernels of a panel: vector j holds the neurons j * TLanes.Count onwards.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Turn<TVector, TLanes, TVectors>(in SignalNoiseData data, double* w, double* y, double a)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        int pitch = TVectors.Value * TLanes.Count;
        double* c = data.Coefficients, own = w + (nint)data.Own * (2 * pitch), signal = w + (nint)data.Signal * (2 * pitch), at = data.Blocks;
        int* swapped = data.Swapped;
        TVector rate = TLanes.Create(a), zero = TLanes.Create(0.0);
        TVector q0 = zero, q1 = zero, q2 = zero, q3 = zero, q4 = zero, q5 = zero, k0 = zero, k1 = zero, k2 = zero, k3 = zero, k4 = zero, k5 = zero;
        for (int* end = swapped + data.Count; swapped < end; at += SignalNoiseBlock.Size - 8)
        {
            for (int* block = end - swapped < 8 ? end : swapped + 8; swapped < block; swapped++, at++, y += 2 * pitch, c += 2 * pitch, own += 2 * pitch)
            {
                TVector b = TLanes.Create(at[SignalNoiseBlock.Bs]), g = TLanes.Create(at[SignalNoiseBlock.Gq]), step = TLanes.Multiply(rate, TLanes.Create(at[SignalNoiseBlock.X]));
                TVector c0 = TLanes.Load(y + pitch), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0;
                if (TVectors.Value > 1) c1 = TLanes.Load(y + pitch + TLanes.Count);
                if (TVectors.Value > 2) c2 = TLanes.Load(y + pitch + 2 * TLanes.Count);
                if (TVectors.Value > 3) c3 = TLanes.Load(y + pitch + 3 * TLanes.Count);
                if (TVectors.Value > 4) c4 = TLanes.Load(y + pitch + 4 * TLanes.Count);
                if (TVectors.Value > 5) c5 = TLanes.Load(y + pitch + 5 * TLanes.Count);
                q0 = TLanes.MultiplyAdd(g, TLanes.Multiply(b, c0), q0);
                if (TVectors.Value > 1) q1 = TLanes.MultiplyAdd(g, TLanes.Multiply(b, c1), q1);
                if (TVectors.Value > 2) q2 = TLanes.MultiplyAdd(g, TLanes.Multiply(b, c2), q2);
                if (TVectors.Value > 3) q3 = TLanes.MultiplyAdd(g, TLanes.Multiply(b, c3), q3);
                if (TVectors.Value > 4) q4 = TLanes.MultiplyAdd(g, TLanes.Multiply(b, c4), q4);
                if (TVectors.Value > 5) q5 = TLanes.MultiplyAdd(g, TLanes.Multiply(b, c5), q5);
                b = TLanes.Create(at[SignalNoiseBlock.Bn]);
                c0 = Take<TVector, TLanes>(TLanes.Multiply(b, c0), c, own, step);
                if (TVectors.Value > 1) c1 = Take<TVector, TLanes>(TLanes.Multiply(b, c1), c + TLanes.Count, own + TLanes.Count, step);
                if (TVectors.Value > 2) c2 = Take<TVector, TLanes>(TLanes.Multiply(b, c2), c + 2 * TLanes.Count, own + 2 * TLanes.Count, step);
                if (TVectors.Value > 3) c3 = Take<TVector, TLanes>(TLanes.Multiply(b, c3), c + 3 * TLanes.Count, own + 3 * TLanes.Count, step);
                if (TVectors.Value > 4) c4 = Take<TVector, TLanes>(TLanes.Multiply(b, c4), c + 4 * TLanes.Count, own + 4 * TLanes.Count, step);
                if (TVectors.Value > 5) c5 = Take<TVector, TLanes>(TLanes.Multiply(b, c5), c + 5 * TLanes.Count, own + 5 * TLanes.Count, step);

                b = TLanes.Create(at[SignalNoiseBlock.Cs]);
                g = TLanes.Create(at[SignalNoiseBlock.Cn]);
                // The product of patch 1 is the one that rounds by itself.
                if (*swapped != 0)
                {
                    TakeRow<TVector, TLanes, TVectors>(b, signal, out c0, out c1, out c2, out c3, out c4, out c5);
                    AddRow<TVector, TLanes, TVectors>(g, y, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
                }
                else
                {
                    TakeRow<TVector, TLanes, TVectors>(g, y, out c0, out c1, out c2, out c3, out c4, out c5);
                    AddRow<TVector, TLanes, TVectors>(b, signal, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
                }

                g = TLanes.Create(at[SignalNoiseBlock.Gk]);
                k0 = TLanes.MultiplyAdd(g, Take<TVector, TLanes>(c0, c + pitch, own + pitch, step), k0);
                if (TVectors.Value > 1) k1 = TLanes.MultiplyAdd(g, Take<TVector, TLanes>(c1, c + pitch + TLanes.Count, own + pitch + TLanes.Count, step), k1);
                if (TVectors.Value > 2) k2 = TLanes.MultiplyAdd(g, Take<TVector, TLanes>(c2, c + pitch + 2 * TLanes.Count, own + pitch + 2 * TLanes.Count, step), k2);
                if (TVectors.Value > 3) k3 = TLanes.MultiplyAdd(g, Take<TVector, TLanes>(c3, c + pitch + 3 * TLanes.Count, own + pitch + 3 * TLanes.Count, step), k3);
                if (TVectors.Value > 4) k4 = TLanes.MultiplyAdd(g, Take<TVector, TLanes>(c4, c + pitch + 4 * TLanes.Count, own + pitch + 4 * TLanes.Count, step), k4);
                if (TVectors.Value > 5) k5 = TLanes.MultiplyAdd(g, Take<TVector, TLanes>(c5, c + pitch + 5 * TLanes.Count, own + pitch + 5 * TLanes.Count, step), k5);
            }
        }

        MoveRow<TVector, TLanes, TVectors>(q0, q1, q2, q3, q4, q5, signal, rate);
        MoveRow<TVector, TLanes, TVectors>(k0, k1, k2, k3, k4, k5, signal + pitch, rate);
    }

    /// <summary>Stores a coefficient and moves its patch's own column by it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Take<TVector, TLanes>(TVector coefficient, double* c, double* own, TVector rate)
        where TLanes : ILanes<TVector, double>
    {
        TLanes.Store(coefficient, c);
        Move<TVector, TLanes>(coefficient, own, rate);
        return coefficient;
    }

    /// <summary>w += a sgn(g).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move<TVector, TLanes>(TVector g, double* w, TVector rate)
        where TLanes : ILanes<TVector, double> =>
        TLanes.Store(SignedStep.Invoke<TVector, TLanes>(TLanes.Load(w), rate, g), w);

    // Rows of up to six vectors: as many as the panel has, which is known when this is compiled.

    /// <summary>q = v x, x a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TakeRow<TVector, TLanes, TVectors>(TVector v, double* x, out TVector q0, out TVector q1, out TVector q2, out TVector q3, out TVector q4, out TVector q5)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        q0 = q1 = q2 = q3 = q4 = q5 = TLanes.Multiply(v, TLanes.Load(x));
        if (TVectors.Value > 1) q1 = TLanes.Multiply(v, TLanes.Load(x + TLanes.Count));
        if (TVectors.Value > 2) q2 = TLanes.Multiply(v, TLanes.Load(x + 2 * TLanes.Count));
        if (TVectors.Value > 3) q3 = TLanes.Multiply(v, TLanes.Load(x + 3 * TLanes.Count));
        if (TVectors.Value > 4) q4 = TLanes.Multiply(v, TLanes.Load(x + 4 * TLanes.Count));
        if (TVectors.Value > 5) q5 = TLanes.Multiply(v, TLanes.Load(x + 5 * TLanes.Count));
    }

    /// <summary>q += v x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<TVector, TLanes, TVectors>(TVector v, double* x, ref TVector q0, ref TVector q1, ref TVector q2, ref TVector q3, ref TVector q4, ref TVector q5)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        q0 = TLanes.MultiplyAdd(v, TLanes.Load(x), q0);
        if (TVectors.Value > 1) q1 = TLanes.MultiplyAdd(v, TLanes.Load(x + TLanes.Count), q1);
        if (TVectors.Value > 2) q2 = TLanes.MultiplyAdd(v, TLanes.Load(x + 2 * TLanes.Count), q2);
        if (TVectors.Value > 3) q3 = TLanes.MultiplyAdd(v, TLanes.Load(x + 3 * TLanes.Count), q3);
        if (TVectors.Value > 4) q4 = TLanes.MultiplyAdd(v, TLanes.Load(x + 4 * TLanes.Count), q4);
        if (TVectors.Value > 5) q5 = TLanes.MultiplyAdd(v, TLanes.Load(x + 5 * TLanes.Count), q5);
    }

    /// <summary>w += a sgn(q), w a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveRow<TVector, TLanes, TVectors>(TVector q0, TVector q1, TVector q2, TVector q3, TVector q4, TVector q5, double* w, TVector rate)
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        Move<TVector, TLanes>(q0, w, rate);
        if (TVectors.Value > 1) Move<TVector, TLanes>(q1, w + TLanes.Count, rate);
        if (TVectors.Value > 2) Move<TVector, TLanes>(q2, w + 2 * TLanes.Count, rate);
        if (TVectors.Value > 3) Move<TVector, TLanes>(q3, w + 3 * TLanes.Count, rate);
        if (TVectors.Value > 4) Move<TVector, TLanes>(q4, w + 4 * TLanes.Count, rate);
        if (TVectors.Value > 5) Move<TVector, TLanes>(q5, w + 5 * TLanes.Count, rate);
    }

    // The columns that noise patches share.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Shared<TVector, TLanes, TVectors>(in SignalNoiseData data, double* w, double* x, double a)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        int pitch = TVectors.Value * TLanes.Count;
        double* c = data.Coefficients, signal = w + (nint)data.Signal * (2 * pitch), end = w + (nint)data.Own * (2 * pitch);
        int* at = data.SampleRow, size = data.Size;
        TVector rate = TLanes.Create(a);
        for (; w < end; w += 2 * pitch, size++)
        {
            int* last = at + *size;
            if (w == signal)
            {
                x += ScaledEntries.Pair * (last - at);
                at = last;
                continue;
            }

            double* row = c + *at;
            TVector v = TLanes.Create(*x), u = TLanes.Create(x[ScaledEntries.Key]);
            TakeRow<TVector, TLanes, TVectors>(v, row, out TVector q0, out TVector q1, out TVector q2, out TVector q3, out TVector q4, out TVector q5);
            TakeRow<TVector, TLanes, TVectors>(u, row + pitch, out TVector k0, out TVector k1, out TVector k2, out TVector k3, out TVector k4, out TVector k5);
            for (at++, x += ScaledEntries.Pair; at < last; at++, x += ScaledEntries.Pair)
            {
                row = c + *at;
                v = TLanes.Create(*x);
                u = TLanes.Create(x[ScaledEntries.Key]);
                AddRow<TVector, TLanes, TVectors>(v, row, ref q0, ref q1, ref q2, ref q3, ref q4, ref q5);
                AddRow<TVector, TLanes, TVectors>(u, row + pitch, ref k0, ref k1, ref k2, ref k3, ref k4, ref k5);
            }

            MoveRow<TVector, TLanes, TVectors>(q0, q1, q2, q3, q4, q5, w, rate);
            MoveRow<TVector, TLanes, TVectors>(k0, k1, k2, k3, k4, k5, w + pitch, rate);
        }
    }

    // q^ and D^ of the columns, and their products, samples in blocks of 8.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Project<TVector, TLanes, TVectors>(in SignalNoiseData data, double* w, double* y)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
        where TVectors : IConstant
    {
        const int Sums = 8 * 8;
        int pitch = TVectors.Value * TLanes.Count;
        double* memory = stackalloc double[2 * Sums + 8], sums = (double*)(((nuint)memory + 63) & ~(nuint)63);
        double* signal = w + (nint)data.Signal * (2 * pitch), x = data.RowX, onSignal = data.SignalScore, onNoise = data.NoiseScore;
        int* at = data.ColumnRow, size = data.RowSize;
        for (int left = data.Count; left > 0; left -= 8, onSignal += 8, onNoise += 8)
        {
            double* sum = sums, block = sums + 8 * Math.Min(left, 8);
            if (left < 8)
                for (int r = 0; r < 2 * Sums; r += TLanes.Count) TLanes.Store(TLanes.Create(0.0), sums + r);
            for (; sum < block; sum += 8, y += 2 * pitch)
            {
                double* row = w + *at;
                TVector v = TLanes.Create(*x);
                TakeRow<TVector, TLanes, TVectors>(v, row, out TVector q0, out TVector q1, out TVector q2, out TVector q3, out TVector q4, out TVector q5);
                TakeRow<TVector, TLanes, TVectors>(v, row + pitch, out TVector k0, out TVector k1, out TVector k2, out TVector k3, out TVector k4, out TVector k5);
                int* last = at + *size++;
                for (at++, x++; at < last; at++, x++)
                {
                    row = w + *at;
                    v = TLanes.Create(*x);
                    AddRow<TVector, TLanes, TVectors>(v, row, ref q0, ref q1, ref q2, ref q3, ref q4, ref q5);
                    AddRow<TVector, TLanes, TVectors>(v, row + pitch, ref k0, ref k1, ref k2, ref k3, ref k4, ref k5);
                }

                TVector bySignal = TLanes.Create(0.0), byNoise = bySignal;
                Finish<TVector, TLanes>(q0, k0, signal, y, pitch, ref bySignal, ref byNoise);
                if (TVectors.Value > 1) Finish<TVector, TLanes>(q1, k1, signal + TLanes.Count, y + TLanes.Count, pitch, ref bySignal, ref byNoise);
                if (TVectors.Value > 2) Finish<TVector, TLanes>(q2, k2, signal + 2 * TLanes.Count, y + 2 * TLanes.Count, pitch, ref bySignal, ref byNoise);
                if (TVectors.Value > 3) Finish<TVector, TLanes>(q3, k3, signal + 3 * TLanes.Count, y + 3 * TLanes.Count, pitch, ref bySignal, ref byNoise);
                if (TVectors.Value > 4) Finish<TVector, TLanes>(q4, k4, signal + 4 * TLanes.Count, y + 4 * TLanes.Count, pitch, ref bySignal, ref byNoise);
                if (TVectors.Value > 5) Finish<TVector, TLanes>(q5, k5, signal + 5 * TLanes.Count, y + 5 * TLanes.Count, pitch, ref bySignal, ref byNoise);
                TLanes.Store(bySignal, sum);
                TLanes.Store(byNoise, sum + Sums);
            }

            AddSums<TVector, TLanes>(sums, onSignal);
            AddSums<TVector, TLanes>(sums + Sums, onNoise);
        }
    }

    /// <summary>Stores q^ and D^ of some neurons and adds their products to the scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TVector, TLanes>(TVector q, TVector k, double* signal, double* y, int pitch, ref TVector bySignal, ref TVector byNoise)
        where TLanes : ILanes<TVector, double>
    {
        TVector difference = TLanes.Subtract(TLanes.Load(signal + pitch), k);
        TLanes.Store(q, y);
        TLanes.Store(difference, y + pitch);
        bySignal = TLanes.MultiplyAdd(TLanes.Load(signal), difference, bySignal);
        byNoise = TLanes.MultiplyAdd(q, difference, byNoise);
    }

    /// <summary>Adds the sums of the lanes of eight vectors, 8 doubles apart, each with the bits of TLanes.Sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSums<TVector, TLanes>(double* vectors, double* sums)
        where TLanes : ILanes<TVector, double>
    {
        if (typeof(TVector) == typeof(Vector512<double>) && Avx512F.IsSupported)
        {
            Vector512<double> even = Quarters(Halves(vectors, vectors + 16), Halves(vectors + 32, vectors + 48));
            Vector512<double> odd = Quarters(Halves(vectors + 8, vectors + 24), Halves(vectors + 40, vectors + 56));
            (Vector512.Load(sums) + (Avx512F.UnpackLow(even, odd) + Avx512F.UnpackHigh(even, odd))).Store(sums);
        }
        else
        {
            for (int i = 0; i < 8; i++) sums[i] += TLanes.Sum(TLanes.Load(vectors + 8 * i));
        }
    }

    /// <summary>Lower half plus upper half: that of x, then that of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Halves(double* px, double* py)
    {
        Vector512<double> x = Vector512.Load(px), y = Vector512.Load(py);
        return Avx512F.Shuffle4x128(x, y, 0b01_00_01_00) + Avx512F.Shuffle4x128(x, y, 0b11_10_11_10);
    }

    /// <summary>In each half the lower quarter plus the upper one: those of x, then those of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Quarters(Vector512<double> x, Vector512<double> y) =>
        Avx512F.Shuffle4x128(x, y, 0b10_00_10_00) + Avx512F.Shuffle4x128(x, y, 0b11_01_11_01);

    /// <summary>A0, A1, U0, U1 from scores and values by role.</summary>
    public static void ToPatches(in SignalNoiseData at, in PairSamples into)
    {
        if (Vector512.IsHardwareAccelerated) ToPatches<Vector512<double>, Lanes512<double>>(at, into);
        else ToPatches<Vector256<double>, Lanes256<double>>(at, into);
    }

    // A lane is a sample.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToPatches<TVector, TLanes>(in SignalNoiseData at, in PairSamples into)
        where TLanes : ILanes<TVector, double>
    {
        double* order = at.Order, x = at.X, bySignal = at.SignalScore, byNoise = at.NoiseScore, values = at.NoiseValue, a0 = into.A0, a1 = into.A1, u0 = into.U0, u1 = into.U1;
        TVector zero = TLanes.Create(0.0), v = TLanes.Create(at.V[at.Signal]);
        for (int i = 0, padded = at.Padded; i < padded; i += TLanes.Count)
        {
            TVector o = TLanes.Load(order + i), swapped = TLanes.LessThan(o, zero);
            TVector signal = TLanes.Multiply(o, TLanes.Load(bySignal + i)), noise = TLanes.Multiply(o, TLanes.Load(byNoise + i));
            TLanes.Store(TLanes.Select(swapped, noise, signal), a0 + i);
            TLanes.Store(TLanes.Select(swapped, signal, noise), a1 + i);
            signal = TLanes.Multiply(TLanes.Load(x + i), v);
            noise = TLanes.Multiply(TLanes.Load(x + i), TLanes.Load(values + i));
            TLanes.Store(TLanes.Select(swapped, noise, signal), u0 + i);
            TLanes.Store(TLanes.Select(swapped, signal, noise), u1 + i);
        }
    }

    /// <summary>Factors by role and value gradients of the columns of one patch, from weights by patch; the scores become zero.</summary>
    public static void ToRoles(in SignalNoiseData at, in PairWeights weights)
    {
        if (Vector512.IsHardwareAccelerated) ToRoles<Vector512<double>, Lanes512<double>>(at, weights);
        else ToRoles<Vector256<double>, Lanes256<double>>(at, weights);
    }

    // A lane is a sample.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToRoles<TVector, TLanes>(in SignalNoiseData at, in PairWeights weights)
        where TLanes : ILanes<TVector, double>
    {
        double* order = at.Order, b0 = weights.B0, b1 = weights.B1, c0 = weights.C0, c1 = weights.C1, v0 = weights.V0, v1 = weights.V1;
        double* onSignal = at.OnSignalValue, onNoise = at.OnNoiseValue, bySignal = at.SignalScore, byNoise = at.NoiseScore, h = at.H, own = at.ValueGradient + at.Own;
        TVector zero = TLanes.Create(0.0);
        for (int i = 0, padded = at.Padded; i < padded; i += TLanes.Count)
        {
            double* block = at.Block(i);
            TVector o = TLanes.Load(order + i), swapped = TLanes.LessThan(o, zero), minus = TLanes.Subtract(zero, o);
            TVector first = TLanes.Multiply(o, TLanes.Load(b0 + i)), second = TLanes.Multiply(o, TLanes.Load(b1 + i));
            TLanes.Store(TLanes.Select(swapped, second, first), block + SignalNoiseBlock.Bs);
            TLanes.Store(TLanes.Select(swapped, first, second), block + SignalNoiseBlock.Bn);
            first = TLanes.Multiply(minus, TLanes.Load(c0 + i));
            second = TLanes.Multiply(minus, TLanes.Load(c1 + i));
            TLanes.Store(TLanes.Select(swapped, second, first), block + SignalNoiseBlock.Cs);
            TLanes.Store(TLanes.Select(swapped, first, second), block + SignalNoiseBlock.Cn);
            first = TLanes.Load(v0 + i);
            second = TLanes.Load(v1 + i);
            TLanes.Store(TLanes.Select(swapped, second, first), onSignal + i);
            first = TLanes.Select(swapped, first, second);
            TLanes.Store(first, onNoise + i);
            TLanes.Store(TLanes.Multiply(TLanes.Load(h + i), first), own + i);
            TLanes.Store(zero, bySignal + i);
            TLanes.Store(zero, byNoise + i);
        }
    }

    /// <summary>Gradients of W_V of column c and the shared columns.</summary>
    /// <param name="at">Numbers of the samples.</param>
    /// <param name="x">Entries by column, at the scale of the column's gradient.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ValueGradients(in SignalNoiseData at, double* x)
    {
        double* c = at.OnNoiseValue, to = at.ValueGradient, signal = to + at.Signal;
        int* sample = at.Sample, size = at.Size;
        for (double* end = to + at.Own; to < end; to++)
        {
            double* from = to == signal ? at.OnSignalValue : c;
            double sum = 0;
            for (int* last = sample + *size++; sample < last; sample++) sum += *x++ * from[*sample];
            *to = sum;
        }
    }

    /// <summary>A step of the displacements, and v.</summary>
    public static void StepValues(in SignalNoiseData at, double rate)
    {
        if (Vector512.IsHardwareAccelerated) StepValues<Vector512<double>, Lanes512<double>>(at, rate);
        else StepValues<Vector256<double>, Lanes256<double>>(at, rate);
    }

    // A lane is a column; what the last vector has too many falls into the padding.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StepValues<TVector, TLanes>(in SignalNoiseData at, double a)
        where TLanes : ILanes<TVector, double>
    {
        double* gradient = at.ValueGradient, v0 = at.V0, displacement = at.Displacement, v = at.V;
        TVector rate = TLanes.Create(a), two = TLanes.Create(2.0);
        for (int k = 0, columns = at.Own + at.Count; k < columns; k += TLanes.Count)
        {
            TVector moved = SignedStep.Invoke<TVector, TLanes>(TLanes.Load(displacement + k), rate, TLanes.Load(gradient + k));
            TLanes.Store(moved, displacement + k);
            TLanes.Store(TLanes.Add(TLanes.Load(v0 + k), TLanes.Multiply(two, moved)), v + k);
        }
    }

    /// <summary>x u of the noise patches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(in SignalNoiseData at)
    {
        double* v = at.V, to = at.NoiseValue, x = at.RowX;
        int* column = at.Column, size = at.RowSize;
        for (double* end = to + at.Count; to < end; to++)
        {
            double sum = 0;
            for (int* last = column + *size++; column < last; column++) sum += *x++ * v[*column];
            *to = sum;
        }
    }
}
