using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Workbook.Core.Numerics;

/// <summary>The 256-bit rung: 4 doubles or 8 floats.</summary>
internal unsafe readonly struct Lanes256<T> : ILanes<Vector256<T>, T>
    where T : unmanaged
{
    public static int Count => Vector256<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadFirst(T* source, int count, Vector256<T> rest)
    {
        if (!Avx.IsSupported)
        {
            return Vector256.Create(Lanes128<T>.LoadFirst(source, Math.Min(count, Count / 2), rest.GetLower()), Lanes128<T>.LoadFirst(source + Count / 2, count - Count / 2, rest.GetUpper()));
        }

        Vector256<T> first = First(count);
        Vector256<T> loaded = typeof(T) == typeof(double)
            ? Avx.MaskLoad((double*)source, first.AsDouble()).As<double, T>()
            : Avx.MaskLoad((float*)source, first.AsSingle()).As<float, T>();
        return Vector256.ConditionalSelect(first, loaded, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector256<T> value, T* destination, int count)
    {
        if (!Avx.IsSupported)
        {
            Lanes128<T>.StoreFirst(value.GetLower(), destination, Math.Min(count, Count / 2));
            Lanes128<T>.StoreFirst(value.GetUpper(), destination + Count / 2, count - Count / 2);
        }
        else if (typeof(T) == typeof(double))
        {
            Avx.MaskStore((double*)destination, First(count).AsDouble(), value.AsDouble());
        }
        else
        {
            Avx.MaskStore((float*)destination, First(count).AsSingle(), value.AsSingle());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Create(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> a, Vector256<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Subtract(Vector256<T> a, Vector256<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Multiply(Vector256<T> a, Vector256<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Divide(Vector256<T> a, Vector256<T> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Sqrt(Vector256<T> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Abs(Vector256<T> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> FusedMultiplyAdd(Vector256<T> a, Vector256<T> b, Vector256<T> c) =>
        typeof(T) == typeof(double)
            ? Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>()
            : Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> a, Vector256<T> b, Vector256<T> c) =>
        typeof(T) == typeof(double)
            ? Vector256.MultiplyAddEstimate(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>()
            : Vector256.MultiplyAddEstimate(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Min(Vector256<T> a, Vector256<T> b) => Vector256.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Max(Vector256<T> a, Vector256<T> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LessThan(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> EqualTo(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Select(Vector256<T> mask, Vector256<T> a, Vector256<T> b) =>
        Vector256.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> And(Vector256<T> a, Vector256<T> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Or(Vector256<T> a, Vector256<T> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Xor(Vector256<T> a, Vector256<T> b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Entry(ReadOnlySpan<T> table, Vector256<T> word)
    {
        if (!Avx2.IsSupported)
        {
            return Vector256.Create(Lanes128<T>.Entry(table, word.GetLower()), Lanes128<T>.Entry(table, word.GetUpper()));
        }

        void* first = Unsafe.AsPointer(ref MemoryMarshal.GetReference(table));
        return typeof(T) == typeof(double)
            ? Avx2.GatherVector256((double*)first, word.AsInt64() & Vector256.Create(15L), sizeof(double)).As<double, T>()
            : Avx2.GatherVector256((float*)first, word.AsInt32() & Vector256.Create(15), sizeof(float)).As<float, T>();
    }

    /// <summary>2^k as the product of two powers, each in range; only the last product rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Scale(Vector256<T> a, Vector256<T> k)
    {
        if (typeof(T) == typeof(double))
        {
            // The integer k in the low bits of the sum, then k = low + high with low = k >> 1.
            Vector256<int> words = (k.AsDouble() + Vector256.Create(PowerOfTwo.RoundToIntegerDouble)).AsInt32();
            Vector256<int> low = Vector256.ShiftRightArithmetic(words, 1);
            Vector256<double> power = Vector256.ShiftLeft((low + Vector256.Create(PowerOfTwo.BiasDouble)).AsInt64(), 52).AsDouble();
            Vector256<double> rest = Vector256.ShiftLeft((words - low + Vector256.Create(PowerOfTwo.BiasDouble)).AsInt64(), 52).AsDouble();
            return (a.AsDouble() * power * rest).As<double, T>();
        }
        else
        {
            Vector256<int> words = Vector256.ConvertToInt32(k.AsSingle());
            Vector256<int> low = Vector256.ShiftRightArithmetic(words, 1);
            Vector256<float> power = Vector256.ShiftLeft(low + Vector256.Create(PowerOfTwo.BiasSingle), 23).AsSingle();
            Vector256<float> rest = Vector256.ShiftLeft(words - low + Vector256.Create(PowerOfTwo.BiasSingle), 23).AsSingle();
            return (a.AsSingle() * power * rest).As<float, T>();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum(Vector256<T> a) => Lanes128<T>.Sum(a.GetLower() + a.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Largest(Vector256<T> a) => Lanes128<T>.Largest(Lanes128<T>.Max(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> First(int count) =>
        typeof(T) == typeof(double)
            ? Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)count)).As<long, T>()
            : Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).As<int, T>();
}
