using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Data;

namespace Workbook.Core.Engines.Support;

/// <summary>
/// SignGD in one pass over the columns where the training set is the paper's: each sample is a signal patch x e_c, x = 1 or -1 and c the same coordinate in all of
/// them, and a noise patch without c that has a column h >= 1 to itself (<see cref="TouchedColumns"/>). To the last bit what <see cref="ColumnSteps"/> and
/// <see cref="PairAttention"/> make of it one after the other.
/// </summary>
/// <remarks>
/// All signal patches have the projection x w_c, so only noise patches have rows, one a sample: q^ = x q_noise and D^ = x (k_signal - k_noise) = w_c - x k_noise
/// (w_c of W_Q or W_K). With x = 1 or -1 no product by x rounds. Let o = 1 where the signal patch is patch 0, else -1; then D = k_0 - k_1 = o x D^ and
/// <code>
/// scores          q_signal . (k_signal - k_noise) = w_c . D^        q_noise . (k_signal - k_noise) = q^ . D^
/// coefficients    of W_Q: o x b D^, b of either patch               of W_K along the noise patch: x C^, C^ = -o (c_signal w_c + c_noise q^)
/// </code>
/// The factor x of a coefficient goes to the entries that it is multiplied by (x^ = x x_e). A column of one patch moves by the sign of its coefficient alone: times h >= 1 it
/// is no smaller. A step of one panel turns rows to coefficients and moves the columns of one patch and column c on the way,
/// then the columns that noise patches share; then come the rows of the new weights and their scores.
/// </remarks>
internal sealed unsafe class SignalNoiseSteps
{
    /// <summary>Numbers behind those of the columns that a vector may read and write.</summary>
    public const int Padding = 8;

    private readonly AlignedBlock<double> _rows, _coefficients, _numbers;
    private readonly List<Array> _pinned = [];
    private readonly int[] _rowStart;
    private readonly int _signalEntry;
    private readonly ScaledEntries _entries;
    private SignalNoiseData _at;
    private bool _scaled;

    private SignalNoiseSteps(Dataset data, TouchedColumns touched, int signal, int[] noise, int pitch, int m_k)
    {
        int n = data.Count, padded = Rows.Pad(n), columns = touched.Count;
        Columns = new RowPanels(columns, (m_k + pitch - 1) / pitch * pitch, pitch, 2);
        Samples = new RowPanels(n, Columns.Width, pitch, 2);
        _rows = new AlignedBlock<double>(Samples.Size);
        _coefficients = new AlignedBlock<double>(2 * n * pitch);
        _numbers = new AlignedBlock<double>(SignalNoiseData.Arrays * padded + padded / 8 * SignalNoiseBlock.Size + columns + Padding);
        _at = new SignalNoiseData(_numbers.Pointer, n, padded) { Pitch = pitch, Signal = signal, Own = columns - n, Coefficients = _coefficients.Pointer };
        SparseMatrix byColumn = touched.ByColumn, byPatch = touched.ByPatch;
        for (int i = 0; i < n; i++)
        {
            _at.Order[i] = noise[i] == 1 ? 1 : -1;
            _at.X[i] = byPatch.Value[byPatch.Start[2 * i + 1 - noise[i]]];
            _at.H[i] = byPatch.Value[byPatch.Start[2 * i + noise[i] + 1] - 1];
        }
        int[] swapped = [.. noise.Select(l => 1 - l)], size = new int[columns], sample = new int[byColumn.Index.Length];
        for (int k = 0; k < columns; k++) size[k] = byColumn.Start[k + 1] - byColumn.Start[k];
        for (int e = 0; e < sample.Length; e++) sample[e] = byColumn.Index[e] / 2;
        _rowStart = new int[n + 1];
        int[] rowSize = new int[n];
        var (column, rowX) = (new List<int>(), new List<double>());
        for (int i = 0; i < n; i++)
        {
            int p = 2 * i + noise[i];
            rowSize[i] = byPatch.Start[p + 1] - byPatch.Start[p];
            for (int e = byPatch.Start[p]; e < byPatch.Start[p + 1]; e++)
            {
                column.Add(byPatch.Index[e]);
                rowX.Add(_at.X[i] * byPatch.Value[e]);
            }
            _rowStart[i + 1] = column.Count;
        }
        _at.Swapped = Pin(swapped);
        _at.Size = Pin(size);
        _at.Sample = Pin(sample);
        _at.SampleRow = Pin([.. sample.Select(i => 2 * pitch * i)]);
        _at.RowSize = Pin(rowSize);
        _at.Column = Pin([.. column]);
        _at.ColumnRow = Pin([.. column.Select(k => checked(2 * pitch * k))]);
        _at.RowX = Pin([.. rowX]);
        _signalEntry = byColumn.Start[signal];
        _entries = new ScaledEntries(touched, [.. Enumerable.Range(0, 2 * n).Select(p => _at.X[p / 2])]);
        for (int i = 0; i < n; i++) _at.Block(i)[SignalNoiseBlock.X] = _at.X[i];
        TakeSignalEntries();
    }

    /// <summary>The steps for a training set of the form, else null.</summary>
    public static SignalNoiseSteps? Of(Dataset data, TouchedColumns touched, int m_k)
    {
        int n = data.Count, own = touched.Count - n, signal = -1, pitch = PitchOf(m_k);
        if (data.Length != 2 || n < 2 || own < 1 || pitch == 0) return null;
        SparseMatrix patches = touched.ByPatch;
        var noise = new int[n];
        for (int i = 0; i < n; i++)
        {
            // Columns of one patch alone come last, in the order of the patches.
            noise[i] = ColumnsOf(patches, 2 * i + 1) is [.., var last] && last == own + i ? 1 : 0;
            int s = 2 * i + 1 - noise[i], p = 2 * i + noise[i];
            ReadOnlySpan<int> bare = ColumnsOf(patches, s), full = ColumnsOf(patches, p);
            // What is observed goes by the patch that the data names.
            if (data.SignalPatch is not null && data.SignalPatch[i] == noise[i]) return null;
            if (bare.Length != 1 || full is not [.., var mine] || mine != own + i) return null;
            if (signal < 0) signal = bare[0];
            if (bare[0] != signal || signal >= own || full.Contains(signal)) return null;
            if (patches.Value[patches.Start[s]] is not (1 or -1) || patches.Value[patches.Start[p + 1] - 1] < 1) return null;
        }
        return new SignalNoiseSteps(data, touched, signal, noise, pitch, m_k);
    }

    private static ReadOnlySpan<int> ColumnsOf(SparseMatrix patches, int p) => patches.Index[patches.Start[p]..patches.Start[p + 1]];

    /// <summary>Neurons of a panel, or 0 where there is no kernel for it. Scores are summed panel by panel: panels have to be those of other data.</summary>
    private static int PitchOf(int m_k)
    {
        if (!Vector256.IsHardwareAccelerated) return 0;
        if (Rows.Pad(m_k) > SupportEngine.Uncut) return SupportEngine.SignPanel;
        int lanes = Vector512.IsHardwareAccelerated ? Vector512<double>.Count : Vector256<double>.Count, vectors = (m_k + lanes - 1) / lanes;
        return vectors <= SignalNoiseKernels.Longest ? vectors * lanes : 0;
    }

    /// <summary>How W_Q and W_K lie in memory: a row of each by turns.</summary>
    public RowPanels Columns { get; }

    /// <summary>How q^ and D^ lie in memory: a row of each by turns.</summary>
    private RowPanels Samples { get; }

    private T* Pin<T>(T[] values) where T : unmanaged
    {
        T[] pinned = GC.AllocateUninitializedArray<T>(values.Length, pinned: true);
        values.CopyTo(pinned, 0);
        _pinned.Add(pinned);
        return (T*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
    }

    /// <summary>Takes the weights, which stay where they are, and computes rows, scores and values of them.</summary>
    /// <param name="w">W_Q and W_K as in <see cref="Columns"/>.</param>
    /// <param name="displacement">That of W_V, by column, padded.</param>
    /// <param name="v0">v(0), by column, padded.</param>
    /// <param name="v">v, by column, padded.</param>
    public void Begin(double* w, double* displacement, double* v0, double* v)
    {
        _at.Displacement = displacement;
        _at.V0 = v0;
        _at.V = v;
        for (int j = 0; j < Columns.Count; j++) SignalNoiseKernels.Step(_at, w + Columns.Start(j), _rows.Pointer + Samples.Start(j), _entries.OnScores, 0, move: false);
        SignalNoiseKernels.Values(_at);
        GC.KeepAlive(this);
    }

    /// <summary>Margins and weights of the scores.</summary>
    public void Weigh(PairAttention pair)
    {
        SignalNoiseKernels.ToPatches(_at, pair.Samples);
        pair.Weigh();
        GC.KeepAlive(this);
    }

    /// <summary>One step.</summary>
    /// <param name="pair">Weights of the samples.</param>
    /// <param name="w">W_Q and W_K.</param>
    /// <param name="backwards">Whether the last panel comes first.</param>
    /// <param name="eta">Rate.</param>
    public void Step(PairAttention pair, double* w, bool backwards, double eta)
    {
        if (_scaled | pair.Scaled) Rescale(pair);
        SignalNoiseKernels.ToRoles(_at, pair.Weights);
        for (int turn = 0; turn < Columns.Count; turn++)
        {
            int j = backwards ? Columns.Count - 1 - turn : turn;
            SignalNoiseKernels.Step(_at, w + Columns.Start(j), _rows.Pointer + Samples.Start(j), _entries.OnScores, eta);
        }
        SignalNoiseKernels.ValueGradients(_at, _entries.OnValue);
        SignalNoiseKernels.StepValues(_at, eta);
        SignalNoiseKernels.Values(_at);
        GC.KeepAlive(this);
    }

    /// <summary>Entries at the scales that the weights need.</summary>
    private void Rescale(PairAttention pair)
    {
        _scaled = pair.Scaled;
        if (_scaled)
        {
            pair.TakeExponents(_entries.Exponents);
            // The gradient of a column of one patch is one term, of any scale.
            _entries.Scale(_at.Own);
        }
        else _entries.Reset();
        TakeSignalEntries();
    }

    /// <summary>The entries of column c go to the samples' blocks too.</summary>
    private void TakeSignalEntries()
    {
        double* x = _entries.OnScores + ScaledEntries.Pair * _signalEntry;
        for (int i = 0; i < _at.Count; i++, x += ScaledEntries.Pair)
        {
            double* at = _at.Block(i);
            (at[SignalNoiseBlock.Gq], at[SignalNoiseBlock.Gk]) = (x[ScaledEntries.Query], -x[ScaledEntries.Key]);
        }
    }

    /// <summary>q, k and u of the noise patch of sample i.</summary>
    public double Noise(int i, Span<double> q, Span<double> k, Span<double> column, ReadOnlySpan<double> w)
    {
        double x = _at.X[i];
        Samples.Read(_rows.Span, i, q);
        // k_noise does not come out of the difference: the sum once more.
        k.Clear();
        for (int e = _rowStart[i]; e < _rowStart[i + 1]; e++)
        {
            Columns.Read(w[Columns.Panel..], _at.Column[e], column);
            for (int r = 0; r < k.Length; r++) k[r] = double.FusedMultiplyAdd(_at.RowX[e], column[r], k[r]);
        }
        for (int r = 0; r < k.Length; r++) (q[r], k[r]) = (x * q[r], x * k[r]);
        GC.KeepAlive(this);
        return x * _at.NoiseValue[i];
    }
}
