using System.Text;
using System.Text.Json;
using Workbook.Core.Runs;

namespace Workbook.Core.Sweeps;

/// <summary>
/// A plan as a file, <c>sweep.json</c>. Reading is strict: an unknown field, a value out of range or a parameter given twice is refused in one sentence that
/// names the path inside the file. <see cref="Write"/> gives the canonical form: every field, fixed order, the base written out as a spec.
/// </summary>
/// <remarks>
/// <code>
/// { "version": 1, "name": "..",
///   "base": {"preset": "figure-1"} or {"spec": {..}},                 what every run starts from
///   "set": {"record": "log:20", "test_size": 0},                      fixed values (optional)
///   "axes": [                                                         or "blocks": [{"name", "set", "axes"}, ..], grids one after the other
///     {"parameter": "s", "list": [10, 20, 40]},
///     {"parameter": "sigma_p", "linear": {"from": 0.5, "to": 2, "count": 4}},
///     {"parameter": "eta", "log": {"from": 1e-5, "to": 1e-3, "count": 9}},
///     {"points": [{"optimizer": "signgd", "eta": 2e-4}, {"optimizer": "gd", "eta": 0.5}]},
///     {"hypercube": {"count": 2000, "seed": 1, "parameters": {"s": {"log": {"from": 5, "to": 80}}, "m_k": {"linear": {"from": 10, "to": 40}}}}}],
///   "seeds": {"from": 1, "count": 20} or [1, 2, 5],
///   "measures": "all" or [..], "stages": "all" or [..], "claims": "all" or [..] }     (optional: the four losses and errors, all stages, no claims)
/// </code>
/// </remarks>
public static class PlanJson
{
    /// <summary>Version of this form; it is part of the hash.</summary>
    public const int Version = 1;

    private const int MostPlaces = 10_000_000, MostAxes = 16;

    private static readonly string[] DefaultMeasures = ["train_loss", "train_error", "test_loss", "test_error"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It cannot be read, or is no plan; the sentence begins with the file and the path inside it.</exception>
    public static SweepPlan ReadFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return Read(File.ReadAllText(path));
        }
        catch (InputException e)
        {
            throw new InputException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Reads a plan.</summary>
    public static SweepPlan Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return Plan(new PlanNode("", document.RootElement));
        }
        catch (JsonException e)
        {
            throw new InputException($"line {e.LineNumber + 1} is not JSON: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        catch (OverflowException e)
        {
            throw new InputException($"the plan has more than {SweepPlan.MostRows} rows; split it into several.", e);
        }
    }

    private static SweepPlan Plan(PlanNode root)
    {
        var fields = root.Fields("version", "name", "base", "set", "axes", "blocks", "seeds", "measures", "stages", "claims");
        int version = Need(root, fields, "version").Whole(0, int.MaxValue);
        if (version != Version) throw new InputException($"version is {version}; this program reads version {Version}.");
        RunSpec start = Base(Need(root, fields, "base"));
        var common = fields.TryGetValue("set", out PlanNode set) ? Values(set) : [];
        if (fields.ContainsKey("axes") == fields.ContainsKey("blocks")) throw new InputException("the plan has to have one of axes and blocks.");
        SweepBlock[] blocks = fields.TryGetValue("axes", out PlanNode axes)
            ? [Block("all", common, [], axes)]
            : [.. fields["blocks"].Items().Select(b => Block(b, common))];
        if (blocks.Length == 0) throw new InputException("blocks is empty; it has to hold one block at least.");
        if (blocks.GroupBy(b => b.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new InputException($"blocks has two blocks named '{twice.Key}'; each needs a name of its own.");
        var plan = new SweepPlan
        {
            Name = fields.TryGetValue("name", out PlanNode name) ? name.Text() : "sweep",
            Base = start,
            Blocks = blocks,
            Seeds = Seeds(Need(root, fields, "seeds")),
            Measures = Names(fields, "measures", SweepColumns.MeasureNames, DefaultMeasures),
            Stages = Names(fields, "stages", SweepColumns.StageNames, SweepColumns.StageNames),
            Claims = Names(fields, "claims", SweepColumns.ClaimNames, []),
        };
        if (plan.Rows > SweepPlan.MostRows) throw new InputException($"the plan has {plan.Rows} rows; at most {SweepPlan.MostRows} are possible: split it into several.");
        return plan;
    }

    private static PlanNode Need(PlanNode node, Dictionary<string, PlanNode> fields, string name) =>
        fields.TryGetValue(name, out PlanNode field) ? field : throw node.Wrong($"has no '{name}'.");

    private static RunSpec Base(PlanNode node)
    {
        var fields = node.Fields("preset", "spec");
        if (fields.Count != 1) throw node.Wrong("has to have one of preset and spec.");
        try
        {
            RunSpec spec = fields.TryGetValue("preset", out PlanNode preset) ? Presets.Get(preset.Text()) : SpecJson.Read(fields["spec"].Value.GetRawText());
            return spec.Data is SignalNoiseSource && spec.InitialWeightsSha256 is null
                ? spec
                : throw node.Wrong("refers to files; a plan varies drawn data and drawn weights only.");
        }
        catch (InputException e) when (!e.Message.StartsWith(node.Path, StringComparison.Ordinal))
        {
            throw new InputException($"{fields.Values.First().Path}: {e.Message}", e);
        }
    }

    private static SweepBlock Block(PlanNode node, Dictionary<int, ParameterValue> common)
    {
        var fields = node.Fields("name", "set", "axes");
        return Block(Need(node, fields, "name").Text(), common, fields.TryGetValue("set", out PlanNode set) ? Values(set) : [], Need(node, fields, "axes"));
    }

    /// <summary>A block's own fixed values stand above the plan's, and its axes above both.</summary>
    private static SweepBlock Block(string name, Dictionary<int, ParameterValue> common, Dictionary<int, ParameterValue> own, PlanNode axes)
    {
        PlanNode[] items = axes.Items();
        if (items.Length > MostAxes) throw axes.Wrong($"holds {items.Length} axes; at most {MostAxes} are possible.");
        SweepAxis[] read = [.. items.Select(Axis)];
        var given = new Dictionary<int, string>();
        for (int k = 0; k < read.Length; k++)
            foreach (int parameter in read[k].Parameters)
                if (!given.TryAdd(parameter, items[k].Path))
                    throw items[k].Wrong($"gives values to '{Parameter.All[parameter].Name}', which {given[parameter]} does already.");
        var set = new Dictionary<int, ParameterValue>(common);
        foreach (var (parameter, value) in own) set[parameter] = value;
        int steps = Parameter.IndexOf("steps"), horizon = Parameter.IndexOf("horizon");
        bool Gives(int parameter) => given.ContainsKey(parameter) || set.ContainsKey(parameter);
        if (Gives(steps) && Gives(horizon)) throw axes.Wrong("stand beside both steps and horizon; each says how long a run is, so give one of them.");
        return new SweepBlock(name, set, read);
    }

    private static SweepAxis Axis(PlanNode node)
    {
        var fields = node.Fields("parameter", "list", "linear", "log", "points", "hypercube");
        string[] forms = [.. fields.Keys.Where(k => k != "parameter")];
        if (forms.Length != 1) throw node.Wrong("has to have one of list, linear, log, points and hypercube.");
        PlanNode form = fields[forms[0]];
        if (forms[0] is "points" or "hypercube")
        {
            if (fields.TryGetValue("parameter", out PlanNode stray)) throw stray.Wrong($"has no effect beside {forms[0]}; leave it out.");
            return forms[0] == "points" ? Points(form) : Cube(form);
        }
        PlanNode named = Need(node, fields, "parameter");
        int parameter = Named(named, named.Text());
        if (forms[0] == "list")
        {
            PlanNode[] items = form.Items();
            if (items.Length is 0 or > MostPlaces) throw form.Wrong($"holds {items.Length} values; it has to hold 1 .. {MostPlaces}.");
            return new ListAxis(parameter, [.. items.Select(i => Value(i, parameter))]);
        }
        var parts = form.Fields("from", "to", "count");
        int count = Need(form, parts, "count").Whole(1, MostPlaces);
        var axis = new RangeAxis(parameter, Range(form, parts, parameter, forms[0] == "log"), count);
        if (Parameter.All[parameter].Kind == ParameterKind.Whole)
        {
            long distinct = Enumerable.Range(0, count).Select(k => axis.At(k).Number).Distinct().LongCount();
            if (distinct < count) throw parts["count"].Wrong($"is {count}, but only {distinct} whole numbers come of it; choose a smaller count or write a list.");
        }
        return axis;
    }

    private static PointsAxis Points(PlanNode node)
    {
        PlanNode[] items = node.Items();
        if (items.Length is 0 or > MostPlaces) throw node.Wrong($"holds {items.Length} points; it has to hold 1 .. {MostPlaces}.");
        Dictionary<int, ParameterValue>[] points = [.. items.Select(Values)];
        if (points[0].Count == 0) throw items[0].Wrong("is empty; a point gives values to one parameter at least.");
        for (int k = 1; k < points.Length; k++)
            if (!points[k].Keys.Order().SequenceEqual(points[0].Keys.Order()))
                throw items[k].Wrong($"gives values to other parameters than {items[0].Path}; all points of an axis give values to the same ones.");
        return new PointsAxis(points);
    }

    private static HypercubeAxis Cube(PlanNode node)
    {
        var fields = node.Fields("count", "seed", "parameters");
        PlanNode list = Need(node, fields, "parameters");
        var ranges = new List<(int, ParameterRange)>();
        foreach (var (name, field) in list.Fields())
        {
            int parameter = Named(field, name);
            var forms = field.Fields("linear", "log");
            if (forms.Count != 1) throw field.Wrong("has to have one of linear and log.");
            PlanNode form = forms.Values.First();
            ranges.Add((parameter, Range(form, form.Fields("from", "to"), parameter, forms.ContainsKey("log"))));
        }
        if (ranges.Count == 0) throw list.Wrong("is empty; a hypercube needs one parameter at least.");
        return new HypercubeAxis(Need(node, fields, "count").Whole(1, MostPlaces), fields.TryGetValue("seed", out PlanNode seed) ? seed.Seed() : 0, ranges);
    }

    private static ParameterRange Range(PlanNode form, Dictionary<string, PlanNode> parts, int parameter, bool logarithmic)
    {
        if (Parameter.All[parameter].Kind == ParameterKind.Word) throw form.Wrong($"cannot be: '{Parameter.All[parameter].Name}' has no numbers; write a list.");
        double Bound(string name)
        {
            PlanNode part = Need(form, parts, name);
            if (logarithmic && !(part.Number() > 0)) throw part.Wrong($"is {part.Kind}; on a logarithmic axis it has to be positive.");
            return Value(part, parameter).Number;
        }
        return new ParameterRange(logarithmic, Bound("from"), Bound("to"));
    }

    private static Dictionary<int, ParameterValue> Values(PlanNode node)
    {
        var values = new Dictionary<int, ParameterValue>();
        foreach (var (name, field) in node.Fields())
        {
            int parameter = Named(field, name);
            values[parameter] = Value(field, parameter);
        }
        return values;
    }

    private static int Named(PlanNode node, string name) => Parameter.IndexOf(name) is var k && k >= 0
        ? k
        : throw node.Wrong($"names no parameter ('{name}'); there are {string.Join(", ", Parameter.All.Select(p => p.Name))}.");

    private static ParameterValue Value(PlanNode node, int parameter)
    {
        Parameter of = Parameter.All[parameter];
        bool fits = node.Value.ValueKind == (of.Kind == ParameterKind.Word ? JsonValueKind.String : JsonValueKind.Number);
        ParameterValue value = !fits ? default : of.Kind == ParameterKind.Word ? new ParameterValue(0, node.Text()) : new ParameterValue(node.Number());
        return fits && of.Accepts(value) ? value : throw node.Wrong($"is {node.Kind}; {of.Name} has to be {of.Range}.");
    }

    private static IReadOnlyList<ulong> Seeds(PlanNode node)
    {
        if (node.Value.ValueKind == JsonValueKind.Array)
        {
            ulong[] seeds = [.. node.Items().Select(i => i.Seed())];
            if (seeds.Length == 0) throw node.Wrong("is empty; it has to hold one seed at least.");
            var seen = new HashSet<ulong>();
            for (int k = 0; k < seeds.Length; k++)
                if (!seen.Add(seeds[k])) throw new InputException($"{node.Path}[{k}] is {seeds[k]}, which is there already; a seed stands once.");
            return Consecutive(seeds) ? new SeedRange(seeds[0], seeds.Length) : seeds;
        }
        var fields = node.Fields("from", "count");
        ulong from = fields.TryGetValue("from", out PlanNode first) ? first.Seed() : 0;
        int count = Need(node, fields, "count").Whole(1, (int)SweepPlan.MostRows);
        if (from > long.MaxValue - (ulong)count) throw first.Wrong($"is {from}; with {count} seeds it has to be at most {long.MaxValue - count}.");
        return new SeedRange(from, count);
    }

    private static bool Consecutive(ulong[] seeds)
    {
        for (int k = 1; k < seeds.Length; k++)
            if (seeds[k] != seeds[k - 1] + 1) return false;
        return true;
    }

    /// <summary>Chosen names in the order of <paramref name="known"/>, so that the order in the file does not matter.</summary>
    private static IReadOnlyList<string> Names(Dictionary<string, PlanNode> fields, string name, IReadOnlyList<string> known, IReadOnlyList<string> otherwise)
    {
        if (!fields.TryGetValue(name, out PlanNode node)) return otherwise;
        if (node.Value.ValueKind == JsonValueKind.String) return node.Text() == "all" ? known : throw node.Wrong($"is {node.Kind}; it has to be \"all\" or a list.");
        var chosen = new HashSet<string>(StringComparer.Ordinal);
        foreach (PlanNode item in node.Items())
        {
            string text = item.Text();
            if (!known.Contains(text)) throw item.Wrong($"is '{text}'; there are {string.Join(", ", known)}.");
            if (!chosen.Add(text)) throw item.Wrong($"is '{text}', which is there already.");
        }
        return [.. known.Where(chosen.Contains)];
    }

    /// <summary>Writes the canonical form.</summary>
    public static string Write(SweepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("name", plan.Name);
            json.WriteStartObject("base");
            json.WritePropertyName("spec");
            using (JsonDocument spec = JsonDocument.Parse(SpecJson.Write(plan.Base))) spec.RootElement.WriteTo(json);
            json.WriteEndObject();
            json.WriteStartArray("blocks");
            foreach (SweepBlock block in plan.Blocks)
            {
                json.WriteStartObject();
                json.WriteString("name", block.Name);
                WriteValues(json, "set", block.Set);
                json.WriteStartArray("axes");
                foreach (SweepAxis axis in block.Axes) WriteAxis(json, axis);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            WriteSeeds(json, plan.Seeds);
            WriteNames(json, "measures", plan.Measures);
            WriteNames(json, "stages", plan.Stages);
            WriteNames(json, "claims", plan.Claims);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    private static void WriteAxis(Utf8JsonWriter json, SweepAxis axis)
    {
        json.WriteStartObject();
        switch (axis)
        {
            case ListAxis list:
                json.WriteString("parameter", Parameter.All[list.Parameter].Name);
                json.WriteStartArray("list");
                foreach (ParameterValue value in list.Values) WriteValue(json, value);
                json.WriteEndArray();
                break;
            case RangeAxis range:
                json.WriteString("parameter", Parameter.All[range.Parameter].Name);
                WriteRange(json, range.Range, range.Steps);
                break;
            case PointsAxis points:
                json.WriteStartArray("points");
                foreach (var point in points.Points) WriteValues(json, null, point);
                json.WriteEndArray();
                break;
            case HypercubeAxis cube:
                json.WriteStartObject("hypercube");
                json.WriteNumber("count", cube.Points);
                json.WriteNumber("seed", cube.Seed);
                json.WriteStartObject("parameters");
                foreach (var (parameter, range) in cube.Ranges)
                {
                    json.WriteStartObject(Parameter.All[parameter].Name);
                    WriteRange(json, range, null);
                    json.WriteEndObject();
                }
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            default:
                throw new ArgumentException($"no written form for {axis.GetType().Name}.", nameof(axis));
        }
        json.WriteEndObject();
    }

    private static void WriteRange(Utf8JsonWriter json, ParameterRange range, int? count)
    {
        json.WriteStartObject(range.Logarithmic ? "log" : "linear");
        json.WritePropertyName("from");
        WriteValue(json, new ParameterValue(range.From));
        json.WritePropertyName("to");
        WriteValue(json, new ParameterValue(range.To));
        if (count is int places) json.WriteNumber("count", places);
        json.WriteEndObject();
    }

    private static void WriteValues(Utf8JsonWriter json, string? name, IReadOnlyDictionary<int, ParameterValue> values)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        foreach (var (parameter, value) in values.OrderBy(v => v.Key))
        {
            json.WritePropertyName(Parameter.All[parameter].Name);
            WriteValue(json, value);
        }
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, ParameterValue value)
    {
        if (value.Word is string word) json.WriteStringValue(word);
        else json.WriteRawValue(value.ToString());
    }

    private static void WriteSeeds(Utf8JsonWriter json, IReadOnlyList<ulong> seeds)
    {
        if (seeds is SeedRange range)
        {
            json.WriteStartObject("seeds");
            json.WriteNumber("from", range.From);
            json.WriteNumber("count", range.Count);
            json.WriteEndObject();
            return;
        }
        json.WriteStartArray("seeds");
        foreach (ulong seed in seeds) json.WriteNumberValue(seed);
        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IReadOnlyList<string> names)
    {
        json.WriteStartArray(name);
        foreach (string text in names) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
