using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Engines.Deep;
using Workbook.Core.Models;
using Workbook.Core.Models.Deep;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Engines.Deep;

/// <summary>The deeper model and its engine: slopes, the paper's model at depth 1, merged against separate columns, PyTorch.</summary>
public sealed class DeepEngineTests(ITestOutputHelper output)
{
    // Differences of a loss near 1 carry rounding of 1e-12 (see GradientTests) whatever the slope; without residuals some slopes are 1e-9 themselves.
    private const double Slopes = 1e-7, SmallestScale = 1e-3;

    // Two float64 programs; the rules that divide by small numbers or pass through six roundings of a layer need more room.
    private const double SameRun = 1e-10, SameAdam = 1e-7;

    private static readonly SignalNoise Overlapping = new(60, 8, 6, 2);

    public static TheoryData<int, bool, Normalisation> Shapes
    {
        get
        {
            var shapes = new TheoryData<int, bool, Normalisation>();
            foreach (int depth in (int[])[1, 3])
                foreach (bool residual in (bool[])[false, true])
                    foreach (Normalisation norm in Enum.GetValues<Normalisation>()) shapes.Add(depth, residual, norm);
            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradient_of_the_whole_is_the_slope_of_the_loss(int depth, bool residual, Normalisation norm)
    {
        Dataset data = Problems.DenseData(4, 3, 5, 11);
        var spec = new DeepSpec(depth, new ModelSpec(3, 2, 0.5), 5, residual, norm);
        double[] upper = DeepTransformer.InitialUpper(spec, 11), first = new double[12 * spec.Projection];
        new Workbook.Core.Numerics.RandomStream(11, 60020).Gaussians(0, first);
        var model = new DeepTransformer(spec, 4, 3);
        double Loss()
        {
            model.Forward(first, upper);
            return model.Output.Select((f, i) => LogisticLoss.Value(data.Labels[i] * f)).Average();
        }
        Loss();
        double[] df = [.. model.Output.Select((f, i) => data.Labels[i] * LogisticLoss.Derivative(data.Labels[i] * f) / 4)];
        double[] dFirst = new double[first.Length], dUpper = new double[upper.Length];
        Array.Fill(dUpper, double.NaN);
        model.Backward(first, upper, df, dFirst, dUpper);
        Hold("projections", first, dFirst, 0, first.Length);
        foreach (DeepBlock block in model.Blocks) Hold(block.Name, upper, dUpper, block.At, block.Size);

        void Hold(string name, double[] at, double[] gradient, int from, int count)
        {
            double scale = Math.Max(gradient.AsSpan(from, count).ToArray().Max(Math.Abs), SmallestScale), worst = 0;
            for (int k = from; k < from + count; k++) worst = Math.Max(worst, Math.Abs(Differences.Slope(at, k, Loss) - gradient[k]));
            output.WriteLine(FormattableString.Invariant($"{name}: {worst / scale:e1} of {scale:e1}"));
            Assert.InRange(worst / scale, 0, Slopes);
        }
    }

    [Theory]
    [InlineData("signgd")]
    [InlineData("gd")]
    [InlineData("adam")]
    [InlineData("adam-eps0")]
    public void Depth_one_is_the_papers_model(string rule)
    {
        Optimizer optimizer = rule switch { "signgd" => new SignGd(2e-3), "gd" => new GradientDescent(0.5), "adam" => new Adam(2e-3), _ => new Adam(2e-3, Epsilon: 0) };
        TrainingProblem problem = Problems.SignalNoise(Overlapping, optimizer, 4, new ModelSpec(5, 4, 1e-2));
        var paper = new SupportEngine(problem);
        var deep = new DeepEngine(problem.Data, new DeepSpec(1, new ModelSpec(5, 4, 1e-2), 3), optimizer, 4);
        // Past t = 120 the smaller softmax output is below 1e-200 in the longest-trained samples.
        var expected = Problems.Train(paper, 120);
        var found = new List<(int, Observation)>();
        for (int t = 0; t <= 120; t++)
        {
            deep.Forward();
            var seen = new Observation(8, 5);
            deep.Observe(seen);
            found.Add((t, seen));
            if (t < 120) deep.Update();
        }
        var difference = Difference.Between(expected, found);
        output.WriteLine($"{rule}: {difference}");
        Assert.InRange(difference.Worst, 0, rule.StartsWith("adam", StringComparison.Ordinal) ? SameAdam : SameRun);
        var test = TestSet.Draw(Overlapping, 4, 300);
        Assert.Equal(paper.Evaluate(test).Loss, deep.Evaluate(test).Loss, SameAdam);
    }

    [Fact]
    public void Merged_columns_train_as_separate_ones()
    {
        // Signum with beta = 0 is SignGD; both close. Adam with eps = 0 merges columns, with the smallest eps it does not.
        var spec = new DeepSpec(3, new ModelSpec(4, 3, 1e-2), 5);
        Dataset data = Overlapping.DrawTraining(6);
        var merged = new DeepEngine(data, spec, new Adam(1e-3, Epsilon: 0), 6);
        var separate = new DeepEngine(data, spec, new Adam(1e-3, Epsilon: double.Epsilon), 6);
        for (int t = 0; t < 80; t++)
        {
            merged.Forward();
            separate.Forward();
            merged.Update();
            separate.Update();
        }
        Assert.InRange(Difference.Relative(merged.AllColumns(), separate.AllColumns()), 0, SameAdam);
        Assert.InRange(Difference.Relative(merged.Upper.ToArray(), separate.Upper.ToArray()), 0, SameAdam);
    }

    public static TheoryData<string> Goldens => ["heads-signgd", "heads-adam", "deep-plain-gd", "deep-residual-adam", "deep-rms-signgd", "deep-rms-plain-adam"];

    [Theory]
    [MemberData(nameof(Goldens))]
    public void The_engines_follow_PyTorch(string name)
    {
        string path = Path.Combine(DataFolder.ProjectRoot()!, "tests", "oracle", "golden", name + ".npz");
        using NpzReader file = NpzReader.Open(path);
        double Number(string array) => file.ReadAnyShape(array).Data[0];
        double[] Array(string array) => file.ReadAnyShape(array).Data;
        Optimizer rule = (int)Number("rule") switch { 0 => new SignGd(Number("eta")), 1 => new GradientDescent(Number("eta")), _ => new Adam(Number("eta"), Epsilon: Number("eps")) };
        Dataset data = NpzFormats.ReadData(path);
        TransformerWeights weights = NpzFormats.ReadWeights(path);
        int steps = (int)Number("steps"), heads = (int)Number("heads");
        double[] loss = Array("train_loss");
        double tolerance = rule is Adam ? SameAdam : SameRun, worst = 0;
        if (heads > 0)
        {
            TransformerWeights gradient = MultiHeadTransformer.Gradient(weights, heads, data);
            foreach (WeightMatrix matrix in Problems.Matrices)
                Assert.InRange(Difference.Relative(Array("gradient_" + TransformerWeights.Name(matrix)), gradient[matrix]), 0, 1e-12);
            var engine = new MultiHeadEngine(new TrainingProblem(data, InitialWeights.From(weights), rule), heads);
            var seen = new Observation(data.Count, engine.HeadWidth);
            for (int t = 0; t <= steps; t++)
            {
                engine.Forward();
                engine.Observe(0, seen);
                worst = Math.Max(worst, Math.Abs(seen.TrainLoss / loss[t] - 1));
                if (t < steps) engine.Update();
            }
            TransformerWeights final = engine.CurrentWeights();
            foreach (WeightMatrix matrix in Problems.Matrices) worst = Math.Max(worst, Difference.Relative(Array("final_" + TransformerWeights.Name(matrix)), final[matrix]));
        }
        else
        {
            var spec = new DeepSpec((int)Number("depth"), new ModelSpec(weights.MK, weights.MV, 1), file.ReadAnyShape("2.W_1").Shape[0], Number("residual") == 1, Number("norm") == 1 ? Normalisation.Rms : Normalisation.None);
            double[] upper = new double[DeepTransformer.UpperSize(spec)];
            var blocks = DeepTransformer.Layout(spec);
            foreach (DeepBlock block in blocks) Array(block.Name).CopyTo(upper, block.At);
            var engine = new DeepEngine(data, spec, rule, InitialWeights.From(weights), upper);
            for (int t = 0; t <= steps; t++)
            {
                engine.Forward();
                worst = Math.Max(worst, Math.Abs(engine.Margin.Average(LogisticLoss.Value) / loss[t] - 1));
                if (t < steps) engine.Update();
            }
            foreach (DeepBlock block in blocks) worst = Math.Max(worst, Difference.Relative(Array("final_" + block.Name), engine.Upper.Slice(block.At, block.Size)));
            double[] columns = engine.AllColumns(), query = Array("final_W_Q"), value = Array("final_W_V_neg");
            int d = data.Dimension, c = spec.Projection;
            worst = Math.Max(worst, Difference.Relative(query, [.. Enumerable.Range(0, query.Length).Select(k => columns[k % d * c + k / d])]));
            worst = Math.Max(worst, Difference.Relative(value, [.. Enumerable.Range(0, value.Length).Select(k => columns[k % d * c + 2 * weights.MK + weights.MV + k / d])]));
        }
        output.WriteLine(FormattableString.Invariant($"{name}: {worst:e1}"));
        Assert.InRange(worst, 0, tolerance);
    }

    [Fact]
    public void Lost_outputs_are_counted()
    {
        var spec = new DeepSpec(1, new ModelSpec(20, 20, 1e-3), 1);
        var run = DeepTraining.Run(new DeepRunSpec(Presets.Figure1 with { Optimizer = new SignGd(1e-3), Steps = 260, TestSize = 0, Record = Schedule.Every(10) }, spec), TestContext.Current.CancellationToken);
        // m_k (eta ell t)^2 > 745 at t = 190 for ell = 32; the largest norm of twenty is sooner.
        Assert.InRange(run.FirstLost!.Value, 120, 200);
    }

    [Fact]
    public void A_loss_that_underflows_is_still_trained()
    {
        // Four layers fit these samples to margins in the hundreds within a few hundred steps.
        var engine = new DeepEngine(new SignalNoise(400, 4, 10, 2, SupportMode.Disjoint).DrawTraining(3), new DeepSpec(4, new ModelSpec(6, 6, 1e-3), 12), new SignGd(1e-3), 3);
        double before = 0;
        for (int t = 0; t < 600; t++)
        {
            engine.Forward();
            if (t == 500) before = engine.Margin.Min();
            engine.Update();
        }
        engine.Forward();
        Assert.True(before > 800, FormattableString.Invariant($"the margin is {before}: nothing underflows and the test shows nothing"));
        Assert.True(engine.Margin.Min() > 1.1 * before);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var first = new ModelSpec(3, 2, 0.1);
        Complaint.Of(() => new DeepSpec(0, first, 4).Validate(), "the depth is 0; it has to lie in 1 .. 64");
        Complaint.Of(() => new DeepSpec(2, first, 0).Validate(), "the hidden width is 0");
        Complaint.Of(() => new DeepSpec(2, first, 4, Gain: double.NaN).Validate(), "the gain is NaN; it has to be positive and finite");
        Complaint.Of(() => _ = new DeepEngine(Problems.DenseData(2, 2, 5, 1), new DeepSpec(2, first, 4), new SignGd(1e-3), InitialWeights.Gaussian(first, 6, 1), []), "the weights have 6 columns; the data has dimension 5");
        Complaint.Of(() => _ = new DeepEngine(Problems.DenseData(2, 2, 5, 1), new DeepSpec(2, first, 4), new SignGd(1e-3), InitialWeights.Gaussian(first, 5, 1), [1]), "there are 1 weights above layer 1");
    }
}
