using System.Globalization;

namespace Workbook.Report.Writing;

/// <summary>Numbers for people.</summary>
public static class ShortNumbers
{
    /// <summary>Median and range; one number where they agree.</summary>
    public static string Range((double Median, double Min, double Max) side) =>
        side.Min == side.Max || Short(side.Min) == Short(side.Max) ? Short(side.Median) : $"{Short(side.Median)} [{Short(side.Min)} .. {Short(side.Max)}]";

    /// <summary>Four significant digits, scientific where that is shorter.</summary>
    public static string Short(double value) =>
        double.IsNaN(value) ? "-"
        : double.IsInfinity(value) ? (value > 0 ? "inf" : "-inf")
        : value == 0 ? "0"
        : Math.Abs(value) is < 1e-3 or >= 1e6 ? value.ToString("0.###e0", CultureInfo.InvariantCulture)
        : value.ToString("G4", CultureInfo.InvariantCulture);
}
