#!/bin/bash
# A figure-1 sweep at size on all cores: rate, memory over time, files; then the same killed with SIGKILL at random moments and resumed each time, and the two tables
# compared byte for byte.
#   tests/sweeps/hundred-thousand.sh [runs] [kills] [seed] [workbook.dll] [keep]
# Default 100000 runs and 20 kills. Build src/Workbook.Cli first. Prints what it measured, ends with ok: or FAILED:; `keep` is a folder for the samples (memory.csv).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runs=${1:-100000}
kills=${2:-20}
RANDOM=${3:-1}
program=${4:-$here/../../src/Workbook.Cli/bin/Release/net10.0/workbook.dll}
keep=${5:-}
[ -f "$program" ] || { echo "workbook.dll is not built: dotnet build src/Workbook.Cli -c Release" >&2; exit 1; }
program=$(realpath "$program")
[ -z "$keep" ] || keep=$(realpath "$keep")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "FAILED: $*"; exit 1; }

# Stages and claims of every run: the most that a sweep is asked for.
cat >sweep.json <<EOF
{"version": 1, "name": "figure-1 at size", "base": {"preset": "figure-1"}, "set": {"record": "log:20", "test_size": 0}, "axes": [],
 "seeds": {"from": 1, "count": $runs}, "measures": "all", "claims": "all"}
EOF
part=$((runs / 8 + 1))
[ "$part" -gt 65536 ] && part=65536
run() { dotnet "$program" sweep run sweep.json --part-rows "$part" --out "$1"; }
resident() { awk '/^VmRSS/ {print $2}' "/proc/$1/status" 2>/dev/null || true; }

echo "seconds,resident_kb,rows" >memory.csv
start=$(date +%s%N)
dotnet "$program" sweep run sweep.json --part-rows "$part" --out whole >whole.log 2>&1 &
process=$!
while kill -0 "$process" 2>/dev/null; do
    kb=$(resident "$process")
    done_rows=$(tail -n 1 whole.log 2>/dev/null | sed -nE 's/.*"done":([0-9]+).*/\1/p')
    [ -n "$kb" ] && echo "$((($(date +%s%N) - start) / 1000000000)),$kb,${done_rows:-0}" >>memory.csv
    sleep 0.5
done
wait "$process" || fail "the undisturbed sweep: $(tail -n 1 whole.log)"
took=$((($(date +%s%N) - start) / 1000000))
[ -z "$keep" ] || cp memory.csv "$keep/"
rate=$(tail -n 1 whole.log | sed -nE 's/.*"rate":([0-9.]+).*/\1/p')
files=$(find whole -type f | wc -l)
echo "undisturbed: $runs runs on $(nproc) cores in $took ms, $rate runs/s, $files files, $(du -sk whole | cut -f1) kB"

# Memory is flat where the second half of the samples needs no more than the first, folding of parts and the collector's moods aside.
python3 - <<'EOF' || fail "memory grows with the rows"
import csv
kb = [int(r["resident_kb"]) for r in csv.DictReader(open("memory.csv"))][2:]
if len(kb) < 8:
    print(f"memory: {max(kb, default=0) / 1024:.0f} MB at most; too short a run to judge")
else:
    first, second = max(kb[:len(kb) // 2]), max(kb[len(kb) // 2:])
    print(f"memory: {first / 1024:.0f} MB at most in the first half, {second / 1024:.0f} MB in the second")
    assert second <= 1.3 * first + 64 * 1024
EOF

killed=0
again=0
while [ "$killed" -lt "$kills" ]; do
    dotnet "$program" sweep run sweep.json --part-rows "$part" --out killed >>killed.log 2>&1 &
    process=$!
    wait_ms=$((200 + (RANDOM * 32768 + RANDOM) % (2 * took / (kills + 1) + 400)))
    sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
    if kill -9 "$process" 2>/dev/null; then
        killed=$((killed + 1))
        wait "$process" 2>/dev/null || true
    else
        wait "$process" || fail "$(tail -n 1 killed.log)"
        # Done before its kill: the rest of the kills meet a sweep begun anew.
        mv killed "done$again"
        again=$((again + 1))
    fi
done
run killed >>killed.log 2>&1 || fail "the last run: $(tail -n 1 killed.log)"
after=$(find killed -type f | wc -l)

dotnet "$program" sweep collect whole --out whole.parquet >collected || fail "collecting"
grep -q "^$runs rows .* 0 of the plan are missing, 0 failed" collected || fail "$(cat collected)"
for store in killed $(seq -f done%g 0 $((again - 1))); do
    dotnet "$program" sweep collect "$store" --out "$store.parquet" >collected || fail "collecting $store"
    cmp whole.parquet "$store.parquet" || fail "after $killed kills the tables differ: $(cat collected)"
done
# Parts, one for every part that was due; plan twice, lock, list, and what kills left half written.
[ "$after" -le $((runs / part + 1 + 6 + 2 * kills)) ] || fail "$after files are left"
echo "ok: $runs runs, $killed kills, $again sweeps done before a kill, $files files undisturbed and $after after the kills, tables equal byte for byte"
