using System.Globalization;
using Workbook.Core.Data;
using Workbook.Core.Models;
using Workbook.Core.Runs;

namespace Workbook.Report.Writing;

/// <summary>A setting in one line, in the paper's letters; the seed apart.</summary>
internal static class Settings
{
    internal static string Of(RunSpec spec)
    {
        ModelSpec m = spec.Model;
        string data = spec.Data switch
        {
            SignalNoiseSource { Distribution: var d } => Text($"d = {d.D}, n = {d.N}, s = {d.S}, sigma_p = {d.SigmaP}{(d.Supports == SupportMode.Disjoint ? ", disjoint supports" : "")}"),
            NoisyImagesSource { Options: var o } => Text($"digits {o.PositiveLabel} and {o.NegativeLabel}, n = {o.TrainingCount}, SNR = {o.Snr}"),
            FileSource file => $"file {file.Sha256[..12]}",
            var other => other.GetType().Name,
        };
        string eta = spec.Optimizer.Eta.Constant is double constant ? Text($"{constant}") : "a schedule";
        return Text($"{spec.Optimizer.Title}, eta = {eta}, {spec.Steps} steps; {data}; m_k = {m.MK}, m_v = {m.MV}, sigma_0 = {m.Sigma0}; {(spec.Precision == Core.Engines.Precision.F32 ? "float32" : "float64")}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
