using System.Security.Cryptography;
using System.Text;

namespace Workbook.Kernel;

/// <summary>HMAC-SHA256 over the four parts of a message, in lower-case hexadecimal.</summary>
internal sealed class MessageSigner(string key)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);

    /// <summary>The signature; empty without a key.</summary>
    public string Sign(params ReadOnlySpan<byte[]> parts)
    {
        if (_key.Length == 0)
        {
            return "";
        }

        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (var part in parts)
        {
            hash.AppendData(part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether a signature is right, in time that does not depend on where it is wrong.</summary>
    public bool Verify(byte[] signature, params ReadOnlySpan<byte[]> parts) =>
        _key.Length == 0 || CryptographicOperations.FixedTimeEquals(signature, Encoding.ASCII.GetBytes(Sign(parts)));
}
