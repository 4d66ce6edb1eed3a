using Jint;
using Jint.Runtime;

namespace Workbook.Report.Pages;

/// <summary>
/// TeX to MathML, which every current browser draws by itself: no script, no font and no network in the page. The translation is Temml's, run here once per formula.
/// </summary>
public static class Formulas
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<(string, bool), string> s_done = [];
    private static Engine? s_engine;

    /// <summary>The formula as a <c>math</c> element; what is no TeX stays readable as code.</summary>
    /// <param name="tex">The formula without its dollar signs.</param>
    /// <param name="display">Whether it stands in a line of its own.</param>
    public static string ToMathML(string tex, bool display)
    {
        ArgumentNullException.ThrowIfNull(tex);
        lock (s_gate)
        {
            if (s_done.TryGetValue((tex, display), out string? known)) return known;
            string html;
            try
            {
                html = Translator().Invoke("toMathML", tex, display).AsString();
            }
            catch (JavaScriptException)
            {
                html = $"<code class=\"tex\">{HtmlText.Escape(tex)}</code>";
            }
            return s_done[(tex, display)] = html;
        }
    }

    private static Engine Translator()
    {
        if (s_engine is not null) return s_engine;
        var engine = new Engine();
        engine.Execute(Assets.Text("temml.min.js"));
        engine.Execute("function toMathML(tex, display) { return temml.renderToString(tex, { displayMode: display, throwOnError: true }); }");
        return s_engine = engine;
    }
}
