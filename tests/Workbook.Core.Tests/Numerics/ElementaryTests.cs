using System.Numerics;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

public sealed class ElementaryTests
{
    // The documented accuracy, subnormal results included.
    private const double Ulps = 2.0;

    // The slow oracle checks every third argument.
    private const int SlowShare = 3;

    private delegate void Map<T>(ReadOnlySpan<T> x, Span<T> y);

    [Fact]
    public void Exp_of_doubles_is_accurate() =>
        CheckDouble("exp", Elementary.Exp, (oracle, x) => oracle.Exp(x), Arguments(-745.2, 709.7).Concat(Arguments(-1, 1)));

    // Beside the middles of two table entries the remainder is longest, and the one or the other is taken.
    [Fact]
    public void Every_entry_of_the_tables_is_accurate()
    {
        IEnumerable<double> powers = Enumerable.Range(-16 * 3, 16 * 5).SelectMany(n => Around((n + 0.5) * Math.Log(2) / 16).Append(n * Math.Log(2) / 16));
        IEnumerable<double> logarithms = Enumerable.Range(0, 15).SelectMany(j => Around(-Math.Log((j + 0.5) / 15)).Append(-Math.Log((j + 1) / 15.0)));
        CheckDouble("exp, entries", Elementary.Exp, (oracle, x) => oracle.Exp(x), powers);
        CheckDouble("log sigmoid, entries", Elementary.LogSigmoid, (oracle, x) => oracle.LogSigmoid(x), logarithms.Concat(logarithms.Select(x => -x)));

        static IEnumerable<double> Around(double x) => [x - 1e-9, Math.BitDecrement(x), x, Math.BitIncrement(x), x + 1e-9];
    }

    [Fact]
    public void Exp_of_floats_is_accurate() =>
        CheckSingle("exp", Elementary.Exp, (oracle, x) => oracle.Exp(x), Arguments(-103.9, 88.7).Concat(Arguments(-1, 1)));

    [Fact]
    public void LogSigmoid_of_doubles_is_accurate() =>
        CheckDouble("log sigmoid", Elementary.LogSigmoid, (oracle, x) => oracle.LogSigmoid(x), Arguments(-800, 745.1).Concat(Arguments(-2, 2)));

    [Fact]
    public void LogSigmoid_of_floats_is_accurate() =>
        CheckSingle("log sigmoid", Elementary.LogSigmoid, (oracle, x) => oracle.LogSigmoid(x), Arguments(-200, 103.9).Concat(Arguments(-2, 2)));

    [Fact]
    public void LogOnePlusExp_is_minus_LogSigmoid_of_minus_x_to_the_bit()
    {
        double[] x = Arguments(-800, 800).Concat([double.NaN, double.PositiveInfinity, double.NegativeInfinity]).ToArray();
        double[] left = new double[x.Length], right = new double[x.Length];
        Elementary.LogOnePlusExp(x, left);
        Elementary.LogSigmoid(x.Select(v => -v).ToArray(), right);
        Bits.AssertEqual<double>(right.Select(v => 0 - v).ToArray(), left);

        float[] single = Arguments(-200, 200).Select(v => (float)v).ToArray();
        float[] leftSingle = new float[single.Length], rightSingle = new float[single.Length];
        Elementary.LogOnePlusExp(single, leftSingle);
        Elementary.LogSigmoid(single.Select(v => -v).ToArray(), rightSingle);
        Bits.AssertEqual<float>(rightSingle.Select(v => 0 - v).ToArray(), leftSingle);
    }

    [Theory]
    [InlineData(double.NegativeInfinity, 0.0, double.NegativeInfinity)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, 0.0)]
    [InlineData(double.NaN, double.NaN, double.NaN)]
    [InlineData(-1e300, 0.0, -1e300)]
    [InlineData(1e300, double.PositiveInfinity, 0.0)]
    [InlineData(0.0, 1.0, -0.6931471805599453)]
    [InlineData(5e-324, 1.0, -0.6931471805599453)]
    [InlineData(-746.0, 0.0, -746.0)]
    [InlineData(710.0, double.PositiveInfinity, -4.47628622567513e-309)]
    public void Special_values_are_the_limits(double x, double exp, double logSigmoid)
    {
        double[] y = new double[1];
        Elementary.Exp([x], y);
        Bits.AssertEqual<double>([exp], y);
        Elementary.LogSigmoid([x], y);
        Bits.AssertEqual<double>([logSigmoid], y);

        float[] z = new float[1];
        Elementary.Exp([(float)x], z);
        Bits.AssertEqual<float>([x == 710 ? float.PositiveInfinity : (float)exp], z);
        Elementary.LogSigmoid([(float)x], z);
        Bits.AssertEqual<float>([(float)logSigmoid + 0f], z);
    }

    [Fact]
    public void An_element_depends_on_its_argument_alone_at_every_length_and_offset()
    {
        Sweep<double>(Elementary.Exp, Math.Exp, 1e-14);
        Sweep<double>(Elementary.LogSigmoid, v => -Math.Log(1 + Math.Exp(-v)), 1e-14);
        Sweep<double>(Elementary.LogOnePlusExp, v => Math.Log(1 + Math.Exp(v)), 1e-14);
        Sweep<float>(Elementary.Exp, MathF.Exp, 1e-6);
        Sweep<float>(Elementary.LogSigmoid, v => -MathF.Log(1 + MathF.Exp(-v)), 1e-6);
        Sweep<float>(Elementary.LogOnePlusExp, v => MathF.Log(1 + MathF.Exp(v)), 1e-6);
    }

    // Some rungs have a quicker form for blocks whose numbers are bounded: one number past the bound in each vector keeps it away.
    [Fact]
    public void A_far_neighbour_does_not_matter()
    {
        double[] x = Arguments(-708, 708).Concat(Arguments(-3, 3)).Concat([708, -708, Math.BitDecrement(708), Math.BitIncrement(-708), Math.BitIncrement(708), Math.BitDecrement(-708), double.NaN]).ToArray();
        double[] mixed = x.SelectMany(v => (double[])[v, -745.1]).ToArray(), near = new double[x.Length], far = new double[mixed.Length];
        foreach (Map<double> map in (Map<double>[])[Elementary.Exp, Elementary.LogSigmoid, Elementary.LogOnePlusExp])
        {
            for (int i = 0; i < x.Length; i++) map(x.AsSpan(i, 1), near.AsSpan(i, 1));
            map(mixed, far);
            Bits.AssertEqual<double>(near, far.Where((_, i) => i % 2 == 0).ToArray());
            map(x, far.AsSpan(0, x.Length));
            Bits.AssertEqual<double>(near, far.AsSpan(0, x.Length));
        }
    }

    [Fact]
    public void Special_values_are_right_at_every_place_of_every_length()
    {
        double[] special = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 5e-324, -5e-324, 1e-310, -0.0, 0.0, 745.2, -745.2, -745.1, 710, 709.7, 1e300, -1e300];
        SpecialSweep(special, Elementary.Exp, Elementary.LogSigmoid, Elementary.LogOnePlusExp);
        SpecialSweep(special.Select(v => (float)v).Concat([103.9f, -103.9f, 88.8f, 1e-45f]).ToArray(), Elementary.Exp, Elementary.LogSigmoid, Elementary.LogOnePlusExp);
    }

    [Fact]
    public void Subnormal_arguments_and_results_are_accurate()
    {
        double[] tiny = [5e-324, 1e-320, 1e-310, 2.2e-308, -5e-324, -1e-310];
        CheckDouble("exp", Elementary.Exp, (oracle, x) => oracle.Exp(x), tiny.Concat(Arguments(-745.13, -708.4)));
        CheckDouble("log sigmoid", Elementary.LogSigmoid, (oracle, x) => oracle.LogSigmoid(x), tiny.Concat(Arguments(708.4, 745.13)));
        CheckSingle("exp", Elementary.Exp, (oracle, x) => oracle.Exp(x), Arguments(-103.97, -87.4));
        CheckSingle("log sigmoid", Elementary.LogSigmoid, (oracle, x) => oracle.LogSigmoid(x), Arguments(87.4, 103.97));
    }

    // Written down once: the same on every instruction set.
    [Fact]
    public void Results_keep_their_golden_bits()
    {
        double[] x = Arguments(-745, 709).ToArray(), y = new double[x.Length];
        ulong digest = 0;
        foreach (Map<double> map in (Map<double>[])[Elementary.Exp, Elementary.LogSigmoid])
        {
            map(x, y);
            digest = y.Aggregate(digest, (d, v) => (d ^ BitConverter.DoubleToUInt64Bits(v)) * 1099511628211);
        }

        float[] single = x.Select(v => (float)(v / 8)).ToArray(), z = new float[x.Length];
        foreach (Map<float> map in (Map<float>[])[Elementary.Exp, Elementary.LogSigmoid])
        {
            map(single, z);
            digest = z.Aggregate(digest, (d, v) => (d ^ BitConverter.SingleToUInt32Bits(v)) * 1099511628211);
        }

        Assert.Equal(6515584280326654910UL, digest);
    }

    /// <summary>The values alone are checked elsewhere; here, that neither their place nor their neighbours nor the length matter.</summary>
    private static void SpecialSweep<T>(T[] special, params Map<T>[] maps)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] one = new T[1];
        foreach (Map<T> map in maps)
        {
            T[] alone = special.Select(v =>
            {
                map([v], one);
                return one[0];
            }).ToArray();

            // Across vectors, and across the blocks of functions in stages.
            foreach (int length in Enumerable.Range(1, 40).Concat(Enumerable.Range(250, 20)).Append(530))
            {
                for (int shift = 0; shift < special.Length; shift++)
                {
                    Guarded<T> x = new(length, length % 7, i => special[(i + shift) % special.Length]), y = new(length, shift % 5, _ => T.One);
                    map(x.Span, y.Span);
                    Bits.AssertEqual<T>(Enumerable.Range(0, length).Select(i => alone[(i + shift) % special.Length]).ToArray(), y.Span);
                    y.AssertGuardsIntact();
                }
            }
        }
    }

    private static void Sweep<T>(Map<T> map, Func<T, T> plain, double tolerance)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Plain formulas lose a few bits where 1 + e^x rounds: the tolerance is theirs, not the kernel's.
        T[] one = new T[1];
        for (int length = 0; length <= Guarded<T>.LongestSweep; length++)
        {
            Guarded<T> x = new(length, length % 7, i => T.CreateTruncating(2 * new RandomStream(3, 3).Gaussian((ulong)i)));
            Guarded<T> y = new(length, length % 5, _ => T.One);
            T[] expected = new T[length];
            for (int i = 0; i < length; i++)
            {
                map(x.Span.Slice(i, 1), one);
                expected[i] = one[0];
                T reference = plain(x.Span[i]);
                Assert.True(T.Abs(reference - one[0]) <= T.CreateTruncating(tolerance) * T.Max(T.Abs(reference), T.CreateTruncating(0.1)));
            }

            map(x.Span, y.Span);
            Bits.AssertEqual<T>(expected, y.Span);
            map(x.Span, x.Span);
            Bits.AssertEqual<T>(expected, x.Span);
            x.AssertGuardsIntact();
            y.AssertGuardsIntact();
        }
    }

    private static void CheckDouble(string name, Map<double> map, Func<HighPrecision, BigInteger, BigInteger> exact, IEnumerable<double> arguments)
    {
        double[] x = arguments.ToArray(), y = new double[x.Length];
        map(x, y);
        (double worst, double at) = (0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            bool far = Math.Abs(x[i]) >= 50;
            if (far && i % SlowShare != 0)
            {
                continue;
            }

            HighPrecision oracle = far ? HighPrecision.Long : HighPrecision.Short;
            double ulps = oracle.UlpsDouble(y[i], exact(oracle, oracle.FromDouble(x[i])));
            (worst, at) = ulps > worst ? (ulps, x[i]) : (worst, at);
        }

        TestContext.Current.SendDiagnosticMessage($"{name}, double: {worst} ulp at {at:R}");
        Assert.InRange(worst, 0, Ulps);
    }

    private static void CheckSingle(string name, Map<float> map, Func<HighPrecision, BigInteger, BigInteger> exact, IEnumerable<double> arguments)
    {
        float[] x = arguments.Select(v => (float)v).ToArray(), y = new float[x.Length];
        map(x, y);
        (double worst, double at) = (0, 0);
        for (int i = 0; i < x.Length; i++)
        {
            bool far = Math.Abs(x[i]) >= 50;
            if (far && i % SlowShare != 0)
            {
                continue;
            }

            HighPrecision oracle = far ? HighPrecision.Long : HighPrecision.Short;
            double ulps = oracle.UlpsSingle(y[i], exact(oracle, oracle.FromDouble(x[i])));
            (worst, at) = ulps > worst ? (ulps, x[i]) : (worst, at);
        }

        TestContext.Current.SendDiagnosticMessage($"{name}, float: {worst} ulp at {at:R}");
        Assert.InRange(worst, 0, Ulps);
    }

    private static IEnumerable<double> Arguments(double low, double high)
    {
        const int Count = 1000;
        RandomStream stream = new(8, 8);
        for (int i = 0; i <= Count; i++)
        {
            yield return low + (high - low) * i / Count;
            yield return low + (high - low) * stream.Uniform((ulong)i);
        }
    }
}
