using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Workbook.Core.Theory;
using Workbook.Report.Pages;

namespace Workbook.Explorer;

/// <summary>The explorer's page and its styles and scripts, in the look of the workbook's other pages.</summary>
internal static partial class ExplorerPage
{
    private static readonly (string Name, string Title)[] s_optimizers = [("signgd", "SignGD"), ("gd", "GD"), ("adam", "Adam (eps = 0)"), ("signum", "Sign with momentum")];

    private static readonly (string Id, string Title, string Reading)[] s_panels =
    [
        ("value", "I: mean value noise and value signal", "median and range over samples"),
        ("query", "II: query noise of one neuron", "median and range over samples"),
        ("key", "II: key noise of the same neuron", "median and range over samples"),
        ("signal", "III: query signal of all neurons, and of that one", "median and range over neurons"),
        ("softmax", "IV: softmax outputs", "median and range over samples"),
        ("phase", "Phase portrait: query noise against key noise", "one curve per sample, dots at the end"),
        ("loss", "Loss", "train solid, test dashed"),
        ("shares", "Shares of aligned signs", "what defines the stages"),
    ];

    /// <summary>The page.</summary>
    public static string Write(string token) => new HtmlPage
    {
        Title = "Explore: SignGD Workbook",
        Header = "<a class=\"home\" href=\"/\">SignGD Workbook: explore</a>",
        Body = Body(token),
        Parts = PageParts.Beside,
        SiteScripts = ["plot.js", "explorer.js"],
    }.Write();

    /// <summary>Styles and scripts by name.</summary>
    public static IReadOnlyList<(string Name, string Content)> Assets()
    {
        var shared = HtmlPage.SharedParts().ToDictionary(p => p.Name, p => p.Content);
        return [("page.css", shared["page.css"] + Own("explorer.css")), ("page.js", shared["page.js"]), ("plot.js", Own("plot.js")), ("explorer.js", Own("explorer.js"))];
    }

    /// <summary>The page's inline scripts as sources of a content security policy.</summary>
    public static string InlineHashes(string page) => string.Join(' ', InlineScript().Matches(page).Select(m => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(m.Groups[1].Value)))}'"));

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex InlineScript();

    private static string Body(string token)
    {
        var html = new StringBuilder();
        html.Append("<h1>Move a slider: the model is trained anew</h1>\n<p>Everything is computed on this machine, in double precision, to the last step. Nothing is sent anywhere.</p>\n");
        html.Append($"<div id=\"explorer\" data-token=\"{token}\">\n<div class=\"tools\">");
        html.Append("<label><input type=\"checkbox\" id=\"compare\"> Two settings side by side</label> <label><input type=\"checkbox\" id=\"same\" checked> Same axes</label> ");
        html.Append("<label for=\"upto\">Shown up to step</label> <input type=\"range\" id=\"upto\" min=\"0\" max=\"100\" value=\"100\"> <output id=\"upto-value\" for=\"upto\"></output> ");
        html.Append("<label for=\"neuron\">Neuron shown</label> <input type=\"range\" id=\"neuron\" min=\"0\" max=\"19\" value=\"0\"> <output id=\"neuron-value\" for=\"neuron\"></output> ");
        html.Append("<button type=\"button\" id=\"link\">Copy link</button> <button type=\"button\" id=\"reset\">Figure 1</button></div>\n<p id=\"said\" role=\"status\"></p>\n<div class=\"sides\">\n");
        foreach (string side in (string[])["a", "b"]) Side(html, side);
        return html.Append("</div>\n</div>").ToString();
    }

    private static void Side(StringBuilder html, string side)
    {
        string name = side == "a" ? "first setting" : "second setting";
        html.Append($"<section class=\"side\" id=\"side-{side}\" aria-label=\"{name}\"{(side == "b" ? " hidden" : "")}>\n<fieldset class=\"controls\"><legend>{(side == "a" ? "Setting" : "Second setting")}</legend>\n");
        html.Append($"<div class=\"control\"><label for=\"{side}-optimizer\">Optimizer</label><select id=\"{side}-optimizer\" data-name=\"optimizer\">");
        foreach (var (id, title) in s_optimizers) html.Append($"<option value=\"{id}\">{title}</option>");
        html.Append($"</select><label class=\"check\"><input type=\"checkbox\" id=\"{side}-test\" data-name=\"test\"> test set</label></div>\n");
        foreach (Parameter p in Parameter.All)
        {
            string Number(double x) => Parameter.Write(x);
            html.Append($"<div class=\"control\" data-parameter=\"{p.Name}\"><label for=\"{side}-{p.Name}\" title=\"{p.Title}\">{Formulas.ToMathML(p.Tex, display: false)} <span>{p.Title}</span></label>");
            html.Append($"<input type=\"range\" id=\"{side}-{p.Name}\" data-name=\"{p.Name}\" data-least=\"{Number(p.Least)}\" data-most=\"{Number(p.SliderMost ?? p.Most)}\" data-whole=\"{(p.Whole ? 1 : 0)}\" data-spread=\"{p.Spread}\">");
            html.Append($"<input type=\"text\" class=\"exact\" id=\"{side}-{p.Name}-exact\" inputmode=\"decimal\" autocomplete=\"off\" aria-label=\"{p.Title}, exact value, {Number(p.Least)} to {Number(p.Most)}\"></div>\n");
        }
        html.Append($"</fieldset>\n<p class=\"actions\"><button type=\"button\" data-action=\"notebook\">Open as notebook</button> <button type=\"button\" data-action=\"save\">Save run</button> <span class=\"took\"></span></p>\n");
        html.Append($"<p class=\"summary\" aria-live=\"polite\"></p>\n<details><summary>Stages, in steps: reached and predicted</summary><div class=\"wide\"><table class=\"stages\"><thead><tr><th scope=\"col\">stage</th><th scope=\"col\" class=\"number\">reached</th><th scope=\"col\" class=\"number\">theory</th></tr></thead><tbody></tbody></table></div></details>\n<div class=\"panels\">\n");
        foreach (var (id, title, reading) in s_panels)
            html.Append($"<figure class=\"panel\" data-panel=\"{id}\"><figcaption id=\"{side}-{id}-caption\">{title} <small>({reading})</small></figcaption><canvas role=\"img\" aria-labelledby=\"{side}-{id}-caption\"></canvas><div class=\"key\"></div></figure>\n");
        html.Append("</div>\n<details open><summary>Claims of the paper about this run</summary><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"claims\"><table class=\"claims\"><thead><tr><th scope=\"col\">claim</th><th scope=\"col\">verdict</th><th scope=\"col\" class=\"number\">left</th><th scope=\"col\"></th><th scope=\"col\" class=\"number\">right</th></tr></thead><tbody>\n");
        foreach (RunClaim claim in RunClaim.All)
            html.Append(CultureInfo.InvariantCulture, $"<tr data-claim=\"{WebUtility.HtmlEncode(claim.Claim.Id)}\"><th scope=\"row\" title=\"{WebUtility.HtmlEncode(claim.Claim.Statement)}\">{WebUtility.HtmlEncode(claim.Claim.Id)}</th><td class=\"verdict\"></td><td class=\"number\"></td><td>{WebUtility.HtmlEncode(claim.Claim.Sign)}</td><td class=\"number\"></td></tr>\n");
        html.Append("</tbody></table></div></details>\n</section>\n");
    }

    private static string Own(string name)
    {
        using var reader = new StreamReader(typeof(ExplorerPage).Assembly.GetManifestResourceStream("Assets/" + name) ?? throw new InvalidOperationException($"the assembly has no asset {name}."));
        return reader.ReadToEnd();
    }
}
