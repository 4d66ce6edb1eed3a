using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// The rows of <see cref="PanelDynamics{TVector, TLanes}"/>: panel by panel of at most <see cref="Panel"/> neurons, in a panel row after row (<see cref="RowPanels"/>), so that what one panel needs
/// stays in the cache for the whole of a step. The pointers live as long as the block that they point into.
/// </summary>
internal unsafe struct PanelState
{
    // A panel's row of integers is one cache line, or two where the samples' rows are few enough for the first-level cache.
    private const int Cut = 16, Uncut = 32, Few = 100;

    public int N, SharedCount, Pairs;

    /// <summary>Neurons of a panel, of n samples and rows of <paramref name="stride"/>.</summary>
    public static int Panel(int n, int stride) => stride <= Uncut ? stride : n <= Few ? Uncut : Cut;

    /// <summary>Sums of directions of [q_mu | k_mu | y q_xi (n) | y k_xi (n)], and of the shared coordinates of W_Q, then of W_K.</summary>
    public int* Own, Shared;

    /// <summary>Of the same rows as <see cref="Own"/> the inner product at step 0, and per row what a sum is multiplied by.</summary>
    public double* Start, Scale;

    /// <summary>q_mu and k_mu, y q_xi and y k_xi now.</summary>
    public double* Mu, Query, Key;

    /// <summary>Of one panel in one step: D_i = k_mu - y k_xi_i and C_i = beta_1 q_mu + beta_2 y q_xi_i.</summary>
    public double* Difference, Descent;

    /// <summary>Lanes of one panel's sums over neurons of two scores, eight doubles a sample; the sums of each panel, n rounded up to groups of eight.</summary>
    public double* Partial1, Partial2, Score1, Score2;

    /// <summary>Entries of shared coordinates by coordinate: y xi_c times the rate.</summary>
    public double* Move;

    /// <summary>A block of memory with this structure at its head.</summary>
    public static NativeBuffer<double> Allocate(int n, int stride, int shared, int pairs, int entries)
    {
        var state = new PanelState { N = n, SharedCount = shared, Pairs = pairs };
        // Twice: once to count, once to hand out.
        state.Lay(null, stride, entries, out long size);
        if (size > Array.MaxLength) throw new InputException($"n = {n}, m_k = {stride} and {shared} shared coordinates need {8 * size} bytes for the reduced state; choose smaller ones.");
        var memory = new NativeBuffer<double>((int)size);
        state.Lay(memory.Pointer, stride, entries, out _);
        *(PanelState*)memory.Pointer = state;
        return memory;
    }

    private void Lay(double* block, int stride, int entries, out long size)
    {
        long at = (sizeof(PanelState) + 63) / 64 * 8, rows = 2 + 2L * N, groups = (N + 7) / 8 * 8, panels = (stride + Panel(N, stride) - 1) / Panel(N, stride);
        // Integers: two to a double.
        Own = (int*)Take((rows * stride + 1) / 2); Shared = (int*)Take((2L * SharedCount * stride + 1) / 2);
        Start = Take(rows * stride); Scale = Take(rows);
        Mu = Take(2L * stride); Query = Take((long)N * stride); Key = Take((long)N * stride);
        Difference = Take((long)N * Panel(N, stride)); Descent = Take((long)N * Panel(N, stride));
        Partial1 = Take(8 * groups); Partial2 = Take(8 * groups);
        Score1 = Take(panels * groups); Score2 = Take(panels * groups);
        Move = Take(entries);
        size = at;

        double* Take(long length)
        {
            double* here = block + at;
            at += (length + 7) / 8 * 8;
            return here;
        }
    }
}
