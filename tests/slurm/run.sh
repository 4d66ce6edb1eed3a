#!/bin/bash
# A sweep as an array job on a Slurm of its own: one node, 16 tasks, two cancelled, one restart of the node; status, submission of the rest, and the
# table against that of a local run, byte for byte.
#   tests/slurm/run.sh [workbook.dll]
# Needs Debian's munge, slurmctld, slurmd, slurm-client, and root, whom slurmctld and slurmd here belong to. Build src/Workbook.Cli first. Where slurmdbd and
# mariadb-server are installed too, the cluster keeps accounts, and status is asked once more when squeue has forgotten everything.
# Prints ok: and FAILED: lines; exits with 0 only if nothing failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../src/Workbook.Cli/bin/Release/net10.0/workbook.dll}
passed=0
failed=0
ok() { echo "ok: $1"; passed=$((passed + 1)); }
bad() { echo "FAILED: $1"; failed=$((failed + 1)); }
check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@"; then ok "$name"; else bad "$name"; fi
}
for tool in munged slurmctld slurmd sbatch squeue scancel scontrol python3; do
    command -v "$tool" >/dev/null || { echo "FAILED: $tool is not installed (munge, slurmctld, slurmd, slurm-client, python3)"; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "FAILED: slurmd needs root"; exit 1; }
[ -f "$program" ] || { echo "FAILED: workbook.dll is not built: dotnet build src/Workbook.Cli -c Release"; exit 1; }
program=$(realpath "$program")

folder=$(mktemp -d)
chmod 755 "$folder"
pids=()
slurmd_pid=
stop() { # ends a process that this script started, and waits for it
    kill "$1" 2>/dev/null || return 0
    for _ in $(seq 50); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
    kill -9 "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}
tasks() { # process numbers of the tasks that run, as the store has them
    sed -nE 's/.*"Process":([0-9]+).*/\1/p' "$folder"/out*/rows/*/owner-*.json 2>/dev/null
}
finish() {
    scancel --full --state=RUNNING --user=root >/dev/null 2>&1
    scancel --user=root >/dev/null 2>&1
    for _ in $(seq 50); do [ -z "$(squeue -h 2>/dev/null)" ] && break; sleep 0.2; done
    [ -n "$slurmd_pid" ] && stop "$slurmd_pid"
    for ((k = ${#pids[@]} - 1; k >= 0; k--)); do stop "${pids[k]}"; done
    wait 2>/dev/null
    # What a task left running would hold files of this folder.
    for process in $(tasks); do kill -9 "$process" 2>/dev/null; done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("", 0)); print(s.getsockname()[1])'; }
until_true() { # until_true SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.3
    done
}

# A cluster of its own: keys, ports, folders and node of this folder alone.
mkdir -p "$folder"/{munge,state,spool}
chmod 700 "$folder/munge"
head -c 128 /dev/urandom >"$folder/munge/key"
chmod 600 "$folder/munge/key"
host=$(hostname -s)
export SLURM_CONF=$folder/slurm.conf
accounting=
accounts=
if command -v slurmdbd >/dev/null && command -v mariadbd >/dev/null; then
    accounting=yes
    database=$(port)
    accountant=$(port)
    accounts="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$accountant
AccountingStoragePass=$folder/munge.socket"
fi
cat >"$SLURM_CONF" <<EOF
ClusterName=workbook
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$(port)
SlurmdPort=$(port)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
$accounts
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdTimeout=60
KillWait=5
SchedulerParameters=sched_interval=1,sched_min_interval=100000
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=short Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
munged --force --foreground --key-file="$folder/munge/key" --socket="$folder/munge.socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" --num-threads=2 >"$folder/munged.out" 2>&1 &
pids+=($!)
until_true 10 test -S "$folder/munge.socket" || { bad "munged starts"; cat "$folder/munged.out"; exit 1; }
if [ -n "$accounting" ]; then
    # A database of this folder alone, for as long as the test lasts.
    mariadb-install-db --no-defaults --user=root --datadir="$folder/database" --auth-root-authentication-method=normal --skip-test-db >"$folder/install-db.out" 2>&1
    mariadbd --no-defaults --user=root --datadir="$folder/database" --bind-address=127.0.0.1 --port="$database" --socket="$folder/mariadb.socket" \
        --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 --pid-file="$folder/mariadb.pid" >"$folder/mariadbd.out" 2>&1 &
    pids+=($!)
    until_true 30 test -S "$folder/mariadb.socket" || { bad "the database starts"; tail -n 20 "$folder/mariadbd.out" "$folder/install-db.out"; exit 1; }
    secret=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
    mariadb --no-defaults --socket="$folder/mariadb.socket" -u root -e "CREATE DATABASE slurm_acct_db; CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY '$secret'; GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1'"
    cat >"$folder/slurmdbd.conf" <<EOF
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$accountant
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$database
StorageUser=slurm
StoragePass=$secret
StorageLoc=slurm_acct_db
LogFile=$folder/slurmdbd.log
PidFile=$folder/slurmdbd.pid
EOF
    chmod 600 "$folder/slurmdbd.conf"
    slurmdbd -D >"$folder/slurmdbd.out" 2>&1 &
    pids+=($!)
    if until_true 30 sacctmgr -i add cluster workbook >"$folder/sacctmgr.out" 2>&1; then ok "accounts are kept"; else
        bad "accounts are kept"
        tail -n 20 "$folder"/slurmdbd.* "$folder/sacctmgr.out"
        exit 1
    fi
fi
slurmctld -D -i >"$folder/slurmctld.out" 2>&1 &
controller=$!
pids+=($controller)
start_node() {
    # -c would clear the node's memory of its jobs; here they outlive it.
    slurmd -D -N "$host" >>"$folder/slurmd.out" 2>&1 &
    slurmd_pid=$!
}
node_state() { sinfo -h -o %T 2>/dev/null; }
node_up() { case $(node_state) in idle | mixed | allocated | completing) true ;; *) false ;; esac; }
start_node
if until_true 30 node_up; then ok "a cluster of one node answers"; else
    bad "a cluster of one node answers ($(node_state))"
    tail -n 20 "$folder"/*.log "$folder"/*.out
    exit 1
fi

# 128 blocks of 16 rows, so that each of 16 shards has eight.
cd "$folder"
cat >sweep.json <<'EOF'
{"version": 1, "name": "array", "base": {"preset": "figure-1"},
 "set": {"steps": 1500, "record": "log:10", "test_size": 0},
 "axes": [{"parameter": "sigma_p", "list": [0.5, 2]}, {"parameter": "s", "list": [10, 3000]}],
 "seeds": {"from": 1, "count": 512}, "measures": "all"}
EOF
rows=2048
workbook() { dotnet "$program" "$@"; }
out="$folder/out '\$(touch escaped) é" # a name that a shell would act on
field() { python3 -c 'import json, sys; x = json.load(sys.stdin)
for k in sys.argv[1:]: x = x[k]
print(x)' "$@"; }
status() { workbook sweep status sweep.json --out "$out" --json; }

workbook sweep run sweep.json --out local >local.log 2>&1 || { bad "the local run"; cat local.log; exit 1; }
workbook sweep collect local --out local.parquet >/dev/null

workbook sweep submit sweep.json --slurm --array-size 16 --partition short --time 10:00 --mem 50M --out "$out" --dry-run >script.sh 2>dry.log
check "the dry run's script is bash" bash -n script.sh
check "the dry run asks for 16 tasks and writes nothing" bash -c 'grep -qx "#SBATCH --array=1-16" script.sh && ! [ -e "$1" ]' - "$out"

job_of() { sed -nE 's/^job ([0-9]+):.*/\1/p' "$1"; }
workbook sweep submit sweep.json --slurm --array-size 16 --partition short --time 10:00 --mem 50M --out "$out" >submit.log 2>&1
job=$(job_of submit.log)
if [ -n "$job" ]; then ok "an array job is submitted"; else
    bad "an array job is submitted"
    cat submit.log
    exit 1
fi
# Two tasks are taken out before their turn, the last ones, and held first so that they stay where they are.
scontrol hold "${job}_15" && scontrol hold "${job}_16"
states() { squeue -h -r -t all -j "$job" -o '%K %T' 2>/dev/null; }
some_running() { states | grep -q RUNNING; }
some_done() { [ "$(states | grep -c COMPLETED)" -ge "$1" ]; }
until_true 40 some_done 2 || bad "two tasks complete"
scancel "${job}_15" "${job}_16"
until_true 20 some_running

# In the middle: what it says has to lie between what was true before and after.
before=$(states | grep -c COMPLETED)
status >middle.json
after=$(states | grep -Evc PENDING)
python3 - "$before" "$after" "$rows" <<'EOF' && ok "status in the middle" || bad "status in the middle: $(cat middle.json)"
import json, sys
before, after, rows = map(int, sys.argv[1:])
s = json.load(open("middle.json"))
n = s["states"]
assert s["shards"] == 16 and sum(n.values()) == 16, n
assert before <= n["done"] <= after - 2, (before, n, after)
assert s["done"] + s["missing"] == rows == s["rows"]
stopped = [x for x in s["shard"] if x["state"] == "stopped"]
assert [x["k"] for x in stopped] == [15, 16] and all(x["slurm"] == "CANCELLED" and x["done"] == 0 for x in stopped), stopped
assert n["queued"] > 0 or n["running"] > 0, n
assert "squeue" in s["slurm"], s["slurm"]
EOF
workbook sweep submit sweep.json --slurm --array-size 8 --out "$out" >other.log 2>&1 && bad "another division is refused while tasks wait" || ok "another division is refused while tasks wait"

# The node goes down and its tasks with it, by SIGKILL; what they had finished stays.
until_true 20 some_running
victims=
some_tasks() { victims=$(tasks); [ -n "$victims" ]; }
until_true 20 some_tasks
stop "$slurmd_pid"
slurmd_pid=
killed=0
for victim in $victims; do kill -9 "$victim" 2>/dev/null && killed=$((killed + 1)); done
check "the node goes down with a task on it" test "$killed" -gt 0
sleep 1
status >down.json && check "status answers while the node is down" test "$(field shards <down.json)" = 16
start_node
check "the node is back" until_true 30 node_up

# All that can still end has ended: then exactly what is missing is sent again.
quiet() { ! states | grep -Eq 'PENDING|RUNNING|COMPLETING|CONFIGURING|REQUEUED|SUSPENDED'; }
until_true 100 quiet || { bad "the tasks end"; states; tail -n 5 "$folder"/*.log; }
status >ended.json
python3 - "$rows" <<'EOF' && ok "status at the end of the first job" || bad "status at the end of the first job: $(cat ended.json)"
import json, sys
s = json.load(open("ended.json"))
n = s["states"]
open("missing", "w").write(",".join(str(x["k"]) for x in s["shard"] if x["state"] != "done"))
assert n["queued"] == n["running"] == n["missing"] == 0 and n["done"] + n["stopped"] == 16, n
assert {15, 16} <= {x["k"] for x in s["shard"] if x["state"] == "stopped"}
assert all((x["done"] == x["rows"]) == (x["state"] == "done") for x in s["shard"])
assert s["missing"] == sum(x["rows"] - x["done"] for x in s["shard"]) > 0
EOF
workbook sweep submit sweep.json --slurm --partition short --out "$out" >again.log 2>&1
second=$(job_of again.log)
sent=$(scontrol show job "$second" 2>/dev/null | sed -nE 's/.*ArrayTaskId=([^ ]+).*/\1/p' | tr '\n' ',')
check "the second job is sent" test -n "$second"
python3 - "$(cat missing)" "$sent" <<'EOF' && ok "it has the missing shards and no other ($(cat missing))" || bad "the second job has $sent, missing are $(cat missing)"
import sys
def numbers(text):
    out = set()
    for part in text.strip(",").split(","):
        ends = part.split("%")[0].split("-")
        out |= set(range(int(ends[0]), int(ends[-1]) + 1))
    return out
assert numbers(sys.argv[1]) == numbers(sys.argv[2])
EOF
job=$second
until_true 60 quiet || { bad "the second job ends"; states; }
status >last.json
check "status: everything is done" test "$(field missing <last.json) $(field states done <last.json)" = "0 16"
check "status: rows that cannot be run are told as failed" test "$(field failed <last.json)" = "$(field failed < <(workbook sweep status local --json))"
workbook sweep submit sweep.json --slurm --out "$out" >nothing.log 2>&1
check "then there is nothing to submit" grep -q '^nothing to submit: 16 of 16 shards are done' nothing.log
workbook sweep collect "$out" --out array.parquet >collect.log 2>&1
check "the array's table equals the local run's byte for byte" cmp local.parquet array.parquet
check "no name was taken for a command" bash -c '! find "$1" -name escaped | grep -q .' - "$folder"

# Where accounts are kept, sacct tells of tasks that squeue has long forgotten; where not, status says so.
if [ -n "$accounting" ]; then
    # The controller writes to the accounts when it finds the time; what it has not written when it stops is lost.
    recorded() { [ "$(sacct -n -P -X -j "$second" --format=State | grep -vc 'PENDING\|RUNNING')" -ge "$(tr ',' '\n' <missing | grep -c .)" ]; }
    until_true 60 recorded || bad "the accounts have the second job: $(sacct -n -P -X -j "$second" --format=JobID,State)"
    stop "$controller"
    slurmctld -D -c >>"$folder/slurmctld.out" 2>&1 &
    pids+=($!)
    until_true 30 node_up
    forgotten() { [ -z "$(squeue -h -t all 2>/dev/null)" ]; }
    check "squeue has forgotten the jobs" forgotten
    status >sacct.json
    # A task that went down with the node may just have written its last row: done, and FAILED all the same.
    python3 - "$(cat missing)" "$killed" <<'EOF' && ok "status from sacct alone" || { bad "status from sacct alone: $(cat sacct.json)"; sacct -n -P -X --format=JobID,State,NodeList; }
import json, sys
missing = {int(x) for x in sys.argv[1].split(",")}
s = json.load(open("sacct.json"))
before = {x["k"]: x["slurm"] for x in json.load(open("last.json"))["shard"]}
assert s["slurm"].endswith("sacct"), s["slurm"]
first, second = s["jobs"]
for x in s["shard"]:
    assert x["state"] == "done" and x["job"] == (second if x["k"] in missing else first) and x["slurm"] == before[x["k"]], x
assert sum(word != "COMPLETED" for word in before.values()) <= int(sys.argv[2]), before
EOF
else
    check "status says that there are no accounts" grep -q 'sacct does not answer\|sacct is not installed' last.json
fi
if [ "$failed" -gt 0 ]; then
    for log in submit.log again.log collect.log middle.json ended.json last.json; do echo "-- $log"; cat "$log"; done
    tail -n 15 "$folder/slurmctld.log" "$folder/slurmd.log"
    for log in "$out"/slurm/*/task-*.txt; do grep -H error "$log"; done
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
