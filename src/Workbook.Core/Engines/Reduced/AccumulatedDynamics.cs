using Workbook.Core.Numerics;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>
/// The reduced dynamics step by step, under any rule for which they close, all sums of directions in one line. With
/// D_i = k_mu - y k_xi_i and C_i = beta_{i,1} q_mu + beta_{i,2} y q_xi_i, a coordinate c that samples share descends along sum_i -y xi_c beta_{i,2} D_i in W_Q and sum_i y xi_c C_i in W_K.
/// </summary>
/// <remarks>SignGD and GD move the state where a descent is computed; for other rules descents are laid in one line, with binary exponents where their sizes have left the range.</remarks>
internal sealed unsafe class AccumulatedDynamics<TVector, TLanes> : SteppedDynamics<TVector, TLanes>
    where TVector : struct
    where TLanes : ILanes<TVector, double>
{
    private readonly OptimizerState<double> _state;
    private readonly int _n, _stride;
    private int[] _exponents = [];

    public AccumulatedDynamics(ReducedStart start) : base(start, start.Stride, start.Rows)
    {
        SharedCoordinates shared = start.Shared;
        (_n, _stride) = (start.N, start.Stride);
        start.Assembled().CopyTo(new Span<double>(State->Start, (2 + 2 * _n) * _stride));
        for (int row = 0; row < 2 + 2 * _n; row++) State->Scale[row] = Rate * start.Factor[row];
        for (int e = 0; e < shared.SampleColumn.Length; e++)
        {
            State->SampleValue[e] = Rate * shared.SampleValue[e];
            (State->SampleRow[e], State->ColumnRow[e]) = (shared.SampleColumn[e] * _stride, shared.ColumnSample[e] * _stride);
        }
        _state = start.Problem.Optimizer.CreateState<double>(State->Length);
    }

    /// <summary>Sums of directions, rows of <see cref="ReducedStart.Stride"/>.</summary>
    public double* Sums => State->Sum;

    public override void Moved(int step, int row, Span<double> sum) => new Span<double>(State->Sum + row * _stride, sum.Length).CopyTo(sum);

    protected override void Scores() => AccumulatedRows<TVector, TLanes>.Scores(State);

    protected override void Step()
    {
        switch (Begin.Problem.Optimizer)
        {
            // A binary exponent never changes a sign.
            case SignGd when !Scaled: Step<SignStepOfNumbers>(); break;
            case SignGd: Step<SignStep>(); break;
            case GradientDescent when !Scaled: Step<PlainStep>(); break;
            default:
                Step<NoStep>();
                if (Scaled) FillExponents();
                var descent = new Span<double>(State->Descent, State->Length);
                Begin.Problem.Optimizer.Direction(_state, descent, Scaled ? _exponents : default(ReadOnlySpan<int>), descent);
                AccumulatedRows<TVector, TLanes>.Line<PlainStep>(State, 0);
                break;
        }
    }

    private void Step<TStep>() where TStep : IStepLanes
    {
        AccumulatedRows<TVector, TLanes>.Samples<TStep>(State);
        AccumulatedRows<TVector, TLanes>.Shared<TStep>(State);
        if (TStep.Moves) AccumulatedRows<TVector, TLanes>.Line<TStep>(State, State->ValueNoise);
    }

    private double Top(double* exponent) => AccumulatedScales<TVector, TLanes>.Top(exponent, _n);

    private double Top(double* exponent, int from, int to) => AccumulatedScales<TVector, TLanes>.Top(exponent, State->ColumnSample, from, to);

    /// <summary>The exponents that the descents have, for rules that look at more than signs.</summary>
    private void FillExponents()
    {
        if (_exponents.Length == 0) _exponents = new int[State->Length];
        Row(0, Top(State->Exponent1));
        Row(1, Top(State->ExponentOwn));
        _exponents[State->ValueSignal] = Whole(Top(State->ExponentSignal));
        for (int i = 0; i < _n; i++)
        {
            Row(ReducedStart.QueryRow(i), State->Exponent2[i]);
            Row(Begin.KeyRow(i), State->ExponentOwn[i]);
            _exponents[State->ValueNoise + i] = Whole(State->ExponentNoise[i]);
        }
        for (int c = 0; c < Begin.SharedCount; c++)
        {
            int from = State->ColumnStart[c], to = State->ColumnStart[c + 1];
            Row(Begin.SharedQueryRow(c), Top(State->Exponent2, from, to));
            Row(Begin.SharedKeyRow(c), Top(State->ExponentOwn, from, to));
            _exponents[State->ValueShared + c] = Whole(Top(State->ExponentNoise, from, to));
        }

        void Row(int row, double exponent) => _exponents.AsSpan(row * _stride, _stride).Fill(Whole(exponent));

        // Smaller ones than this are the same nothing to every rule.
        static int Whole(double exponent) => (int)Math.Max(exponent, -1e9);
    }

    protected override void ReadRows(Observation into)
    {
        int m_k = Begin.MK;
        new Span<double>(State->MuRows, m_k).CopyTo(into.QuerySignal);
        new Span<double>(State->MuRows + _stride, m_k).CopyTo(into.KeySignal);
        for (int i = 0; i < _n; i++)
        {
            new Span<double>(State->Query + i * _stride, m_k).CopyTo(into.QueryNoise.AsSpan(i * m_k));
            // D_i = k_mu - y k_xi_i would lose digits: the row itself is assembled again.
            AccumulatedRows<TVector, TLanes>.KeyNoise(State, i, into.KeyNoise.AsSpan(i * m_k, m_k));
        }
    }
}
