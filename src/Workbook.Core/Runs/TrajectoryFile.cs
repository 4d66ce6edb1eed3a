using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace Workbook.Core.Runs;

/// <summary>
/// A trajectory as Parquet: one row per recorded step, a column <c>t</c> and one per <see cref="TrajectoryColumn"/>; columns with
/// several entries per row are lists (samples outermost).
/// </summary>
public static class TrajectoryFile
{
    private const string MetadataKey = "workbook.trajectory";

    private sealed record Header(int Samples, int Neurons, string? FamiliesRefused, double[] Norm1, double[] Norm2Squared, double[] SharedNorm1);

    /// <summary>Writes the whole file to a stream.</summary>
    public static async Task WriteAsync(Trajectory trajectory, Stream stream, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        var (steps, columns) = Fields(trajectory.Samples, trajectory.Neurons);
        var schema = new ParquetSchema([steps, .. columns]);
        // Doubles from arithmetic do not compress: zstd took most of a run's time to save 6 %.
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.None, DictionaryEncodingThreshold = 0 };
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream, options, append: false, cancel).ConfigureAwait(false);
        var facts = trajectory.Facts;
        writer.CustomMetadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [MetadataKey] = JsonSerializer.Serialize(new Header(trajectory.Samples, trajectory.Neurons, trajectory.FamiliesRefused, facts.Norm1, facts.Norm2Squared, facts.SharedNorm1)),
        };
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await group.WriteAsync<int>(steps, trajectory.Steps, cancellationToken: cancel).ConfigureAwait(false);
        for (int k = 0; k < columns.Length; k++)
        {
            TrajectoryColumn column = TrajectoryColumn.All[k];
            double[] data = trajectory[column.Name];
            // Null, and not an array that is null: that would become an empty list of levels.
            ReadOnlyMemory<int>? repetition = IsList(column) ? new(Repetition(trajectory.Rows, column.Width(trajectory.Samples, trajectory.Neurons))) : default(ReadOnlyMemory<int>?);
            await group.WriteAsync<double>(columns[k], data, repetition, cancellationToken: cancel).ConfigureAwait(false);
        }
        group.CompleteValidate();
    }

    /// <summary>Reads a file that <see cref="WriteAsync"/> wrote.</summary>
    /// <exception cref="InputException">The file is not such a Parquet file, or damaged.</exception>
    public static async Task<Trajectory> ReadAsync(string path, CancellationToken cancel = default)
    {
        try
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: cancel).ConfigureAwait(false);
            if (!reader.CustomMetadata.TryGetValue(MetadataKey, out string? text))
                throw new InputException($"{path} is Parquet, but not a trajectory: it lacks the entry '{MetadataKey}'.");
            Header header = JsonSerializer.Deserialize<Header>(text)!;
            var (stepsField, _) = Fields(header.Samples, header.Neurons);
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
            var steps = new int[group.RowCount];
            await group.ReadAsync<int>(Find(reader, stepsField.Name), steps.AsMemory(), cancellationToken: cancel).ConfigureAwait(false);
            var facts = new SampleFacts(header.Norm1, header.Norm2Squared, header.SharedNorm1);
            var trajectory = new Trajectory(steps, header.Samples, header.Neurons, facts, header.FamiliesRefused);
            foreach (TrajectoryColumn column in TrajectoryColumn.All)
            {
                double[] data = trajectory[column.Name];
                DataField field = Find(reader, column.Name);
                if (!IsList(column))
                {
                    await group.ReadAsync<double>(field, data.AsMemory(), null, cancel).ConfigureAwait(false);
                    continue;
                }
                // No list is empty, so the levels carry nothing that the shape does not say; the reader wants room for them all the same.
                var levels = new int[data.Length];
                await group.ReadRawAsync<double>(field, data.AsMemory(), levels.AsMemory(), levels.AsMemory(), cancel).ConfigureAwait(false);
            }
            return trajectory;
        }
        catch (Exception e) when (e is not (InputException or OperationCanceledException or OutOfMemoryException))
        {
            throw new InputException($"{path} cannot be read as a trajectory: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static DataField Find(ParquetReader reader, string name) =>
        reader.Schema.DataFields.FirstOrDefault(f => f.Name == name) ?? throw new InputException($"the trajectory lacks the column '{name}'.");

    private static (DataField Steps, DataField[] Columns) Fields(int n, int m_k) =>
        (new DataField("t", typeof(int), isNullable: false),
        [.. TrajectoryColumn.All.Select(c => new DataField(c.Name, typeof(double), isNullable: false, isArray: IsList(c)))]);

    private static bool IsList(TrajectoryColumn column) => column.PerNeuron || column.PerSample;

    /// <summary>0 where a row begins, 1 inside it.</summary>
    private static int[] Repetition(int rows, int width)
    {
        var levels = new int[rows * width];
        Array.Fill(levels, 1);
        for (int r = 0; r < rows; r++) levels[r * width] = 0;
        return levels;
    }
}
