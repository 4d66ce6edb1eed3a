using System.Runtime.Intrinsics;
using Workbook.Core.Engines;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Weights of votes at the scale of the vote's largest sample, beside a plain loop, on every rung that this process has and for every number of samples across the longest vector.</summary>
public sealed unsafe class AccumulatedScalesTests
{
    // Equal, near, farther apart than a double reaches, farther than an int reaches.
    private static readonly double[] Exponents = [0, -3, -4, -899, -900, -901, -2500, -3e9, -3e9 - 7, -1e13];

    public static TheoryData<int> Samples => [.. Enumerable.Range(2, 18)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Weights_are_those_of_a_plain_loop(int n)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Compare<double, Lanes1<double>>(n, seed);
            if (Vector128.IsHardwareAccelerated) Compare<Vector128<double>, Lanes128<double>>(n, seed);
            if (Vector256.IsHardwareAccelerated) Compare<Vector256<double>, Lanes256<double>>(n, seed);
            if (Vector512.IsHardwareAccelerated) Compare<Vector512<double>, Lanes512<double>>(n, seed);
        }
    }

    private static void Compare<TVector, TLanes>(int n, int seed)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        var random = new Random(100 * n + seed);
        // Coordinates of two samples, then of up to four.
        int[] sizes = [.. Enumerable.Repeat(2, 5), .. Enumerable.Repeat(0, 4).Select(_ => random.Next(2, Math.Min(n, 4) + 1)).Order()];
        int entries = sizes.Sum(), at = 0;
        using NativeBuffer<double> memory = AccumulatedState.Allocate(n, 0, 0, sizes.Length, sizes.Count(size => size == 2), entries);
        var s = (AccumulatedState*)memory.Pointer;
        for (int c = 0; c < sizes.Length; c++)
        {
            foreach (int i in Enumerable.Range(0, n).OrderBy(_ => random.Next()).Take(sizes[c]).Order()) (s->ColumnSample[at], s->ColumnValue[at++]) = (i, random.NextDouble() - 0.5);
            s->ColumnStart[c + 1] = at;
        }
        // What lies past n may be anything: here the largest of all.
        for (int i = 0; i < s->Samples; i++)
        {
            foreach (var exponents in (double*[])[s->Exponent1, s->Exponent2, s->ExponentOwn, s->ExponentSignal, s->ExponentNoise])
                exponents[i] = i < n ? Exponents[random.Next(Exponents.Length)] : 5000;
            foreach (var mantissas in (double*[])[s->MinusVote1, s->MinusBeta2, s->OnSignal, s->Descent + s->ValueNoise]) mantissas[i] = 1 + random.NextDouble();
        }
        double[] vote1 = Votes(s->MinusVote1), onSignal = Votes(s->OnSignal);

        AccumulatedScales<TVector, TLanes>.Weights(s);

        int[] everybody = [.. Enumerable.Range(0, n)];
        Assert.Equal(everybody.Select(i => -vote1[i] * Share(s->Exponent1, i, everybody)), Votes(s->MinusVote1));
        Assert.Equal(everybody.Select(i => -Share(s->ExponentOwn, i, everybody)), Votes(s->MinusWeight));
        Assert.Equal(everybody.Aggregate(0.0, (sum, i) => sum + onSignal[i] * Share(s->ExponentSignal, i, everybody)), s->Descent[s->ValueSignal]);
        for (int c = 0; c < sizes.Length; c++)
        {
            int[] voters = [.. Enumerable.Range(s->ColumnStart[c], sizes[c]).Select(e => s->ColumnSample[e])];
            double sum = 0;
            for (int e = s->ColumnStart[c]; e < s->ColumnStart[c + 1]; e++)
            {
                int i = s->ColumnSample[e];
                Assert.Equal(s->ColumnValue[e] * s->MinusBeta2[i] * Share(s->Exponent2, i, voters), s->QueryWeight[e]);
                Assert.Equal(s->ColumnValue[e] * Share(s->ExponentOwn, i, voters), s->KeyWeight[e]);
                sum += s->ColumnValue[e] * s->Descent[s->ValueNoise + i] * Share(s->ExponentNoise, i, voters);
            }
            Assert.Equal(sum, s->Descent[s->ValueShared + c]);
        }

        double[] Votes(double* x) => new Span<double>(x, n).ToArray();
    }

    /// <summary>2^(exponent - the largest of the voters'), 2^-900 where it is less than that.</summary>
    private static double Share(double* exponent, int i, int[] voters)
    {
        double below = exponent[i] - voters.Max(v => exponent[v]);
        return Math.ScaleB(1, (int)Math.Max(below, -900));
    }
}
