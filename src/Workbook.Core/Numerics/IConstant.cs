namespace Workbook.Core.Numerics;

/// <summary>An integer known at compile time: a kernel is compiled once for each value, with loops and branches folded.</summary>
internal interface IConstant
{
    /// <summary>The integer.</summary>
    static abstract int Value { get; }
}

internal readonly struct One : IConstant
{
    public static int Value => 1;
}

internal readonly struct Two : IConstant
{
    public static int Value => 2;
}

internal readonly struct Three : IConstant
{
    public static int Value => 3;
}

internal readonly struct Four : IConstant
{
    public static int Value => 4;
}

internal readonly struct Five : IConstant
{
    public static int Value => 5;
}

internal readonly struct Six : IConstant
{
    public static int Value => 6;
}

internal readonly struct Seven : IConstant
{
    public static int Value => 7;
}

internal readonly struct Eight : IConstant
{
    public static int Value => 8;
}

internal readonly struct Nine : IConstant
{
    public static int Value => 9;
}

internal readonly struct Ten : IConstant
{
    public static int Value => 10;
}

internal readonly struct Eleven : IConstant
{
    public static int Value => 11;
}

internal readonly struct Twelve : IConstant
{
    public static int Value => 12;
}
