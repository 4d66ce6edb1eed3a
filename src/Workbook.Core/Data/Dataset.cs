using System.Numerics;

namespace Workbook.Core.Data;

/// <summary>
/// n samples of L patches in R^d with labels y_i in {-1, +1}: <c>X [n, L, d]</c>, each patch held by its non-zero entries.
/// </summary>
/// <remarks>
/// Patch (i, l) has number <c>p = i * L + l</c>; its entries are <c>Index[RowStart[p] .. RowStart[p + 1]]</c> (increasing)
/// with the values at the same places.
/// </remarks>
public sealed class Dataset
{
    /// <summary>Takes the arrays as they are, after checking that they fit together.</summary>
    /// <exception cref="InputException">A length, an index, a label or a value is out of its range.</exception>
    public Dataset(int length, int dimension, double[] labels, int[] rowStart, int[] index, double[] value,
        double[]? mu = null, int[]? signalPatch = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(rowStart);
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(value);
        if (labels.Length == 0) throw new InputException("the data holds 0 samples; at least 1 is needed.");
        if (length < 1) throw new InputException($"the data has {length} patches per sample; at least 1 is needed.");
        if (dimension < 1) throw new InputException($"the data has dimension {dimension}; at least 1 is needed.");
        if (rowStart.Length != labels.Length * length + 1 || rowStart[0] != 0 || rowStart[^1] != index.Length || index.Length != value.Length)
            throw new ArgumentException("the row starts do not fit the entries.", nameof(rowStart));
        for (int p = 0; p + 1 < rowStart.Length; p++)
            if (!RowFits(p, dimension, rowStart, index)) CheckRow(p, dimension, rowStart, index);
        for (int i = 0; i < labels.Length; i++)
            if (labels[i] is not (1.0 or -1.0))
                throw new InputException(Sentence($"label y[{i}] is {labels[i]}; labels are +1 or -1."));
        if (!AllFinite(value))
            throw new InputException(Sentence($"an entry of the data is {Array.Find(value, x => !double.IsFinite(x))}; all entries have to be finite."));
        if (mu is not null && mu.Length != dimension)
            throw new InputException($"mu has {mu.Length} entries; the data has dimension {dimension}.");
        if (mu is not null && !AllFinite(mu))
            throw new InputException("an entry of mu is not finite.");
        if (signalPatch is not null && signalPatch.Length != labels.Length)
            throw new InputException($"signal_patch has {signalPatch.Length} entries; the data has {labels.Length} samples.");
        if (signalPatch is not null)
            foreach (int l in signalPatch)
                if ((uint)l >= (uint)length)
                    throw new InputException($"signal_patch holds {l}; patches are numbered 0 to {length - 1}.");
        Length = length;
        Dimension = dimension;
        Labels = labels;
        RowStart = rowStart;
        Index = index;
        Value = value;
        Mu = mu;
        SignalPatch = signalPatch;
    }

    // The two checks that every entry passes through, for data made by the million; who fails is looked up by name afterwards.
    private static bool RowFits(int patch, int dimension, int[] rowStart, int[] index)
    {
        int first = rowStart[patch], end = rowStart[patch + 1], before = -1;
        if (end < first || end > index.Length) return false;
        bool increasing = true;
        foreach (int c in index.AsSpan(first, end - first))
        {
            increasing &= c > before;
            before = c;
        }
        return increasing && before < dimension;
    }

    private static bool AllFinite(ReadOnlySpan<double> value)
    {
        // x - x is 0 for every number, NaN for NaN and the infinities.
        var sum = Vector<double>.Zero;
        int k = 0;
        for (; k <= value.Length - Vector<double>.Count; k += Vector<double>.Count)
        {
            var x = new Vector<double>(value[k..]);
            sum += x - x;
        }
        bool finite = Vector.EqualsAll(sum, Vector<double>.Zero);
        for (; k < value.Length; k++) finite &= double.IsFinite(value[k]);
        return finite;
    }

    private static void CheckRow(int patch, int dimension, int[] rowStart, int[] index)
    {
        if (rowStart[patch + 1] < rowStart[patch] || rowStart[patch + 1] > index.Length)
            throw new ArgumentException("the row starts do not increase.", nameof(rowStart));
        for (int k = rowStart[patch]; k < rowStart[patch + 1]; k++)
        {
            if ((uint)index[k] >= (uint)dimension)
                throw new InputException($"an entry of the data has coordinate {index[k]}; coordinates are numbered 0 to {dimension - 1}.");
            if (k > rowStart[patch] && index[k] <= index[k - 1])
                throw new InputException($"coordinate {index[k]} follows {index[k - 1]} in patch {patch}; the coordinates of a patch have to be increasing.");
        }
    }

    /// <summary>Number of samples n.</summary>
    public int Count => Labels.Length;

    /// <summary>Patches per sample L.</summary>
    public int Length { get; }

    /// <summary>Dimension d of a patch.</summary>
    public int Dimension { get; }

    /// <summary>Labels y [n], +1 or -1.</summary>
    public double[] Labels { get; }

    /// <summary>Where each patch's entries begin, [n L + 1].</summary>
    public int[] RowStart { get; }

    /// <summary>Coordinates of the entries.</summary>
    public int[] Index { get; }

    /// <summary>Values of the entries.</summary>
    public double[] Value { get; }

    /// <summary>The signal vector mu [d], or null where none is known.</summary>
    public double[]? Mu { get; }

    /// <summary>Which patch of each sample carries the signal [n], or null where none is known.</summary>
    public int[]? SignalPatch { get; }

    /// <summary>Coordinates of patch p = i L + l.</summary>
    public ReadOnlySpan<int> Coordinates(int patch) => Index.AsSpan(RowStart[patch]..RowStart[patch + 1]);

    /// <summary>Values of patch p = i L + l, one per coordinate.</summary>
    public ReadOnlySpan<double> Values(int patch) => Value.AsSpan(RowStart[patch]..RowStart[patch + 1]);

    /// <summary>
    /// Why the six families of inner products are not defined on this data (one sentence), or null where they are: they
    /// need two patches, a signal vector and, in each sample, the patch that carries it.
    /// </summary>
    public string? FamiliesRefused =>
        Length != 2 ? $"the families of inner products need 2 patches per sample; this data has {Length}."
        : Mu is null || SignalPatch is null ? "the families of inner products need a signal vector mu and a signal patch in every sample; this data has no patch that is +mu or -mu."
        : null;

    /// <summary>The two patches of sample i as (signal, noise) patch numbers; by position where no signal patch is known.</summary>
    public (int Signal, int Noise) Pair(int sample)
    {
        int signal = SignalPatch?[sample] ?? 0;
        return (sample * Length + signal, sample * Length + (signal == 0 ? 1 : 0));
    }

    /// <summary>||x_p||_1 of patch p.</summary>
    public double Norm1(int patch)
    {
        double sum = 0;
        foreach (double x in Values(patch)) sum += Math.Abs(x);
        return sum;
    }

    /// <summary>||x_p||_2^2 of patch p.</summary>
    public double Norm2Squared(int patch)
    {
        double sum = 0;
        foreach (double x in Values(patch)) sum += x * x;
        return sum;
    }

    /// <summary>Coordinates that some patch touches, in increasing order: all others have gradient zero for ever.</summary>
    public int[] TouchedCoordinates()
    {
        var touched = new bool[Dimension];
        foreach (int c in Index) touched[c] = true;
        return [.. Enumerable.Range(0, Dimension).Where(c => touched[c])];
    }

    /// <summary>The data as a dense array, X [n, L, d] in C order.</summary>
    public double[] ToDense()
    {
        long size = (long)Count * Length * Dimension;
        if (size > Array.MaxLength)
            throw new InputException($"X [{Count}, {Length}, {Dimension}] has {size} entries as a dense array; at most {Array.MaxLength} fit.");
        var x = new double[size];
        for (int p = 0; p < Count * Length; p++)
            for (int k = RowStart[p]; k < RowStart[p + 1]; k++)
                x[(long)p * Dimension + Index[k]] = Value[k];
        return x;
    }

    /// <summary>
    /// Data from a dense X [n, L, d]. Where <paramref name="signalPatch"/> is null it is found: the patch that is +mu or
    /// -mu, mu defaulting to e_1; where a sample has no such patch both stay unknown.
    /// </summary>
    public static Dataset FromDense(ReadOnlySpan<double> x, int n, int length, int dimension, double[] labels, double[]? mu = null, int[]? signalPatch = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (n < 1 || length < 1 || dimension < 1)
            throw new InputException($"X has shape [{n}, {length}, {dimension}]; each of n, L, d has to be at least 1.");
        if (labels.Length != n) throw new InputException($"y has {labels.Length} entries; X has {n} samples.");
        if (x.Length != (long)n * length * dimension) throw new ArgumentException("X does not have n * L * d entries.", nameof(x));
        var start = new int[n * length + 1];
        int count = 0;
        for (int p = 0; p < n * length; p++)
        {
            foreach (double v in x.Slice(p * dimension, dimension)) if (v != 0) count++;
            start[p + 1] = count;
        }
        var index = new int[count];
        var value = new double[count];
        for (int p = 0, k = 0; p < n * length; p++)
            for (int c = 0; c < dimension; c++)
                if (x[p * dimension + c] is var v && v != 0) { index[k] = c; value[k++] = v; }
        double[]? direction = mu;
        if (direction is null) { direction = new double[dimension]; direction[0] = 1; }
        int[]? found = signalPatch;
        if (found is null && direction.Length == dimension) found = FindSignal(x, n, length, dimension, direction);
        return new Dataset(length, dimension, labels, start, index, value, mu ?? (found is null ? null : direction), found);
    }

    private static int[]? FindSignal(ReadOnlySpan<double> x, int n, int length, int dimension, double[] mu)
    {
        var found = new int[n];
        for (int i = 0; i < n; i++)
        {
            found[i] = -1;
            for (int l = 0; l < length && found[i] < 0; l++)
            {
                var patch = x.Slice((i * length + l) * dimension, dimension);
                bool plus = true, minus = true;
                for (int c = 0; c < dimension && (plus || minus); c++)
                {
                    plus &= patch[c] == mu[c];
                    minus &= patch[c] == -mu[c];
                }
                if (plus || minus) found[i] = l;
            }
            if (found[i] < 0) return null;
        }
        return found;
    }

    private static string Sentence(FormattableString text) => FormattableString.Invariant(text);
}
