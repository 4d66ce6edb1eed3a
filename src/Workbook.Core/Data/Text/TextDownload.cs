using System.IO.Compression;
using System.Security.Cryptography;

namespace Workbook.Core.Data;

/// <summary>A data set of text as its makers offer it.</summary>
/// <param name="Set">Its name, which is also the folder's that it goes to.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Md5">MD5 of the file, lower-case hexadecimal: the only checksum that is published for these two. It tells a damaged or changed file, not a forged one.</param>
/// <param name="Members">Files that are taken out of a zip archive; none: the file is kept as it is.</param>
public sealed record TextArchive(string Set, Uri Address, string Md5, IReadOnlyList<string> Members);

/// <summary>Fetches text into the data cache. A file is held to its checksum before anything is written, and written whole or not at all.</summary>
public static class TextDownload
{
    /// <summary>Largest file that is taken; the reviews have 84 MB.</summary>
    private const int MaxBytes = 1 << 28;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>SST-2 as GLUE has it: its training split has 67,349 phrases, where other copies have the 6,920 sentences that they come from.</summary>
    public static TextArchive Sst { get; } = new("sst2", new("https://dl.fbaipublicfiles.com/glue/data/SST-2.zip"), "9f81648d4199384278b86e315dac217c", ["SST-2/train.tsv", "SST-2/dev.tsv"]);

    /// <summary>The Large Movie Review Dataset, 50,000 labelled reviews.</summary>
    public static TextArchive Imdb { get; } = new("imdb", new("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"), "7c2ac02c03563afcf9b574c7e56c153a", []);

    /// <summary>Where fetched text is kept: <c>data/cache/SET</c> in the project, or below the current directory outside of it.</summary>
    public static string Cache(TextArchive archive)
    {
        ArgumentNullException.ThrowIfNull(archive);
        return Path.Combine(DataFolder.ProjectRoot() ?? Directory.GetCurrentDirectory(), "data", "cache", archive.Set);
    }

    /// <summary>Fetches a set into a folder, unless its files are there.</summary>
    /// <param name="archive">What to fetch: <see cref="Sst"/> or <see cref="Imdb"/>.</param>
    /// <param name="folder">Where its files go; made where needed.</param>
    /// <param name="network">What sends the request, for a proxy of one's own or a test; by default the platform's.</param>
    /// <param name="cancellation">Stops between chunks; nothing is written then.</param>
    /// <exception cref="InputException">It could not be fetched, has another checksum or lacks a member, or the folder cannot be written.</exception>
    public static async Task FetchAsync(TextArchive archive, string folder, HttpMessageHandler? network = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(folder);
        string[] names = archive.Members.Count == 0 ? [Path.GetFileName(archive.Address.LocalPath)] : [.. archive.Members.Select(m => Path.GetFileName(m))];
        if (names.All(name => File.Exists(Path.Combine(folder, name)))) return;
        byte[] bytes = await DownloadAsync(archive, network, cancellation).ConfigureAwait(false);
        byte[][] files = archive.Members.Count == 0 ? [bytes] : Unzip(archive, bytes);
        foreach (var (name, content) in names.Zip(files)) AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(content));
    }

    private static async Task<byte[]> DownloadAsync(TextArchive archive, HttpMessageHandler? network, CancellationToken cancellation)
    {
        try
        {
            using var client = network is null ? new HttpClient() : new HttpClient(network, disposeHandler: false);
            client.Timeout = Timeout.InfiniteTimeSpan; // Patience is per chunk, not per file.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            using HttpResponseMessage response = await client.GetAsync(archive.Address, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            using Stream body = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
            using var whole = new MemoryStream();
            var chunk = new byte[1 << 16];
            int got;
            while ((got = await body.ReadAsync(chunk, patience.Token).ConfigureAwait(false)) > 0)
            {
                patience.CancelAfter(Patience);
                whole.Write(chunk, 0, got);
                if (whole.Length > MaxBytes) throw new InvalidDataException($"more than {MaxBytes} bytes came");
            }

            byte[] bytes = whole.ToArray();
#pragma warning disable CA5351 // A checksum against damage, not against forgery: no other one is published.
            string md5 = Convert.ToHexStringLower(MD5.HashData(bytes));
#pragma warning restore CA5351
            return md5 == archive.Md5 ? bytes : throw new InvalidDataException($"the {bytes.Length} bytes that came have MD5 {md5}, expected is {archive.Md5}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            string why = e is OperationCanceledException ? $"no answer for {Patience.TotalSeconds} s" : AtomicFile.Sentence(e);
            throw new InputException($"{archive.Address} could not be fetched: {why}; try again later, or set {DataFolder.Variable} to a folder that has it.", e);
        }
    }

    private static byte[][] Unzip(TextArchive archive, byte[] bytes)
    {
        try
        {
            using var zip = new ZipArchive(new MemoryStream(bytes));
            return [.. archive.Members.Select(member =>
            {
                using Stream from = (zip.GetEntry(member) ?? throw new InvalidDataException($"it has no {member}")).Open();
                using var to = new MemoryStream();
                from.CopyTo(to);
                return to.ToArray();
            })];
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{archive.Address} cannot be unpacked: {AtomicFile.Sentence(e)}", e);
        }
    }
}
