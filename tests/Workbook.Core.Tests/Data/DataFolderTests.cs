using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class DataFolderTests
{
    [Theory]
    [InlineData("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")]
    [InlineData("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz")]
    [InlineData("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte")]
    [InlineData("train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte")]
    public void MNIST_is_found_under_its_usual_names(string images, string labels)
    {
        foreach (string below in new[] { "", "mnist" })
        {
            using var folder = new TemporaryFolder();
            Put(Path.Combine(folder.Path, below), images, labels, 3);
            FoundDigits found = DataFolder.FindDigits(folder.Path, null);
            Assert.True(found.IsMnist);
            Assert.Equal(3, found.Images.Count);
            Assert.Contains($"because WORKBOOK_DATA names {(below.Length == 0 ? "that folder" : folder.Path)}", found.Sentence, StringComparison.Ordinal);
            Assert.Contains(images[0] == 't' && images[1] == '1' ? "3 MNIST test images" : "3 MNIST training images", found.Sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_wanted_half_is_taken_where_both_are_there()
    {
        using var folder = new TemporaryFolder();
        Put(folder.Path, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 3);
        Put(folder.Path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 5);
        Assert.Equal(3, DataFolder.FindDigits(folder.Path, null).Images.Count);
        Assert.Equal(5, DataFolder.FindDigits(folder.Path, null, MnistPart.Training).Images.Count);
    }

    [Fact]
    public void A_set_but_wrong_variable_is_an_error_that_names_it()
    {
        using var folder = new TemporaryFolder();
        using var project = new TemporaryFolder();
        Put(Path.Combine(project.Path, "data"), "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 1);
        Complaint.Of(() => DataFolder.FindDigits(folder.File("missing"), project.Path), "WORKBOOK_DATA is '" + folder.File("missing"));
        Complaint.Of(() => DataFolder.FindDigits(folder.Path, project.Path), "neither it nor its folder 'mnist' holds t10k-images");
        Put(folder.Path, "t10k-images-idx3-ubyte", "labels-misnamed", 1);
        Complaint.Of(() => DataFolder.FindDigits(folder.Path, project.Path), "but not the labels that belong to it");
        File.WriteAllText(folder.File("t10k-labels-idx1-ubyte"), "");
        Complaint.Of(() => DataFolder.FindDigits(folder.Path, project.Path), "only 0 bytes");
        Assert.True(DataFolder.FindDigits("", project.Path).IsMnist);
    }

    [Fact]
    public void Without_the_variable_the_project_is_searched_then_the_cache_then_the_drawn_digits_are_used()
    {
        using var project = new TemporaryFolder();
        FoundDigits drawnNow = DataFolder.FindDigits(null, project.Path);
        Assert.False(drawnNow.IsMnist);
        Assert.Contains("drew itself", drawnNow.Sentence, StringComparison.Ordinal);
        Assert.Contains("because no MNIST files were found", drawnNow.Sentence, StringComparison.Ordinal);

        DigitDrawing.Write(project.File("data/digits"));
        FoundDigits drawnBefore = DataFolder.FindDigits(null, project.Path);
        Assert.Equal(drawnNow.Images.Pixels, drawnBefore.Images.Pixels);

        Put(project.File("data/cache/mnist"), "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 2);
        Assert.Contains("fetched before", DataFolder.FindDigits(null, project.Path).Sentence, StringComparison.Ordinal);
        Put(project.File("data/mnist"), "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", 4);
        Assert.Equal(4, DataFolder.FindDigits(null, project.Path).Images.Count);
    }

    [Fact]
    public void The_project_is_found_from_the_program()
    {
        Assert.True(File.Exists(Path.Combine(DataFolder.ProjectRoot()!, "Workbook.sln")));
        Assert.StartsWith(DataFolder.ProjectRoot()!, DataFolder.MnistCache(), StringComparison.Ordinal);
    }

    private static void Put(string folder, string images, string labels, int count)
    {
        IdxFile.WriteImages(Path.Combine(folder, images), 2, 2, new byte[4 * count]);
        IdxFile.WriteLabels(Path.Combine(folder, labels), new byte[count]);
    }
}
