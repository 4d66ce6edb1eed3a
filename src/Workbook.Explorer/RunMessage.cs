using System.Buffers.Binary;
using System.Text.Json;
using Workbook.Core.Runs;
using Workbook.Core.Theory;

namespace Workbook.Explorer;

/// <summary>
/// What the page draws of a run: of each family the least, median and largest value over the samples at every recorded step (about 300), of one
/// neuron's query and key noise also up to <see cref="Pairs"/> samples one by one. The message is the head's length in bytes (32 bits), a head in JSON that ends with
/// the names of the curves, and the curves themselves, [curves, rows]; all little-endian. A curve is doubles as they were computed, NaN where one is not
/// finite; nothing is printed or parsed while a slider is held.
/// </summary>
internal static class RunMessage
{
    /// <summary>Samples whose pairs the phase portrait shows.</summary>
    public const int Pairs = 16;

    private const int Align = sizeof(double);

    /// <summary>The message.</summary>
    /// <param name="setting">What was asked for.</param>
    /// <param name="run">The run of its spec.</param>
    /// <param name="neuron">The neuron r whose pairs are shown, taken modulo m_k.</param>
    public static byte[] Of(Setting setting, Run run, int neuron)
    {
        int r = neuron % run.Trajectory.Neurons;
        var curves = Curves(run.Trajectory, r);
        byte[] head = Head(setting, run, r, curves.Select(c => c.Name));
        int start = (sizeof(int) + head.Length + Align - 1) / Align * Align, rows = run.Trajectory.Rows;
        var message = new byte[start + curves.Count * rows * sizeof(double)];
        // Spaces after the head, which JSON allows, so that the curves start where doubles may.
        message.AsSpan(sizeof(int), start - sizeof(int)).Fill((byte)' ');
        BinaryPrimitives.WriteInt32LittleEndian(message, start - sizeof(int));
        head.CopyTo(message, sizeof(int));
        for (int k = 0; k < curves.Count; k++)
        {
            Span<byte> to = message.AsSpan(start + k * rows * sizeof(double), rows * sizeof(double));
            for (int row = 0; row < rows; row++)
                BinaryPrimitives.WriteDoubleLittleEndian(to[(row * sizeof(double))..], double.IsFinite(curves[k].Values[row]) ? curves[k].Values[row] : double.NaN);
        }
        return message;
    }

    /// <summary>Names, a point between a family and its part, and values [rows].</summary>
    private static List<(string Name, double[] Values)> Curves(Trajectory t, int r)
    {
        int n = t.Samples, m_k = t.Neurons;
        var curves = new List<(string, double[])>();
        void Add(string name, double[] values) => curves.Add((name, values));
        void Column(string name, Func<int, double> value)
        {
            var column = new double[t.Rows];
            for (int row = 0; row < column.Length; row++) column[row] = value(row);
            Add(name, column);
        }
        void Band(string name, double[] family, int width, int stride = 1, int offset = 0)
        {
            var (least, middle, most) = Spread(family, t.Rows, width, stride, offset);
            Add(name + ".min", least);
            Add(name + ".median", middle);
            Add(name + ".max", most);
        }
        Column("t", row => t.Steps[row]);
        Add("trainLoss", t.TrainLoss);
        Add("logTrainLoss", t.LogTrainLoss);
        Add("testLoss", t.TestLoss);
        Add("testError", t.TestError);
        Add("valueSignal", t.ValueSignal);
        Band("valueNoise", t.ValueNoise, n);
        Band("s11", t.S11, n);
        Band("s21", t.S21, n);
        Band("queryNoise", t.QueryNoise, n, m_k, r);
        Band("keyNoise", t.KeyNoise, n, m_k, r);
        Band("querySignalAll", t.QuerySignal, m_k);
        Column("querySignal", row => t.QuerySignal[row * m_k + r]);
        Column("keySignal", row => t.KeySignal[row * m_k + r]);
        Column("aligned", row => StageQuantities.AlignedPairs(t, row));
        Column("majority", row => StageQuantities.MajorityNeurons(t, row));
        Column("keyTurned", row => StageQuantities.KeyNoiseWithSignal(t, row));
        Column("queryTurned", row => StageQuantities.QueryNoiseWithSignal(t, row));
        for (int i = 0; i < Math.Min(n, Pairs); i++)
        {
            int at = i * m_k + r;
            Column($"pairs.{i}.q", row => t.QueryNoise[row * n * m_k + at]);
            Column($"pairs.{i}.k", row => t.KeyNoise[row * n * m_k + at]);
        }
        return curves;
    }

    private static byte[] Head(Setting setting, Run run, int r, IEnumerable<string> curves)
    {
        var view = new RunView(run.Spec, run.Trajectory);
        var head = new MemoryStream();
        using (var json = new Utf8JsonWriter(head))
        {
            json.WriteStartObject();
            json.WriteString("setting", setting.ToQuery());
            json.WriteString("hash", run.Spec.Hash());
            json.WriteString("engine", run.Engine);
            json.WriteNumber("milliseconds", 1e3 * run.Seconds);
            json.WriteNumber("neuron", r);
            json.WriteNumber("rows", run.Trajectory.Rows);
            WriteStages(json, view);
            WriteClaims(json, view);
            json.WriteStartArray("curves");
            foreach (string name in curves) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return head.ToArray();
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

    /// <summary>Least, median (mean of the middle two of an even number) and largest of <c>family[(row * width + i) * stride + offset]</c> over i.</summary>
    private static (double[] Least, double[] Middle, double[] Most) Spread(double[] family, int rows, int width, int stride, int offset)
    {
        double[] least = new double[rows], middle = new double[rows], most = new double[rows], sorted = new double[width];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < width; i++) sorted[i] = family[(row * width + i) * stride + offset];
            Array.Sort(sorted);
            (least[row], middle[row], most[row]) = (sorted[0], (sorted[(width - 1) / 2] + sorted[width / 2]) / 2, sorted[^1]);
        }
        return (least, middle, most);
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
