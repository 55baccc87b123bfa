"""A seed that a mutant fails at, for tests that need a failing run: whoever changes core moves such seeds."""
import re
import subprocess


def failing_seed(sim, *arguments, check, most=600):
    """The first seed of which sim says that it is violated by that check: --seed N."""
    for seed in range(1, most + 1):
        done = subprocess.run([sim, "--seed", str(seed), *arguments], capture_output=True, text=True, timeout=600)
        if done.returncode == 1 and re.search(f"^{check}: ", done.stdout, re.M):
            return ["--seed", str(seed)]
    raise AssertionError(f"sim {' '.join(arguments)}: none of {most} seeds is violated by {check}")
