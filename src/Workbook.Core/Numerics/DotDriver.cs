using System.Numerics;
using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// The loops around <see cref="DotTile"/>: the sum in blocks of depth, a strip of B's rows in the first-level cache while the rows of A pass, which the
/// second-level cache holds. What the next strip and the next depth read is fetched, a row at a time, while tiles are summed.
/// </summary>
/// <remarks>
/// Lane l sums p = l modulo the vector's length in ascending order; a last incomplete vector ends where the sum does, in the upper lanes. Rows that do not begin
/// at a multiple of the vector's length are cut there all the same, or loads would touch two cache lines each: p goes to lane p + skip modulo the length. Lanes
/// change places cyclically and sum what they did, and when halves are added, and halves of these, the same lanes meet as before. The bits do not change.
/// </remarks>
internal static unsafe class DotDriver
{
    // Bytes of one row: 6 rows of B and 4 of A take 40 of 48 KB.
    private const int RowBytes = 4096;

    // Operands up to this size are near after their first use: fetching costs more than it gives.
    private const long FarBytes = 1024 * 1024;

    [ThreadStatic]
    private static NativeBuffer<byte>? edges;

    /// <summary><c>C = alpha A B^T + beta C</c> for A of m x k, B of n x k; k is at least two vectors' length, and a block of m rows should fit in the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Run<TVector, TLanes, T>(
        int tileRows, int tileColumns, int m, int n, int k, T alpha, T* a, nint lda, T* b, nint ldb, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        // Cut for A: its rows come from the second level, those of B, where they lie otherwise, from the first.
        int skip = (k | lda | ldb) % TLanes.Count == 0 ? (int)((nuint)a / (nuint)sizeof(T) % (nuint)TLanes.Count) : 0;
        Split depths = Split.AtMost(k, RowBytes / sizeof(T), TLanes.Count);
        Split tiles = Split.AtMost(m, tileRows);
        Split strips = Split.AtMost(n, tileColumns);
        bool far = ((long)m + n) * k * sizeof(T) > FarBytes;
        DotPart<T>* parts = stackalloc DotPart<T>[3];
        for (int pc = 0; pc < depths.Count; pc++)
        {
            int first = depths.Start(pc), depth = depths.Size(pc);
            int count = Cut<TVector, TLanes, T>(skip, m, n, depth, a + first, lda, b + first, ldb, parts);
            bool lastDepth = pc + 1 == depths.Count;
            T keep = pc == 0 ? beta : T.One;
            int fetched = 0;
            for (int js = 0; js < strips.Count; js++)
            {
                int column = strips.Start(js), columns = strips.Size(js);
                bool lastStrip = js + 1 == strips.Count;
                T* nextStrip = lastStrip ? b + first + depth : b + strips.Start(js + 1) * ldb + first;
                int nextColumns = !far || lastStrip && lastDepth ? 0 : Math.Min(tiles.Count, strips.Size(lastStrip ? 0 : js + 1));
                int rowsOfA = far && !lastDepth ? m : 0;
                for (int it = 0; it < tiles.Count; it++)
                {
                    // The next strip while the last tiles are summed, the next depth of A before.
                    int row = tiles.Start(it), nextRow = it - (tiles.Count - nextColumns);
                    T* target = c + row * ldc + column;
                    if (nextRow >= 0)
                    {
                        DotTileTable.Run<TVector, TLanes, T, FetchesRow>(tiles.Size(it), columns, parts, count, row, column, nextStrip + nextRow * ldb, alpha, keep, target, ldc);
                    }
                    else if (fetched < rowsOfA)
                    {
                        DotTileTable.Run<TVector, TLanes, T, FetchesRow>(tiles.Size(it), columns, parts, count, row, column, a + fetched * lda + first + depth, alpha, keep, target, ldc);
                        fetched++;
                    }
                    else
                    {
                        DotTileTable.Run<TVector, TLanes, T, FetchesNothing>(tiles.Size(it), columns, parts, count, row, column, null, alpha, keep, target, ldc);
                    }
                }
            }
        }
    }

    /// <summary>Cuts a sum over k into parts: whole vectors in place, what is left before and after them in vectors of its own. Returns how many there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Cut<TVector, TLanes, T>(int skip, int m, int n, int k, T* a, nint lda, T* b, nint ldb, DotPart<T>* parts)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        int left = k % TLanes.Count, vector = TLanes.Count;
        if (skip == 0 && left == 0)
        {
            parts[0] = new(a, lda, b, ldb, k);
            return 1;
        }

        T* endsOfA = MatrixDriver.Workspace<T>(ref edges, 2L * vector * (m + n) + vector), endsOfB = endsOfA + vector * m;
        if (skip == 0)
        {
            parts[0] = new(a, lda, b, ldb, k - left);
            parts[1] = new(endsOfA, vector, endsOfB, vector, vector);
            Last<TVector, TLanes, T>(left, m, a + k, lda, endsOfA);
            Last<TVector, TLanes, T>(left, n, b + k, ldb, endsOfB);
            return 2;
        }

        T* startsOfA = endsOfB + vector * n, startsOfB = startsOfA + vector * m;
        int whole = vector - skip;
        parts[0] = new(startsOfA, vector, startsOfB, vector, vector);
        parts[1] = new(a + whole, lda, b + whole, ldb, k - vector);
        parts[2] = new(endsOfA, vector, endsOfB, vector, vector);
        First<TVector, TLanes, T>(skip, m, a, lda, startsOfA);
        First<TVector, TLanes, T>(skip, n, b, ldb, startsOfB);

        // A product of -0 added leaves a sum as it is, -0 too.
        Rest<TVector, TLanes, T>(skip, m, a + k, lda, -T.Zero, endsOfA);
        Rest<TVector, TLanes, T>(skip, n, b + k, ldb, T.Zero, endsOfB);
        return 3;
    }

    /// <summary>To each vector: zeros, from lane skip on the first numbers of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void First<TVector, TLanes, T>(int skip, int rows, T* source, nint stride, T* vectors)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        TVector zero = TLanes.Create(T.Zero);
        for (int i = 0; i < rows; i++)
        {
            // What is written too much is the next vector's zeros, or past the last.
            TLanes.Store(zero, vectors);
            TLanes.Store(TLanes.Load(source), vectors + skip);
            source += stride;
            vectors += TLanes.Count;
        }
    }

    /// <summary>To each vector: the last numbers of a row, as many as were skipped, in the lower lanes, then the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rest<TVector, TLanes, T>(int skip, int rows, T* end, nint stride, T rest, T* vectors)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        TVector others = TLanes.Create(rest);
        for (int i = 0; i < rows; i++)
        {
            TLanes.Store(TLanes.LoadFirst(end - skip, skip, others), vectors);
            end += stride;
            vectors += TLanes.Count;
        }
    }

    /// <summary>To each vector: zeros, in the upper lanes the numbers of a row that are left over from whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Last<TVector, TLanes, T>(int left, int rows, T* end, nint stride, T* vectors)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        TVector zero = TLanes.Create(T.Zero);
        T* zeros = stackalloc T[TLanes.Count];
        TLanes.Store(zero, zeros);
        for (int i = 0; i < rows; i++)
        {
            TLanes.Store(TLanes.LoadFirst(zeros, TLanes.Count - left, TLanes.Load(end - TLanes.Count)), vectors);
            end += stride;
            vectors += TLanes.Count;
        }
    }
}
