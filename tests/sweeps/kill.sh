#!/bin/bash
# Kills a sweep with SIGKILL again and again at random moments, resumes it each time, and compares the table with that of an undisturbed run.
#   tests/sweeps/kill.sh [workbook.dll] [runs] [kills] [seed]
# Build src/Workbook.Cli first. Prints one line at the end and exits with 0 only if the two tables are equal byte for byte.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../src/Workbook.Cli/bin/Release/net10.0/workbook.dll}
runs=${2:-2000}
kills=${3:-20}
RANDOM=${4:-1}
if [ ! -f "$program" ]; then
    echo "workbook.dll is not built: dotnet build src/Workbook.Cli -c Release" >&2
    exit 1
fi
program=$(realpath "$program")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# Four settings, the seeds share the runs; small parts, so that kills meet the writing of parts as well as the journal.
cat >sweep.json <<EOF
{"version": 1, "name": "kill", "base": {"preset": "figure-1"},
 "set": {"steps": 300, "record": "log:10", "test_size": 0},
 "axes": [{"parameter": "sigma_p", "list": [0.5, 2]}, {"parameter": "optimizer", "list": ["signgd", "gd"]}],
 "seeds": {"from": 1, "count": $((runs / 4))}, "measures": "all"}
EOF
workbook() { dotnet "$program" "$@"; }

start=$(date +%s%N)
workbook sweep run sweep.json --part-rows $((runs / 8 + 1)) --out whole >/dev/null
took=$((($(date +%s%N) - start) / 1000000))

killed=0
finished=0
while [ "$killed" -lt "$kills" ]; do
    # Not through the function: it is the program itself that has to be killed.
    dotnet "$program" sweep run sweep.json --part-rows $((runs / 8 + 1)) --out killed >>log 2>&1 &
    process=$!
    # Together the kills take about the time of the whole sweep; the start of a process, before its first row, meets some of them too.
    wait_ms=$((200 + RANDOM % (3 * took / kills + 200)))
    sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
    if kill -9 "$process" 2>/dev/null; then
        killed=$((killed + 1))
        wait "$process" 2>/dev/null || true
    else
        wait "$process" || { echo "FAILED: $(tail -n 1 log)"; exit 1; }
        finished=$((finished + 1))
        # Done too early to be killed as often as asked: what is there is compared, and the rest of the kills meet a second sweep.
        workbook sweep collect killed --out "early$finished.parquet" >/dev/null
        cmp "early$finished.parquet" <(workbook sweep collect whole --out whole.parquet >/dev/null && cat whole.parquet) || { echo "FAILED: after $killed kills the tables differ"; exit 1; }
        mv killed "done$finished"
    fi
done
workbook sweep run sweep.json --part-rows $((runs / 8 + 1)) --out killed >>log 2>&1 || { echo "FAILED: the last run: $(tail -n 1 log)"; exit 1; }

workbook sweep collect whole --out whole.parquet >/dev/null
workbook sweep collect killed --out killed.parquet >collected || { echo "FAILED: collecting"; exit 1; }
files=$(find killed -type f | wc -l)
if ! cmp whole.parquet killed.parquet; then
    echo "FAILED: after $killed kills the tables differ: $(cat collected)"
    exit 1
fi
if ! grep -q "^$((runs / 4 * 4)) rows .* 0 of the plan are missing, 0 failed" collected; then
    echo "FAILED: $(cat collected)"
    exit 1
fi
if [ "$files" -gt $((8 + 2 * (finished + 1) + 6)) ]; then
    echo "FAILED: $files files are left"
    exit 1
fi
echo "ok: $runs runs, $killed kills, $finished sweeps finished before their kill, $files files, tables equal byte for byte"
