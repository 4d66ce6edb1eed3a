namespace Workbook.Cli.Tests;

/// <summary>Help on every level names everything that can be given there.</summary>
public sealed class HelpTests
{
    private const string Spec = "--preset --d --n --s --sigma-p --supports --mk --mv --sigma-0 --seed";

    [Theory]
    [InlineData("", "reproduce train stages claims export sample data info --version")]
    [InlineData("reproduce", "--quick --seeds --out --strict --force")]
    [InlineData("train", Spec + " --optimizer signgd adam gd signum sign-power normalized-gd sign-dead-zone minibatch-signgd --eta --beta1 --beta2 --eps --power --dead-zone --batch --steps --record-every --record --test-size --test-every --engine auto dense support reduced --precision f64 f32 --data --init --save-weights --force --out independent disjoint")]
    [InlineData("sample", Spec + " --npz")]
    [InlineData("export", "DIR --npz --csv")]
    [InlineData("stages", "DIR --json")]
    [InlineData("claims", "DIR --json")]
    [InlineData("data", "where fetch")]
    [InlineData("data fetch", "NAME mnist --out")]
    [InlineData("info", "--help")]
    public void Help_names_everything(string command, string expected)
    {
        using var folder = new TemporaryFolder();
        Answer help = Program.Run(folder, command + " --help").Succeeds();
        Assert.Equal("", help.Error);
        foreach (string word in expected.Split(' ')) Assert.Contains(word, help.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', help.Out);
    }

    [Fact]
    public void Info_names_versions_processor_and_engines()
    {
        using var folder = new TemporaryFolder();
        string info = Program.Run(folder, "info").Succeeds().Out;
        foreach (string word in (string[])["workbook", ".NET", "processor", "instruction set", "dense", "support", "reduced"]) Assert.Contains(word, info, StringComparison.Ordinal);
    }
}
