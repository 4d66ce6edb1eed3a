using System.Net;
using Workbook.Core.Data;
using Xunit;

namespace Workbook.Core.Tests.Data;

public class MnistDownloadTests
{
    [Fact]
    public async Task Without_a_network_one_sentence_says_so()
    {
        using var folder = new TemporaryFolder();
        using var network = new FakeNetwork(_ => throw new HttpRequestException("Name or service not known"));
        InputException error = await Assert.ThrowsAsync<InputException>(() => MnistDownload.FetchAsync(folder.Path, network: network, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("t10k-images-idx3-ubyte.gz could not be fetched", error.Message, StringComparison.Ordinal);
        Assert.Contains("ossci-datasets.s3.amazonaws.com: Name or service not known", error.Message, StringComparison.Ordinal);
        Assert.Contains("storage.googleapis.com: Name or service not known", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(2 * MnistDownload.Mirrors.Count, network.Requests);
    }

    [Theory]
    [InlineData(0, "0 bytes came, 1648877 were expected")]
    [InlineData(1_648_877, "wrong checksum")]
    [InlineData(2_000_000, "more than the expected 1648877 bytes came")]
    public async Task A_wrong_answer_is_not_kept(int length, string complaint)
    {
        using var folder = new TemporaryFolder();
        using var network = new FakeNetwork(_ => Answer(new byte[length]));
        InputException error = await Assert.ThrowsAsync<InputException>(() => MnistDownload.FetchAsync(folder.Path, network: network, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Cancelling_stops_it()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        using var network = new FakeNetwork(_ =>
        {
            stop.Cancel();
            return Answer(new byte[10]);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MnistDownload.FetchAsync(folder.Path, network: network, cancellation: stop.Token));
        Assert.Equal(1, network.Requests);
    }

    [Fact]
    public async Task What_is_fetched_is_checked_kept_and_not_fetched_again()
    {
        string? data = DataFolder.FromEnvironment();
        Assert.SkipWhen(data is null, $"{DataFolder.Variable} is not set, so there are no real files to serve.");
        string mnist = Directory.Exists(Path.Combine(data, "mnist")) ? Path.Combine(data, "mnist") : data;
        MnistFile[] served = [.. MnistDownload.Files.Where(f => File.Exists(Path.Combine(mnist, f.Name)))];
        Assert.SkipWhen(served.Length == 0, $"{mnist} does not hold the original gzip files.");
        using var folder = new TemporaryFolder();
        int failFirst = 1;
        using var network = new FakeNetwork(request =>
        {
            string file = Path.Combine(mnist, Path.GetFileName(request.RequestUri!.AbsolutePath));
            return failFirst-- > 0 || !File.Exists(file) ? new HttpResponseMessage(HttpStatusCode.NotFound) : Answer(File.ReadAllBytes(file));
        });
        for (int round = 0; round < 2; round++)
        {
            var seen = new List<MnistProgress>();
            Exception? error = await Record.ExceptionAsync(() => MnistDownload.FetchAsync(folder.Path, new Recorder(seen), network, TestContext.Current.CancellationToken));
            Assert.Equal(served.Length == MnistDownload.Files.Count, error is null);
            foreach (MnistFile file in served)
            {
                Assert.True(MnistDownload.IsThere(folder.File(file.Name), file));
                Assert.Equal(new MnistProgress(file.Name, file.Length, file.Length), seen.Last(p => p.File == file.Name));
                Assert.Equal(round == 0, seen.Count(p => p.File == file.Name) > 1); // the second time it is there at once
            }
        }

        Assert.Equal(served.Length, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    private static HttpResponseMessage Answer(byte[] bytes) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) };

    private sealed class Recorder(List<MnistProgress> seen) : IProgress<MnistProgress>
    {
        public void Report(MnistProgress value) => seen.Add(value);
    }

    private sealed class FakeNetwork(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(answer(request));
        }
    }
}
