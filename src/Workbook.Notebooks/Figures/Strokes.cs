namespace Workbook.Notebooks;

/// <summary>
/// One colour and line style per optimizer and per inner-product family, defined here and nowhere else. A matrix has a hue (query
/// blue, key orange-brown, value green, softmax purple); its signal is the dark shade and solid, its noise the bright one. Every
/// colour has a contrast of at least 3:1 to the paper, and the colours of each set stay apart for protanopes, deuteranopes and
/// tritanopes; tests hold both.
/// </summary>
public static class Strokes
{
    /// <summary>Sign gradient descent.</summary>
    public static Stroke SignGD { get; } = new("#0072B2");

    /// <summary>Adam.</summary>
    public static Stroke Adam { get; } = new Stroke("#D55E00").Dashed();

    /// <summary>Gradient descent.</summary>
    public static Stroke GD { get; } = new Stroke("#262626").DashDotted();

    /// <summary>Sign of a momentum (Signum, Lion's relative).</summary>
    public static Stroke Signum { get; } = new Stroke("#913F4D").Dotted() with { Width = 2 };

    /// <summary>Query signal <c>q_mu</c>.</summary>
    public static Stroke QuerySignal { get; } = new("#345A89");

    /// <summary>Query noise <c>y_i q_xi</c>.</summary>
    public static Stroke QueryNoise { get; } = new("#4D90FE");

    /// <summary>Key signal <c>k_mu</c>.</summary>
    public static Stroke KeySignal { get; } = new("#914D24");

    /// <summary>Key noise <c>y_i k_xi</c>.</summary>
    public static Stroke KeyNoise { get; } = new("#DD6116");

    /// <summary>Mean value signal <c>v_mu</c>.</summary>
    public static Stroke ValueSignal { get; } = new("#003F2A");

    /// <summary>Mean value noise <c>y_i v_xi</c>.</summary>
    public static Stroke ValueNoise { get; } = new("#358C72");

    /// <summary>Softmax output of the signal query on the signal key, <c>s_11</c>.</summary>
    public static Stroke SignalSoftmax { get; } = new("#4A0567");

    /// <summary>Softmax output of the noise query on the signal key, <c>s_21</c>.</summary>
    public static Stroke NoiseSoftmax { get; } = new Stroke("#C467BA").Dashed();

    /// <summary>A prediction, a reference line, a theory curve.</summary>
    public static Stroke Reference { get; } = new Stroke("#595959", 1.2).Dashed();

    /// <summary>The optimizers, by the name that runs carry.</summary>
    public static IReadOnlyDictionary<string, Stroke> Optimizers { get; } = new Dictionary<string, Stroke>(StringComparer.OrdinalIgnoreCase)
    {
        ["SignGD"] = SignGD,
        ["Adam"] = Adam,
        ["GD"] = GD,
        ["Signum"] = Signum,
    };

    /// <summary>The families of inner products and the softmax outputs, by name.</summary>
    public static IReadOnlyDictionary<string, Stroke> Families { get; } = new Dictionary<string, Stroke>(StringComparer.Ordinal)
    {
        ["query signal"] = QuerySignal,
        ["query noise"] = QueryNoise,
        ["key signal"] = KeySignal,
        ["key noise"] = KeyNoise,
        ["value signal"] = ValueSignal,
        ["value noise"] = ValueNoise,
        ["s_{11}"] = SignalSoftmax,
        ["s_{21}"] = NoiseSoftmax,
    };

    /// <summary>The stroke of an optimizer; one that has none of its own gets a free one, the same for the same name.</summary>
    public static Stroke ForOptimizer(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Optimizers.TryGetValue(name, out Stroke? stroke))
        {
            return stroke;
        }
        Stroke[] free = [ValueNoise.DashDotted(), SignalSoftmax.Dashed(), KeySignal.Dotted(), QueryNoise.Dashed()];
        return free[name.Aggregate(0, (sum, c) => (sum * 31 + char.ToLowerInvariant(c)) & 0xFFFF) % free.Length];
    }
}
