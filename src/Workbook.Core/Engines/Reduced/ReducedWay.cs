namespace Workbook.Core.Engines;

/// <summary>Ways to move the reduced state under SignGD with a constant rate; the same dynamics in all of them.</summary>
internal enum ReducedWay
{
    /// <summary><see cref="AccumulatedDynamics{TVector, TLanes}"/>.</summary>
    Accumulated,

    /// <summary><see cref="PanelDynamics{TVector, TLanes}"/>.</summary>
    Panels,

    /// <summary><see cref="CountedDynamics{TVector, TLanes}"/> from the first step on; for problems without contested coordinates.</summary>
    Counted,

    /// <summary><see cref="SettlingDynamics{TVector, TLanes}"/>; for problems without contested coordinates.</summary>
    Settling,
}
