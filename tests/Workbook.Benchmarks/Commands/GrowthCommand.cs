using System.CommandLine;
using Workbook.Benchmarks.Growth;
using Workbook.Benchmarks.Results;

namespace Workbook.Benchmarks.Commands;

/// <summary>`growth`: time, allocation and memory of a step against n, m_k, s and d.</summary>
internal static class GrowthCommand
{
    public static Command Create()
    {
        var command = new Command("growth", "Measures how the cost of a step grows with n, m_k, s and d, and writes growth.json, growth.svg and growth.png.");
        Option<bool> quick = Options.Quick();
        Option<string> to = Options.Out();
        command.Options.Add(quick);
        command.Options.Add(to);
        command.SetAction((parsed, cancel) => Task.Run(() => Run(new ResultFolder(parsed.GetValue(to)!), parsed.GetValue(quick), cancel), CancellationToken.None));
        return command;
    }

    public static int Run(ResultFolder folder, bool quick, CancellationToken cancel)
    {
        bool show = Output.Interactive;
        GrowthResult growth = GrowthStudy.Run(quick, Program.CommandLine("growth" + (quick ? " --quick" : "")), Json.Read<GrowthResult>(folder.GrowthPath),
            Output.Progress(show), soFar => Json.Write(folder.GrowthPath, soFar), cancel);
        Output.Done(show);
        GrowthFigure.Of(growth).Save(Path.Combine(folder.Path, "growth.svg"));
        GrowthFigure.Of(growth).Save(Path.Combine(folder.Path, "growth.png"));
        folder.WritePage();
        foreach (GrowthFit fit in growth.Fits)
            Console.WriteLine(FormattableString.Invariant($"{fit.Engine,-8} {fit.Factor,-4} exponent {fit.Exponent:F2} [{fit.Low:F2} .. {fit.High:F2}], of the operations {fit.Expected:F0}"));
        double most = growth.Points.Max(point => point.BytesPerStep);
        Console.WriteLine(most == 0 ? "no step allocates" : FormattableString.Invariant($"a step allocates up to {most:0.##} bytes"));
        return 0;
    }
}
