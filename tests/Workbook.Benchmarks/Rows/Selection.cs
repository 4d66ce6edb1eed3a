using Workbook.Benchmarks.Results;
using Workbook.Core;

namespace Workbook.Benchmarks.Rows;

/// <summary>Which goals are measured: all, or those whose id is named or begins with what is named up to a dot.</summary>
internal sealed record Selection(IReadOnlyList<string> Names)
{
    public static Selection Everything { get; } = new([]);

    /// <summary>Reads a list with commas.</summary>
    public static Selection Parse(string? text)
    {
        string[] names = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (string name in names)
            if (!Goals.All.Any(goal => Matches(name, goal.Id)))
                throw new InputException($"there is no row '{name}'; there is {string.Join(", ", Goals.All.Select(g => g.Id))}.");
        return new Selection(names);
    }

    public bool Takes(string goal) => Names.Count == 0 || Names.Any(name => Matches(name, goal));

    private static bool Matches(string name, string goal) => goal == name || goal.StartsWith(name + ".", StringComparison.Ordinal);
}
