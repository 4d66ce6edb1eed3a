using System.Globalization;
using Xunit;

namespace Workbook.Notebooks.Tests;

/// <summary>
/// Colours are told apart by everyone: the distance is measured in OKLab after simulating each colour-vision deficiency (the matrices
/// of Machado, Oliveira and Fernandes 2009, full severity, in linear RGB). 0.02 is just visible side by side; we ask for four times that.
/// </summary>
public class ColorTests
{
    private const double Apart = 0.08;
    private const double LeastContrast = 3.0;

    private static readonly Dictionary<string, double[]> Vision = new()
    {
        ["normal"] = [1, 0, 0, 0, 1, 0, 0, 0, 1],
        ["protanopia"] = [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        ["deuteranopia"] = [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        ["tritanopia"] = [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_pair_of_a_set_is_told_apart_with_every_colour_vision(bool optimizers)
    {
        var set = (optimizers ? Strokes.Optimizers : Strokes.Families).ToArray();
        foreach (var first in set)
        {
            foreach (var second in set.TakeWhile(other => other.Key != first.Key))
            {
                foreach (var (vision, matrix) in Vision)
                {
                    double distance = Distance(Seen(first.Value.Color, matrix), Seen(second.Value.Color, matrix));
                    Assert.True(distance >= Apart, $"{first.Key} and {second.Key} are {distance:0.000} apart with {vision}");
                }
            }
        }
    }

    [Fact]
    public void Every_colour_stands_out_from_the_paper()
    {
        foreach (var (name, stroke) in Strokes.Optimizers.Concat(Strokes.Families).Append(new("reference", Strokes.Reference)))
        {
            double contrast = 1.05 / (Luminance(Linear(stroke.Color)) + 0.05);
            Assert.True(contrast >= LeastContrast, $"{name} has a contrast of {contrast:0.00}");
        }
    }

    [Fact]
    public void Optimizers_differ_in_their_dashes_too() =>
        Assert.Equal(Strokes.Optimizers.Count, Strokes.Optimizers.Values.Select(stroke => string.Join(',', stroke.Dash)).Distinct().Count());

    [Fact]
    public void The_sequential_scale_rises_in_lightness()
    {
        double[] lightness = [.. ColorScales.Sequential.Select(color => Luminance(Linear(color)))];
        Assert.True(lightness.Zip(lightness.Skip(1)).All(pair => pair.First < pair.Second));
    }

    [Fact]
    public void An_unknown_optimizer_has_a_stroke_that_does_not_change() =>
        Assert.Equal(Strokes.ForOptimizer("Lion"), Strokes.ForOptimizer("lion"));

    private static double[] Linear(string color)
    {
        double Channel(int start)
        {
            double value = int.Parse(color.AsSpan(start, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }
        return [Channel(1), Channel(3), Channel(5)];
    }

    private static double Luminance(double[] rgb) => 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];

    private static double[] Seen(string color, double[] m)
    {
        double[] c = Linear(color);
        double Row(int r) => Math.Clamp(m[3 * r] * c[0] + m[3 * r + 1] * c[1] + m[3 * r + 2] * c[2], 0, 1);
        var (red, green, blue) = (Row(0), Row(1), Row(2));
        double l = Math.Cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
        double k = Math.Cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
        double s = Math.Cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
        return [0.2104542553 * l + 0.7936177850 * k - 0.0040720468 * s, 1.9779984951 * l - 2.4285922050 * k + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * k - 0.8086757660 * s];
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Sum());
}
