using Workbook.Benchmarks.Measuring;
using Workbook.Core.Numerics;

namespace Workbook.Benchmarks.Rows;

/// <summary>Softmax over rows, log-sigmoid and exp: nanoseconds per element on data that stays in the first-level cache.</summary>
internal static class ElementRows
{
    // Input and output of doubles together fill 32 KiB.
    private const int Elements = 2048;

    public static void Measure(RowContext context)
    {
        if (!context.Wants("rows")) return;
        using var x = new NativeBuffer<double>(Elements);
        using var y = new NativeBuffer<double>(Elements);
        new RandomStream(1, 1).Gaussians(0, x.Span);
        (string Id, string Words, Action Call)[] kernels =
        [
            ("softmax-2", "softmax, rows of 2", () => Softmax.Rows(Elements / 2, 2, x.Span, 2, y.Span, 2)),
            ("softmax-64", "softmax, rows of 64", () => Softmax.Rows(Elements / 64, 64, x.Span, 64, y.Span, 64)),
            ("softmax-2048", "softmax, one row", () => Softmax.Rows(1, Elements, x.Span, Elements, y.Span, Elements)),
            ("log-sigmoid", "log-sigmoid", () => Elementary.LogSigmoid(x.Span, y.Span)),
            ("exp", "exp", () => Elementary.Exp(x.Span, y.Span)),
        ];
        foreach (var (id, words, call) in kernels)
        {
            context.Say(words);
            int calls = Timing.Calibrate(call, context.Kernel.WarmUp, context.Kernel.Turn);
            QuietTurns seen = QuietTurns.Take(context.Turns, allCores: false, context.Cancel, () => Timing.PerCall(call, calls));
            context.Emit("rows/" + id, words + ", float64", Spread.Of(seen[0].Select(s => s / Elements * 1e9)), Spread.Of(seen[0]), turns: seen);
        }
    }
}
