namespace Workbook.Core.Data;

/// <summary>An n-dimensional array of doubles as NumPy has it: values in C order (last index fastest) and a shape.</summary>
public sealed class NpzArray
{
    /// <summary>Wraps (does not copy) <paramref name="data"/> as an array of the given shape.</summary>
    /// <param name="data">The values in C order; as many as the product of the shape (a scalar, shape [], has one).</param>
    /// <param name="shape">The extent of every axis, each at least 0.</param>
    /// <exception cref="ArgumentException">The shape is negative somewhere or does not hold as many values as there are.</exception>
    public NpzArray(double[] data, params int[] shape)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(shape);
        Int128 count = 1;
        foreach (int extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
            count = Int128.Min(count * extent, long.MaxValue);
        }

        if (count != data.Length)
        {
            throw new ArgumentException($"Shape {NpyHeader.FormatShape(shape)} holds {count} values, the data are {data.Length}.", nameof(data));
        }

        Data = data;
        Shape = shape;
    }

    /// <summary>The values in C order.</summary>
    public double[] Data { get; }

    /// <summary>The extent of every axis.</summary>
    public int[] Shape { get; }
}
