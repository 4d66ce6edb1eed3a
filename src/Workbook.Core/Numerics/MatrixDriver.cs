using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>
/// The loops around the register tile. C is cut into blocks of columns (jc), the sum into blocks of depth (pc), the
/// rows into blocks (ic). A packed strip of B (depth x 3 vectors) stays in the first-level cache while the packed block
/// of A (rows x depth) streams past it from the second.
/// </summary>
internal static unsafe class MatrixDriver
{
    // A strip of B is depth x 192 bytes: 24 of the first-level cache's 32 to 48 KB.
    private const int Depth = 128;

    // A's block is rows x depth: 384 KB of the second-level cache's megabyte (in doubles).
    private const int RowsInBlock = 384;

    // B's block, depth x columns, is limited to 4 MB: it comes from the third level.
    private const int ColumnBytesInBlock = 32768;

    // Up to this many rows, packing B costs more than reading it in place.
    private const int FewRows = 300;

    // Depths are multiples of the longest block that packing transposes.
    private const int DepthUnit = 8;

    // Below this many rows or columns, and from this depth on, inner products beat packed tiles.
    private const int ShortSide = 128;
    private const int LongSum = 64;

    // As long as all of A, packed, stays in the second-level cache.
    private const int FewRowsBytes = 512 * 1024;

    // Vectors of C's columns in a tile.
    private const int TileColumns = 3;

    [ThreadStatic]
    private static NativeBuffer<byte>? packedA;

    [ThreadStatic]
    private static NativeBuffer<byte>? packedB;

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

            // Rows of both operands run along the sum, and one side is too short to pay for packing.
            bool dots = !transposeA && transposeB && Math.Min(m, n) <= ShortSide && k >= LongSum;
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

    private static void Packed<TVector, TLanes, T>(
        int tileRows, int m, int n, int k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        if (b.DepthIsRow && m <= FewRows && (long)m * k * sizeof(T) <= FewRowsBytes)
        {
            InPlace<TVector, TLanes, T>(tileRows, m, n, k, alpha, a, b, beta, c, ldc);
        }
        else
        {
            Blocked<TVector, TLanes, T>(tileRows, m, n, k, alpha, a, b, beta, c, ldc);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void Blocked<TVector, TLanes, T>(
        int tileRows, int m, int n, int k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        int width = TLanes.Count;
        Split depths = Split.AtMost(k, Depth, DepthUnit);
        Split rowBlocks = Split.AtMost(m, RowsInBlock);
        Split columnBlocks = Split.AtMost((n + width - 1) / width, Math.Max(TileColumns, ColumnBytesInBlock / sizeof(T) / width));
        T* spaceA = Workspace<T>(ref packedA, (long)rowBlocks.Largest * depths.Largest + MatrixPacking.Overhang);
        T* spaceB = Workspace<T>(ref packedB, (long)columnBlocks.Largest * width * depths.Largest + MatrixPacking.Overhang);
        T* partial = stackalloc T[8 * TileColumns * Elementwise.LongestVector];

        for (int jc = 0; jc < columnBlocks.Count; jc++)
        {
            int firstColumn = columnBlocks.Start(jc) * width;
            Split strips = Split.AtMost(columnBlocks.Size(jc), TileColumns);
            for (int pc = 0; pc < depths.Count; pc++)
            {
                int depth = depths.Size(pc);
                Operand<T> bBlock = b.From(firstColumn, depths.Start(pc));
                T keep = pc == 0 ? beta : T.One;
                bBlock.PackAll<TVector, TLanes>(strips, width, n - firstColumn, depth, spaceB);
                for (int ic = 0; ic < rowBlocks.Count; ic++)
                {
                    int firstRow = rowBlocks.Start(ic);
                    Split tiles = Split.AtMost(rowBlocks.Size(ic), tileRows);
                    Operand<T> aBlock = a.From(firstRow, depths.Start(pc));
                    aBlock.PackAll<TVector, TLanes>(tiles, 1, rowBlocks.Size(ic), depth, spaceA);
                    for (int js = 0; js < strips.Count; js++)
                    {
                        int first = strips.Start(js) * width, vectors = strips.Size(js), size = vectors * width;
                        int used = Math.Min(size, n - firstColumn - first);
                        T* strip = spaceB + (nint)first * depth;
                        T* next = strip + (nint)size * depth;
                        for (int it = 0; it < tiles.Count; it++)
                        {
                            int row = tiles.Start(it), rows = tiles.Size(it);
                            T* target = c + (firstRow + row) * ldc + firstColumn + first;
                            T* panel = spaceA + (nint)row * depth;
                            if (used == size)
                            {
                                MatrixTileTable.Run<TVector, TLanes, T>(rows, vectors, depth, panel, strip, size, it == tiles.Count - 1 ? next : strip, alpha, keep, target, ldc);
                            }
                            else
                            {
                                // The last vector hangs over C's edge: a full tile beside it, then what belongs to C.
                                MatrixTileTable.Run<TVector, TLanes, T>(rows, vectors, depth, panel, strip, size, it == tiles.Count - 1 ? next : strip, alpha, T.Zero, partial, size);
                                Merge(rows, used, partial, size, keep, target, ldc);
                            }
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// The same for few rows: packing B would cost more than it saves, so tiles read it in place. All of A is packed once,
    /// and a strip of C is finished before the next begins.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static void InPlace<TVector, TLanes, T>(
        int tileRows, int m, int n, int k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        int width = TLanes.Count;
        Split depths = Split.AtMost(k, Depth, DepthUnit);
        Split tiles = Split.AtMost(m, tileRows);
        Split strips = Split.AtMost((n + width - 1) / width, TileColumns);
        T* spaceA = Workspace<T>(ref packedA, (long)m * k + MatrixPacking.Overhang);
        T* spaceB = Workspace<T>(ref packedB, (long)TileColumns * width * depths.Largest + MatrixPacking.Overhang);
        T* partial = stackalloc T[8 * TileColumns * Elementwise.LongestVector];
        for (int pc = 0; pc < depths.Count; pc++)
        {
            a.From(0, depths.Start(pc)).PackAll<TVector, TLanes>(tiles, 1, m, depths.Size(pc), spaceA + (nint)depths.Start(pc) * m);
        }

        for (int js = 0; js < strips.Count; js++)
        {
            int first = strips.Start(js) * width, vectors = strips.Size(js), size = vectors * width;
            int used = Math.Min(size, n - first);
            for (int pc = 0; pc < depths.Count; pc++)
            {
                int depth = depths.Size(pc);
                T* strip = b.From(first, depths.Start(pc)).At(0);
                T* next = pc + 1 < depths.Count ? b.From(first, depths.Start(pc + 1)).At(0) : b.From(first + size, 0).At(0);
                T keep = pc == 0 ? beta : T.One;
                nint step = b.Stride;
                if (used < size)
                {
                    b.From(first, depths.Start(pc)).Pack<TVector, TLanes>(used, depth, spaceB, size);
                    strip = spaceB;
                    step = size;
                }

                for (int it = 0; it < tiles.Count; it++)
                {
                    int rows = tiles.Size(it);
                    T* panel = spaceA + (nint)depths.Start(pc) * m + (nint)tiles.Start(it) * depth;
                    T* target = c + tiles.Start(it) * ldc + first;
                    if (used == size)
                    {
                        MatrixTileTable.Run<TVector, TLanes, T>(rows, vectors, depth, panel, strip, step, it == tiles.Count - 1 ? next : strip, alpha, keep, target, ldc);
                    }
                    else
                    {
                        MatrixTileTable.Run<TVector, TLanes, T>(rows, vectors, depth, panel, strip, step, strip, alpha, T.Zero, partial, size);
                        Merge(rows, used, partial, size, keep, target, ldc);
                    }
                }
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
    private static T* Workspace<T>(ref NativeBuffer<byte>? buffer, long elements)
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

        /// <summary>
        /// Every panel of a block, panel j at first_j depth. Where p is the row, a few rows at a time go to all panels, so that
        /// the reads stay on few pages.
        /// </summary>
        public void PackAll<TVector, TLanes>(Split panels, int unit, int count, int depth, T* space)
            where TLanes : ILanes<TVector, T>
        {
            int chunk = DepthIsRow ? RowsAtATime : depth;
            for (int p = 0; p < depth; p += chunk)
            {
                for (int j = 0; j < panels.Count; j++)
                {
                    int first = panels.Start(j) * unit, size = panels.Size(j) * unit;
                    From(first, p).Pack<TVector, TLanes>(Math.Min(size, count - first), Math.Min(chunk, depth - p), space + (nint)first * depth + (nint)p * size, size);
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
}
