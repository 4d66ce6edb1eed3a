using System.Reflection;
using Workbook.Notebooks.Text;

namespace Workbook.Notebooks.Backends;

/// <summary>A whole HTML page with the interactive figure; plotly.js comes from the Plotly.NET package, not from a network.</summary>
internal static class InteractivePage
{
    /// <summary>plotly.js as the Plotly.NET package carries it: the version that the figures are written for.</summary>
    internal static string PlotlyScript()
    {
        Assembly plotly = typeof(Plotly.NET.GenericChart).Assembly;
        string resource = plotly.GetManifestResourceNames().First(name => name.EndsWith(".min.js", StringComparison.Ordinal));
        using var reader = new StreamReader(plotly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    internal static string Write(Figure figure)
    {
        string script = PlotlyScript();
        // "</" inside a script element would end it.
        string json = figure.ToPlotlyJson().Replace("</", "<\\/", StringComparison.Ordinal);
        string title = Escape.Html(RichLabel.Parse(figure.Title).ToUnicode());
        return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title + "</title><script>" + script + "</script></head>\n"
            + "<body style=\"margin:1em;background:#fff;font-family:sans-serif\"><div id=\"figure\"></div><p style=\"max-width:45em\">" + RichLabel.Parse(figure.Caption).ToHtml() + "</p>\n"
            + "<script>const figure=" + json + ";Plotly.newPlot('figure',figure.data,figure.layout,{responsive:true,displaylogo:false});</script></body></html>\n";
    }
}
