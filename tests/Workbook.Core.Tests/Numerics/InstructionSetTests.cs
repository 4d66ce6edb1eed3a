using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Intrinsics;
using System.Text.RegularExpressions;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

/// <summary>
/// Runs the numerics tests again in child processes with instruction sets switched off. A child first proves that
/// the switch took effect; one that ran no test, or whose proof fails, fails here.
/// </summary>
public sealed partial class InstructionSetTests
{
    // Set in a child to the name of what is off there; it also keeps children from having children.
    private const string Variable = "WORKBOOK_TESTS_WITHOUT";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static string? Missing => Environment.GetEnvironmentVariable(Variable);

    [Fact]
    public void What_this_child_is_told_to_do_without_is_really_off()
    {
        switch (Missing)
        {
            case null:
                break;
            case "AVX512":
                Assert.False(Vector512.IsHardwareAccelerated || System.Runtime.Intrinsics.X86.Avx512F.IsSupported);
                break;
            case "AVX2":
                Assert.False(Vector256.IsHardwareAccelerated || System.Runtime.Intrinsics.X86.Avx2.IsSupported);
                break;
            case "HWIntrinsic":
                Assert.False(Vector128.IsHardwareAccelerated);
                break;
            default:
                Assert.Fail($"Unknown instruction set {Missing}.");
                break;
        }
    }

    [Theory]
    [InlineData("AVX512")]
    [InlineData("AVX2")]
    [InlineData("HWIntrinsic")]
    public async Task The_numerics_tests_pass_without(string instructionSet)
    {
        Assert.SkipWhen(Missing is not null, "A child process: its parent covers the other instruction sets.");
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Assembly.GetExecutingAssembly().Location, "-namespace", typeof(InstructionSetTests).Namespace!, "-noColor" },
            Environment = { [Variable] = instructionSet, [$"DOTNET_Enable{instructionSet}"] = "0" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process child = Process.Start(start)!;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            Task<string> output = child.StandardOutput.ReadToEndAsync(limit.Token), error = child.StandardError.ReadToEndAsync(limit.Token);
            await child.WaitForExitAsync(limit.Token);
            string report = await output + await error;
            Match total = TotalPattern().Match(report);
            Assert.True(child.ExitCode == 0, report);
            Assert.True(total.Success && int.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture) > 20, "The child ran hardly any test.\n" + report);
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex(@"Total: (\d+)")]
    private static partial Regex TotalPattern();
}
