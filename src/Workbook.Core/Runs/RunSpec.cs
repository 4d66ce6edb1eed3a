using System.Security.Cryptography;
using System.Text;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Runs;

/// <summary>Where the training and test samples come from.</summary>
public abstract record DataSpec;

/// <summary>Samples of the paper's distribution, drawn from the run's seed.</summary>
public sealed record SignalNoiseSource(SignalNoise Distribution) : DataSpec;

/// <summary>Images turned into two patches, drawn from the run's seed.</summary>
/// <param name="Options">Classes, counts, SNR and where the noise is.</param>
/// <param name="ImagesSha256">SHA-256 of the image file, so that other digits are another run.</param>
/// <param name="LabelsSha256">SHA-256 of the label file.</param>
public sealed record NoisyImagesSource(NoisyImagesOptions Options, string ImagesSha256, string LabelsSha256) : DataSpec;

/// <summary>Sentences turned into two patches, drawn from the run's seed.</summary>
/// <param name="Options">Counts, SNR, kind of noise and label noise.</param>
/// <param name="TextSha256">Digest of the sentences (<see cref="SentimentText.Sha256"/>), so that other text is another run.</param>
public sealed record NoisyTextSource(NoisyTextOptions Options, string TextSha256) : DataSpec;

/// <summary>X and y of a file, known by its content. There is no test set.</summary>
/// <param name="Sha256">SHA-256 of the file.</param>
public sealed record FileSource(string Sha256) : DataSpec;

/// <summary>
/// Everything that a run depends on. Two runs with equal specs give the same trajectory to the last bit on one instruction
/// set; <see cref="Hash"/> names the run.
/// </summary>
public sealed record RunSpec
{
    /// <summary>Past this a test error is known to 2e-4 and takes minutes.</summary>
    private const int TestLimit = 10_000_000;

    /// <summary>The data.</summary>
    public required DataSpec Data { get; init; }

    /// <summary>Widths and initial scale.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>SHA-256 of a file with W(0), or null where the seed draws it.</summary>
    public string? InitialWeightsSha256 { get; init; }

    /// <summary>The update rule with its rate.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>Number of updates T, at least 1.</summary>
    public required int Steps { get; init; }

    /// <summary>Seed of data, weights and test set, each with streams of its own.</summary>
    public ulong Seed { get; init; }

    /// <summary>When the trajectory gets a row.</summary>
    public Schedule Record { get; init; } = Schedule.Every(1);

    /// <summary>Test samples; 0 for none. For images this is the most that are taken.</summary>
    public int TestSize { get; init; } = 1000;

    /// <summary>When test loss and error are evaluated (among the recorded steps).</summary>
    public Schedule Test { get; init; } = Schedule.Every(50);

    /// <summary>The engine asked for.</summary>
    public EngineKind Engine { get; init; } = EngineKind.Auto;

    /// <summary>The precision asked for.</summary>
    public Precision Precision { get; init; } = Precision.F64;

    /// <summary>SHA-256 of the canonical JSON, 64 hexadecimal digits.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(SpecJson.Write(this))));

    /// <summary>Throws one sentence for the first part that is out of its range.</summary>
    public RunSpec Validate()
    {
        if (Data is SignalNoiseSource source) source.Distribution.Validate();
        if (Data is NoisyImagesSource { Options.Snr: var snr } && (!(snr > 0) || !double.IsFinite(snr)))
            throw new InputException(FormattableString.Invariant($"the SNR is {snr}; it has to be positive and finite."));
        if (Data is NoisyTextSource { Options: var text }) text.Validate();
        Model.Validate();
        Optimizer.Validate();
        if (Steps < 1) throw new InputException($"steps is {Steps}; it has to be at least 1.");
        if (TestSize is < 0 or > TestLimit) throw new InputException($"the test size is {TestSize}; it has to lie in 0 .. {TestLimit} (0 for no test set).");
        return this;
    }
}
