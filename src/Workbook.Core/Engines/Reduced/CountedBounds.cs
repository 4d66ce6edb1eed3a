using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// For how long signs that hold now are certain to hold, whatever directions change in the meantime: a direction is at most 1 in size, so every inner product has a greatest speed, and
/// from it follows how far scores and weights can drift.
/// </summary>
/// <remarks>
/// <code>
/// |q_mu(t + tau) - q_mu(t)|     &lt;= z_mu = tau eta ||mu||_1                    and k_mu
/// |y q_xi_i(t + tau) - ..|      &lt;= z_i  = tau eta ||xi_i||_1                  and y k_xi_i
/// |a_1(t + tau) - a_1(t)|       &lt;= z_mu sum |D_i| + (z_mu + z_i) sum |q_mu| + m_k z_mu (z_mu + z_i)
/// |a_2(t + tau) - a_2(t)|       &lt;= z_i  sum |D_i| + (z_mu + z_i) sum |q_xi_i| + m_k z_i (z_mu + z_i)
/// </code>
/// The logarithm of s_a1 s_a2 moves no faster than a_a, that of -l' no faster than the margin. The bounds are taken for a window of steps at a time, with every size at its largest
/// in the window, so that a logarithm moves by at most its rate times the number of steps. Computed values differ from the exact ones by a few units in the last place of the largest
/// term that they are made of; <see cref="Slack"/> is thousands of them, so a sign that is certain here is the one that would be computed.
/// </remarks>
internal static unsafe class CountedBounds<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    /// <summary>Rounding that a quantity has to be clear of, relative to the size of what is summed.</summary>
    public const double Slack = 1e-12;

    /// <summary>Past this a bound on a logarithm says nothing of use.</summary>
    private const double MostDrift = 15;

    /// <summary>What stands for no bound.</summary>
    public const double Unbounded = 1e300;

    private static TVector Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Create(0);
    }

    /// <summary>At least e^x for x &gt;= 0: ((16 + x) / (16 - x))^8, since ln((1 + u) / (1 - u)) &gt;= 2 u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ExpBound(double x)
    {
        if (!(x < MostDrift)) return Unbounded;
        double b = (16 + x) / (16 - x), b2 = b * b, b4 = b2 * b2;
        return b4 * b4;
    }

    /// <summary>The rates of a window of steps that begins now: an eighth of the time so far, so that their number grows like its logarithm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Window(CountedState* s)
    {
        double length = 8 + Math.Floor(s->Time / 8), end = s->Time + length, mu = s->SignalSpeed, sizeMu = s->SignalSize + mu * end;
        (s->WindowStart, s->WindowEnd, s->SignalRounding) = (s->Time, end, Slack * sizeMu);
        TVector neurons = TLanes.Create(s->Neurons), speedMu = TLanes.Create(mu), steps = TLanes.Create(length), last = TLanes.Create(end), slack = TLanes.Create(Slack);
        TVector norm = TLanes.Create(s->SignalNorm + s->Neurons * mu * length), two = TLanes.Create(2), four = TLanes.Create(4), sixteen = TLanes.Create(16), most = TLanes.Create(MostDrift), quarter = TLanes.Create(0.25);
        for (int i = 0; i < s->Samples; i += TLanes.Count)
        {
            TVector speed = TLanes.Load(s->Speed + i), both = TLanes.Add(speedMu, speed), size = TLanes.FusedMultiplyAdd(speed, last, TLanes.Load(s->Size + i));
            TVector rounding = TLanes.Multiply(slack, size), sizes = TLanes.Add(size, TLanes.Create(sizeMu)), roundingLog = TLanes.Multiply(TLanes.Multiply(slack, neurons), TLanes.Multiply(sizes, sizes));
            TVector grown = TLanes.Multiply(neurons, TLanes.Subtract(last, TLanes.Load(s->Anchor + i)));
            TVector sizeD = TLanes.FusedMultiplyAdd(grown, both, TLanes.Load(s->Expansion + 6 * s->Samples + i)), sizeQ = TLanes.FusedMultiplyAdd(grown, speed, TLanes.Load(s->Expansion + 7 * s->Samples + i));
            TVector score1 = TLanes.FusedMultiplyAdd(speedMu, sizeD, TLanes.Multiply(both, norm)), score2 = TLanes.FusedMultiplyAdd(speed, sizeD, TLanes.Multiply(both, sizeQ));
            // s_a1 s_a2 is at most 1/4, and at most what it is now times the exponential of the score's change.
            TVector share1 = Share(TLanes.Load(s->Small1 + i), TLanes.Load(s->Large1 + i), TLanes.Multiply(score1, steps), most, sixteen, quarter);
            TVector share2 = Share(TLanes.Load(s->Small2 + i), TLanes.Load(s->Large2 + i), TLanes.Multiply(score2, steps), most, sixteen, quarter);
            TVector share = TLanes.FusedMultiplyAdd(score1, share1, TLanes.Multiply(score2, share2));
            // |margin'| <= (S or 2 - S) |v'| + |S'| |Delta|, S = s_11 + s_21; v and v_mu move at twice the speed of q.
            TVector delta = TLanes.Abs(TLanes.Subtract(TLanes.Load(s->Value + i), TLanes.Create(s->ValueSignal))), speedDelta = TLanes.Multiply(two, both), moves = TLanes.FusedMultiplyAdd(speedDelta, steps, TLanes.Multiply(four, rounding));
            TVector margin = TLanes.FusedMultiplyAdd(four, TLanes.Max(speedMu, speed), TLanes.Multiply(share, TLanes.Add(delta, moves)));
            TVector left = TLanes.Subtract(delta, moves), side = TLanes.Select(TLanes.LessThan(Zero, left), TLanes.Divide(speedDelta, left), TLanes.Create(1e6));
            TVector common = TLanes.Add(margin, side);
            TLanes.Store(TLanes.Add(score1, score2), s->RateOwn + i);
            TLanes.Store(TLanes.Add(score1, common), s->Rate1 + i);
            TLanes.Store(TLanes.Add(score2, common), s->Rate2 + i);
            TLanes.Store(roundingLog, s->RoundingLog + i);
            TLanes.Store(rounding, s->Rounding + i);
        }
        s->LargestRate1 = s->LargestRate2 = s->LargestRoundingLog = 0;
        for (int i = 0; i < s->N; i++)
        {
            s->LargestRate1 = Larger(s->LargestRate1, s->Rate1[i]);
            s->LargestRate2 = Larger(s->LargestRate2, s->Rate2[i]);
            s->LargestRoundingLog = Larger(s->LargestRoundingLog, s->RoundingLog[i]);
        }
    }

    /// <summary>The larger of two; NaN where the second is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Larger(double a, double b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Share(TVector small, TVector large, TVector change, TVector most, TVector sixteen, TVector quarter)
    {
        TVector b = TLanes.Divide(TLanes.Add(sixteen, change), TLanes.Subtract(sixteen, TLanes.Min(change, most))), b2 = TLanes.Multiply(b, b), b4 = TLanes.Multiply(b2, b2);
        TVector bound = TLanes.Multiply(TLanes.Multiply(TLanes.Multiply(small, large), large), TLanes.Multiply(b4, b4));
        return TLanes.Select(TLanes.LessThan(change, most), TLanes.Min(quarter, bound), quarter);
    }

    /// <summary>
    /// Whether all signs of D_i, C_i and Delta_i hold for so many more steps of the window. With T_1 = beta_1 q_mu, T_2 = beta_2 y q_xi_i and the ratio of the betas changing by a factor g at
    /// most, C_i keeps its sign where q_mu and y q_xi_i keep a common one, or where |T_1 + T_2| is above what the smaller term can gain.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool SampleHolds(CountedState* s, int i, double steps)
    {
        double zMu = steps * s->SignalSpeed + s->SignalRounding, zXi = steps * s->Speed[i] + s->Rounding[i], both = zMu + zXi;
        if (!(Math.Abs(s->Value[i] - s->ValueSignal) > 2 * both)) return false;
        double growth = ExpBound(s->RateOwn[i] * steps + s->RoundingLog[i]), own1 = Math.Abs(s->Own1[i]), own2 = Math.Abs(s->Own2[i]);
        // A weight that has underflowed to 0 may come back where nothing bounds its growth: then only a common sign counts.
        double beyond = growth < Unbounded ? 0 : double.PositiveInfinity;
        TVector gain = TLanes.Create(growth - 1), over1 = TLanes.Create(own1 * zMu + growth * own2 * zXi + beyond), over2 = TLanes.Create(growth * own1 * zMu + own2 * zXi + beyond);
        TVector w1 = TLanes.Create(own1), w2 = TLanes.Create(own2), limitD = TLanes.Create(both), limitMu = TLanes.Create(zMu), limitXi = TLanes.Create(zXi);
        TVector signBit = TLanes.Create(-0.0), one = TLanes.Create(1), least = TLanes.Create(double.PositiveInfinity);
        double* difference = s->Difference + i * s->Stride, query = s->Query, descent = s->Key + i * s->Stride, signal = s->Signal, padding = s->Padding;
        for (int r = 0; r < s->Stride; r += TLanes.Count)
        {
            TVector q = TLanes.Load(signal + r), noise = TLanes.Load(query + r), sizeq = TLanes.Abs(q), sizeNoise = TLanes.Abs(noise);
            TVector change1 = TLanes.FusedMultiplyAdd(TLanes.Multiply(w2, sizeNoise), gain, over1), change2 = TLanes.FusedMultiplyAdd(TLanes.Multiply(w1, sizeq), gain, over2);
            TVector clear = TLanes.Subtract(TLanes.Abs(TLanes.Load(descent + r)), TLanes.Min(change1, change2));
            TVector agree = TLanes.Min(TLanes.Min(TLanes.Subtract(sizeq, limitMu), TLanes.Subtract(sizeNoise, limitXi)), TLanes.Or(TLanes.And(TLanes.Xor(q, noise), signBit), one));
            TVector held = TLanes.Min(TLanes.Subtract(TLanes.Abs(TLanes.Load(difference + r)), limitD), TLanes.Max(clear, agree));
            least = TLanes.Min(least, TLanes.Add(held, TLanes.Load(padding + r)));
        }
        return LaneTests.AllPositive(least);
    }
}
