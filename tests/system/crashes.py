"""Rounds of writing and of dying at a random moment: what was acknowledged, and what of that is missing afterwards."""
import contextlib
import os
import random
import threading

import cluster
import powercut
from cluster import Process, Resp, RespError

WRITERS = 8
KEYS = 50  # of each writer, beside the one that has its last number


class Writers:
    """Connections that write keys of their own, each its next numbers; what was acknowledged is known.

    `batch`: so many numbers are sent at once. `known`: {writer: its last number that was acknowledged}."""

    def __init__(self, port, known, batch=1):
        self.port, self.known, self.batch = port, known, batch
        self.threads = [threading.Thread(target=self._write, args=(i,), daemon=True) for i in range(WRITERS)]
        for thread in self.threads:
            thread.start()

    def _write(self, writer):
        with contextlib.suppress(OSError, RespError), Resp(self.port, 10) as client:
            while True:
                first = self.known.get(writer, 0) + 1
                numbers = range(first, first + self.batch)
                client.pipeline([("SET", name, number) for number in numbers
                                 for name in (f"writer:{writer}", f"writer:{writer}:{number % KEYS}")])
                self.known[writer] = numbers[-1]

    def join(self):
        for thread in self.threads:
            thread.join()


def lost(node, known):
    """How many keys hold less than the last number that was acknowledged for them."""
    count = 0
    with node.resp() as client:
        for writer, last in known.items():
            numbers = [last, *range(max(1, last - KEYS + 1), last + 1)]
            names = [f"writer:{writer}", *(f"writer:{writer}:{number % KEYS}" for number in numbers[1:])]
            values = cluster.wait_until(lambda n=names: client("MGET", *n), "an answer")
            count += sum(int(value or 0) < number for value, number in zip(values, numbers))
    return count


def node(folder, policy, environment=None, *more):
    port = cluster.free_port()
    return Process(["--resp-port", 0, "--http-port", 0, "--gossip-port", port, "--data-dir", "data",
                    "--appendonly", "yes", "--appendfsync", policy, *more], folder, environment=environment)


def crash(policy, rounds, library=None, stub=False, batch=1, seconds=(0.3, 1.2), told=None):
    """Dies so often, every second time amid snapshots; with the loss of power if `library` is given (powercut.cc), and
    with fsyncs that do nothing if `stub`. What was acknowledged and is missing is counted anew after each death; with
    `stub` what is not there is no reason to look for it again. Gives (acknowledged writes, losses).
    `told`: is called after each round with the same."""
    missing = written = 0
    with cluster.folder() as folder:
        data, kept = os.path.join(folder, "data"), os.path.join(folder, "kept")
        os.makedirs(data)
        environment = powercut.environment(os.path.abspath(library), data, kept, stub) if library else None
        known, before, running = {}, 0, None
        for round_number in range(rounds + 1):
            more = ("--save", 1) if round_number % 2 else ()
            running = node(folder, policy, environment, *more).start().wait_ready()
            missing += lost(running, known)
            if told:
                told(written, missing)
            if stub:
                known.clear()
            if round_number == rounds:
                break
            before = sum(known.values())
            writers = Writers(running.resp_port, known, batch)
            threading.Event().wait(random.uniform(*seconds))  # at a random moment
            running.kill()
            writers.join()
            written += 2 * (sum(known.values()) - before)
            if library:
                powercut.cut(data, kept)
        running.kill()
    return written, missing
