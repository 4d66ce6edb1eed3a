using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Workbook.Cli.Commands;

/// <summary>Options that take a number, and say what they were given where it is none.</summary>
internal static class NumberOption
{
    public static Option<int?> Whole(string name, string description, string helpName = "N") =>
        Create<int>(name, description, helpName, NumberStyles.AllowLeadingSign, $"a whole number of at most {int.MaxValue}");

    public static Option<ulong?> Seed(string name, string description) =>
        Create<ulong>(name, description, "N", NumberStyles.None, $"a whole number in 0 .. {ulong.MaxValue}");

    public static Option<double?> Real(string name, string description) => Create<double>(name, description, "X", NumberStyles.Float, "a number");

    private static Option<T?> Create<T>(string name, string description, string helpName, NumberStyles styles, string expected) where T : struct, INumberBase<T> => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out T value)) return value;
            result.AddError($"{name} is '{text}'; it has to be {expected}.");
            return null;
        },
    };
}
