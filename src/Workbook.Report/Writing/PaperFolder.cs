using System.Text;
using Workbook.Core.Theory;
using Workbook.Notebooks.Text;

namespace Workbook.Report.Writing;

/// <summary>
/// A paper to start from: it compiles as it stands, has the figures at the text's width with labels in the text's fonts, and the claims with both sides as a table
/// and as macros, so that no number needs to be typed.
/// </summary>
internal static class PaperFolder
{
    internal static IReadOnlyDictionary<string, byte[]> Write(Findings findings, IReadOnlyList<Block> blocks)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        void Add(string path, string text) => files["paper/" + path] = Encoding.UTF8.GetBytes(text);
        var figures = new StringBuilder();
        foreach (Picture picture in blocks.OfType<Picture>())
        {
            var (pdf, tex) = picture.Figure.ToLatexPicture($"figures/{picture.Id}.pdf");
            files[$"paper/figures/{picture.Id}.pdf"] = pdf;
            Add($"figures/{picture.Id}.tex", tex);
            figures.Append($"\\begin{{figure}}[tp]\n  \\centering\\sffamily\n  \\input{{figures/{picture.Id}.tex}}\n  \\caption{{{Sentence(picture.Figure.Title)} {RichLabel.Parse(picture.Figure.Caption).ToLatex()} Source: {Escape.Latex(picture.Source).Replace("\"", "''", StringComparison.Ordinal)}.}}\n  \\label{{fig:{picture.Id}}}\n\\end{{figure}}\n\n");
        }
        ClaimSummary[] claims = [.. findings.Experiments.SelectMany(e => e.Claims)];
        Add("main.tex", Main(findings, claims, figures.ToString(), blocks.OfType<Grid>().Where(g => g.Id is "stages" or "last-step" or "noise-strength" or "digits")));
        Add("claims.tex", Claims(claims));
        foreach (Grid grid in blocks.OfType<Grid>().Where(g => g.Id is not ("claims" or "failing"))) Add($"tables/{grid.Id}.tex", Narrow(grid.Shown).ToLatex());
        Add("refs.bib", References);
        Add("Makefile", Make);
        Add(".gitignore", "*.aux\n*.bbl\n*.blg\n*.log\n*.out\nmain.pdf\n");
        return files;
    }

    /// <summary>Without the column of definitions, which a page has no room for.</summary>
    private static Notebooks.Table Narrow(Notebooks.Table table) => table.Select([.. table.Columns.Select(c => c.Name).Where(name => name != "definition")]);

    private static string Sentence(string title) => title.Length == 0 ? "" : $"\\textbf{{{RichLabel.Parse(title).ToLatex()}.}}";

    private static string Main(Findings findings, ClaimSummary[] claims, string figures, IEnumerable<Grid> tables)
    {
        var text = new StringBuilder();
        text.Append($$$"""
            \documentclass[10pt]{article}
            \usepackage[T1]{fontenc}
            \usepackage[utf8]{inputenc}
            \usepackage{lmodern}
            \usepackage[textwidth=5.5in,textheight=9in]{geometry}
            \usepackage{amsmath,amssymb,booktabs,graphicx,longtable,microtype,xcolor}
            \usepackage[round]{natbib}
            \usepackage[colorlinks,allcolors=blue!50!black]{hyperref}
            \input{claims}
            % A table wider than the text is made smaller; a narrow one stays as it is.
            \newsavebox{\fittedbox}
            \newcommand{\fitted}[1]{\sbox{\fittedbox}{#1}\ifdim\wd\fittedbox>\textwidth\resizebox{\textwidth}{!}{\usebox{\fittedbox}}\else\usebox{\fittedbox}\fi}
            \title{Notes on two-layer transformers\\under sign gradient descent}
            \author{}
            \date{}
            \begin{document}
            \maketitle

            \begin{abstract}
            We hold the statements of \citet{li2024signgd} against {{{findings.Runs.Count}}} finite runs. Of {{{claims.Length}}} claims
            {{{claims.Count(c => c.Verdict == Verdict.Holds)}}} hold and {{{claims.Count(c => c.Verdict == Verdict.Fails)}}} fail; both sides of each are in Table~\ref{tab:claims}.
            \end{abstract}

            \section{Setting}
            A sample is a pair of patches, $y\mu$ and $\xi$ in some order, with label $y=\pm1$, signal $\mu$ and noise $\xi$ on $s$ of $d$ coordinates with standard deviation
            $\sigma_p$. The model is
            \begin{equation*}
              F(W,X)=F_{+1}-F_{-1},\qquad F_j=\frac1{m_v}\sum_l \mathbf 1^\top W_{V,j}\,X\,\mathrm{softmax}\bigl(X^\top W_K^\top W_Q\,x^{(l)}\bigr),
            \end{equation*}
            trained on $n$ samples by $W\leftarrow W-\eta\,\mathrm{sgn}(\nabla L_S(W))$ on the logistic loss.

            \section{Four stages}
            Figure~\ref{fig:four-stages} shows one run, Table~\ref{tab:stages} the times over seeds. A number is cited by its claim: before the noise patch's attention on the
            signal has decayed, the largest share of pairs whose query and key noise have one sign is \claimleft{stage2.sign-alignment} (median over seeds).

            \section{Results}

            """);
        foreach (Grid grid in tables)
            text.Append($"\\begin{{table}}[tp]\n  \\centering\\footnotesize\n  \\fitted{{\\input{{tables/{grid.Id}.tex}}}}\n  \\caption{{{RichLabel.Parse(grid.Shown.Caption).ToLatex()}}}\n  \\label{{tab:{grid.Id}}}\n\\end{{table}}\n\n");
        text.Append(figures);
        text.Append("\\clearpage\n\\appendix\n\\section{Every claim}\n\\claimtable\n\n\\bibliographystyle{plainnat}\n\\bibliography{refs}\n\\end{document}\n");
        return text.ToString();
    }

    private static string Claims(ClaimSummary[] claims)
    {
        var text = new StringBuilder("""
            % Both sides of every claim. \claimleft{id}, \claimright{id} and \claimverdict{id} give a number where it is needed; \claimtable prints them all.
            \makeatletter
            \newcommand{\claim@set}[4]{\@namedef{claim@l@#1}{#2}\@namedef{claim@r@#1}{#3}\@namedef{claim@v@#1}{#4}}
            \newcommand{\claim@get}[2]{\@ifundefined{claim@#1@#2}{\PackageError{claims}{There is no claim #2}{}}{\@nameuse{claim@#1@#2}}}
            \newcommand{\claimleft}[1]{\claim@get{l}{#1}}
            \newcommand{\claimright}[1]{\claim@get{r}{#1}}
            \newcommand{\claimverdict}[1]{\claim@get{v}{#1}}

            """);
        foreach (ClaimSummary c in claims) text.Append($"\\claim@set{{{c.Claim.Id}}}{{{Number(c.Left.Median)}}}{{{Number(c.Right.Median)}}}{{{ReportTables.Word(c.Verdict)}}}\n");
        text.Append("\\makeatother\n\\newcommand{\\claimtable}{%\n{\\footnotesize\\begin{longtable}{@{}p{2.1in}rp{0.6in}rrl@{}}\n\\caption{Every claim: medians of both sides, and in how many runs it held.\\label{tab:claims}}\\\\\n");
        const string Head = "\\toprule\nclaim & left & & right & held & verdict\\\\\n\\midrule\n";
        text.Append(Head + "\\endfirsthead\n" + Head + "\\endhead\n\\bottomrule\n\\endfoot\n");
        foreach (ClaimSummary c in claims)
            text.Append($"{Breakable(c.Claim.Id)} & {Number(c.Left.Median)} & {Sign(c.Claim)} & {Number(c.Right.Median)} & {c.Held}/{c.Results.Count} & {ReportTables.Word(c.Verdict)}\\\\\n");
        return text.Append("\\end{longtable}}}\n").ToString();
    }

    /// <summary>An id that may break after its points and hyphens.</summary>
    private static string Breakable(string id) => Escape.Latex(id).Replace(".", ".\\allowbreak{}", StringComparison.Ordinal).Replace("-", "-\\allowbreak{}", StringComparison.Ordinal).Replace("/", "/\\allowbreak{}", StringComparison.Ordinal);

    private static string Sign(Claim claim) => claim.Relation switch
    {
        Relation.AtMost => "$\\le$",
        Relation.AtLeast => "$\\ge$",
        Relation.WithinFactor => FormattableString.Invariant($"$\\sim$ ($\\times${claim.Allowance})"),
        _ => FormattableString.Invariant($"$=$ ($\\pm${claim.Allowance})"),
    };

    private static string Number(double value)
    {
        string text = ShortNumbers.Short(value);
        int at = text.IndexOf('e', StringComparison.Ordinal);
        return text == "-" ? "--" : text is "inf" or "-inf" ? $"${text.Replace("inf", "\\infty", StringComparison.Ordinal)}$"
            : at < 0 ? $"${text}$" : $"${text[..at]}\\cdot10^{{{text[(at + 1)..]}}}$";
    }

    private const string References = """
        @misc{li2024signgd,
          title = {On the Optimization and Generalization of Two-layer Transformers with Sign Gradient Descent},
          author = {Li, Bingrui and Huang, Wei and Han, Andi and Zhou, Zhanpeng and Suzuki, Taiji and Zhu, Jun and Chen, Jianfei},
          year = {2024},
          eprint = {2410.04870},
          archivePrefix = {arXiv},
        }

        """;

    private const string Make = """
        # Needs pdflatex and bibtex (Debian: texlive-latex-recommended texlive-fonts-recommended lmodern).
        main.pdf: main.tex claims.tex refs.bib $(wildcard figures/*) $(wildcard tables/*)
        	pdflatex -interaction=nonstopmode -halt-on-error main
        	bibtex main
        	pdflatex -interaction=nonstopmode -halt-on-error main
        	pdflatex -interaction=nonstopmode -halt-on-error main

        .PHONY: clean
        clean:
        	rm -f main.aux main.bbl main.blg main.log main.out main.pdf

        """;
}
