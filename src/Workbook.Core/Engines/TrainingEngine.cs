using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Optimizers;

namespace Workbook.Core.Engines;

/// <summary>What is to be trained, and by which rule.</summary>
/// <param name="Data">The training set.</param>
/// <param name="Weights">W(0).</param>
/// <param name="Optimizer">The update rule.</param>
public sealed record TrainingProblem(Dataset Data, InitialWeights Weights, Optimizer Optimizer)
{
    /// <summary>Throws one sentence where the parts do not fit together.</summary>
    public TrainingProblem Validate()
    {
        if (Weights.D != Data.Dimension)
            throw new InputException($"the weights have {Weights.D} columns; the data has dimension {Data.Dimension}.");
        Optimizer.Validate();
        return this;
    }
}

/// <summary>
/// Trains the model step by step. The order of calls is: <see cref="Forward"/>, then any of <see cref="Observe"/> and
/// <see cref="Evaluate"/>, then <see cref="Update"/>, and round again.
/// </summary>
public abstract class TrainingEngine
{
    private ColumnWeights? _columns;

    /// <summary>Takes the problem after checking it.</summary>
    protected TrainingEngine(TrainingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Problem = problem.Validate();
    }

    /// <summary>The problem that is trained.</summary>
    public TrainingProblem Problem { get; }

    /// <summary>dense, support or reduced.</summary>
    public abstract string Name { get; }

    /// <summary>Updates done so far.</summary>
    public int Step { get; private set; }

    /// <summary>Computes scores, softmax outputs and margins at the current weights.</summary>
    public abstract void Forward();

    /// <summary>Copies what is observable at the current weights; <see cref="Forward"/> came before.</summary>
    public abstract void Observe(Observation into);

    /// <summary>One update with the optimizer's rate of this step; <see cref="Forward"/> came before.</summary>
    public void Update()
    {
        Advance(Problem.Optimizer.Eta.At(Step));
        Step++;
    }

    /// <summary>
    /// At least one update, and as many more up to step <paramref name="last"/> as are known to be the same without a look at the state; <see cref="Forward"/>
    /// came before. The state is to the last bit that of as many calls of <see cref="Update"/>, each after a <see cref="Forward"/>.
    /// </summary>
    /// <param name="last">The step not to go beyond, above <see cref="Step"/>.</param>
    public void UpdateTowards(int last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(last, Step);
        Step = AdvanceTowards(last, Problem.Optimizer.Eta.At(Step));
    }

    /// <summary>Loss and share of errors on other samples, in double, at the current weights.</summary>
    public (double Loss, double Error) Evaluate(TestSet test)
    {
        ArgumentNullException.ThrowIfNull(test);
        _columns ??= InitialColumns();
        WriteColumns(_columns);
        return _columns.Evaluate(test);
    }

    /// <summary>All weights at the current step.</summary>
    public abstract TransformerWeights CurrentWeights();

    /// <summary>One update with rate eta.</summary>
    protected abstract void Advance(double eta);

    /// <summary>The updates of <see cref="UpdateTowards"/>; returns the step reached.</summary>
    private protected virtual int AdvanceTowards(int last, double eta)
    {
        Advance(eta);
        return Step + 1;
    }

    /// <summary>Brings the columns that this engine moves up to date; the others keep W(0).</summary>
    private protected abstract void WriteColumns(ColumnWeights columns);

    private ColumnWeights InitialColumns()
    {
        // Many columns at a time: they are drawn in whole vectors.
        const int AtATime = 64;
        int d = Problem.Data.Dimension, m_k = Problem.Weights.MK;
        var columns = new ColumnWeights(d, m_k);
        Span<int> some = stackalloc int[AtATime];
        double[] entries = new double[checked(AtATime * Math.Max(m_k, Problem.Weights.MV))];
        for (int first = 0; first < d; first += AtATime)
        {
            int count = Math.Min(AtATime, d - first);
            for (int k = 0; k < count; k++) some[k] = first + k;
            Problem.Weights.Columns(WeightMatrix.Query, some[..count], entries);
            for (int k = 0; k < count; k++) entries.AsSpan(k * m_k, m_k).CopyTo(columns.Query(first + k));
            Problem.Weights.Columns(WeightMatrix.Key, some[..count], entries);
            for (int k = 0; k < count; k++) entries.AsSpan(k * m_k, m_k).CopyTo(columns.Key(first + k));
            Problem.Weights.MeanValues(some[..count], columns.Value.Slice(first, count), entries);
        }
        return columns;
    }
}
