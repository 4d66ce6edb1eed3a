using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Workbook.Kernel;

/// <summary>
/// What the host weaves into the text of a cell, see <see cref="CellInstrumentation"/>. It must be public, since cells call it;
/// it is not meant to be called by hand.
/// </summary>
/// <remarks>
/// .NET has no way to stop a thread that does not co-operate. A cell co-operates without knowing: each turn of a loop and each entry of a
/// method passes here. While nothing is being interrupted that costs one read of a static field.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellGuard
{
    private static int s_interrupted;

    /// <summary>Passed in every turn of a loop: throws if the running cell was told to stop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn()
    {
        if (Volatile.Read(ref s_interrupted) != 0)
        {
            ThrowIfInterrupted();
        }
    }

    /// <summary>Passed on entering a method: as <see cref="Turn"/>, and an endless recursion becomes an ordinary exception.</summary>
    public static void Enter()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Turn();
    }

    /// <summary>Stands in a cell for <see cref="Environment.Exit"/>: stops the cell and keeps the process.</summary>
    public static void Exit(int exitCode) => throw new CellExitException(exitCode);

    /// <summary>Counts a run that is to stop, so that <see cref="Turn"/> begins to look.</summary>
    internal static void Arm() => Interlocked.Increment(ref s_interrupted);

    /// <summary>The run that was counted has ended.</summary>
    internal static void Disarm() => Interlocked.Decrement(ref s_interrupted);

    private static void ThrowIfInterrupted()
    {
        if (CellRun.Current is { IsInterrupted: true })
        {
            throw new CellInterruptedException();
        }
    }
}
