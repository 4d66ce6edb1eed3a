using Workbook.Benchmarks.Measuring;
using Workbook.Core.Runs;

namespace Workbook.Benchmarks.Growth;

/// <summary>One engine at one setting.</summary>
/// <param name="Engine">dense, support or reduced.</param>
/// <param name="Factor">What was varied to get here: n, m_k, s or d.</param>
/// <param name="N">Samples.</param>
/// <param name="MK">m_k, and m_v with it.</param>
/// <param name="S">Non-zero noise coordinates.</param>
/// <param name="D">Dimension.</param>
/// <param name="Seconds">Time per step.</param>
/// <param name="BytesPerStep">Managed bytes allocated per step, after the first ten.</param>
/// <param name="StateBytes">Bytes that the engine holds besides the problem: numbers in arrays and native buffers.</param>
public sealed record GrowthPoint(string Engine, string Factor, int N, int MK, int S, int D, Spread Seconds, double BytesPerStep, long StateBytes);

/// <summary>Time per step ~ factor^b.</summary>
/// <param name="Engine">dense, support or reduced.</param>
/// <param name="Factor">n, m_k, s or d.</param>
/// <param name="Exponent">b.</param>
/// <param name="Low">Lower end of its 95 % interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Prefactor">c in c factor^b, seconds.</param>
/// <param name="Expected">The exponent of the number of operations.</param>
/// <param name="Points">How many points were fitted.</param>
public sealed record GrowthFit(string Engine, string Factor, double Exponent, double Low, double High, double Prefactor, double Expected, int Points);

/// <summary>How the cost of a step grows.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Command">What makes it again.</param>
/// <param name="Measured">When, UTC.</param>
/// <param name="Base">The setting around which one factor at a time is varied.</param>
/// <param name="Points">All that was measured.</param>
/// <param name="Fits">Exponents.</param>
public sealed record GrowthResult(Machine Machine, string Command, DateTime Measured, string Base, IReadOnlyList<GrowthPoint> Points, IReadOnlyList<GrowthFit> Fits)
{
    /// <summary>With the points and the fit of one engine and factor, in place of older ones.</summary>
    public GrowthResult With(IReadOnlyList<GrowthPoint> line, GrowthFit fit) => this with
    {
        Points = [.. Points.Where(point => (point.Engine, point.Factor) != (fit.Engine, fit.Factor)), .. line],
        Fits = [.. Fits.Where(other => (other.Engine, other.Factor) != (fit.Engine, fit.Factor)), fit],
    };
}
