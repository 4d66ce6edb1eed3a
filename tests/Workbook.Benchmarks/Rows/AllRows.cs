namespace Workbook.Benchmarks.Rows;

/// <summary>Everything there is to compare, in the order of the goals.</summary>
internal static class AllRows
{
    public static void Measure(RowContext context)
    {
        MatrixRows.Measure(context);
        ElementRows.Measure(context);
        TrainingRows.Measure(context);
        ManyRunRows.Measure(context);
        TestRows.Measure(context);
        HorizonRows.Measure(context);
    }
}
