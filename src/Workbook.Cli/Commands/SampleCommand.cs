using System.CommandLine;
using Workbook.Core.Data;
using Workbook.Core.Runs;

namespace Workbook.Cli.Commands;

/// <summary>`workbook sample`: data and initial weights of a seed, for another program to train on.</summary>
internal static class SampleCommand
{
    public static Command Create()
    {
        var command = new Command("sample", "Writes the training data and the initial weights of a seed as one .npz.");
        var spec = new SpecOptions(command, files: false);
        var npz = new Option<string>("--npz") { Description = "File to write: X, y, mu, signal_patch, W_Q, W_K, W_V_pos, W_V_neg.", Required = true, HelpName = "F.npz" };
        command.Options.Add(npz);
        command.SetAction(parsed =>
        {
            var (problem, _) = RunInputs.None.Build(spec.Read(parsed).Spec with { TestSize = 0 });
            NpzWriter.Write(parsed.GetValue(npz)!, [.. NpzFormats.Data(problem.Data), .. NpzFormats.Weights(problem.Weights.Materialise())]);
            Console.WriteLine($"X [{problem.Data.Count}, {problem.Data.Length}, {problem.Data.Dimension}], m_k = {problem.Weights.MK}, m_v = {problem.Weights.MV} written to {parsed.GetValue(npz)}");
            return CommandLine.Success;
        });
        return command;
    }
}
