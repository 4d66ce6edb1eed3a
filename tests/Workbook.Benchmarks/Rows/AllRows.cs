using Workbook.Benchmarks.Peers;

namespace Workbook.Benchmarks.Rows;

/// <summary>Everything there is to compare, in the order of the goals.</summary>
internal static class AllRows
{
    private static readonly (string[] Goals, Action<RowContext> Measure)[] Groups =
    [
        (["matrix.f64.peak", "matrix.f64.openblas", "matrix.f32.peak", "matrix.f32.openblas", "skinny.tn.peak", "skinny.tn.openblas", "skinny.nt.peak", "skinny.nt.openblas"], MatrixRows.Measure),
        (["rows"], ElementRows.Measure),
        (["support.figure-1", "support.large", "reduced.large", "reduced.figure-1", "reduced.disjoint", "dense.f64", "dense.f32"], TrainingRows.Measure),
        (["runs", "runs.scaling", "runs.disjoint", "runs.disjoint.scaling"], ManyRunRows.Measure),
        (["test.drawn", "test.drawing"], TestRows.Measure),
        (["horizon"], HorizonRows.Measure),
    ];

    /// <summary>The goals that some group measures.</summary>
    public static IEnumerable<string> Covered => Groups.SelectMany(group => group.Goals);

    /// <summary>Measures what is wanted. A peer that breaks off costs the rows it was needed for, and they say why; the rest goes on.</summary>
    public static void Measure(RowContext context)
    {
        foreach (var (goals, measure) in Groups)
        {
            try
            {
                measure(context);
            }
            catch (PeerEndedException ended)
            {
                foreach (string goal in goals.Where(goal => context.Wants(goal) && !context.Emitted.Contains(goal)))
                    context.Emit(goal + "/all", "not measured", null, note: "not measured: " + ended.Message);
            }
        }
    }
}
