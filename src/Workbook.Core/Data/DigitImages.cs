namespace Workbook.Core.Data;

/// <summary>Grey images of one size with their labels, as an IDX pair of files holds them.</summary>
/// <param name="Count">Number of images.</param>
/// <param name="Rows">Height in pixels.</param>
/// <param name="Columns">Width in pixels.</param>
/// <param name="Pixels">Ink from 0 (paper) to 255, [Count, Rows, Columns] in C order.</param>
/// <param name="Labels">What each image shows, [Count].</param>
/// <param name="Source">Where they come from, for a reader: a noun phrase such as "the 10,000 MNIST test images".</param>
/// <param name="ImagesSha256">SHA-256 of the image file as it lies on disk (packed if packed), lower-case hexadecimal.</param>
/// <param name="LabelsSha256">SHA-256 of the label file.</param>
public sealed record DigitImages(
    int Count, int Rows, int Columns, byte[] Pixels, byte[] Labels, string Source, string ImagesSha256, string LabelsSha256)
{
    /// <summary>The pixels of image <paramref name="index"/>, [Rows, Columns] in C order.</summary>
    public ReadOnlySpan<byte> Image(int index) => Pixels.AsSpan(index * Rows * Columns, Rows * Columns);

    /// <summary>Reads an image file and a label file that belong together.</summary>
    /// <exception cref="InputException">One of them is missing or damaged, or they do not hold the same number.</exception>
    public static DigitImages Read(string imagesPath, string labelsPath, string source)
    {
        IdxImages images = IdxFile.ReadImages(imagesPath);
        IdxLabels labels = IdxFile.ReadLabels(labelsPath);
        return images.Count == labels.Labels.Length
            ? new DigitImages(images.Count, images.Rows, images.Columns, images.Pixels, labels.Labels, source, images.Sha256, labels.Sha256)
            : throw new InputException($"{labelsPath} holds {labels.Labels.Length} labels, but {imagesPath} holds {images.Count} images; they do not belong together.");
    }
}

/// <summary>What an IDX image file holds: <c>Pixels</c> is [Count, Rows, Columns] in C order, <c>Sha256</c> that of the file on disk.</summary>
public sealed record IdxImages(int Count, int Rows, int Columns, byte[] Pixels, string Sha256);

/// <summary>What an IDX label file holds; <c>Sha256</c> is that of the file on disk.</summary>
public sealed record IdxLabels(byte[] Labels, string Sha256);
