using System.Formats.Tar;
using System.Globalization;

namespace Workbook.Core.Data;

/// <summary>
/// The Large Movie Review Dataset in its own layout, <c>aclImdb/{train,test}/{pos,neg}/ID_RATING.txt</c>, as a folder or as the tar archive that it comes
/// in, packed with gzip or not. Reviews are ordered by path, so that both give the same texts.
/// </summary>
/// <remarks>
/// Other folders (<c>train/unsup</c>) and files beside the four folders are not read, nor are hidden files. Inside them every file has to be a review: a rating of at least
/// 7 in <c>pos</c>, at most 4 in <c>neg</c>. As with <see cref="SstFile"/> the set is taken whole or refused with the first bad file named.
/// </remarks>
public static class ImdbReviews
{
    private const int LowestPositive = 7, HighestNegative = 4, HighestRating = 10;

    private static readonly string[] Folders = ["train/pos", "train/neg", "test/pos", "test/neg"];

    /// <summary>Reads a folder (<c>aclImdb</c> itself, or one that has it) or an archive.</summary>
    /// <exception cref="InputException">A split is missing or empty, a review is not UTF-8, empty or in the wrong folder, or the archive is damaged.</exception>
    public static SentimentText Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var files = Directory.Exists(path) ? FromFolder(path) : FromArchive(path);
        var texts = new Dictionary<string, List<LabelledText>>(StringComparer.Ordinal);
        foreach (var (folder, name, shown, bytes) in files.OrderBy(f => Array.IndexOf(Folders, f.Folder)).ThenBy(f => f.Name, StringComparer.Ordinal))
        {
            if (!texts.TryGetValue(folder, out var list))
            {
                texts[folder] = list = [];
            }

            list.Add(Parse(folder, name, shown, bytes()));
        }

        foreach (string folder in Folders)
        {
            if (!texts.ContainsKey(folder))
            {
                throw new InputException($"{path} has no reviews in {folder}; train and test are expected to have pos and neg with files ID_RATING.txt.");
            }
        }

        return new SentimentText([.. texts["train/pos"], .. texts["train/neg"]], [.. texts["test/pos"], .. texts["test/neg"]], "IMDb reviews");
    }

    private static LabelledText Parse(string folder, string name, string shown, byte[] bytes)
    {
        bool positive = folder.EndsWith("pos", StringComparison.Ordinal);
        string[] parts = Path.GetFileNameWithoutExtension(name).Split('_');
        if (!name.EndsWith(".txt", StringComparison.Ordinal) || parts.Length != 2 || !Number(parts[0], out _) || !Number(parts[1], out int rating))
        {
            throw new InputException($"{shown} is no review by its name; ID_RATING.txt is expected in {folder}.");
        }

        if (positive ? rating is < LowestPositive or > HighestRating : rating is < 1 or > HighestNegative)
        {
            throw new InputException($"{shown} has a rating of {rating}; reviews in {folder} have {(positive ? $"{LowestPositive} to {HighestRating}" : $"1 to {HighestNegative}")}.");
        }

        string text = StrictText.Decode(bytes, shown);
        return string.IsNullOrWhiteSpace(text) ? throw new InputException($"{shown}, line 1: the review is empty.") : new LabelledText(text.Trim(), positive);
    }

    private static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private sealed record Review(string Folder, string Name, string Shown, Func<byte[]> Bytes);

    private static List<Review> FromFolder(string path)
    {
        string root = Directory.Exists(Path.Combine(path, "aclImdb")) ? Path.Combine(path, "aclImdb") : path;
        var found = new List<Review>();
        foreach (string folder in Folders)
        {
            string whole = Path.Combine(root, folder);
            if (!Directory.Exists(whole))
            {
                throw new InputException($"{root} has no folder {folder}; train and test are expected, each with pos and neg.");
            }

            foreach (string file in Directory.EnumerateFiles(whole).Where(f => !Hidden(Path.GetFileName(f))))
            {
                found.Add(new Review(folder, Path.GetFileName(file), file, () => StrictText.ReadAll(file)));
            }
        }

        return found;
    }

    private static List<Review> FromArchive(string path)
    {
        byte[] bytes = StrictText.ReadAll(path);
        byte[] tar = bytes is [0x1F, 0x8B, ..] ? StrictText.Unpack(bytes, path) : bytes;
        // An archive ends in two blocks of zeros: without them it was cut, perhaps between two files, where nothing else shows.
        if (tar.Length < 1024 || tar.AsSpan(tar.Length - 1024).ContainsAnyExcept((byte)0))
        {
            throw new InputException($"{path} is truncated or no tar archive: it does not end in two empty blocks.");
        }

        var found = new List<Review>();
        try
        {
            using var reader = new TarReader(new MemoryStream(tar));
            while (reader.GetNextEntry(copyData: true) is { } entry)
            {
                string[] parts = entry.Name.Split('/', StringSplitOptions.RemoveEmptyEntries);
                string folder = parts.Length >= 3 ? $"{parts[^3]}/{parts[^2]}" : "";
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && Folders.Contains(folder) && !Hidden(parts[^1]))
                {
                    var content = new MemoryStream();
                    entry.DataStream?.CopyTo(content);
                    found.Add(new Review(folder, parts[^1], $"{path}: {entry.Name}", content.ToArray));
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or NotSupportedException or ArgumentException or OverflowException)
        {
            throw new InputException($"{path} cannot be read as a tar archive: {AtomicFile.Sentence(e)}", e);
        }

        return found;
    }

    private static bool Hidden(string name) => name.StartsWith('.');
}
