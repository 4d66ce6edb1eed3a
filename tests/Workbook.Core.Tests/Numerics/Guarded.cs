using System.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

/// <summary>A span in the middle of an array whose other elements must stay as they were, at a chosen misalignment.</summary>
internal sealed class Guarded<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Margin = 20;
    private static readonly T Guard = T.CreateChecked(-77.25);

    private readonly T[] memory;
    private readonly int start;
    private readonly int length;

    public Guarded(int length, int offset, Func<int, T> value)
    {
        (start, this.length) = (Margin + offset, length);
        memory = new T[length + offset + 2 * Margin];
        Array.Fill(memory, Guard);
        for (int i = 0; i < length; i++)
        {
            memory[start + i] = value(i);
        }
    }

    /// <summary>Four 512-bit vectors of floats, twice, and a remainder.</summary>
    public const int LongestSweep = 150;

    public Span<T> Span => memory.AsSpan(start, length);

    public void AssertGuardsIntact()
    {
        Assert.All(memory[..start], v => Assert.Equal(Guard, v));
        Assert.All(memory[(start + length)..], v => Assert.Equal(Guard, v));
    }
}

/// <summary>Comparisons of bits, so that NaN equals itself and -0 differs from 0.</summary>
internal static class Bits
{
    public static ulong Of<T>(T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        T.IsNaN(value) ? ulong.MaxValue : typeof(T) == typeof(float)
            ? BitConverter.SingleToUInt32Bits(float.CreateTruncating(value))
            : BitConverter.DoubleToUInt64Bits(double.CreateTruncating(value));

    public static void AssertEqual<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (Of(expected[i]) != Of(actual[i]))
            {
                Assert.Fail($"Element {i} of {expected.Length}: expected {expected[i]:R}, found {actual[i]:R}.");
            }
        }
    }
}
