using System.Diagnostics;

namespace Workbook.Kernel.Tests;

/// <summary>Cells that a host would rather not meet: each ends as its reader would hope, and the session lives on.</summary>
public sealed class AwkwardCellTests : IDisposable
{
    private readonly TestSession _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("while (true) ;")]
    [InlineData("for (;;) { try { throw new Exception(); } catch { } }")]
    [InlineData("again: goto again;")]
    [InlineData("void Spin() { var i = 0; do i++; while (i != -1 || true); }\nSpin();")]
    [InlineData("await Task.Run(() => { while (true) { } });")]
    [InlineData("await Task.Delay(-1);")]
    [InlineData("Thread.Sleep(-1);")]
    [InlineData("new ManualResetEventSlim().Wait();")]
    [InlineData("Parallel.For(0, 4, i => { while (true) { } });")]
    [InlineData("IEnumerable<int> All() { while (true) yield return 1; }\nAll().Sum(x => 0)")]
    public async Task A_cell_that_never_ends_is_interrupted(string text)
    {
        await _session.RunAsync("var kept = 1;");
        var running = _session.RunAsync("kept = 2;\nConsole.WriteLine(\"started\");\n" + text);
        await _session.SaysAsync("started");
        var clock = Stopwatch.StartNew();
        _session.Session.Interrupt();
        var ran = await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(CellError.Interrupted, ran.Error?.Name);
        Assert.Equal("started\n", ran.Out);
        Assert.True(!ran.Traceback.Contains("could not be stopped", StringComparison.Ordinal), "left behind after " + clock.Elapsed);
        Assert.Equal("2", (await _session.RunAsync("kept")).Result);
    }

    [Fact]
    public async Task What_cannot_be_stopped_is_left_behind_and_the_session_goes_on()
    {
        // Native code that waits for itself: no rung of the ladder reaches it.
        Assert.SkipWhen(OperatingSystem.IsWindows(), "calls libc");
        await _session.RunAsync("[System.Runtime.InteropServices.DllImport(\"libc\")] static extern int pthread_mutex_lock(nint mutex);\nvar kept = 3;");
        var running = _session.RunAsync("var mutex = System.Runtime.InteropServices.Marshal.AllocHGlobal(64);\nfor (var i = 0; i < 64; i++) System.Runtime.InteropServices.Marshal.WriteByte(mutex, i, 0);\npthread_mutex_lock(mutex);\nConsole.WriteLine(\"locking\");\npthread_mutex_lock(mutex);");
        await _session.SaysAsync("locking");
        await Task.Delay(100, TestContext.Current.CancellationToken);
        _session.Session.Interrupt();
        var ran = await running.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains("could not be stopped", ran.Traceback, StringComparison.Ordinal);
        Assert.Equal("3", (await _session.RunAsync("kept")).Result);
        Assert.Equal("4", (await _session.RunAsync("var more = kept + 1;\nmore")).Result);
    }

    [Fact]
    public async Task Ten_megabytes_of_text_are_capped_with_a_note()
    {
        var ran = await _session.RunAsync("for (var i = 0; i < 100_000; i++) Console.WriteLine(new string('x', 99));\n1");
        Assert.InRange(ran.Out.Length, 1_000_000, 1_000_200);
        Assert.EndsWith("[this cell wrote more than 1,000,000 characters; the rest is left out]\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal("1", ran.Result);
    }

    [Fact]
    public async Task A_gigabyte_is_allocated_and_too_much_is_an_ordinary_error()
    {
        Assert.Equal("1073741824", (await _session.RunAsync("var big = new byte[1 << 30]; big[^1] = 1; big.Length")).Result);
        Assert.Equal("OutOfMemoryException", (await _session.RunAsync("var more = GC.AllocateUninitializedArray<decimal>(int.MaxValue / 2 * 2 - 100_000_000); var evenMore = Enumerable.Range(0, 1000).Select(i => new decimal[2_000_000_000]).ToArray();")).Error?.Name);
        Assert.Equal("1", (await _session.RunAsync("big[^1]")).Result);
    }

    [Theory]
    [InlineData("Environment.Exit(3);")]
    [InlineData("void Stop() => System.Environment.Exit(3);\nStop();")]
    public async Task Exit_ends_the_cell_and_not_the_process(string text)
    {
        var ran = await _session.RunAsync("Console.Write(\"before\");\n" + text + "\nConsole.Write(\"after\");");
        Assert.Equal("before", ran.Out);
        Assert.Equal("EnvironmentExit", ran.Error?.Name);
        Assert.Contains("Environment.Exit(3)", ran.Error?.Message, StringComparison.Ordinal);
        Assert.Equal("2", (await _session.RunAsync("1 + 1")).Result);
    }

    [Fact]
    public async Task Endless_recursion_is_an_ordinary_error()
    {
        var ran = await _session.RunAsync("int Down(int n) => 1 + Down(n + 1);\nDown(0)");
        Assert.Equal("InsufficientExecutionStackException", ran.Error?.Name);
    }

    [Fact]
    public async Task An_exception_that_cannot_describe_itself_is_still_reported()
    {
        var ran = await _session.RunAsync("class Mute : Exception { public override string Message => throw this; }\nthrow new Mute();");
        Assert.Equal("Mute", ran.Error?.Name);
    }

    [Fact]
    public async Task An_error_while_showing_the_result_is_the_cells_error()
    {
        var ran = await _session.RunAsync("class Odd { public override string ToString() => throw new FormatException(\"odd\"); }\nnew Odd()");
        Assert.Equal("FormatException", ran.Error?.Name);
        Assert.Contains("cell 1, line 1, in Odd.ToString", ran.Traceback, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var thread = new Thread(() => throw new FormatException(\"lost\")); thread.Start(); thread.Join();")]
    [InlineData("async void Lose() { await Task.Yield(); throw new FormatException(\"lost\"); }\nLose(); await Task.Delay(200);")]
    public async Task An_exception_that_nothing_catches_on_another_thread_ends_only_that_thread(string text)
    {
        var ran = await _session.RunAsync(text);
        Assert.Null(ran.Error);
        Assert.Contains("FormatException: lost", ran.Err, StringComparison.Ordinal);
        Assert.Equal("2", (await _session.RunAsync("1 + 1")).Result);
    }

    [Fact]
    public async Task An_interrupt_between_cells_does_nothing()
    {
        _session.Session.Interrupt();
        Assert.Equal("1", (await _session.RunAsync("for (var i = 0; i < 10; i++) { }\n1")).Result);
    }

    [Fact]
    public async Task A_runaway_display_is_capped()
    {
        var ran = await _session.RunAsync("for (var i = 0; i < 20_000; i++) i.Display();");
        Assert.Equal(5_000, ran.Outputs.OfType<DisplayOutput>().Count());
        Assert.Contains("more than 5,000 things", ran.Err, StringComparison.Ordinal);
    }
}
