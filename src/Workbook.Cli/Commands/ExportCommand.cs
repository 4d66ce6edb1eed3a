using System.CommandLine;
using System.Globalization;
using System.Text;
using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Core.Runs;

namespace Workbook.Cli.Commands;

/// <summary>`workbook export`: a stored run's trajectory for NumPy or a spreadsheet.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var command = new Command("export", "Writes the trajectory of a stored run as .npz (float64, C order) or CSV.");
        var folder = new Argument<string>("DIR") { Description = "Folder of a run." };
        var npz = new Option<string?>("--npz") { Description = "Arrays t [T], train_loss [T], .., query_noise [T, n, m_k]; row t is the state before update t.", HelpName = "F.npz" };
        var csv = new Option<string?>("--csv") { Description = "One line per recorded step, one column per number.", HelpName = "F.csv" };
        command.Arguments.Add(folder);
        command.Options.Add(npz);
        command.Options.Add(csv);
        command.SetAction(parsed =>
        {
            string? toNpz = parsed.GetValue(npz), toCsv = parsed.GetValue(csv);
            if (toNpz is null && toCsv is null) throw new InputException("nothing to write: give --npz F.npz or --csv F.csv.");
            StoredRun run = RunFolder.Read(parsed.GetValue(folder)!);
            if (toNpz is not null) NpzWriter.Write(toNpz, NpzFormats.Trajectory(run.Trajectory));
            if (toCsv is not null) WriteCsv(run.Trajectory, toCsv);
            return CommandLine.Success;
        });
        return command;
    }

    private static void WriteCsv(Trajectory t, string path)
    {
        string partial = $"{path}.partial-{Path.GetRandomFileName()}";
        try
        {
            using (var writer = new StreamWriter(partial, append: false, new UTF8Encoding(false)) { NewLine = "\n" })
            {
                writer.WriteLine("t," + string.Join(',', TrajectoryColumn.All.SelectMany(c => Names(c, t))));
                for (int row = 0; row < t.Rows; row++)
                {
                    writer.Write(t.Steps[row].ToString(CultureInfo.InvariantCulture));
                    foreach (TrajectoryColumn column in TrajectoryColumn.All)
                    {
                        int width = column.Width(t.Samples, t.Neurons);
                        foreach (double value in t[column.Name].AsSpan(row * width, width).ToArray())
                        {
                            writer.Write(',');
                            // An empty field is how a CSV says that nothing was measured.
                            if (!double.IsNaN(value)) writer.Write(value.ToString("R", CultureInfo.InvariantCulture));
                        }
                    }
                    writer.WriteLine();
                }
            }
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be written: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        finally
        {
            if (File.Exists(partial)) File.Delete(partial);
        }
    }

    private static IEnumerable<string> Names(TrajectoryColumn c, Trajectory t) => (c.PerSample, c.PerNeuron) switch
    {
        (true, true) => from i in Enumerable.Range(0, t.Samples) from r in Enumerable.Range(0, t.Neurons) select $"{c.Name}_{i}_{r}",
        (true, false) => Enumerable.Range(0, t.Samples).Select(i => $"{c.Name}_{i}"),
        (false, true) => Enumerable.Range(0, t.Neurons).Select(r => $"{c.Name}_{r}"),
        _ => [c.Name],
    };
}
