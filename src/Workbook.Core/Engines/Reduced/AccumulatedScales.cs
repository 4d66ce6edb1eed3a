using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The weights of votes whose samples have mantissas with binary exponents (<see cref="AccumulatedAttention{TVector, TLanes}.Scaled"/>): each vote, mu's too, at the scale of its largest sample,
/// so that no sign is lost.
/// </summary>
internal static unsafe class AccumulatedScales<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>What <see cref="AccumulatedRows{TVector, TLanes}.Weights"/> finds for the same votes, and the weights in mu's, in place.</summary>
    public static void Weights(AccumulatedState* s)
    {
        Signal(s);
        Shared(s);
    }

    /// <summary>The largest of some exponents.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Top(double* exponent, int count)
    {
        TVector none = TLanes.Create(double.NegativeInfinity), top = none;
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count) top = TLanes.Max(TLanes.Load(exponent + i), top);
        if (i < count) top = TLanes.Max(TLanes.LoadFirst(exponent + i, count - i, none), top);
        return TLanes.Largest(top);
    }

    /// <summary>The largest exponent of the samples of some entries.</summary>
    public static double Top(double* exponent, int* samples, int from, int to)
    {
        double top = double.NegativeInfinity;
        for (int e = from; e < to; e++) top = exponent[samples[e]] > top ? exponent[samples[e]] : top;
        return top;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Signal(AccumulatedState* s)
    {
        int n = s->N;
        double* onSignal = s->OnSignal;
        TVector zero = TLanes.Create(0), one = TLanes.Create(1);
        TVector top1 = TLanes.Create(Top(s->Exponent1, n)), topOwn = TLanes.Create(Top(s->ExponentOwn, n)), topSignal = TLanes.Create(Top(s->ExponentSignal, n));
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Subtract(zero, Below(TLanes.Load(s->MinusVote1 + i), TLanes.Load(s->Exponent1 + i), top1)), s->MinusVote1 + i);
            TLanes.Store(TLanes.Subtract(zero, Below(one, TLanes.Load(s->ExponentOwn + i), topOwn)), s->MinusWeight + i);
            TLanes.Store(Below(TLanes.Load(onSignal + i), TLanes.Load(s->ExponentSignal + i), topSignal), onSignal + i);
        }
        double signal = 0;
        for (int i = 0; i < n; i++) signal += onSignal[i];
        s->Descent[s->ValueSignal] = signal;
    }

    /// <summary>x 2^(exponent - top). Lanes past n may lie above the top: no vote reads what comes of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Below(TVector x, TVector exponent, TVector top) => PowerOfTwo.TimesPower<TVector, TLanes>(x, TLanes.Subtract(exponent, top));

    /// <summary>Of a shared coordinate three votes, on W_Q, W_K and the value, in the first three of four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Shared(AccumulatedState* s)
    {
        double* exponent = s->ExponentOfVotes, mantissa = s->MantissaOfVotes;
        for (nint i = 0; i < s->N; i++)
        {
            Vector256.Create(s->Exponent2[i], s->ExponentOwn[i], s->ExponentNoise[i], 0).Store(exponent + 4 * i);
            Vector256.Create(s->MinusBeta2[i], 1, s->Descent[s->ValueNoise + i], 0).Store(mantissa + 4 * i);
        }
        double* values = s->ColumnValue, queryWeights = s->QueryWeight, keyWeights = s->KeyWeight, onShared = s->Descent + s->ValueShared;
        int* samples = s->ColumnSample, starts = s->ColumnStart;
        nint shared = s->SharedCount;
        for (nint c = 0, e = 0; c < shared; c++)
        {
            nint from = e, to = starts[c + 1];
            Vector256<double> top = Vector256.Create(double.NegativeInfinity), sum = Vector256<double>.Zero;
            for (; e < to; e++) top = Lanes256<double>.Max(Vector256.Load(exponent + 4 * (nint)samples[e]), top);
            for (e = from; e < to; e++)
            {
                nint at = 4 * (nint)samples[e];
                Vector256<double> weight = Vector256.Create(values[e]) * PowerOfTwo.TimesPower<Vector256<double>, Lanes256<double>>(Vector256.Load(mantissa + at), Vector256.Load(exponent + at) - top);
                queryWeights[e] = weight.ToScalar();
                keyWeights[e] = weight.GetElement(1);
                sum += weight;
            }
            onShared[c] = sum.GetElement(2);
        }
    }
}
