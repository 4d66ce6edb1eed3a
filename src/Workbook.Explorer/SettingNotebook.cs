using System.Globalization;
using System.Text.Json.Nodes;
using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Core.Runs;
using Workbook.Kernel;

namespace Workbook.Explorer;

/// <summary>A setting as a notebook: its parameters, its run, and the views of that run. It runs in every host that the workbook's own notebooks run in.</summary>
internal static class SettingNotebook
{
    private const string Setup = "setup.csx";

    /// <summary>The notebook, not yet run.</summary>
    public static NotebookDocument Create(Setting setting)
    {
        RunSpec spec = setting.ToSpec();
        var cells = new JsonArray(
            Markdown($"# One setting\n\nWritten by `workbook explore`. The run is `{spec.Hash()}`: what the page showed, to the last bit on the same instruction set. Change a parameter and run again."),
            Code("#!import setup.csx"),
            Code(Parameters(setting, spec), "parameters"),
            Code($$"""
                var spec = new RunSpec
                {
                    Data = new SignalNoiseSource(new SignalNoise(d, n, s, sigma_p)), Model = new ModelSpec(m_k, m_v, sigma_0),
                    Optimizer = {{Rule(setting)}}, Steps = steps, Seed = seed,
                    Record = Schedule.Parse(record), TestSize = test_size, Test = Schedule.Parse(test),
                };
                var run = Training.Run(spec);
                run.StageTable()
                """),
            Markdown("Query noise, key noise and query signal: they align their signs, vote, and grow."),
            Code("run.QueryKeyDynamics()"),
            Markdown("Softmax outputs: attention leaves the signal."),
            Code("run.SoftmaxOutputs()"),
            Markdown("The first steps: mean value noise grows before anything else."),
            Code("run.KeyAndValueNoise(15)"),
            Markdown("The shares of aligned signs by which the stages are defined."),
            Code("run.AlignedFractions()"),
            Markdown("The loss."),
            Code(setting.Test ? "new[] { run }.LossByOptimizer()" : "new Note($\"Train loss {run.Trajectory.TrainLoss[^1]:G4} after {steps} steps; log of it {run.Trajectory.LogTrainLoss[^1]:G6}.\")"),
            Markdown("Both sides of every claim that says something about this run."),
            Code("run.ClaimTable()"));
        for (int k = 0; k < cells.Count; k++) cells[k]!["id"] = string.Create(CultureInfo.InvariantCulture, $"cell-{k:00}");
        var notebook = new JsonObject
        {
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
            ["metadata"] = new JsonObject
            {
                ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
                ["language_info"] = new JsonObject { ["name"] = "C#" },
            },
            ["cells"] = cells,
        };
        return NotebookDocument.Parse(notebook.ToJsonString(), "the notebook");
    }

    /// <summary>Writes the notebook under its run's hash, with the set-up script that its first cell imports.</summary>
    /// <returns>The notebook's path.</returns>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static string Write(Setting setting, string folder)
    {
        string setup = FindSetup(), place = Path.GetFullPath(Path.Combine(folder, $"explore-{setting.ToSpec().Hash()[..12]}.ipynb"));
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(Path.Combine(folder, Setup), stream => stream.Write(File.ReadAllBytes(setup)));
            Create(setting).Write(place);
            return place;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotebookException)
        {
            throw new InputException($"the notebook cannot be written to {folder}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The build of the library leaves the script in the workbook's <c>notebooks/</c>.</summary>
    private static string FindSetup()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Path.Combine(at.FullName, "notebooks", Setup) is var script && File.Exists(script)) return script;
        throw new InputException($"there is no notebooks/{Setup} above {AppContext.BaseDirectory}; build the workbook, which writes it.");
    }

    private static string Parameters(Setting setting, RunSpec spec)
    {
        var lines = new List<string>();
        foreach (var (name, value) in setting.Values())
        {
            if (name is "optimizer" or "test" || name == "beta1" && setting.Optimizer is not ("adam" or "signum") || name == "beta2" && setting.Optimizer != "adam") continue;
            string type = name == "seed" ? "ulong" : Parameter.Of(name).Whole ? "int" : "double";
            lines.Add($"{type} {name} = {value};");
        }
        lines.Add($"string record = \"{spec.Record}\";");
        lines.Add($"int test_size = {spec.TestSize.ToString(CultureInfo.InvariantCulture)};");
        lines.Add($"string test = \"{spec.Test}\";");
        return string.Join('\n', lines);
    }

    private static string Rule(Setting setting) => setting.Optimizer switch
    {
        "gd" => "new GradientDescent(eta)",
        "adam" => "new Adam(eta, beta1, beta2, 0)",
        "signum" => "new SignMomentum(eta, beta1)",
        _ => "new SignGd(eta)",
    };

    private static JsonObject Markdown(string source) => new() { ["cell_type"] = "markdown", ["metadata"] = new JsonObject(), ["source"] = source };

    private static JsonObject Code(string source, params string[] tags) => new()
    {
        ["cell_type"] = "code",
        ["execution_count"] = null,
        ["metadata"] = tags.Length == 0 ? new JsonObject() : new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]) },
        ["outputs"] = new JsonArray(),
        ["source"] = source,
    };
}
