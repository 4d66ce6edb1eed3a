using CsCheck;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class TrajectoryFileTests
{
    [Fact]
    public async Task A_trajectory_reads_back_to_the_last_bit()
    {
        double[] odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, double.Epsilon, -double.Epsilon, double.MaxValue, 1.0 / 3, 1e-320];
        await Gen.Select(Gen.Int[1, 30], Gen.Int[1, 6], Gen.Int[1, 6], Gen.ULong, Gen.Bool).SampleAsync(async shape =>
        {
            var (rows, n, m_k, seed, families) = shape;
            var random = new Core.Numerics.RandomStream(seed, 60010);
            ulong at = 0;
            var facts = families ? new SampleFacts([.. Draw(n)], [.. Draw(n)], [.. Draw(n)]) : SampleFacts.None;
            var trajectory = new Trajectory([.. Enumerable.Range(0, rows).Select(t => 7 * t)], n, m_k, facts, families ? null : "no signal, \"quoted\".");
            foreach (TrajectoryColumn column in TrajectoryColumn.All)
            {
                double[] data = trajectory[column.Name];
                Assert.Equal(data.Length, column.Shape(rows, n, m_k).Aggregate(1, (a, b) => a * b));
                Assert.All(data, x => Assert.True(double.IsNaN(x)));
                for (int k = 0; k < data.Length; k++) data[k] = random.Below(at++, 3) == 0 ? odd[random.Below(at++, odd.Length)] : random.Gaussian(at++);
            }
            using var folder = new TemporaryFolder();
            await using (FileStream stream = File.Create(folder.File("t.parquet"))) await TrajectoryFile.WriteAsync(trajectory, stream, TestContext.Current.CancellationToken);
            Same(trajectory, await TrajectoryFile.ReadAsync(folder.File("t.parquet"), TestContext.Current.CancellationToken));

            IEnumerable<double> Draw(int count) => Enumerable.Range(0, count).Select(_ => random.Gaussian(at++));
        }, iter: 40);
    }

    internal static void Same(Trajectory expected, Trajectory found)
    {
        Assert.Equal(expected.Steps, found.Steps);
        Assert.Equal((expected.Samples, expected.Neurons, expected.FamiliesRefused), (found.Samples, found.Neurons, found.FamiliesRefused));
        Assert.Equal(expected.Facts.Norm1, found.Facts.Norm1);
        Assert.Equal(expected.Facts.Norm2Squared, found.Facts.Norm2Squared);
        Assert.Equal(expected.Facts.SharedNorm1, found.Facts.SharedNorm1);
        foreach (TrajectoryColumn column in TrajectoryColumn.All)
            Assert.Equal(expected[column.Name].Select(BitConverter.DoubleToInt64Bits), found[column.Name].Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public async Task A_file_that_is_no_trajectory_is_refused_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        var trajectory = new Trajectory([0, 5], 2, 3, SampleFacts.None);
        await using (FileStream stream = File.Create(folder.File("t.parquet"))) await TrajectoryFile.WriteAsync(trajectory, stream, TestContext.Current.CancellationToken);
        byte[] good = File.ReadAllBytes(folder.File("t.parquet"));
        foreach (byte[] bad in (byte[][])[[], [1, 2, 3], good[..(good.Length / 2)], good[(good.Length / 2)..], good[..^1], [.. good[..^5], .. "XPAR1"u8.ToArray()]])
        {
            string path = folder.File("bad.parquet", bad);
            string message = (await Assert.ThrowsAsync<InputException>(() => TrajectoryFile.ReadAsync(path, TestContext.Current.CancellationToken))).Message;
            Assert.StartsWith(path + " cannot be read as a trajectory", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
        await Assert.ThrowsAsync<InputException>(() => TrajectoryFile.ReadAsync(folder.File("absent.parquet"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Truncation_keeps_the_first_rows()
    {
        var trajectory = new Trajectory([0, 5, 10], 2, 3, SampleFacts.None);
        for (int k = 0; k < trajectory.QueryNoise.Length; k++) trajectory.QueryNoise[k] = k;
        Trajectory shorter = trajectory.Truncate(2);
        Assert.Equal([0, 5], shorter.Steps);
        Assert.Equal(trajectory.QueryNoise[..12], shorter.QueryNoise);
        Assert.Equal((1, -1), (shorter.RowOf(5), shorter.RowOf(10)));
    }
}
