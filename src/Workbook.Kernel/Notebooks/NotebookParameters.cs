using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Workbook.Kernel;

/// <summary>
/// Sets a notebook's parameters as papermill does: a cell tagged <c>injected-parameters</c> after the one tagged <c>parameters</c> declares them again. Each value is
/// written as a C# literal of its default's type, so <c>0.1</c> becomes <c>0.1</c>, <c>0.1f</c> or <c>"0.1"</c>.
/// </summary>
public static class NotebookParameters
{
    private const string Tag = "parameters";
    private const string InjectedTag = "injected-parameters";

    /// <summary>Puts the cell in, in place of one from an earlier run.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="values">Values by name.</param>
    /// <exception cref="NotebookException">There is no such parameter, or the value is not of its type.</exception>
    public static void Inject(NotebookDocument notebook, IEnumerable<KeyValuePair<string, string>> values)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        ArgumentNullException.ThrowIfNull(values);
        var cells = notebook.Cells.ToList();
        var at = cells.FindIndex(cell => cell.IsCode && cell.Tags.Contains(Tag));
        if (at < 0)
        {
            throw new NotebookException("The notebook has no parameters: no code cell is tagged `parameters`.");
        }

        var defaults = Defaults(cells[at].Source);
        var source = new StringBuilder("// Parameters");
        foreach (var (name, value) in values)
        {
            if (!defaults.TryGetValue(name, out var type))
            {
                throw new NotebookException($"The notebook has no parameter {name}; it has {string.Join(", ", defaults.Keys)}.");
            }

            source.Append('\n').Append(CultureInfo.InvariantCulture, $"{type} {name} = {Literal(type, name, value)};");
        }

        if (cells.FindIndex(cell => cell.Tags.Contains(InjectedTag)) is var earlier and >= 0)
        {
            notebook.RemoveAt(earlier);
            at -= earlier < at ? 1 : 0;
        }

        notebook.Insert(at + 1, NotebookCell.Code(InjectedTag, source.ToString(), InjectedTag));
    }

    private static Dictionary<string, string> Defaults(string source)
    {
        var root = CSharpSyntaxTree.ParseText(CellDirectives.Split(source).Code, CellSyntax.Options).GetCompilationUnitRoot();
        var fields = root.Members.OfType<FieldDeclarationSyntax>().Select(field => field.Declaration);
        return fields
            .SelectMany(declaration => declaration.Variables.Select(variable => (variable.Identifier.ValueText, Type: Type(declaration.Type, variable.Initializer?.Value))))
            .ToDictionary(parameter => parameter.ValueText, parameter => parameter.Type, StringComparer.Ordinal);
    }

    // The declared type; for "var" that of the literal. What is neither keeps "var", and its value is taken as C#.
    private static string Type(TypeSyntax declared, ExpressionSyntax? value)
    {
        if (!declared.IsVar)
        {
            return declared.ToString();
        }

        if (value is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression } minus)
        {
            value = minus.Operand;
        }

        return (value as LiteralExpressionSyntax)?.Token.Value switch
        {
            int => "int",
            uint => "uint",
            long => "long",
            ulong => "ulong",
            float => "float",
            double => "double",
            decimal => "decimal",
            bool => "bool",
            char => "char",
            string => "string",
            _ => "var",
        };
    }

    private static string Literal(string type, string name, string value)
    {
        if (type.EndsWith('?') && value == "null")
        {
            return value;
        }

        var culture = CultureInfo.InvariantCulture;
        var literal = type.TrimEnd('?') switch
        {
            "string" => SymbolDisplay.FormatLiteral(value, quote: true),
            "char" => value.Length == 1 ? SymbolDisplay.FormatLiteral(value[0], quote: true) : null,
            "bool" => bool.TryParse(value, out var truth) ? (truth ? "true" : "false") : null,
            "byte" or "sbyte" or "short" or "ushort" or "int" => Whole(type, value),
            "uint" => uint.TryParse(value, culture, out var number) ? number.ToString(culture) + "u" : null,
            "long" => long.TryParse(value, culture, out var number) ? number.ToString(culture) + "L" : null,
            "ulong" => ulong.TryParse(value, culture, out var number) ? number.ToString(culture) + "UL" : null,
            "double" => double.TryParse(value, culture, out var number) ? Real(number, "double", "") : null,
            "float" => float.TryParse(value, culture, out var number) ? Real(number, "float", "f") : null,
            "decimal" => decimal.TryParse(value, culture, out var number) ? number.ToString(culture) + "m" : null,
            _ => SyntaxFactory.ParseExpression(value).ContainsDiagnostics ? null : value,
        };
        return literal ?? throw new NotebookException($"The value {value} of the parameter {name} is not {(type == "var" ? "a C# expression" : $"of type {type}")}.");
    }

    private static string? Whole(string type, string value)
    {
        var (least, most) = type.TrimEnd('?') switch
        {
            "byte" => (byte.MinValue, byte.MaxValue),
            "sbyte" => (sbyte.MinValue, sbyte.MaxValue),
            "short" => (short.MinValue, short.MaxValue),
            "ushort" => (ushort.MinValue, ushort.MaxValue),
            _ => (int.MinValue, int.MaxValue),
        };
        return int.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number.ToString(CultureInfo.InvariantCulture) : null;
    }

    private static string Real(double number, string type, string suffix)
    {
        if (!double.IsFinite(number))
        {
            return type + (double.IsNaN(number) ? ".NaN" : number > 0 ? ".PositiveInfinity" : ".NegativeInfinity");
        }

        var text = suffix == "f" ? ((float)number).ToString("R", CultureInfo.InvariantCulture) : number.ToString("R", CultureInfo.InvariantCulture);
        return suffix.Length == 0 && !text.AsSpan().ContainsAny('.', 'E') ? text + ".0" : text + suffix;
    }
}
