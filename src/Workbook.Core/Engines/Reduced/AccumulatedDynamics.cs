using System.Runtime.CompilerServices;
using Workbook.Core.Models;
using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// The reduced dynamics step by step, under any rule for which they close: every quantity is <c>start + rate G a</c>, a the sum of directions. With
/// D_i = k_mu - y k_xi_i and C_i = beta_{i,1} q_mu + beta_{i,2} y q_xi_i, a coordinate c that samples share descends along sum_i -y xi_c beta_{i,2} D_i in W_Q and sum_i y xi_c C_i in W_K.
/// </summary>
/// <remarks>SignGD and GD move the state where a descent is computed; for other rules descents are laid in one line, with binary exponents where their sizes have left the range.</remarks>
internal sealed unsafe class AccumulatedDynamics<TVector, TLanes> : ReducedDynamics
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private readonly NativeBuffer<double> _memory;
    private readonly AccumulatedState* _s;
    private readonly OptimizerState<double> _state;
    private readonly int _n, _stride, _shared;
    private readonly double? _constant;
    private readonly double _perRow;
    private int[] _exponents = [];
    private bool _scaled, _unitWeights = true;
    private int _steps;

    public AccumulatedDynamics(ReducedStart start) : base(start)
    {
        SharedCoordinates shared = start.Shared;
        (_n, _stride, _shared) = (start.N, start.Stride, start.SharedCount);
        _constant = start.Problem.Optimizer.Eta.Constant;
        _perRow = 1.0 / start.Problem.Weights.MV;
        _memory = AccumulatedState.Allocate(_n, _stride, start.Rows, _shared, shared.Pairs, shared.SampleValue.Length);
        _s = (AccumulatedState*)_memory.Pointer;
        _s->Unit = 1;
        start.Start.AsSpan(0, (2 + 2 * _n) * _stride).CopyTo(new Span<double>(_s->Start, (2 + 2 * _n) * _stride));
        for (int row = 0; row < 2 + 2 * _n; row++) _s->Scale[row] = Rate * start.Factor[row];
        (_s->SignalStart, _s->SignalScale) = (start.Start[start.Scalars], Rate * start.Factor[start.Rows]);
        for (int i = 0; i < _n; i++)
        {
            double v = start.Start[start.Scalars + 1 + i];
            for (int e = shared.SampleStart[i]; e < shared.SampleStart[i + 1]; e++)
            {
                var (column, yx) = (shared.SampleColumn[e], shared.SampleValue[e]);
                AddRow(ReducedStart.QueryRow(i), yx, start.Row(start.SharedQueryRow(column)));
                AddRow(start.KeyRow(i), yx, start.Row(start.SharedKeyRow(column)));
                v += yx * start.Start[start.Scalars + 1 + _n + column];
            }
            (_s->ValueStart[i], _s->ValueScale[i]) = (v, Rate * start.Factor[start.Rows + 1 + i]);
        }
        new Span<double>(_s->Share, _n).Fill(1.0 / _n);
        new Span<double>(_s->MinusWeight, _n).Fill(-1);
        shared.ColumnValue.CopyTo(new Span<double>(_s->ColumnValue, shared.ColumnValue.Length));
        shared.ColumnValue.CopyTo(new Span<double>(_s->KeyWeight, shared.ColumnValue.Length));
        // v moves at twice the speed of a row of W_V.
        for (int e = 0; e < shared.ColumnValue.Length; e++) _s->ColumnMove[e] = 2 * Rate * shared.ColumnValue[e];
        shared.SampleStart.CopyTo(new Span<int>(_s->SampleStart, _n + 1));
        shared.ColumnStart.CopyTo(new Span<int>(_s->ColumnStart, _shared + 1));
        shared.ColumnSample.CopyTo(new Span<int>(_s->ColumnSample, shared.ColumnSample.Length));
        for (int e = 0; e < shared.SampleColumn.Length; e++)
        {
            _s->SampleValue[e] = Rate * shared.SampleValue[e];
            (_s->SampleRow[e], _s->ColumnRow[e]) = (shared.SampleColumn[e] * _stride, shared.ColumnSample[e] * _stride);
        }
        _state = start.Problem.Optimizer.CreateState<double>(_s->Length);
    }

    public override void Dispose() => _memory.Dispose();

    public override int Evaluated => _steps;

    /// <summary>With a constant rate directions are summed and scaled once; otherwise each comes with its rate.</summary>
    public override double Rate => _constant ?? 1;

    public override void Moved(int step, int row, Span<double> sum) => new Span<double>(_s->Sum + row * _stride, sum.Length).CopyTo(sum);

    // [v_mu | y v_xi | shared v] in ReducedStart, v_mu last here.
    public override double Moved(int step, int scalar) =>
        _s->Sum[scalar == 0 ? _s->ValueSignal : scalar <= _n ? _s->ValueNoise + scalar - 1 : _s->ValueShared + scalar - 1 - _n];

    /// <summary>Adds to a row at step 0.</summary>
    private void AddRow(int row, double factor, ReadOnlySpan<double> x) => Rows.Add(factor, x, new Span<double>(_s->Start + row * _stride, _stride));

    public override void Forward(int step)
    {
        AccumulatedRows<TVector, TLanes>.Scores(_s);
        _scaled = !AccumulatedAttention<TVector, TLanes>.Forward(_s, _perRow);
    }

    public override void Advance(int step, double eta)
    {
        _steps++;
        // With a constant rate the sum of directions is kept and scaled once: integers under SignGD.
        if (_constant is null) _s->Unit = eta;
        if (_scaled) AccumulatedAttention<TVector, TLanes>.Scaled(_s, _perRow);
        Weights();
        switch (Begin.Problem.Optimizer)
        {
            // A binary exponent never changes a sign.
            case SignGd when !_scaled: Step<SignStepOfNumbers>(); break;
            case SignGd: Step<SignStep>(); break;
            case GradientDescent when !_scaled: Step<PlainStep>(); break;
            default:
                Step<NoStep>();
                if (_scaled) FillExponents();
                var descent = new Span<double>(_s->Descent, _s->Length);
                Begin.Problem.Optimizer.Direction(_state, descent, _scaled ? _exponents : default(ReadOnlySpan<int>), descent);
                AccumulatedRows<TVector, TLanes>.Line<PlainStep>(_s, 0);
                break;
        }
    }

    private void Step<TStep>() where TStep : IStepLanes
    {
        AccumulatedRows<TVector, TLanes>.Samples<TStep>(_s);
        AccumulatedRows<TVector, TLanes>.Shared<TStep>(_s);
        if (TStep.Moves) AccumulatedRows<TVector, TLanes>.Line<TStep>(_s, _s->ValueNoise);
    }

    /// <summary>The weights of the votes on shared coordinates, and the value's descents on them and on mu; with exponents, each vote's at the scale of its largest.</summary>
    private void Weights()
    {
        if (_scaled)
        {
            _unitWeights = false;
            AccumulatedRows<TVector, TLanes>.ScaledWeights(_s);
            return;
        }
        AccumulatedRows<TVector, TLanes>.Weights(_s);
        if (_unitWeights) return;
        _unitWeights = true;
        new Span<double>(_s->MinusWeight, _n).Fill(-1);
        Begin.Shared.ColumnValue.CopyTo(new Span<double>(_s->KeyWeight, Begin.Shared.ColumnValue.Length));
    }

    private double Top(double* exponent) => AccumulatedRows<TVector, TLanes>.Top(exponent, _n);

    private double Top(double* exponent, int from, int to) => AccumulatedRows<TVector, TLanes>.Top(exponent, _s->ColumnSample, from, to);

    /// <summary>The exponents that the descents have, for rules that look at more than signs.</summary>
    private void FillExponents()
    {
        if (_exponents.Length == 0) _exponents = new int[_s->Length];
        Row(0, Top(_s->Exponent1));
        Row(1, Top(_s->ExponentOwn));
        _exponents[_s->ValueSignal] = Whole(Top(_s->ExponentSignal));
        for (int i = 0; i < _n; i++)
        {
            Row(ReducedStart.QueryRow(i), _s->Exponent2[i]);
            Row(Begin.KeyRow(i), _s->ExponentOwn[i]);
            _exponents[_s->ValueNoise + i] = Whole(_s->ExponentNoise[i]);
        }
        for (int c = 0; c < _shared; c++)
        {
            int from = _s->ColumnStart[c], to = _s->ColumnStart[c + 1];
            Row(Begin.SharedQueryRow(c), Top(_s->Exponent2, from, to));
            Row(Begin.SharedKeyRow(c), Top(_s->ExponentOwn, from, to));
            _exponents[_s->ValueShared + c] = Whole(Top(_s->ExponentNoise, from, to));
        }

        void Row(int row, double exponent) => _exponents.AsSpan(row * _stride, _stride).Fill(Whole(exponent));

        // Smaller ones than this are the same nothing to every rule.
        static int Whole(double exponent) => (int)Math.Max(exponent, -1e9);
    }

    public override void Observe(Observation into)
    {
        ArgumentNullException.ThrowIfNull(into);
        int m_k = Begin.MK;
        new Span<double>(_s->Margin, _n).CopyTo(into.Margin);
        into.SummariseMargins();
        into.ValueSignal = _s->Signal;
        new Span<double>(_s->Value, _n).CopyTo(into.ValueNoise);
        new Span<double>(_s->MuRows, m_k).CopyTo(into.QuerySignal);
        new Span<double>(_s->MuRows + _stride, m_k).CopyTo(into.KeySignal);
        for (int i = 0; i < _n; i++)
        {
            new Span<double>(_s->Query + i * _stride, m_k).CopyTo(into.QueryNoise.AsSpan(i * m_k));
            // D_i = k_mu - y k_xi_i would lose digits: the row itself is assembled again.
            AccumulatedRows<TVector, TLanes>.KeyNoise(_s, i, into.KeyNoise.AsSpan(i * m_k, m_k));
            into.LogS11[i] = LogisticLoss.LogSigmoid(_s->Score1[i]);
            into.LogS21[i] = LogisticLoss.LogSigmoid(_s->Score2[i]);
        }
    }
}
