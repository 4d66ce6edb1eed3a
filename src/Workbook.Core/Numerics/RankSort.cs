using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// A few distinct integers in increasing order, without a branch that depends on them: an element's place is the number
/// of smaller ones, counted for a vector of elements at a time. The work grows as the square of the length, but a
/// comparison sort of twenty pays more for mispredicted branches than this pays for all its comparisons.
/// </summary>
public static unsafe class RankSort
{
    /// <summary>The longest span taken.</summary>
    public const int Longest = 64;

    // Elements whose ranks are counted side by side: four vectors of eight, held in registers.
    private const int Group = 32;

    /// <summary>The values in increasing order, each plus a shift.</summary>
    /// <param name="values">Distinct integers, at most <see cref="Longest"/> of them (equal ones take one place, and leave another as it was).</param>
    /// <param name="sorted">The result, of the same length; it must not overlap the values.</param>
    /// <param name="shift">What is added to each.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are more than <see cref="Longest"/>.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Run(ReadOnlySpan<int> values, Span<int> sorted, int shift)
    {
        Require.SameLength(values.Length, sorted.Length);
        int count = values.Length;
        if (count > Longest)
        {
            throw new ArgumentException($"{count} values; at most {Longest} are sorted by rank.", nameof(values));
        }

        int* padded = stackalloc int[Longest];
        int* ranks = stackalloc int[Longest];
        fixed (int* source = values, target = sorted)
        {
            if (Vector256.IsHardwareAccelerated)
            {
                // Whole vectors are read: what follows the last value is never placed.
                int i = 0;
                for (; i <= count - Vector256<int>.Count; i += Vector256<int>.Count)
                {
                    Vector256.Load(source + i).Store(padded + i);
                }

                for (; i < count; i++)
                {
                    padded[i] = source[i];
                }

                for (int first = 0; first < count; first += Group)
                {
                    if (count - first > Group / 2)
                    {
                        FourVectors(padded, count, first, ranks);
                    }
                    else
                    {
                        TwoVectors(padded, count, first, ranks);
                    }
                }

                for (i = 0; i < count; i++)
                {
                    target[ranks[i]] = padded[i] + shift;
                }
            }
            else
            {
                Insert(source, count, target, shift);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourVectors(int* x, int count, int first, int* ranks)
    {
        Vector256<int> x0 = Vector256.Load(x + first), x1 = Vector256.Load(x + first + 8), x2 = Vector256.Load(x + first + 16), x3 = Vector256.Load(x + first + 24);
        Vector256<int> r0 = Vector256<int>.Zero, r1 = r0, r2 = r0, r3 = r0;
        for (int i = 0; i < count; i++)
        {
            // A comparison that holds is -1.
            Vector256<int> other = Vector256.Create(x[i]);
            r0 -= Vector256.GreaterThan(x0, other);
            r1 -= Vector256.GreaterThan(x1, other);
            r2 -= Vector256.GreaterThan(x2, other);
            r3 -= Vector256.GreaterThan(x3, other);
        }

        r0.Store(ranks + first);
        r1.Store(ranks + first + 8);
        r2.Store(ranks + first + 16);
        r3.Store(ranks + first + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TwoVectors(int* x, int count, int first, int* ranks)
    {
        Vector256<int> x0 = Vector256.Load(x + first), x1 = Vector256.Load(x + first + 8);
        Vector256<int> r0 = Vector256<int>.Zero, r1 = r0;
        for (int i = 0; i < count; i++)
        {
            Vector256<int> other = Vector256.Create(x[i]);
            r0 -= Vector256.GreaterThan(x0, other);
            r1 -= Vector256.GreaterThan(x1, other);
        }

        r0.Store(ranks + first);
        r1.Store(ranks + first + 8);
    }

    private static void Insert(int* source, int count, int* target, int shift)
    {
        for (int i = 0; i < count; i++)
        {
            int value = source[i] + shift, j = i;
            for (; j > 0 && target[j - 1] > value; j--)
            {
                target[j] = target[j - 1];
            }

            target[j] = value;
        }
    }
}
