using Workbook.Notebooks.PaperFigures;

namespace Workbook.Notebooks.Tests;

/// <summary>Data shaped like the paper's, cheap and the same every time: enough to look at every figure.</summary>
internal static class Synthetic
{
    internal const double Eta = 1e-4;
    internal const double Ell = 32;

    internal static double[] Steps(int last, int every = 1) => [.. Enumerable.Range(0, last / every + 1).Select(i => (double)(i * every))];

    /// <summary>A deterministic stand-in for noise, in -1..1.</summary>
    internal static double Wobble(int a, int b) => Math.Sin(a * 12.9898 + b * 78.233 + Math.Cos(a * 3.7 + b)) * Math.Cos(b * 1.7 + a * 0.3);

    internal static double[,] Curves(int rows, double[] t, Func<int, double, double> value)
    {
        var curves = new double[rows, t.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < t.Length; i++)
            {
                curves[r, i] = value(r, t[i]);
            }
        }
        return curves;
    }

    internal static StageMark[] Stages => [new("T_1", 2), new("T_2", 24), new("T_3", 72), new("s_{21}<0.01", 150), new("T_4", 850)];

    internal static Figure KeyAndValueNoise()
    {
        double[] t = Steps(12);
        double[,] value = Curves(20, t, (i, s) => 0.003 * Wobble(i, 1) + 2 * Eta * Ell * (1 + 0.15 * Wobble(i, 2)) * s);
        double[,] key = Curves(400, t, (i, s) => 0.0045 * Wobble(i, 5) + (s < 4 ? Eta * Ell * Wobble(i, 9) * s * 0.2 : Eta * Ell * Math.Sign(Wobble(i, 9)) * (s - 4) * 0.3));
        return PaperFigure.KeyAndValueNoise(t, value, key, 2 * Eta * Ell);
    }

    internal static Figure SoftmaxOutputs()
    {
        double[] t = Steps(900);
        double S21(double c, double s) => 1 / (1 + Math.Exp(20 * Math.Pow(Eta * Ell * s * c, 2)));
        return PaperFigure.SoftmaxOutputs(t,
            Curves(20, t, (i, s) => 1 / (1 + Math.Exp(Math.Max(0, (s - 450 - 60 * Wobble(i, 3)) / 60)))),
            Curves(20, t, (i, s) => S21(1 + 0.1 * Wobble(i, 1), s)), Stages, [.. t.Select(s => Math.Exp(-20 * Math.Pow(Eta * Ell * s, 2)) / 2)]);
    }

    internal static Figure QueryKeyDynamics()
    {
        double[] t = Steps(900);
        double Query(int r, double s)
        {
            double sign = Wobble(r, 2) > 0 ? 1 : -1, ell = Ell * (1 + 0.12 * Wobble(r, 7)), turn = 470 + 60 * Wobble(r, 4);
            double grown = Eta * ell * (sign > 0 || s < turn ? s : 2 * turn - s);
            return 0.004 * Wobble(r, 1) + sign * grown;
        }
        double Key(int r, double s)
        {
            double sign = Wobble(r, 2) > 0 ? 1 : -1, ell = Ell * (1 + 0.12 * Wobble(r, 7)), turn = 160 + 25 * Wobble(r, 5);
            return 0.004 * Wobble(r, 6) + sign * Eta * ell * (sign > 0 || s < turn ? s : 2 * turn - s);
        }
        return PaperFigure.QueryKeyDynamics(t, Curves(400, t, Query), Curves(400, t, Key),
            Curves(20, t, (r, s) => (Wobble(r, 8) > 0 ? 1 : -1) * Eta * s + 0.002 * Wobble(r, 3)), Stages, 72);
    }

    internal static Figure LossByOptimizer()
    {
        double[] t = Steps(900);
        LossCurves Of(string name, Func<double, double> train, double test) => new(name, t,
            Curves(5, t, (seed, s) => train(s) * Math.Exp(0.15 * Wobble(seed, 3) * Math.Min(1, s / 100))),
            Curves(5, t, (seed, s) => 0.693 + (test - 0.693) * (1 - Math.Exp(-s / 250)) + 0.05 * Wobble(seed, 1) * Math.Min(1, s / 200)));
        return PaperFigure.LossByOptimizer(
            [
                Of("SignGD", s => 0.693 * Math.Exp(-4 * Eta * Ell * s), 1.9),
                Of("Adam", s => 0.693 / (1 + s * s / 900), 1.4),
                Of("GD", s => 0.693 * Math.Exp(-s / 400), 0.25),
                Of("Signum", s => 0.693 * Math.Exp(-3 * Eta * Ell * s), 1.7),
            ],
            0.1);
    }

    internal static Figure AlignedFractions()
    {
        double[] t = Steps(900);
        double[,] Rise(double middle, double width, double start) => Curves(5, t, (seed, s) => start + (1 - start) / (1 + Math.Exp(-(s - middle - 3 * Wobble(seed, 1)) / width)));
        return PaperFigure.AlignedFractions(t,
            [
                ("sgn q_{\\xi} = sgn k_{\\xi}", Strokes.QueryNoise, Rise(12, 3, 0.5)),
                ("sgn q_\\mu = majority", Strokes.QuerySignal.Dashed(), Rise(50, 7, 0.5)),
                ("sgn k_\\mu = −sgn q_\\mu", Strokes.KeySignal.Dotted(), Rise(55, 8, 0.5)),
                ("sgn k_\\xi = sgn q_\\mu", Strokes.KeyNoise.DashDotted(), Rise(300, 30, 0.6)),
                ("sgn q_\\xi = sgn q_\\mu (final)", Strokes.ValueNoise, Rise(760, 30, 0.6)),
            ],
            Stages);
    }

    internal static Figure StageTimes()
    {
        StageTiming Of(string name, Stroke stroke, double from) => new(name, stroke,
            [.. Enumerable.Range(0, 8).Select(i => from * Math.Pow(1.5, i))],
            Curves(5, [.. Enumerable.Range(0, 8).Select(i => from * Math.Pow(1.5, i))], (seed, p) => p * (1 + 0.12 * Wobble(seed, (int)p))));
        return PaperFigure.StageTimes(
            [
                Of("signs aligned, T_2", Strokes.QueryNoise.With(PointMark.Circle, 6), 8),
                Of("s_{21} < 0.01", Strokes.NoiseSoftmax.With(PointMark.Square, 6), 60),
                Of("L_S < \\epsilon", Strokes.ValueSignal.With(PointMark.Triangle, 7), 250),
            ]);
    }

    internal static Figure TestLossAgainstSnr()
    {
        double[] snr = [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2];
        double[,] Of(double middle) => Curves(5, snr, (seed, r) => 0.48 / (1 + Math.Pow(r / middle, 3)) + 0.02 + 0.015 * Wobble(seed, (int)(r * 20)));
        return PaperFigure.TestLossAgainstSnr(snr, [("SignGD", Of(0.75)), ("Adam", Of(0.6)), ("GD", Of(0.22))], "test error", 0.5);
    }

    internal static Figure PhaseDiagram()
    {
        double[] s = [5, 10, 20, 40, 80, 160, 320], sigma = [0.1, 0.2, 0.5, 1, 2, 5];
        double[,] Of(double middle, double power)
        {
            var values = new double[sigma.Length, s.Length];
            for (int i = 0; i < sigma.Length; i++)
            {
                for (int j = 0; j < s.Length; j++)
                {
                    values[i, j] = i == 5 && j == 0 ? double.NaN : 0.5 / (1 + Math.Pow(middle / (Math.Pow(sigma[i], power) * s[j]), 2));
                }
            }
            return values;
        }
        return PaperFigure.PhaseDiagram("sparsity s", s, @"noise level \sigma_p", sigma, [("SignGD", Of(8, 1)), ("GD", Of(40, 2))], "test error", 0, 0.5,
            ("predicted border", [[.. s.Select(x => InRange(8 / x))], [.. s.Select(x => InRange(Math.Sqrt(40 / x)))]]));
        static double InRange(double value) => value is > 0.08 and < 7 ? value : double.NaN;
    }

    internal static Figure Bars() => Figure.Of(
        new Panel().Y("test error", min: 0).Bars([@"\sigma_p = 0.2", @"\sigma_p = 0.5", @"\sigma_p = 2"],
            [
                ("SignGD", Strokes.SignGD, [0.12, 0.32, 0.46], [0.10, 0.29, 0.44], [0.15, 0.35, 0.49]),
                ("Adam", Strokes.Adam, [0.31, 0.42, 0.49], [0.28, 0.40, 0.47], [0.33, 0.44, 0.50]),
                ("GD", Strokes.GD, [0.00, 0.00, 0.11], [0.00, 0.00, 0.09], [0.01, 0.01, 0.14]),
            ]).Level(0.5, "guessing"),
        "Test error after 600 steps", "Bars: median; lines: minimum to maximum over seeds.");

    internal static Figure Portrait()
    {
        double[] t = Steps(300);
        Panel panel = new Panel().X(@"query noise y_i q_{\xi_i}").Y(@"key noise y_i k_{\xi_i}");
        for (int r = 0; r < 4; r++)
        {
            double a = r * 1.57 + 0.4;
            panel = panel.Line("neuron " + (r + 1), Strokes.Families.Values.ElementAt(r * 2), [.. t.Select(s => Math.Cos(a + s / 80) * s / 300)], [.. t.Select(s => Math.Sin(a + s / 80) * s / 300)]);
        }
        return Figure.Of(panel.Level(0, "").At(0, "").Write(0.5, 0.6, @"10^{-3}\sigma_p\sqrt{s} \ge \eta\ell"), "A phase portrait", panelHeight: 260);
    }

    /// <summary>Every figure, by file name.</summary>
    internal static IReadOnlyDictionary<string, Func<Figure>> Gallery { get; } = new Dictionary<string, Func<Figure>>
    {
        ["key-and-value-noise"] = KeyAndValueNoise,
        ["softmax-outputs"] = SoftmaxOutputs,
        ["query-key-dynamics"] = QueryKeyDynamics,
        ["loss-by-optimizer"] = LossByOptimizer,
        ["aligned-fractions"] = AlignedFractions,
        ["stage-times"] = StageTimes,
        ["test-loss-against-snr"] = TestLossAgainstSnr,
        ["phase-diagram"] = PhaseDiagram,
        ["bars"] = Bars,
        ["portrait"] = Portrait,
    };
}
