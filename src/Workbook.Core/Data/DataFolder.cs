namespace Workbook.Core.Data;

/// <summary>Which half of MNIST is preferred where both are there.</summary>
public enum MnistPart
{
    /// <summary>The 10,000 test images (<c>t10k-*</c>), 2,038 of them a 3 or a 7: enough for every experiment here.</summary>
    Test,

    /// <summary>The 60,000 training images (<c>train-*</c>).</summary>
    Training,
}

/// <summary>Digits, and a sentence for the user that says which they are and why these.</summary>
/// <param name="Images">The images with their labels.</param>
/// <param name="IsMnist">False where the workbook's own drawn digits stand in.</param>
/// <param name="Sentence">One sentence, such as "Digits: the MNIST test images in /data/mnist, because WORKBOOK_DATA names that folder."</param>
public sealed record FoundDigits(DigitImages Images, bool IsMnist, string Sentence);

/// <summary>
/// Where data files are looked for: first the folder that the environment variable <c>WORKBOOK_DATA</c> names, then the project's
/// <c>data/</c>, then <c>data/cache/</c> (what was fetched). For digits the last resort is the set that the workbook draws itself.
/// </summary>
public static class DataFolder
{
    /// <summary>The environment variable that names a folder with the user's copies of the data sets.</summary>
    public const string Variable = "WORKBOOK_DATA";

    /// <summary>The folder that <see cref="Variable"/> names, or null where it is not set (or empty).</summary>
    /// <exception cref="InputException">It is set, but there is no such folder.</exception>
    public static string? FromEnvironment() => CheckFolder(Environment.GetEnvironmentVariable(Variable));

    /// <summary>
    /// The project's own folder: the nearest one above the program, or else above the current directory, that holds <c>Workbook.sln</c>;
    /// null for a program that runs outside of the project.
    /// </summary>
    public static string? ProjectRoot() => RootAbove(AppContext.BaseDirectory) ?? RootAbove(Directory.GetCurrentDirectory());

    /// <summary>Where fetched files are kept: <c>data/cache/mnist</c> in the project, or below the current directory outside of it.</summary>
    public static string MnistCache() => CacheIn(ProjectRoot() ?? Directory.GetCurrentDirectory());

    /// <summary>Finds digits; see the class for the order.</summary>
    /// <exception cref="InputException"><c>WORKBOOK_DATA</c> is set but wrong, or files are there but damaged or incomplete.</exception>
    public static FoundDigits FindDigits(MnistPart preferred = MnistPart.Test) =>
        FindDigits(Environment.GetEnvironmentVariable(Variable), ProjectRoot(), preferred);

    /// <summary>Finds digits with the value of <c>WORKBOOK_DATA</c> and the project's folder given.</summary>
    /// <param name="workbookData">The variable's value; null or empty counts as not set.</param>
    /// <param name="projectRoot">The project's folder, or null where there is none.</param>
    /// <param name="preferred">The half of MNIST to take where both are there.</param>
    /// <inheritdoc cref="FindDigits(MnistPart)"/>
    public static FoundDigits FindDigits(string? workbookData, string? projectRoot, MnistPart preferred = MnistPart.Test)
    {
        if (CheckFolder(workbookData) is { } named)
        {
            return Mnist(Path.Combine(named, "mnist"), preferred, $"because {Variable} names {named}")
                ?? Mnist(named, preferred, $"because {Variable} names that folder")
                ?? throw new InputException($"{Variable} is {named}, but neither it nor its folder 'mnist' holds t10k-images-idx3-ubyte or train-images-idx3-ubyte (with or without .gz); correct it, or unset it to use the project's own data.");
        }

        string data = Path.Combine(projectRoot ?? Directory.GetCurrentDirectory(), "data");
        return Mnist(Path.Combine(data, "mnist"), preferred, $"found there ({Variable} is not set)")
            ?? Mnist(data, preferred, $"found there ({Variable} is not set)")
            ?? Mnist(CacheIn(projectRoot ?? Directory.GetCurrentDirectory()), preferred, "fetched before")
            ?? Drawn(Path.Combine(data, "digits"));
    }

    private static FoundDigits Drawn(string folder)
    {
        const string Why = $"because no MNIST files were found ('workbook data fetch mnist' fetches them, or set {Variable} to a folder that has them)";
        string images = Path.Combine(folder, DigitDrawing.ImagesFile), labels = Path.Combine(folder, DigitDrawing.LabelsFile);
        DigitImages drawn = File.Exists(images) || File.Exists(labels)
            ? DigitImages.Read(images, labels, DigitDrawing.Description)
            : DigitDrawing.Draw();
        return new FoundDigits(drawn, IsMnist: false, $"Digits: {drawn.Source}, {Why}.");
    }

    private static FoundDigits? Mnist(string folder, MnistPart preferred, string why)
    {
        MnistPart other = preferred == MnistPart.Test ? MnistPart.Training : MnistPart.Test;
        return MnistFiles(folder, preferred, why) ?? MnistFiles(folder, other, why);
    }

    private static FoundDigits? MnistFiles(string folder, MnistPart part, string why)
    {
        string prefix = part == MnistPart.Test ? "t10k" : "train";
        string? images = FirstThere(folder, prefix + "-images", "idx3-ubyte"), labels = FirstThere(folder, prefix + "-labels", "idx1-ubyte");
        if (images is null && labels is null)
        {
            return null;
        }

        if (images is null || labels is null)
        {
            throw new InputException($"{folder} holds {Path.GetFileName(images ?? labels)}, but not the {(images is null ? "images" : "labels")} that belong to it ({prefix}-{(images is null ? "images-idx3" : "labels-idx1")}-ubyte, with or without .gz).");
        }

        string noun = part == MnistPart.Test ? "test" : "training";
        DigitImages read = DigitImages.Read(images, labels, $"the MNIST {noun} images");
        return new FoundDigits(read, IsMnist: true, $"Digits: the {read.Count} MNIST {noun} images in {folder}, {why}.");
    }

    private static string? FirstThere(string folder, string stem, string kind)
    {
        foreach (string name in new[] { $"{stem}-{kind}", $"{stem}.{kind}" })
        {
            foreach (string suffix in new[] { ".gz", "" })
            {
                string path = Path.Combine(folder, name + suffix);
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    private static string CacheIn(string root) => Path.Combine(root, "data", "cache", "mnist");

    private static string? CheckFolder(string? named)
    {
        if (string.IsNullOrWhiteSpace(named))
        {
            return null;
        }

        return Directory.Exists(named)
            ? Path.GetFullPath(named)
            : throw new InputException($"{Variable} is '{named}', but there is no such folder; correct it, or unset it to use the project's own data.");
    }

    private static string? RootAbove(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Workbook.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
