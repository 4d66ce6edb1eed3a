using System.Numerics;
using System.Runtime.InteropServices;
using Workbook.Benchmarks.Measuring;
using Workbook.Benchmarks.Peers;
using Workbook.Core.Numerics;

namespace Workbook.Benchmarks.Rows;

/// <summary>Matrix products: the core's FMA peak, ours and OpenBLAS take turns, so that a share is of the peak of that very moment.</summary>
internal static class MatrixRows
{
    private sealed record Shape(int M, int N, int K, bool TransposeA, bool TransposeB)
    {
        public string Orientation => (TransposeA ? "t" : "n") + (TransposeB ? "t" : "n");

        public string Words => $"{M} x {N} x {K}, A{(TransposeA ? "^T" : "")} B{(TransposeB ? "^T" : "")}";

        public double Operations => 2.0 * M * N * K;
    }

    public static void Measure(RowContext context)
    {
        int[] sizes = context.Quick ? [256, 512] : [256, 512, 1024];
        Shape[] squares = [.. from size in sizes from a in (bool[])[false, true] from b in (bool[])[false, true] select new Shape(size, size, size, a, b)];
        Square<double>("matrix.f64", squares);
        Square<float>("matrix.f32", squares);
        // The two products of a dense step: coefficients^T X, and X W^T, with n = 20 .. 200 samples of two patches.
        (int Width, int Patches)[] ends = [(20, 40), (20, 400), (128, 40), (128, 400)];
        Square<double>("skinny.tn", [.. ends.Select(e => new Shape(e.Width, 2000, e.Patches, true, false))]);
        Square<double>("skinny.nt", [.. ends.Select(e => new Shape(e.Patches, e.Width, 2000, false, true))]);

        void Square<T>(string family, Shape[] shapes) where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            if (!context.Wants(family + ".peak") && !context.Wants(family + ".openblas")) return;
            foreach (Shape shape in shapes)
            {
                context.Say($"{family} {shape.Words}");
                One<T>(context, family, shape);
            }
        }
    }

    private static void One<T>(RowContext context, string family, Shape shape) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (m, n, k, ta, tb) = shape;
        using NativeBuffer<T> a = Fill<T>(m * k, 1), b = Fill<T>(k * n, 2), c = new(m * n);
        Action ours = () => Multiply(ta, tb, m, n, k, a.Span, ta ? m : k, b.Span, tb ? k : n, c.Span);
        int calls = Timing.Calibrate(ours, context.Kernel.WarmUp, context.Kernel.Turn);
        string type = typeof(T) == typeof(double) ? "float64" : "float32";
        Peer? peer = context.OpenBlas?.Fastest(p =>
        {
            p.Ask(new { @do = "prepare", type, ta = ta ? 1 : 0, tb = tb ? 1 : 0, m, n, k });
            Time(p, 1);
            return Time(p, calls);
        });
        QuietTurns seen = QuietTurns.Take(context.Turns, allCores: false, context.Cancel, () => FmaPeak.Measure<T>(context.Kernel.Turn), () => Timing.PerCall(ours, calls));
        Spread seconds = Spread.Of(seen[1]);
        string id = $"{(m == n && n == k ? $"{m}" : $"{m}x{n}x{k}")}.{shape.Orientation}";
        context.Emit($"{family}.peak/{id}", shape.Words, Spread.Of(seen[0], seen[1], (peak, s) => shape.Operations / s / peak), seconds, turns: seen,
            note: FormattableString.Invariant($"peak {Spread.Of(seen[0]).Median / 1e9:F1} GFLOP/s"));
        if (peer is null)
            context.Emit($"{family}.openblas/{id}", shape.Words, null, seconds, turns: seen, note: "not compared: there is no python3 with a NumPy that uses OpenBLAS here.");
        else
        {
            QuietTurns both = QuietTurns.Take(context.Turns, allCores: false, context.Cancel, () => Timing.PerCall(ours, calls), () => Time(peer, calls));
            context.Emit($"{family}.openblas/{id}", shape.Words, Spread.Of(both[0], both[1], (our, their) => their / our), Spread.Of(both[0]), Spread.Of(both[1]),
                $"NumPy {peer.Hello["numpy"]} with {peer.Hello["library"]}", $"core type {peer.Name} ({peer.Hello["core"]})", turns: both);
        }
    }

    private static double Time(Peer peer, int calls) => peer.Ask(new { @do = "time", calls })["seconds"]!.GetValue<double>();

    private static NativeBuffer<T> Fill<T>(int length, uint stream) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var drawn = new double[length];
        new RandomStream(1, stream).Gaussians(0, drawn);
        var buffer = new NativeBuffer<T>(length);
        for (int i = 0; i < length; i++) buffer.Span[i] = T.CreateTruncating(drawn[i]);
        return buffer;
    }

    private static void Multiply<T>(bool ta, bool tb, int m, int n, int k, Span<T> a, int lda, Span<T> b, int ldb, Span<T> c) where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            MatrixProduct.Multiply(ta, tb, m, n, k, 1.0, MemoryMarshal.Cast<T, double>(a), lda, MemoryMarshal.Cast<T, double>(b), ldb, 0.0, MemoryMarshal.Cast<T, double>(c), n);
        else
            MatrixProduct.Multiply(ta, tb, m, n, k, 1f, MemoryMarshal.Cast<T, float>(a), lda, MemoryMarshal.Cast<T, float>(b), ldb, 0f, MemoryMarshal.Cast<T, float>(c), n);
    }
}
