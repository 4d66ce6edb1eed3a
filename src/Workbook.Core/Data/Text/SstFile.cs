namespace Workbook.Core.Data;

/// <summary>
/// The binary Stanford Sentiment Treebank as <c>train.tsv</c> and <c>dev.tsv</c>: one sentence a line, a tab, and 1 (positive) or 0. A first line
/// <c>sentence TAB label</c>, as GLUE has it, is a heading.
/// </summary>
/// <remarks>
/// A file is taken whole or not at all: the first line that is not of this form is named and nothing of the file is used, since a file with one bad line may
/// be the wrong file, and a run on part of it would carry the name of the whole.
/// </remarks>
public static class SstFile
{
    /// <summary>The training split.</summary>
    public const string Training = "train.tsv";

    /// <summary>The split that is tested on: the test split proper has no labels in some copies.</summary>
    public const string Test = "dev.tsv";

    private const string Heading = "sentence\tlabel";

    /// <summary>Reads both splits of a folder.</summary>
    /// <exception cref="InputException">A split is missing, or a line is not of the form.</exception>
    public static SentimentText ReadFolder(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        foreach (var (split, other) in new[] { (Training, Test), (Test, Training) })
        {
            if (!File.Exists(Path.Combine(folder, split)))
            {
                throw new InputException($"{folder} has no {split}; SST-2 is read from {split} and {other} together.");
            }
        }

        return new SentimentText(Read(Path.Combine(folder, Training)), Read(Path.Combine(folder, Test)), "SST-2");
    }

    /// <summary>Reads one split.</summary>
    /// <exception cref="InputException">Missing, empty, not UTF-8, or with a line that is not a sentence, a tab and 0 or 1; the sentence names file and line.</exception>
    public static IReadOnlyList<LabelledText> Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string[] lines = StrictText.Decode(StrictText.ReadAll(path), path).Split('\n');
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        var texts = new List<LabelledText>(count);
        for (int k = 0; k < count; k++)
        {
            string line = lines[k].EndsWith('\r') ? lines[k][..^1] : lines[k];
            if (k > 0 || line != Heading)
            {
                texts.Add(Parse(line, path, k + 1));
            }
        }

        return texts.Count > 0 ? texts : throw new InputException($"{path} has no sentences; at least one line 'sentence TAB label' is expected.");
    }

    private static LabelledText Parse(string line, string path, int number)
    {
        string[] parts = line.Split('\t');
        if (parts.Length != 2)
        {
            throw new InputException($"{path}, line {number}: {(line.Length == 0 ? "the line is empty" : $"the line has {parts.Length - 1} tabs")}; a sentence, one tab and a label are expected.");
        }

        if (string.IsNullOrWhiteSpace(parts[0]))
        {
            throw new InputException($"{path}, line {number}: the sentence is empty.");
        }

        return parts[1] is "0" or "1"
            ? new LabelledText(parts[0], parts[1] == "1")
            : throw new InputException($"{path}, line {number}: the label is '{Short(parts[1])}'; it is 0 or 1.");
    }

    private static string Short(string label) => label.Length <= 20 ? label : label[..20] + "..";
}
