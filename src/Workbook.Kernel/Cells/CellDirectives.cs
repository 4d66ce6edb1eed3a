using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbook.Kernel;

/// <summary>What a directive at the head of a line asks of the host.</summary>
internal enum CellDirectiveKind
{
    /// <summary><c>#r "path"</c>, <c>#r "AssemblyName"</c>.</summary>
    Reference,

    /// <summary><c>#r "nuget: Name, Version"</c>.</summary>
    Package,

    /// <summary><c>#!import file</c>, <c>#load "file"</c>.</summary>
    Import,

    /// <summary><c>#!csharp</c>: this host speaks nothing else, so it has nothing to do.</summary>
    Language,

    /// <summary>Any other <c>#!</c> or <c>#i</c> line.</summary>
    Unknown,
}

/// <summary>One directive of a cell.</summary>
internal sealed record CellDirective(CellDirectiveKind Kind, string Argument, int Line, string Text);

/// <summary>
/// Takes the host's directives out of a cell. They are blanked, not removed, so that what remains keeps its lines and columns.
/// Wherever they stand in a cell, they are followed before the rest of it runs.
/// </summary>
internal static class CellDirectives
{
    public static (string Code, IReadOnlyList<CellDirective> Directives) Split(string text)
    {
        if (!text.Contains('#', StringComparison.Ordinal))
        {
            return (text, []);
        }

        // The parser tells a directive from the same characters inside a string or a comment.
        var root = CSharpSyntaxTree.ParseText(text, CellSyntax.Options).GetRoot();
        var directives = new List<CellDirective>();
        var code = new StringBuilder(text);
        foreach (var trivia in root.DescendantTrivia(descendIntoTrivia: false).Where(trivia => trivia.IsDirective))
        {
            var start = trivia.SpanStart;
            var end = text.AsSpan(start).IndexOfAny('\r', '\n') is var length and >= 0 ? start + length : text.Length;
            var line = text[start..end].Trim();
            if (Read(line) is not { } found)
            {
                continue;
            }

            directives.Add(new CellDirective(found.Kind, found.Argument, root.SyntaxTree.GetLineSpan(trivia.Span).StartLinePosition.Line + 1, line));
            for (var i = start; i < end; i++)
            {
                code[i] = ' ';
            }
        }

        return (code.ToString(), directives);
    }

    private static (CellDirectiveKind Kind, string Argument)? Read(string line)
    {
        var name = line[..(line.IndexOfAny([' ', '\t', '"']) is var at and >= 0 ? at : line.Length)];
        var rest = line[name.Length..].Trim();
        var argument = rest.Trim('"').Trim();
        return name switch
        {
            "#r" when argument.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase) => (CellDirectiveKind.Package, argument["nuget:".Length..].Trim()),
            "#r" => (CellDirectiveKind.Reference, argument),
            "#load" or "#!import" => (CellDirectiveKind.Import, argument),
            "#!csharp" or "#!c#" or "#!C#" => (CellDirectiveKind.Language, ""),
            "#i" => (CellDirectiveKind.Unknown, argument),
            _ when name.StartsWith("#!", StringComparison.Ordinal) => (CellDirectiveKind.Unknown, argument),
            _ => null,
        };
    }
}
