using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Workbook.Core.Numerics;

/// <summary>The 128-bit rung: 2 doubles or 4 floats.</summary>
internal unsafe readonly struct Lanes128<T> : ILanes<Vector128<T>, T>
    where T : unmanaged
{
    public static int Count => Vector128<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadFirst(T* source, int count, Vector128<T> rest)
    {
        for (int i = 0; i < count; i++)
        {
            rest = rest.WithElement(i, source[i]);
        }

        return rest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector128<T> value, T* destination, int count)
    {
        for (int i = 0; i < count; i++)
        {
            destination[i] = value[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Create(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> a, Vector128<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Subtract(Vector128<T> a, Vector128<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Multiply(Vector128<T> a, Vector128<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Divide(Vector128<T> a, Vector128<T> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Sqrt(Vector128<T> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Abs(Vector128<T> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> FusedMultiplyAdd(Vector128<T> a, Vector128<T> b, Vector128<T> c) =>
        typeof(T) == typeof(double)
            ? Vector128.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>()
            : Vector128.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> a, Vector128<T> b, Vector128<T> c) =>
        typeof(T) == typeof(double)
            ? Vector128.MultiplyAddEstimate(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>()
            : Vector128.MultiplyAddEstimate(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Min(Vector128<T> a, Vector128<T> b) => Vector128.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Max(Vector128<T> a, Vector128<T> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LessThan(Vector128<T> a, Vector128<T> b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> EqualTo(Vector128<T> a, Vector128<T> b) => Vector128.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Select(Vector128<T> mask, Vector128<T> a, Vector128<T> b) =>
        Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> And(Vector128<T> a, Vector128<T> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Or(Vector128<T> a, Vector128<T> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Xor(Vector128<T> a, Vector128<T> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Entry(ReadOnlySpan<T> table, Vector128<T> word)
    {
        void* first = Unsafe.AsPointer(ref MemoryMarshal.GetReference(table));
        if (typeof(T) == typeof(double))
        {
            double* doubles = (double*)first;
            Vector128<long> place = word.AsInt64() & Vector128.Create(15L);
            return Vector128.Create(doubles[place[0]], doubles[place[1]]).As<double, T>();
        }
        else
        {
            float* singles = (float*)first;
            Vector128<int> place = word.AsInt32() & Vector128.Create(15);
            return Vector128.Create(singles[place[0]], singles[place[1]], singles[place[2]], singles[place[3]]).As<float, T>();
        }
    }

    /// <summary>2^k as the product of two powers, each in range; only the last product rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Scale(Vector128<T> a, Vector128<T> k)
    {
        if (typeof(T) == typeof(double))
        {
            // The integer k in the low bits of the sum, then k = low + high with low = k >> 1.
            Vector128<int> words = (k.AsDouble() + Vector128.Create(PowerOfTwo.RoundToIntegerDouble)).AsInt32();
            Vector128<int> low = Vector128.ShiftRightArithmetic(words, 1);
            Vector128<double> power = Vector128.ShiftLeft((low + Vector128.Create(PowerOfTwo.BiasDouble)).AsInt64(), 52).AsDouble();
            Vector128<double> rest = Vector128.ShiftLeft((words - low + Vector128.Create(PowerOfTwo.BiasDouble)).AsInt64(), 52).AsDouble();
            return (a.AsDouble() * power * rest).As<double, T>();
        }
        else
        {
            Vector128<int> words = Vector128.ConvertToInt32(k.AsSingle());
            Vector128<int> low = Vector128.ShiftRightArithmetic(words, 1);
            Vector128<float> power = Vector128.ShiftLeft(low + Vector128.Create(PowerOfTwo.BiasSingle), 23).AsSingle();
            Vector128<float> rest = Vector128.ShiftLeft(words - low + Vector128.Create(PowerOfTwo.BiasSingle), 23).AsSingle();
            return (a.AsSingle() * power * rest).As<float, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector128<T> a)
    {
        if (typeof(T) == typeof(double))
        {
            return (a + Vector128.Shuffle(a.AsDouble(), Vector128.Create(1, 0)).As<double, T>()).ToScalar();
        }

        a += Vector128.Shuffle(a.AsSingle(), Vector128.Create(2, 3, 0, 1)).As<float, T>();
        return (a + Vector128.Shuffle(a.AsSingle(), Vector128.Create(1, 0, 3, 2)).As<float, T>()).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Largest(Vector128<T> a)
    {
        if (typeof(T) == typeof(double))
        {
            return Max(a, Vector128.Shuffle(a.AsDouble(), Vector128.Create(1, 0)).As<double, T>()).ToScalar();
        }

        a = Max(a, Vector128.Shuffle(a.AsSingle(), Vector128.Create(2, 3, 0, 1)).As<float, T>());
        return Max(a, Vector128.Shuffle(a.AsSingle(), Vector128.Create(1, 0, 3, 2)).As<float, T>()).ToScalar();
    }
}
