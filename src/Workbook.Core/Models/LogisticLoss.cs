namespace Workbook.Core.Models;

/// <summary>l(m) = log(1 + exp(-m)) of a margin m = y F, and what the engines need of it.</summary>
public static class LogisticLoss
{
    /// <summary>log(1 + exp(-m)), without overflow.</summary>
    public static double Value(double margin) =>
        margin >= 0 ? Log1P(Math.Exp(-margin)) : -margin + Log1P(Math.Exp(margin));

    /// <summary>l'(m) = -1 / (1 + exp(m)).</summary>
    public static double Derivative(double margin) =>
        margin >= 0 ? -Math.Exp(-margin) / (1 + Math.Exp(-margin)) : -1 / (1 + Math.Exp(margin));

    /// <summary>log l(m): finite where l itself underflows (there l(m) = exp(-m) to rounding).</summary>
    public static double LogValue(double margin) => margin > 40 ? -margin : Math.Log(Value(margin));

    /// <summary>The same where l(m) is at hand.</summary>
    internal static double LogOf(double loss, double margin) => margin > 40 ? -margin : Math.Log(loss);

    /// <summary>log sigma(x) = -log(1 + exp(-x)).</summary>
    public static double LogSigmoid(double x) => -Value(x);

    /// <summary>log(1 + x) for x &gt;= 0, accurate for small x too (the framework's <c>LogP1</c> is log(1 + x) as it stands, 0 below 1e-16).</summary>
    internal static double Log1P(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }
}
