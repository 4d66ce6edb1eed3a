using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// A fixed-length block of unmanaged memory that starts at a multiple of 64 bytes (a cache line, a 512-bit vector),
/// zero at creation and never moved by the collector. Disposing frees it; forgetting to is caught by the finalizer.
/// </summary>
/// <remarks>A span or pointer into the buffer does not keep it alive: hold the buffer as long as they are used.</remarks>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    /// <summary>The guaranteed alignment in bytes.</summary>
    public const int Alignment = 64;

    // The collector is told of large blocks only: it answers news of a few MB with a full collection, and small ones come and go by the thousand with the engines of a sweep.
    private const long LeastPressure = 1L << 20;

    private readonly int length;
    private T* pointer;

    /// <summary>Allocates <paramref name="length"/> elements, all bits zero.</summary>
    /// <param name="length">The number of elements; zero is allowed.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The memory is not to be had.</exception>
    public NativeBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.length = length;
        nuint bytes = (nuint)Bytes;
        pointer = (T*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(pointer, bytes);
        if (Bytes >= LeastPressure) GC.AddMemoryPressure(Bytes);
    }

    /// <summary>Frees the memory of a buffer that nobody disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The number of elements.</summary>
    public int Length => length;

    private long Bytes => Math.Max(1, (long)length) * sizeof(T);

    /// <summary>The address of element 0.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public T* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(pointer == null, this);
            return pointer;
        }
    }

    /// <summary>All elements.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Span<T> Span => new(Pointer, length);

    /// <summary>Element <paramref name="index"/>, by reference.</summary>
    /// <param name="index">0..Length-1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is outside the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)length, nameof(index));
            return ref Pointer[index];
        }
    }

    /// <summary>Frees the memory; spans and pointers into it become invalid. A second call does nothing.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (pointer != null)
        {
            NativeMemory.AlignedFree(pointer);
            pointer = null;
            if (Bytes >= LeastPressure) GC.RemoveMemoryPressure(Bytes);
        }
    }
}
