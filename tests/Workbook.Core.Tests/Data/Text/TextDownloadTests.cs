using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class TextDownloadTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Members_of_a_checked_archive_are_kept_and_not_fetched_twice()
    {
        using var folder = new TemporaryFolder();
        byte[] zip = Zip(("SST-2/train.tsv", "fine\t1\n"), ("SST-2/dev.tsv", "dull\t0\n"), ("SST-2/test.tsv", "x"));
        using var network = new Answer(zip);
        TextArchive archive = TextDownload.Sst with { Md5 = Md5(zip) };
        await TextDownload.FetchAsync(archive, folder.File("sst2"), network, Cancel);
        Assert.Equal(["dev.tsv", "train.tsv"], Directory.GetFiles(folder.File("sst2")).Select(f => Path.GetFileName(f)).Order());
        Assert.True(TextFolder.FindSst([folder.Path]).IsReal);
        await TextDownload.FetchAsync(archive, folder.File("sst2"), network, Cancel);
        Assert.Equal(1, network.Requests);
    }

    [Fact]
    public async Task A_file_without_members_is_kept_as_it_came()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = [1, 2, 3];
        using var network = new Answer(bytes);
        await TextDownload.FetchAsync(TextDownload.Imdb with { Md5 = Md5(bytes) }, folder.File("imdb"), network, Cancel);
        Assert.Equal(bytes, File.ReadAllBytes(folder.File("imdb/aclImdb_v1.tar.gz")));
    }

    [Fact]
    public async Task What_is_wrong_is_named_and_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        byte[] zip = Zip(("SST-2/train.tsv", "fine\t1\n"));
        await Refused(TextDownload.Sst, zip, HttpStatusCode.OK, "expected is 9f81648d4199384278b86e315dac217c");
        await Refused(TextDownload.Sst with { Md5 = Md5(zip) }, zip, HttpStatusCode.OK, "it has no SST-2/dev.tsv");
        await Refused(TextDownload.Imdb, zip, HttpStatusCode.NotFound, "404");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        async Task Refused(TextArchive archive, byte[] bytes, HttpStatusCode status, string expected)
        {
            using var network = new Answer(bytes, status);
            InputException error = await Assert.ThrowsAsync<InputException>(() => TextDownload.FetchAsync(archive, folder.File("to"), network, Cancel));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Zip(params (string Name, string Text)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(text);
            }
        }

        return stream.ToArray();
    }

#pragma warning disable CA5351 // the checksum that is published
    private static string Md5(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351

    private sealed class Answer(byte[] bytes, HttpStatusCode status = HttpStatusCode.OK) : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return Task.FromResult(new HttpResponseMessage(status) { Content = new ByteArrayContent(bytes) });
        }
    }
}
