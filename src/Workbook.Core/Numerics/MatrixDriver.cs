using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// The loops around the register tile. C is cut into blocks of columns (jc), the sum into groups of depths (g), the rows
/// into blocks (ic). The block of A (rows x group) stays in the second-level cache while strips of B (depth x 3 vectors) pass over it; C is read and written
/// once for each depth, from that cache within a group. Packing takes no pass of its own where it can be helped: tiles pack what they read first.
/// </summary>
internal static unsafe class MatrixDriver
{
    // A strip of B is depth x 192 bytes (half of that with 256-bit vectors): three quarters of the first-level cache, so that it stays there
    // while panels of A pass. Sums of more than three such depths meet C more often than that: they rather fill the cache, and take depths in groups, of which A's
    // block holds all. A group for a shorter sum would only leave the block a half or a third of the rows, and B would pass that much more
    // often. The order of summation depends on depths alone.
    private const int Depth = 192;
    private const int GroupDepth = 3 * Depth;
    private const int LongDepth = 256;

    // Few rows are done with a B in place sooner than memory gives it. From this size on it comes from the third level, and what counts is that it is read along
    // its rows, of so few at a time that the hardware sees them coming. Few columns are done as soon with an A in place, whose rows are read along their length.
    private const int FarBytes = 1024 * 1024;
    private const int FarDepthOfB = 64;
    private const int FarDepthOfA = 512;

    // A's block: a quarter of the second-level cache. An A of that size, with the gaps between its rows, is read in place: a packed copy would only push
    // something else out.
    private const int BlockBytes = 512 * 1024;

    // From this size on, the tiles of A^T would find each row of it on a page far away; it is packed before, a few rows at a time.
    private const int WideBytes = 2 * 1024 * 1024;

    // B's block: it comes from the third level.
    private const int ColumnBytes = 4 * 1024 * 1024;

    // Up to this many rows, packing B costs more than reading it in place.
    private const int FewRows = 64;

    // Up to this many columns, packing A costs more than reading its rows in place.
    private const int FewColumns = 192;

    // Depths are multiples of the longest block that packing transposes.
    private const int DepthUnit = 8;

    // Up to this many rows of C, and from this depth on, inner products beat tiles for which B would have to be transposed.
    private const int ShortSide = 128;
    private const int LongSum = 64;

    // Vectors of C's columns in a tile.
    private const int TileColumns = 3;

    [ThreadStatic]
    private static NativeBuffer<byte>? packedA;

    [ThreadStatic]
    private static NativeBuffer<byte>? packedB;

    [ThreadStatic]
    private static NativeBuffer<byte>? edge;

    public static void Multiply<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb,
        T beta, Span<T> c, int ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Require.Product(transposeA, transposeB, m, n, k, a, lda, b, ldb, c, ldc);
        if (m == 0 || n == 0)
        {
            return;
        }

        if (k == 0 || alpha == T.Zero)
        {
            Scale(m, n, beta, c, ldc);
            return;
        }

        fixed (T* pa = a, pb = b, pc = c)
        {
            Operand<T> left = new(pa, lda, transposeA);
            Operand<T> right = new(pb, ldb, !transposeB);

            // Rows of both operands run along the sum, and C has too few rows to pay for packing B.
            bool dots = !transposeA && transposeB && m <= ShortSide && k >= LongSum;
            if (Vector512.IsHardwareAccelerated)
            {
                if (dots)
                {
                    DotDriver.Run<Vector512<T>, Lanes512<T>, T>(4, 6, m, n, k, alpha, pa, lda, pb, ldb, beta, pc, ldc);
                    return;
                }

                Packed<Vector512<T>, Lanes512<T>, T>(8, m, n, k, alpha, left, right, beta, pc, ldc);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                if (dots)
                {
                    DotDriver.Run<Vector256<T>, Lanes256<T>, T>(3, 4, m, n, k, alpha, pa, lda, pb, ldb, beta, pc, ldc);
                    return;
                }

                Packed<Vector256<T>, Lanes256<T>, T>(4, m, n, k, alpha, left, right, beta, pc, ldc);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Packed<Vector128<T>, Lanes128<T>, T>(4, m, n, k, alpha, left, right, beta, pc, ldc);
            }
            else
            {
                Packed<T, Lanes1<T>, T>(4, m, n, k, alpha, left, right, beta, pc, ldc);
            }
        }
    }

    private static void Scale<T>(int m, int n, T beta, Span<T> c, int ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < m; i++)
        {
            Span<T> row = c.Slice(i * ldc, n);
            if (beta == T.Zero)
            {
                row.Clear();
            }
            else
            {
                Update.Run<T, ScaleUpdate<T>>(row, beta, row);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Packed<TVector, TLanes, T>(
        int tileRows, int m, int n, int k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        int width = TLanes.Count;
        long bytesA = (a.DepthIsRow ? k : m) * (long)a.Stride * sizeof(T);
        bool farA = bytesA > BlockBytes && !a.DepthIsRow && n <= FewColumns, inPlaceA = bytesA <= BlockBytes || farA, packsBefore = a.DepthIsRow && bytesA > WideBytes;
        bool inPlaceB = b.DepthIsRow && m <= FewRows, farB = inPlaceB && (long)n * k * sizeof(T) > FarBytes;
        int depthAtMost = farB ? FarDepthOfB : farA ? FarDepthOfA : k > GroupDepth ? LongDepth : Depth;
        Split depths = Split.AtMost(k, depthAtMost, DepthUnit);
        Split groups = Split.AtMost(depths.Count, farB || k <= GroupDepth ? 1 : GroupDepth / depthAtMost);
        int longest = depths.Largest * groups.Largest;
        Split rowBlocks = Split.AtMost(m, Math.Max(tileRows, BlockBytes / sizeof(T) / longest / tileRows * tileRows), tileRows);
        Split columnBlocks = Split.AtMost((n + width - 1) / width, Math.Max(TileColumns, ColumnBytes / sizeof(T) / longest / width));

        // B is packed strip by strip, as it is needed first; one that no second block of rows will need makes room for the next.
        bool once = rowBlocks.Count == 1;
        long stripsKept = once ? TileColumns : columnBlocks.Largest;
        T* spaceA = inPlaceA ? null : Workspace<T>(ref packedA, (long)rowBlocks.Largest * longest + MatrixPacking.Overhang);
        T* spaceB = Workspace<T>(ref packedB, stripsKept * width * longest + MatrixPacking.Overhang);
        T* partial = n % width == 0 ? null : Workspace<T>(ref edge, (long)rowBlocks.Largest * TileColumns * width);

        for (int jc = 0; jc < columnBlocks.Count; jc++)
        {
            int firstColumn = columnBlocks.Start(jc) * width;
            Split strips = Split.AtMost(columnBlocks.Size(jc), TileColumns);
            for (int g = 0; g < groups.Count; g++)
            {
                int firstDepth = depths.Start(groups.Start(g)), groupDepth = depths.Start(groups.Start(g + 1)) - firstDepth;
                for (int ic = 0; ic < rowBlocks.Count; ic++)
                {
                    int firstRow = rowBlocks.Start(ic), rows = rowBlocks.Size(ic);
                    Split tiles = Split.AtMost(rows, tileRows);
                    for (int d = groups.Start(g); packsBefore && d < groups.Start(g + 1); d++)
                    {
                        a.From(firstRow, depths.Start(d)).PackAll<TVector, TLanes>(tiles, depths.Size(d), spaceA + (nint)(depths.Start(d) - firstDepth) * rows);
                    }

                    for (int js = 0; js < strips.Count; js++)
                    {
                        int first = strips.Start(js) * width, vectors = strips.Size(js), size = vectors * width;
                        int used = Math.Min(size, n - firstColumn - first);
                        T* packed = once ? spaceB : spaceB + (nint)first * groupDepth;
                        T* target = c + firstRow * ldc + firstColumn + first;
                        for (int d = groups.Start(g); d < groups.Start(g + 1); d++)
                        {
                            int depth = depths.Size(d);
                            T* strip = packed + (nint)(depths.Start(d) - firstDepth) * size;
                            nint step = size;
                            Operand<T> source = b.From(firstColumn + first, depths.Start(d));
                            bool last = d + 1 == groups.Start(g + 1);
                            T* fresh = null;
                            Ahead<T> ahead;
                            if (ic > 0)
                            {
                                ahead = new(strip + (nint)depth * size, size, depth, 1, 0);
                            }
                            else
                            {
                                Operand<T> after = last ? b.From(firstColumn + first + size, firstDepth) : b.From(firstColumn + first, depths.Start(d + 1));
                                ahead = after.Ahead(size, last ? depths.Size(groups.Start(g)) : depths.Size(d + 1));
                                if (inPlaceB && used == size)
                                {
                                    strip = source.At(0);
                                    step = source.Stride;
                                }
                                else if (b.DepthIsRow && used == size && (js > 0 || inPlaceA || packsBefore))
                                {
                                    fresh = source.At(0);
                                }
                                else
                                {
                                    source.Pack<TVector, TLanes>(used, depth, strip, size);
                                }
                            }

                            T keep = d == 0 ? beta : T.One;
                            T* panels = inPlaceA ? null : spaceA + (nint)(depths.Start(d) - firstDepth) * rows;
                            Left<T> left = (js > 0 || packsBefore) && !inPlaceA ? Left<T>.Packed(panels, depth) : a.From(firstRow, depths.Start(d)).Left(panels);
                            if (used == size)
                            {
                                Strip<TVector, TLanes, T>(tiles, vectors, depth, left, strip, step, fresh, b.Stride, ahead, alpha, keep, target, ldc);
                            }
                            else
                            {
                                // The last vector hangs over C's edge: full tiles beside it, then what belongs to C.
                                Strip<TVector, TLanes, T>(tiles, vectors, depth, left, strip, step, fresh, b.Stride, ahead, alpha, T.Zero, partial, size);
                                Merge(rows, used, partial, size, keep, target, ldc);
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// All tiles of a strip: runs of tiles of one size, and a piece of what comes next for each run. Where A is to be packed, all of them do it; a strip of B
    /// that is not packed yet (fresh, else null) is packed by the first.
    /// </summary>
    private static void Strip<TVector, TLanes, T>(
        Split tiles, int vectors, int depth, Left<T> a, T* strip, nint step, T* fresh, nint freshStep, Ahead<T> ahead, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        if (a.Row == 1)
        {
            Strip<TVector, TLanes, T, ColumnsOfA>(tiles, vectors, depth, a, strip, step, fresh, freshStep, ahead, alpha, beta, c, ldc);
        }
        else
        {
            Strip<TVector, TLanes, T, RowsOfA>(tiles, vectors, depth, a, strip, step, fresh, freshStep, ahead, alpha, beta, c, ldc);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TVector, TLanes, T, TSource>(
        Split tiles, int vectors, int depth, Left<T> a, T* strip, nint step, T* fresh, nint freshStep, Ahead<T> ahead, T alpha, T beta, T* c, nint ldc)
        where TVector : struct
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
        where TSource : IMatrixSource
    {
        int pieces = Math.Min(ahead.Pieces, tiles.Count);
        for (int piece = 0, t = 0; piece < pieces; piece++)
        {
            int end = pieces == 1 ? tiles.Count : tiles.Count * (piece + 1) / pieces, left = ahead.Rows;
            int fetches = MatrixTile.FetchesOfTile * (end - t), nextRows = (left + fetches - 1) / fetches;
            T* next = ahead.Piece(piece);
            while (t < end)
            {
                int row = tiles.Start(t), size = tiles.Size(t), equal = Math.Min(end, tiles.EndOfEqual(t)) - t;
                if (a.Panels != null)
                {
                    MatrixTileTable.Run<TVector, TLanes, T, PackingA<TSource>>(
                        size, vectors, equal, depth, a.Tile(row), a.Row, a.Step(size), a.ToNext(size), a.Panels + (nint)row * depth,
                        strip, step, next, ahead.Step, nextRows, left, alpha, beta, c + row * ldc, ldc);
                }
                else if (fresh != null && t == 0)
                {
                    equal = 1;
                    MatrixTileTable.Run<TVector, TLanes, T, PackingB<TSource>>(
                        size, vectors, equal, depth, a.Tile(row), a.Row, a.Step(size), a.ToNext(size), strip,
                        fresh, freshStep, next, ahead.Step, nextRows, left, alpha, beta, c + row * ldc, ldc);
                }
                else
                {
                    MatrixTileTable.Run<TVector, TLanes, T, TSource>(
                        size, vectors, equal, depth, a.Tile(row), a.Row, a.Step(size), a.ToNext(size), null,
                        strip, step, next, ahead.Step, nextRows, left, alpha, beta, c + row * ldc, ldc);
                }

                int done = equal * MatrixTile.FetchesOfTile * nextRows;
                next += done * ahead.Step;
                left -= done;
                t += equal;
            }
        }
    }

    private static void Merge<T>(int rows, int columns, T* tile, int tileStride, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                T product = tile[i * tileStride + j];
                c[i * ldc + j] = beta == T.Zero ? product : T.MultiplyAddEstimate(c[i * ldc + j], beta, product);
            }
        }
    }

    // Kept for each thread and grown on demand, so that steady use allocates nothing.
    internal static T* Workspace<T>(ref NativeBuffer<byte>? buffer, long elements)
        where T : unmanaged
    {
        int bytes = checked((int)(elements * sizeof(T)));
        if (buffer is null || buffer.Length < bytes)
        {
            buffer?.Dispose();
            buffer = new NativeBuffer<byte>(bytes);
        }

        return (T*)buffer.Pointer;
    }

    /// <summary>An operand as the tile sees it: r across (a row of op(A), a column of op(B)), p along the sum.</summary>
    private readonly struct Operand<T>(T* origin, nint stride, bool depthIsRow)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private const int RowsAtATime = 16;

        private readonly T* origin = origin;

        public nint Stride { get; } = stride;

        /// <summary>True if element (r, p) sits at p stride + r, false if at r stride + p.</summary>
        public bool DepthIsRow { get; } = depthIsRow;

        public T* At(int r) => DepthIsRow ? origin + r : origin + r * Stride;

        public Operand<T> From(int r, int p) => new(DepthIsRow ? origin + p * Stride + r : origin + r * Stride + p, Stride, DepthIsRow);

        /// <summary>What to fetch before a strip of the given width and depth is read: rows of that width.</summary>
        public Ahead<T> Ahead(int width, int depth) =>
            DepthIsRow ? new(origin, Stride, depth, 1, 0) : new(origin, Stride, width, (depth + width - 1) / width, width);

        /// <summary>Rows of A in place, to be packed to panels on the way.</summary>
        public Left<T> Left(T* panels) => DepthIsRow ? new(origin, 1, 1, Stride, panels) : new(origin, Stride, Stride, 1, panels);

        /// <summary>
        /// Every panel of a block, panel j at first_j depth. Where p is the row, a few rows at a time go to all panels, so that
        /// the reads stay on few pages.
        /// </summary>
        public void PackAll<TVector, TLanes>(Split panels, int depth, T* space)
            where TVector : struct
            where TLanes : ILanes<TVector, T>
        {
            for (int p = 0; p < depth; p += RowsAtATime)
            {
                for (int j = 0; j < panels.Count; j++)
                {
                    int first = panels.Start(j), size = panels.Size(j);
                    From(first, p).Pack<TVector, TLanes>(size, Math.Min(RowsAtATime, depth - p), space + (nint)first * depth + (nint)p * size, size);
                }
            }
        }

        public void Pack<TVector, TLanes>(int count, int depth, T* panel, int width)
            where TLanes : ILanes<TVector, T>
        {
            if (DepthIsRow)
            {
                MatrixPacking.Copy<TVector, TLanes, T>(origin, Stride, count, depth, panel, width);
            }
            else
            {
                MatrixPacking.Transpose(origin, Stride, count, depth, panel, width);
            }
        }
    }

    /// <summary>Where the tile finds A: element (i, p) of a tile that starts at row r is at <c>r perRow + i Row + p step</c>; a step of 0 is the tile's height.</summary>
    private readonly struct Left<T>(T* first, nint perRow, nint row, nint step, T* panels)
        where T : unmanaged
    {
        private readonly T* first = first;

        /// <summary>Where packed panels go, null where there are panels already.</summary>
        public T* Panels { get; } = panels;

        public nint Row { get; } = row;

        /// <summary>Packed panels one after the other.</summary>
        public static Left<T> Packed(T* panels, int depth) => new(panels, depth, 1, 0, null);

        public T* Tile(int row) => first + row * perRow;

        /// <summary>From p to p + 1 in a tile of some rows.</summary>
        public nint Step(int rows) => step == 0 ? rows : step;

        /// <summary>From a tile of some rows to the one below.</summary>
        public nint ToNext(int rows) => rows * perRow;
    }

    /// <summary>What is read after the tiles at hand: pieces side by side, each of some rows.</summary>
    private readonly struct Ahead<T>(T* first, nint step, int rows, int pieces, nint pieceStep)
        where T : unmanaged
    {
        private readonly T* first = first;

        public nint Step { get; } = step;

        public int Rows { get; } = rows;

        public int Pieces { get; } = pieces;

        public T* Piece(int i) => first + i * pieceStep;
    }
}
