using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines.Support;

/// <summary>
/// Numbers that start at a multiple of 64 bytes and never move, zero at creation: <see cref="NativeBuffer{T}"/> for an engine, which nobody disposes. The
/// memory is the collector's, so it goes when its owner goes; a pointer into it does not keep it alive.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class AlignedBlock<T>
    where T : unmanaged
{
    private readonly T[] _memory;

    public AlignedBlock(int length)
    {
        int slack = NativeBuffer<T>.Alignment / sizeof(T) - 1;
        _memory = GC.AllocateArray<T>(checked(length + slack), pinned: true);
        Length = length;
        nuint at = (nuint)Unsafe.AsPointer(ref _memory[0]);
        const nuint mask = NativeBuffer<T>.Alignment - 1;
        Pointer = (T*)((at + mask) & ~mask);
    }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>The address of element 0.</summary>
    public T* Pointer { get; }

    /// <summary>All elements.</summary>
    public Span<T> Span => _memory.AsSpan((int)(Pointer - (T*)Unsafe.AsPointer(ref _memory[0])), Length);
}
