using System.CommandLine;
using System.Security.Cryptography;
using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Cli.Commands;

/// <summary>A spec and the files it refers to, as given on the command line.</summary>
internal sealed record GivenSpec(RunSpec Spec, RunInputs Inputs, IReadOnlyDictionary<string, string> Paths);

/// <summary>The options that describe a run: a preset, and what is changed in it.</summary>
internal sealed class SpecOptions
{
    private readonly Option<string> _preset = new("--preset") { Description = "Start from these settings: " + string.Join(", ", Presets.All.Keys) + ".", DefaultValueFactory = _ => "figure-1", HelpName = "NAME" };
    private readonly Option<int?> _d = NumberOption.Whole("--d", "Dimension d, at least 2."), _n = NumberOption.Whole("--n", "Training samples n."), _s = NumberOption.Whole("--s", "Non-zero noise coordinates s, 1 .. d - 1.");
    private readonly Option<double?> _sigmaP = NumberOption.Real("--sigma-p", "Noise standard deviation sigma_p.");
    private readonly Option<int?> _mk = NumberOption.Whole("--mk", "Rows m_k of W_Q and W_K."), _mv = NumberOption.Whole("--mv", "Rows m_v of each W_V.");
    private readonly Option<double?> _sigma0 = NumberOption.Real("--sigma-0", "Initial weight scale sigma_0."), _eta = NumberOption.Real("--eta", "Learning rate eta.");
    private readonly Option<int?> _steps = NumberOption.Whole("--steps", "Number of updates.");
    private readonly Option<string?> _optimizer = Choice("--optimizer", "Update rule.", "signgd", "adam", "gd", "signum", "sign-power", "normalized-gd", "sign-dead-zone", "minibatch-signgd");
    private readonly Option<double?> _power = NumberOption.Real("--power", "Power p of sign-power, 0 (SignGD) to 1 (GD); default 0.5."), _zone = NumberOption.Real("--dead-zone", "Fraction of its row's maximum that a gradient has to exceed (sign-dead-zone, default 0.1).");
    private readonly Option<int?> _batch = NumberOption.Whole("--batch", "Samples of a mini-batch (minibatch-signgd, default 1); drawn with the run's seed.");
    private readonly Option<double?> _beta1 = NumberOption.Real("--beta1", "beta1 of Adam, beta of signum (default 0.9)."), _beta2 = NumberOption.Real("--beta2", "beta2 of Adam (default 0.999)."), _eps = NumberOption.Real("--eps", "eps of Adam (default 1e-8; 0 lets the reduced engine run).");
    private readonly Option<string?> _supports = Choice("--supports", "How noise supports are drawn (default independent).", "independent", "disjoint");
    private readonly Option<string?> _engine = Choice("--engine", "Engine (default auto: reduced where it is exact, else support or dense).", "auto", "dense", "support", "reduced");
    private readonly Option<string?> _precision = Choice("--precision", "f32 is the dense engine without protection, to show what single precision does (default f64).", "f64", "f32");
    private readonly Option<ulong?> _seed = NumberOption.Seed("--seed", "Seed of data, weights and test set (default 0).");
    private readonly Option<int?> _recordEvery = NumberOption.Whole("--record-every", "Record every K-th step (default 1).");
    private readonly Option<string?> _record = new("--record") { Description = "Record by a schedule instead: every:K, dense:A,K (every step to A, then every K) or log:P (P per decade).", HelpName = "SCHEDULE" };
    private readonly Option<int?> _testSize = NumberOption.Whole("--test-size", "Fresh test samples, 0 for none (default 1000)."), _testEvery = NumberOption.Whole("--test-every", "Evaluate the test set every K-th step (default: about every 50).");
    private readonly Option<string?> _data = new("--data") { Description = "Take X [n, L, d] and y [n] from this .npz instead of drawing them.", HelpName = "F.npz" };
    private readonly Option<string?> _text = Choice("--text", "Train on text: SST-2 or IMDb reviews from WORKBOOK_DATA, or sentences that the workbook makes. --n is then the number of training texts (default 200), --s the words of a noise (default 20).", "sst2", "imdb", "made");
    private readonly Option<double?> _snr = NumberOption.Real("--snr", "With --text: norm of the signal patch over the mean norm of the noise patch (default 0.5)."), _labelNoise = NumberOption.Real("--label-noise", "With --text: share of flipped training labels (default 0).");
    private readonly Option<string?> _textNoise = Choice("--text-noise", "With --text: Gaussian weights on random words, or the words of an unrelated sentence (default gaussian).", "gaussian", "sentence");
    private readonly Option<string?> _init = new("--init") { Description = "Take W_Q, W_K, W_V_pos, W_V_neg from this .npz instead of drawing them.", HelpName = "F.npz" };
    private readonly bool _files;

    /// <summary>Texts of a run that is recorded at every step; a thousand of them would take a third of a gigabyte.</summary>
    private const int TextCount = 200;

    public SpecOptions(Command command, bool files)
    {
        _files = files;
        Option[] options = [_preset, _d, _n, _s, _sigmaP, _supports, _mk, _mv, _sigma0, _seed, _optimizer, _eta, _beta1, _beta2, _eps, _power, _zone, _batch, _steps, _recordEvery, _record, _testSize, _testEvery, _engine, _precision];
        foreach (Option option in files ? [.. options, _data, _init, _text, _snr, _textNoise, _labelNoise] : options[..10]) command.Options.Add(option);
    }

    public GivenSpec Read(ParseResult parsed)
    {
        RunSpec spec = Presets.Get(parsed.GetValue(_preset)!);
        var distribution = ((SignalNoiseSource)spec.Data).Distribution;
        spec = spec with
        {
            Data = new SignalNoiseSource(distribution with
            {
                D = parsed.GetValue(_d) ?? distribution.D,
                N = parsed.GetValue(_n) ?? distribution.N,
                S = parsed.GetValue(_s) ?? distribution.S,
                SigmaP = parsed.GetValue(_sigmaP) ?? distribution.SigmaP,
                Supports = Parse(parsed.GetValue(_supports), distribution.Supports),
            }),
            Model = new ModelSpec(parsed.GetValue(_mk) ?? spec.Model.MK, parsed.GetValue(_mv) ?? spec.Model.MV, parsed.GetValue(_sigma0) ?? spec.Model.Sigma0),
            Seed = parsed.GetValue(_seed) ?? spec.Seed,
        };
        if (!_files) return new GivenSpec(spec.Validate(), RunInputs.None, new Dictionary<string, string>());
        spec = spec with
        {
            Optimizer = Optimizer(parsed, spec),
            Steps = parsed.GetValue(_steps) ?? spec.Steps,
            Engine = Parse(parsed.GetValue(_engine), spec.Engine),
            Precision = Parse(parsed.GetValue(_precision), spec.Precision),
            TestSize = parsed.GetValue(_testSize) ?? spec.TestSize,
            Record = Record(parsed),
        };
        if (parsed.GetValue(_testSize) == 0) Refuse(parsed, "--test-size 0", _testEvery);
        if (parsed.GetValue(_data) is not null && parsed.GetValue(_init) is not null) Refuse(parsed, "--data and --init", _seed);
        int every = parsed.GetValue(_recordEvery) ?? 1;
        spec = spec with { Test = Schedule.Every(parsed.GetValue(_testEvery) ?? (every < 50 ? (50 + every - 1) / every * every : every)) };
        return WithFiles(parsed, spec);
    }

    private GivenSpec WithFiles(ParseResult parsed, RunSpec spec)
    {
        var paths = new Dictionary<string, string>();
        RunInputs inputs = RunInputs.None;
        if (parsed.GetValue(_data) is string data)
        {
            Refuse(parsed, "--data", _d, _n, _s, _sigmaP, _supports, _testSize, _testEvery);
            inputs = inputs with { Data = NpzFormats.ReadData(data) };
            spec = spec with { Data = new FileSource(Sha256(data)), TestSize = 0 };
            paths["data"] = Path.GetFullPath(data);
        }
        if (parsed.GetValue(_text) is string text)
        {
            Refuse(parsed, "--text", _d, _sigmaP, _supports, _data);
            SentimentText found = FindText(text);
            var defaults = new NoisyTextOptions();
            inputs = inputs with { Text = found };
            spec = spec with
            {
                Data = new NoisyTextSource(new NoisyTextOptions
                {
                    Snr = parsed.GetValue(_snr) ?? defaults.Snr,
                    TrainingCount = parsed.GetValue(_n) ?? TextCount,
                    NoiseWords = parsed.GetValue(_s) ?? defaults.NoiseWords,
                    Noise = Parse(parsed.GetValue(_textNoise), defaults.Noise),
                    LabelNoise = parsed.GetValue(_labelNoise) ?? defaults.LabelNoise,
                }, found.Sha256()),
            };
        }
        else if (new Option[] { _snr, _textNoise, _labelNoise }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } lone) throw new InputException($"{lone.Name} has no effect without --text; leave it out.");
        if (parsed.GetValue(_init) is string init)
        {
            Refuse(parsed, "--init", _mk, _mv, _sigma0);
            var weights = NpzFormats.ReadWeights(init);
            inputs = inputs with { Weights = weights };
            spec = spec with { Model = spec.Model with { MK = weights.MK, MV = weights.MV }, InitialWeightsSha256 = Sha256(init) };
            paths["init"] = Path.GetFullPath(init);
        }
        return new GivenSpec(spec.Validate(), inputs, paths);
    }

    /// <summary>Text that was asked for by name is not replaced by another.</summary>
    private static SentimentText FindText(string name)
    {
        if (name == "made") return TextFolder.Made().Text;
        FoundText found = name == "sst2" ? TextFolder.FindSst() : TextFolder.FindImdb();
        return found.IsReal ? found.Text : throw new InputException($"{(name == "sst2" ? "SST-2 was" : "IMDb reviews were")} not found; set {DataFolder.Variable} to a folder that has {(name == "sst2" ? "sst2/train.tsv and sst2/dev.tsv" : "imdb/aclImdb or imdb/aclImdb*.tar.gz")}, or use --text made.");
    }

    private Schedule Record(ParseResult parsed)
    {
        int? every = parsed.GetValue(_recordEvery);
        string? schedule = parsed.GetValue(_record);
        if (every is not null && schedule is not null) throw new InputException("--record-every and --record say the same thing; give one of them.");
        return schedule is not null ? Schedule.Parse(schedule) : Schedule.Every(every ?? 1);
    }

    private Optimizer Optimizer(ParseResult parsed, RunSpec spec)
    {
        string name = parsed.GetValue(_optimizer) ?? spec.Optimizer.Name;
        LearningRate eta = parsed.GetValue(_eta) is double given ? given : spec.Optimizer.Eta;
        if (name is not ("adam" or "signum")) Refuse(parsed, "--optimizer " + name, _beta1, _beta2, _eps);
        if (name is "signum") Refuse(parsed, "--optimizer signum", _beta2, _eps);
        if (name is not "sign-power") Refuse(parsed, "--optimizer " + name, _power);
        if (name is not "sign-dead-zone") Refuse(parsed, "--optimizer " + name, _zone);
        if (name is not "minibatch-signgd") Refuse(parsed, "--optimizer " + name, _batch);
        return name switch
        {
            "sign-power" => new SignPower(eta, parsed.GetValue(_power) ?? 0.5),
            "normalized-gd" => new NormalizedGradientDescent(eta),
            "sign-dead-zone" => new SignDeadZone(eta, parsed.GetValue(_zone) ?? 0.1),
            "minibatch-signgd" => new MiniBatchSignGd(eta, parsed.GetValue(_batch) ?? 1, spec.Seed),
            "gd" => new GradientDescent(eta),
            "adam" => new Adam(eta, parsed.GetValue(_beta1) ?? 0.9, parsed.GetValue(_beta2) ?? 0.999, parsed.GetValue(_eps) ?? 1e-8),
            "signum" => new SignMomentum(eta, parsed.GetValue(_beta1) ?? 0.9),
            _ => new SignGd(eta),
        };
    }

    /// <summary>An option without effect is a mistake, not a wish.</summary>
    private static void Refuse(ParseResult parsed, string with, params Option[] options)
    {
        foreach (Option option in options)
            if (parsed.GetResult(option) is { Implicit: false }) throw new InputException($"{option.Name} has no effect with {with}; leave it out.");
    }

    private static T Parse<T>(string? text, T fallback) where T : struct, Enum => text is null ? fallback : Enum.Parse<T>(text, ignoreCase: true);

    private static string Sha256(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
