using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Workbook.Core.Engines;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Engines.Sizes;

/// <summary>w + a sgn(g) of every class of numbers, on every rung that this process has.</summary>
public sealed class SignedStepTests
{
    private static readonly double[] Numbers =
        [1, -1, 0.0, -0.0, double.Epsilon, -double.Epsilon, 1e-310, -1e-310, 2.5, -7e300, double.MaxValue, double.PositiveInfinity, double.NegativeInfinity];

    [Fact]
    public void A_step_follows_the_sign_of_every_number()
    {
        foreach (double g in Numbers)
            foreach (double a in (double[])[1, 0.125, -3])
                foreach (double w in (double[])[0, -5, 1e9])
                {
                    double expected = w + a * (g > 0 ? 1 : g < 0 ? -1 : 0);
                    foreach (double found in Steps(w, a, g, numbers: false).Concat(Steps(w, a, g, numbers: true))) Assert.Equal(expected, found);
                }
    }

    [Fact]
    public void A_step_along_NaN_is_NaN() => Assert.All(Steps(2, 0.5, double.NaN, numbers: false), x => Assert.True(double.IsNaN(x)));

    private static List<double> Steps(double w, double a, double g, bool numbers)
    {
        var all = new List<double>(On<double, Lanes1<double>>(w, a, g, numbers));
        if (Vector128.IsHardwareAccelerated) all.AddRange(On<Vector128<double>, Lanes128<double>>(w, a, g, numbers));
        if (Vector256.IsHardwareAccelerated) all.AddRange(On<Vector256<double>, Lanes256<double>>(w, a, g, numbers));
        if (Vector512.IsHardwareAccelerated) all.AddRange(On<Vector512<double>, Lanes512<double>>(w, a, g, numbers));
        return all;
    }

    /// <summary>Every lane of one step.</summary>
    private static unsafe double[] On<TVector, TLanes>(double w, double a, double g, bool numbers)
        where TVector : struct
        where TLanes : ILanes<TVector, double>
    {
        TVector x = TLanes.Create(w), rate = TLanes.Create(a), along = TLanes.Create(g);
        TVector moved = numbers ? SignedStep.OfNumber<TVector, TLanes>(x, rate, along) : SignedStep.Invoke<TVector, TLanes>(x, rate, along);
        var lanes = new double[Unsafe.SizeOf<TVector>() / sizeof(double)];
        fixed (double* to = lanes) TLanes.Store(moved, to);
        return lanes;
    }
}
