using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Results;

/// <summary>All rows there are, with the machine they are of.</summary>
/// <param name="Machine">The machine and runtime that measured last.</param>
/// <param name="Command">What makes it again.</param>
/// <param name="Rows">In the order of the goals, AVX-512 before AVX2.</param>
/// <param name="Skipped">A sentence for each part that was left out.</param>
public sealed record Comparison(Machine Machine, string Command, IReadOnlyList<Row> Rows, IReadOnlyList<string> Skipped)
{
    /// <summary>Nothing measured yet.</summary>
    public static Comparison Empty(string command) => new(Machine.Current, command, [], []);

    /// <summary>With one row more, in place of an older one of the same id and instruction set.</summary>
    public Comparison With(Row row)
    {
        var rows = Rows.Where(r => (r.Id, r.Instructions) != (row.Id, row.Instructions)).Append(row);
        return this with { Rows = [.. rows.OrderBy(r => Place(r.GoalId)).ThenBy(r => r.Instructions == Measuring.Instructions.Avx512 ? 0 : 1)] };
    }

    private static int Place(string goal) => Goals.All.ToList().FindIndex(g => g.Id == goal);
}
