using System.Globalization;

namespace Workbook.Core.Runs;

/// <summary>
/// Steps at which something is done, always with 0 and the last step among them. Written as
/// <c>every:K</c> (0, K, 2K, ..), <c>dense:A,K</c> (every step up to A, then every K) or <c>log:P</c> (P per decade, evenly in log t).
/// </summary>
public sealed record Schedule
{
    private enum Form { Every, Dense, Log }

    private const int MostPerDecade = 10_000;

    private readonly Form _form;
    private readonly int _until, _step;

    private Schedule(Form form, int until, int step) => (_form, _until, _step) = (form, until, step);

    /// <summary>Every k-th step, k at least 1.</summary>
    public static Schedule Every(int k) => new(Form.Every, 0, AtLeastOne(k));

    /// <summary>Every step up to <paramref name="until"/>, then every k-th.</summary>
    public static Schedule Dense(int until, int k) =>
        until >= 0 ? new(Form.Dense, until, AtLeastOne(k)) : throw new InputException($"a dense schedule ends at step {until}; it has to be at least 0.");

    /// <summary><paramref name="perDecade"/> steps per factor of ten.</summary>
    public static Schedule Log(int perDecade) => AtLeastOne(perDecade) <= MostPerDecade
        ? new(Form.Log, 0, perDecade)
        : throw new InputException($"a schedule has {perDecade} steps per decade; it has to be at most {MostPerDecade}.");

    /// <summary>Reads the written form.</summary>
    public static Schedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        string[] written = parts.Length == 2 ? parts[1].Split(',') : [];
        int[] numbers = new int[written.Length];
        for (int k = 0; k < written.Length; k++)
            if (!int.TryParse(written[k], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[k])) throw Bad(text);
        return (parts[0], numbers.Length) switch
        {
            ("every", 1) => Every(numbers[0]),
            ("dense", 2) => Dense(numbers[0], numbers[1]),
            ("log", 1) => Log(numbers[0]),
            _ => throw Bad(text),
        };
    }

    /// <summary>The steps from 0 to <paramref name="last"/>, increasing.</summary>
    public int[] Steps(int last)
    {
        var steps = new List<int> { 0 };
        switch (_form)
        {
            case Form.Every:
                for (long t = _step; t <= last; t += _step) steps.Add((int)t);
                break;
            case Form.Dense:
                for (int t = 1; t <= Math.Min(_until, last); t++) steps.Add(t);
                for (long t = (long)_until + _step; t <= last; t += _step) steps.Add((int)t);
                break;
            default:
                for (int j = 0; ; j++)
                {
                    double t = Math.Round(Math.Pow(10, (double)j / _step));
                    if (t > last) break;
                    if (t > steps[^1]) steps.Add((int)t);
                }
                break;
        }
        if (steps[^1] != last) steps.Add(last);
        return [.. steps];
    }

    /// <summary>Whether <see cref="Steps"/> holds a step t in 0 .. last, without listing them.</summary>
    public bool Includes(int t, int last) => t == 0 || t == last || _form switch
    {
        Form.Every => t % _step == 0,
        Form.Dense => t <= _until || (t - _until) % _step == 0,
        _ => IncludesLog(t),
    };

    private bool IncludesLog(int t)
    {
        // Around the place where t would stand; two rounded powers may be the same step.
        int near = (int)(_step * Math.Log10(t));
        for (int j = Math.Max(0, near - 1); j <= near + 2; j++)
            if (Math.Round(Math.Pow(10, (double)j / _step)) == t) return true;
        return false;
    }

    /// <summary>At least as many as <see cref="Steps"/> gives, without listing them.</summary>
    public long Most(int last) => _form switch
    {
        Form.Every => last / _step + 2L,
        Form.Dense => Math.Min(_until, last) + Math.Max(0, last - _until) / _step + 3L,
        _ => Math.Min(last, (long)(_step * (Math.Log10(last) + 1))) + 3L,
    };

    /// <summary>The written form.</summary>
    public override string ToString() => _form switch
    {
        Form.Every => string.Create(CultureInfo.InvariantCulture, $"every:{_step}"),
        Form.Dense => string.Create(CultureInfo.InvariantCulture, $"dense:{_until},{_step}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"log:{_step}"),
    };

    private static int AtLeastOne(int k) => k >= 1 ? k : throw new InputException($"a schedule's step is {k}; it has to be at least 1.");

    private static InputException Bad(string text) => new($"the schedule is '{text}'; write every:K, dense:A,K or log:P with whole numbers, for instance every:5.");
}
