using System.Numerics;

namespace Workbook.Core.Optimizers;

/// <summary>Numbers f 2^e whose exponent has left the floating-point range.</summary>
internal static class ScaledNumber
{
    /// <summary>The larger binary exponent of two numbers f 2^e; 0 where both are zero.</summary>
    public static int Top<T>((T Value, int Exponent) a, (T Value, int Exponent) b) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int ea = T.IsZero(a.Value) ? int.MinValue : a.Exponent + T.ILogB(a.Value);
        int eb = T.IsZero(b.Value) ? int.MinValue : b.Exponent + T.ILogB(b.Value);
        int top = Math.Max(ea, eb);
        return top == int.MinValue ? 0 : top;
    }
}
