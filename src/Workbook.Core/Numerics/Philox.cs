using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw ("Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011): a keyed bijection of 128-bit counters. A number is a function of (key, counter) alone, so any
/// worker can draw any element of any stream without state.
/// </summary>
public static class Philox
{
    internal const uint Multiplier0 = 0xD2511F53;
    internal const uint Multiplier1 = 0xCD9E8D57;
    internal const uint KeyStep0 = 0x9E3779B9; // golden ratio
    internal const uint KeyStep1 = 0xBB67AE85; // sqrt(3) - 1
    internal const int Rounds = 10;

    /// <summary>
    /// Enciphers one counter. With 32-bit words, low word first:
    /// <c>repeat 10: (c0, c1, c2, c3) = (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)); k += W</c>.
    /// </summary>
    /// <param name="key">The key, <c>k0</c> in the low half.</param>
    /// <param name="counterLow"><c>c0</c> in the low half, <c>c1</c> in the high half.</param>
    /// <param name="counterHigh"><c>c2</c> in the low half, <c>c3</c> in the high half.</param>
    /// <returns>The block as two 64-bit words, <c>(c0 + 2^32 c1, c2 + 2^32 c3)</c>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (ulong Word0, ulong Word1) Block(ulong key, ulong counterLow, ulong counterHigh)
    {
        uint c0 = (uint)counterLow, c1 = (uint)(counterLow >> 32);
        uint c2 = (uint)counterHigh, c3 = (uint)(counterHigh >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * c0;
            ulong product1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ k0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c3 = (uint)product0;
            k0 += KeyStep0;
            k1 += KeyStep1;
        }

        return (c0 | ((ulong)c1 << 32), c2 | ((ulong)c3 << 32));
    }
}
