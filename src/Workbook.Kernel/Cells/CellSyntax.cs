using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbook.Kernel;

/// <summary>The dialect of a cell: C# script, latest language version.</summary>
internal static class CellSyntax
{
    public static CSharpParseOptions Options { get; } = new(LanguageVersion.Latest, DocumentationMode.None, SourceCodeKind.Script);

    /// <summary>What a cell finds imported without asking.</summary>
    public static IReadOnlyList<string> Usings { get; } =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading", "System.Threading.Tasks",
        "Workbook.Kernel.Cells",
    ];

    /// <summary>Whether a cell could run as it stands: what a console front end asks before it sends a line.</summary>
    /// <returns><c>complete</c>, <c>incomplete</c> or <c>invalid</c>.</returns>
    public static string Completeness(string text)
    {
        var tree = CSharpSyntaxTree.ParseText(CellDirectives.Split(text).Code, Options);
        if (!SyntaxFactory.IsCompleteSubmission(tree))
        {
            return "incomplete";
        }

        return tree.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error) ? "invalid" : "complete";
    }
}
