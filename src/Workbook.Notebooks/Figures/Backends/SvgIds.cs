using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Workbook.Notebooks.Backends;

/// <summary>
/// Names the clip paths of an SVG after the picture. Skia numbers them through the life of the process: the same figure drawn twice would
/// differ, and two figures on one page would use each other's clips.
/// </summary>
internal static partial class SvgIds
{
    internal static string Rename(string svg)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        string numbered = Id().Replace(svg, match => "cl-" + Number(names, match.Value));
        string picture = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(numbered)))[..10];
        return numbered.Replace("cl-", $"clip-{picture}-", StringComparison.Ordinal);
    }

    private static int Number(Dictionary<string, int> names, string name)
    {
        if (!names.TryGetValue(name, out int number))
        {
            names[name] = number = names.Count;
        }
        return number;
    }

    [GeneratedRegex("cl_[0-9a-f]+")]
    private static partial Regex Id();
}
