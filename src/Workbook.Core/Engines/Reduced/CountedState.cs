using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The memory of <see cref="CountedDynamics{TVector, TLanes}"/>: rows of <see cref="Stride"/> neurons and columns of <see cref="Samples"/> samples (n rounded up
/// to whole vectors, zero past n). The pointers live as long as the block that they point into.
/// </summary>
internal unsafe struct CountedState
{
    public int N, Stride, Samples, Rows, SharedCount;

    /// <summary>The current step (a double is exact to 2^53), eta, and m_k.</summary>
    public double Time, Rate, Neurons;

    /// <summary>Directions, sums of directions up to <see cref="Since"/>, per row: a = Count + Direction (t - Since).</summary>
    public double* Direction, Count, Since;

    /// <summary>Assembled rows [q_mu | k_mu | y q_xi | y k_xi]: value = Base + rate (t - BaseTime) Slope.</summary>
    public double* Start, Base, Slope, BaseTime;

    /// <summary>q_mu and k_mu now; D_i = k_mu - y k_xi_i and the key's descent C_i, [n] rows; y q_xi of one sample; a huge number in padding, else 0.</summary>
    public double* Signal, Difference, Key, Query, Padding;

    /// <summary>rate (t - BaseTime) of every assembled row.</summary>
    public double* Moved;

    /// <summary>What <see cref="CountedBallots{TVector, TLanes}"/> finds out about one vote, three rows; the weights of its samples, zero past n.</summary>
    public double* Ballot, Weights;

    /// <summary>0 .. n - 1.</summary>
    public int* Everybody;

    /// <summary>Eight vectors of partial sums.</summary>
    public double* Partial;

    /// <summary>Per sample: y v_xi as a line in t, and now.</summary>
    public double* ValueBase, ValueSlope, Value;

    /// <summary>
    /// Per sample, since one of its lines or of mu's changed last: eight columns P0, P1, P2 of a_1 = P0 + x (P1 + x P2), x = rate (t - Anchor), the same of a_2, and sum |D_i|, sum |y q_xi|
    /// at Anchor.
    /// </summary>
    public double* Anchor, Expansion;

    /// <summary>Per sample: scores, e^-|score|, 1 / (1 + e^-|score|), margins.</summary>
    public double* Score1, Score2, Small1, Small2, Large1, Large2, Margin;

    /// <summary>
    /// Per sample, each up to a positive factor: beta_1 and beta_2 common to all samples (for q_mu; a shared coordinate takes beta_2), beta_1 and beta_2 of one sample against each other
    /// (for C_i), C_i against the others (for k_mu), and minus the sign of Delta.
    /// </summary>
    public double* Vote1, Beta2, Own1, Own2, Weight, MinusSide;

    /// <summary>Logarithms of what was divided out, where the weights left the range of a double.</summary>
    public double* Log2, LogOwn;

    /// <summary>Per sample: the most that y q_xi or y k_xi moves in a step, eta ||xi_i||_1, and the largest that either was at step 0.</summary>
    public double* Speed, Size;

    /// <summary>The same for mu's rows.</summary>
    public double SignalSpeed, SignalSize;

    /// <summary>
    /// Per sample, for every step up to <see cref="WindowEnd"/>: the most that the logarithms of beta_1 / beta_2, of beta_1 and of beta_2 move in a step, and what rounding adds to each;
    /// what rounding can do to y q_xi and y k_xi, and for mu's rows.
    /// </summary>
    public double* RateOwn, Rate1, Rate2, RoundingLog, Rounding;

    /// <summary>See <see cref="RateOwn"/>; the largest of <see cref="Rate1"/>, <see cref="Rate2"/>, <see cref="RoundingLog"/>.</summary>
    public double WindowStart, WindowEnd, SignalRounding, LargestRate1, LargestRate2, LargestRoundingLog;

    /// <summary>
    /// The first step at which something is no longer certain, and for how long it was the last time: per sample, then of q_mu's vote and k_mu's, then of each shared coordinate's of W_Q and of W_K.
    /// </summary>
    public double* Due, Length;

    /// <summary>The sum of |q_mu|, and v_mu, now.</summary>
    public double SignalNorm, ValueSignal;

    /// <summary>A block of memory with this structure at its head.</summary>
    public static NativeBuffer<double> Allocate(int n, int stride, int rows, int shared, int lanes)
    {
        var state = new CountedState { N = n, Stride = stride, Samples = (n + lanes - 1) / lanes * lanes, Rows = rows, SharedCount = shared };
        // Twice: once to count, once to hand out.
        state.Lay(null, out long size);
        if (size > Array.MaxLength) throw new InputException($"n = {n} and m_k = {stride} need {8 * size} bytes for the reduced state; choose smaller ones.");
        var memory = new NativeBuffer<double>((int)size);
        state.Lay(memory.Pointer, out _);
        *(CountedState*)memory.Pointer = state;
        return memory;
    }

    private void Lay(double* block, out long size)
    {
        long at = (sizeof(CountedState) + 63) / 64 * 8, row = Stride, n = N, samples = Samples, assembled = 2 + 2 * n;
        Direction = Take(Rows * row); Count = Take(Rows * row); Since = Take(Rows);
        Start = Take(assembled * row); Base = Take(assembled * row); Slope = Take(assembled * row); BaseTime = Take(assembled);
        Signal = Take(2 * row); Difference = Take(n * row); Key = Take(n * row); Query = Take(row); Padding = Take(row);
        Moved = Take(assembled); Ballot = Take(3 * row); Weights = Take(samples); Everybody = (int*)Take(samples);
        Partial = Take(8 * 8);
        ValueBase = Take(samples); ValueSlope = Take(samples); Value = Take(samples);
        Anchor = Take(samples); Expansion = Take(8 * samples);
        Score1 = Take(samples); Score2 = Take(samples); Small1 = Take(samples); Small2 = Take(samples);
        Large1 = Take(samples); Large2 = Take(samples); Margin = Take(samples);
        Vote1 = Take(samples); Beta2 = Take(samples); Own1 = Take(samples); Own2 = Take(samples); Weight = Take(samples); MinusSide = Take(samples);
        Log2 = Take(samples); LogOwn = Take(samples);
        Speed = Take(samples); Size = Take(samples);
        RateOwn = Take(samples); Rate1 = Take(samples); Rate2 = Take(samples); RoundingLog = Take(samples); Rounding = Take(samples);
        Due = Take(n + 2 + 2 * SharedCount); Length = Take(n + 2 + 2 * SharedCount);
        size = at;

        double* Take(long length)
        {
            double* here = block + at;
            // Whole cache lines.
            at += (length + 7) / 8 * 8;
            return here;
        }
    }
}
