using Workbook.Core.Data;
using Workbook.Core.Engines;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;
using Workbook.Core.Tests.Data;
using Workbook.Core.Tests.Engines;
using Xunit;

namespace Workbook.Core.Tests.Runs;

public sealed class NpzFormatsTests
{
    [Fact]
    public void Data_and_weights_read_back_to_the_last_bit()
    {
        using var folder = new TemporaryFolder();
        TransformerWeights weights = InitialWeights.Gaussian(new ModelSpec(3, 4, 1), 20, 5).Materialise();
        NpzWriter.Write(folder.File("w.npz"), NpzFormats.Weights(weights));
        TransformerWeights back = NpzFormats.ReadWeights(folder.File("w.npz"));
        Assert.Equal((3, 4, 20), (back.MK, back.MV, back.D));
        foreach (WeightMatrix matrix in Problems.Matrices) Assert.Equal(weights[matrix], back[matrix]);
        foreach (Dataset data in (Dataset[])[new SignalNoise(20, 5, 3, 2).DrawTraining(1), Problems.DenseData(3, 4, 5, 2)])
        {
            NpzWriter.Write(folder.File("d.npz"), NpzFormats.Data(data));
            Dataset read = NpzFormats.ReadData(folder.File("d.npz"));
            Assert.Equal(data.ToDense(), read.ToDense());
            Assert.Equal(data.Labels, read.Labels);
            Assert.Equal(data.SignalPatch, read.SignalPatch);
            Assert.Equal(data.Mu, read.Mu);
        }
    }

    [Fact]
    public void Mu_and_signal_patch_are_found_where_they_are_not_given()
    {
        using var folder = new TemporaryFolder();
        Dataset data = new SignalNoise(20, 5, 3, 2).DrawTraining(1);
        NpzWriter.Write(folder.File("d.npz"), NpzFormats.Data(data).Where(a => a.Item1 is "X" or "y").ToList());
        Dataset read = NpzFormats.ReadData(folder.File("d.npz"));
        Assert.Equal(data.SignalPatch, read.SignalPatch);
        Assert.Equal(data.Mu, read.Mu);
    }

    [Fact]
    public void Data_without_a_signal_patch_trains_without_the_families()
    {
        using var folder = new TemporaryFolder();
        NpzWriter.Write(folder.File("d.npz"), NpzFormats.Data(Problems.DenseData(4, 2, 6, 3)));
        var spec = new RunSpec { Data = new FileSource(new string('0', 64)), Model = new ModelSpec(3, 2, 0.1), Optimizer = new SignGd(1e-2), Steps = 20 };
        Run run = Training.Run(spec, new RunInputs(Data: NpzFormats.ReadData(folder.File("d.npz"))), cancel: TestContext.Current.CancellationToken);
        Assert.Equal("dense", run.Engine);
        Trajectory t = run.Trajectory;
        Assert.Contains("no patch that is +mu or -mu", t.FamiliesRefused, StringComparison.Ordinal);
        Assert.All(t.QuerySignal.Concat(t.KeyNoise).Concat(t.ValueSignal).Concat(t.TestLoss), x => Assert.True(double.IsNaN(x)));
        Assert.All(t.TrainLoss.Concat(t.S11).Concat(t.S21).Concat(t.Margin), x => Assert.True(double.IsFinite(x)));
        Assert.True(t.TrainLoss[^1] < t.TrainLoss[0]);
        spec = spec with { Engine = EngineKind.Reduced };
        Complaint.Of(() => Training.Run(spec, new RunInputs(Data: NpzFormats.ReadData(folder.File("d.npz")))), "the reduced engine is not exact here: the families of inner products need a signal vector");
    }

    [Fact]
    public void A_trajectory_has_the_documented_arrays()
    {
        using var folder = new TemporaryFolder();
        RunSpec spec = RunFolderTests.Small with { Record = Schedule.Every(5), Steps = 12 };
        Trajectory t = Training.Run(spec, cancel: TestContext.Current.CancellationToken).Trajectory;
        NpzWriter.Write(folder.File("t.npz"), NpzFormats.Trajectory(t));
        using NpzReader file = NpzReader.Open(folder.File("t.npz"));
        Assert.Equal([0.0, 5, 10, 12], file.Read("t", "T").Data);
        foreach (var (name, shape) in ((string, string)[])[("train_loss", "T"), ("test_loss", "T"), ("test_error", "T"), ("query_signal", "T, mk"), ("key_signal", "T, mk"),
            ("query_noise", "T, n, mk"), ("key_noise", "T, n, mk"), ("value_signal", "T"), ("value_noise", "T, n"), ("s11", "T, n"), ("s21", "T, n"), ("log_s11", "T, n"), ("log_s21", "T, n")])
            Assert.Equal(t[name].Select(BitConverter.DoubleToInt64Bits), file.Read(name, shape).Data.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal((4, 4, 3), (file.Dimensions["T"], file.Dimensions["n"], file.Dimensions["mk"]));
    }

    [Fact]
    public void Files_that_do_not_fit_are_refused_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        var good = new Dictionary<string, NpzArray>
        {
            ["X"] = new([1, 0, 0, 1, 0, 2, -1, 0], 2, 2, 2), ["y"] = new([1, -1], 2), ["mu"] = new([1, 0], 2), ["signal_patch"] = new([0, 1], 2),
        };
        Assert.Equal([0, 1], Read(good).SignalPatch!);
        Refused("X", null, "X");
        Refused("y", null, "y");
        Refused("X", new NpzArray([1, 0, 0, 1], 2, 2), "X");
        Refused("X", new NpzArray([], 0, 2, 2), "");
        Refused("y", new NpzArray([1, -1, 1], 3), "y");
        Refused("y", new NpzArray([1, 0], 2), "label y[1] is 0; labels are +1 or -1");
        Refused("y", new NpzArray([1, double.NaN], 2), "label y[1] is NaN");
        Refused("mu", new NpzArray([1, 0, 0], 3), "mu");
        Refused("mu", new NpzArray([1, double.PositiveInfinity], 2), "an entry of mu is not finite");
        Refused("signal_patch", new NpzArray([0, 2], 2), "signal_patch holds 2; patches are numbered 0 to 1");
        Refused("signal_patch", new NpzArray([0, 0.5], 2), "signal_patch holds 0.5");
        Refused("signal_patch", new NpzArray([0, -1], 2), "signal_patch holds -1");
        Refused("signal_patch", new NpzArray([0, double.NaN], 2), "signal_patch holds NaN");
        Refused("signal_patch", new NpzArray([0], 1), "signal_patch");
        Refused("X", new NpzArray([1, 0, 0, double.NaN, 0, 2, -1, 0], 2, 2, 2), "an entry of the data is NaN");

        Dataset Read(Dictionary<string, NpzArray> arrays)
        {
            NpzWriter.Write(folder.File("d.npz"), arrays.Select(a => (a.Key, a.Value)).ToList());
            return NpzFormats.ReadData(folder.File("d.npz"));
        }

        void Refused(string name, NpzArray? array, string why)
        {
            var arrays = new Dictionary<string, NpzArray>(good);
            arrays.Remove(name);
            if (array is not null) arrays[name] = array;
            InputException error = Assert.Throws<InputException>(() => Read(arrays));
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.Contains(folder.File("d.npz"), error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        var good = NpzFormats.Weights(new TransformerWeights(2, 3, 4)).ToDictionary(a => a.Item1, a => a.Item2);
        foreach (string name in good.Keys)
        {
            Refused(name, null, name);
            Refused(name, new NpzArray(new double[8], 8), name);
            Refused(name, new NpzArray(new double[25], 5, 5), "");
            Refused(name, new NpzArray([.. Enumerable.Repeat(double.NaN, good[name].Data.Length)], good[name].Shape), $"an entry of {name} is not finite");
        }

        void Refused(string name, NpzArray? array, string why)
        {
            var arrays = new Dictionary<string, NpzArray>(good);
            arrays.Remove(name);
            if (array is not null) arrays[name] = array;
            NpzWriter.Write(folder.File("w.npz"), arrays.Select(a => (a.Key, a.Value)).ToList());
            Complaint.Of(() => NpzFormats.ReadWeights(folder.File("w.npz")), why);
            Complaint.Of(() => NpzFormats.ReadWeights(folder.File("w.npz")), folder.File("w.npz"));
        }
    }

    [Fact]
    public void The_wrong_dtype_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        PythonScript.Run(folder.Path, "numpy", """
            import numpy as np
            X, y = np.zeros((2, 2, 3)), np.array([1.0, -1.0])
            np.savez('f32.npz', X=X.astype(np.float32), y=y)
            np.savez('int.npz', X=X, y=y.astype(int), signal_patch=np.array([0, 1]))
            np.savez('fortran.npz', X=np.asfortranarray(X + 1), y=y)
            np.savez('complex.npz', X=X.astype(complex), y=y)
            """);
        Complaint.Of(() => NpzFormats.ReadData(folder.File("f32.npz")), "array 'X' holds");
        Complaint.Of(() => NpzFormats.ReadData(folder.File("complex.npz")), "array 'X' holds");
        Assert.Equal([1, -1], NpzFormats.ReadData(folder.File("int.npz")).Labels);
        Complaint.Of(() => NpzFormats.ReadData(folder.File("fortran.npz")), "order");
    }
}
