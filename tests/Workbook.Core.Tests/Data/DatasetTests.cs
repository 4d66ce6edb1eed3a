using CsCheck;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public sealed class DatasetTests
{
    [Fact]
    public void Sparse_and_dense_are_the_same_data()
    {
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 6]).SelectMany((n, length, d) =>
            Gen.Select(Gen.Const((n, length, d)), Gen.Int[-2, 2].Select(k => k / 2.0).Array[n * length * d], Gen.Bool.Array[n])).Sample((shape, x, sides) =>
        {
            var (n, length, d) = shape;
            Dataset data = Dataset.FromDense(x, n, length, d, [.. sides.Select(b => b ? 1.0 : -1.0)]);
            Assert.Equal((n, length, d), (data.Count, data.Length, data.Dimension));
            Assert.Equal(x, data.ToDense());
            Assert.DoesNotContain(0.0, data.Value);
            Assert.Equal(Enumerable.Range(0, d).Where(c => Enumerable.Range(0, n * length).Any(p => x[p * d + c] != 0)), data.TouchedCoordinates());
            for (int p = 0; p < n * length; p++)
            {
                Assert.Equal(x[(p * d)..((p + 1) * d)].Sum(Math.Abs), data.Norm1(p));
                Assert.Equal(x[(p * d)..((p + 1) * d)].Sum(v => v * v), data.Norm2Squared(p));
            }
        }, iter: 300);
    }

    [Fact]
    public void The_signal_patch_is_the_one_that_is_plus_or_minus_mu()
    {
        double[] x = [0, 2, 0, /**/ 1, 0, 0, /* second sample */ -1, 0, 0, /**/ 0, 3, 1];
        Dataset data = Dataset.FromDense(x, 2, 2, 3, [1, -1]);
        Assert.Equal([1, 0], data.SignalPatch!);
        Assert.Equal([1.0, 0, 0], data.Mu!);
        Assert.Null(data.FamiliesRefused);
        Assert.Equal((1, 0), data.Pair(0));
        Assert.Equal((2, 3), data.Pair(1));

        // Another mu, given: the first sample has it, the second does not.
        Dataset other = Dataset.FromDense(x, 2, 2, 3, [1, -1], mu: [0, 2, 0]);
        Assert.Null(other.SignalPatch);
        Assert.Contains("no patch that is +mu or -mu", other.FamiliesRefused, StringComparison.Ordinal);

        Dataset none = Dataset.FromDense([0, 2, 0, 1, 1, 0], 1, 2, 3, [1]);
        Assert.Equal((null, null), (none.SignalPatch, none.Mu));
        Assert.Contains("no patch that is +mu or -mu", none.FamiliesRefused, StringComparison.Ordinal);
        Assert.Equal((0, 1), none.Pair(0));

        Dataset three = Dataset.FromDense([1, 0, 0, 1, 1, 1], 1, 3, 2, [1]);
        Assert.Contains("need 2 patches per sample; this data has 3", three.FamiliesRefused, StringComparison.Ordinal);

        Dataset told = Dataset.FromDense([0, 2, 0, 1, 1, 0], 1, 2, 3, [1], signalPatch: [1]);
        Assert.Equal((1, 0), told.Pair(0));
        Assert.Equal([1.0, 0, 0], told.Mu!);
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_one_sentence()
    {
        Complaint.Of(() => Make(labels: []), "the data holds 0 samples");
        Complaint.Of(() => Make(labels: [0.5]), "label y[0] is 0.5; labels are +1 or -1");
        Complaint.Of(() => Make(labels: [double.NaN]), "label y[0] is NaN");
        Complaint.Of(() => Make(length: 0), "0 patches per sample");
        Complaint.Of(() => Make(dimension: 0), "dimension 0");
        Complaint.Of(() => Make(value: [1, double.PositiveInfinity]), "all entries have to be finite");
        Complaint.Of(() => Make(mu: [1, 0]), "mu has 2 entries; the data has dimension 3");
        Complaint.Of(() => Make(mu: [1, 0, double.NaN]), "an entry of mu is not finite");
        Complaint.Of(() => Make(signalPatch: [0, 1]), "signal_patch has 2 entries; the data has 1 samples");
        Complaint.Of(() => Make(signalPatch: [2]), "signal_patch holds 2; patches are numbered 0 to 1");
        Complaint.Of(() => Make(signalPatch: [-1]), "signal_patch holds -1");
        Complaint.Of(() => Dataset.FromDense([], 0, 2, 3, []), "X has shape [0, 2, 3]; each of n, L, d has to be at least 1");
        Complaint.Of(() => Dataset.FromDense([1, 2], 1, 1, 2, [1, 1]), "y has 2 entries; X has 1 samples");
        Complaint.Of(() => Dataset.FromDense([1, double.NaN], 1, 1, 2, [1]), "an entry of the data is NaN");
        Make();
    }

    [Fact]
    public void Coordinates_are_increasing_and_inside_the_dimension()
    {
        Complaint.Of(() => Make(index: [0, 3]), "coordinate 3");
        Complaint.Of(() => Make(index: [-1, 2]), "coordinate -1");
        // Twice or out of order within one patch.
        Complaint.Of(() => Make(rowStart: [0, 2, 2], index: [1, 1]), "increasing");
        Complaint.Of(() => Make(rowStart: [0, 2, 2], index: [2, 1]), "increasing");
        // The same coordinate in two patches is what real data has.
        Make(index: [1, 1]);
        Assert.Throws<ArgumentException>(() => Make(rowStart: [0, 3, 2]));
        Assert.Throws<ArgumentException>(() => Make(rowStart: [0, 2]));
    }

    private static Dataset Make(int length = 2, int dimension = 3, double[]? labels = null, int[]? rowStart = null, int[]? index = null, double[]? value = null,
        double[]? mu = null, int[]? signalPatch = null) =>
        new(length, dimension, labels ?? [1], rowStart ?? [0, 1, 2], index ?? [0, 2], value ?? [1, 2], mu, signalPatch);
}
