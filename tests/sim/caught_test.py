"""The tester is tested: named mutants are caught, and the original's routing bug shows in both directions."""
import pathlib
import subprocess
import sys

SIM = sys.argv[1]
PLANS = pathlib.Path(__file__).parent.parent / "seeds"
CAUGHT = {1, 2, 3}  # property, liveness, internal check
MUTANTS = ["read-uncommitted", "cached-clock", "no-epoch-check", "serve-before-takeover", "boundary-before-wait",
           "pipeline-overtakes", "drift-beyond-bound", "suspicion-never-refuted"]


def sim(*arguments):
    done = subprocess.run([SIM, *arguments], capture_output=True, text=True, timeout=200)
    return done.returncode, done.stdout


failed = []
for mutant in MUTANTS:
    status, said = sim("--seeds", "1..300", "--nodes", "3", "--slots", "16", "--faults", "--jobs", "2",
                       "--mutant", mutant)
    print(f"{mutant}: status {status}", flush=True)
    if status not in CAUGHT:
        failed.append(f"{mutant} was not caught in 300 seeds:\n{said[-2000:]}")

status, said = sim("--seed", "1", "--nodes", "3", "--slots", "16", "--mutant", "one-in-five")
print(f"one-in-five: status {status}", flush=True)
if status != 1 or "GET" not in said:
    failed.append(f"one-in-five: no failing GET without faults:\n{said[-2000:]}")
status, said = sim("--seed", "1", "--nodes", "3", "--slots", "16")
if status != 0:
    failed.append(f"the same seed without the mutant: status {status}\n{said[-2000:]}")

# Plans that once showed a bug: their second line says how to run them, a line "# mutant NAME" what they catch.
for plan in sorted(PLANS.glob("*.plan")):
    notes = [line[2:].split() for line in plan.read_text().splitlines() if line.startswith("# ")]
    arguments = [*notes[0][1:], "--plan", str(plan)]
    mutants = [words[1] for words in notes if words[0] == "mutant"]
    status, said = sim(*arguments)
    caught = {mutant: sim(*arguments, "--mutant", mutant)[0] for mutant in mutants}
    print(f"{plan.name}: status {status}, with mutants {caught}", flush=True)
    if status != 0 or not CAUGHT.issuperset(caught.values()):
        failed.append(f"{plan.name}: status {status}, with mutants {caught}\n{said[-2000:]}")

print("\n".join(failed) or "all caught")
sys.exit(1 if failed else 0)
