using System.Security.Cryptography;
using System.Text;
using Workbook.Core.Optimizers;
using Workbook.Core.Runs;

namespace Workbook.Core.Sweeps;

/// <summary>A grid of a plan: fixed values and axes; its rows are the product of its axes and the plan's seeds.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Set">Fixed values by place in <see cref="Parameter.All"/>.</param>
/// <param name="Axes">Axes, the slowest first.</param>
public sealed record SweepBlock(string Name, IReadOnlyDictionary<int, ParameterValue> Set, IReadOnlyList<SweepAxis> Axes)
{
    /// <summary>Places of the grid, without seeds.</summary>
    public long Places => Axes.Aggregate(1L, (product, axis) => checked(product * axis.Count));
}

/// <summary>One row of a plan: a run and where it stands.</summary>
/// <param name="Index">Place in the plan, from 0.</param>
/// <param name="Block">Name of its block.</param>
/// <param name="Spec">The run. It may be out of range as a whole (s above d - 1): then running it fails.</param>
public sealed record PlanRow(long Index, string Block, RunSpec Spec);

/// <summary>
/// Many runs as one description: a base, blocks of axes, seeds, and what to keep of each run. Rows are numbered block by block, the first axis
/// slowest, seeds fastest, and computed one at a time: a plan of any size takes no memory.
/// </summary>
public sealed record SweepPlan
{
    /// <summary>More rows than this are refused: a store keeps one bit for each in memory.</summary>
    public const long MostRows = 1_000_000_000;

    /// <summary>Name for titles.</summary>
    public required string Name { get; init; }

    /// <summary>What every run starts from.</summary>
    public required RunSpec Base { get; init; }

    /// <summary>The grids.</summary>
    public required IReadOnlyList<SweepBlock> Blocks { get; init; }

    /// <summary>Seeds; all blocks use the same.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Which of <see cref="SweepColumns.MeasureNames"/> to keep.</summary>
    public required IReadOnlyList<string> Measures { get; init; }

    /// <summary>Ids of the stages whose times to keep.</summary>
    public required IReadOnlyList<string> Stages { get; init; }

    /// <summary>Ids of the claims to evaluate.</summary>
    public required IReadOnlyList<string> Claims { get; init; }

    /// <summary>Number of rows.</summary>
    public long Rows => Blocks.Aggregate(0L, (sum, block) => checked(sum + block.Places * Seeds.Count));

    /// <summary>SHA-256 of the canonical form, 64 hexadecimal digits: equal for plans that say the same, however they are laid out.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PlanJson.Write(this))));

    /// <summary>The row at an index in 0 .. <see cref="Rows"/> - 1.</summary>
    public PlanRow this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            long left = index;
            foreach (SweepBlock block in Blocks)
            {
                long size = block.Places * Seeds.Count;
                if (left < size) return new PlanRow(index, block.Name, Spec(block, left));
                left -= size;
            }
            throw new ArgumentOutOfRangeException(nameof(index), index, $"the plan has {Rows} rows.");
        }
    }

    private RunSpec Spec(SweepBlock block, long at)
    {
        var (places, seed) = Math.DivRem(at, Seeds.Count);
        var values = new ParameterValue?[Parameter.All.Count];
        foreach (var (parameter, value) in block.Set) values[parameter] = value;
        for (int k = block.Axes.Count - 1; k >= 0; k--)
        {
            (places, long place) = Math.DivRem(places, block.Axes[k].Count);
            block.Axes[k].Assign((int)place, values);
        }
        RunSpec spec = Base with { Seed = Seeds[(int)seed] };
        // Mini-batches are drawn with the run's seed.
        if (spec.Optimizer is MiniBatchSignGd batches) spec = spec with { Optimizer = batches with { Seed = spec.Seed } };
        for (int k = 0; k < values.Length; k++)
            if (values[k] is ParameterValue value) spec = Parameter.All[k].Apply(spec, value);
        return spec;
    }
}

/// <summary>Seeds from, from + 1, .., without an array.</summary>
internal sealed class SeedRange(ulong from, int count) : IReadOnlyList<ulong>
{
    public ulong From => from;

    public int Count => count;

    public ulong this[int index] => from + (ulong)index;

    public IEnumerator<ulong> GetEnumerator()
    {
        for (int k = 0; k < count; k++) yield return this[k];
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
