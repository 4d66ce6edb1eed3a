using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>
/// SignGD with a constant rate where no shared coordinate is contested: step by step (<see cref="AccumulatedDynamics{TVector, TLanes}"/>) while many rows turn, since then counting costs several
/// steps' time, and counted (<see cref="CountedDynamics{TVector, TLanes}"/>) from the sums of directions that are there once they have settled.
/// </summary>
/// <remarks>When that is depends on directions alone, looked at in blocks of steps from step 0 on: a trajectory does not depend on which steps are asked for.</remarks>
internal sealed unsafe class SettlingDynamics<TVector, TLanes> : ReducedDynamics
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    // In a quiet block of steps no more rows turn than there are fifths of samples.
    private const int Block = 16, FewOf = 5;

    // Up to so many inner products a step costs no more than a look at the counted state, which then has to skip steps to be worth while: quiet blocks in a row that let it.
    private const int Small = 2000, ManyBlocks = 8;

    private readonly double _rate;
    // The sums a block ago; what neurons past m_k, which stand still, seem to have moved.
    private readonly double[] _before, _padding;
    private readonly int _patience;
    private AccumulatedDynamics<TVector, TLanes>? _first;
    private CountedDynamics<TVector, TLanes>? _then;
    private int _quiet, _made;

    public SettlingDynamics(ReducedStart start, double rate) : base(start)
    {
        _rate = rate;
        _patience = (long)start.N * start.MK <= Small ? ManyBlocks : 1;
        _first = new(start);
        _before = new double[start.Rows * start.Stride];
        _padding = new double[start.Stride];
        _padding.AsSpan(start.MK).Fill(Block);
    }

    private ReducedDynamics Now => _then is null ? _first! : _then;

    public override void Dispose()
    {
        _first?.Dispose();
        _then?.Dispose();
    }

    public override double Rate => _rate;

    public override int Evaluated => _made + Now.Evaluated;

    public override void Forward(int step) => Now.Forward(step);

    public override void Observe(Observation into) => Now.Observe(into);

    public override void Moved(int step, int row, Span<double> sum) => Now.Moved(step, row, sum);

    public override double Moved(int step, int scalar) => Now.Moved(step, scalar);

    public override void Advance(int step, double eta)
    {
        Now.Advance(step, eta);
        if (_first is not null && (step + 1) % Block == 0) Settle(step + 1);
    }

    public override int AdvanceTowards(int step, int last, double eta)
    {
        if (_then is not null) return _then.AdvanceTowards(step, last, eta);
        Advance(step, eta);
        return step + 1;
    }

    private void Settle(int step)
    {
        _quiet = Turned(_first!.Sums) <= Begin.N / FewOf ? _quiet + 1 : 0;
        if (_quiet < _patience) return;
        _then = new(Begin, _rate);
        _then.GoOn(step, _before);
        _made = _first.Evaluated;
        _first.Dispose();
        _first = null;
    }

    /// <summary>Rows that did not go one way for the whole of the last block; takes their sums for the next one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Turned(double* sums)
    {
        nint stride = Begin.Stride, rows = Begin.Rows;
        int turned = 0;
        TVector block = TLanes.Create(Block), zero = TLanes.Create(0);
        fixed (double* start = _before, padding = _padding)
        {
            double* before = start;
            for (nint row = 0; row < rows; row++)
            {
                TVector other = zero;
                for (nint r = 0; r < stride; r += TLanes.Count, sums += TLanes.Count, before += TLanes.Count)
                {
                    TVector now = TLanes.Load(sums), moved = TLanes.Add(TLanes.Abs(TLanes.Subtract(now, TLanes.Load(before))), TLanes.Load(padding + r));
                    TLanes.Store(now, before);
                    other = TLanes.Or(other, TLanes.LessThan(moved, block));
                }
                if (LaneTests.AnyBit(other)) turned++;
            }
        }
        return turned;
    }
}
