using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>
/// Doubles that start at a multiple of 64 bytes and never move, zero at creation: <see cref="NativeBuffer{T}"/> for an engine, which nobody disposes. The
/// memory is the collector's, so it goes when its owner goes; a pointer into it does not keep it alive.
/// </summary>
internal sealed unsafe class AlignedBlock
{
    private readonly double[] _memory;

    public AlignedBlock(int length)
    {
        const int slack = NativeBuffer<double>.Alignment / sizeof(double) - 1;
        _memory = GC.AllocateArray<double>(checked(length + slack), pinned: true);
        Length = length;
        nuint at = (nuint)Unsafe.AsPointer(ref _memory[0]);
        const nuint mask = NativeBuffer<double>.Alignment - 1;
        Pointer = (double*)((at + mask) & ~mask);
    }

    /// <summary>Number of doubles.</summary>
    public int Length { get; }

    /// <summary>The address of element 0.</summary>
    public double* Pointer { get; }

    /// <summary>All elements.</summary>
    public Span<double> Span => _memory.AsSpan((int)(Pointer - (double*)Unsafe.AsPointer(ref _memory[0])), Length);
}
