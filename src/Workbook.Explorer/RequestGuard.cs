using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Workbook.Explorer;

/// <summary>
/// Who may ask for what. The server listens on loopback only; this keeps other sites, open in the same browser, from using it: a name that a stranger's DNS points
/// to loopback (wrong Host), a page elsewhere (wrong Origin or Sec-Fetch-Site), a form that posts (no token).
/// </summary>
internal sealed class RequestGuard(int port)
{
    /// <summary>Header that carries the token of writes.</summary>
    public const string TokenHeader = "X-Workbook-Token";

    private readonly string[] _hosts = [.. ((string[])["127.0.0.1", "localhost", "[::1]"]).SelectMany(h => port == 80 ? [h, h + ":80"] : new[] { $"{h}:{port}" })];

    /// <summary>Drawn anew at every start: 256 random bits.</summary>
    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Status and sentence of a refusal, or null.</summary>
    public (int Status, string Sentence)? Refuse(HttpRequest request)
    {
        string host = request.Headers.Host.ToString();
        if (!_hosts.Contains(host, StringComparer.OrdinalIgnoreCase)) return (StatusCodes.Status421MisdirectedRequest, "this server answers to localhost only.");
        // A link elsewhere may lead to the page; nothing elsewhere may use the rest.
        if (request.Path.Value is not "/" && request.Headers.TryGetValue("Sec-Fetch-Site", out var site) && site != "same-origin" && site != "none")
            return (StatusCodes.Status403Forbidden, "requests of other sites are refused.");
        if (request.Headers.TryGetValue("Origin", out var origin) && !string.Equals(origin, "http://" + host, StringComparison.OrdinalIgnoreCase))
            return (StatusCodes.Status403Forbidden, "requests of other origins are refused.");
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return null;
        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers[TokenHeader].ToString())), expected = SHA256.HashData(Encoding.UTF8.GetBytes(Token));
        return CryptographicOperations.FixedTimeEquals(given, expected) ? null : (StatusCodes.Status403Forbidden, "the token of this page is not that of the running server; load the page again.");
    }
}
