using Workbook.Core.Data;
using Workbook.Core.Models.Deep;
using Workbook.Core.Numerics;
using Workbook.Core.Tests.Data;
using Workbook.Core.Tests.Engines;
using Workbook.Core.Tests.Engines.Deep;
using Xunit;

namespace Workbook.Core.Tests.Models.Deep;

/// <summary>Each block alone: its backward pass against differences of its forward pass, and both against PyTorch.</summary>
public sealed class BlockTests(ITestOutputHelper output)
{
    // Extrapolated central differences of sums of a few dozen products of numbers near 1: rounding is 1e-16 / h = 1e-12, whatever the slope.
    private const double Slopes = 1e-9, SmallestScale = 1e-2;

    // Two float64 programs, one pass each.
    private const double Rounding = 1e-13;

    /// <summary>A block on concrete inputs: forward, backward, what its arrays are called and their shapes.</summary>
    private sealed record Block(string Kind, (string Name, double[] Values, int[] Shape)[] Inputs, int[] OutShape, double Scale, Func<double[]> Forward, Func<double[], double[][]> Backward);

    public static TheoryData<string, int, int, int, int> Cases => new()
    {
        // kind, samples, tokens, width, other width
        { "attention", 3, 2, 4, 5 }, { "attention", 2, 1, 3, 2 }, { "attention", 2, 5, 1, 7 }, { "attention", 1, 3, 9, 16 },
        { "mlp", 3, 2, 4, 5 }, { "mlp", 1, 1, 1, 1 }, { "mlp", 2, 3, 9, 17 },
        { "rms", 3, 2, 4, 0 }, { "rms", 1, 1, 1, 0 }, { "rms", 2, 3, 17, 0 },
        { "linear", 3, 2, 4, 5 }, { "linear", 1, 1, 1, 1 }, { "linear", 2, 3, 9, 17 },
        { "readout", 3, 2, 4, 0 }, { "readout", 1, 1, 2, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_backward_pass_is_the_slope_of_the_forward_pass(string kind, int n, int length, int a, int b)
    {
        Block block = Make(kind, n, length, a, b, seed: 1);
        double[] slope = Gaussian(block.Forward().Length, 99);
        double[][] found = block.Backward(slope);
        for (int k = 0; k < block.Inputs.Length; k++)
        {
            double[] at = block.Inputs[k].Values;
            double scale = Math.Max(found[k].Max(Math.Abs), SmallestScale), worst = 0;
            for (int e = 0; e < at.Length; e++)
                worst = Math.Max(worst, Math.Abs(Differences.Slope(at, e, () => block.Forward().Zip(slope, (o, s) => o * s).Sum()) - found[k][e]));
            output.WriteLine(FormattableString.Invariant($"{kind}, {block.Inputs[k].Name}: {worst / scale:e1} of {scale:e1}"));
            Assert.InRange(worst / scale, 0, Slopes);
        }
    }

    [Fact]
    public void Every_block_is_PyTorchs()
    {
        using var folder = new TemporaryFolder();
        string oracle = Path.Combine(DataFolder.ProjectRoot()!, "tests", "oracle");
        Block[] blocks = [.. Cases.Select((row, k) => Make(row.Data.Item1, row.Data.Item2, row.Data.Item3, row.Data.Item4, row.Data.Item5, seed: 10 + (ulong)k))];
        for (int k = 0; k < blocks.Length; k++)
        {
            Block block = blocks[k];
            int size = block.OutShape.Aggregate(1, (x, y) => x * y);
            NpzWriter.Write(folder.File($"{k}.npz"), [.. block.Inputs.Select(i => (i.Name, new NpzArray(i.Values, i.Shape))), ("slope", new NpzArray(Gaussian(size, 99), block.OutShape)),
                ("scale", new NpzArray([block.Scale])), ("kind_" + block.Kind, new NpzArray([1]))]);
        }
        PythonScript.Run(folder.Path, "torch", $"""
            import sys
            sys.dont_write_bytecode = True
            sys.path.insert(0, r'{oracle}')
            import deep_oracle
            for k in range({blocks.Length}):
                sys.argv = ['deep_oracle.py', 'block', '--input', f'{"{k}"}.npz', '--out', f'{"{k}"}-out.npz']
                deep_oracle.main()
            """);
        for (int k = 0; k < blocks.Length; k++)
        {
            using NpzReader file = NpzReader.Open(folder.File($"{k}-out.npz"));
            double[] made = blocks[k].Forward();
            double[][] back = blocks[k].Backward(Gaussian(made.Length, 99));
            double worst = Difference.Relative(file.ReadAnyShape("out").Data, made);
            for (int i = 0; i < back.Length; i++)
            {
                double[] theirs = file.ReadAnyShape("d_" + blocks[k].Inputs[i].Name).Data;
                worst = Math.Max(worst, theirs.Zip(back[i], (x, y) => Math.Abs(x - y)).Max() / Math.Max(theirs.Max(Math.Abs), SmallestScale));
            }
            output.WriteLine(FormattableString.Invariant($"{blocks[k].Kind}: {worst:e1}"));
            Assert.InRange(worst, 0, Rounding);
        }
    }

    [Fact]
    public void The_softmax_derivative_keeps_its_sign_near_saturation()
    {
        // Scores apart by 600: the smaller output is 1e-261, far below what 1 - s could hold.
        double[] projections = [30, 20, 1, 0, 0, 1], s = new double[4], o = new double[2], d = new double[6];
        AttentionBlock.Forward(1, 2, 1, 1, 1, projections, s, o);
        Assert.InRange(s[1], 1e-300, 1e-200);
        AttentionBlock.Backward(1, 2, 1, 1, 1, projections, s, [1, 0], d);
        // do/dz_00 = s_00 s_01 (v_0 - v_1), and q_0 gets it times k_0 - k_1 = 20.
        projections[2] = 3;
        AttentionBlock.Backward(1, 2, 1, 1, 1, projections, s, [1, 0], d);
        Assert.Equal(20 * s[1] * 2, d[0], Math.Abs(d[0]) * 1e-14);
        Assert.True(d[0] > 0);
    }

    private static Block Make(string kind, int n, int length, int a, int b, ulong seed)
    {
        int rows = n * length;
        switch (kind)
        {
            case "attention":
            {
                var (q, k, v) = (Gaussian(rows * a, seed), Gaussian(rows * a, seed + 1000), Gaussian(rows * b, seed + 2000));
                double scale = 0.7;
                int c = 2 * a + b;
                double[] Packed()
                {
                    var packed = new double[rows * c];
                    for (int p = 0; p < rows; p++)
                    {
                        q.AsSpan(p * a, a).CopyTo(packed.AsSpan(p * c));
                        k.AsSpan(p * a, a).CopyTo(packed.AsSpan(p * c + a));
                        v.AsSpan(p * b, b).CopyTo(packed.AsSpan(p * c + 2 * a));
                    }
                    return packed;
                }
                var s = new double[n * length * length];
                double[] Forward()
                {
                    var o = new double[rows * b];
                    AttentionBlock.Forward(n, length, a, b, scale, Packed(), s, o);
                    return o;
                }
                double[][] Backward(double[] slope)
                {
                    Forward();
                    var d = new double[rows * c];
                    Array.Fill(d, double.NaN);
                    AttentionBlock.Backward(n, length, a, b, scale, Packed(), s, slope, d);
                    double[] Part(int at, int width) => [.. Enumerable.Range(0, rows * width).Select(e => d[e / width * c + at + e % width])];
                    return [Part(0, a), Part(a, a), Part(2 * a, b)];
                }
                return new Block(kind, [("q", q, [n, length, a]), ("k", k, [n, length, a]), ("v", v, [n, length, b])], [n, length, b], scale, Forward, Backward);
            }
            case "mlp":
            {
                var (z, first, second) = (Gaussian(rows * a, seed), Gaussian(b * a, seed + 1000), Gaussian(a * b, seed + 2000));
                var active = new double[rows * b];
                double[] Forward()
                {
                    var o = new double[rows * a];
                    MlpBlock.Forward(rows, a, b, z, first, second, active, o);
                    return o;
                }
                double[][] Backward(double[] slope)
                {
                    Forward();
                    double[] dz = new double[rows * a], dFirst = new double[b * a], dSecond = new double[a * b];
                    MlpBlock.Backward(rows, a, b, z, first, second, active, slope, new double[rows * b], dz, dFirst, dSecond);
                    return [dz, dFirst, dSecond];
                }
                return new Block(kind, [("z", z, [n, length, a]), ("W_1", first, [b, a]), ("W_2", second, [a, b])], [n, length, a], 0, Forward, Backward);
            }
            case "rms":
            {
                var (x, gain, inverse) = (Gaussian(rows * a, seed), Gaussian(a, seed + 1000), new double[rows]);
                double[] Forward()
                {
                    var y = new double[rows * a];
                    RmsNorm.Forward(rows, a, x, gain, y, inverse);
                    return y;
                }
                double[][] Backward(double[] slope)
                {
                    Forward();
                    double[] dx = new double[rows * a], dGain = new double[a];
                    RmsNorm.Backward(rows, a, x, gain, inverse, slope, dx, dGain);
                    return [dx, dGain];
                }
                return new Block(kind, [("x", x, [n, length, a]), ("gain", gain, [a])], [n, length, a], 0, Forward, Backward);
            }
            case "linear":
            {
                var (x, w) = (Gaussian(rows * a, seed), Gaussian(b * a, seed + 1000));
                double[] Forward()
                {
                    var y = new double[rows * b];
                    LinearBlock.Forward(rows, a, b, x, w, y);
                    return y;
                }
                double[][] Backward(double[] slope)
                {
                    double[] dx = new double[rows * a], dw = new double[b * a];
                    LinearBlock.Backward(rows, a, b, x, w, slope, dx, dw);
                    return [dx, dw];
                }
                return new Block(kind, [("x", x, [n, length, a]), ("w", w, [b, a])], [n, length, b], 0, Forward, Backward);
            }
            default:
            {
                double[] h = Gaussian(rows * a, seed);
                double[] Forward()
                {
                    var f = new double[n];
                    MeanReadout.Forward(n, length, a / 2, h, f);
                    return f;
                }
                double[][] Backward(double[] slope)
                {
                    var dh = new double[rows * a];
                    MeanReadout.Backward(n, length, a / 2, slope, dh);
                    return [dh];
                }
                return new Block(kind, [("h", h, [n, length, a])], [n], 0, Forward, Backward);
            }
        }
    }

    private static double[] Gaussian(int count, ulong seed)
    {
        var values = new double[count];
        new RandomStream(seed, 60010).Gaussians(0, values);
        return values;
    }
}
