using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Runs;

/// <summary>Settings with a name.</summary>
public static class Presets
{
    /// <summary>
    /// `figure-1` (THEORY, section 6): d = 2000, n = 20, s = 20, sigma_p = 2, m_k = m_v = 20, sigma_0 = 1e-3, SignGD with eta = 1e-4, 900 steps.
    /// </summary>
    public static RunSpec Figure1 { get; } = new()
    {
        Data = new SignalNoiseSource(new SignalNoise(2000, 20, 20, 2)),
        Model = new ModelSpec(20, 20, 1e-3),
        Optimizer = new SignGd(1e-4),
        Steps = 900,
        Test = Schedule.Every(50),
    };

    /// <summary>All presets by name.</summary>
    public static IReadOnlyDictionary<string, RunSpec> All { get; } = new Dictionary<string, RunSpec>(StringComparer.Ordinal) { ["figure-1"] = Figure1 };

    /// <summary>A preset by its name.</summary>
    public static RunSpec Get(string name) => All.TryGetValue(name, out RunSpec? spec)
        ? spec
        : throw new InputException($"there is no preset '{name}'; there is {string.Join(", ", All.Keys)}.");
}
