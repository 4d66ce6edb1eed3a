namespace Workbook.Core.Data;

/// <summary>
/// Writes a file beside its target and renames it into place, so that a reader sees the old file or the whole new one,
/// never a part, whatever stops the writer in between.
/// </summary>
public static class AtomicFile
{
    /// <summary>
    /// Creates the folder of <paramref name="path"/> where needed, lets <paramref name="write"/> fill a temporary file there,
    /// flushes it to the device and renames it over <paramref name="path"/>.
    /// </summary>
    /// <exception cref="InputException">The target cannot be written (no permission, disk full, a folder in its place).</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        string? temporary = null;
        try
        {
            string full = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            temporary = TemporaryBeside(full);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
            temporary = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path}: cannot be written: {Sentence(e)}", e);
        }
        finally
        {
            if (temporary is not null)
            {
                TryDelete(temporary);
            }
        }
    }

    /// <summary>A name in the same folder that no other writer uses; same folder, because a rename must not cross file systems.</summary>
    public static string TemporaryBeside(string path) => path + "." + Path.GetRandomFileName() + ".tmp";

    /// <summary>Removes a leftover; a failure to do so must not hide the error that left it.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>The message of an exception on one line.</summary>
    public static string Sentence(Exception e) => e.Message.ReplaceLineEndings(" ");
}
