using System.CommandLine;
using System.Text;
using Workbook.Core;
using Workbook.Core.Data;
using Workbook.Kernel;
using Workbook.Report.Book;

namespace Workbook.Cli.Commands;

/// <summary><c>workbook notebook export</c>: notebooks as pages, as a small book, as Markdown or PDF.</summary>
internal static class NotebookExportCommand
{
    internal static Command Create()
    {
        var files = new Argument<string[]>("files") { Description = "The notebooks, with their outputs.", Arity = ArgumentArity.OneOrMore };
        var html = new Option<bool>("--html") { Description = "One self-contained page a notebook (the default)." };
        var markdown = new Option<bool>("--md") { Description = "Markdown, pictures in a folder beside it." };
        var pdf = new Option<bool>("--pdf") { Description = "PDF, printed by Chromium or Chrome where one is installed." };
        var site = new Option<bool>("--site") { Description = "A book: index, search by claim id, previous and next; for any static host, or from disk." };
        var outFolder = new Option<string>("--out") { Description = "Folder to write into.", HelpName = "folder", DefaultValueFactory = _ => "site" };
        var export = new Command("export", "Write notebooks as pages that need no network. Nothing is run.") { files, html, markdown, pdf, site, outFolder };
        export.SetAction(parsed => Run(parsed.GetValue(files)!, parsed.GetValue(html), parsed.GetValue(markdown), parsed.GetValue(pdf), parsed.GetValue(site), parsed.GetValue(outFolder)!));
        return export;
    }

    private static int Run(string[] files, bool html, bool markdown, bool pdf, bool site, string outFolder)
    {
        html |= !markdown && !pdf && !site;
        if (pdf && Chromium.Find() is null) throw new InputException("--pdf needs Chromium or Chrome on the PATH, and there is none; --html, --md and --site need nothing.");
        (string Name, NotebookDocument Notebook)[] notebooks;
        try
        {
            notebooks = [.. files.Select(f => (Path.GetFileNameWithoutExtension(f), NotebookDocument.Read(f)))];
        }
        catch (NotebookException error)
        {
            throw new InputException(error.Message, error);
        }
        if (notebooks.GroupBy(n => n.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new InputException($"two of the notebooks are called {twice.Key}; their pages would have one name.");
        Directory.CreateDirectory(outFolder);
        int written = 0;
        void Save(string path, byte[] content)
        {
            string full = Path.Combine(outFolder, path);
            AtomicFile.Write(full, stream => stream.Write(content));
            written++;
        }
        foreach (var (name, notebook) in notebooks)
        {
            if (html || pdf)
            {
                byte[] page = Encoding.UTF8.GetBytes(NotebookPage.Write(notebook, name));
                if (html) Save(name + ".html", page);
                if (pdf) Print(page, Path.Combine(outFolder, name + ".pdf"));
            }
            if (!markdown) continue;
            var (text, pictures) = NotebookMarkdown.Write(notebook, name);
            Save(name + ".md", Encoding.UTF8.GetBytes(text));
            foreach (var (path, png) in pictures) Save(path, png);
        }
        if (site)
            foreach (var (path, content) in Site.Write(notebooks)) Save(path, content);
        if (!Console.IsOutputRedirected) Console.WriteLine($"{notebooks.Length} notebooks written to {outFolder}{(site ? "; open " + Path.Combine(outFolder, "index.html") : "")}");
        return CommandLine.Success;
    }

    private static void Print(byte[] page, string pdf)
    {
        string temporary = Path.Combine(Path.GetTempPath(), $"workbook-{Guid.NewGuid():N}.html");
        try
        {
            File.WriteAllBytes(temporary, page);
            Chromium.Print(temporary, pdf);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
