using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Workbook.Report.Pages;

namespace Workbook.Report.Book;

/// <summary>C# source with its keywords, strings, numbers and comments marked.</summary>
internal static class CodeHtml
{
    private static readonly CSharpParseOptions s_script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    internal static string Write(string source)
    {
        var html = new StringBuilder("<pre><code>");
        foreach (SyntaxToken token in SyntaxFactory.ParseTokens(source, options: s_script))
        {
            Trivia(html, token.LeadingTrivia);
            Span(html, Class(token), token.ToString());
            Trivia(html, token.TrailingTrivia);
        }
        return html.Append("</code></pre>").ToString();
    }

    private static void Trivia(StringBuilder html, SyntaxTriviaList list)
    {
        foreach (SyntaxTrivia trivia in list) Span(html, trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia) ? null : "c", trivia.ToFullString());
    }

    private static string? Class(SyntaxToken token) => token.Kind() switch
    {
        SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.InterpolatedStringToken or SyntaxKind.InterpolatedStringTextToken
            or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken => "t",
        SyntaxKind.NumericLiteralToken => "m",
        _ when token.IsKeyword() || SyntaxFacts.GetContextualKeywordKind(token.Text) is SyntaxKind.VarKeyword or SyntaxKind.FromKeyword or SyntaxKind.SelectKeyword or SyntaxKind.WhereKeyword => "k",
        _ => null,
    };

    private static void Span(StringBuilder html, string? kind, string text)
    {
        if (text.Length == 0) return;
        html.Append(kind is null ? HtmlText.Escape(text) : $"<span class=\"{kind}\">{HtmlText.Escape(text)}</span>");
    }
}
