namespace Workbook.Report.Pages;

/// <summary>The files inside this assembly that pages are made with.</summary>
internal static class Assets
{
    internal static string Text(string name)
    {
        using var reader = new StreamReader(typeof(Assets).Assembly.GetManifestResourceStream("Assets/" + name)
            ?? throw new InvalidOperationException($"the assembly has no asset {name}."));
        return reader.ReadToEnd();
    }
}
