using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Numerics;

namespace Workbook.Core.Runs;

/// <summary>What a spec refers to but does not contain: files and images. Empty for drawn data.</summary>
/// <param name="Data">The samples of a <see cref="FileSource"/>.</param>
/// <param name="Weights">W(0) where the spec names a file.</param>
/// <param name="Images">The images of a <see cref="NoisyImagesSource"/>.</param>
/// <param name="Text">The sentences of a <see cref="NoisyTextSource"/>.</param>
public sealed record RunInputs(Dataset? Data = null, TransformerWeights? Weights = null, DigitImages? Images = null, SentimentText? Text = null)
{
    /// <summary>No files: everything comes from the seed.</summary>
    public static RunInputs None { get; } = new();

    /// <summary>The problem of a spec, and its test set (null where it has none).</summary>
    public (TrainingProblem Problem, TestSet? Test) Build(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        spec.Validate();
        var (data, test) = Samples(spec);
        InitialWeights weights = spec.InitialWeightsSha256 is null
            ? InitialWeights.Gaussian(spec.Model, data.Dimension, spec.Seed)
            : InitialWeights.From(Weights ?? throw new ArgumentException("the spec names a file of weights, but none was given."));
        return (new TrainingProblem(data, weights, spec.Optimizer).Validate(), test);
    }

    private (Dataset, TestSet?) Samples(RunSpec spec)
    {
        switch (spec.Data)
        {
            case SignalNoiseSource { Distribution: var distribution }:
                return (distribution.DrawTraining(spec.Seed), spec.TestSize == 0 ? null : TestSet.Draw(distribution, spec.Seed, spec.TestSize));
            case NoisyImagesSource source:
                var images = Images ?? throw new ArgumentException("the spec needs images, but none were given.");
                var words = new RandomStream(spec.Seed, Streams.ImageChoice);
                var noise = new RandomStream(spec.Seed, Streams.TrainNoise);
                var drawn = NoisyImages.Draw(images, source.Options with { MaxTestCount = spec.TestSize }, noise.Gaussian, words.UInt64);
                return (ToDataset(drawn.Training, drawn.D), drawn.Test.Count == 0 ? null : TestSet.Of(ToDataset(drawn.Test, drawn.D)));
            case NoisyTextSource source:
                var text = NoisyText.Draw(Text ?? throw new ArgumentException("the spec needs text, but none was given."), source.Options with { MaxTestCount = spec.TestSize }, spec.Seed);
                return (text.Training, text.Test is null ? null : TestSet.Of(text.Test));
            case FileSource:
                return (Data ?? throw new ArgumentException("the spec names a data file, but no data was given."), null);
            default:
                throw new ArgumentException($"no samples for {spec.Data.GetType().Name}.", nameof(spec));
        }
    }

    /// <summary>Images have no signal vector: the patch that holds the digit is known, the families are not defined.</summary>
    private static Dataset ToDataset(NoisySamples samples, int d)
    {
        var dense = Dataset.FromDense(samples.X, samples.Count, 2, d, samples.Y, null, samples.SignalPatch);
        return new Dataset(2, d, dense.Labels, dense.RowStart, dense.Index, dense.Value, null, samples.SignalPatch);
    }
}
