using System.Security.Cryptography;

namespace Workbook.Core.Data;

/// <summary>
/// Draws small images of the digits 3 and 7, so that the image experiments run where MNIST is not to be had. Each image is a pen's path
/// (cubic Bezier curves and straight lines, in one of several hands) whose points are jittered, which is then slanted, turned, scaled
/// and shifted at random, and inked with a round pen of random width with soft edges.
/// </summary>
/// <remarks>
/// The same seed gives the same bytes on every platform: only additions, multiplications, divisions and square roots of doubles are used,
/// which IEEE 754 rounds alike everywhere (no sine, no fused multiply-add). They are no handwriting, and less varied than MNIST's.
/// </remarks>
public static class DigitDrawing
{
    /// <summary>Height and width of an image.</summary>
    public const int Side = 28;

    /// <summary>Images of each digit in the committed set.</summary>
    public const int DefaultPerDigit = 300;

    /// <summary>Seed of the committed set.</summary>
    public const ulong DefaultSeed = 37;

    /// <summary>File name of the committed images, in <c>data/digits</c>.</summary>
    public const string ImagesFile = "digits-images-idx3-ubyte.gz";

    /// <summary>File name of the committed labels, in <c>data/digits</c>.</summary>
    public const string LabelsFile = "digits-labels-idx1-ubyte.gz";

    internal const string Description = "600 images of 3 and 7 that the workbook drew itself (not MNIST)";

    private const int StepsPerCurve = 12;

    /// <summary>Draws <paramref name="perDigit"/> images of each digit, 3 and 7 in turn; image k depends on the seed and k alone.</summary>
    /// <returns>Images of 28 x 28; the checksums are those of the unpacked IDX content's pixels and labels.</returns>
    public static DigitImages Draw(int perDigit = DefaultPerDigit, ulong seed = DefaultSeed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perDigit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perDigit, 100_000);
        int count = 2 * perDigit;
        var pixels = new byte[count * Side * Side];
        var labels = new byte[count];
        for (int k = 0; k < count; k++)
        {
            var random = new Randomness(seed, (ulong)k);
            labels[k] = k % 2 == 0 ? (byte)3 : (byte)7;
            List<Point> path = labels[k] == 3 ? Three(ref random) : Seven(ref random);
            Place(path, ref random);
            Ink(path, ref random, pixels.AsSpan(k * Side * Side, Side * Side));
        }

        string source = perDigit == DefaultPerDigit && seed == DefaultSeed ? Description : $"{count} images of 3 and 7 that the workbook drew itself with seed {seed}";
        return new DigitImages(count, Side, Side, pixels, labels, source,
            Convert.ToHexStringLower(SHA256.HashData(pixels)), Convert.ToHexStringLower(SHA256.HashData(labels)));
    }

    /// <summary>Draws the committed set and writes <see cref="ImagesFile"/> and <see cref="LabelsFile"/> into <paramref name="folder"/>.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(string folder)
    {
        DigitImages drawn = Draw();
        IdxFile.WriteImages(Path.Combine(folder, ImagesFile), drawn.Rows, drawn.Columns, drawn.Pixels);
        IdxFile.WriteLabels(Path.Combine(folder, LabelsFile), drawn.Labels);
    }

    // Points are in a box from (0, 0), top left, to (1, 1), bottom right. A pen lift is a point with Lift set: no ink leads to it.

    private static List<Point> Three(ref Randomness random)
    {
        double waist = 0.46 + random.Within(0.07);      // height of the middle
        double reach = 0.42 + random.Within(0.10);      // how far left the middle comes
        double upper = 0.86 + random.Within(0.10);      // how far right each bow goes
        double lower = 0.98 + random.Within(0.10);
        var path = new List<Point>();
        if (random.Unit() < 0.3)
        {
            // Flat top: a bar, a diagonal to the middle, then the lower bow.
            path.Add(new(0.12 + random.Within(0.08), 0.04 + random.Within(0.05), Lift: true));
            Line(path, 0.84 + random.Within(0.08), 0.03 + random.Within(0.05));
            Line(path, reach + random.Within(0.05), waist);
        }
        else
        {
            path.Add(new(0.10 + random.Within(0.09), 0.17 + random.Within(0.07), Lift: true));
            Curve(path, 0.25 + random.Within(0.06), -0.06 + random.Within(0.05), upper, -0.08 + random.Within(0.05), upper, 0.22 + random.Within(0.05));
            Curve(path, upper, waist - 0.05, reach + 0.2, waist, reach, waist + random.Within(0.03));
        }

        Curve(path, reach + 0.35, waist - 0.03 + random.Within(0.03), lower, waist + 0.10, lower - 0.02, 0.74 + random.Within(0.04));
        Curve(path, lower - 0.04, 1.06 + random.Within(0.05), 0.26 + random.Within(0.08), 1.10 + random.Within(0.05), 0.05 + random.Within(0.08), 0.86 + random.Within(0.07));
        return path;
    }

    private static List<Point> Seven(ref Randomness random)
    {
        double corner = 0.90 + random.Within(0.08);
        double foot = 0.34 + random.Within(0.14);
        double bend = random.Within(0.14);
        var path = new List<Point>();
        double left = 0.06 + random.Within(0.08), top = 0.07 + random.Within(0.06);
        if (random.Unit() < 0.25)
        {
            // A hook down at the left end of the bar.
            path.Add(new(left, top + 0.14 + random.Within(0.04), Lift: true));
            Line(path, left + 0.01, top);
        }
        else
        {
            path.Add(new(left, top, Lift: true));
        }

        double right = 0.06 + random.Within(0.06);
        Curve(path, 0.35, top + random.Within(0.08), 0.65, right + random.Within(0.05), corner, right);
        Curve(path, corner - 0.14 + bend, 0.36, foot + 0.16 + bend, 0.60, foot, 1.0 + random.Within(0.04));
        if (random.Unit() < 0.3)
        {
            double bar = 0.52 + random.Within(0.06);
            path.Add(new(0.28 + random.Within(0.08), bar + random.Within(0.03), Lift: true));
            Line(path, 0.84 + random.Within(0.08), bar - 0.02 + random.Within(0.03));
        }

        return path;
    }

    private static void Line(List<Point> path, double x, double y) => path.Add(new(x, y, Lift: false));

    private static void Curve(List<Point> path, double x1, double y1, double x2, double y2, double x3, double y3)
    {
        Point start = path[^1];
        for (int step = 1; step <= StepsPerCurve; step++)
        {
            double t = (double)step / StepsPerCurve, u = 1 - t;
            double a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
            path.Add(new(a * start.X + b * x1 + c * x2 + d * x3, a * start.Y + b * y1 + c * y2 + d * y3, Lift: false));
        }
    }

    /// <summary>From the unit box to pixels: slant, turn, scale, shift. MNIST's digits fill about 20 of 28 rows; so do these.</summary>
    private static void Place(List<Point> path, ref Randomness random)
    {
        double height = 18.5 + random.Within(2.0), width = height * (0.60 + random.Within(0.14));
        double slant = 0.10 + random.Within(0.28);
        double half = random.Within(0.09); // tangent of half the angle: about 10 degrees either way
        double cosine = (1 - half * half) / (1 + half * half), sine = 2 * half / (1 + half * half);
        double centreX = 14 + random.Within(1.5), centreY = 14 + random.Within(1.2);
        for (int k = 0; k < path.Count; k++)
        {
            double x = (path[k].X - 0.5) * width, y = (path[k].Y - 0.5) * height;
            x -= slant * y;
            path[k] = path[k] with { X = centreX + cosine * x - sine * y, Y = centreY + sine * x + cosine * y };
        }
    }

    private static void Ink(List<Point> path, ref Randomness random, Span<byte> image)
    {
        double radius = 1.05 + random.Within(0.45);
        double soft = 0.75 + random.Within(0.2);      // half the width of the edge
        double darkest = 245 + random.Within(10);
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                double distance = Math.Sqrt(SquaredDistance(path, column + 0.5, row + 0.5));
                double cover = Math.Clamp((radius + soft - distance) / (2 * soft), 0, 1);
                image[row * Side + column] = (byte)(darkest * cover + 0.5);
            }
        }
    }

    private static double SquaredDistance(List<Point> path, double x, double y)
    {
        double nearest = double.MaxValue;
        for (int k = 1; k < path.Count; k++)
        {
            if (path[k].Lift)
            {
                continue;
            }

            Point from = path[k - 1];
            double dx = path[k].X - from.X, dy = path[k].Y - from.Y, px = x - from.X, py = y - from.Y;
            double length = dx * dx + dy * dy;
            double along = length > 0 ? Math.Clamp((px * dx + py * dy) / length, 0, 1) : 0;
            double ox = px - along * dx, oy = py - along * dy;
            nearest = Math.Min(nearest, ox * ox + oy * oy);
        }

        return nearest;
    }

    private readonly record struct Point(double X, double Y, bool Lift);

    /// <summary>SplitMix64, one sequence for each image: a counter in steps of the golden ratio, scrambled.</summary>
    private struct Randomness(ulong seed, ulong image)
    {
        private ulong state = Scramble(seed) ^ Scramble(image * 0xD1B54A32D192ED03 + 1);

        /// <summary>Uniform in [0, 1), 53 bits.</summary>
        public double Unit()
        {
            state += 0x9E3779B97F4A7C15;
            return (Scramble(state) >> 11) * (1.0 / (1UL << 53));
        }

        /// <summary>Uniform in [-<paramref name="bound"/>, <paramref name="bound"/>).</summary>
        public double Within(double bound) => (2 * Unit() - 1) * bound;

        private static ulong Scramble(ulong z)
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
