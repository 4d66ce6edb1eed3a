namespace Workbook.Core.Data;

/// <summary>
/// The element types that a reader of an <c>.npz</c> array is ready to take. The workbook's arrays are float64; a caller that can do
/// with less says so, so that a lossy float32 file is never taken silently for a float64 one.
/// </summary>
[Flags]
public enum NpzTypes
{
    /// <summary>Nothing; no array can be read.</summary>
    None = 0,

    /// <summary><c>&lt;f8</c>, little-endian double precision.</summary>
    Float64 = 1,

    /// <summary><c>&lt;f4</c>, little-endian single precision; widened exactly.</summary>
    Float32 = 2,

    /// <summary><c>&lt;i8</c>; values beyond 2^53 in magnitude are refused, since a double does not hold them.</summary>
    Int64 = 4,

    /// <summary><c>&lt;i4</c>; widened exactly.</summary>
    Int32 = 8,

    /// <summary><c>|i1</c>, signed bytes.</summary>
    Int8 = 16,

    /// <summary><c>|b1</c>; read as 0 and 1.</summary>
    Boolean = 32,

    /// <summary>Any integer type or bool: labels and indices.</summary>
    Integers = Int64 | Int32 | Int8 | Boolean,
}
