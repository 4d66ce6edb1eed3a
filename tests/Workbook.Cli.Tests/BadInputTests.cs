namespace Workbook.Cli.Tests;

/// <summary>Whatever is wrong on a command line is answered by one sentence that names the value and what is allowed, and by exit code 2.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("--s 2000", "s is 2000", "1 .. d - 1 = 1999")]
    [InlineData("--s 0", "s is 0", "1 .. d - 1 = 1999")]
    [InlineData("--d 100 --s 10 --supports disjoint", "n * s is 200", "d - 1 = 99")]
    [InlineData("--d 1", "d is 1", "at least 2")]
    [InlineData("--n 0", "n is 0", "at least 1")]
    [InlineData("--sigma-p 0", "sigma_p is 0", "positive")]
    [InlineData("--sigma-p -1", "sigma_p is -1", "positive")]
    [InlineData("--sigma-p NaN", "sigma_p is NaN", "finite")]
    [InlineData("--sigma-0 0", "sigma_0 is 0", "positive")]
    [InlineData("--eta NaN", "eta is NaN", "finite")]
    [InlineData("--eta 0", "eta is 0", "positive")]
    [InlineData("--eta -1e-3", "eta is -0.001", "positive")]
    [InlineData("--eta Infinity", "eta is Infinity", "finite")]
    [InlineData("--eta inf", "--eta is 'inf'", "number")]
    [InlineData("--mk 0", "m_k is 0", "1 .. ")]
    [InlineData("--mv 0", "m_v is 0", "1 .. ")]
    [InlineData("--steps 0", "steps is 0", "at least 1")]
    [InlineData("--steps 1.5", "--steps is '1.5'", "whole number")]
    [InlineData("--steps abc", "--steps is 'abc'", "whole number")]
    [InlineData("--steps 99999999999", "--steps is '99999999999'", "at most 2147483647")]
    [InlineData("--seed -1", "--seed is '-1'", "0 .. 18446744073709551615")]
    [InlineData("--test-size -1", "test size is -1", "0 .. 10000000")]
    [InlineData("--test-every 0", "is 0", "at least 1")]
    [InlineData("--record-every 0", "is 0", "at least 1")]
    [InlineData("--record foo", "'foo'", "every:K, dense:A,K or log:P")]
    [InlineData("--record every:x", "'every:x'", "every:K")]
    [InlineData("--record dense:3", "'dense:3'", "dense:A,K")]
    [InlineData("--record log:0", "is 0", "at least 1")]
    [InlineData("--record log:2000000000", "2000000000 steps per decade", "at most 10000")]
    [InlineData("--optimizer adam --beta1 1", "beta1 is 1", "[0, 1)")]
    [InlineData("--optimizer adam --beta2 -0.1", "beta2 is -0.1", "[0, 1)")]
    [InlineData("--optimizer adam --eps -1", "eps is -1", "at least 0")]
    [InlineData("--optimizer sign-power --power 1.5", "p is 1.5", "[0, 1]")]
    [InlineData("--optimizer sign-dead-zone --dead-zone 1", "dead zone is 1", "[0, 1)")]
    [InlineData("--optimizer minibatch-signgd --batch 21", "batch size is 21", "1 .. n = 20")]
    [InlineData("--optimizer sgd", "'sgd'", "'signgd' 'adam' 'gd' 'signum'")]
    [InlineData("--preset nope", "'nope'", "figure-1")]
    public void A_value_out_of_its_range_is_named_with_the_range(string options, params string[] parts) => Refused("train --out run " + options, parts);

    [Theory]
    [InlineData("--d 2000000000", "d = 2000000000", "memory")]
    [InlineData("--n 1000000000", "n * (s + 1) is 21000000000", "at most")]
    [InlineData("--n 40000000 --s 2 --mk 100 --test-size 0", "n is 40000000 and m_k is 100", "below")]
    [InlineData("--mk 1000000000", "m_k is 1000000000", "1 .. 1048576")]
    [InlineData("--mv 1000000000", "m_v is 1000000000", "1 .. 1048576")]
    [InlineData("--steps 2000000000", "2000000002 rows", "record fewer steps")]
    [InlineData("--test-size 2000000000", "test size is 2000000000", "10000000")]
    [InlineData("--engine dense --d 200000000 --test-size 0", "weights", "at most")]
    public void A_size_that_cannot_fit_is_refused_at_once(string options, params string[] parts) => Refused("train --out run " + options, parts);

    [Theory]
    [InlineData("train --out run --beta1 0.5", "--beta1 has no effect")]
    [InlineData("train --out run --optimizer gd --eps 0", "--eps has no effect")]
    [InlineData("train --out run --optimizer signum --beta2 0.5", "--beta2 has no effect")]
    [InlineData("train --out run --power 0.5", "--power has no effect")]
    [InlineData("train --out run --optimizer sign-power --batch 5", "--batch has no effect")]
    [InlineData("train --out run --optimizer normalized-gd --beta1 0.5", "--beta1 has no effect")]
    [InlineData("train --out run --optimizer normalized-gd --engine support", "normalized-gd looks at the whole gradient")]
    [InlineData("train --out run --test-size 0 --test-every 5", "--test-every has no effect")]
    [InlineData("train --out run --record every:2 --record-every 2", "--record-every and --record")]
    [InlineData("train --out run --optimizer adam --engine reduced", "reduced engine is not exact", "eps = 0")]
    [InlineData("train --out run --precision f32 --engine support", "support engine runs in f64 only")]
    [InlineData("train --out run --precision f32 --engine reduced", "reduced engine runs in f64 only")]
    [InlineData("train --out run --bogus 3", "'--bogus'", "workbook train --help")]
    [InlineData("train --out run extra", "'extra'", "workbook train --help")]
    [InlineData("train --out run --steps 3 --steps 4", "--steps")]
    [InlineData("train", "--out", "workbook train --help")]
    [InlineData("bogus", "'bogus'", "workbook --help")]
    [InlineData("sample", "--npz")]
    [InlineData("sample --npz s.npz --steps 3", "'--steps'")]
    [InlineData("export", "workbook export --help")]
    [InlineData("export nowhere --npz t.npz", "nowhere")]
    [InlineData("export nowhere", "--npz F.npz or --csv F.csv")]
    [InlineData("stages nowhere", "nowhere")]
    [InlineData("claims .", "not a run")]
    [InlineData("data fetch cifar", "'cifar'", "'mnist'")]
    [InlineData("train --out run --snr 1", "--snr has no effect without --text")]
    [InlineData("train --out run --label-noise 0.1", "--label-noise has no effect without --text")]
    [InlineData("train --out run --text made --sigma-p 1", "--sigma-p has no effect with --text")]
    [InlineData("train --out run --text made --label-noise 2", "label noise is 2", "0 .. 1")]
    [InlineData("train --out run --text made --snr 0", "SNR is 0", "positive")]
    [InlineData("train --out run --text made --n 5000", "n is 5000", "at most 4000")]
    [InlineData("train --out run --text made --engine reduced", "reduced engine is not exact")]
    [InlineData("train --out run --text prose", "'prose'", "'sst2' 'imdb' 'made'")]
    [InlineData("reproduce --seeds 0 --out run", "--seeds is 0", "1 .. 1000")]
    [InlineData("reproduce --seeds many --out run", "--seeds is 'many'", "whole number")]
    public void Bad_usage_is_answered_in_one_sentence(string command, params string[] parts) => Refused(command, parts);

    [Fact]
    public void A_place_that_cannot_be_written_is_refused_before_the_run()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "mine");
        Directory.CreateDirectory(folder.File("mine"));
        File.WriteAllText(folder.File("mine", "notes.txt"), "mine");
        Program.Run(folder, "train --out file").IsRefused("file", "needs a folder");
        Program.Run(folder, "train --out mine").IsRefused("mine", "not a run");
        Program.Run(folder, "train --out file/run").IsRefused("file/run");
        Program.Run(folder, "reproduce --quick --out file").IsRefused("file");
        Program.Run(folder, "sample --npz mine").IsRefused("mine");
        Assert.Equal("mine", folder.Text("file"));
        Assert.Equal("mine", folder.Text("mine", "notes.txt"));
        Assert.Equal(["file", "mine"], Directory.GetFileSystemEntries(folder.Path).Select(f => Path.GetFileName(f)).Order());
        if (!Directory.Exists("/proc/self")) return;
        Program.Run(folder, "train --out /proc/run").IsRefused("/proc/run");
        Program.Run(folder, "reproduce --quick --out /proc/results").IsRefused("/proc/results");
    }

    [Fact]
    public void Digits_that_are_named_but_missing_or_truncated_are_refused()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, "data where", ("WORKBOOK_DATA", "/nowhere")).IsRefused("/nowhere", "WORKBOOK_DATA");
        Program.Run(folder, "reproduce --quick --out run", ("WORKBOOK_DATA", "/nowhere")).IsRefused("/nowhere");
        string mnist = Directory.CreateDirectory(folder.File("digits", "mnist")).FullName;
        byte[] images = new byte[16 + 784];
        new byte[] { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28 }.CopyTo(images, 0);
        File.WriteAllBytes(Path.Combine(mnist, "t10k-images-idx3-ubyte"), images);
        File.WriteAllBytes(Path.Combine(mnist, "t10k-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 2, 3, 7]);
        Program.Run(folder, "reproduce --quick --out run", ("WORKBOOK_DATA", folder.File("digits"))).IsRefused("t10k-images-idx3-ubyte");
        Assert.False(Directory.Exists(folder.File("run")));
    }

    private static void Refused(string command, string[] parts)
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, command).IsRefused(parts);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
