#!/bin/sh
# The report, the book and the explorer in headless Chromium, through Playwright, with axe-core's rules.
#   tests/browser/run.sh [workbook.dll] [folder for pages and screenshots]
# Build src/Workbook.Cli first. Prints "N passed, N failed" and exits non-zero if anything failed; what is absent is skipped by name.
# ONLY=WORDS runs the checks with these words in their names; REUSE=1 takes the pages that an earlier call left in the folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-}
if [ -z "$program" ]; then
    for configuration in Release Debug; do
        candidate=$here/../../src/Workbook.Cli/bin/$configuration/net10.0/workbook.dll
        if [ -f "$candidate" ]; then program=$candidate; break; fi
    done
fi
if [ ! -f "$program" ]; then
    echo "workbook.dll is not built: dotnet build src/Workbook.Cli" >&2
    exit 1
fi

CHROMIUM=
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if CHROMIUM=$(command -v "$name"); then break; fi
done
absent=
[ -n "$CHROMIUM" ] || absent="Chromium"
command -v node >/dev/null && command -v npm >/dev/null || absent="${absent:+$absent and }Node.js with npm"
if [ -z "$absent" ] && ! (cd "$here" && npm ls >/dev/null 2>&1 || npm ci --no-audit --no-fund >/dev/null 2>&1); then
    absent="playwright-core and axe-core, which npm did not install"
fi
if [ -n "$absent" ]; then
    echo "skipped: everything, no $absent"
    echo "0 passed, 0 failed"
    exit 0
fi

if [ -n "${2:-}" ]; then
    mkdir -p "$2"
    WORK=$(cd "$2" && pwd)
else
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
fi
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
if [ -z "${REUSE:-}" ] || [ ! -f "$WORK/report/index.html" ] || [ ! -f "$WORK/site/index.html" ]; then
    dotnet "$program" reproduce --quick --out "$WORK/results" >/dev/null
    dotnet "$program" report --results "$WORK/results" --out "$WORK/report" >/dev/null
    dotnet "$program" notebook export "$here"/../../notebooks/*.ipynb --site --out "$WORK/site" >/dev/null
fi
export CHROMIUM WORK WORKBOOK_DLL="$program"
node "$here/checks.mjs" pages explorer
