using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The memory of <see cref="CountedDynamics{TVector, TLanes}"/>: rows of <see cref="Stride"/> neurons and columns of <see cref="Samples"/> samples (n rounded up
/// to whole vectors, zero past n). The pointers live as long as the block that they point into.
/// </summary>
internal unsafe struct CountedState
{
    public int N, Stride, Samples, Rows, SharedCount;

    /// <summary>The current step (a double is exact to 2^53) and eta.</summary>
    public double Time, Rate;

    /// <summary>Directions, sums of directions up to <see cref="Since"/>, per row: a = Count + Direction (t - Since).</summary>
    public double* Direction, Count, Since;

    /// <summary>Assembled rows [q_mu | k_mu | y q_xi | y k_xi]: value = Base + rate (t - BaseTime) Slope.</summary>
    public double* Start, Base, Slope, BaseTime, X;

    /// <summary>q_mu and k_mu now; k_mu - y k_xi, y q_xi and the key's descent C, [n] rows; 1 in padding, else 0.</summary>
    public double* Signal, Difference, Query, Key, Padding;

    /// <summary>Descents of q_mu and k_mu, and of the shared coordinates of W_Q and W_K in turn.</summary>
    public double* Votes, SharedDescent;

    /// <summary>One vector of partial sums per score.</summary>
    public double* Partial;

    /// <summary>Per sample: y v_xi as a line in t and now.</summary>
    public double* ValueBase, ValueSlope, ValueTime, Value;

    /// <summary>Per sample: scores, e^-|score|, 1 / (1 + e^-|score|), s_12 + s_22, margins.</summary>
    public double* Score1, Score2, Small1, Small2, Large1, Large2, OnNoise, Margin;

    /// <summary>
    /// Per sample, each up to a positive factor: beta_1 and beta_2 common to all samples (for q_mu; a shared coordinate takes beta_2), beta_1 and beta_2 of one sample against each other
    /// (for C_i), C_i against the others (for k_mu), minus the sign of Delta, and the value's weight.
    /// </summary>
    public double* Vote1, Beta2, Own1, Own2, Weight, MinusSide, ValueWeight;

    /// <summary>Logarithms of what was divided out, where the weights left the range of a double.</summary>
    public double* Log2, LogOwn, LogValue;

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
        Start = Take(assembled * row); Base = Take(assembled * row); Slope = Take(assembled * row); BaseTime = Take(assembled); X = Take(assembled);
        Signal = Take(2 * row); Difference = Take(n * row); Query = Take(n * row); Key = Take(n * row); Padding = Take(row);
        Votes = Take(2 * row); SharedDescent = Take(2 * SharedCount * row);
        Partial = Take(2 * samples * 8);
        ValueBase = Take(samples); ValueSlope = Take(samples); ValueTime = Take(samples); Value = Take(samples);
        Score1 = Take(samples); Score2 = Take(samples); Small1 = Take(samples); Small2 = Take(samples);
        Large1 = Take(samples); Large2 = Take(samples); OnNoise = Take(samples); Margin = Take(samples);
        Vote1 = Take(samples); Beta2 = Take(samples); Own1 = Take(samples); Own2 = Take(samples); Weight = Take(samples); MinusSide = Take(samples); ValueWeight = Take(samples);
        Log2 = Take(samples); LogOwn = Take(samples); LogValue = Take(samples);
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
