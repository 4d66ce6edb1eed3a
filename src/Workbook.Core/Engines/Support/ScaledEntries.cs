using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>
/// The entries of <see cref="TouchedColumns.ByColumn"/> where coefficients carry exponents, the terms of every column's sum at one scale: entry e becomes x_e 2^(E_p - E_k), E_k the largest
/// of the exponents E_p of the patches in column k, and E_k is the exponent of the sum. W_Q, W_K and W_V have exponents of their own and are scaled side by side: exponents are
/// groups of four numbers, one of each matrix and one that nobody reads, and a group is a vector.
/// </summary>
internal sealed unsafe class ScaledEntries
{
    /// <summary>Places in a group, and its size.</summary>
    public const int Query = 0, Key = 1, Value = 2, Size = 4;

    /// <summary>Entries for W_Q and W_K lie by turns.</summary>
    public const int Pair = 2;

    // The exponent of an entry that is stored as 0, whatever its patch has: it must not be the largest.
    private const double OfZero = -1e300;

    private readonly int[] _start, _at;
    private readonly AlignedBlock<double> _plain, _onScores, _onValue, _exponents, _tops;

    /// <param name="columns">The data.</param>
    /// <param name="factor">Of each patch a factor of its entries for W_Q and W_K; if empty, there is none.</param>
    public ScaledEntries(TouchedColumns columns, ReadOnlySpan<double> factor = default)
    {
        SparseMatrix by = columns.ByColumn;
        int count = by.Index.Length, patches = columns.ByPatch.Start.Length - 1;
        _start = by.Start.ToArray();
        _at = new int[count];
        _plain = new AlignedBlock<double>(checked(Size * count));
        _onScores = new AlignedBlock<double>(Pair * count);
        _onValue = new AlignedBlock<double>(count);
        _exponents = new AlignedBlock<double>(checked(Size * (patches + 1)));
        _tops = new AlignedBlock<double>(checked(Size * columns.Count));
        _exponents.Span[(Size * patches)..].Fill(OfZero);
        for (int e = 0; e < count; e++)
        {
            double x = by.Value[e], onScores = factor.IsEmpty ? x : factor[by.Index[e]] * x;
            _at[e] = Size * (x == 0 ? patches : by.Index[e]);
            Span<double> group = _plain.Span.Slice(Size * e, Size);
            (group[Query], group[Key], group[Value]) = (onScores, onScores, x);
        }
        Reset();
    }

    /// <summary>The entries for W_Q and W_K by turns.</summary>
    public double* OnScores => _onScores.Pointer;

    /// <summary>The entries for W_V.</summary>
    public double* OnValue => _onValue.Pointer;

    /// <summary>The same.</summary>
    public ReadOnlySpan<double> Values => _onValue.Span;

    /// <summary>Where the exponents of patches are put before <see cref="Scale"/>: whole numbers, groups in the order of the patches.</summary>
    public double* Exponents => _exponents.Pointer;

    /// <summary>The entries as they are, as for exponents 0.</summary>
    public void Reset()
    {
        double* from = _plain.Pointer;
        for (int e = 0; e < _at.Length; e++) ScaleGroup(from + Size * e, Vector256<double>.Zero, _onScores.Pointer + Pair * e, _onValue.Pointer + e);
        GC.KeepAlive(this);
    }

    /// <summary>Entries and exponents of the first <paramref name="columns"/> columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Scale(int columns)
    {
        double* exponents = _exponents.Pointer, from = _plain.Pointer, onScores = _onScores.Pointer, onValue = _onValue.Pointer, tops = _tops.Pointer;
        fixed (int* starts = _start, patches = _at)
        {
            int* at = patches;
            for (int k = 0; k < columns; k++, tops += Size)
            {
                int* end = patches + starts[k + 1];
                Vector256<double> top = Vector256.Create(OfZero);
                if (end - at == 2)
                {
                    // Most columns of more than one patch.
                    Vector256<double> one = Vector256.Load(exponents + at[0]), other = Vector256.Load(exponents + at[1]);
                    top = Vector256.MaxNative(one, other);
                    ScaleGroup(from, one - top, onScores, onValue);
                    ScaleGroup(from + Size, other - top, onScores + Pair, onValue + 1);
                    at += 2;
                    from += 2 * Size;
                    onScores += 2 * Pair;
                    onValue += 2;
                }
                else
                {
                    for (int* e = at; e < end; e++) top = Vector256.MaxNative(top, Vector256.Load(exponents + *e));
                    for (; at < end; at++, from += Size, onScores += Pair, onValue++) ScaleGroup(from, Vector256.Load(exponents + *at) - top, onScores, onValue);
                }

                top.Store(tops);
            }
        }

        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ScaleGroup(double* from, Vector256<double> power, double* onScores, double* onValue)
    {
        Vector256<double> scaled = PowerOfTwo.TimesPower<Vector256<double>, Lanes256<double>>(Vector256.Load(from), power);
        scaled.GetLower().Store(onScores);
        *onValue = scaled.GetUpper().ToScalar();
    }

    /// <summary>The entries for W_Q or W_K.</summary>
    public void Read(int matrix, Span<double> values)
    {
        double* from = _onScores.Pointer + matrix;
        for (int e = 0; e < values.Length; e++) values[e] = from[Pair * e];
        GC.KeepAlive(this);
    }

    /// <summary>The exponent of a column's sum, as rules take it: smaller ones than -1e9 are the same nothing to them all.</summary>
    public int Top(int matrix, int column) => (int)Math.Max(_tops.Span[Size * column + matrix], -1e9);
}
