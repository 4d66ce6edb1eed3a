using System.IO.Compression;
using CsCheck;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class IdxFileTests
{
    [Theory]
    [InlineData("images")]
    [InlineData("images.gz")]
    public void What_is_written_is_read_back(string name)
    {
        using var folder = new TemporaryFolder();
        Gen.Select(Gen.Int[0, 6], Gen.Int[1, 9], Gen.Int[1, 9]).SelectMany(s => Gen.Byte.Array[s.Item1 * s.Item2 * s.Item3].Select(p => (s, p)))
            .Sample(t =>
            {
                IdxFile.WriteImages(folder.File(name), t.s.Item2, t.s.Item3, t.p);
                IdxImages images = IdxFile.ReadImages(folder.File(name));
                Assert.Equal(t.s, (images.Count, images.Rows, images.Columns));
                Assert.Equal(t.p, images.Pixels);
                IdxFile.WriteLabels(folder.File(name), t.p);
                Assert.Equal(t.p, IdxFile.ReadLabels(folder.File(name)).Labels);
            }, iter: 100, threads: 1);
    }

    [Fact]
    public void The_packing_is_read_by_the_frameworks_gzip()
    {
        using var folder = new TemporaryFolder();
        Gen<byte[]> noise = Gen.Byte.Array[0, 3000];
        Gen<byte[]> runs = Gen.Select(Gen.Byte[0, 3], Gen.Int[1, 700]).Array[0, 60].Select(rs => rs.SelectMany(r => Enumerable.Repeat(r.Item1, r.Item2)).ToArray());
        Gen<byte[]> echoes = Gen.Select(Gen.Byte.Array[3, 400], Gen.Int[1, 40_000]).Select((piece, gap) => piece.Concat(new byte[gap]).Concat(piece).ToArray());
        Gen.OneOf(noise, runs, echoes).Sample(labels =>
        {
            IdxFile.WriteLabels(folder.File("l.gz"), labels);
            using var gzip = new GZipStream(File.OpenRead(folder.File("l.gz")), CompressionMode.Decompress);
            using var unpacked = new MemoryStream();
            gzip.CopyTo(unpacked);
            Assert.Equal(labels, unpacked.ToArray()[8..]);
        }, iter: 200, threads: 1);
    }

    [Fact]
    public void Python_unpacks_the_packing_too()
    {
        using var folder = new TemporaryFolder();
        byte[] labels = [.. Enumerable.Range(0, 70_000).Select(i => (byte)(i * i % 251 * (i % 3)))];
        IdxFile.WriteLabels(folder.File("l.gz"), labels);
        PythonScript.Run(folder.Path, "gzip", "import gzip\nopen('l', 'wb').write(gzip.open('l.gz').read())");
        Assert.Equal(labels, IdxFile.ReadLabels(folder.File("l")).Labels);
    }

    [Fact]
    public void Packed_or_not_is_seen_by_the_content()
    {
        using var folder = new TemporaryFolder();
        IdxFile.WriteLabels(folder.File("plain"), [3, 7]);
        IdxFile.WriteLabels(folder.File("packed.gz"), [3, 7]);
        File.Move(folder.File("packed.gz"), folder.File("packed"));
        File.Move(folder.File("plain"), folder.File("plain.gz"));
        Assert.Equal([3, 7], IdxFile.ReadLabels(folder.File("packed")).Labels);
        Assert.Equal([3, 7], IdxFile.ReadLabels(folder.File("plain.gz")).Labels);
    }

    [Theory]
    [InlineData("f")]
    [InlineData("f.gz")]
    public void Every_truncation_and_every_trailing_byte_gives_a_clean_error(string name)
    {
        using var folder = new TemporaryFolder();
        IdxFile.WriteImages(folder.File(name), 2, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        byte[] whole = File.ReadAllBytes(folder.File(name));
        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.File(name, whole.AsSpan(0, length));
            Complaint.Of(() => IdxFile.ReadImages(path), path);
        }

        string longer = folder.File(name, [.. whole, 0]);
        Complaint.Of(() => IdxFile.ReadImages(longer), longer);
    }

    [Theory]
    [InlineData("f")]
    [InlineData("f.gz")]
    public void A_damaged_byte_never_gives_anything_but_a_clean_error_or_an_image(string name)
    {
        using var folder = new TemporaryFolder();
        IdxFile.WriteImages(folder.File(name), 2, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        byte[] whole = File.ReadAllBytes(folder.File(name));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample((position, change) =>
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[position] ^= change;
            try
            {
                IdxImages images = IdxFile.ReadImages(folder.File(name, damaged));
                Assert.Equal(images.Count * images.Rows * images.Columns, images.Pixels.Length);
            }
            catch (InputException)
            {
            }
        }, iter: 1000, threads: 1);
    }

    [Fact]
    public void A_wrong_file_is_named_with_what_it_holds()
    {
        using var folder = new TemporaryFolder();
        string images = folder.File("images"), labels = folder.File("labels");
        IdxFile.WriteImages(images, 1, 1, [1, 2, 3]);
        IdxFile.WriteLabels(labels, [3, 7]);
        Complaint.Of(() => IdxFile.ReadLabels(images), "images holds images (magic 0x00000803); an IDX file of labels (magic 0x00000801) is expected");
        Complaint.Of(() => IdxFile.ReadImages(labels), "labels holds labels (magic 0x00000801); an IDX file of images");
        Complaint.Of(() => IdxFile.ReadImages(folder.File("none")), "no such file");
        Complaint.Of(() => IdxFile.ReadImages(folder.Path), "cannot be read");
        Complaint.Of(() => IdxFile.ReadImages(folder.File("text", "Hello, world"u8)), "magic 0x48656c6c");
        Complaint.Of(() => IdxFile.ReadImages(folder.File("huge", [0, 0, 8, 3, 0x7F, 255, 255, 255, 0x7F, 255, 255, 255, 0x7F, 255, 255, 255])), "is truncated: 2147483647 x 2147483647 x 2147483647 values take");
        Complaint.Of(() => IdxFile.ReadImages(folder.File("negative", [0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1])), "4294967295 as the extent of axis 0");
        Complaint.Of(() => IdxFile.ReadImages(folder.File("flat", [0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1])), "images of 0 x 1 pixels");
        Complaint.Of(() => DigitImages.Read(images, labels, "x"), "holds 2 labels, but");
        Assert.Throws<ArgumentException>(() => IdxFile.WriteImages(images, 2, 2, [1, 2, 3]));
    }

    [Fact]
    public void The_real_MNIST_test_images_are_read()
    {
        string? folder = DataFolder.FromEnvironment();
        Assert.SkipWhen(folder is null, $"{DataFolder.Variable} is not set, so real MNIST was not read.");
        FoundDigits found = DataFolder.FindDigits();
        Assert.True(found.IsMnist);
        Assert.Contains(folder, found.Sentence, StringComparison.Ordinal);
        Assert.Equal((10_000, 28, 28), (found.Images.Count, found.Images.Rows, found.Images.Columns));
        Assert.Equal([7, 2, 1, 0, 4], found.Images.Labels[..5]);
        Assert.Equal((1_010, 1_028), (found.Images.Labels.Count(l => l == 3), found.Images.Labels.Count(l => l == 7)));
        Assert.Equal(64, found.Images.ImagesSha256.Length);
    }
}
