using Workbook.Notebooks;

namespace Workbook.Report.Writing;

/// <summary>A piece of the report, the same in every form it is written in.</summary>
public abstract record Block;

/// <summary>A heading.</summary>
/// <param name="Level">1 to 3.</param>
/// <param name="Text">Plain words.</param>
public sealed record Heading(int Level, string Text) : Block;

/// <summary>A paragraph or list.</summary>
/// <param name="Markdown">With formulas between dollar signs.</param>
public sealed record Prose(string Markdown) : Block;

/// <summary>A figure.</summary>
/// <param name="Id">Name of its files.</param>
/// <param name="Figure">The figure.</param>
/// <param name="Source">Where its numbers are from.</param>
public sealed record Picture(string Id, Figure Figure, string Source) : Block;

/// <summary>A table: as it is read, and as numbers.</summary>
/// <param name="Id">Name of its files.</param>
/// <param name="Shown">For the eye.</param>
/// <param name="Data">For programs, every digit.</param>
public sealed record Grid(string Id, Table Shown, Table Data) : Block;

/// <summary>Claims with both sides, as cards.</summary>
/// <param name="Title">What they have in common.</param>
/// <param name="All">The cards.</param>
public sealed record Cards(string Title, IReadOnlyList<ClaimCard> All) : Block;

/// <summary>The runs behind an experiment, folded away until asked for.</summary>
/// <param name="Title">The experiment.</param>
/// <param name="Runs">Its runs.</param>
public sealed record RunList(string Title, IReadOnlyList<CitedRun> Runs) : Block;
