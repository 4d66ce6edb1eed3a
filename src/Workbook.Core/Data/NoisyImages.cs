namespace Workbook.Core.Data;

/// <summary>Where the noise patch has its noise.</summary>
public enum NoisePlacement
{
    /// <summary>
    /// Noise in every pixel of the second patch: <c>d = rows * columns</c>, signal patch = image, noise patch ~ N(0, I_d). The two overlap as vectors.
    /// </summary>
    FullPatch,

    /// <summary>
    /// Noise around the digit: both patches are a canvas with a frame of <see cref="NoisyImagesOptions.Border"/> pixels around the image, so
    /// <c>d = (rows + 2 b)(columns + 2 b)</c>. The signal patch has the digit in the middle and a frame of zeros; the noise patch has N(0, 1) in each
    /// of the frame's pixels and zeros in the middle. Their sum is the picture of a digit in a noisy frame. Signal and noise are
    /// orthogonal and the noise is sparse, as the theory's data model has them.
    /// </summary>
    AroundDigit,
}

/// <summary>How noisy images are made.</summary>
public sealed record NoisyImagesOptions
{
    /// <summary>Signal-to-noise ratio: norm of the signal patch over the mean norm of the noise patch. Positive and finite.</summary>
    public double Snr { get; init; } = 0.3;

    /// <summary>Number of training images, drawn without replacement from the two classes.</summary>
    public int TrainingCount { get; init; } = 100;

    /// <summary>Most test images taken from those that remain.</summary>
    public int MaxTestCount { get; init; } = int.MaxValue;

    /// <summary>The label that becomes y = +1.</summary>
    public byte PositiveLabel { get; init; } = 3;

    /// <summary>The label that becomes y = -1.</summary>
    public byte NegativeLabel { get; init; } = 7;

    /// <summary>Where the noise is.</summary>
    public NoisePlacement Placement { get; init; } = NoisePlacement.FullPatch;

    /// <summary>Width of the frame in pixels, for <see cref="NoisePlacement.AroundDigit"/>; 6 gives a 28 x 28 image 816 noisy pixels, near its own 784.</summary>
    public int Border { get; init; } = 6;
}

/// <summary>Samples as the dense engine takes them.</summary>
/// <param name="X">Patches, [n, 2, d] in C order.</param>
/// <param name="Y">Labels +1 and -1, [n].</param>
/// <param name="SignalPatch">Which patch (0 or 1) holds the image, [n].</param>
/// <param name="ImageIndex">Which image of the source each sample shows, [n].</param>
public sealed record NoisySamples(double[] X, double[] Y, int[] SignalPatch, int[] ImageIndex)
{
    /// <summary>Number of samples.</summary>
    public int Count => Y.Length;
}

/// <summary>
/// Two classes of images turned into the two-patch data of the theory: one patch is the image, scaled so that
/// <c>||signal patch|| = SNR * E||noise patch||</c> for every single image, the other is Gaussian noise; their order is random.
/// </summary>
/// <remarks>
/// <c>E||N(0, I_k)|| = sqrt(2) Gamma((k+1)/2) / Gamma(k/2)</c>, 27.991 for the 784 pixels of MNIST. The source says only that a digit is "scaled by
/// SNR"; this reading is the theory's own ratio, <c>||mu|| / E||xi||</c>, and does not depend on how pixel values are coded. It also gives the error rates
/// expected of the three optimizers, which pixels in [0, 1] times SNR do not (they are a third as strong).
/// </remarks>
public sealed record NoisyImages
{
    private NoisyImages(int d, double signalNorm, NoisySamples training, NoisySamples test)
    {
        D = d;
        SignalNorm = signalNorm;
        Training = training;
        Test = test;
    }

    /// <summary>Length of a patch.</summary>
    public int D { get; }

    /// <summary>Norm of every signal patch.</summary>
    public double SignalNorm { get; }

    /// <summary>The training samples.</summary>
    public NoisySamples Training { get; }

    /// <summary>The test samples: none of their images is among the training images.</summary>
    public NoisySamples Test { get; }

    /// <summary>Makes samples from images.</summary>
    /// <param name="images">The source; images of other labels are left out, as are the two classes' blank images.</param>
    /// <param name="options">Which classes, how many, how noisy.</param>
    /// <param name="gaussian">The k-th standard normal number of the data stream, for k from 0 to (samples) * (noisy pixels) - 1.</param>
    /// <param name="word">The k-th uniform 64-bit word, for k from 0 to 2 * (images of the two classes) - 1; independent of <paramref name="gaussian"/>.</param>
    /// <returns>The same samples for the same numbers. Changing <see cref="NoisyImagesOptions.MaxTestCount"/> does not change the training set or the order of the test set.</returns>
    /// <exception cref="InputException">An option is out of range, or there are too few images of the two classes.</exception>
    public static NoisyImages Draw(DigitImages images, NoisyImagesOptions options, Func<ulong, double> gaussian, Func<ulong, ulong> word)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(gaussian);
        ArgumentNullException.ThrowIfNull(word);
        int[] order = Usable(images, options);
        Check(images, options, order.Length);
        Shuffle(order, word);

        int border = options.Placement == NoisePlacement.AroundDigit ? options.Border : 0;
        var canvas = new Canvas(images.Rows, images.Columns, border);
        double signalNorm = options.Snr * MeanGaussianNorm(canvas.NoisyPixels.Length);
        int tests = Math.Min(options.MaxTestCount, order.Length - options.TrainingCount);
        NoisySamples Take(int first, int count) => Samples(images, options, canvas, signalNorm, order, first, count, gaussian, word);
        return new NoisyImages(canvas.Length, signalNorm, Take(0, options.TrainingCount), Take(options.TrainingCount, tests));
    }

    /// <summary>
    /// <c>E||N(0, I_k)||</c>, by <c>E_1 = sqrt(2 / pi)</c> and <c>E_k E_{k+1} = k</c> (from Gamma(x + 1) = x Gamma(x)); between sqrt(k - 1/2) and sqrt(k).
    /// </summary>
    public static double MeanGaussianNorm(int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        double mean = Math.Sqrt(2 / Math.PI);
        for (int j = 1; j < k; j++)
        {
            mean = j / mean;
        }

        return mean;
    }

    private static int[] Usable(DigitImages images, NoisyImagesOptions options) =>
        [.. Enumerable.Range(0, images.Count).Where(i =>
            (images.Labels[i] == options.PositiveLabel || images.Labels[i] == options.NegativeLabel) && images.Image(i).ContainsAnyExcept((byte)0))];

    private static void Check(DigitImages images, NoisyImagesOptions options, int usable)
    {
        if (!(options.Snr > 0) || !double.IsFinite(options.Snr))
        {
            throw new InputException($"The SNR is {options.Snr}; a positive finite number is expected.");
        }

        if (options.PositiveLabel == options.NegativeLabel)
        {
            throw new InputException($"Both classes are the digit {options.PositiveLabel}; two different ones are expected.");
        }

        if (options.TrainingCount < 1 || options.TrainingCount > usable)
        {
            throw new InputException($"{options.TrainingCount} training images are asked for; 1 to {usable} are allowed, since {images.Source} hold {usable} usable images of {options.PositiveLabel} and {options.NegativeLabel}.");
        }

        if (options.MaxTestCount < 0)
        {
            throw new InputException($"At most {options.MaxTestCount} test images are asked for; 0 or more is expected.");
        }

        if (options.Placement == NoisePlacement.AroundDigit && options.Border is < 1 or > 1000)
        {
            throw new InputException($"The border is {options.Border} pixels wide; 1 to 1000 is allowed.");
        }

        int side = options.Placement == NoisePlacement.AroundDigit ? 2 * options.Border : 0;
        long values = 2L * usable * (images.Rows + side) * (images.Columns + side);
        if (values > Array.MaxLength)
        {
            throw new InputException($"{usable} images on a canvas of {images.Rows + side} x {images.Columns + side} pixels take {values} numbers; at most {Array.MaxLength} are allowed.");
        }
    }

    /// <summary>Fisher-Yates; <c>floor(word * bound / 2^64)</c> picks among <c>bound</c>, with a bias below bound / 2^64.</summary>
    private static void Shuffle(int[] order, Func<ulong, ulong> word)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int other = i + (int)Math.BigMul(word((ulong)i), (ulong)(order.Length - i), out _);
            (order[i], order[other]) = (order[other], order[i]);
        }
    }

    private static NoisySamples Samples(
        DigitImages images, NoisyImagesOptions options, Canvas canvas, double signalNorm, int[] order, int first, int count,
        Func<ulong, double> gaussian, Func<ulong, ulong> word)
    {
        int d = canvas.Length;
        var x = new double[2 * count * d];
        var y = new double[count];
        var signalPatch = new int[count];
        for (int i = 0; i < count; i++)
        {
            int drawn = first + i;
            ReadOnlySpan<byte> image = images.Image(order[drawn]);
            y[i] = images.Labels[order[drawn]] == options.PositiveLabel ? 1 : -1;
            signalPatch[i] = (int)(word((ulong)(order.Length + drawn)) >> 63);
            canvas.PlaceImage(image, signalNorm / Norm(image), x.AsSpan((2 * i + signalPatch[i]) * d, d));
            Span<double> noise = x.AsSpan((2 * i + 1 - signalPatch[i]) * d, d);
            ulong start = (ulong)drawn * (ulong)canvas.NoisyPixels.Length;
            for (int k = 0; k < canvas.NoisyPixels.Length; k++)
            {
                noise[canvas.NoisyPixels[k]] = gaussian(start + (ulong)k);
            }
        }

        return new NoisySamples(x, y, signalPatch, order[first..(first + count)]);
    }

    private static double Norm(ReadOnlySpan<byte> image)
    {
        long squares = 0; // exact
        foreach (byte pixel in image)
        {
            squares += pixel * pixel;
        }

        return Math.Sqrt(squares);
    }

    /// <summary>The pixels of a patch: the image with a frame of the given width (0: no frame) around it.</summary>
    private sealed class Canvas
    {
        private readonly int rows;
        private readonly int columns;
        private readonly int border;

        public Canvas(int rows, int columns, int border)
        {
            (this.rows, this.columns, this.border) = (rows, columns, border);
            Length = (rows + 2 * border) * Width;
            NoisyPixels = border == 0
                ? [.. Enumerable.Range(0, Length)]
                : [.. Enumerable.Range(0, Length).Where(p => !InImage(p / Width, p % Width))];
        }

        public int Length { get; }

        public int[] NoisyPixels { get; }

        private int Width => columns + 2 * border;

        public void PlaceImage(ReadOnlySpan<byte> image, double scale, Span<double> patch)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    patch[(row + border) * Width + column + border] = scale * image[row * columns + column];
                }
            }
        }

        private bool InImage(int row, int column) =>
            row >= border && row < border + rows && column >= border && column < border + columns;
    }
}
