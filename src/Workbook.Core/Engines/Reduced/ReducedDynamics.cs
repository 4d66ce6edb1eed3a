namespace Workbook.Core.Engines;

/// <summary>How the reduced state moves: one way for each kind of rule, the same calls as an engine's.</summary>
internal abstract class ReducedDynamics(ReducedStart start) : IDisposable
{
    protected ReducedStart Begin { get; } = start;

    public abstract void Dispose();

    /// <summary>Scores, attention and margins at a step.</summary>
    public abstract void Forward(int step);

    /// <summary>Takes the update of a step; returns the next step that has to be looked at, at most <paramref name="last"/>: the updates in between are done too.</summary>
    public abstract int Advance(int step, int last, double eta);

    /// <summary>Steps whose update was computed rather than proved to be the one before.</summary>
    public abstract int Evaluated { get; }

    public abstract void Observe(Observation into);

    /// <summary>What every direction is multiplied by.</summary>
    public abstract double Rate { get; }

    /// <summary>The sum of directions of a row up to a step, [m_k].</summary>
    public abstract void Moved(int step, int row, Span<double> sum);

    /// <summary>The same of a scalar of the value.</summary>
    public abstract double Moved(int step, int scalar);
}
