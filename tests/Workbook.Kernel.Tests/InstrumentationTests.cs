using Microsoft.CodeAnalysis.CSharp;

namespace Workbook.Kernel.Tests;

/// <summary>What is woven into a cell changes neither what it means nor where its lines are.</summary>
public sealed class InstrumentationTests
{
    [Theory]
    [InlineData("while (true) x++;", "while (true) {T x++;}")]
    [InlineData("for (;;) foreach (var (a, b) in c) { }", "for (;;) {T foreach (var (a, b) in c) {T }}")]
    [InlineData("do\n  x++;\nwhile (x < 3);", "do\n  {T x++;}\nwhile (x < 3);")]
    [InlineData("again: goto again;", "again: {T goto again;}")]
    [InlineData("int F(int n) => n > 0 ? F(n - 1) : 0;", "int F(int n) {E return  n > 0 ? F(n - 1) : 0;}")]
    [InlineData("void G() => Environment.Exit(1);", "void G() {E  X(1);}")]
    [InlineData("async Task H() => await Task.Yield();", "async Task H() {E  await Task.Yield();}")]
    [InlineData("async Task<int> I() => await J();", "async Task<int> I() {E return  await J();}")]
    [InlineData("int K() => throw new Exception();", "int K() {E  throw new Exception();}")]
    [InlineData("Action a = () => { };", "Action a = () => {E };")]
    [InlineData("class C { public C() { } int P { get { return 1; } } int Q => 2; }", "class C { public C() {E } int P { get {E return 1; } } int Q => 2; }")]
    [InlineData("var s = \"while (true) { }\"; // for (;;) { }", "var s = \"while (true) { }\"; // for (;;) { }")]
    [InlineData("System.Environment.Exit(2)", "X(2)")]
    public void Loops_and_methods_are_woven_in_place(string cell, string woven)
    {
        var text = Weave(cell);
        Assert.Equal(woven.Replace(" ", "", StringComparison.Ordinal), Short(text).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(cell.Split('\n').Length, text.Split('\n').Length);
    }

    [Fact]
    public async Task A_cell_of_every_construct_still_means_the_same()
    {
        const string cell = """
            var log = new List<object>();
            for (var i = 0; i < 3; i++) if (i == 1) continue; else log.Add(i);
            foreach (var x in new[] { 4, 5 }) { if (x == 5) break; log.Add(x); }
            foreach (var (k, v) in new Dictionary<int, int> { [6] = 7 }) log.Add(k * v);
            var n = 0; while (n < 2) { do n++; while (n < 1); }
            log.Add(n);
            IEnumerable<int> Numbers() { for (var i = 0; ; i++) yield return i; }
            log.Add(Numbers().Skip(3).First());
            static T Same<T>(T x) where T : notnull => x;
            ref int First(int[] a) { return ref a[0]; }
            var array = new[] { 1 }; First(array) = 8; log.Add(array[0]);
            async Task<int> Later() { await Task.Yield(); return Same(9); }
            log.Add(await Later());
            switch (n) { case 2: goto case 3; case 3: log.Add("three"); break; default: break; }
            Func<int, Func<int, int>> add = a => { return b => { return a + b; }; };
            log.Add(add(1)(2));
            System.Linq.Expressions.Expression<Func<int, int>> tree = a => a + 1;
            log.Add(tree.Compile()(1));
            unsafe { int* p = stackalloc int[2]; for (var i = 0; i < 2; i++) p[i] = i; log.Add(p[1]); }
            struct S { public int A; public S(int a) { A = a; } public static S operator +(S x, S y) { return new S(x.A + y.A); } public int this[int i] { get { return A + i; } } }
            log.Add((new S(1) + new S(2))[3]);
            using (var reader = new StringReader("line")) while (reader.ReadLine() is { } line) log.Add(line);
            lock (log) { try { throw new Exception(); } catch when (log.Count > 3) { log.Add("caught"); } finally { } }
            string.Join(" ", log)
            """;
        Assert.Empty(CSharpSyntaxTree.ParseText(Weave(cell), CellSyntax.Options, cancellationToken: TestContext.Current.CancellationToken).GetDiagnostics(TestContext.Current.CancellationToken));
        using var session = new TestSession();
        Assert.Equal("0 2 4 42 2 3 8 9 three 3 2 1 6 line caught", (await session.RunAsync(cell)).Result);
    }

    private static string Weave(string cell) => CellInstrumentation.Apply(CSharpSyntaxTree.ParseText(cell, CellSyntax.Options).GetRoot());

    private static string Short(string woven) => woven
        .Replace("global::Workbook.Kernel.CellGuard.Turn();", "T", StringComparison.Ordinal)
        .Replace("global::Workbook.Kernel.CellGuard.Enter();", "E", StringComparison.Ordinal)
        .Replace("global::Workbook.Kernel.CellGuard.Exit", "X", StringComparison.Ordinal);
}
