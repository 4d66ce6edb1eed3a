namespace Workbook.Core.Numerics;

/// <summary>What becomes of blocks of the generator: two words in, two numbers out, written once for every rung of the ladder.</summary>
internal unsafe interface IPairFunction
{
    /// <summary>
    /// The two numbers of each block, one after the other, normals times a scale, for the first <paramref name="count"/> numbers. Words 0 and words 1 are
    /// read in whole vectors.
    /// </summary>
    static abstract void Finish<TWords, TWordLanes, TVector, TLanes>(double* low, double* high, double scale, double* destination, int count)
        where TWordLanes : IWordLanes<TWords, TVector>
        where TLanes : ILanes<TVector, double>;
}
