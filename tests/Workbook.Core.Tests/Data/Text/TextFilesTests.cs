using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class TextFilesTests
{
    private const string Good = "a fine film\t1\nsuch a bore\t0\n";

    [Theory]
    [InlineData("a fine film\t1\nsuch a bore\t0")]
    [InlineData("a fine film\t1\r\nsuch a bore\t0\r\n")]
    [InlineData("sentence\tlabel\na fine film\t1\nsuch a bore\t0\n")]
    [InlineData("\uFEFFa fine film\t1\nsuch a bore\t0\n")]
    public void SST_files_are_read_with_any_line_ends_heading_and_mark(string content)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal([new LabelledText("a fine film", true), new LabelledText("such a bore", false)], SstFile.Read(folder.File("train.tsv", Encoding.UTF8.GetBytes(content))));
    }

    [Theory]
    [InlineData("", "train.tsv has no sentences")]
    [InlineData("sentence\tlabel\n", "train.tsv has no sentences")]
    [InlineData(Good + "no label here\n" + Good, "train.tsv, line 3: the line has 0 tabs")]
    [InlineData(Good + "two\ttabs\t1\n", "train.tsv, line 3: the line has 2 tabs")]
    [InlineData(Good + "\n" + Good, "train.tsv, line 3: the line is empty")]
    [InlineData(Good + " \t1\n", "train.tsv, line 3: the sentence is empty")]
    [InlineData("fine\t2\n" + Good, "train.tsv, line 1: the label is '2'; it is 0 or 1")]
    [InlineData(Good + "fine\tpositive and much more of it\n", "line 3: the label is 'positive and much mo..'")]
    [InlineData(Good + "sentence\tlabel\n", "line 3: the label is 'label'")]
    public void A_bad_SST_line_is_named_with_its_file(string content, string expected)
    {
        using var folder = new TemporaryFolder();
        Complaint.Of(() => SstFile.Read(folder.File("train.tsv", Encoding.UTF8.GetBytes(content))), expected);
    }

    [Fact]
    public void Invalid_UTF8_is_named_by_line_and_byte()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Good + "caf"), 0xE9, .. Encoding.UTF8.GetBytes(" noir\t1\n")];
        Complaint.Of(() => SstFile.Read(folder.File("dev.tsv", bytes)), "dev.tsv, line 3: byte 4 of the line is 0xe9");
        Complaint.Of(() => SstFile.Read(folder.File("dev.tsv", [.. Encoding.UTF8.GetBytes(Good), 0xC3])), "dev.tsv, line 3: byte 1 of the line is 0xc3");
        Complaint.Of(() => SstFile.Read(folder.File("none.tsv")), "none.tsv: no such file");
    }

    [Fact]
    public void A_missing_split_is_an_error_and_no_text_at_all_is_not()
    {
        using var folder = new TemporaryFolder();
        FoundText none = TextFolder.FindSst([folder.Path, folder.File("missing")]);
        Assert.False(none.IsReal);
        Assert.Contains("SST-2 was not found", none.Sentence, StringComparison.Ordinal);
        Assert.False(TextFolder.FindImdb([folder.Path, folder.File("missing")]).IsReal);
        Directory.CreateDirectory(folder.File("sst2"));
        File.WriteAllText(folder.File("sst2/train.tsv"), Good);
        Complaint.Of(() => TextFolder.FindSst([folder.Path]), "has no dev.tsv");
        File.WriteAllText(folder.File("sst2/dev.tsv"), "dull\t0\n");
        FoundText found = TextFolder.FindSst([folder.File("missing"), folder.Path]);
        Assert.True(found.IsReal);
        Assert.Equal((2, 1), (found.Text.Training.Count, found.Text.Test.Count));
        Assert.DoesNotContain(folder.Path, found.Sentence, StringComparison.Ordinal); // the sentence goes into notebooks
        File.Delete(folder.File("sst2/train.tsv"));
        Complaint.Of(() => TextFolder.FindSst([folder.Path]), "has no train.tsv");
    }

    [Fact]
    public void Reviews_are_the_same_from_a_folder_an_archive_and_a_packed_archive()
    {
        using var folder = new TemporaryFolder();
        Reviews(folder);
        byte[] tar = Tar(folder.File("aclImdb"));
        SentimentText read = ImdbReviews.Read(folder.File("aclImdb"));
        Assert.Equal([new LabelledText("Good.<br />Really.", true), new LabelledText("Poor.", false)], read.Training);
        Assert.Equal([new LabelledText("Fine.", true), new LabelledText("Bad.", false)], read.Test);
        foreach (string path in new[] { folder.Path, folder.File("a.tar", tar), folder.File("a.tar.gz", Gzip(tar)) })
        {
            SentimentText again = ImdbReviews.Read(path);
            Assert.Equal(read.Training, again.Training);
            Assert.Equal(read.Sha256(), again.Sha256());
        }

        Assert.True(TextFolder.FindImdb([folder.Path]).IsReal);
        Assert.NotEqual(read.Sha256(), (read with { Test = [.. read.Test.Reverse()] }).Sha256());
    }

    [Fact]
    public void A_bad_review_is_named()
    {
        using var folder = new TemporaryFolder();
        Reviews(folder);
        void Bad(string name, byte[] content, string expected)
        {
            string path = folder.File("aclImdb/" + name);
            byte[]? before = File.Exists(path) ? File.ReadAllBytes(path) : null;
            File.WriteAllBytes(path, content);
            Complaint.Of(() => ImdbReviews.Read(folder.Path), expected);
            Complaint.Of(() => ImdbReviews.Read(folder.File("x.tar.gz", Gzip(Tar(folder.File("aclImdb"))))), expected);
            if (before is null) File.Delete(path);
            else File.WriteAllBytes(path, before);
        }

        Bad("train/pos/3_2.txt", "x"u8.ToArray(), "train/pos/3_2.txt has a rating of 2; reviews in train/pos have 7 to 10");
        Bad("test/neg/3_8.txt", "x"u8.ToArray(), "test/neg/3_8.txt has a rating of 8; reviews in test/neg have 1 to 4");
        Bad("train/pos/notes.txt", "x"u8.ToArray(), "train/pos/notes.txt is no review by its name");
        Bad("train/pos/0_9.txt", [], "train/pos/0_9.txt, line 1: the review is empty");
        Bad("test/pos/0_9.txt", [(byte)'a', (byte)'\n', 0xFF], "test/pos/0_9.txt, line 2: byte 1 of the line is 0xff");
        File.WriteAllText(folder.File("aclImdb/train/pos/.hidden"), "x");
        Assert.Single(ImdbReviews.Read(folder.Path).Training, t => t.Positive);
        Directory.Delete(folder.File("aclImdb/test/neg"), recursive: true);
        Complaint.Of(() => ImdbReviews.Read(folder.Path), "has no folder test/neg");
        Complaint.Of(() => ImdbReviews.Read(folder.File("y.tar", Tar(folder.File("aclImdb")))), "has no reviews in test/neg");
    }

    [Fact]
    public void A_truncated_archive_is_refused_wherever_it_was_cut()
    {
        using var folder = new TemporaryFolder();
        Reviews(folder);
        byte[] tar = Tar(folder.File("aclImdb")), packed = Gzip(tar);
        foreach (int cut in new[] { 5, packed.Length / 2, packed.Length - 9, packed.Length - 1 })
            Complaint.Of(() => ImdbReviews.Read(folder.File("cut.tar.gz", packed.AsSpan(0, cut))), "cut.tar.gz");
        foreach (int cut in new[] { 0, 100, 512, 1024, tar.Length / 2, tar.Length - 20 * 512 })
            if (cut < tar.Length - 1024) Complaint.Of(() => ImdbReviews.Read(folder.File("cut.tar", tar.AsSpan(0, Math.Max(0, cut)))), "cut.tar");
        Complaint.Of(() => ImdbReviews.Read(folder.File("missing.tar.gz")), "no such file");
        Complaint.Of(() => ImdbReviews.Read(folder.File("z.tar", new byte[2048])), "has no reviews in train/pos");
    }

    [Fact]
    public void Real_text_is_read_where_it_is_there()
    {
        string? root = Environment.GetEnvironmentVariable(DataFolder.Variable);
        Assert.SkipUnless(root is not null && Directory.Exists(Path.Combine(root, "sst2")) && Directory.Exists(Path.Combine(root, "imdb")), "no SST-2 and IMDb reviews: set WORKBOOK_DATA to a folder that has them.");
        SentimentText sst = TextFolder.FindSst([root]).Text, imdb = TextFolder.FindImdb([root]).Text;
        Assert.InRange(sst.Training.Count, 6_000, 70_000);
        Assert.Equal(872, sst.Test.Count);
        Assert.InRange(sst.Training.Count(t => t.Positive) / (double)sst.Training.Count, 0.45, 0.6);
        Assert.Equal(imdb.Training.Count, 2 * imdb.Training.Count(t => t.Positive));
        Assert.Equal(imdb.Test.Count, 2 * imdb.Test.Count(t => t.Positive));
        Assert.DoesNotContain(Tokenizer.Words(imdb.Training.First(t => t.Text.Contains("<br />", StringComparison.Ordinal)).Text), w => w == "br");
    }

    private static void Reviews(TemporaryFolder folder)
    {
        foreach (var (name, text) in new[] { ("train/pos/0_9.txt", "Good.<br />Really."), ("train/neg/0_2.txt", "Poor."), ("test/pos/0_7.txt", "Fine."), ("test/neg/0_4.txt", "Bad."), ("train/unsup/0_0.txt", "none") })
        {
            string path = folder.File("aclImdb/" + name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        File.WriteAllText(folder.File("aclImdb/README"), "about");
    }

    private static byte[] Tar(string folder)
    {
        using var stream = new MemoryStream();
        TarFile.CreateFromDirectory(folder, stream, includeBaseDirectory: true);
        return stream.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return stream.ToArray();
    }
}
