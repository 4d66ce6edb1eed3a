using System.Runtime.CompilerServices;
using Workbook.Core.Numerics;

namespace Workbook.Core.Engines;

/// <summary>What a rule without memory makes of minus the gradient.</summary>
internal interface IStepLanes
{
    /// <summary>Whether it makes anything of it; else descents are kept for the rule to see.</summary>
    static abstract bool Moves { get; }

    /// <summary>A sum of directions, with <paramref name="unit"/> times the next.</summary>
    static abstract TVector Follow<TVector, TLanes>(TVector sum, TVector unit, TVector descent)
        where TVector : struct
        where TLanes : ILanes<TVector, double>;
}

/// <summary>SignGD (<see cref="Sign"/>).</summary>
internal readonly struct SignStep : IStepLanes
{
    public static bool Moves => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Follow<TVector, TLanes>(TVector sum, TVector unit, TVector descent)
        where TVector : struct
        where TLanes : ILanes<TVector, double> =>
        SignedStep.Invoke<TVector, TLanes>(sum, unit, descent);
}

/// <summary>SignGD where no descent is NaN.</summary>
internal readonly struct SignStepOfNumbers : IStepLanes
{
    public static bool Moves => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Follow<TVector, TLanes>(TVector sum, TVector unit, TVector descent)
        where TVector : struct
        where TLanes : ILanes<TVector, double> =>
        SignedStep.OfNumber<TVector, TLanes>(sum, unit, descent);
}

/// <summary>GD: the descent itself.</summary>
internal readonly struct PlainStep : IStepLanes
{
    public static bool Moves => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Follow<TVector, TLanes>(TVector sum, TVector unit, TVector descent)
        where TVector : struct
        where TLanes : ILanes<TVector, double> =>
        TLanes.FusedMultiplyAdd(descent, unit, sum);
}

/// <summary>Any other rule: nothing moves yet.</summary>
internal readonly struct NoStep : IStepLanes
{
    public static bool Moves => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Follow<TVector, TLanes>(TVector sum, TVector unit, TVector descent)
        where TVector : struct
        where TLanes : ILanes<TVector, double> => sum;
}
