using System.Security.Cryptography;
using System.Text;
using Workbook.Core.Data;

namespace Workbook.Core.Runs;

/// <summary>A run read back from its folder.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Spec">What was asked for.</param>
/// <param name="Manifest">What ran.</param>
/// <param name="Trajectory">What was recorded.</param>
public sealed record StoredRun(string Folder, RunSpec Spec, Manifest Manifest, Trajectory Trajectory);

/// <summary>
/// The folder of one run: <c>spec.json</c>, <c>trajectory.parquet</c>, <c>manifest.json</c> and what is attached (<c>claims.json</c>,
/// <c>weights.npz</c>). It is written beside its place and renamed in whole, so that no reader sees half a run.
/// </summary>
public static class RunFolder
{
    private const string Spec = "spec.json", TrajectoryName = "trajectory.parquet", ManifestName = "manifest.json", Weights = "weights.npz";
    private const string PartialMark = ".partial-";

    /// <summary>Writes a run.</summary>
    /// <param name="folder">Its place; an earlier run there is replaced, anything else there is left alone and refused.</param>
    /// <param name="run">The run.</param>
    /// <param name="attachments">More text files by name.</param>
    /// <param name="saveWeights">Whether to write the final weights.</param>
    /// <param name="inputs">Paths of the files that the spec refers to.</param>
    /// <returns>The manifest as it was written.</returns>
    /// <exception cref="InputException">The folder cannot be written, or holds something that is not a run.</exception>
    public static Manifest Write(string folder, Run run, IReadOnlyDictionary<string, string>? attachments = null, bool saveWeights = false, IReadOnlyDictionary<string, string>? inputs = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(run);
        string place = Path.GetFullPath(folder);
        string partial = place + PartialMark + Path.GetRandomFileName();
        try
        {
            RefuseForeign(place);
            Directory.CreateDirectory(partial);
            WriteFile(partial, Spec, stream => stream.Write(Encoding.UTF8.GetBytes(SpecJson.Write(run.Spec))));
            WriteFile(partial, TrajectoryName, stream => TrajectoryFile.WriteAsync(run.Trajectory, stream).GetAwaiter().GetResult());
            foreach (var (name, text) in attachments ?? new Dictionary<string, string>())
                WriteFile(partial, name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
            if (saveWeights) NpzWriter.Write(Path.Combine(partial, Weights), NpzFormats.Weights(run.FinalWeights.Value));
            var manifest = new Manifest
            {
                SpecHash = run.Spec.Hash(),
                Seed = run.Spec.Seed,
                Engine = run.Engine,
                Seconds = run.Seconds,
                Complete = run.Complete,
                Finished = DateTime.UtcNow,
                Machine = Machine.Current,
                Inputs = inputs ?? new Dictionary<string, string>(),
                Files = Directory.GetFiles(partial).Order(StringComparer.Ordinal).ToDictionary(f => Path.GetFileName(f), Describe, StringComparer.Ordinal),
            };
            WriteFile(partial, ManifestName, stream => stream.Write(Encoding.UTF8.GetBytes(manifest.ToJson())));
            MoveIntoPlace(partial, place);
            return manifest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the run cannot be written to {folder}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        finally
        {
            TryDelete(partial);
        }
    }

    /// <summary>Fails now, and not after a long run, where a run could not be written.</summary>
    /// <exception cref="InputException">The folder holds something else, or cannot be made.</exception>
    public static void CheckPlace(string folder)
    {
        string place = Path.GetFullPath(folder);
        RefuseForeign(place);
        string partial = place + PartialMark + Path.GetRandomFileName();
        try
        {
            Directory.CreateDirectory(partial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the run cannot be written to {folder}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        finally
        {
            TryDelete(partial);
        }
    }

    /// <summary>
    /// Reads a run after checking every file against the manifest. Where it is replaced meanwhile, it is read again.
    /// </summary>
    /// <exception cref="InputException">No run there, or a damaged one; the sentence names the file.</exception>
    public static StoredRun Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        const int Patience = 100;
        for (int attempt = 0; ; attempt++)
        {
            string? before = ManifestText(folder);
            try
            {
                StoredRun run = ReadOnce(folder);
                if (attempt == Patience || ManifestText(folder) == before) return run;
            }
            catch (InputException) when (attempt < Patience && ManifestText(folder) != before)
            {
                // The files are of two runs, one after the other.
            }
        }
    }

    private static string? ManifestText(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, ManifestName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static StoredRun ReadOnce(string folder)
    {
        Manifest manifest = Verify(folder);
        try
        {
            RunSpec spec = SpecJson.Read(File.ReadAllText(Path.Combine(folder, Spec)));
            if (spec.Hash() != manifest.SpecHash)
                throw new InputException($"the run in {folder} is damaged: its {ManifestName} and its {Spec} are of different runs.");
            Trajectory trajectory = TrajectoryFile.ReadAsync(Path.Combine(folder, TrajectoryName)).GetAwaiter().GetResult();
            return new StoredRun(folder, spec, manifest, trajectory);
        }
        catch (IOException e)
        {
            throw new InputException($"the run in {folder} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether a folder holds (or claims to hold) a run.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, ManifestName));

    /// <summary>Whether the final weights are there.</summary>
    public static bool HasWeights(string folder) => File.Exists(Path.Combine(folder, Weights));

    /// <summary>The manifest, once every file agrees with it.</summary>
    public static Manifest Verify(string folder)
    {
        string path = Path.Combine(folder, ManifestName);
        if (!Directory.Exists(folder)) throw new InputException($"there is no folder {folder}.");
        if (!File.Exists(path)) throw new InputException($"{folder} is not a run: it has no {ManifestName}.");
        Manifest manifest;
        try
        {
            manifest = Manifest.FromJson(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InputException)
        {
            throw new InputException($"{path} cannot be read: {e.Message}", e);
        }
        foreach (var (name, expected) in manifest.Files)
        {
            string file = Path.Combine(folder, name);
            if (!File.Exists(file)) throw new InputException($"the run in {folder} is damaged: {name} is missing.");
            if (!Agrees(file, expected)) throw new InputException($"the run in {folder} is damaged: {name} does not have the checksum of its manifest.");
        }
        if (!manifest.Files.ContainsKey(Spec) || !manifest.Files.ContainsKey(TrajectoryName))
            throw new InputException($"the run in {folder} is damaged: its manifest does not list {Spec} and {TrajectoryName}.");
        return manifest;
    }

    /// <summary>Removes what writers that died left beside the runs of a folder.</summary>
    internal static void SweepPartials(string parent, TimeSpan olderThan)
    {
        if (!Directory.Exists(parent)) return;
        foreach (string partial in Directory.EnumerateDirectories(parent, "*" + PartialMark + "*"))
            if (DateTime.UtcNow - Directory.GetLastWriteTimeUtc(partial) > olderThan) TryDelete(partial);
    }

    private static void RefuseForeign(string place)
    {
        if (File.Exists(place)) throw new InputException($"{place} is a file; a run needs a folder.");
        if (Directory.Exists(place) && !Exists(place) && Directory.EnumerateFileSystemEntries(place).Any())
            throw new InputException($"{place} holds files that are not a run; choose a new or empty folder.");
    }

    private static void MoveIntoPlace(string partial, string place)
    {
        // Two writers of the same run may meet here: each step either succeeds or finds that the other was faster, and goes round again.
        const int Patience = 100;
        for (int attempt = 0; ; attempt++)
        {
            RefuseForeign(place);
            // What was there is deleted with the partial folder, whose name it has now.
            if (FolderSwap.Try(partial, place)) return;
            try
            {
                if (Directory.Exists(place))
                {
                    // No exchange on this system: for a moment there is no run in its place.
                    string old = place + PartialMark + Path.GetRandomFileName();
                    Directory.Move(place, old);
                    TryDelete(old);
                }
                Directory.Move(partial, place);
                return;
            }
            catch (IOException) when (attempt < Patience && Directory.Exists(partial))
            {
            }
        }
    }

    private static void WriteFile(string folder, string name, Action<FileStream> write)
    {
        using var stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        write(stream);
        stream.Flush(flushToDisk: true);
    }

    private static ManifestFile Describe(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return new ManifestFile(Convert.ToHexStringLower(SHA256.HashData(stream)), stream.Length);
    }

    private static bool Agrees(string file, ManifestFile expected)
    {
        try
        {
            return Describe(file) == expected;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A leftover is swept later; it must not hide the error that left it.
        }
    }
}
