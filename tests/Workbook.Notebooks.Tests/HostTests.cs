using System.Reflection;
using Microsoft.DotNet.Interactive.Formatting;
using Workbook.Notebooks.Hosting;
using Xunit;

namespace Workbook.Notebooks.Tests;

/// <summary>One class, so that the tests run one after the other: hosts and console belong to the whole process.</summary>
public class HostTests
{
    private static readonly Note View = new("a *note* with $s_{21}$");

    [Fact]
    public void The_embedded_host_takes_a_view()
    {
        using (FakeHosts.Activate(FakeHosts.Embedded))
        {
            Assert.Equal("", ConsoleOf(() => View.Display()));
            Assert.Same(View, Assert.Single(FakeHosts.Shown(FakeHosts.Embedded)));
        }
        Assert.StartsWith("a *note*", ConsoleOf(() => View.Display()), StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_updates_one_display_of_the_embedded_host()
    {
        using (FakeHosts.Activate(FakeHosts.Embedded))
        {
            foreach (int i in Progress.Over(Enumerable.Range(0, 5), "seeds"))
            {
                Assert.InRange(i, 0, 4);
                Thread.Sleep(30);
            }
            var updates = FakeHosts.Updated(FakeHosts.Embedded).Cast<(string Id, object View)>().ToArray();
            Assert.Single(updates.Select(update => update.Id).Distinct());
            Assert.Equal("seeds: 0 of 5", updates[0].View.ToString());
            Assert.Equal("seeds: 5 of 5", updates[^1].View.ToString());
            Assert.InRange(updates.Length, 3, 6);
            Assert.Empty(FakeHosts.Shown(FakeHosts.Embedded));
        }
    }

    [Fact]
    public void Dotnet_interactive_takes_a_view_and_its_updates()
    {
        using (FakeHosts.Activate(FakeHosts.DotNetInteractive))
        {
            View.Display();
            Assert.Same(View, Assert.Single(FakeHosts.Shown(FakeHosts.DotNetInteractive)));
            Progress.Start("runs", 3).Dispose();
            Assert.Equal(2, FakeHosts.Shown(FakeHosts.DotNetInteractive).Count);
            Assert.Equal("runs: 0 of 3", Assert.Single(FakeHosts.Updated(FakeHosts.DotNetInteractive)).ToString());
        }
    }

    [Fact]
    public void Its_formatters_know_every_view()
    {
        Figure figure = Synthetic.Bars();
        Assert.Equal("text/html", Formatter.GetPreferredMimeTypesFor(typeof(Figure)).First());
        Assert.Equal(figure.ToHtml(), figure.ToDisplayString("text/html"));
        Assert.Equal(figure.ToPlotlyJson(), figure.ToDisplayString(Figure.PlotlyMimeType));
        Assert.Equal(figure.ToSvg(), figure.ToDisplayString("image/svg+xml"));
        Table table = Table.Of(new[] { (1, 2.5) });
        Assert.Equal(table.ToHtml(), table.ToDisplayString("text/html"));
        Assert.Equal(table.ToText(), table.ToDisplayString("text/plain"));
        Assert.Equal("text/html", Formatter.GetPreferredMimeTypesFor(typeof(ClaimCard)).First());
        Assert.Equal(View.ToHtml(), View.ToDisplayString("text/html"));
    }

    [Fact]
    public void Clr_kernel_formats_views_our_way_and_all_else_as_before()
    {
        Type registry = FakeHosts.ClrKernel.Value.GetType("ClrKernel.Core.Primitives.DisplayFormatters")!;
        string Ask(string how, object value) => (string)registry.GetMethod(how)!.Invoke(null, [value])!;
        using (FakeHosts.Activate(FakeHosts.ClrKernel))
        {
            View.Display();
            Assert.Same(View, Assert.Single(FakeHosts.Shown(FakeHosts.ClrKernel)));
            Progress.Start("runs", 3).Dispose();
            Assert.Equal("runs: 0 of 3", Assert.Single(FakeHosts.Updated(FakeHosts.ClrKernel)).ToString());
        }
        Assert.Equal(View.ToHtml(), Ask("Html", View));
        Assert.Equal(View.ToText(), Ask("Text", View));
        Assert.Equal("old text of 42", Ask("Text", 42));
        Assert.Equal("old html from cells of 42", Ask("Html", 42));
    }

    [Fact]
    public void Verso_takes_a_view()
    {
        using (FakeHosts.Activate(FakeHosts.Verso))
        {
            View.Display();
            Assert.Same(View, Assert.Single(FakeHosts.Shown(FakeHosts.Verso)));
        }
        // It formats a last value through this method, found by name.
        Assert.All(typeof(View).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(View))), type => Assert.Equal(typeof(string), type.GetMethod("ToHtml", Type.EmptyTypes)!.ReturnType));
    }

    [Fact]
    public void A_console_gets_text_and_of_progress_the_final_state_without_escape_codes()
    {
        string text = ConsoleOf(() =>
        {
            View.Display();
            foreach (int _ in Progress.Over(Enumerable.Range(0, 3), "runs"))
            {
            }
        });
        Assert.Equal($"{View.ToText()}\nruns: 3 of 3\n", text.ReplaceLineEndings("\n"));
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\r', text.Replace("\r\n", "\n", StringComparison.Ordinal));
    }

    [Fact]
    public void A_loop_that_ends_early_leaves_its_count()
    {
        string text = ConsoleOf(() =>
        {
            foreach (int i in Progress.Over(Enumerable.Range(0, 9), "runs"))
            {
                if (i == 4)
                {
                    break;
                }
            }
        });
        Assert.Equal("runs: 4 of 9", text.TrimEnd());
    }

    [Fact]
    public void Fsharp_core_is_the_loaded_one_and_only_that_name_is_answered()
    {
        _ = Synthetic.Bars().ToPlotlyJson();
        Assembly answered = FSharpCore.Resolve(new AssemblyName("FSharp.Core, Version=99.0.0.0"), "/nowhere")!;
        Assert.Same(AppDomain.CurrentDomain.GetAssemblies().Single(assembly => assembly.GetName().Name == "FSharp.Core"), answered);
        Assert.Null(FSharpCore.Resolve(new AssemblyName("Newtonsoft.Json"), "/nowhere"));
    }

    private static string ConsoleOf(Action action)
    {
        TextWriter before = Console.Out;
        using var captured = new StringWriter();
        Console.SetOut(captured);
        try
        {
            action();
        }
        finally
        {
            Console.SetOut(before);
        }
        return captured.ToString();
    }
}
