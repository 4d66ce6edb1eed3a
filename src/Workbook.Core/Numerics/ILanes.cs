namespace Workbook.Core.Numerics;

/// <summary>
/// One rung of the ladder: <see cref="Lanes512{T}"/>, <see cref="Lanes256{T}"/>, <see cref="Lanes128{T}"/> and
/// <see cref="Lanes1{T}"/> offer the same operations on vectors of 64, 32, 16 bytes and on a single number. A kernel is
/// written once against this interface and compiled for each rung; every operation here rounds as IEEE 754 says, so a
/// kernel gives the same bits on each.
/// </summary>
/// <typeparam name="TVector">The vector.</typeparam>
/// <typeparam name="T">double or float.</typeparam>
internal unsafe interface ILanes<TVector, T>
    where T : unmanaged
{
    /// <summary>Lanes in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Lane i = source[i]; no alignment is needed.</summary>
    static abstract TVector Load(T* source);

    /// <summary>destination[i] = lane i.</summary>
    static abstract void Store(TVector value, T* destination);

    /// <summary>Lane i = source[i] for i below count, that of rest elsewhere; nothing else is read.</summary>
    static abstract TVector LoadFirst(T* source, int count, TVector rest);

    /// <summary>destination[i] = lane i for i below count; nothing else is written.</summary>
    static abstract void StoreFirst(TVector value, T* destination, int count);

    /// <summary>Every lane = value.</summary>
    static abstract TVector Create(T value);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a - b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>sqrt a.</summary>
    static abstract TVector Sqrt(TVector a);

    /// <summary>|a|: the sign bit cleared, of a NaN too.</summary>
    static abstract TVector Abs(TVector a);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TVector FusedMultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a b + c, rounded once where the machine can and twice where it cannot: the one operation whose bits depend on it.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a if a &lt; b, else b: a NaN in b survives, with a number for a.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>a if a &gt; b, else b: a NaN in b survives, with a number for a.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>All bits set where a &lt; b, none elsewhere.</summary>
    static abstract TVector LessThan(TVector a, TVector b);

    /// <summary>All bits set where a = b, none elsewhere (NaN equals nothing).</summary>
    static abstract TVector EqualTo(TVector a, TVector b);

    /// <summary>a where the mask's bits are set, b elsewhere.</summary>
    static abstract TVector Select(TVector mask, TVector a, TVector b);

    /// <summary>Bitwise and.</summary>
    static abstract TVector And(TVector a, TVector b);

    /// <summary>Bitwise or.</summary>
    static abstract TVector Or(TVector a, TVector b);

    /// <summary>Bitwise exclusive or.</summary>
    static abstract TVector Xor(TVector a, TVector b);

    /// <summary>Lane i = table[n mod 16], n the integer in the lowest bits of lane i of word; a NaN gives any of them.</summary>
    /// <param name="table">16 constants in the assembly's own image, which does not move.</param>
    /// <param name="word">Numbers to which 1.5 * 2^52 (1.5 * 2^23 in single precision) or a multiple of it by a power of two has been added.</param>
    static abstract TVector Entry(ReadOnlySpan<T> table, TVector word);

    /// <summary>a 2^k for integers k that are at most twice the largest exponent in size, on the 512-bit rung of any size, rounded once.</summary>
    static abstract TVector Scale(TVector a, TVector k);

    /// <summary>The sum of all lanes: the upper half is added to the lower half, down to one number.</summary>
    static abstract T Sum(TVector a);

    /// <summary>The largest lane of numbers that are not NaN.</summary>
    static abstract T Largest(TVector a);
}
