using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Workbook.Core;

namespace Workbook.Benchmarks.Measuring;

/// <summary>The two instruction sets that everything is measured with, each in a process of its own.</summary>
internal static class Instructions
{
    public const string Avx512 = "avx512", Avx2 = "avx2";

    /// <summary>The switch of the runtime that turns AVX-512 off.</summary>
    public const string Switch = "DOTNET_EnableAVX512";

    /// <summary>Exit code of a measuring process that finds another instruction set in force than the one it was to measure.</summary>
    public const int NotInForce = 3;

    public static readonly string[] All = [Avx512, Avx2];

    /// <summary>What is in force in this process.</summary>
    public static string Here =>
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? Avx512
        : System.Runtime.Intrinsics.X86.Avx2.IsSupported && Fma.IsSupported && !Avx512F.IsSupported && !Vector512.IsHardwareAccelerated ? Avx2
        : "another instruction set";

    /// <summary>Throws one sentence unless exactly <paramref name="name"/> is in force.</summary>
    public static void Assert(string name)
    {
        if (!All.Contains(name)) throw new InputException($"the instruction set is '{name}'; it has to be {string.Join(" or ", All)}.");
        if (Here != name) throw new NotInForceException($"{name} was to be measured, but this process has {Here}.");
    }

    /// <summary>A number that is bound by the width of a vector is reached with half the width at half the speed.</summary>
    public static double Width(string name) => name == Avx512 ? 1 : 0.5;

    public static string Title(string name) => name == Avx512 ? "AVX-512" : "AVX2";
}

/// <summary>The instruction set to be measured is not in force in this process.</summary>
internal sealed class NotInForceException(string message) : Exception(message);
