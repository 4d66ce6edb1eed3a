namespace Workbook.Cli.Tests;

/// <summary>What `sample` and `export` write is what NumPy reads, and what the definitions say.</summary>
public sealed class ExportTests
{
    private const string Sizes = "--d 60 --n 5 --s 7 --mk 4 --mv 3 --sigma-0 1e-2 --seed 11";

    [Fact]
    public void NumPy_reads_every_array_and_finds_the_definitions_in_it()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, $"sample {Sizes} --npz s.npz").Succeeds();
        Program.Run(folder, $"train {Sizes} --eta 2e-3 --steps 40 --record-every 1 --test-every 20 --test-size 50 --save-weights --out run").Succeeds();
        Program.Run(folder, "export run --npz t.npz --csv t.csv").Succeeds();
        string said = Python.Run(folder, "numpy", """
            import numpy as np, csv
            s, t = np.load('s.npz'), np.load('t.npz')
            T, n, m, d, mv = 41, 5, 4, 60, 3
            shapes = dict(t=(T,), train_loss=(T,), log_train_loss=(T,), train_error=(T,), test_loss=(T,), test_error=(T,), query_signal=(T, m), key_signal=(T, m),
                query_noise=(T, n, m), key_noise=(T, n, m), value_signal=(T,), value_noise=(T, n), s11=(T, n), s21=(T, n), log_s11=(T, n), log_s21=(T, n), margin=(T, n))
            assert set(t.files) == set(shapes), t.files
            for name, shape in shapes.items():
                assert t[name].shape == shape and t[name].dtype == np.float64 and t[name].flags.c_contiguous, name
            for name, shape in dict(X=(n, 2, d), y=(n,), mu=(d,), signal_patch=(n,), W_Q=(m, d), W_K=(m, d), W_V_pos=(mv, d), W_V_neg=(mv, d)).items():
                assert s[name].shape == shape and s[name].dtype == np.float64 and s[name].flags.c_contiguous, name
            assert np.array_equal(t['t'], np.arange(T))
            measured = ~np.isnan(t['test_loss'])
            assert np.array_equal(np.flatnonzero(measured), [0, 20, 40]) and np.array_equal(measured, ~np.isnan(t['test_error']))
            assert all(np.isfinite(t[k]).all() for k in shapes if not k.startswith('test'))

            y, rows = s['y'], np.arange(n)
            patch = s['signal_patch'].astype(int)
            assert np.array_equal(s['X'][rows, patch], y[:, None] * np.eye(d)[0]) and np.array_equal(s['mu'], np.eye(d)[0])
            xi = s['X'][rows, 1 - patch]
            assert (np.count_nonzero(xi, axis=1) == 7).all() and (xi[:, 0] == 0).all()

            def holds(row, W):
                v = W['W_V_pos'].mean(0) - W['W_V_neg'].mean(0)
                z = (s['X'] @ W['W_Q'].T) @ (s['X'] @ W['W_K'].T).transpose(0, 2, 1)
                p = np.exp(z) / np.exp(z).sum(2, keepdims=True)
                margin = y * np.einsum('iab,ib->i', p, s['X'] @ v)
                loss = np.log1p(np.exp(-margin))
                expected = dict(query_signal=W['W_Q'][:, 0], key_signal=W['W_K'][:, 0], value_signal=v[0], query_noise=y[:, None] * (xi @ W['W_Q'].T),
                    key_noise=y[:, None] * (xi @ W['W_K'].T), value_noise=y * (xi @ v), s11=p[rows, patch, patch], s21=p[rows, 1 - patch, patch],
                    log_s11=np.log(p[rows, patch, patch]), log_s21=np.log(p[rows, 1 - patch, patch]), margin=margin, train_loss=loss.mean(),
                    log_train_loss=np.log(loss.mean()), train_error=(margin <= 0).mean())
                for k, e in expected.items():
                    assert np.allclose(t[k][row], e, rtol=1e-11, atol=1e-13), (row, k, np.abs(t[k][row] - e).max())
            holds(0, s)
            holds(-1, np.load('run/weights.npz'))
            # Coordinates outside the signal's and all noises' supports never move.
            still = (xi == 0).all(0); still[0] = False
            assert still.any()
            for k in ('W_Q', 'W_K', 'W_V_pos', 'W_V_neg'):
                assert np.array_equal(np.load('run/weights.npz')[k][:, still], s[k][:, still])

            table = list(csv.reader(open('t.csv')))
            columns = ['t', 'train_loss', 'log_train_loss', 'train_error', 'test_loss', 'test_error', 'query_signal', 'key_signal', 'query_noise', 'key_noise',
                'value_signal', 'value_noise', 's11', 's21', 'log_s11', 'log_s21', 'margin']
            assert table[0] == [k + ''.join('_%d' % i for i in index) for k in columns for index in np.ndindex(*shapes[k][1:])], table[0]
            assert len(table) == T + 1
            # What was not measured is an empty field.
            assert [k for k, line in enumerate(table[1:]) if line[4] == '' and line[5] == ''] == [k for k in range(T) if k % 20]
            values = np.array([[float(c) if c else np.nan for c in line] for line in table[1:]])
            assert np.array_equal(values, np.concatenate([t[k].reshape(T, -1) for k in columns], axis=1), equal_nan=True)
            print('checked')
            """);
        Assert.Equal("checked", said);
    }

    [Theory]
    [InlineData("X.astype('f4')", "float64")]
    [InlineData("np.asfortranarray(X)", "C order")]
    [InlineData("X[:, :, :, None]", "[n, L, d]")]
    [InlineData("X[:-1]", "[n]", "'y'")]
    [InlineData("X[:, :, :-1]", "'mu'")]
    [InlineData("X * np.nan", "NaN", "finite")]
    [InlineData("X.astype(object)", "'X'")]
    public void A_wrong_array_is_named_with_what_is_expected(string x, params string[] parts)
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, $"sample {Sizes} --npz s.npz").Succeeds();
        Python.Run(folder, "numpy", $"import numpy as np; s = dict(np.load('s.npz')); X = s['X']; s['X'] = {x}; np.savez('bad.npz', **s)");
        Program.Run(folder, "train --data bad.npz --out run").IsRefused(["bad.npz", .. parts]);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public void Files_that_do_not_fit_each_other_are_refused()
    {
        using var folder = new TemporaryFolder();
        Program.Run(folder, $"sample {Sizes} --npz s.npz").Succeeds();
        Program.Run(folder, "sample --d 61 --n 5 --s 7 --mk 4 --mv 3 --npz other.npz").Succeeds();
        Program.Run(folder, "train --data s.npz --init other.npz --out run").IsRefused("61", "60");
        Program.Run(folder, "train --data none.npz --out run").IsRefused("none.npz");
        Program.Run(folder, "train --data s.npz --d 60 --out run").IsRefused("--d has no effect");
        Program.Run(folder, "train --data s.npz --init s.npz --seed 1 --out run").IsRefused("--seed has no effect");
        Program.Run(folder, "train --init s.npz --mk 4 --out run").IsRefused("--mk has no effect");
        byte[] whole = File.ReadAllBytes(folder.File("s.npz"));
        foreach (int length in (int[])[0, 3, 100, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(folder.File("cut.npz"), whole[..length]);
            Program.Run(folder, "train --data cut.npz --out run").IsRefused("cut.npz");
        }
        TrainTests.Flip(folder.File("s.npz"));
        Program.Run(folder, "train --data s.npz --init s.npz --out run").IsRefused("s.npz");
    }

    /// <summary>The same data and weights through PyTorch's automatic differentiation, end to end.</summary>
    [Theory]
    [InlineData("signgd", "2e-3", "", 1e-10)]
    [InlineData("gd", "0.5", "", 1e-10)]
    [InlineData("adam", "2e-3", "", 1e-8)]
    [InlineData("adam", "2e-3", " --eps 0", 1e-8)]
    public void Training_agrees_with_PyTorch(string optimizer, string eta, string more, double tolerance)
    {
        using var folder = new TemporaryFolder();
        string rule = $"--optimizer {optimizer} --eta {eta}{more} --steps 200 --record-every 5";
        Program.Run(folder, $"sample {Sizes} --npz s.npz").Succeeds();
        Python.RunFile(folder, "torch", [Path.Combine(Program.Root, "tests", "oracle", "oracle.py"), "run", "--input", "s.npz", .. rule.Split(' '), "--out", "oracle.npz"]);
        Program.Run(folder, $"train --data s.npz --init s.npz {rule} --out run").Succeeds();
        Program.Run(folder, "export run --npz t.npz").Succeeds();
        string worst = Python.Run(folder, "numpy", """
            import numpy as np
            a, b = np.load('oracle.npz'), np.load('t.npz')
            assert np.array_equal(a['t'], b['t'])
            # A loss relative to itself, a family relative to its largest member.
            worst = np.abs(b['train_loss'] / a['train_loss'] - 1).max()
            for k in ('query_signal', 'key_signal', 'query_noise', 'key_noise', 'value_signal', 'value_noise', 's11', 's21', 'log_s11', 'log_s21'):
                worst = max(worst, np.abs(a[k] - b[k]).max() / np.abs(a[k]).max())
            assert np.abs(a['query_noise'][-1] - a['query_noise'][0]).max() > 0.01
            print(repr(float(worst)))
            """);
        Assert.InRange(double.Parse(worst, System.Globalization.CultureInfo.InvariantCulture), 0, tolerance);
    }
}
