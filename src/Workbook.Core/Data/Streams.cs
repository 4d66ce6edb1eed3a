namespace Workbook.Core.Data;

/// <summary>
/// The random streams of a run. All are keyed by the run's seed and differ in their stream number, so that no two of
/// them ever share a word: changing the size of the test set leaves the data and the weights as they were.
/// </summary>
/// <remarks>
/// A substream is a sample (training or test) or, for weights, zero. Within a substream, words are numbered from 0.
/// Weights are numbered column by column: entry (r, c) of an m x d matrix is Gaussian number <c>c * m + r</c>, so that a
/// run which touches few columns draws only those.
/// </remarks>
public static class Streams
{
    /// <summary>Training labels: word i gives y_i.</summary>
    public const uint TrainLabel = 1;

    /// <summary>Order of the two patches of training sample i: word i.</summary>
    public const uint TrainOrder = 2;

    /// <summary>Support of training sample i (substream i).</summary>
    public const uint TrainSupport = 3;

    /// <summary>Noise values of training sample i (substream i), in increasing order of the coordinate.</summary>
    public const uint TrainNoise = 4;

    /// <summary>Supports of all training samples when they are forced to be disjoint.</summary>
    public const uint DisjointSupport = 5;

    /// <summary>Choice of the training images.</summary>
    public const uint ImageChoice = 6;

    /// <summary>Samples of a mini-batch: step t is substream t, keyed by the rule's own seed.</summary>
    public const uint MiniBatch = 8;

    /// <summary>Initial W_Q.</summary>
    public const uint WeightQuery = 16;

    /// <summary>Initial W_K.</summary>
    public const uint WeightKey = 17;

    /// <summary>Initial W_{V,+1}.</summary>
    public const uint WeightValuePositive = 18;

    /// <summary>Initial W_{V,-1}.</summary>
    public const uint WeightValueNegative = 19;

    /// <summary>Initial weights above the first layer of a deeper model (substream: matrix, in the order of the layers).</summary>
    public const uint WeightUpper = 24;

    /// <summary>Test labels: word j gives y_j.</summary>
    public const uint TestLabel = 32;

    /// <summary>Order of the two patches of test sample j: word j.</summary>
    public const uint TestOrder = 33;

    /// <summary>Support of test sample j (substream j).</summary>
    public const uint TestSupport = 34;

    /// <summary>Noise values of test sample j (substream j).</summary>
    public const uint TestNoise = 35;

    /// <summary>Order in which training (substream 0) and test sentences (substream 1) are taken.</summary>
    public const uint TextChoice = 48;

    /// <summary>Which training labels are flipped: word i.</summary>
    public const uint LabelFlip = 49;

    /// <summary>The workbook's own training sentences (substream: sentence).</summary>
    public const uint MadeTraining = 50;

    /// <summary>The workbook's own test sentences.</summary>
    public const uint MadeTest = 51;

    /// <summary>Points of a Latin hypercube: axis a is substream a, keyed by the seed of the sweep.</summary>
    public const uint LatinHypercube = 52;
}
