using System.Text.Json;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Explorer;

/// <summary>
/// What the page draws of a run, as JSON: of each family the least, median and largest value over the samples at every recorded step (about 300), of one
/// neuron's query and key noise also up to <see cref="Pairs"/> samples one by one. Numbers are written in full; what is not finite is null.
/// </summary>
internal static class RunJson
{
    /// <summary>Samples whose pairs the phase portrait shows.</summary>
    public const int Pairs = 16;

    /// <summary>Writes the run.</summary>
    /// <param name="to">Receives UTF-8 JSON.</param>
    /// <param name="setting">What was asked for.</param>
    /// <param name="run">The run of its spec.</param>
    /// <param name="neuron">The neuron r whose pairs are shown, taken modulo m_k.</param>
    public static void Write(Stream to, Setting setting, Run run, int neuron)
    {
        Trajectory t = run.Trajectory;
        var view = new RunView(run.Spec, t);
        int r = neuron % t.Neurons, n = t.Samples, m_k = t.Neurons;
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteString("setting", setting.ToQuery());
        json.WriteString("hash", run.Spec.Hash());
        json.WriteString("engine", run.Engine);
        json.WriteNumber("milliseconds", 1e3 * run.Seconds);
        json.WriteNumber("neuron", r);
        json.WriteStartArray("t");
        foreach (int step in t.Steps) json.WriteNumberValue(step);
        json.WriteEndArray();
        Curve(json, "trainLoss", t.TrainLoss);
        Curve(json, "logTrainLoss", t.LogTrainLoss);
        Curve(json, "trainError", t.TrainError);
        Curve(json, "testLoss", t.TestLoss);
        Curve(json, "testError", t.TestError);
        Curve(json, "valueSignal", t.ValueSignal);
        Band(json, "valueNoise", t, n, (row, i) => t.ValueNoise[row * n + i]);
        Band(json, "s11", t, n, (row, i) => t.S11[row * n + i]);
        Band(json, "s21", t, n, (row, i) => t.S21[row * n + i]);
        Band(json, "logS21", t, n, (row, i) => t.LogS21[row * n + i]);
        Band(json, "queryNoise", t, n, (row, i) => t.QueryNoise[(row * n + i) * m_k + r]);
        Band(json, "keyNoise", t, n, (row, i) => t.KeyNoise[(row * n + i) * m_k + r]);
        Band(json, "querySignalAll", t, m_k, (row, k) => t.QuerySignal[row * m_k + k]);
        Curve(json, "querySignal", Column(t, row => t.QuerySignal[row * m_k + r]));
        Curve(json, "keySignal", Column(t, row => t.KeySignal[row * m_k + r]));
        Curve(json, "aligned", Column(t, row => StageQuantities.AlignedPairs(t, row)));
        Curve(json, "majority", Column(t, row => StageQuantities.MajorityNeurons(t, row)));
        Curve(json, "keyTurned", Column(t, row => StageQuantities.KeyNoiseWithSignal(t, row)));
        Curve(json, "queryTurned", Column(t, row => StageQuantities.QueryNoiseWithSignal(t, row)));
        json.WriteStartArray("pairs");
        for (int i = 0; i < Math.Min(n, Pairs); i++)
        {
            json.WriteStartObject();
            Curve(json, "q", Column(t, row => t.QueryNoise[(row * n + i) * m_k + r]));
            Curve(json, "k", Column(t, row => t.KeyNoise[(row * n + i) * m_k + r]));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteStages(json, view);
        WriteClaims(json, view);
        json.WriteEndObject();
    }

    private static void WriteStages(Utf8JsonWriter json, RunView view)
    {
        json.WriteStartArray("stages");
        foreach (StageTime stage in view.Stages.All)
        {
            json.WriteStartObject();
            json.WriteString("id", stage.Id);
            json.WriteString("title", stage.Title);
            if (stage.Step is int step) json.WriteNumber("step", step);
            else json.WriteNull("step");
            Number(json, "predicted", stage.Predicted ?? double.NaN);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteClaims(Utf8JsonWriter json, RunView view)
    {
        json.WriteStartArray("claims");
        foreach (RunClaim claim in RunClaim.All)
        {
            ClaimResult result = claim.Evaluate(view);
            json.WriteStartObject();
            json.WriteString("id", result.Id);
            Number(json, "left", result.Left);
            Number(json, "right", result.Right);
            Number(json, "slack", result.Slack);
            json.WriteString("verdict", result.Verdict switch { Verdict.Holds => "holds", Verdict.Fails => "fails", _ => "not applicable" });
            if (result.Note is not null) json.WriteString("note", result.Note);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static double[] Column(Trajectory t, Func<int, double> value)
    {
        var column = new double[t.Rows];
        for (int row = 0; row < column.Length; row++) column[row] = value(row);
        return column;
    }

    /// <summary>Least, median (mean of the middle two of an even number) and largest over a width.</summary>
    private static void Band(Utf8JsonWriter json, string name, Trajectory t, int width, Func<int, int, double> value)
    {
        double[] least = new double[t.Rows], middle = new double[t.Rows], most = new double[t.Rows], sorted = new double[width];
        for (int row = 0; row < t.Rows; row++)
        {
            for (int i = 0; i < width; i++) sorted[i] = value(row, i);
            Array.Sort(sorted);
            (least[row], middle[row], most[row]) = (sorted[0], (sorted[(width - 1) / 2] + sorted[width / 2]) / 2, sorted[^1]);
        }
        json.WriteStartObject(name);
        Curve(json, "min", least);
        Curve(json, "median", middle);
        Curve(json, "max", most);
        json.WriteEndObject();
    }

    private static void Curve(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
        {
            if (double.IsFinite(value)) json.WriteNumberValue(value);
            else json.WriteNullValue();
        }
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
