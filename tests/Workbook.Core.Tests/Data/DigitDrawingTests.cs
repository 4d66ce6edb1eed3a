using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class DigitDrawingTests
{
    [Fact]
    public void The_committed_digits_are_drawn_again_byte_for_byte()
    {
        string committed = Path.Combine(DataFolder.ProjectRoot()!, "data", "digits");
        using var folder = new TemporaryFolder();
        DigitDrawing.Write(folder.Path);
        string readme = File.ReadAllText(Path.Combine(committed, "README.md"));
        foreach (string file in new[] { DigitDrawing.ImagesFile, DigitDrawing.LabelsFile })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(committed, file)), File.ReadAllBytes(folder.File(file)));
        }

        DigitImages images = DigitImages.Read(folder.File(DigitDrawing.ImagesFile), folder.File(DigitDrawing.LabelsFile), "test");
        Assert.Contains(images.ImagesSha256, readme, StringComparison.Ordinal);
        Assert.Contains(images.LabelsSha256, readme, StringComparison.Ordinal);
    }

    [Fact]
    public void They_alternate_differ_and_keep_clear_of_the_sides()
    {
        DigitImages drawn = DigitDrawing.Draw();
        Assert.Equal(600, drawn.Count);
        Assert.Equal(600, Enumerable.Range(0, 600).Select(k => Convert.ToHexString(drawn.Image(k))).Distinct().Count());
        for (int k = 0; k < drawn.Count; k++)
        {
            Assert.Equal(k % 2 == 0 ? 3 : 7, drawn.Labels[k]);
            byte[] image = drawn.Image(k).ToArray();
            Assert.InRange(image.Count(p => p > 128), 25, 250);
            Assert.All(Enumerable.Range(0, 28), row => Assert.Equal((0, 0), (image[row * 28], image[row * 28 + 27])));
        }
    }

    [Fact]
    public void An_image_depends_on_seed_and_index_alone()
    {
        DigitImages few = DigitDrawing.Draw(5, 1), many = DigitDrawing.Draw(20, 1), other = DigitDrawing.Draw(5, 2);
        Assert.Equal(few.Pixels, many.Pixels[..few.Pixels.Length]);
        Assert.NotEqual(few.Pixels, other.Pixels);
    }

    [Fact]
    public void The_two_digits_can_be_told_apart_and_are_not_all_alike()
    {
        // The nearest class mean of one half classifies the other half, but not without spread: a usable toy, not a trivial one.
        DigitImages drawn = DigitDrawing.Draw();
        var means = new double[2, 784];
        for (int k = 0; k < 300; k++)
        {
            for (int p = 0; p < 784; p++)
            {
                means[k % 2, p] += drawn.Image(k)[p] / 150.0;
            }
        }

        int right = 0;
        for (int k = 300; k < 600; k++)
        {
            double[] distance = [.. Enumerable.Range(0, 2).Select(c => Enumerable.Range(0, 784).Sum(p => Math.Pow(drawn.Image(k)[p] - means[c, p], 2)))];
            right += distance[k % 2] < distance[1 - k % 2] ? 1 : 0;
        }

        Assert.InRange(right, 270, 300);
    }
}
