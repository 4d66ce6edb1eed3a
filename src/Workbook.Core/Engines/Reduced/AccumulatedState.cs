using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The memory of <see cref="SteppedDynamics{TVector, TLanes}"/>: rows of <see cref="Stride"/> neurons as in <see cref="ReducedStart"/>, then the value's scalars
/// [y v_xi (n) | shared v | v_mu], each of the three filled up to whole cache lines, so that vectors may run over their ends; what is there is zero and has descent zero. Where rows lie
/// elsewhere (<see cref="PanelState"/>) there are none here.
/// </summary>
/// <remarks>Only sums of directions move. Inner products are made from them in every step, with what shared coordinates add: less is stored, and figure-1 stays in the first-level cache.</remarks>
internal unsafe struct AccumulatedState
{
    public int N, Stride, Samples, Rows, SharedCount, Pairs, Entries;

    /// <summary>Where y v_xi, the shared coordinates' v and v_mu begin, and the length of everything.</summary>
    public int ValueNoise, ValueShared, ValueSignal, Length;

    /// <summary>By what a direction is multiplied before it is summed: eta, or 1 where eta is constant and <see cref="Scale"/> has it.</summary>
    public double Unit;

    /// <summary>a, and minus the gradient: rows and scalars in one line.</summary>
    public double* Sum, Descent;

    /// <summary>Of mu's rows and the samples': the inner product at step 0 and what a is multiplied by; the same of y v_xi.</summary>
    public double* Start, Scale, ValueStart, ValueScale;

    /// <summary>v_mu at step 0, what its a is multiplied by, and v_mu now.</summary>
    public double SignalStart, SignalScale, Signal;

    /// <summary>q_mu and k_mu now.</summary>
    public double* MuRows;

    /// <summary>y q_xi_i, and in its place C_i = beta_1 q_mu + beta_2 y q_xi_i once that is known; D_i = k_mu - y k_xi_i, [n] rows.</summary>
    public double* Query, Difference;

    /// <summary>Lanes of the sums over neurons of two scores, a vector of them for each of eight samples.</summary>
    public double* Partial1, Partial2;

    /// <summary>Per sample: scores, y v_xi, margins, e^-|score| or e^-340 if that is more, and 1 / n (0 past n).</summary>
    public double* Score1, Score2, Value, Margin, Exp1, Exp2, Share;

    /// <summary>Per sample: beta_1 and beta_2 as they stand in C_i, minus beta_2, minus beta_1 in q_mu's vote, minus the weight of C_i in k_mu's vote, and the descent of v_mu.</summary>
    public double* Own1, Own2, MinusBeta2, MinusVote1, MinusWeight, OnSignal;

    /// <summary>Per sample, where weights have left the range of a double: the binary exponents of beta_1, beta_2, C_i and of the descents of v_mu and y v_xi.</summary>
    public double* Exponent1, Exponent2, ExponentOwn, ExponentSignal, ExponentNoise;

    /// <summary>Per sample four numbers: the exponents, and what they belong to, of minus beta_2, C_i (a 1) and the descent of y v_xi_i; the last is 0.</summary>
    public double* ExponentOfVotes, MantissaOfVotes;

    /// <summary>Entries of shared coordinates by sample: y xi_c times the rate.</summary>
    public double* SampleValue;

    /// <summary>The same entries: how far the row of a coordinate is from the first shared one; each sample's first entry.</summary>
    public int* SampleRow, SampleStart;

    /// <summary>The same entries by coordinate: y xi_c, what one unit of direction adds to y v_xi, the weights of D_i and C_i in its votes, the sample and where its row of <see cref="Difference"/> begins; each coordinate's first entry.</summary>
    public double* ColumnValue, ColumnMove, QueryWeight, KeyWeight;

    /// <summary>See <see cref="ColumnValue"/>.</summary>
    public int* ColumnSample, ColumnRow, ColumnStart;

    /// <summary>A block of memory with this structure at its head.</summary>
    public static NativeBuffer<double> Allocate(int n, int stride, int rows, int shared, int pairs, int entries)
    {
        var state = new AccumulatedState { N = n, Stride = stride, Samples = Whole(n), Rows = rows, SharedCount = shared, Pairs = pairs, Entries = entries };
        state.ValueNoise = checked(rows * stride);
        state.ValueShared = checked(state.ValueNoise + state.Samples);
        state.ValueSignal = checked(state.ValueShared + Whole(shared));
        state.Length = checked(state.ValueSignal + Whole(1));
        // Twice: once to count, once to hand out.
        state.Lay(null, out long size);
        if (size > Array.MaxLength) throw new InputException($"n = {n}, m_k = {stride} and {shared} shared coordinates need {8 * size} bytes for the reduced state; choose smaller ones.");
        var memory = new NativeBuffer<double>((int)size);
        state.Lay(memory.Pointer, out _);
        *(AccumulatedState*)memory.Pointer = state;
        return memory;
    }

    /// <summary>Whole cache lines.</summary>
    private static int Whole(int doubles) => checked(doubles + 7) / 8 * 8;

    private void Lay(double* block, out long size)
    {
        long at = (sizeof(AccumulatedState) + 63) / 64 * 8, all = (long)N * Stride;
        Sum = Take(Length); Descent = Take(Length);
        Start = Take(2L * Stride + 2 * all); Scale = Take(2 + 2L * N); ValueStart = Take(Samples); ValueScale = Take(Samples);
        MuRows = Take(2L * Stride); Query = Take(all); Difference = Take(all);
        Partial1 = Take(64); Partial2 = Take(64);
        Score1 = Take(Samples); Score2 = Take(Samples); Value = Take(Samples); Margin = Take(Samples); Exp1 = Take(Samples); Exp2 = Take(Samples); Share = Take(Samples);
        Own1 = Take(Samples); Own2 = Take(Samples); MinusBeta2 = Take(Samples); MinusVote1 = Take(Samples); MinusWeight = Take(Samples); OnSignal = Take(Samples);
        Exponent1 = Take(Samples); Exponent2 = Take(Samples); ExponentOwn = Take(Samples); ExponentSignal = Take(Samples); ExponentNoise = Take(Samples);
        ExponentOfVotes = Take(4 * Samples); MantissaOfVotes = Take(4 * Samples);
        SampleValue = Take(Entries); ColumnValue = Take(Entries); ColumnMove = Take(Entries); QueryWeight = Take(Entries); KeyWeight = Take(Entries);
        SampleRow = (int*)Take(Entries); ColumnSample = (int*)Take(Entries); ColumnRow = (int*)Take(Entries);
        SampleStart = (int*)Take(N + 1); ColumnStart = (int*)Take(SharedCount + 1);
        size = at;

        double* Take(long length)
        {
            double* here = block + at;
            at += (length + 7) / 8 * 8;
            return here;
        }
    }
}
