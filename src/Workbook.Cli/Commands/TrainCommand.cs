using System.CommandLine;
using Spectre.Console;
using Workbook.Cli.Output;
using Workbook.Core;
using Workbook.Core.Runs;
using Workbook.Core.Theory;
using Workbook.Report.Writing;

namespace Workbook.Cli.Commands;

/// <summary>`workbook train`: one run, into a folder of its own.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var command = new Command("train", "Trains once and writes spec, trajectory, claims and manifest into a folder.");
        var spec = new SpecOptions(command, files: true);
        var weights = new Option<bool>("--save-weights") { Description = "Also write the final weights (weights.npz)." };
        var force = new Option<bool>("--force") { Description = "Run again even if this very run is there." };
        var to = new Option<string>("--out") { Description = "Folder to write; a run that is there is replaced.", Required = true, HelpName = "DIR" };
        command.Options.Add(weights);
        command.Options.Add(force);
        command.Options.Add(to);
        // On a thread of its own: Ctrl-C is listened to only once the action has returned its task.
        command.SetAction((parsed, cancel) => Task.Run(() => Run(spec.Read(parsed), parsed.GetValue(to)!, parsed.GetValue(weights), parsed.GetValue(force), cancel), CancellationToken.None));
        return command;
    }

    private static int Run(GivenSpec given, string folder, bool saveWeights, bool force, CancellationToken cancel)
    {
        if (!force && IsThere(given.Spec, folder, saveWeights) is StoredRun there)
        {
            Console.WriteLine($"this run is in {folder} already (--force runs it again)");
            Summarise(there.Spec, there.Trajectory, there.Manifest.Engine, there.Manifest.Seconds);
            return CommandLine.Success;
        }
        RunFolder.CheckPlace(folder);
        Run run = Terminal.WithProgress($"training {given.Spec.Optimizer.Title}", given.Spec.Steps, progress => Training.Run(given.Spec, given.Inputs, progress, cancel));
        RunFolder.Write(folder, run, RunDocuments.Of(run.Spec, run.Trajectory), saveWeights, given.Paths);
        Summarise(run.Spec, run.Trajectory, run.Engine, run.Seconds);
        Console.WriteLine($"written to {folder}");
        if (run.Complete) return CommandLine.Success;
        Console.Error.WriteLine($"interrupted at step {run.Trajectory.Steps[^1]} of {run.Spec.Steps}: the steps recorded so far are in {folder}");
        return CommandLine.Interrupted;
    }

    private static StoredRun? IsThere(RunSpec spec, string folder, bool saveWeights)
    {
        if (!RunFolder.Exists(folder)) return null;
        try
        {
            StoredRun stored = RunFolder.Read(folder);
            return stored.Manifest.Complete && stored.Manifest.SpecHash == spec.Hash() && (!saveWeights || RunFolder.HasWeights(folder)) ? stored : null;
        }
        catch (InputException damaged)
        {
            Console.Error.WriteLine($"{damaged.Message} It is run again.");
            return null;
        }
    }

    private static void Summarise(RunSpec spec, Trajectory t, string engine, double seconds)
    {
        int last = t.Rows - 1;
        string test = double.IsNaN(t.TestLoss[last]) ? "" : $", test loss {ShortNumbers.Short(t.TestLoss[last])}, test error {ShortNumbers.Short(t.TestError[last])}";
        Console.WriteLine($"{spec.Optimizer.Title}, seed {spec.Seed}, {t.Steps[last]} steps on the {engine} engine in {ShortNumbers.Short(seconds)} s");
        Console.WriteLine($"train loss {ShortNumbers.Short(t.TrainLoss[last])}, train error {ShortNumbers.Short(t.TrainError[last])}{test}");
        if (double.IsNaN(t.TrainLoss[last])) Console.WriteLine("the loss is not a number: the weights have overflowed, and every number after that is NaN; a smaller eta helps");
        if (t.FamiliesRefused is string why) Console.WriteLine("no stages: " + why);
        else
            Console.WriteLine("stages: " + string.Join(", ", Stages.Of(spec, t).All.Select(s => $"{s.Id} {(s.Step is int step ? step : "not reached")}")));
    }
}
