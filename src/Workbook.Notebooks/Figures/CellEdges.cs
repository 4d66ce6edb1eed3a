namespace Workbook.Notebooks;

/// <summary>Borders of heat-map cells from their centres.</summary>
internal static class CellEdges
{
    internal static double[] Around(double[] centres, Axis axis)
    {
        ArgumentNullException.ThrowIfNull(centres);
        if (centres.Length == 0)
        {
            return [];
        }
        double[] at = [.. centres.Select(axis.ToCoordinate)];
        double[] edges = new double[at.Length + 1];
        for (int i = 1; i < at.Length; i++)
        {
            edges[i] = (at[i - 1] + at[i]) / 2;
        }
        double alone = axis.Scale == AxisScale.Log ? 0.15 : 0.5;
        edges[0] = at.Length > 1 ? at[0] - (edges[1] - at[0]) : at[0] - alone;
        edges[^1] = at.Length > 1 ? at[^1] + (at[^1] - edges[^2]) : at[^1] + alone;
        return [.. edges.Select(axis.FromCoordinate)];
    }
}
