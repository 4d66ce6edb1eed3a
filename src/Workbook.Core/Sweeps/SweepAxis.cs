namespace Workbook.Core.Sweeps;

/// <summary>One direction of a plan's grid: a number of places, each of which gives values to one parameter or to several.</summary>
public abstract record SweepAxis
{
    /// <summary>Number of places.</summary>
    public abstract int Count { get; }

    /// <summary>The parameters that it gives values to, as places in <see cref="Parameter.All"/>.</summary>
    public abstract IReadOnlyList<int> Parameters { get; }

    /// <summary>Writes the values of a place into <paramref name="values"/>, one entry per parameter of <see cref="Parameter.All"/>.</summary>
    public abstract void Assign(int place, ParameterValue?[] values);
}

/// <summary>How far a parameter ranges, evenly or evenly in its logarithm.</summary>
/// <param name="Logarithmic">Even in the logarithm.</param>
/// <param name="From">First value.</param>
/// <param name="To">Last value.</param>
public sealed record ParameterRange(bool Logarithmic, double From, double To)
{
    /// <summary>The value at a share u in 0 .. 1 of the way, exact at both ends; rounded for whole numbers.</summary>
    public ParameterValue At(double u, ParameterKind kind)
    {
        double value = u <= 0 ? From : u >= 1 ? To : Logarithmic ? Math.Exp(Math.Log(From) + u * (Math.Log(To) - Math.Log(From))) : From + u * (To - From);
        return new ParameterValue(kind == ParameterKind.Whole ? Math.Round(value) : value);
    }
}

/// <summary>Values of one parameter, written out.</summary>
public sealed record ListAxis(int Parameter, IReadOnlyList<ParameterValue> Values) : SweepAxis
{
    /// <inheritdoc/>
    public override int Count => Values.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Parameters => [Parameter];

    /// <inheritdoc/>
    public override void Assign(int place, ParameterValue?[] values) => values[Parameter] = Values[place];
}

/// <summary>Evenly spaced values of one parameter.</summary>
public sealed record RangeAxis(int Parameter, ParameterRange Range, int Steps) : SweepAxis
{
    /// <inheritdoc/>
    public override int Count => Steps;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Parameters => [Parameter];

    /// <inheritdoc/>
    public override void Assign(int place, ParameterValue?[] values) => values[Parameter] = At(place);

    /// <summary>The value at a place.</summary>
    public ParameterValue At(int place) => Range.At(Steps == 1 ? 0 : (double)place / (Steps - 1), Sweeps.Parameter.All[Parameter].Kind);
}

/// <summary>Points written out, each with values of several parameters that change together.</summary>
public sealed record PointsAxis(IReadOnlyList<IReadOnlyDictionary<int, ParameterValue>> Points) : SweepAxis
{
    /// <inheritdoc/>
    public override int Count => Points.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Parameters => [.. Points[0].Keys];

    /// <inheritdoc/>
    public override void Assign(int place, ParameterValue?[] values)
    {
        foreach (var (parameter, value) in Points[place]) values[parameter] = value;
    }
}

/// <summary>
/// A Latin hypercube: each parameter's range is cut into as many strata as there are points, and each stratum of each parameter holds one point.
/// </summary>
/// <param name="Points">Number of points N.</param>
/// <param name="Seed">Seed of the design.</param>
/// <param name="Ranges">Parameters with their ranges, in the order of the file; the order is part of the design.</param>
public sealed record HypercubeAxis(int Points, ulong Seed, IReadOnlyList<(int Parameter, ParameterRange Range)> Ranges) : SweepAxis
{
    private double[][]? _design;

    /// <inheritdoc/>
    public override int Count => Points;

    /// <inheritdoc/>
    public override IReadOnlyList<int> Parameters => [.. Ranges.Select(r => r.Parameter)];

    /// <inheritdoc/>
    public override void Assign(int place, ParameterValue?[] values)
    {
        double[][] design = _design ??= Draw();
        for (int k = 0; k < Ranges.Count; k++) values[Ranges[k].Parameter] = Ranges[k].Range.At(design[place][k], Parameter.All[Ranges[k].Parameter].Kind);
    }

    private double[][] Draw() => LatinHypercube.Points(Points, Ranges.Count, Seed);
}
