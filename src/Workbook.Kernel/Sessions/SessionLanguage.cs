using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Completion;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.QuickInfo;
using Microsoft.CodeAnalysis.Text;

namespace Workbook.Kernel;

/// <summary>What could stand at a place in a cell.</summary>
/// <param name="Start">First character of the word that a match replaces.</param>
/// <param name="Matches">The words and what they are ("method", "property", ...).</param>
internal sealed record Completions(int Start, IReadOnlyList<(string Text, string Kind)> Matches);

/// <summary>Completion and hover from Roslyn. Each cell that ran is a submission that later ones build on, as in the session itself.</summary>
internal sealed class SessionLanguage(SessionAssemblies assemblies) : IDisposable
{
    private const int MaximumMatches = 500;

    private static readonly CSharpCompilationOptions s_options = new(OutputKind.DynamicallyLinkedLibrary, usings: CellSyntax.Usings, allowUnsafe: true);
    private static readonly CSharpParseOptions s_parse = CellSyntax.Options.WithDocumentationMode(DocumentationMode.Parse);

    private readonly Lock _gate = new();
    private readonly List<string> _waiting = [];
    private AdhocWorkspace? _workspace;
    private Solution? _solution;
    private ProjectId? _last;
    private int _count;

    /// <summary>Remembers a cell that ran.</summary>
    public void Add(string code)
    {
        lock (_gate)
        {
            _waiting.Add(code);
        }
    }

    /// <summary>Does now what the first completion would otherwise wait for.</summary>
    public async Task WarmAsync(CancellationToken cancellation)
    {
        // The first use of the completion service composes and compiles most of Roslyn's editor features.
        await CompleteAsync("\"\".", 3, cancellation).ConfigureAwait(false);
        await HoverAsync("\"\".Length", 4, cancellation).ConfigureAwait(false);
    }

    /// <summary>What could stand at a position of a cell that was not run yet.</summary>
    public async Task<Completions> CompleteAsync(string text, int position, CancellationToken cancellation)
    {
        var document = Document(text);
        var service = CompletionService.GetService(document)!;
        var code = await document.GetTextAsync(cancellation).ConfigureAwait(false);
        var span = service.GetDefaultCompletionListSpan(code, position);
        var found = await service.GetCompletionsAsync(document, position, cancellationToken: cancellation).ConfigureAwait(false);
        var typed = code.ToString(TextSpan.FromBounds(span.Start, position));
        var matches = found.ItemsList
            .Where(item => item.FilterText.StartsWith(typed, StringComparison.OrdinalIgnoreCase) && !item.IsComplexTextEdit)
            .OrderByDescending(item => item.FilterText.StartsWith(typed, StringComparison.Ordinal))
            .ThenBy(item => item.SortText, StringComparer.OrdinalIgnoreCase)
            .Select(item => (Text: item.DisplayText, Kind: Kind(item)))
            .DistinctBy(match => match.Text)
            .Take(MaximumMatches);
        return new Completions(span.Start, [.. matches]);
    }

    /// <summary>What stands at a position: signature, then documentation; null if there is nothing to say.</summary>
    public async Task<string?> HoverAsync(string text, int position, CancellationToken cancellation)
    {
        var document = Document(text);
        var service = QuickInfoService.GetService(document)!;
        var info = await service.GetQuickInfoAsync(document, Math.Min(position, text.Length), cancellation).ConfigureAwait(false);
        if ((info is null || info.Sections.IsEmpty) && position > 0)
        {
            // Just behind a word is still that word.
            info = await service.GetQuickInfoAsync(document, position - 1, cancellation).ConfigureAwait(false);
        }

        if (info is null || info.Sections.IsEmpty)
        {
            return null;
        }

        var result = new StringBuilder();
        foreach (var section in info.Sections.Select(section => section.Text.ReplaceLineEndings("\n").Trim()).Where(section => section.Length > 0))
        {
            result.Append(result.Length > 0 ? "\n" : "").Append(section);
        }

        return result.ToString();
    }

    public void Dispose() => _workspace?.Dispose();

    private Document Document(string text)
    {
        var code = CellDirectives.Split(text).Code;
        lock (_gate)
        {
            foreach (var waiting in _waiting)
            {
                (_solution, _last) = With(waiting);
            }

            _waiting.Clear();

            // Bound once here, the cells that ran are shared by every request that follows; the cell being typed is bound afresh for each.
            _ = _solution?.GetProject(_last)?.GetCompilationAsync().GetAwaiter().GetResult();
            var (solution, project) = With(code);
            return solution.GetProject(project)!.Documents.Single();
        }
    }

    private (Solution Solution, ProjectId Project) With(string code)
    {
        _workspace ??= new AdhocWorkspace();
        var solution = _solution ?? _workspace.CurrentSolution;
        var id = ProjectId.CreateNewId();
        var name = $"cell{++_count}";
        var project = ProjectInfo.Create(
            id,
            VersionStamp.Default,
            name,
            name,
            LanguageNames.CSharp,
            compilationOptions: s_options.WithScriptClassName($"Cell{_count}").WithMetadataReferenceResolver(assemblies),
            parseOptions: s_parse,
            metadataReferences: assemblies.References,
            projectReferences: _last is null ? [] : [new ProjectReference(_last)],
            isSubmission: true);
        var document = DocumentInfo.Create(
            DocumentId.CreateNewId(id),
            name,
            sourceCodeKind: SourceCodeKind.Script,
            loader: TextLoader.From(TextAndVersion.Create(SourceText.From(code, Encoding.UTF8), VersionStamp.Default)));
        return (solution.AddProject(project).AddDocument(document), id);
    }

    private static string Kind(CompletionItem item) => item.Tags.FirstOrDefault() switch
    {
        "Method" or "ExtensionMethod" => "function",
        "Property" => "property",
        "Field" or "Constant" or "EnumMember" => "field",
        "Local" or "Parameter" or "RangeVariable" => "variable",
        "Class" or "Structure" or "Enum" or "Interface" or "Delegate" or "Record" => "class",
        "Namespace" => "module",
        "Keyword" => "keyword",
        var other => other?.ToLowerInvariant() ?? "",
    };
}
