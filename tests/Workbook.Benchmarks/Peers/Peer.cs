using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Workbook.Benchmarks.Measuring;

namespace Workbook.Benchmarks.Peers;

/// <summary>
/// A Python program that is kept alive and answers lines of JSON with lines of JSON, so that starting it and importing its libraries is
/// timed by nobody. It does its own timing; the pipe is not part of it.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;
    private volatile string _complaint = "no reason given";

    private Peer(Process process, string name) => (_process, Name) = (process, name);

    /// <summary>What was chosen for it, for instance an OpenBLAS core type.</summary>
    public string Name { get; }

    /// <summary>What it said of itself.</summary>
    public JsonNode Hello { get; private set; } = new JsonObject();

    /// <summary>Starts a script of <c>peers/</c> without waiting for it.</summary>
    public static Peer Start(string python, string script, string name, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(python, ["-B", Path.Combine(AppContext.BaseDirectory, "peers", script)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Whoever sets these for other work must not choose the peer's threads or core type with them.
        foreach (string variable in (string[])["OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY"]) info.Environment.Remove(variable);
        foreach (string variable in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]) info.Environment[variable] = "1";
        foreach (var (variable, value) in environment) info.Environment[variable] = value;
        var process = Process.Start(info)!;
        var peer = new Peer(process, name);
        // The last line of a Python error says what went wrong.
        process.ErrorDataReceived += (_, line) => peer._complaint = string.IsNullOrWhiteSpace(line.Data) ? peer._complaint : line.Data;
        process.BeginErrorReadLine();
        return peer;
    }

    /// <summary>Waits until it says what it is; false where it ends instead.</summary>
    public bool Greets()
    {
        try
        {
            Hello = Ask(new { @do = "hello" });
            return true;
        }
        catch (PeerEndedException)
        {
            return false;
        }
    }

    /// <summary>Asks and waits for the answer, which is worked out on the core that this thread is held on.</summary>
    /// <exception cref="PeerEndedException">The peer ended instead of answering.</exception>
    public JsonNode Ask(object question)
    {
        string? answer = null;
        try
        {
            JsonNode asked = JsonSerializer.SerializeToNode(question)!;
            if (OneCore.Current is int core) asked["core"] = core;
            _process.StandardInput.WriteLine(asked.ToJsonString());
            _process.StandardInput.Flush();
            answer = _process.StandardOutput.ReadLine();
        }
        catch (IOException)
        {
            // It was gone before it could be asked.
        }
        if (answer is not null) return JsonNode.Parse(answer)!;
        _process.WaitForExit();
        throw new PeerEndedException($"the Python program ({Name}) ended with code {_process.ExitCode} instead of answering: {_complaint}");
    }

    /// <summary>Closes its input, on which it ends.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(2000)) _process.Kill();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It is gone already.
        }
        _process.Dispose();
    }

    /// <summary>The Python that has a module: the first on the path need not be the one with the system's libraries.</summary>
    public static string? Python(string module)
    {
        foreach (string candidate in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(candidate, ["-c", $"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
                process.WaitForExit();
                if (process.ExitCode == 0) return candidate;
            }
            catch (Win32Exception)
            {
                // Not there: try the next.
            }
        }
        return null;
    }
}

/// <summary>A peer ended in the middle of its work.</summary>
internal sealed class PeerEndedException(string message) : IOException(message);
