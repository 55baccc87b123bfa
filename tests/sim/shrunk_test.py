"""Failing runs shrink: the plan is small, fails as it says, passes without its mutant, is the same for any --jobs."""
import pathlib
import subprocess
import sys
import tempfile

from failing import failing_seed

SIM = sys.argv[1]
FAULTS_MOST, OPERATIONS_MOST = 5, 10
# What fails, and the budget in runs: the same on every machine.
CASES = [
    (["--nodes", "3", "--slots", "16", "--mutant", "one-in-five"], 200),
    (["--nodes", "3", "--slots", "16", "--faults", "--mutant", "stale-check-after-wait"], 1500),
]


def sim(*arguments):
    done = subprocess.run([SIM, *arguments], capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout


def shrink(arguments, runs, jobs, plan):
    status, said = sim(*arguments, "--shrink", "--shrink-seconds", "10000", "--shrink-runs", str(runs), "--jobs",
                       str(jobs), "--shrink-to", str(plan))
    return status, said, plan.read_text() if plan.exists() else ""


failed = []
with tempfile.TemporaryDirectory() as folder:
    for setting, runs in CASES:
        name = setting[-1]
        arguments = [*failing_seed(SIM, *setting, check="linearizability"), *setting]
        plan = pathlib.Path(folder) / f"{name}.plan"
        status, said, text = shrink(arguments, runs, 2, plan)
        lines = [line for line in text.splitlines() if line[:1].isdigit()]
        operations = sum(" ask " in line for line in lines)
        faults = len(lines) - operations
        print(f"{name}: status {status}, {faults} faults, {operations} operations", flush=True)
        if status != 1 or not text or faults > FAULTS_MOST or operations > OPERATIONS_MOST:
            failed.append(f"{name} did not shrink: status {status}\n{text}\n{said[-2000:]}")
            continue
        if shrink(arguments, runs, 1, pathlib.Path(folder) / "alone.plan")[2] != text:
            failed.append(f"{name}: --jobs 1 shrinks to another plan")
        how = text.splitlines()[1].split()[2:]  # "# sim …"
        with_it, said = sim(*how, "--plan", str(plan), "--mutant", name)
        without, sound = sim(*how, "--plan", str(plan))
        if with_it != 1 or without != 0:
            failed.append(f"{name}: its plan ends with {with_it}, without the mutant with {without}\n{text}")

print("\n".join(failed) or "all shrunk")
sys.exit(1 if failed else 0)
