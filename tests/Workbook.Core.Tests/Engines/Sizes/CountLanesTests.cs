using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Engines;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>Sums of signs as integers, on every rung that this process has, a number of another class in each lane.</summary>
public sealed unsafe class CountLanesTests
{
    private static readonly double[] Numbers =
        [1, -1, 0, 2.5, -7e300, double.MaxValue, 2.2737e-314, -2.2737e-314, double.PositiveInfinity, double.NegativeInfinity, -1e-300, 1e-300, 0, 1 / 3.0, -1e9, double.Epsilon * 4294967296];

    [Fact]
    public void A_sum_follows_the_sign_of_every_number()
    {
        for (int first = 0; first < Numbers.Length; first++)
        {
            Follow<double, Lanes1<double>>(first);
            if (Vector128.IsHardwareAccelerated) Follow<Vector128<double>, Lanes128<double>>(first);
            if (Vector256.IsHardwareAccelerated) Follow<Vector256<double>, Lanes256<double>>(first);
            if (Vector512.IsHardwareAccelerated) Follow<Vector512<double>, Lanes512<double>>(first);
        }
    }

    private static void Follow<TVector, TLanes>(int first)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        int lanes = Unsafe.SizeOf<TVector>() / sizeof(double);
        int[] before = [.. Enumerable.Range(0, lanes).Select(lane => 1_000_003 * (lane - 2))], sums = [.. before];
        double[] numbers = [.. Enumerable.Range(first, lanes).Select(k => Numbers[k % Numbers.Length])], found = new double[lanes];
        fixed (double* g = numbers, to = found)
        fixed (int* sum = sums) TLanes.Store(CountLanes<TVector, TLanes>.Follow(sum, TLanes.Load(g)), to);
        int[] expected = [.. before.Zip(numbers, (a, x) => a + Math.Sign(x))];
        Assert.Equal(expected, sums);
        Assert.Equal(expected.Select(a => (double)a), found);
    }
}
