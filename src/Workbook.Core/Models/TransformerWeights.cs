namespace Workbook.Core.Models;

/// <summary>The four weight matrices of the model.</summary>
public enum WeightMatrix
{
    /// <summary>W_Q [m_k, d].</summary>
    Query,

    /// <summary>W_K [m_k, d].</summary>
    Key,

    /// <summary>W_{V,+1} [m_v, d].</summary>
    ValuePositive,

    /// <summary>W_{V,-1} [m_v, d].</summary>
    ValueNegative,
}

/// <summary>
/// All weights of the two-layer transformer as dense row-major arrays: W_Q, W_K [m_k, d] and W_{V,+1}, W_{V,-1} [m_v, d].
/// </summary>
public sealed class TransformerWeights
{
    private readonly double[][] _matrices;

    /// <summary>Zero weights of the given shape.</summary>
    public TransformerWeights(int m_k, int m_v, int d)
        : this(m_k, m_v, d, Allocate(m_k, d), Allocate(m_k, d), Allocate(m_v, d), Allocate(m_v, d)) { }

    /// <summary>Takes the arrays as they are.</summary>
    /// <exception cref="InputException">A shape that does not fit, or an entry that is not finite.</exception>
    public TransformerWeights(int m_k, int m_v, int d, double[] query, double[] key, double[] valuePositive, double[] valueNegative)
    {
        ModelSpec.CheckWidth("m_k", m_k);
        ModelSpec.CheckWidth("m_v", m_v);
        MK = m_k;
        MV = m_v;
        D = d;
        _matrices = [query, key, valuePositive, valueNegative];
        for (int w = 0; w < 4; w++)
        {
            ArgumentNullException.ThrowIfNull(_matrices[w]);
            int rows = w < 2 ? m_k : m_v;
            if (_matrices[w].Length != (long)rows * d)
                throw new InputException($"{Name((WeightMatrix)w)} has {_matrices[w].Length} entries; [{rows}, {d}] needs {(long)rows * d}.");
            if (Array.Exists(_matrices[w], x => !double.IsFinite(x)))
                throw new InputException($"an entry of {Name((WeightMatrix)w)} is not finite.");
        }
    }

    /// <summary>Rows of W_Q and W_K.</summary>
    public int MK { get; }

    /// <summary>Rows of each W_V.</summary>
    public int MV { get; }

    /// <summary>Columns of all four.</summary>
    public int D { get; }

    /// <summary>W_Q [m_k, d].</summary>
    public double[] Query => _matrices[0];

    /// <summary>W_K [m_k, d].</summary>
    public double[] Key => _matrices[1];

    /// <summary>W_{V,+1} [m_v, d].</summary>
    public double[] ValuePositive => _matrices[2];

    /// <summary>W_{V,-1} [m_v, d].</summary>
    public double[] ValueNegative => _matrices[3];

    /// <summary>One of the four by name.</summary>
    public double[] this[WeightMatrix matrix] => _matrices[(int)matrix];

    /// <summary>Rows of one of the four: m_k or m_v.</summary>
    public int Rows(WeightMatrix matrix) => matrix <= WeightMatrix.Key ? MK : MV;

    /// <summary>The mean value v [d] = mean_r w_{V,+1,r} - mean_r w_{V,-1,r}: all that F depends on of W_V.</summary>
    public double[] MeanValue()
    {
        var v = new double[D];
        for (int r = 0; r < MV; r++)
            for (int c = 0; c < D; c++)
                v[c] += ValuePositive[r * D + c] - ValueNegative[r * D + c];
        for (int c = 0; c < D; c++) v[c] /= MV;
        return v;
    }

    /// <summary>The name of a matrix in `.npz` files: W_Q, W_K, W_V_pos, W_V_neg.</summary>
    public static string Name(WeightMatrix matrix) => matrix switch
    {
        WeightMatrix.Query => "W_Q",
        WeightMatrix.Key => "W_K",
        WeightMatrix.ValuePositive => "W_V_pos",
        _ => "W_V_neg",
    };

    private static double[] Allocate(int rows, int d)
    {
        if ((long)rows * d > Array.MaxLength)
            throw new InputException($"a weight matrix [{rows}, {d}] has {(long)rows * d} entries; at most {Array.MaxLength} fit.");
        return new double[(long)Math.Max(rows, 0) * Math.Max(d, 0)];
    }
}
