using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Runs;

/// <summary>
/// The canonical JSON of a spec: every field written out (defaults too), fixed order, shortest decimal form that reads back as
/// the same double. Equal specs give equal bytes, different specs different bytes.
/// </summary>
public static class SpecJson
{
    /// <summary>Version of this form; it is part of the hash.</summary>
    private const int Version = 1;

    /// <summary>Writes the canonical form.</summary>
    public static string Write(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteStartObject("data");
            WriteData(json, spec.Data);
            json.WriteEndObject();
            json.WriteStartObject("model");
            json.WriteNumber("m_k", spec.Model.MK);
            json.WriteNumber("m_v", spec.Model.MV);
            Number(json, "sigma_0", spec.Model.Sigma0);
            json.WriteEndObject();
            json.WriteString("initial_weights", spec.InitialWeightsSha256 ?? "seed");
            json.WriteStartObject("optimizer");
            WriteOptimizer(json, spec.Optimizer);
            json.WriteEndObject();
            json.WriteNumber("steps", spec.Steps);
            json.WriteNumber("seed", spec.Seed);
            json.WriteString("record", spec.Record.ToString());
            json.WriteNumber("test_size", spec.TestSize);
            json.WriteString("test", spec.Test.ToString());
            json.WriteString("engine", Lower(spec.Engine));
            json.WriteString("precision", Lower(spec.Precision));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    private static void WriteData(Utf8JsonWriter json, DataSpec data)
    {
        switch (data)
        {
            case SignalNoiseSource { Distribution: var d }:
                json.WriteString("kind", "signal-noise");
                json.WriteNumber("d", d.D);
                json.WriteNumber("n", d.N);
                json.WriteNumber("s", d.S);
                Number(json, "sigma_p", d.SigmaP);
                json.WriteString("supports", Lower(d.Supports));
                break;
            case NoisyImagesSource { Options: var o } images:
                json.WriteString("kind", "noisy-images");
                json.WriteString("images_sha256", images.ImagesSha256);
                json.WriteString("labels_sha256", images.LabelsSha256);
                Number(json, "snr", o.Snr);
                json.WriteNumber("n", o.TrainingCount);
                json.WriteNumber("positive", o.PositiveLabel);
                json.WriteNumber("negative", o.NegativeLabel);
                json.WriteString("placement", o.Placement == NoisePlacement.FullPatch ? "full-patch" : "around-digit");
                json.WriteNumber("border", o.Border);
                break;
            case NoisyTextSource { Options: var o } text:
                json.WriteString("kind", "noisy-text");
                json.WriteString("text_sha256", text.TextSha256);
                Number(json, "snr", o.Snr);
                json.WriteNumber("n", o.TrainingCount);
                json.WriteString("noise", Lower(o.Noise));
                json.WriteNumber("noise_words", o.NoiseWords);
                Number(json, "label_noise", o.LabelNoise);
                json.WriteNumber("min_count", o.MinCount);
                break;
            case FileSource file:
                json.WriteString("kind", "file");
                json.WriteString("sha256", file.Sha256);
                break;
            default:
                throw new ArgumentException($"no canonical form for {data.GetType().Name}.", nameof(data));
        }
    }

    private static void WriteOptimizer(Utf8JsonWriter json, Optimizer optimizer)
    {
        json.WriteString("kind", optimizer.Name);
        json.WriteStartArray("eta");
        foreach (double eta in optimizer.Eta.Values) json.WriteRawValue(Text(eta));
        json.WriteEndArray();
        if (optimizer is Adam adam)
        {
            Number(json, "beta1", adam.Beta1);
            Number(json, "beta2", adam.Beta2);
            Number(json, "eps", adam.Epsilon);
        }
        else if (optimizer is SignMomentum momentum) Number(json, "beta1", momentum.Beta);
        else if (optimizer is SignPower power) Number(json, "power", power.Power);
        else if (optimizer is SignDeadZone zone) Number(json, "threshold", zone.Threshold);
        else if (optimizer is MiniBatchSignGd batch)
        {
            json.WriteNumber("batch", batch.Batch);
            json.WriteNumber("batch_seed", batch.Seed);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InputException">Not such a text; the sentence names what is missing or wrong.</exception>
    public static RunSpec Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            JsonNode root = JsonNode.Parse(text) ?? throw new InputException("the spec is empty.");
            int version = Get<int>(root, "version");
            if (version != Version) throw new InputException($"the spec has version {version}; this program reads version {Version}.");
            JsonNode model = Child(root, "model");
            string weights = Get<string>(root, "initial_weights");
            return new RunSpec
            {
                Data = ReadData(Child(root, "data")),
                Model = new ModelSpec(Get<int>(model, "m_k"), Get<int>(model, "m_v"), Get<double>(model, "sigma_0")),
                InitialWeightsSha256 = weights == "seed" ? null : weights,
                Optimizer = ReadOptimizer(Child(root, "optimizer")),
                Steps = Get<int>(root, "steps"),
                Seed = Get<ulong>(root, "seed"),
                Record = Schedule.Parse(Get<string>(root, "record")),
                TestSize = Get<int>(root, "test_size"),
                Test = Schedule.Parse(Get<string>(root, "test")),
                Engine = Choice<EngineKind>(root, "engine"),
                Precision = Choice<Precision>(root, "precision"),
            }.Validate();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InputException("the spec is not the JSON that a run writes: " + e.Message.ReplaceLineEndings(" "), e);
        }
    }

    private static DataSpec ReadData(JsonNode data) => Get<string>(data, "kind") switch
    {
        "signal-noise" => new SignalNoiseSource(new SignalNoise(Get<int>(data, "d"), Get<int>(data, "n"), Get<int>(data, "s"),
            Get<double>(data, "sigma_p"), Choice<SupportMode>(data, "supports"))),
        "noisy-images" => new NoisyImagesSource(new NoisyImagesOptions
        {
            Snr = Get<double>(data, "snr"),
            TrainingCount = Get<int>(data, "n"),
            PositiveLabel = Get<byte>(data, "positive"),
            NegativeLabel = Get<byte>(data, "negative"),
            Placement = Get<string>(data, "placement") switch
            {
                "full-patch" => NoisePlacement.FullPatch,
                "around-digit" => NoisePlacement.AroundDigit,
                string other => throw new InputException($"the spec's placement is '{other}'; it is full-patch or around-digit."),
            },
            Border = Get<int>(data, "border"),
        }, Get<string>(data, "images_sha256"), Get<string>(data, "labels_sha256")),
        "noisy-text" => new NoisyTextSource(new NoisyTextOptions
        {
            Snr = Get<double>(data, "snr"),
            TrainingCount = Get<int>(data, "n"),
            Noise = Choice<TextNoise>(data, "noise"),
            NoiseWords = Get<int>(data, "noise_words"),
            LabelNoise = Get<double>(data, "label_noise"),
            MinCount = Get<int>(data, "min_count"),
        }, Get<string>(data, "text_sha256")),
        "file" => new FileSource(Get<string>(data, "sha256")),
        string other => throw new InputException($"the spec's data.kind is '{other}'; it is signal-noise, noisy-images, noisy-text or file."),
    };

    private static Optimizer ReadOptimizer(JsonNode optimizer)
    {
        var eta = new LearningRate([.. Child(optimizer, "eta").AsArray().Select(v => (v ?? throw new FormatException("a learning rate is null.")).GetValue<double>())]);
        return Get<string>(optimizer, "kind") switch
        {
            "signgd" => new SignGd(eta),
            "gd" => new GradientDescent(eta),
            "adam" => new Adam(eta, Get<double>(optimizer, "beta1"), Get<double>(optimizer, "beta2"), Get<double>(optimizer, "eps")),
            "signum" => new SignMomentum(eta, Get<double>(optimizer, "beta1")),
            "sign-power" => new SignPower(eta, Get<double>(optimizer, "power")),
            "normalized-gd" => new NormalizedGradientDescent(eta),
            "sign-dead-zone" => new SignDeadZone(eta, Get<double>(optimizer, "threshold")),
            "minibatch-signgd" => new MiniBatchSignGd(eta, Get<int>(optimizer, "batch"), Get<ulong>(optimizer, "batch_seed")),
            string other => throw new InputException($"the spec's optimizer.kind is '{other}'; it is signgd, gd, adam, signum, sign-power, normalized-gd, sign-dead-zone or minibatch-signgd."),
        };
    }

    private static JsonNode Child(JsonNode node, string name) => node[name] ?? throw new InputException($"the spec has no '{name}'.");

    private static T Get<T>(JsonNode node, string name) => Child(node, name).GetValue<T>();

    private static T Choice<T>(JsonNode node, string name) where T : struct, Enum
    {
        string text = Get<string>(node, name);
        foreach (T value in Enum.GetValues<T>())
            if (Lower(value) == text) return value;
        throw new InputException($"the spec's {name} is '{text}'; it is one of {string.Join(", ", Enum.GetValues<T>().Select(Lower))}.");
    }

    private static string Lower<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Text(value));
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
