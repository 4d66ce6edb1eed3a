namespace Workbook.Core.Numerics;

/// <summary>What the normals need beside <see cref="ILanes{TVector, T}"/>: 64-bit words in lanes, one block of the generator a lane.</summary>
/// <typeparam name="TWords">A vector of words.</typeparam>
/// <typeparam name="TVector">The vector of as many doubles.</typeparam>
internal unsafe interface IWordLanes<TWords, TVector>
{
    /// <summary>first + 0, first + 1, ...</summary>
    static abstract TWords Consecutive(ulong first);

    /// <summary>Words of consecutive blocks in memory, in the order that <see cref="StorePairs"/> undoes.</summary>
    static abstract TWords LoadBlocks(ulong* source);

    /// <summary>The same word in every lane.</summary>
    static abstract TWords Create(ulong word);

    /// <summary>The product of the lower 32-bit halves.</summary>
    static abstract TWords Multiply32(TWords a, TWords b);

    /// <summary>a + b modulo 2^64.</summary>
    static abstract TWords Add(TWords a, TWords b);

    /// <summary>a - b modulo 2^64.</summary>
    static abstract TWords Subtract(TWords a, TWords b);

    /// <summary>Bitwise and.</summary>
    static abstract TWords And(TWords a, TWords b);

    /// <summary>Bitwise or.</summary>
    static abstract TWords Or(TWords a, TWords b);

    /// <summary>Bitwise exclusive or.</summary>
    static abstract TWords Xor(TWords a, TWords b);

    /// <summary>Towards the high bits.</summary>
    static abstract TWords ShiftLeft(TWords a, int bits);

    /// <summary>Towards the low bits, zeros following.</summary>
    static abstract TWords ShiftRight(TWords a, int bits);

    /// <summary>The upper 32-bit half in place of the lower; the upper is anything. A shuffle, where a shift would wait for the port of the products.</summary>
    static abstract TWords Upper(TWords a);

    /// <summary>Each 32-bit half towards the low bits.</summary>
    static abstract TWords ShiftHalvesRight(TWords a, int bits);

    /// <summary>The lower 32-bit half of one, the upper of the other.</summary>
    static abstract TWords Halves(TWords lower, TWords upper);

    /// <summary>The words as bits of numbers.</summary>
    static abstract TVector AsNumber(TWords a);

    /// <summary>The bits of numbers as words.</summary>
    static abstract TWords AsWords(TVector a);

    /// <summary>a where the mask's bits are set, b elsewhere.</summary>
    static abstract TVector Select(TWords mask, TVector a, TVector b);

    /// <summary>All bits set where bit 63 is, none elsewhere.</summary>
    static abstract TWords SignMask(TWords a);

    /// <summary>a b - c, rounded once.</summary>
    static abstract TVector MultiplySubtract(TVector a, TVector b, TVector c);

    /// <summary>a - b c, rounded once.</summary>
    static abstract TVector SubtractProduct(TVector a, TVector b, TVector c);

    /// <summary>first_0, second_0, first_1, second_1, ... by block.</summary>
    static abstract void StorePairs(TVector first, TVector second, double* destination);
}
