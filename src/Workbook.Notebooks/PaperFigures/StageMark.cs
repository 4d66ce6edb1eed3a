namespace Workbook.Notebooks.PaperFigures;

/// <summary>A boundary between stages, to be marked in a figure over time.</summary>
/// <param name="Label">Its label, for example <c>T_1</c>.</param>
/// <param name="Time">The step at which it lies.</param>
public sealed record StageMark(string Label, double Time);
