namespace Workbook.Core.Sweeps;

/// <summary>Plans with a name, each the text of a <c>sweep.json</c>.</summary>
public static class SweepPresets
{
    /// <summary>Names and what each is about.</summary>
    public static IReadOnlyList<(string Name, string About)> All { get; } =
    [
        ("figure-1", "figure-1 over seeds, all measures and stage times: 100,000 runs"),
        ("scaling", "the paper's scaling laws (THEORY, section 7): one parameter of figure-1 at a time, from a quarter to four times its value"),
        ("phase", "where GD learns the signal and SignGD and Adam memorize (THEORY, section 8): sigma_p and s against test error"),
        ("constants", "sensitivity to the constants of the conditions: a Latin hypercube of 2,000 points over s, sigma_p, eta, sigma_0 and m_k"),
    ];

    /// <summary>Text of a plan.</summary>
    public static string Text(string name) => name switch
    {
        "figure-1" => """
            {
              "version": 1,
              "name": "figure-1 over seeds",
              "base": {"preset": "figure-1"},
              "set": {"record": "log:20", "test": "every:1000000000"},
              "axes": [],
              "seeds": {"from": 1, "count": 100000},
              "measures": "all"
            }

            """,
        // Disjoint supports and d = 8000: the laws are the proof's, which conditions on the one, and s = 80 needs the other. The rate of the fine blocks is a
        // fiftieth: the law of sign alignment is that of the continuous limit.
        "scaling" => """
            {
              "version": 1,
              "name": "scaling laws of the stage times",
              "base": {"preset": "figure-1"},
              "set": {"d": 8000, "supports": "disjoint", "test_size": 0, "record": "every:1", "horizon": 2.3},
              "blocks": [
                {"name": "sigma_0", "axes": [{"parameter": "sigma_0", "log": {"from": 0.00025, "to": 0.004, "count": 5}}]},
                {"name": "eta", "axes": [{"parameter": "eta", "log": {"from": 0.000025, "to": 0.0004, "count": 5}}]},
                {"name": "s", "axes": [{"parameter": "s", "list": [5, 10, 20, 40, 80]}]},
                {"name": "m_k", "axes": [{"parameter": "m_k", "list": [5, 10, 20, 40, 80]}]},
                {"name": "sigma_p", "axes": [{"parameter": "sigma_p", "log": {"from": 0.5, "to": 8, "count": 5}}]},
                {"name": "fine.sigma_0", "set": {"eta": 0.000002, "horizon": 0.4, "record": "log:250"}, "axes": [{"parameter": "sigma_0", "log": {"from": 0.00025, "to": 0.004, "count": 5}}]},
                {"name": "fine.eta", "set": {"horizon": 0.4, "record": "log:250"}, "axes": [{"parameter": "eta", "log": {"from": 0.0000005, "to": 0.000008, "count": 5}}]},
                {"name": "fine.s", "set": {"eta": 0.000002, "horizon": 0.4, "record": "log:250"}, "axes": [{"parameter": "s", "list": [5, 10, 20, 40, 80]}]}
              ],
              "seeds": {"from": 1, "count": 8},
              "measures": ["train_loss", "train_error"],
              "stages": ["T1", "T2", "T3", "s21", "loss"]
            }

            """,
        "phase" => """
            {
              "version": 1,
              "name": "phase diagram of GD, SignGD and Adam",
              "base": {"preset": "figure-1"},
              "set": {"steps": 600, "record": "log:10", "test": "every:1000000000"},
              "axes": [
                {"points": [{"optimizer": "signgd", "eta": 0.0002}, {"optimizer": "adam", "eta": 0.0002}, {"optimizer": "gd", "eta": 0.5}]},
                {"parameter": "sigma_p", "log": {"from": 0.1, "to": 10, "count": 21}},
                {"parameter": "s", "list": [5, 10, 20, 40, 80]}
              ],
              "seeds": {"from": 1, "count": 10},
              "measures": "all",
              "stages": []
            }

            """,
        "constants" => """
            {
              "version": 1,
              "name": "sensitivity to the constants",
              "base": {"preset": "figure-1"},
              "set": {"record": "log:100", "test": "every:1000000000", "horizon": 2.9},
              "axes": [
                {"hypercube": {"count": 2000, "seed": 1, "parameters": {
                  "s": {"log": {"from": 2, "to": 200}},
                  "sigma_p": {"log": {"from": 0.2, "to": 20}},
                  "eta": {"log": {"from": 0.00001, "to": 0.001}},
                  "sigma_0": {"log": {"from": 0.0001, "to": 0.01}},
                  "m_k": {"log": {"from": 2, "to": 200}}
                }}}
              ],
              "seeds": [1],
              "measures": "all",
              "claims": ["stages.in-order", "theorem.convergence", "theorem.generalization", "theorem.test-error", "theorem.value-memorization"]
            }

            """,
        _ => throw new InputException($"there is no sweep named '{name}'; there are {string.Join(", ", All.Select(p => p.Name))}."),
    };

    /// <summary>A plan by its name.</summary>
    public static SweepPlan Get(string name) => PlanJson.Read(Text(name));
}
