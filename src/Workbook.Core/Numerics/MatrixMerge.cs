using System.Runtime.CompilerServices;

namespace Workbook.Core.Numerics;

/// <summary>How the sums of a tile meet what C holds, known at compile time: the two usual ways need no products.</summary>
internal unsafe interface IMatrixMerge
{
    /// <summary>What c is to hold: <c>alpha sum + beta c</c>.</summary>
    static abstract TVector Of<TVector, TLanes, T>(TVector sum, TVector alpha, TVector beta, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T>;
}

/// <summary>alpha = 1, beta = 0: C is not read.</summary>
internal readonly unsafe struct PlainMerge : IMatrixMerge
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TVector, TLanes, T>(TVector sum, TVector alpha, TVector beta, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T> =>
        sum;
}

/// <summary>alpha = beta = 1.</summary>
internal readonly unsafe struct AddMerge : IMatrixMerge
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TVector, TLanes, T>(TVector sum, TVector alpha, TVector beta, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T> =>
        TLanes.Add(TLanes.Load(c), sum);
}

/// <summary>Any alpha, beta = 0: C is not read.</summary>
internal readonly unsafe struct ScaleMerge : IMatrixMerge
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TVector, TLanes, T>(TVector sum, TVector alpha, TVector beta, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T> =>
        TLanes.Multiply(sum, alpha);
}

/// <summary>Any alpha and beta.</summary>
internal readonly unsafe struct FullMerge : IMatrixMerge
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of<TVector, TLanes, T>(TVector sum, TVector alpha, TVector beta, T* c)
        where T : unmanaged
        where TLanes : ILanes<TVector, T> =>
        TLanes.MultiplyAdd(TLanes.Load(c), beta, TLanes.Multiply(sum, alpha));
}
