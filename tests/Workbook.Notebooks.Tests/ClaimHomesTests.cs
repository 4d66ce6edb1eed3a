using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Core.Theory.Experiments;
using Xunit;

namespace Workbook.Notebooks.Tests;

/// <summary>
/// The committed notebooks against the library: every claim has one home, and the verdict that a reader sees there is the library's.
/// A home is a code cell with a literal <c>.Claim("ID")</c>.
/// </summary>
/// <remarks>
/// What the comparison of verdicts takes for granted: a claim about a single run is shown for figure-1 with the values of its notebook's
/// parameters cell (missing ones as in the preset), under Adam where the id begins with <c>adam.</c>, and with the changes of
/// <see cref="OtherRuns"/> where the cell asks another run. Schedules and test sets may differ, so verdicts are compared and numbers are not.
/// A claim of an experiment is shown for <c>Name.Create(new ReproductionSize(seeds, quick, ..))</c> as it stands in the notebook, its first two
/// arguments being expressions in the parameters; digits are the drawn ones, whatever is downloaded here. Ids with a slash are the same
/// claims on other runs and need no home.
/// </remarks>
public partial class ClaimHomesTests
{
    /// <summary>Runs that a notebook asks beside its main one: by the variable's name, what differs.</summary>
    private static readonly Dictionary<string, Func<RunSpec, RunSpec>> OtherRuns = new(StringComparer.Ordinal)
    {
        ["longer"] = spec => spec with { Steps = 2 * spec.Steps },
    };

    /// <summary>Claims that an experiment judges only where MNIST is there.</summary>
    private static readonly string[] MnistOnly = [.. from name in new[] { "signgd", "adam", "gd" } from snr in new[] { "0.3", "1" } select $"digits.{name}.snr={snr}"];

    private static readonly Dictionary<string, Func<ReproductionSize, Experiment>> Experiments = new(StringComparer.Ordinal)
    {
        ["Figure1"] = Figure1.Create,
        ["LongRun"] = LongRun.Create,
        ["NoiseStrength"] = NoiseStrength.Create,
        ["Digits"] = Digits.Create,
        ["Scaling"] = Scaling.Create,
        ["Float32"] = Float32.Create,
    };

    private static readonly FoundDigits Drawn = new(DigitDrawing.Draw(), IsMnist: false, "Digits: drawn.");

    private static readonly Notebook[] All = [.. Directory.GetFiles(Path.Combine(DataFolder.ProjectRoot()!, "notebooks"), "*.ipynb").Order(StringComparer.Ordinal).Select(Notebook.Read)];

    public static TheoryData<string> Names => [.. All.Select(notebook => notebook.Name)];

    [Fact]
    public async Task Every_claim_has_one_home_and_its_verdict_there_is_the_librarys()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Home[] homes = [.. All.SelectMany(notebook => notebook.Code.SelectMany(cell => ClaimCall().Matches(cell.Source).Select(match => new Home(notebook, cell, match.Groups[1].Value, match.Groups[2].Value))))];
        var fresh = new Dictionary<(string Notebook, string Id), ExperimentResult>();
        var known = new HashSet<string>([.. RunClaim.All.Select(claim => claim.Claim.Id), .. MnistOnly], StringComparer.Ordinal);
        var run = new HashSet<string>(StringComparer.Ordinal);
        var outcomes = new ConcurrentDictionary<string, RunOutcome>(StringComparer.Ordinal);
        foreach (Notebook notebook in All.Where(notebook => homes.Any(home => home.Notebook == notebook)))
        {
            foreach (Match match in notebook.Code.SelectMany(cell => CreateCall().Matches(cell.Source)))
            {
                ScriptState<object> parameters = await notebook.Parameters();
                int seeds = (int)(await parameters.ContinueWithAsync(match.Groups[2].Value, cancellationToken: cancel)).ReturnValue;
                bool quick = (bool)(await parameters.ContinueWithAsync(match.Groups[3].Value, cancellationToken: cancel)).ReturnValue;
                ExperimentResult result = RunOnce(Experiments[match.Groups[1].Value](new ReproductionSize(seeds, quick, Drawn)), outcomes);
                run.Add(result.Experiment.Id);
                foreach (ClaimSummary claim in result.Claims)
                {
                    fresh[(notebook.Name, claim.Claim.Id)] = result;
                    known.Add(claim.Claim.Id);
                }
            }
        }
        foreach (Experiment experiment in Reproduction.Experiments(new ReproductionSize(1, true, Drawn)).Where(experiment => !run.Contains(experiment.Id)))
        {
            known.UnionWith(RunOnce(experiment, outcomes).Claims.Select(claim => claim.Claim.Id));
        }
        known.RemoveWhere(id => id.Contains('/', StringComparison.Ordinal));

        var wrong = new List<string>();
        wrong.AddRange(known.Except(homes.Select(home => home.Id)).Order(StringComparer.Ordinal).Select(id => $"{id} has no home"));
        wrong.AddRange(homes.GroupBy(home => home.Id).Where(group => group.Count() > 1).Select(group => $"{group.Key} has {group.Count()} homes: {string.Join(", ", group.Select(home => home.Notebook.Name))}"));
        wrong.AddRange(homes.Where(home => !known.Contains(home.Id)).Select(home => $"{home.Notebook.Name} is the home of {home.Id}, which the library does not know"));
        var runs = new Dictionary<RunSpec, Run>();
        foreach (Home home in homes.Where(home => known.Contains(home.Id) && !MnistOnly.Contains(home.Id)))
        {
            ClaimCard card;
            if (RunClaim.All.Any(claim => claim.Claim.Id == home.Id))
            {
                RunSpec spec = await Spec(home);
                if (!runs.TryGetValue(spec, out Run? of))
                {
                    runs[spec] = of = Training.Run(spec, cancel: cancel);
                }
                card = of.Claim(home.Id);
            }
            else if (fresh.TryGetValue((home.Notebook.Name, home.Id), out ExperimentResult? result))
            {
                card = result.Claim(home.Id);
            }
            else
            {
                wrong.Add($"{home.Id} is judged by no experiment of its home {home.Notebook.Name}");
                continue;
            }
            // The first line of a card is the id and the verdict.
            string expected = card.ToText().Split('\n')[0];
            string[] lines = [.. home.Cell.Outputs.Select(output => output.Text("text/plain")).SelectMany(text => text.Split('\n'))];
            if (!lines.Contains(expected, StringComparer.Ordinal))
            {
                wrong.Add($"{home.Notebook.Name}, cell {home.Cell.Id}: the library says '{expected}', the output does not");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_notebook_keeps_the_rules_that_hold_for_all(string name)
    {
        Notebook notebook = All.Single(notebook => notebook.Name == name);
        Assert.True(notebook.Length < 1_500_000, $"{notebook.Length} bytes");
        JsonElement kernel = notebook.Metadata.GetProperty("kernelspec");
        Assert.Equal((".net-csharp", ".NET (C#)", "C#"), (kernel.GetProperty("name").GetString(), kernel.GetProperty("display_name").GetString(), kernel.GetProperty("language").GetString()));
        Assert.Equal("#!import setup.csx", notebook.Code[0].Source);
        Assert.Equal(1, notebook.Code.Count(cell => cell.IsParameters));
        Assert.Equal(notebook.Ids.Length, notebook.Ids.Distinct(StringComparer.Ordinal).Count());
        foreach (Cell cell in notebook.Code)
        {
            Assert.True(cell.Executed, $"cell {cell.Id} was not run");
            Assert.Empty(Forbidden().Matches(cell.Source).Select(match => $"cell {cell.Id}: {match.Value}"));
            foreach (Output output in cell.Outputs)
            {
                Assert.True(output.Kind is "execute_result" or "display_data", $"cell {cell.Id} has an output of kind {output.Kind}");
                if (output.Has(Figure.PlotlyMimeType))
                {
                    Assert.True(output.Has("image/png") || output.Has("image/svg+xml"), $"cell {cell.Id}: a figure without a static picture");
                    Assert.False(output.Has("text/html"), $"cell {cell.Id}: HTML beside a figure hides it on GitHub");
                }
                Assert.True(output.Text("text/plain").Length > 0, $"cell {cell.Id}: an output without text");
                Assert.Empty(MachineFact().Matches(output.Text("text/plain") + output.Text("text/markdown")).Select(match => $"cell {cell.Id}: {match.Value}"));
            }
        }
    }

    /// <summary>Runs an experiment; what another one has run already is not run again.</summary>
    private static ExperimentResult RunOnce(Experiment experiment, ConcurrentDictionary<string, RunOutcome> outcomes)
    {
        var inputs = new RunInputs(Images: experiment.Images);
        Parallel.ForEach(experiment.Runs, spec => outcomes.GetOrAdd(spec.Hash(), _ =>
        {
            Run run = Training.Run(spec, inputs);
            return RunOutcome.Read(spec, run.Engine, run.Trajectory);
        }));
        RunOutcome[] of = [.. experiment.Runs.Select(spec => outcomes[spec.Hash()])];
        return new ExperimentResult(experiment, of, experiment.Judge(of));
    }

    private static async Task<RunSpec> Spec(Home home)
    {
        ScriptState<object> parameters = await home.Notebook.Parameters();
        T Value<T>(string name, T otherwise) => parameters.GetVariable(name)?.Value is T value ? value : otherwise;
        RunSpec preset = Presets.Figure1;
        SignalNoise data = ((SignalNoiseSource)preset.Data).Distribution;
        double eta = Value("eta", preset.Optimizer.Eta.Constant!.Value);
        var spec = preset with
        {
            Data = new SignalNoiseSource(new SignalNoise(Value("d", data.D), Value("n", data.N), Value("s", data.S), Value("sigma_p", data.SigmaP))),
            Model = new ModelSpec(Value("m_k", preset.Model.MK), Value("m_v", preset.Model.MV), Value("sigma_0", preset.Model.Sigma0)),
            Optimizer = home.Id.StartsWith("adam.", StringComparison.Ordinal) ? new Adam(eta, Value("beta_1", 0.9), Value("beta_2", 0.999), Value("epsilon", 1e-8)) : new SignGd(eta),
            Steps = Value("steps", preset.Steps),
            Seed = Value("seed", preset.Seed),
        };
        return OtherRuns.TryGetValue(home.Receiver, out var change) ? change(spec) : spec;
    }

    private sealed record Home(Notebook Notebook, Cell Cell, string Receiver, string Id);

    private sealed record Output(string Kind, JsonElement Data)
    {
        public bool Has(string type) => Data.ValueKind == JsonValueKind.Object && Data.TryGetProperty(type, out _);

        public string Text(string type) => Has(type) ? Joined(Data.GetProperty(type)) : "";
    }

    private sealed record Cell(string Id, string Source, bool IsParameters, bool Executed, Output[] Outputs);

    private sealed record Notebook(string Name, long Length, JsonElement Metadata, string[] Ids, Cell[] Code)
    {
        private Task<ScriptState<object>>? _parameters;

        public static Notebook Read(string path)
        {
            JsonElement root = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
            JsonElement[] cells = [.. root.GetProperty("cells").EnumerateArray()];
            return new Notebook(Path.GetFileName(path), new FileInfo(path).Length, root.GetProperty("metadata"), [.. cells.Select(cell => cell.GetProperty("id").GetString()!)],
                [.. cells.Where(cell => cell.GetProperty("cell_type").GetString() == "code").Select(cell => new Cell(
                    cell.GetProperty("id").GetString()!,
                    Joined(cell.GetProperty("source")),
                    cell.GetProperty("metadata").TryGetProperty("tags", out JsonElement tags) && tags.EnumerateArray().Any(tag => tag.GetString() == "parameters"),
                    cell.GetProperty("execution_count").ValueKind == JsonValueKind.Number,
                    [.. cell.GetProperty("outputs").EnumerateArray().Select(output => new Output(output.GetProperty("output_type").GetString()!, output.TryGetProperty("data", out JsonElement data) ? data : default))]))]);
        }

        /// <summary>The variables of the parameters cell: plain literals, so nothing else is needed to run it.</summary>
        public Task<ScriptState<object>> Parameters() => _parameters ??= CSharpScript.RunAsync(Code.Single(cell => cell.IsParameters).Source, ScriptOptions.Default.WithImports("System"));
    }

    private static string Joined(JsonElement text) => text.ValueKind == JsonValueKind.Array ? string.Concat(text.EnumerateArray().Select(line => line.GetString())) : text.ToString();

    [GeneratedRegex("""(\w+)\.Claim\("([^"]+)"\)""")]
    private static partial Regex ClaimCall();

    // The first two arguments of the size: what has no comma outside parentheses.
    [GeneratedRegex("""\b(Figure1|LongRun|NoiseStrength|Digits|Scaling|Float32)\.Create\(new ReproductionSize\(((?:[^(),]|\([^()]*\))+),\s*(\w+),""")]
    private static partial Regex CreateCall();

    // What some host does not understand, or what would show a raw object (DESIGN.md, hosts).
    [GeneratedRegex("""(?m)(?<![\w.])(display|HTML|DisplayAs)\s*\(|\.DisplayAs\b|\.Display\([^)\s]|^\s*#(load|r|!(?!import setup\.csx$))|\bKernel\.|^using\s+var\b|^namespace\b|\(this\s+\w|^(ReadOnly)?Span<|System\.Random|new Random\(""")]
    private static partial Regex Forbidden();

    [GeneratedRegex("""/tmp/|/home/|/root/|/Users/|[A-Z]:\\Users|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-""")]
    private static partial Regex MachineFact();
}
