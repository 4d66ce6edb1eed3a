using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// Softmax of rows shorter than a vector or two: a row to a lane. A block of rows is turned, so that one vector holds the
/// same column of as many rows as it has lanes; maximum, exponentials, sum and quotient are then plain vector
/// operations without a tail, and the block is turned back. The bits are those of one row at a time.
/// </summary>
/// <remarks>
/// The turned block: column j of group g (as many rows as lanes) at <c>(g columns + j) lanes</c>, so that all of a group
/// is contiguous. Every pass runs over a block, not over a group: a vector is not loaded before the single numbers it is made of
/// have left the store buffer, and no chain of operations is longer than a core can look ahead.
/// </remarks>
internal static unsafe class ShortSoftmax
{
    /// <summary>The longest row taken: past it a row alone is faster. Not more than the partial sums of <see cref="Sums"/>, so that every sum is one tree.</summary>
    public const int Longest = 16;

    // Elements of a block, at most: with the exponentials beside them they stay in the first-level cache.
    private const int Block = 1024;

    // The longest block that packing turns in registers.
    private const int TurnedAtOnce = 8;

    // Fewer rows leave most lanes idle.
    private const int FewestRows = 4;

    /// <summary>Whether these sizes belong here.</summary>
    public static bool Takes(int rows, int columns) => columns <= Longest && rows >= FewestRows && Vector128.IsHardwareAccelerated;

    /// <summary>As <see cref="Softmax"/> says; sizes and overlap are checked there.</summary>
    public static void Run<T, TExp>(int rows, int columns, T* x, nint ldx, T* y, nint ldy, bool logarithm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TExp : IFunction<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Loop<Vector512<T>, Lanes512<T>, T, TExp>(rows, columns, x, ldx, y, ldy, logarithm);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Loop<Vector256<T>, Lanes256<T>, T, TExp>(rows, columns, x, ldx, y, ldy, logarithm);
        }
        else
        {
            Loop<Vector128<T>, Lanes128<T>, T, TExp>(rows, columns, x, ldx, y, ldy, logarithm);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Loop<TVector, TLanes, T, TExp>(int rows, int columns, T* x, nint ldx, T* y, nint ldy, bool logarithm)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TExp : IFunction<T>
    {
        int lanes = TLanes.Count, groups = Block / (lanes * columns), half = (int)BitOperations.RoundUpToPowerOf2((uint)columns) / 2;
        T* room = stackalloc T[2 * Block + Longest / 2 * Elementwise.LongestVector + Elementwise.LongestVector];
        T* turned = Elementwise.Aligned(room), exponentials = turned + Block, tree = exponentials + Block;
        double* logs = stackalloc double[Elementwise.LongestVector];
        TVector one = TLanes.Create(T.One);
        for (int start = 0; start < rows; start += groups * lanes)
        {
            int count = Math.Min(groups * lanes, rows - start), used = (count + lanes - 1) / lanes;
            for (int g = 0; g < used; g++)
            {
                // Lanes past the last row hold anything: what comes of it is not stored.
                MatrixPacking.Transpose(x + (start + g * lanes) * ldx, ldx, Math.Min(lanes, count - g * lanes), columns, turned + g * (lanes * columns), lanes);
            }

            for (int g = 0; g < used; g++)
            {
                T* group = turned + g * (lanes * columns);
                TVector max = TLanes.Load(group);
                for (int j = 1; j < columns; j++)
                {
                    max = TLanes.Max(TLanes.Load(group + j * lanes), max);
                }

                for (int j = 0; j < columns; j++)
                {
                    TLanes.Store(TLanes.Subtract(TLanes.Load(group + j * lanes), max), group + j * lanes);
                }
            }

            Elementwise.WholeVectors<TVector, TLanes, T, TExp>(turned, exponentials, used * lanes * columns);
            for (int g = 0; g < used; g++)
            {
                T* group = turned + g * (lanes * columns), terms = exponentials + g * (lanes * columns);
                TVector sum = Sum<TVector, TLanes, T>(terms, columns, half, tree);
                if (logarithm)
                {
                    TLanes.Store(sum, tree);
                    for (int l = 0; l < lanes; l++)
                    {
                        logs[l] = double.CreateTruncating(tree[l]);
                    }

                    // The logarithm knows numbers only.
                    BoxMullerKernel.Logs(logs, lanes);
                    for (int l = 0; l < lanes; l++)
                    {
                        tree[l] = T.IsNaN(tree[l]) ? tree[l] : T.CreateTruncating(logs[l]);
                    }

                    TVector shift = TLanes.Load(tree);
                    for (int j = 0; j < columns; j++)
                    {
                        TLanes.Store(TLanes.Subtract(TLanes.Load(group + j * lanes), shift), group + j * lanes);
                    }
                }
                else
                {
                    TVector scale = TLanes.Divide(one, sum);
                    for (int j = 0; j < columns; j++)
                    {
                        TLanes.Store(TLanes.Multiply(TLanes.Load(terms + j * lanes), scale), group + j * lanes);
                    }
                }
            }

            for (int g = 0; g < used; g++)
            {
                // Whole blocks of columns turn in registers; beside them a block would reach past the row.
                T* source = turned + g * (lanes * columns), target = y + (start + g * lanes) * ldy;
                int some = Math.Min(lanes, count - g * lanes), whole = columns - columns % TurnedAtOnce;
                if (whole > 0)
                {
                    MatrixPacking.Transpose(source, lanes, whole, some, target, ldy);
                }

                for (int i = 0; i < some; i++)
                {
                    for (int j = whole; j < columns; j++)
                    {
                        target[i * ldy + j] = source[j * lanes + i];
                    }
                }
            }
        }
    }

    /// <summary>The terms of a group added as <see cref="Sums"/> does: j and j + half, then half of that, down to one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TVector, TLanes, T>(T* terms, int count, int half, T* tree)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>
    {
        if (half <= 1)
        {
            return half == 0 ? TLanes.Load(terms) : TLanes.Add(TLanes.Load(terms), TLanes.Load(terms + TLanes.Count));
        }

        for (int j = 0; j < half; j++)
        {
            TVector term = TLanes.Load(terms + j * TLanes.Count);
            TLanes.Store(j + half < count ? TLanes.Add(term, TLanes.Load(terms + (j + half) * TLanes.Count)) : term, tree + j * TLanes.Count);
        }

        for (half /= 2; half > 1; half /= 2)
        {
            for (int j = 0; j < half; j++)
            {
                TLanes.Store(TLanes.Add(TLanes.Load(tree + j * TLanes.Count), TLanes.Load(tree + (j + half) * TLanes.Count)), tree + j * TLanes.Count);
            }
        }

        return TLanes.Add(TLanes.Load(tree), TLanes.Load(tree + TLanes.Count));
    }
}
