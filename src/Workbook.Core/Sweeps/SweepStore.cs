namespace Workbook.Core.Sweeps;

/// <summary>
/// A folder with the rows of a sweep:
/// <code>
/// sweep.json                      the plan as it was last run, canonical
/// rows/PLAN/plan.json             the plan whose rows these are (PLAN: the beginning of its hash)
/// rows/PLAN/part-1of4-000001-SHA.parquet    closed parts
/// rows/PLAN/journal-1of4.log      rows of a shard not yet in a part
/// rows/PLAN/lock-1of4, owner-1of4.json
/// rows/PLAN/checked-1of4.txt      parts that the shard's owner has verified
/// aside/                          what was found damaged
/// </code>
/// The rows of an earlier plan stay in their own folder.
/// </summary>
public sealed class SweepStore
{
    private const string PlanName = "sweep.json", RowsName = "rows", Part = "part-", JournalMark = "journal-";
    private const int HashDigits = 16;

    /// <summary>The store of a plan in a folder; nothing is created yet.</summary>
    public SweepStore(string root, SweepPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Root = Path.GetFullPath(root);
        Plan = plan;
        PlanHash = plan.Hash();
        Folder = Path.Combine(Root, RowsName, PlanHash[..HashDigits]);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The plan.</summary>
    public SweepPlan Plan { get; }

    /// <summary>Its hash.</summary>
    public string PlanHash { get; }

    /// <summary>Folder of this plan's rows.</summary>
    public string Folder { get; }

    internal string Aside => Path.Combine(Root, "aside");

    /// <summary>Opens the store that lies in a folder, with the plan that was last run there.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static SweepStore Open(string root)
    {
        string path = Path.Combine(root, PlanName);
        return File.Exists(path) ? new SweepStore(root, PlanJson.ReadFile(path)) : throw new InputException($"{root} is not the folder of a sweep: it has no {PlanName}.");
    }

    /// <summary>Whether a sweep lies in a folder.</summary>
    public static bool Exists(string root) => File.Exists(Path.Combine(root, PlanName));

    /// <summary>Creates the folders and writes the plan down.</summary>
    internal void Prepare()
    {
        Directory.CreateDirectory(Folder);
        string text = PlanJson.Write(Plan);
        foreach (string path in (string[])[Path.Combine(Folder, "plan.json"), Path.Combine(Root, PlanName)])
            if (!File.Exists(path) || File.ReadAllText(path) != text) Durable.WriteText(path, text);
    }

    /// <summary>Closed parts of this plan, in the order of their names.</summary>
    public IReadOnlyList<string> Parts() => Files(Folder, Part + "*.parquet");

    /// <summary>Journals of this plan.</summary>
    public IReadOnlyList<string> Journals() => Files(Folder, JournalMark + "*.log");

    /// <summary>Folders of other plans' rows.</summary>
    internal IReadOnlyList<string> OtherPlans() => Directory.Exists(Path.Combine(Root, RowsName))
        ? [.. Directory.GetDirectories(Path.Combine(Root, RowsName)).Where(f => Path.GetFileName(f) != Path.GetFileName(Folder)).Order(StringComparer.Ordinal)]
        : [];

    internal static IReadOnlyList<string> PartsIn(string folder) => Files(folder, Part + "*.parquet");

    internal static IReadOnlyList<string> JournalsIn(string folder) => Files(folder, JournalMark + "*.log");

    internal string JournalOf(Shard shard) => Path.Combine(Folder, $"{JournalMark}{shard.Name}.log");

    /// <summary>The shard that wrote a part or a journal.</summary>
    internal static Shard? ShardOf(string path) => Path.GetFileNameWithoutExtension(path).Split('-') is [_, var name, ..] ? Shard.FromName(name) : null;

    /// <summary>Beginning of the name of a shard's next part.</summary>
    internal string NextPart(Shard shard)
    {
        int last = Parts().Select(p => Path.GetFileName(p).Split('-')).Where(p => p.Length > 2 && p[1] == shard.Name)
            .Select(p => int.TryParse(p[2], out int number) ? number : 0).DefaultIfEmpty(0).Max();
        return $"{Part}{shard.Name}-{last + 1:D6}";
    }

    /// <summary>Numbers of shards that this plan's files were written in, those with open journals first.</summary>
    internal IEnumerable<int> Divisions() => Journals().Concat(Parts()).Select(p => ShardOf(p)?.Of ?? 0).Where(of => of > 0).Distinct();

    /// <summary>Removes what a killed owner of a shard left half written; only who has the shard may.</summary>
    internal void RemoveLeftovers(Shard shard)
    {
        foreach (string path in Files(Folder, "*.tmp"))
            if (Path.GetFileName(path) is var name && (name.StartsWith($"{Part}{shard.Name}-", StringComparison.Ordinal) || name.StartsWith($"{JournalMark}{shard.Name}.", StringComparison.Ordinal))) Durable.Delete(path);
    }

    /// <summary>Moves a damaged file out of the way; it is never deleted.</summary>
    internal string SetAside(string path, bool copy = false)
    {
        Directory.CreateDirectory(Aside);
        string to = Path.Combine(Aside, $"{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        if (copy) File.Copy(path, to);
        else File.Move(path, to);
        return to;
    }

    /// <summary>
    /// Tells of every row that is there, part by part and then journal by journal, reading no more than place and error; a row may come twice. Damaged parts are named and left out.
    /// </summary>
    public void Scan(Action<long, bool> seen, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(say);
        var lists = new Dictionary<Shard, CheckedParts>();
        foreach (string part in Parts())
        {
            bool known = false;
            if (ShardOf(part) is Shard shard)
            {
                if (!lists.TryGetValue(shard, out CheckedParts? list)) lists[shard] = list = CheckedParts.Read(this, shard);
                known = list.Has(part);
            }
            ScanPart(part, seen, damaged => say(damaged + " Its rows count as missing."), verify: !known);
        }
        foreach (string journal in Journals()) ScanJournal(journal, seen);
    }

    internal static bool ScanPart(string path, Action<long, bool> seen, Action<string> damaged, bool verify = true)
    {
        try
        {
            if (verify && !PartFile.Verify(path)) throw new InputException($"{path} is damaged: its checksum is not the one in its name.");
            using PartFile part = PartFile.Open(path);
            for (int g = 0; g < part.Groups; g++)
            {
                TableRows rows = part.Read(g, "row", "error");
                for (int k = 0; k < rows.Count; k++) seen(rows.Index(k), rows.Text(1)[k] is not null);
            }
            return true;
        }
        catch (InputException e)
        {
            damaged(e.Message);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private static void ScanJournal(string path, Action<long, bool> seen)
    {
        try
        {
            Journal.Read(path, rows =>
            {
                int error = SweepColumns.ErrorColumn;
                for (int k = 0; k < rows.Count; k++) seen(rows.Index(k), rows.Text(error)[k] is not null);
            });
        }
        catch (FileNotFoundException)
        {
            // It became a part in the meantime.
        }
    }

    private static IReadOnlyList<string> Files(string folder, string pattern) =>
        Directory.Exists(folder) ? [.. Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal)] : [];
}
