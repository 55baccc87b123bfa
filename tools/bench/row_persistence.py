"""What it costs to have data on disk, beside redis-server: clients while a snapshot of millions of keys is written, a
restart from a snapshot and from the log, and SETs under each policy."""
import re
import statistics
import time
import urllib.request

import load
import servers
from meter import resident_bytes

TITLE = "Persistence"
KEYS = 5_000_000
WANTED = {"p99.99 above quiet, ms": 5, "turn on a processor, ms": 2, "throughput lost, %": 10, "memory more, %": 5}
WANTED_RESTART, WANTED_EVERYSEC, WANTED_ALWAYS = 0.5, 0.85, 1.0  # of redis-server: time, CPU, rate turned round
RUNS_LEAST = 7  # of SETs by policy
QUIET_SECONDS = 1.5  # buffers are written by then
START_SECONDS = SAVE_SECONDS = 120.0

LOG = ("--appendonly", "yes", "--auto-aof-rewrite-percentage", "0")  # no snapshot of its own accord
OURS = (*LOG, "--data-dir", "data")


def measure(options):
    lines, verdicts = [], []
    for part in options.parts:
        text, found = PARTS[part](options)
        lines += [*text, ""]
        verdicts += found
    rows = [[what, f"{wanted:.2f}", f"{value:.2f}", "yes" if value <= wanted else "NO"]
            for what, value, wanted in verdicts]
    return [*lines, *load.table(["what", "wanted at most", "seen", "holds"], rows)], verdicts


# ---- clients while a snapshot is written

def _snapshots(options):
    rows, verdicts = [], []
    for kind in (servers.redis, lambda: servers.node(more=OURS)):
        with kind() as server:
            load.fill(server, keys=options.keys)
            time.sleep(QUIET_SECONDS)
            load.drive(server, "set", 1, options.seconds, keys=options.keys)  # what is new after the filling
            pairs = [_pair(server, options) for _ in range(options.runs)]
        found = {what: [pair[what] for pair in pairs] for what in pairs[0]}
        rows.append([server.name, *(f"{statistics.median(of):.1f} ({min(of):.1f} to {max(of):.1f})"
                                    for of in found.values())])
        print(" | ".join(rows[-1]), flush=True)
        if server.name == "hypercache":
            verdicts = [(f"snapshot: {what}", statistics.median(found[what]), wanted)
                        for what, wanted in WANTED.items()]
    return [f"SET at pipeline 1 by {load.CONNECTIONS} connections, among {options.keys} keys, quiet and while a "
            f"snapshot is written, {options.runs} pairs of {options.seconds:g} s: medians, in brackets from least to "
            "most. A turn is the longest of the loop, by the bounds of its histogram: as it lasted, with what took the "
            "processor away meanwhile, and what it had of a processor itself.", "",
            *load.table(["server", *found], rows)], verdicts


def _pair(server, options):
    before = _turns(server)
    quiet = load.drive(server, "set", 1, options.seconds, keys=options.keys)
    turns, memory, begun = _turns(server), resident_bytes(server.pids[0]), time.monotonic()
    server.ask(server.port, b"BGSAVE")
    beside = load.drive(server, "set", 1, options.seconds, keys=options.keys)
    under_way = _saves(server)
    most = max(_all_resident(server), memory)
    after = _turns(server)
    servers.wait_until(lambda: not _saves(server), "the snapshot is written", SAVE_SECONDS)
    if not under_way:
        print(f"{server.name}: the snapshot was over before the {options.seconds:g} s were", flush=True)
    return {"p99.99 above quiet, ms": (beside["p9999_us"] - quiet["p9999_us"]) / 1e3,
            "p99.99 quiet, ms": quiet["p9999_us"] / 1e3, "max, ms": beside["max_us"] / 1e3,
            **_longest_turns("", turns, after), **_longest_turns(" quiet", before, turns),
            "throughput lost, %": 100 * (1 - beside["rate"] / quiet["rate"]),
            "CPU more, %": 100 * (beside["cpu_us"] / quiet["cpu_us"] - 1),
            "memory more, %": 100 * (most / memory - 1), "snapshot, s": time.monotonic() - begun,
            "cores busy with other things": max(beside["foreign"], quiet["foreign"])}


def _saves(server):
    return "rdb_bgsave_in_progress:1" in server.ask(server.port, b"INFO persistence")


def _all_resident(server):
    """With the child that writes, whose pages are its own where the parent has changed them since."""
    with open(f"/proc/{server.pids[0]}/task/{server.pids[0]}/children", encoding="ascii") as listed:
        children = listed.read().split()
    private = 0
    for child in children:
        with open(f"/proc/{child}/smaps_rollup", encoding="ascii") as smaps:
            private += sum(int(line.split()[1]) * 1024 for line in smaps if line.startswith("Private_Dirty:"))
    return resident_bytes(server.pids[0]) + private


TURNS = {"turn": "duration", "turn on a processor": "processor"}


def _turns(server):
    """{of TURNS: {bound in seconds: turns up to it}}; nothing of redis-server."""
    if server.name == "redis":
        return {what: {} for what in TURNS}
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/metrics") as page:
        text = page.read().decode()
    found = {what: re.findall(rf'hypercache_loop_turn_{name}_seconds_bucket\{{le="([^"]+)"\}} (\d+)', text)
             for what, name in TURNS.items()}
    return {what: {float(bound.replace("+Inf", "inf")): int(count) for bound, count in buckets}
            for what, buckets in found.items()}


def _longest_turns(when, before, after):
    return {f"{what}{when}, ms": _longest_turn(before[what], after[what]) * 1e3 for what in TURNS}


def _longest_turn(before, after):
    """The bound below which all turns in between were; 0 if nothing is known."""
    total = max((after[bound] - before[bound] for bound in after), default=0)
    return min((bound for bound in after if after[bound] - before[bound] == total), default=0.0)


# ---- restarts

def _restarts(options):
    rows, verdicts = [], []
    kinds = {
        "snapshot": (servers.redis, lambda: servers.node(more=OURS)),
        "log": (lambda: servers.redis(more=LOG), lambda: servers.node(more=OURS)),
    }
    for what, (redis, ours) in kinds.items():
        seconds = {}
        for kind in (redis, ours):
            with kind() as server:
                load.fill(server, keys=options.keys)
                if what == "snapshot":
                    server.ask(server.port, b"BGSAVE")
                    servers.wait_until(lambda: not _saves(server), "the snapshot is written", SAVE_SECONDS)
                time.sleep(QUIET_SECONDS)
                seconds[server.name] = min(_restart(server, options.keys) for _ in range(2))
        ratio = seconds["hypercache"] / seconds["redis"]
        rows.append([what, f"{seconds['redis']:.2f}", f"{seconds['hypercache']:.2f}", f"{ratio:.2f}"])
        print(" | ".join(rows[-1]), flush=True)
        verdicts.append((f"restart from the {what}, ours to redis'", ratio, WANTED_RESTART))
    return [f"From kill -9 to all {options.keys} keys served again, the quicker of two.", "",
            *load.table(["from", "redis s", "hypercache s", "ratio"], rows)], verdicts


def _restart(server, keys):
    begun = time.monotonic()
    server.start_again()
    while f":{keys}" not in server.ask(server.port, b"DBSIZE"):
        if time.monotonic() - begun > START_SECONDS:
            raise SystemExit(f"{server.name}: its keys are not back after {START_SECONDS:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - begun


# ---- SETs by policy

def _policies(options):
    rows, verdicts = [], []
    for policy in ("everysec", "always"):
        fsync = ("--appendfsync", policy)
        with servers.redis(more=(*LOG, *fsync)) as redis, \
                servers.node(more=(*OURS, *fsync)) as ours:
            for server in (redis, ours):
                load.fill(server)
            for pipeline in (1, 16):
                runs = load.interleaved((redis, ours), max(RUNS_LEAST, options.runs),
                                        lambda s: load.drive(s, "set", pipeline, options.seconds))
                cpu = load.median(runs["hypercache"], "cpu_us") / load.median(runs["redis"], "cpu_us")
                rate = load.median(runs["hypercache"], "rate") / load.median(runs["redis"], "rate")
                rows.append([policy, str(pipeline), load.cost(runs["redis"]), load.cost(runs["hypercache"]),
                             f"{cpu:.2f}", f"{load.median(runs['redis'], 'rate'):.0f}",
                             f"{load.median(runs['hypercache'], 'rate'):.0f}", f"{rate:.2f}"])
                print(" | ".join(rows[-1]), flush=True)
                verdicts.append((f"SET with {policy} at pipeline {pipeline}, CPU, ours to redis'", cpu, WANTED_EVERYSEC)
                                if policy == "everysec" else
                                (f"SET with {policy} at pipeline {pipeline}, op/s, redis' to ours", 1 / rate,
                                 1 / WANTED_ALWAYS))
    return [f"SET by {load.CONNECTIONS} connections.", "",
            *load.table(["appendfsync", "pipeline", "redis CPU µs/op", "hypercache CPU µs/op", "ratio", "redis op/s",
                         "hypercache op/s", "ratio"], rows)], verdicts


PARTS = {"snapshots": _snapshots, "restarts": _restarts, "policies": _policies}
