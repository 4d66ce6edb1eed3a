using System.Diagnostics;
using System.Globalization;
using Workbook.Notebooks.Hosting;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks;

/// <summary>
/// How far a long loop has come. Where the host can replace an output the count moves in place; elsewhere only the final count
/// appears. No escape codes, no times: the output of a finished run is the same every time.
/// </summary>
/// <example><c>foreach (int seed in Progress.Over(seeds, "seeds")) { ... }</c></example>
public sealed class Progress : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static int _opened;

    private readonly string _what;
    private readonly long _total;
    private readonly Action<View>? _update;
    private readonly Stopwatch _sinceUpdate = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private long _done;
    private bool _closed;

    private Progress(string what, long total)
    {
        (_what, _total) = (what, total);
        string id = "progress-" + Interlocked.Increment(ref _opened).ToString(CultureInfo.InvariantCulture);
        _update = Hosts.OpenUpdatable(id, State);
    }

    /// <summary>How many are done.</summary>
    public long Done => Interlocked.Read(ref _done);

    private ProgressView State => new(_what, Done, _total);

    /// <summary>Starts counting to a total.</summary>
    public static Progress Start(string what, long total) => new(what, total);

    /// <summary>Passes a sequence on and counts what has been taken from it. It is read to its end first, to know how many there are.</summary>
    public static IEnumerable<T> Over<T>(IEnumerable<T> items, string what)
    {
        ArgumentNullException.ThrowIfNull(items);
        return Walk([.. items], what);
    }

    /// <summary>Counts some more. May be called from any thread.</summary>
    public void Advance(long count = 1)
    {
        Interlocked.Add(ref _done, count);
        lock (_gate)
        {
            if (_closed || _update is null || _sinceUpdate.Elapsed < Interval)
            {
                return;
            }
            _sinceUpdate.Restart();
            _update(State);
        }
    }

    /// <summary>Shows the final count.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }
            _closed = true;
            (_update ?? Hosts.Show)(State);
        }
    }

    private static IEnumerable<T> Walk<T>(T[] items, string what)
    {
        using var progress = new Progress(what, items.Length);
        foreach (T item in items)
        {
            yield return item;
            progress.Advance();
        }
    }

    private sealed record ProgressView(string What, long Count, long Total) : View
    {
        private string Text => string.Create(CultureInfo.InvariantCulture, $"{What}: {Count} of {Total}");

        public override string ToHtml()
        {
            string share = (100.0 * Count / Math.Max(1, Total)).ToString("0.#", CultureInfo.InvariantCulture);
            return $"<div><div style=\"display:inline-block;width:12em;height:0.6em;border:1px solid currentColor\"><div style=\"width:{share}%;height:100%;background:currentColor;opacity:0.6\"></div></div> {Escape.Html(Text)}</div>";
        }

        public override string ToText() => Text;

        public override IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object> { ["text/html"] = ToHtml(), ["text/plain"] = ToText() };
    }
}
