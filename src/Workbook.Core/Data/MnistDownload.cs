using System.Security.Cryptography;

namespace Workbook.Core.Data;

/// <summary>One of MNIST's four files as it was published (gzip).</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Sha256">Its checksum, lower-case hexadecimal.</param>
public sealed record MnistFile(string Name, long Length, string Sha256);

/// <summary>How far a download has come.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Received">Bytes received; equal to <paramref name="Length"/> at the end, or at once where the file was there already.</param>
/// <param name="Length">Bytes in all.</param>
public readonly record struct MnistProgress(string File, long Received, long Length);

/// <summary>
/// Fetches MNIST from public mirrors. Every file is held to its size and SHA-256, written beside and renamed: a file that is there is whole.
/// Files that are there already are kept, so an interrupted fetch continues with the next one.
/// </summary>
public static class MnistDownload
{
    /// <summary>Rounds over all mirrors before a file is given up.</summary>
    private const int Rounds = 2;

    /// <summary>A mirror that sends nothing for so long is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The four files.</summary>
    public static IReadOnlyList<MnistFile> Files { get; } =
    [
        new("t10k-images-idx3-ubyte.gz", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        new("t10k-labels-idx1-ubyte.gz", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        new("train-images-idx3-ubyte.gz", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        new("train-labels-idx1-ubyte.gz", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    ];

    /// <summary>Where the files are looked for, in this order.</summary>
    public static IReadOnlyList<Uri> Mirrors { get; } =
    [
        new("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        new("https://storage.googleapis.com/cvdf-datasets/mnist/"),
    ];

    /// <summary>Fetches what is missing of the four files into <paramref name="targetFolder"/> (usually <see cref="DataFolder.MnistCache"/>).</summary>
    /// <param name="targetFolder">The folder; made where needed.</param>
    /// <param name="progress">Told of every chunk; may be null.</param>
    /// <param name="network">What sends the requests, for a proxy of one's own or a test; by default the platform's.</param>
    /// <param name="cancellation">Stops between chunks; files finished so far stay.</param>
    /// <exception cref="InputException">No mirror gave a file with the right checksum, or the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Stopped by <paramref name="cancellation"/>.</exception>
    public static async Task FetchAsync(
        string targetFolder, IProgress<MnistProgress>? progress = null, HttpMessageHandler? network = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(targetFolder);
        using var client = network is null ? new HttpClient() : new HttpClient(network, disposeHandler: false);
        client.Timeout = Timeout.InfiniteTimeSpan; // Patience is per chunk, not per file.
        foreach (MnistFile file in Files)
        {
            string path = Path.Combine(targetFolder, file.Name);
            if (!IsThere(path, file))
            {
                AtomicWrite(path, await FetchFileAsync(client, file, progress, cancellation).ConfigureAwait(false));
            }

            progress?.Report(new MnistProgress(file.Name, file.Length, file.Length));
        }
    }

    /// <summary>True if the file at <paramref name="path"/> is there with the right size and checksum.</summary>
    public static bool IsThere(string path, MnistFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return new FileInfo(path) is { Exists: true } info && info.Length == file.Length && Sha256(File.ReadAllBytes(path)) == file.Sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<byte[]> FetchFileAsync(
        HttpClient client, MnistFile file, IProgress<MnistProgress>? progress, CancellationToken cancellation)
    {
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (Uri mirror in Mirrors)
            {
                try
                {
                    return await FetchFromAsync(client, new Uri(mirror, file.Name), file, progress, cancellation).ConfigureAwait(false);
                }
                catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException
                    || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
                {
                    failures[mirror.Host] = e is OperationCanceledException ? $"no answer for {Patience.TotalSeconds} s" : AtomicFile.Sentence(e);
                }
            }
        }

        throw new InputException($"{file.Name} could not be fetched ({string.Join("; ", failures.Select(f => $"{f.Key}: {f.Value}"))}); try again later, or set {DataFolder.Variable} to a folder that has MNIST.");
    }

    private static async Task<byte[]> FetchFromAsync(
        HttpClient client, Uri address, MnistFile file, IProgress<MnistProgress>? progress, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        using HttpResponseMessage response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        using Stream body = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
        var bytes = new byte[file.Length + 1]; // One more than expected, so that a longer answer is seen to be longer.
        int received = 0;
        while (received < bytes.Length)
        {
            patience.CancelAfter(Patience);
            int got = await body.ReadAsync(bytes.AsMemory(received, Math.Min(1 << 16, bytes.Length - received)), patience.Token).ConfigureAwait(false);
            if (got == 0)
            {
                break;
            }

            received += got;
            progress?.Report(new MnistProgress(file.Name, Math.Min(received, file.Length), file.Length));
        }

        if (received != file.Length)
        {
            throw new InvalidDataException(received < file.Length ? $"{received} bytes came, {file.Length} were expected" : $"more than the expected {file.Length} bytes came");
        }

        byte[] whole = bytes[..received];
        return Sha256(whole) == file.Sha256 ? whole : throw new InvalidDataException("what came has the wrong checksum");
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static void AtomicWrite(string path, byte[] bytes) => AtomicFile.Write(path, stream => stream.Write(bytes));
}
