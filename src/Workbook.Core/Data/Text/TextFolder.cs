namespace Workbook.Core.Data;

/// <summary>Text, and a sentence for the user that says which it is and why.</summary>
/// <param name="Text">The sentences with their labels.</param>
/// <param name="IsReal">False where the workbook's own made sentences stand in.</param>
/// <param name="Sentence">One sentence, without the place on this machine.</param>
public sealed record FoundText(SentimentText Text, bool IsReal, string Sentence);

/// <summary>
/// Where text is looked for: the folder that <c>WORKBOOK_DATA</c> names, then the project's <c>data/</c>, then <c>data/cache/</c>. The variable may be set for other data
/// alone, so that a folder without text is no error; a set that is there but incomplete or damaged is.
/// </summary>
public static class TextFolder
{
    /// <summary>SST-2: <c>train.tsv</c> and <c>dev.tsv</c> in the folder <c>sst2</c>, or <c>SST-2</c> as GLUE has it.</summary>
    /// <exception cref="InputException">One of the two is missing, or a file is damaged.</exception>
    public static FoundText FindSst() => FindSst(Roots());

    /// <summary>IMDb reviews: a folder <c>aclImdb</c>, or an archive <c>aclImdb*.tar.gz</c> (.tgz, .tar), in the folder <c>imdb</c> or beside it.</summary>
    /// <exception cref="InputException">A split is missing, or a review or the archive is damaged.</exception>
    public static FoundText FindImdb() => FindImdb(Roots());

    /// <summary>The workbook's own sentences.</summary>
    public static FoundText Made() => new(MadeText.Make(), false, $"Text: {MadeText.Description} (not SST-2).");

    /// <summary>SST-2 below the first of some folders that has it.</summary>
    /// <inheritdoc cref="FindSst()"/>
    public static FoundText FindSst(IEnumerable<string> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        foreach (string folder in roots.SelectMany(root => new[] { Path.Combine(root, "sst2"), Path.Combine(root, "SST-2") }))
        {
            if (File.Exists(Path.Combine(folder, SstFile.Training)) || File.Exists(Path.Combine(folder, SstFile.Test)))
            {
                return Real(SstFile.ReadFolder(folder));
            }
        }

        return Missing("SST-2", "a folder sst2 with train.tsv and dev.tsv");
    }

    /// <summary>IMDb reviews below the first of some folders that has them.</summary>
    /// <inheritdoc cref="FindImdb()"/>
    public static FoundText FindImdb(IEnumerable<string> roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        foreach (string folder in roots.SelectMany(root => new[] { Path.Combine(root, "imdb"), root }).Where(Directory.Exists))
        {
            if (Directory.Exists(Path.Combine(folder, "aclImdb")))
            {
                return Real(ImdbReviews.Read(Path.Combine(folder, "aclImdb")));
            }

            string? archive = Directory.EnumerateFiles(folder, "aclImdb*").Where(f => f.EndsWith(".tar.gz", StringComparison.Ordinal) || f.EndsWith(".tgz", StringComparison.Ordinal)
                || f.EndsWith(".tar", StringComparison.Ordinal)).Order(StringComparer.Ordinal).FirstOrDefault();
            if (archive is not null)
            {
                return Real(ImdbReviews.Read(archive));
            }
        }

        return Missing("IMDb reviews", "a folder imdb with aclImdb/ or aclImdb*.tar.gz");
    }

    private static FoundText Real(SentimentText text) => new(text, true, $"Text: {text.Source}, {text.Training.Count} training and {text.Test.Count} test texts.");

    private static FoundText Missing(string what, string layout) => Made() with
    {
        Sentence = $"Text: {MadeText.Description}, because {what} {(what.EndsWith('s') ? "were" : "was")} not found (set {DataFolder.Variable} to a folder that has {layout}).",
    };

    private static IEnumerable<string> Roots()
    {
        if (DataFolder.FromEnvironment() is { } named)
        {
            yield return named;
        }

        string data = Path.Combine(DataFolder.ProjectRoot() ?? Directory.GetCurrentDirectory(), "data");
        yield return data;
        yield return Path.Combine(data, "cache");
    }
}
