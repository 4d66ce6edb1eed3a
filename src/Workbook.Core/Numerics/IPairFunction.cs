namespace Workbook.Core.Numerics;

/// <summary>What becomes of a block of the generator: two words in, two numbers out, written once for every rung of the ladder.</summary>
internal interface IPairFunction
{
    /// <summary>The two numbers of each lane's block, normals times a scale.</summary>
    static abstract void Invoke<TWords, TWordLanes, TVector, TLanes>(TWords word0, TWords word1, TVector scale, out TVector first, out TVector second)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>;
}
