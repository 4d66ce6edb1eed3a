using System.Numerics;
using System.Runtime.Intrinsics;
using Workbook.Core.Numerics;
using Xunit;

namespace Workbook.Core.Tests.Numerics;

/// <summary>What a rung of the ladder does with parts of a vector and across its lanes, on each rung that this machine has.</summary>
public abstract unsafe class LanesTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Room = 64;

    private static readonly T Guard = T.CreateChecked(-77);

    [Fact]
    public void The_first_lanes_alone_are_read_and_written()
    {
        OnEveryRung(new FirstLanes());
    }

    [Fact]
    public void The_largest_lane_is_found_wherever_it_is()
    {
        OnEveryRung(new LargestLane());
    }

    [Fact]
    public void An_entry_is_the_one_that_the_low_bits_name()
    {
        OnEveryRung(new Entries());
    }

    [Fact]
    public void Sums_side_by_side_have_the_bits_of_each_alone()
    {
        if (Vector512.IsHardwareAccelerated)
        {
            SideBySide<Vector512<T>, Lanes512<T>>(6);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            SideBySide<Vector256<T>, Lanes256<T>>(4);
        }
    }

    private static void SideBySide<TVector, TLanes>(int columns)
        where TVector : struct
        where TLanes : ILanes<TVector, T>
    {
        T* memory = stackalloc T[Room];
        for (uint stream = 0; stream < 50; stream++)
        {
            TVector[] vectors = new TVector[6];
            T[] sums = new T[6];
            for (int j = 0; j < 6; j++)
            {
                for (int l = 0; l < TLanes.Count; l++)
                {
                    // Of sizes so different that every other order of addition gives other bits.
                    memory[l] = T.CreateTruncating(Math.Exp(6 * new RandomStream(5, stream).Gaussian((ulong)(100 * j + l))));
                }

                vectors[j] = TLanes.Load(memory);
                sums[j] = TLanes.Sum(vectors[j]);
            }

            TLanes.Store(LaneSums.Of(vectors[0], vectors[1], vectors[2], vectors[3], vectors[4], vectors[5]), memory);
            Bits.AssertEqual<T>(sums.AsSpan(0, columns), new ReadOnlySpan<T>(memory, columns));
        }
    }

    private interface ICheck
    {
        void On<TVector, TLanes>()
            where TLanes : ILanes<TVector, T>;
    }

    private static void OnEveryRung(ICheck check)
    {
        check.On<T, Lanes1<T>>();
        if (Vector128.IsHardwareAccelerated)
        {
            check.On<Vector128<T>, Lanes128<T>>();
        }

        if (Vector256.IsHardwareAccelerated)
        {
            check.On<Vector256<T>, Lanes256<T>>();
        }

        if (Vector512.IsHardwareAccelerated)
        {
            check.On<Vector512<T>, Lanes512<T>>();
        }
    }

    private sealed class FirstLanes : ICheck
    {
        public void On<TVector, TLanes>()
            where TLanes : ILanes<TVector, T>
        {
            T* source = stackalloc T[Room], target = stackalloc T[Room];
            for (int count = 0; count <= TLanes.Count; count++)
            {
                for (int i = 0; i < Room; i++)
                {
                    source[i] = i < count ? T.CreateChecked(i + 1) : T.NaN;
                    target[i] = Guard;
                }

                TVector read = TLanes.LoadFirst(source, count, TLanes.Create(T.CreateChecked(99)));
                TLanes.StoreFirst(read, target, count);
                for (int i = 0; i < Room; i++)
                {
                    Assert.Equal(i < count ? T.CreateChecked(i + 1) : Guard, target[i]);
                }

                TLanes.Store(read, target);
                for (int i = 0; i < TLanes.Count; i++)
                {
                    Assert.Equal(T.CreateChecked(i < count ? i + 1 : 99), target[i]);
                }
            }
        }
    }

    private sealed class Entries : ICheck
    {
        public void On<TVector, TLanes>()
            where TLanes : ILanes<TVector, T>
        {
            T* table = stackalloc T[16], memory = stackalloc T[Room];
            for (int j = 0; j < 16; j++)
            {
                table[j] = T.CreateChecked(100 + j);
            }

            T toInteger = T.CreateChecked(typeof(T) == typeof(double) ? PowerOfTwo.RoundToIntegerDouble : PowerOfTwo.RoundToIntegerSingle);
            for (int n = -40; n < 40; n++)
            {
                for (int i = 0; i < TLanes.Count; i++)
                {
                    memory[i] = toInteger + T.CreateChecked(n + i);
                }

                TLanes.Store(TLanes.Entry(new ReadOnlySpan<T>(table, 16), TLanes.Load(memory)), memory);
                for (int i = 0; i < TLanes.Count; i++)
                {
                    Assert.Equal(table[(n + i) & 15], memory[i]);
                }
            }
        }
    }

    private sealed class LargestLane : ICheck
    {
        public void On<TVector, TLanes>()
            where TLanes : ILanes<TVector, T>
        {
            T* memory = stackalloc T[Room];
            for (int at = 0; at < TLanes.Count; at++)
            {
                for (int i = 0; i < TLanes.Count; i++)
                {
                    memory[i] = i == at ? T.CreateChecked(-3) : i % 2 == 0 ? T.NegativeInfinity : T.CreateChecked(-4 - i);
                }

                Assert.Equal(T.CreateChecked(-3), TLanes.Largest(TLanes.Load(memory)));
            }
        }
    }
}

public sealed class DoubleLanesTests : LanesTests<double>;

public sealed class SingleLanesTests : LanesTests<float>;
