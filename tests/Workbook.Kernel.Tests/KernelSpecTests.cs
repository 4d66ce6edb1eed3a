using System.Text.Json.Nodes;

namespace Workbook.Kernel.Tests;

/// <summary>What is written for Jupyter, and what is left alone.</summary>
public sealed class KernelSpecTests : IDisposable
{
    private readonly string _prefix = Directory.CreateTempSubdirectory("spec-test-").FullName;

    public void Dispose() => Directory.Delete(_prefix, recursive: true);

    private string Spec(string name) => Path.Combine(_prefix, "share", "jupyter", "kernels", name, "kernel.json");

    [Fact]
    public void Both_names_are_installed_with_absolute_paths_and_removed_again()
    {
        KernelSpec.Install("workbook.dll", _prefix);
        foreach (var name in new[] { "workbook", ".net-csharp" })
        {
            var spec = JsonNode.Parse(File.ReadAllText(Spec(name)))!;
            Assert.True(File.Exists((string)spec["argv"]![0]!));
            Assert.Equal(Path.GetFullPath("workbook.dll"), (string?)spec["argv"]![1]);
            Assert.Equal("{connection_file}", (string?)spec["argv"]!.AsArray()[^1]);
            Assert.Equal("message", (string?)spec["interrupt_mode"]);
            Assert.Equal("C#", (string?)spec["language"]);
        }

        Assert.Equal(2, KernelSpec.Install("workbook.dll", _prefix).Count(line => line.StartsWith("Installed", StringComparison.Ordinal)));
        KernelSpec.Uninstall(_prefix);
        Assert.False(Directory.Exists(Path.GetDirectoryName(Spec("workbook"))));
        Assert.Equal(["No kernel was installed there."], KernelSpec.Uninstall(_prefix));
    }

    [Fact]
    public void Another_kernels_name_is_left_alone()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Spec(".net-csharp"))!);
        File.WriteAllText(Spec(".net-csharp"), """{"argv":["dotnet-interactive"],"display_name":".NET (C#)","language":"C#"}""");
        Assert.Contains(KernelSpec.Install("workbook.dll", _prefix), line => line.Contains("left alone", StringComparison.Ordinal));
        KernelSpec.Uninstall(_prefix);
        Assert.Contains("dotnet-interactive", File.ReadAllText(Spec(".net-csharp")), StringComparison.Ordinal);
        Assert.False(File.Exists(Spec("workbook")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"transport\":\"ipc\"}")]
    [InlineData("{\"shell_port\":1,\"control_port\":2,\"iopub_port\":3,\"stdin_port\":4,\"hb_port\":\"x\"}")]
    [InlineData("{\"shell_port\":1,\"control_port\":2,\"iopub_port\":3,\"stdin_port\":4,\"hb_port\":5,\"key\":\"k\",\"signature_scheme\":\"hmac-md5\"}")]
    [InlineData("{\"shell_port\":1,\"control_port\":2,\"iopub_port\":3,\"stdin_port\":4,\"hb_port\":5,\"ip\":\"example.org\"}")]
    public void A_connection_file_that_cannot_be_used_is_one_clear_error(string text)
    {
        var path = Path.Combine(_prefix, "connection.json");
        File.WriteAllText(path, text);
        Assert.Contains(path, Assert.Throws<NotebookException>(() => ConnectionFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_file_says_where_to_listen()
    {
        var path = Path.Combine(_prefix, "connection.json");
        File.WriteAllText(path, """{"shell_port":1,"control_port":2,"iopub_port":3,"stdin_port":4,"hb_port":5,"ip":"127.0.0.2","key":"k","transport":"tcp","signature_scheme":"hmac-sha256","kernel_name":"x"}""");
        Assert.Equal(new ConnectionFile { ShellPort = 1, ControlPort = 2, IOPubPort = 3, StdinPort = 4, HeartbeatPort = 5, Ip = "127.0.0.2", Key = "k" }, ConnectionFile.Read(path));
    }
}
