using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Runs;

/// <summary>Where a run was done: what a reader needs to judge whether a number can be expected to agree to the last bit.</summary>
/// <param name="Cpu">Name of the processor.</param>
/// <param name="Cores">Logical processors.</param>
/// <param name="InstructionSet">Widest vector instructions in use: avx512, avx2, neon or scalar.</param>
/// <param name="System">Operating system.</param>
/// <param name="Runtime">.NET version.</param>
/// <param name="Workbook">Version of this library.</param>
/// <param name="Commit">Commit that the library was built from, or "unknown".</param>
public sealed record Machine(string Cpu, int Cores, string InstructionSet, string System, string Runtime, string Workbook, string Commit)
{
    /// <summary>The machine and build that run this.</summary>
    public static Machine Current { get; } = Describe();

    private static Machine Describe()
    {
        string version = typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        string[] parts = version.Split('+');
        return new Machine(CpuName(), Environment.ProcessorCount, Widest(), RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription,
            parts[0], parts.Length > 1 ? parts[1] : "unknown");
    }

    private static string Widest() =>
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? "avx512"
        : Avx2.IsSupported ? "avx2"
        : Vector128.IsHardwareAccelerated ? (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? "neon" : "sse")
        : "scalar";

    private static string CpuName()
    {
        const string Linux = "/proc/cpuinfo";
        if (File.Exists(Linux))
            foreach (string line in File.ReadLines(Linux))
                if (line.StartsWith("model name", StringComparison.Ordinal)) return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
