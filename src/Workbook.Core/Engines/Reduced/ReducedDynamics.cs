namespace Workbook.Core.Engines;

/// <summary>How the reduced state moves: one way for each kind of rule, the same calls as an engine's.</summary>
internal abstract class ReducedDynamics(ReducedStart start) : IDisposable
{
    protected ReducedStart Begin { get; } = start;

    public abstract void Dispose();

    /// <summary>Scores, attention and margins at a step.</summary>
    public abstract void Forward(int step);

    /// <summary>The update of a step; <see cref="Forward"/> came before.</summary>
    public abstract void Advance(int step, double eta);

    /// <summary>Updates up to a step that is returned, at most <paramref name="last"/>, as if by <see cref="Advance"/>; <see cref="Forward"/> came before and is due there.</summary>
    public virtual int AdvanceTowards(int step, int last, double eta)
    {
        Advance(step, eta);
        return step + 1;
    }

    /// <summary>Steps that were visited; no sign could change at the others.</summary>
    public abstract int Evaluated { get; }

    public abstract void Observe(Observation into);

    /// <summary>What every direction is multiplied by.</summary>
    public abstract double Rate { get; }

    /// <summary>The sum of directions of a row up to a step, [m_k].</summary>
    public abstract void Moved(int step, int row, Span<double> sum);

    /// <summary>The same of a scalar of the value.</summary>
    public abstract double Moved(int step, int scalar);
}
