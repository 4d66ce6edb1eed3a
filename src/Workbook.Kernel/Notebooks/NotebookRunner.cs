using System.Diagnostics;
using System.Globalization;

namespace Workbook.Kernel;

/// <summary>What to run, and what to do with the outputs. With neither place to write nor check, the notebooks are only run.</summary>
public sealed record NotebookRequest
{
    /// <summary>The notebooks.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Folder for the executed copies.</summary>
    public string? OutFolder { get; init; }

    /// <summary>Whether the executed notebooks take the place of the files.</summary>
    public bool InPlace { get; init; }

    /// <summary>Whether to compare with the committed outputs, writing nothing.</summary>
    public bool Check { get; init; }

    /// <summary><c>name=value</c> each.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Seconds that a cell may take; null for any time.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>Whether to go on after a failed cell, and not to count it.</summary>
    public bool AllowErrors { get; init; }
}

/// <summary>Runs notebooks without a front end: the work of <c>workbook notebook run</c>.</summary>
/// <remarks>
/// An executed notebook is written after every cell, beside its place and then moved there: whatever ends the run, the outputs of the cells that
/// had finished are in the file and the file is whole.
/// </remarks>
public static class NotebookRunner
{
    /// <summary>All cells ran and, if asked, agreed.</summary>
    public const int Succeeded = 0;

    /// <summary>A cell failed, or its outputs differ from the committed ones.</summary>
    public const int Failed = 1;

    /// <summary>The request makes no sense, or a file cannot be read or written.</summary>
    public const int BadUsage = 2;

    /// <summary>Called off by Ctrl-C.</summary>
    public const int Cancelled = 130;

    /// <summary>Runs the notebooks one after the other, each in a session of its own and with its folder as working directory.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="progress">Told which cell is running, for a terminal; null where no one looks.</param>
    /// <param name="errors">Told what went wrong.</param>
    /// <param name="cancellation">Calls the run off.</param>
    /// <returns>The exit code.</returns>
    public static int Run(NotebookRequest request, TextWriter? progress, TextWriter errors, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(errors);
        var home = Environment.CurrentDirectory;
        try
        {
            var parameters = Parameters(request);
            var jobs = Jobs(request, parameters);
            var code = Succeeded;
            foreach (var job in jobs)
            {
                code = Math.Max(code, Run(job, request, progress, errors, cancellation));
                if (cancellation.IsCancellationRequested)
                {
                    return Cancelled;
                }
            }

            return code;
        }
        catch (NotebookException error)
        {
            errors.WriteLine(error.Message);
            return BadUsage;
        }
        finally
        {
            Environment.CurrentDirectory = home;
        }
    }

    private static Dictionary<string, string> Parameters(NotebookRequest request)
    {
        if (request.Check && request.Parameters.Count > 0)
        {
            throw new NotebookException("Outputs are committed for the default parameters: --check does not go with --parameters.");
        }

        if (new[] { request.Check, request.InPlace, request.OutFolder is not null }.Count(chosen => chosen) > 1)
        {
            throw new NotebookException("Only one of --out, --in-place and --check can be asked for.");
        }

        if (request.TimeoutSeconds is <= 0 or > 2_000_000 or double.NaN)
        {
            throw new NotebookException("--timeout needs a positive number of seconds.");
        }

        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var parameter in request.Parameters)
        {
            var at = parameter.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new NotebookException($"--parameters needs name=value, not {parameter}.");
            }

            parameters[parameter[..at].Trim()] = parameter[(at + 1)..];
        }

        return parameters;
    }

    // Everything is read before anything runs: a mistyped name is told at once, not after an hour.
    private static List<Job> Jobs(NotebookRequest request, Dictionary<string, string> parameters)
    {
        List<Job> jobs = [];
        foreach (var file in request.Files)
        {
            var path = Path.GetFullPath(file);
            var notebook = NotebookDocument.Read(path);
            if (parameters.Count > 0)
            {
                try
                {
                    NotebookParameters.Inject(notebook, parameters);
                }
                catch (NotebookException error)
                {
                    throw new NotebookException($"{file}: {error.Message}", error);
                }
            }

            var target = request.InPlace ? path : request.OutFolder is { } folder ? Path.Combine(Path.GetFullPath(folder), Path.GetFileName(path)) : null;
            if (target is not null && jobs.Any(job => job.Target == target))
            {
                throw new NotebookException($"Two notebooks would be written to {target}.");
            }

            jobs.Add(new Job(file, path, target, notebook));
        }

        if (request.OutFolder is not null)
        {
            try
            {
                Directory.CreateDirectory(request.OutFolder);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new NotebookException($"{request.OutFolder} could not be made: {error.Message}", error);
            }
        }

        return jobs;
    }

    private static int Run(Job job, NotebookRequest request, TextWriter? progress, TextWriter errors, CancellationToken cancellation)
    {
        var folder = Path.GetDirectoryName(job.Path)!;
        Environment.CurrentDirectory = folder;
        var committed = request.Check ? NotebookDocument.Parse(job.Notebook.ToString(), job.Name) : null;
        var clock = Stopwatch.StartNew();
        var line = "";
        void Say(string text)
        {
            progress?.Write("\r" + text.PadRight(line.Length));
            progress?.Flush();
            line = text;
        }

        void Save()
        {
            if (job.Target is not null)
            {
                job.Notebook.Write(job.Target);
            }
        }

        using var run = new NotebookRun(job.Notebook, folder)
        {
            Timeout = request.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            AllowErrors = request.AllowErrors,
            Starting = (number, count) => Say($"{job.Name}: cell {number} of {count}"),
            Ended = Save,
        };

        // A library may call Environment.Exit where a cell's own call would have been caught.
        void ProcessIsEnding(object? sender, EventArgs e)
        {
            if (run.EndWithProcess())
            {
                errors.WriteLine($"{job.Name}: code called by a cell ended the process");
                Environment.ExitCode = Failed;
            }
        }

        AppDomain.CurrentDomain.ProcessExit += ProcessIsEnding;
        NotebookOutcome outcome;
        try
        {
            outcome = run.RunAsync(cancellation).GetAwaiter().GetResult();
            Save();
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= ProcessIsEnding;
        }

        Say(string.Create(CultureInfo.InvariantCulture, $"{job.Name}: {outcome.Ran} cells, {clock.Elapsed.TotalSeconds:0.0} s{(outcome.IsCancelled ? ", called off" : "")}"));
        progress?.WriteLine();
        foreach (var failure in outcome.IsCancelled ? [] : outcome.Failures)
        {
            errors.WriteLine($"{job.Name}: cell {failure.Number} failed\n  {string.Join("\n  ", failure.Error.Traceback)}");
        }

        var differences = committed is null || outcome.IsCancelled ? [] : NotebookCheck.Compare(committed, job.Notebook);
        foreach (var difference in differences)
        {
            errors.WriteLine($"{job.Name}: {difference}");
        }

        return differences.Count > 0 || (outcome.Failures.Count > 0 && !request.AllowErrors) ? Failed : Succeeded;
    }

    private sealed record Job(string Name, string Path, string? Target, NotebookDocument Notebook);
}
