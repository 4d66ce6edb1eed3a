using Workbook.Core.Data;

namespace Workbook.Core.Engines;

/// <summary>
/// The coordinates that two or more noises of the training set touch, by sample and by coordinate, with values y_i xi_{i,c}.
/// </summary>
internal sealed class SharedCoordinates
{
    public SharedCoordinates(Dataset data)
    {
        var count = new int[data.Dimension];
        for (int i = 0; i < data.Count; i++)
            foreach (int c in data.Coordinates(data.Pair(i).Noise)) count[c]++;
        // Where those of as many samples begin: loops over them keep their length.
        var begins = new int[data.Count + 3];
        foreach (int samples in count) begins[samples + 1]++;
        (begins[1], begins[2]) = (0, 0);
        for (int samples = 3; samples < begins.Length; samples++) begins[samples] += begins[samples - 1];
        Pairs = begins[3];
        Coordinates = new int[begins[^1]];
        for (int c = 0; c < count.Length; c++)
            if (count[c] > 1) Coordinates[begins[count[c]]++] = c;
        Local = new int[data.Dimension];
        Array.Fill(Local, -1);
        ColumnStart = new int[Coordinates.Length + 1];
        for (int k = 0; k < Coordinates.Length; k++)
        {
            Local[Coordinates[k]] = k;
            ColumnStart[k + 1] = ColumnStart[k] + count[Coordinates[k]];
        }
        int entries = ColumnStart[^1];
        (SampleStart, SampleColumn, SampleValue) = (new int[data.Count + 1], new int[entries], new double[entries]);
        (ColumnSample, ColumnValue) = (new int[entries], new double[entries]);
        int[] next = ColumnStart[..^1];
        for (int i = 0, at = 0; i < data.Count; i++)
        {
            int noise = data.Pair(i).Noise;
            var coordinates = data.Coordinates(noise);
            var values = data.Values(noise);
            for (int e = 0; e < coordinates.Length; e++)
            {
                int k = Local[coordinates[e]];
                if (k < 0) continue;
                double yx = data.Labels[i] * values[e];
                (SampleColumn[at], SampleValue[at]) = (k, yx);
                at++;
                (ColumnSample[next[k]], ColumnValue[next[k]]) = (i, yx);
                next[k]++;
            }
            SampleStart[i + 1] = at;
        }
    }

    /// <summary>Whether the entries y xi_c of some coordinate differ in sign: then the value's vote there is a balance of losses, and its sign keeps changing for as long as training lasts.</summary>
    public bool Contested
    {
        get
        {
            for (int c = 0; c < Coordinates.Length; c++)
                for (int e = ColumnStart[c] + 1; e < ColumnStart[c + 1]; e++)
                    if (Math.Sign(ColumnValue[e]) != Math.Sign(ColumnValue[ColumnStart[c]])) return true;
            return false;
        }
    }

    /// <summary>The shared coordinates: those of two samples first, then those of three, and so on, increasing in each.</summary>
    public int[] Coordinates { get; }

    /// <summary>How many belong to just two samples.</summary>
    public int Pairs { get; }

    /// <summary>Place of a coordinate among the shared ones, or -1, [d].</summary>
    public int[] Local { get; }

    public int[] SampleStart { get; }

    public int[] SampleColumn { get; }

    public double[] SampleValue { get; }

    public int[] ColumnStart { get; }

    public int[] ColumnSample { get; }

    public double[] ColumnValue { get; }
}
