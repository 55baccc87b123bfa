"""Loads, by the programs that make them: kvload for RESP, wrk for HTTP. Each gives what one run cost the server:
{rate, p99_us, cpu_us (of the server, per operation), foreign (cores busy with other things)}."""
import re
import statistics
import subprocess

from meter import Meter, spread_percent
from servers import PROJECT, need

KVLOAD = f"{PROJECT}/build/release/tools/kvload"
CONNECTIONS = 50
VALUE_BYTES = 100
KEYS = 1_000_000


def _run(server, arguments):
    arguments = [str(a) for a in arguments]
    with Meter(server.pids) as meter:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{server.name}: {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout, meter


def kvload(server, command, *more, pipeline, misses=0, keys=KEYS):
    """`more`: further flags of kvload. `misses`: how many are allowed; a fixed reply misses nothing."""
    out, meter = _run(server, [KVLOAD, "--port", server.port, "--command", command, "--pipeline", pipeline, "--keys",
                               keys, "--value-bytes", VALUE_BYTES, *more])
    operations, _, rate, _, p99, _, p9999, longest, _, missing, _ = map(float, out.split())
    if missing > misses:
        raise SystemExit(f"{server.name}: {missing:.0f} of {operations:.0f} keys were missing")
    return {"rate": rate, "p99_us": p99, "p9999_us": p9999, "max_us": longest, "cpu_us": meter.cpu / operations * 1e6,
            "foreign": meter.foreign}


def fill(server, *more, keys=KEYS):
    """Every key once."""
    return kvload(server, "set", "--connections", 4, "--operations", keys, "--in-order", *more, pipeline=64,
                  keys=keys)


def drive(server, command, pipeline, seconds, keys=KEYS):
    return kvload(server, command, "--connections", CONNECTIONS, "--operations", 10**12, "--seconds", seconds,
                  pipeline=pipeline, keys=keys)


def wrk(server, path, seconds, *more):
    need("wrk", "wrk")
    url = f"http://127.0.0.1:{server.http_port}{path}"
    out, meter = _run(server, ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", *more,
                               url])
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"{server.name}: {url}: {out}")
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
            "p99_us": float(p99) * {"us": 1, "ms": 1e3, "s": 1e6}[unit],
            "cpu_us": meter.cpu / requests * 1e6, "foreign": meter.foreign}


def interleaved(servers, runs, measure):
    """{name: [run, …]}: in turn, so that a busy moment of the machine meets all of them."""
    found = {server.name: [] for server in servers}
    for _ in range(runs):
        for server in servers:
            found[server.name].append(measure(server))
    return found


def median(runs, what):
    return statistics.median(run[what] for run in runs)


def cost(runs):
    """CPU per operation: the median, and from least to most in percent of it."""
    return f"{median(runs, 'cpu_us'):.2f} ({spread_percent([run['cpu_us'] for run in runs]):.0f})"


def table(columns, rows):
    return [f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows)]
