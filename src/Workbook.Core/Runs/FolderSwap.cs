using System.Runtime.InteropServices;

namespace Workbook.Core.Runs;

/// <summary>
/// Exchanges two folders in one step of the file system (Linux: renameat2 with RENAME_EXCHANGE), so that there is no moment at which neither is
/// in its place.
/// </summary>
internal static partial class FolderSwap
{
    private const int WorkingDirectory = -100;
    private const uint Exchange = 2;

    /// <summary>False where one of the two is not there, or the system or file system has no such step.</summary>
    public static bool Try(string one, string other)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return RenameAt2(WorkingDirectory, one, WorkingDirectory, other, Exchange) == 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
