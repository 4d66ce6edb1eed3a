using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public sealed unsafe class NativeBufferTests
{
    [Fact]
    public void A_buffer_is_aligned_and_zero_and_of_its_length()
    {
        for (int length = 0; length < 200; length++)
        {
            using NativeBuffer<float> buffer = new(length);
            Assert.Equal(0UL, (ulong)buffer.Pointer % 64);
            Assert.Equal(length, buffer.Length);
            Assert.Equal(length, buffer.Span.Length);
            Assert.True(buffer.Span.IndexOfAnyExcept(0f) < 0);
            buffer.Span.Fill(1f); // So that the next buffer in the same place shows whether it is cleared.
        }
    }

    [Fact]
    public void Span_pointer_and_index_see_the_same_elements()
    {
        using NativeBuffer<double> buffer = new(5);
        buffer[3] = 2.5;
        Assert.Equal(2.5, buffer.Span[3]);
        Assert.Equal(2.5, buffer.Pointer[3]);
    }

    [Fact]
    public void Misuse_is_an_exception()
    {
        NativeBuffer<double> buffer = new(5);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[5]);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[-1]);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new NativeBuffer<double>(-1));
    }
}
