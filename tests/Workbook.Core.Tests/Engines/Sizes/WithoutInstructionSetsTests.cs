using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.Intrinsics;
using System.Text.RegularExpressions;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>
/// Runs this folder's tests again in child processes with instruction sets switched off, as the numerics tests do with theirs. A child first proves
/// that the switch took effect; one that ran hardly any test, or whose proof fails, fails here.
/// </summary>
public sealed partial class WithoutInstructionSetsTests
{
    // Set in a child to the name of what is off there; it also keeps children from having children.
    private const string Variable = "WORKBOOK_TESTS_WITHOUT";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static string? Missing => Environment.GetEnvironmentVariable(Variable);

    [Fact]
    public void What_this_child_is_told_to_do_without_is_really_off()
    {
        if (Missing is not null)
            Assert.False(Missing switch { "AVX512" => Vector512.IsHardwareAccelerated, "AVX2" => Vector256.IsHardwareAccelerated, _ => Vector128.IsHardwareAccelerated });
    }

    [Theory]
    [InlineData("AVX512")]
    [InlineData("AVX2")]
    [InlineData("HWIntrinsic")]
    public async Task Every_size_passes_without(string instructionSet)
    {
        Assert.SkipWhen(Missing is not null, "A child process: its parent covers the other instruction sets.");
        ProcessStartInfo start = new("dotnet")
        {
            ArgumentList = { Assembly.GetExecutingAssembly().Location, "-namespace", typeof(WithoutInstructionSetsTests).Namespace!, "-noColor" },
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
            Assert.True(total.Success && int.Parse(total.Groups[1].Value, CultureInfo.InvariantCulture) > 60, "The child ran hardly any test.\n" + report);
        }
        finally
        {
            if (!child.HasExited) child.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex(@"Total: (\d+)")]
    private static partial Regex TotalPattern();
}
