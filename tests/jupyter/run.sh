#!/bin/sh
# Runs the kernel against real clients: nbclient, nbconvert, the notebook server and a browser.
#   tests/jupyter/run.sh [workbook.dll] [folder for the screenshot]
# Build src/Workbook.Cli first. Prints "N passed, N failed" and exits non-zero if anything failed; what is absent is skipped by name.
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

# Of the Pythons on this machine, one that has a Jupyter client.
for python in python3 /usr/bin/python3; do
    if "$python" -c "import nbclient, jupyter_client" 2>/dev/null; then
        exec "$python" "$here/clients.py" "$program" "${2:-}"
    fi
done
echo "skipped: everything, no Python with nbclient and jupyter_client"
echo "0 passed, 0 failed"
