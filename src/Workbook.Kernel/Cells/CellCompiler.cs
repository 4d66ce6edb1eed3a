using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Workbook.Kernel;

/// <summary>A compiled cell. Each one sees the declarations of those before it.</summary>
/// <param name="Compilation">What the next cell builds on.</param>
/// <param name="Start">Runs the cell over the states of all cells; null if there is nothing to run.</param>
/// <param name="HasValue">Whether the cell ends in an expression whose value is to be shown.</param>
internal sealed record CompiledCell(CSharpCompilation Compilation, Func<object?[], Task<object?>>? Start, bool HasValue);

/// <summary>Compiles the cells of a session, one script submission each.</summary>
internal sealed class CellCompiler(SessionAssemblies assemblies)
{
    private static readonly CSharpCompilationOptions s_options = new(
        OutputKind.DynamicallyLinkedLibrary,
        usings: CellSyntax.Usings,
        optimizationLevel: OptimizationLevel.Release,
        allowUnsafe: true);

    private int _count;

    /// <summary>Compiles the text of a cell whose directives were taken out.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="name">What tracebacks call it.</param>
    /// <param name="previous">The last cell that compiled, or null.</param>
    /// <param name="cancellation">Gives up compiling.</param>
    /// <exception cref="CellException">The cell is not valid C#.</exception>
    public CompiledCell Compile(string code, string name, CSharpCompilation? previous, CancellationToken cancellation)
    {
        var number = ++_count;
        var written = Parse(code, name);
        var woven = Parse(CellInstrumentation.Apply(written.GetRoot(cancellation)), name);
        var compilation = Create(woven, number, previous);
        if (Emit(compilation, cancellation, out var errors) is { } cell)
        {
            return cell;
        }

        // Columns are those of the reader's text, not of the woven one, so that is what is complained about. If it has no errors, the weaving
        // was at fault: then the cell runs as written, and only cannot be interrupted as promptly.
        cell = Emit(Create(written, number, previous), cancellation, out errors);
        return cell ?? throw new CellException(CellTraceback.OfErrors(errors, code, name));
    }

    private static SyntaxTree Parse(string text, string name) => CSharpSyntaxTree.ParseText(SourceText.From(text, Encoding.UTF8), CellSyntax.Options, name);

    private CSharpCompilation Create(SyntaxTree tree, int number, CSharpCompilation? previous) => CSharpCompilation.CreateScriptCompilation(
        $"cell-{number}",
        tree,
        assemblies.References,
        s_options.WithScriptClassName($"Cell{number}").WithMetadataReferenceResolver(assemblies),
        previous);

    private CompiledCell? Emit(CSharpCompilation compilation, CancellationToken cancellation, out IReadOnlyList<Diagnostic> errors)
    {
        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var result = compilation.Emit(image, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb), cancellationToken: cancellation);
        errors = [.. result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
        if (errors.Count > 0)
        {
            return null;
        }

        if (!result.Success)
        {
            // Usings, comments or nothing at all: no code, but the next cell inherits the usings.
            return new CompiledCell(compilation, null, false);
        }

        image.Position = 0;
        symbols.Position = 0;
        var assembly = assemblies.Load(image, symbols);
        var entry = compilation.GetEntryPoint(cancellation)!;
        var method = assembly.GetType(entry.ContainingType.MetadataName, throwOnError: true)!
            .GetMethod(entry.MetadataName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        return new CompiledCell(compilation, method.CreateDelegate<Func<object?[], Task<object?>>>(), HasValue(compilation, cancellation));
    }

    private static bool HasValue(CSharpCompilation compilation, CancellationToken cancellation)
    {
        var tree = compilation.SyntaxTrees.Single();
        var last = ((CompilationUnitSyntax)tree.GetRoot(cancellation)).Members.LastOrDefault();
        return last is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } statement }
            && compilation.GetSemanticModel(tree).GetTypeInfo(statement.Expression, cancellation).Type is not { SpecialType: SpecialType.System_Void };
    }
}
