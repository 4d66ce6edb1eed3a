using Parquet;

namespace Workbook.Cli.Tests;

/// <summary>A stored trajectory is Parquet that other readers understand: lists carry their levels.</summary>
public sealed class ParquetTests
{
    [Fact]
    public async Task Lists_carry_the_levels_that_say_where_each_row_begins()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        Program.Run(folder, $"train {TrainTests.Small} --out run").Succeeds();
        await using ParquetReader reader = await ParquetReader.CreateAsync(folder.File("run", "trajectory.parquet"), cancellationToken: cancel);
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        Assert.Equal(31, group.RowCount);
        foreach (var (name, width) in new[] { ("query_noise", 12), ("key_signal", 3), ("s21", 4) })
        {
            var field = reader.Schema.DataFields.Single(f => f.Name == name);
            var (values, definition, repetition) = (new double[31 * width], new int[31 * width], new int[31 * width]);
            await group.ReadRawAsync<double>(field, values, definition, repetition, cancel);
            Assert.All(definition, level => Assert.Equal(1, level));
            Assert.All(Enumerable.Range(0, repetition.Length), k => Assert.Equal(k % width == 0 ? 0 : 1, repetition[k]));
            Assert.DoesNotContain(values, double.IsNaN);
        }
    }
}
