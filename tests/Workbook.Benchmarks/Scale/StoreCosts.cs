using Workbook.Core.Sweeps;

namespace Workbook.Benchmarks.Scale;

/// <summary>What the programs take on a simulated store.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Shards">Shards that wrote them.</param>
/// <param name="Files">Files of the store.</param>
/// <param name="Bytes">Bytes of its parts.</param>
/// <param name="WriteSeconds">Drawing and writing, seconds of one thread.</param>
/// <param name="Collect"><c>sweep collect</c>.</param>
/// <param name="CollectedBytes">Bytes of its file.</param>
/// <param name="Status"><c>sweep status</c>.</param>
/// <param name="Resume"><c>sweep run</c> on the finished store, one shard: what a start costs.</param>
/// <param name="Count">A query that counts.</param>
/// <param name="Group">A query that groups by one column and takes medians of two.</param>
/// <param name="Point">A query for one row.</param>
/// <param name="Unvouched">The counting query where no part is vouched for, so that all are hashed and read.</param>
public sealed record StoreCost(long Rows, int Shards, int Files, long Bytes, double WriteSeconds, ChildCost Collect, long CollectedBytes, ChildCost Status, ChildCost Resume, ChildCost Count, ChildCost Group,
    ChildCost Point, ChildCost Unvouched);

/// <summary>Makes simulated stores and runs the program on them.</summary>
internal static class StoreCosts
{
    public static StoreCost Measure(long rows, int shards, string scratch, Action<string> progress, CancellationToken cancel)
    {
        string folder = Path.Combine(scratch, FormattableString.Invariant($"simulated-{rows}-{shards}")), merged = folder + ".parquet";
        try
        {
            string name = FormattableString.Invariant($"{rows} rows of {shards} shards: ");
            progress(name + "writing");
            double write = SimulatedStore.Write(folder, rows, shards, Environment.ProcessorCount, cancel);
            var store = new SweepStore(folder, SimulatedStore.Plan(rows));
            long bytes = store.Parts().Sum(p => new FileInfo(p).Length);
            int files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length;
            string plan = Path.Combine(store.Folder, "plan.json");
            progress(name + "queries");
            ChildCost count = Query("SELECT count(*) AS n FROM sweep"), group = Query("SELECT stage_T1, count(*) AS n, median(test_error) AS error, median(stage_s21) AS decayed FROM sweep GROUP BY ALL ORDER BY ALL"),
                point = Query(FormattableString.Invariant($"SELECT * FROM sweep WHERE seed = {rows / 2}"));
            if (!count.Out.Contains(FormattableString.Invariant($"{rows}"), StringComparison.Ordinal)) throw new InvalidOperationException("the rows are not all there: " + count.Out);
            progress(name + "status");
            ChildCost status = Child.Run(cancel, "sweep", "status", folder, "--json");
            progress(name + "collect");
            ChildCost collect = Child.Run(cancel, "sweep", "collect", folder, "--out", merged);
            progress(name + "queries that read all");
            foreach (string list in Directory.GetFiles(store.Folder, "checked-*.txt")) File.Delete(list);
            ChildCost unvouched = Query("SELECT count(*) AS n FROM sweep");
            progress(name + "resume");
            ChildCost resume = Child.Run(cancel, "sweep", "run", plan, "--out", folder, "--jobs", "1", "--shard", FormattableString.Invariant($"1/{shards}"));
            return new StoreCost(rows, shards, files, bytes, write, collect, new FileInfo(merged).Length, status, resume, count, group, point, unvouched);

            ChildCost Query(string sql) => Child.Run(cancel, "query", sql, "--store", folder, "--format", "csv");
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            File.Delete(merged);
        }
    }
}
