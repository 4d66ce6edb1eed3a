using System.Text.Json.Nodes;
using CsCheck;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class SpecTests
{
    private static readonly string Sha = new('a', 64), OtherSha = new('b', 64);

    private static Gen<double> Positive { get; } = Gen.OneOf(Gen.Double[1e-300, 1e-3], Gen.Double[1e-3, 1e3], Gen.Double[1e3, 1e300]);

    private static Gen<DataSpec> Sources { get; } = Gen.OneOf<DataSpec>(
        Gen.Select(Tests.Engines.Problems.Distributions, Positive).Select((d, sigma) => (DataSpec)new SignalNoiseSource(d with { SigmaP = sigma })),
        Gen.Select(Positive, Gen.Int[2, 1000], Gen.Byte, Gen.Byte, Gen.Bool, Gen.Int[1, 20]).Select((snr, n, p, m, full, border) => (DataSpec)new NoisyImagesSource(new NoisyImagesOptions
        {
            Snr = snr,
            TrainingCount = n,
            PositiveLabel = p,
            NegativeLabel = m,
            Placement = full ? NoisePlacement.FullPatch : NoisePlacement.AroundDigit,
            Border = border,
        }, Sha, OtherSha)),
        Gen.Select(Positive, Gen.Int[1, 1000], Gen.Bool, Gen.Int[1, 50], Gen.Double[0, 1], Gen.Int[1, 9]).Select((snr, n, gaussian, s, flips, least) => (DataSpec)new NoisyTextSource(new NoisyTextOptions
        {
            Snr = snr, TrainingCount = n, Noise = gaussian ? TextNoise.Gaussian : TextNoise.Sentence, NoiseWords = s, LabelNoise = flips, MinCount = least,
        }, Sha)),
        Gen.Bool.Select(b => (DataSpec)new FileSource(b ? Sha : OtherSha)));

    private static Gen<LearningRate> Rates { get; } = Positive.Array[1, 5].Select(values => new LearningRate(values));

    private static Gen<Optimizer> Rules { get; } = Gen.OneOf<Optimizer>(
        Rates.Select(eta => (Optimizer)new SignGd(eta)), Rates.Select(eta => (Optimizer)new GradientDescent(eta)),
        Gen.Select(Rates, Gen.Double[0, 0.9999]).Select((eta, beta) => (Optimizer)new SignMomentum(eta, beta)),
        Gen.Select(Rates, Gen.Double[0, 0.9999], Gen.Double[0, 0.9999], Gen.OneOf(Gen.Const(0.0), Positive)).Select((eta, b1, b2, eps) => (Optimizer)new Adam(eta, b1, b2, eps)));

    private static Gen<Schedule> Schedules { get; } = Gen.OneOf(
        Gen.Int[1, int.MaxValue].Select(Schedule.Every), Gen.Int[1, 50].Select(Schedule.Log), Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[1, int.MaxValue]).Select(Schedule.Dense));

    private static Gen<RunSpec> Specs { get; } = Gen.Select(Sources, Gen.Select(Gen.Int[1, 1 << 20], Gen.Int[1, 1 << 20], Positive), Rules, Gen.Select(Gen.Int[1, int.MaxValue], Gen.ULong, Gen.Int[0, 10_000_000]),
        Gen.Select(Schedules, Schedules), Gen.Select(Gen.Enum<EngineKind>(), Gen.Enum<Precision>(), Gen.Bool)).Select((data, model, rule, numbers, schedules, choices) => new RunSpec
        {
            Data = data,
            Model = new ModelSpec(model.Item1, model.Item2, model.Item3),
            Optimizer = rule,
            Steps = numbers.Item1,
            Seed = numbers.Item2,
            TestSize = numbers.Item3,
            Record = schedules.Item1,
            Test = schedules.Item2,
            Engine = choices.Item1,
            Precision = choices.Item2,
            InitialWeightsSha256 = choices.Item3 ? Sha : null,
        });

    [Fact]
    public void A_spec_reads_back_as_itself()
    {
        Specs.Sample(spec =>
        {
            string json = SpecJson.Write(spec);
            RunSpec back = SpecJson.Read(json);
            Assert.Equal(spec, back);
            Assert.Equal(json, SpecJson.Write(back));
            Assert.Equal(spec.Hash(), back.Hash());
            Assert.Matches("^[0-9a-f]{64}$", spec.Hash());
            JsonNode.Parse(json);
        }, iter: 500);
    }

    [Fact]
    public void Different_specs_have_different_hashes()
    {
        Gen.Select(Specs, Specs).Sample((a, b) => a == b == (a.Hash() == b.Hash()), iter: 300);
    }

    [Fact]
    public void Every_field_is_part_of_the_hash()
    {
        RunSpec preset = Presets.Figure1;
        var noise = ((SignalNoiseSource)preset.Data).Distribution;
        var images = new NoisyImagesSource(new NoisyImagesOptions(), Sha, Sha);
        var text = new NoisyTextSource(new NoisyTextOptions(), Sha);
        var adam = new Adam(1e-4);
        RunSpec[] specs =
        [
            preset,
            preset with { Data = new SignalNoiseSource(noise with { D = 2001 }) },
            preset with { Data = new SignalNoiseSource(noise with { N = 21 }) },
            preset with { Data = new SignalNoiseSource(noise with { S = 21 }) },
            preset with { Data = new SignalNoiseSource(noise with { SigmaP = Math.BitIncrement(2.0) }) },
            preset with { Data = new SignalNoiseSource(noise with { Supports = SupportMode.Disjoint }) },
            preset with { Data = new FileSource(Sha) },
            preset with { Data = new FileSource(OtherSha) },
            preset with { Data = text },
            preset with { Data = text with { TextSha256 = OtherSha } },
            preset with { Data = text with { Options = text.Options with { Snr = 0.51 } } },
            preset with { Data = text with { Options = text.Options with { TrainingCount = 99 } } },
            preset with { Data = text with { Options = text.Options with { Noise = TextNoise.Sentence } } },
            preset with { Data = text with { Options = text.Options with { NoiseWords = 21 } } },
            preset with { Data = text with { Options = text.Options with { LabelNoise = 0.1 } } },
            preset with { Data = text with { Options = text.Options with { MinCount = 2 } } },
            preset with { Data = images },
            preset with { Data = images with { ImagesSha256 = OtherSha } },
            preset with { Data = images with { LabelsSha256 = OtherSha } },
            preset with { Data = images with { Options = images.Options with { Snr = 0.31 } } },
            preset with { Data = images with { Options = images.Options with { TrainingCount = 99 } } },
            preset with { Data = images with { Options = images.Options with { PositiveLabel = 4 } } },
            preset with { Data = images with { Options = images.Options with { NegativeLabel = 4 } } },
            preset with { Data = images with { Options = images.Options with { Placement = NoisePlacement.AroundDigit } } },
            preset with { Data = images with { Options = images.Options with { Border = 7 } } },
            preset with { Model = preset.Model with { MK = 21 } },
            preset with { Model = preset.Model with { MV = 21 } },
            preset with { Model = preset.Model with { Sigma0 = 2e-3 } },
            preset with { InitialWeightsSha256 = Sha },
            preset with { Optimizer = new SignGd(2e-4) },
            preset with { Optimizer = new SignGd(new LearningRate(1e-4, 2e-4)) },
            preset with { Optimizer = new GradientDescent(1e-4) },
            preset with { Optimizer = new SignMomentum(1e-4) },
            preset with { Optimizer = new SignMomentum(1e-4, 0.8) },
            preset with { Optimizer = adam },
            preset with { Optimizer = adam with { Beta1 = 0.8 } },
            preset with { Optimizer = adam with { Beta2 = 0.99 } },
            preset with { Optimizer = adam with { Epsilon = 0 } },
            preset with { Steps = 901 },
            preset with { Seed = 1 },
            preset with { Seed = ulong.MaxValue },
            preset with { Record = Schedule.Every(2) },
            preset with { Record = Schedule.Log(2) },
            preset with { Record = Schedule.Dense(2, 2) },
            preset with { TestSize = 0 },
            preset with { Test = Schedule.Every(51) },
            preset with { Engine = EngineKind.Dense },
            preset with { Precision = Precision.F32 },
        ];
        Assert.Equal(specs.Length, specs.Select(s => s.Hash()).Distinct().Count());
    }

    // The canonical form names every stored run: changing it orphans them all, so it takes a new version number.
    [Fact]
    public void The_canonical_form_is_this()
    {
        Assert.Equal("""
            {
              "version": 1,
              "data": {
                "kind": "signal-noise",
                "d": 2000,
                "n": 20,
                "s": 20,
                "sigma_p": 2,
                "supports": "independent"
              },
              "model": {
                "m_k": 20,
                "m_v": 20,
                "sigma_0": 0.001
              },
              "initial_weights": "seed",
              "optimizer": {
                "kind": "signgd",
                "eta": [0.0001
                ]
              },
              "steps": 900,
              "seed": 0,
              "record": "every:1",
              "test_size": 1000,
              "test": "every:50",
              "engine": "auto",
              "precision": "f64"
            }

            """.ReplaceLineEndings("\n"), SpecJson.Write(Presets.Figure1));
        Assert.Equal("19b95381f169177315ce9d6cfc5586e0fc59970a1ae60856b6213ac390335abe", Presets.Figure1.Hash());
    }

    [Fact]
    public void A_spec_that_cannot_be_read_is_refused_in_one_sentence()
    {
        string good = SpecJson.Write(Presets.Figure1 with { Optimizer = new Adam(1e-4) });
        string images = SpecJson.Write(Presets.Figure1 with { Data = new NoisyImagesSource(new NoisyImagesOptions(), Sha, Sha) });
        foreach (string name in (string[])["data", "model", "initial_weights", "optimizer", "steps", "seed", "record", "test_size", "test", "engine", "precision", "version"])
        {
            JsonNode root = JsonNode.Parse(good)!;
            root.AsObject().Remove(name);
            Complaint.Of(() => SpecJson.Read(root.ToJsonString()), $"the spec has no '{name}'");
        }
        (string Old, string New, string Why)[] changes =
        [
            ("\"version\": 1", "\"version\": 2", "version 2; this program reads version 1"),
            ("\"steps\": 900", "\"steps\": 0", "steps is 0; it has to be at least 1"),
            ("\"steps\": 900", "\"steps\": 1e99", "the spec is not the JSON that a run writes"),
            ("\"steps\": 900", "\"steps\": \"many\"", "the spec is not the JSON that a run writes"),
            ("\"steps\": 900", "\"steps\": null", "the spec has no 'steps'"),
            ("\"steps\": 900", "\"steps\": 900, \"steps\": 800", "the spec is not the JSON that a run writes"),
            ("\"kind\": \"adam\"", "\"kind\": \"adamw\"", "'adamw'; it is signgd, gd, adam, signum, sign-power"),
            ("\"kind\": \"signal-noise\"", "\"kind\": \"noise\"", "'noise'; it is signal-noise, noisy-images, noisy-text or file"),
            ("\"sigma_p\": 2", "\"sigma_p\": -2", "sigma_p is -2"),
            ("\"sigma_p\": 2", "\"sigma_p\": 1e999", "sigma_p"),
            ("\"sigma_p\": 2", "\"sigma_p\": NaN", "the spec is not the JSON that a run writes"),
            ("0.0001", "", "no value"),
            ("0.0001", "null", "the spec is not the JSON that a run writes"),
            ("0.0001", "-1", "eta is -1"),
            ("\"engine\": \"auto\"", "\"engine\": \"fast\"", "engine is 'fast'; it is one of auto, dense, support, reduced"),
            ("\"record\": \"every:1\"", "\"record\": \"often\"", "the schedule is 'often'"),
            ("\"beta2\": 0.999", "\"beta2\": 1", "beta2 is 1"),
            ("{", "[", "the spec is not the JSON that a run writes"),
        ];
        foreach (var (old, replacement, why) in changes)
        {
            string text = good.Replace(old, replacement, StringComparison.Ordinal);
            Assert.NotEqual(good, text);
            Complaint.Of(() => SpecJson.Read(text), why);
        }
        Complaint.Of(() => SpecJson.Read(images.Replace("full-patch", "nowhere", StringComparison.Ordinal)), "placement is 'nowhere'; it is full-patch or around-digit");
        foreach (string text in (string[])["", "null", "3", "[]", "{", good[..100]]) Assert.Throws<InputException>(() => SpecJson.Read(text));
    }

    [Fact]
    public void A_spec_out_of_range_is_refused_in_one_sentence()
    {
        Complaint.Of(() => (Presets.Figure1 with { Steps = 0 }).Validate(), "steps is 0; it has to be at least 1");
        Complaint.Of(() => (Presets.Figure1 with { Steps = -1 }).Validate(), "steps is -1");
        Complaint.Of(() => (Presets.Figure1 with { TestSize = -1 }).Validate(), "the test size is -1");
        Complaint.Of(() => (Presets.Figure1 with { Data = new SignalNoiseSource(new SignalNoise(10, 1, 10, 1)) }).Validate(), "s is 10");
        Complaint.Of(() => (Presets.Figure1 with { Model = new ModelSpec(0, 1, 1) }).Validate(), "m_k is 0");
        Complaint.Of(() => (Presets.Figure1 with { Optimizer = new Adam(1, 2) }).Validate(), "beta1 is 2");
        foreach (double snr in (double[])[double.NaN, 0, -1, double.PositiveInfinity])
            Complaint.Of(() => (Presets.Figure1 with { Data = new NoisyImagesSource(new NoisyImagesOptions { Snr = snr }, Sha, Sha) }).Validate(), "SNR");
        Complaint.Of(() => (Presets.Figure1 with { Data = new NoisyTextSource(new NoisyTextOptions { LabelNoise = 2 }, Sha) }).Validate(), "label noise");
        Complaint.Of(() => Presets.Get("figure-9"), "there is no preset 'figure-9'; there is figure-1");
        Assert.Same(Presets.Figure1, Presets.Get("figure-1"));
        Presets.Figure1.Validate();
    }
}
