using System.Globalization;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

/// <summary>The oracle's files and the library's reader and writer understand each other.</summary>
public class OracleFilesTests
{
    private static readonly string Oracle = Path.Combine(DataFolder.ProjectRoot()!, "tests", "oracle");

    public static TheoryData<string> Goldens => ["signgd", "gd", "adam", "adam-eps0"];

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_golden_file_has_every_array_in_its_shape(string name)
    {
        using NpzReader reader = NpzReader.Open(Path.Combine(Oracle, "golden", name + ".npz"));
        (string Array, string Shape)[] expected =
        [
            ("X", "n, 2, d"), ("y", "n"), ("mu", "d"), ("signal_patch", "n"),
            ("W_Q", "mk, d"), ("W_K", "mk, d"), ("W_V_pos", "mv, d"), ("W_V_neg", "mv, d"), ("eta", ""), ("steps", ""),
            ("t", "T"), ("train_loss", "T"), ("min_abs_sign_margin", "T"), ("value_signal", "T"), ("value_noise", "T, n"),
            ("query_signal", "T, mk"), ("key_signal", "T, mk"), ("query_noise", "T, n, mk"), ("key_noise", "T, n, mk"),
            ("s11", "T, n"), ("s21", "T, n"), ("log_s11", "T, n"), ("log_s21", "T, n"),
            ("final_W_Q", "mk, d"), ("final_W_K", "mk, d"), ("final_W_V_pos", "mv, d"), ("final_W_V_neg", "mv, d"),
        ];
        var arrays = expected.ToDictionary(e => e.Array, e => reader.Read(e.Array, e.Shape));
        Assert.All(arrays.Values, a => Assert.All(a.Data, v => Assert.True(double.IsFinite(v))));
        Assert.Equal((60, 8, 5, 4), (reader.Dimensions["d"], reader.Dimensions["n"], reader.Dimensions["mk"], reader.Dimensions["mv"]));
        Assert.Equal(300, arrays["t"].Data[^1]);
        Assert.Equal(Enumerable.Range(0, 21).Select(t => (double)t), arrays["t"].Data[..21]);
        Assert.True(arrays["min_abs_sign_margin"].Data.Min() > 1e-6);

        // Row 0 is the initial state: its inner products follow from the weights that stand beside it.
        double[] wq = arrays["W_Q"].Data, x = arrays["X"].Data;
        int noisePatch = 1 - (int)arrays["signal_patch"].Data[0];
        double first = Enumerable.Range(0, 60).Sum(c => wq[c] * x[noisePatch * 60 + c]) * arrays["y"].Data[0];
        Assert.Equal(first, arrays["query_noise"].Data[0], 1e-15);
        Assert.Equal(wq[0], arrays["query_signal"].Data[0]);
    }

    [Fact]
    public void The_oracle_runs_on_a_file_that_the_library_wrote()
    {
        using var folder = new TemporaryFolder();
        using NpzReader golden = NpzReader.Open(Path.Combine(Oracle, "golden", "signgd.npz"));
        string[] given = ["X", "y", "W_Q", "W_K", "W_V_pos", "W_V_neg"]; // mu and signal_patch left to their defaults
        NpzWriter.Write(folder.File("in.npz"), given.Select(name => (name, golden.ReadAnyShape(name))).ToList());
        string eta = golden.Read("eta", "").Data[0].ToString("R", CultureInfo.InvariantCulture);
        PythonScript.Run(folder.Path, "torch", $"""
            import runpy, sys
            sys.argv = ['oracle.py', 'run', '--input', 'in.npz', '--optimizer', 'signgd', '--eta', '{eta}', '--steps', '20', '--out', 'out.npz']
            sys.dont_write_bytecode = True
            runpy.run_path(r'{Path.Combine(Oracle, "oracle.py")}', run_name='__main__')
            """);
        using NpzReader fresh = NpzReader.Open(folder.File("out.npz"));
        foreach (string name in new[] { "train_loss", "query_noise", "value_noise", "log_s21" })
        {
            double[] now = fresh.ReadAnyShape(name).Data, before = golden.ReadAnyShape(name).Data[..now.Length];
            Assert.All(now.Zip(before), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
        }
    }
}
