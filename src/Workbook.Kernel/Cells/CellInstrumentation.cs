using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Workbook.Kernel;

/// <summary>
/// Weaves calls of <see cref="CellGuard"/> into the text of a cell, so that a running loop can be interrupted, a runaway recursion is an
/// exception and <c>Environment.Exit</c> ends the cell instead of the process. Everything is inserted within its line: line numbers stay as written.
/// </summary>
internal static class CellInstrumentation
{
    private const string Turn = "global::Workbook.Kernel.CellGuard.Turn();";
    private const string Enter = "global::Workbook.Kernel.CellGuard.Enter();";
    private const string Exit = "global::Workbook.Kernel.CellGuard.Exit";

    public static string Apply(SyntaxNode root)
    {
        var walker = new Walker();
        walker.Visit(root);
        return walker.ApplyTo(root.ToFullString());
    }

    private sealed class Walker : CSharpSyntaxWalker
    {
        // (position, characters replaced, new text); edits at one position are applied in the order in which they were made.
        private readonly List<(int Position, int Length, string Text)> _edits = [];

        public string ApplyTo(string text)
        {
            var result = new StringBuilder(text.Length + (_edits.Count * 48));
            var copied = 0;
            foreach (var (position, length, replacement) in _edits.OrderBy(edit => edit.Position))
            {
                result.Append(text, copied, position - copied).Append(replacement);
                copied = position + length;
            }

            return result.Append(text, copied, text.Length - copied).ToString();
        }

        public override void VisitWhileStatement(WhileStatementSyntax node) => Loop(node.Statement, () => base.VisitWhileStatement(node));

        public override void VisitDoStatement(DoStatementSyntax node) => Loop(node.Statement, () => base.VisitDoStatement(node));

        public override void VisitForStatement(ForStatementSyntax node) => Loop(node.Statement, () => base.VisitForStatement(node));

        public override void VisitForEachStatement(ForEachStatementSyntax node) => Loop(node.Statement, () => base.VisitForEachStatement(node));

        public override void VisitForEachVariableStatement(ForEachVariableStatementSyntax node) =>
            Loop(node.Statement, () => base.VisitForEachVariableStatement(node));

        public override void VisitGotoStatement(GotoStatementSyntax node) => Wrap(node, Turn, () => base.VisitGotoStatement(node));

        public override void VisitMethodDeclaration(MethodDeclarationSyntax node)
        {
            Method(node.Body, node.ExpressionBody, node.SemicolonToken, node.ReturnType, node.Modifiers);
            base.VisitMethodDeclaration(node);
        }

        public override void VisitLocalFunctionStatement(LocalFunctionStatementSyntax node)
        {
            Method(node.Body, node.ExpressionBody, node.SemicolonToken, node.ReturnType, node.Modifiers);
            base.VisitLocalFunctionStatement(node);
        }

        public override void VisitConstructorDeclaration(ConstructorDeclarationSyntax node)
        {
            Open(node.Body, Enter);
            base.VisitConstructorDeclaration(node);
        }

        public override void VisitAccessorDeclaration(AccessorDeclarationSyntax node)
        {
            Open(node.Body, Enter);
            base.VisitAccessorDeclaration(node);
        }

        public override void VisitParenthesizedLambdaExpression(ParenthesizedLambdaExpressionSyntax node)
        {
            Open(node.Block, Enter);
            base.VisitParenthesizedLambdaExpression(node);
        }

        public override void VisitSimpleLambdaExpression(SimpleLambdaExpressionSyntax node)
        {
            Open(node.Block, Enter);
            base.VisitSimpleLambdaExpression(node);
        }

        public override void VisitInvocationExpression(InvocationExpressionSyntax node)
        {
            var called = node.Expression.ToString();
            if (called is "Environment.Exit" or "System.Environment.Exit" or "global::System.Environment.Exit")
            {
                _edits.Add((node.Expression.SpanStart, node.Expression.Span.Length, Exit));
            }

            base.VisitInvocationExpression(node);
        }

        private void Loop(StatementSyntax body, Action inside)
        {
            if (body is BlockSyntax block)
            {
                Open(block, Turn);
                inside();
            }
            else
            {
                Wrap(body, Turn, inside);
            }
        }

        private void Open(BlockSyntax? block, string call)
        {
            if (block is { OpenBraceToken.IsMissing: false })
            {
                _edits.Add((block.OpenBraceToken.Span.End, 0, call));
            }
        }

        private void Wrap(StatementSyntax statement, string call, Action inside)
        {
            _edits.Add((statement.SpanStart, 0, "{" + call));
            inside();
            _edits.Add((statement.Span.End, 0, "}"));
        }

        private void Method(BlockSyntax? body, ArrowExpressionClauseSyntax? arrow, SyntaxToken semicolon, TypeSyntax returns, SyntaxTokenList modifiers)
        {
            Open(body, Enter);
            if (arrow is null || semicolon.IsMissing)
            {
                return;
            }

            // "=> value;" becomes "{ Enter(); return value; }", and without "return" where there is nothing to return.
            var isAsync = modifiers.Any(SyntaxKind.AsyncKeyword);
            var isStatement = arrow.Expression is ThrowExpressionSyntax
                || returns is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword }
                || (isAsync && returns.ToString().Split('.').Last() is "Task" or "ValueTask");
            _edits.Add((arrow.ArrowToken.SpanStart, 2, string.Create(CultureInfo.InvariantCulture, $"{{{Enter}{(isStatement ? "" : "return ")}")));
            _edits.Add((semicolon.Span.End, 0, "}"));
        }
    }
}
