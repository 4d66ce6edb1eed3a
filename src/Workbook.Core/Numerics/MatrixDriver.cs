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
    // Bytes of B's strip per vector lane-group: depth * 192 bytes must leave room in a 32 to 48 KB cache.
    private const int Depth = 192;
    private const int RowsInBlock = 192;
    private const int ColumnBytesInBlock = 32768;

    // Up to this many rows, packing B costs more than reading it in place.
    private const int FewRows = 64;

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
            if (Vector512.IsHardwareAccelerated)
            {
                Blocked<Vector512<T>, Lanes512<T>, T>(8, m, n, k, alpha, left, right, beta, pc, ldc);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Blocked<Vector256<T>, Lanes256<T>, T>(4, m, n, k, alpha, left, right, beta, pc, ldc);
            }
            else if (Vector128.IsHardwareAccelerated)
            {
                Blocked<Vector128<T>, Lanes128<T>, T>(4, m, n, k, alpha, left, right, beta, pc, ldc);
            }
            else
            {
                Blocked<T, Lanes1<T>, T>(4, m, n, k, alpha, left, right, beta, pc, ldc);
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

    private static void Blocked<TVector, TLanes, T>(
        int tileRows, int m, int n, int k, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint ldc)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : ILanes<TVector, T>
    {
        const int TileColumns = 3;
        int width = TLanes.Count;
        bool inPlace = b.DepthIsRow && m <= FewRows;
        Split depths = Split.AtMost(k, Depth);
        Split rowBlocks = Split.AtMost(m, RowsInBlock);
        Split columnBlocks = Split.AtMost((n + width - 1) / width, Math.Max(TileColumns, ColumnBytesInBlock / sizeof(T) / width));
        T* spaceA = Workspace<T>(ref packedA, (long)rowBlocks.Largest * depths.Largest);
        T* spaceB = Workspace<T>(ref packedB, (long)(inPlace ? TileColumns : columnBlocks.Largest) * width * depths.Largest);
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
                for (int js = 0; !inPlace && js < strips.Count; js++)
                {
                    int first = strips.Start(js) * width, size = strips.Size(js) * width;
                    bBlock.From(first, 0).Pack<TVector, TLanes>(Math.Min(size, n - firstColumn - first), depth, spaceB + (nint)first * depth, size);
                }

                for (int ic = 0; ic < rowBlocks.Count; ic++)
                {
                    int firstRow = rowBlocks.Start(ic);
                    Split tiles = Split.AtMost(rowBlocks.Size(ic), tileRows);
                    Operand<T> aBlock = a.From(firstRow, depths.Start(pc));
                    for (int it = 0; it < tiles.Count; it++)
                    {
                        aBlock.From(tiles.Start(it), 0).Pack<TVector, TLanes>(tiles.Size(it), depth, spaceA + (nint)tiles.Start(it) * depth, tiles.Size(it));
                    }

                    for (int js = 0; js < strips.Count; js++)
                    {
                        int first = strips.Start(js) * width, vectors = strips.Size(js), size = vectors * width;
                        int used = Math.Min(size, n - firstColumn - first);
                        T* strip = spaceB + (nint)first * depth;
                        nint step = size;
                        if (inPlace && used == size)
                        {
                            strip = bBlock.At(first);
                            step = bBlock.Stride;
                        }
                        else if (inPlace)
                        {
                            strip = spaceB;
                            bBlock.From(first, 0).Pack<TVector, TLanes>(used, depth, strip, size);
                        }

                        for (int it = 0; it < tiles.Count; it++)
                        {
                            int row = tiles.Start(it), rows = tiles.Size(it);
                            T* target = c + (firstRow + row) * ldc + firstColumn + first;
                            T* panel = spaceA + (nint)row * depth;
                            if (used == size)
                            {
                                MatrixTileTable.Run<TVector, TLanes, T>(rows, vectors, depth, panel, strip, step, alpha, keep, target, ldc);
                            }
                            else
                            {
                                // The last vector hangs over C's edge: a full tile beside it, then what belongs to C.
                                MatrixTileTable.Run<TVector, TLanes, T>(rows, vectors, depth, panel, strip, step, alpha, T.Zero, partial, size);
                                Merge(rows, used, partial, size, keep, target, ldc);
                            }
                        }
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
        private readonly T* origin = origin;

        public nint Stride { get; } = stride;

        /// <summary>True if element (r, p) sits at p stride + r, false if at r stride + p.</summary>
        public bool DepthIsRow { get; } = depthIsRow;

        public T* At(int r) => DepthIsRow ? origin + r : origin + r * Stride;

        public Operand<T> From(int r, int p) => new(DepthIsRow ? origin + p * Stride + r : origin + r * Stride + p, Stride, DepthIsRow);

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
