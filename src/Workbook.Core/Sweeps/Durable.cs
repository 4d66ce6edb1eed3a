using System.Runtime.InteropServices;

namespace Workbook.Core.Sweeps;

/// <summary>What it takes for a file to be there after the power has failed: its bytes on the device before it gets its name, and then the name.</summary>
internal static partial class Durable
{
    /// <summary>Told before and after every step after which a store looks different on the device; tests stop the world there.</summary>
    internal static readonly AsyncLocal<Action?> Watch = new();

    /// <summary>A step is about to be taken, or has been.</summary>
    internal static void Step() => Watch.Value?.Invoke();

    /// <summary>Renames a file whose bytes are on the device, and puts the folder's entry there too.</summary>
    public static void Rename(string from, string to)
    {
        Step();
        File.Move(from, to, overwrite: true);
        FlushFolder(Path.GetDirectoryName(to)!);
        Step();
    }

    /// <summary>Writes a small file whole or not at all.</summary>
    public static void WriteText(string path, string text)
    {
        string partial = Partial(path);
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }
            Rename(partial, path);
        }
        finally
        {
            Delete(partial);
        }
    }

    /// <summary>A name beside a file that no other writer uses.</summary>
    public static string Partial(string path) => $"{path}.{Path.GetRandomFileName()}.tmp";

    /// <summary>Removes a leftover; failing to must not hide the error that left it.</summary>
    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        int handle = Open(folder, 0);
        if (handle < 0) return;
        // Some file systems cannot; then the entry gets there with the next write.
        _ = Synchronize(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);
}
