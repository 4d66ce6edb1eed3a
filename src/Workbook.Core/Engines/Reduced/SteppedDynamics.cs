using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// The reduced dynamics step by step: what belongs to the samples and to the value, which is a line of scalars. Rows of neurons lie as a derived class has them.
/// Every quantity is <c>start + rate G a</c>, a the sum of directions.
/// </summary>
internal abstract unsafe class SteppedDynamics<TVector, TLanes> : ReducedDynamics
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private readonly NativeBuffer<double> _memory;
    private readonly double? _constant;
    private readonly double _perRow;
    private bool _unitWeights = true;
    private int _steps;

    /// <param name="start">Where it begins.</param>
    /// <param name="stride">Neurons of a row in <see cref="State"/>, and how many rows of sums; 0 where they lie elsewhere.</param>
    /// <param name="rows">See <paramref name="stride"/>.</param>
    protected SteppedDynamics(ReducedStart start, int stride, int rows) : base(start)
    {
        SharedCoordinates shared = start.Shared;
        int n = start.N;
        _constant = start.Problem.Optimizer.Eta.Constant;
        _perRow = 1.0 / start.Problem.Weights.MV;
        _memory = AccumulatedState.Allocate(n, stride, rows, start.SharedCount, shared.Pairs, shared.SampleValue.Length);
        State = (AccumulatedState*)_memory.Pointer;
        State->Unit = 1;
        (State->SignalStart, State->SignalScale) = (start.Start[start.Scalars], Rate * start.Factor[start.Rows]);
        for (int i = 0; i < n; i++)
        {
            double v = start.Start[start.Scalars + 1 + i];
            for (int e = shared.SampleStart[i]; e < shared.SampleStart[i + 1]; e++) v += shared.SampleValue[e] * start.Start[start.Scalars + 1 + n + shared.SampleColumn[e]];
            (State->ValueStart[i], State->ValueScale[i]) = (v, Rate * start.Factor[start.Rows + 1 + i]);
        }
        new Span<double>(State->Share, n).Fill(1.0 / n);
        new Span<double>(State->MinusWeight, n).Fill(-1);
        shared.ColumnValue.CopyTo(new Span<double>(State->ColumnValue, shared.ColumnValue.Length));
        shared.ColumnValue.CopyTo(new Span<double>(State->KeyWeight, shared.ColumnValue.Length));
        // v moves at twice the speed of a row of W_V.
        for (int e = 0; e < shared.ColumnValue.Length; e++) State->ColumnMove[e] = 2 * Rate * shared.ColumnValue[e];
        shared.SampleStart.CopyTo(new Span<int>(State->SampleStart, n + 1));
        shared.ColumnStart.CopyTo(new Span<int>(State->ColumnStart, start.SharedCount + 1));
        shared.ColumnSample.CopyTo(new Span<int>(State->ColumnSample, shared.ColumnSample.Length));
    }

    protected AccumulatedState* State { get; }

    /// <summary>Whether sizes have left the range of a double in the step that <see cref="Forward"/> looked at.</summary>
    protected bool Scaled { get; private set; }

    public override void Dispose() => _memory.Dispose();

    public override int Evaluated => _steps;

    /// <summary>With a constant rate directions are summed and scaled once; otherwise each comes with its rate.</summary>
    public override double Rate => _constant ?? 1;

    // [v_mu | y v_xi | shared v] in ReducedStart, v_mu last here.
    public override double Moved(int step, int scalar)
    {
        int n = Begin.N;
        return State->Sum[scalar == 0 ? State->ValueSignal : scalar <= n ? State->ValueNoise + scalar - 1 : State->ValueShared + scalar - 1 - n];
    }

    /// <summary>The scores from the rows.</summary>
    protected abstract void Scores();

    /// <summary>Moves rows and value; the weights of all votes are there.</summary>
    protected abstract void Step();

    /// <summary>q_mu, k_mu, y q_xi and y k_xi now.</summary>
    protected abstract void ReadRows(Observation into);

    public override void Forward(int step)
    {
        Scores();
        AccumulatedRows<TVector, TLanes>.Values(State);
        Scaled = !AccumulatedAttention<TVector, TLanes>.Forward(State, _perRow);
    }

    public override void Advance(int step, double eta)
    {
        _steps++;
        // With a constant rate the sum of directions is kept and scaled once: integers under SignGD.
        if (_constant is null) State->Unit = eta;
        if (Scaled) AccumulatedAttention<TVector, TLanes>.Scaled(State, _perRow);
        Weights();
        Step();
    }

    /// <summary>The weights of the votes on shared coordinates, and the value's descents on them and on mu; with exponents, each vote's at the scale of its largest.</summary>
    private void Weights()
    {
        if (Scaled)
        {
            _unitWeights = false;
            AccumulatedScales<TVector, TLanes>.Weights(State);
            return;
        }
        AccumulatedRows<TVector, TLanes>.Weights(State);
        if (_unitWeights) return;
        _unitWeights = true;
        new Span<double>(State->MinusWeight, Begin.N).Fill(-1);
        Begin.Shared.ColumnValue.CopyTo(new Span<double>(State->KeyWeight, Begin.Shared.ColumnValue.Length));
    }

    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        int n = Begin.N;
        new Span<double>(State->Margin, n).CopyTo(into.Margin);
        into.SummariseMargins();
        into.ValueSignal = State->Signal;
        new Span<double>(State->Value, n).CopyTo(into.ValueNoise);
        ReadRows(into);
        for (int i = 0; i < n; i++)
        {
            into.LogS11[i] = LogisticLoss.LogSigmoid(State->Score1[i]);
            into.LogS21[i] = LogisticLoss.LogSigmoid(State->Score2[i]);
        }
    }
}
