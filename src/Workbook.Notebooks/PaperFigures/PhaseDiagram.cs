namespace Workbook.Notebooks.PaperFigures;

public static partial class PaperFigure
{
    /// <summary>A quantity over a grid of two parameters, with the border that theory draws.</summary>
    /// <param name="xName">Name of the horizontal parameter.</param>
    /// <param name="x">Its values, ascending.</param>
    /// <param name="yName">Name of the vertical parameter.</param>
    /// <param name="y">Its values, ascending.</param>
    /// <param name="panels">Title and values (rows along y, columns along x) of each panel, for example one per optimizer.</param>
    /// <param name="quantity">What the colour shows.</param>
    /// <param name="min">Value of the first colour; all panels have one scale.</param>
    /// <param name="max">Value of the last colour.</param>
    /// <param name="border">The predicted border: its name and, for each panel, its y at each x (NaN where it leaves the panel).</param>
    public static Figure PhaseDiagram(string xName, double[] x, string yName, double[] y, IReadOnlyList<(string Title, double[,] Values)> panels, string quantity, double min, double max, (string Name, IReadOnlyList<double[]> Y)? border = null)
    {
        ArgumentNullException.ThrowIfNull(panels);
        Panel Draw(int i)
        {
            bool last = i == panels.Count - 1;
            // One colour bar serves all panels, since they have one scale.
            Panel panel = new Panel(panels[i].Title).X(xName, log: true).Y(yName, log: true);
            panel = panel.Heat(last ? quantity : "", x, y, panels[i].Values, min, max);
            HeatLayer cells = panel.Layers.OfType<HeatLayer>().Single();
            panel = panel with { YAxis = panel.YAxis with { Min = cells.YEdges[0], Max = cells.YEdges[^1] }, XAxis = panel.XAxis with { Min = cells.XEdges[0], Max = cells.XEdges[^1] } };
            // Black dashes on a white line: one of the two shows on any colour of the scale.
            return border is { } line ? panel.Line("", new Stroke("#FFFFFF", 3), x, line.Y[i]).Line(line.Name, new Stroke("#000000", 1.6).Dashed(), x, line.Y[i]) : panel;
        }
        return Figure.Grid(Math.Clamp(panels.Count, 1, 3), [.. Enumerable.Range(0, panels.Count).Select(Draw)], "Phase diagram",
            $"{quantity} over {xName} and {yName}; grey cells were not run.", shareX: true, shareY: true, panelHeight: 150);
    }
}
