"""GET and SET on one node, beside redis-server, with echo_limit as the floor."""
import contextlib

import load
import servers

TITLE = "One node"
WANTED = {1: 1.0}  # by pipeline; of Redis' CPU per operation
WANTED_DEEPER = 0.7


def measure(options):
    with contextlib.ExitStack() as stack:
        redis, ours, floor = (stack.enter_context(kind())
                              for kind in (servers.redis, servers.node, servers.echo_limit))
        for server in (redis, ours, floor):
            load.fill(server)
        rows, verdicts = [], []
        for command in ("get", "set"):
            for pipeline in options.pipelines:
                runs = load.interleaved((redis, ours, floor), options.runs,
                                        lambda s: load.drive(s, command, pipeline, options.seconds))
                row, ratio = _row(command, pipeline, *(runs[s.name] for s in (redis, ours, floor)))
                rows.append(row)
                verdicts.append((f"{command.upper()} at pipeline {pipeline}", ratio,
                                 WANTED.get(pipeline, WANTED_DEEPER)))
                print(" | ".join(row), flush=True)
    lines = [f"{load.CONNECTIONS} connections, values of {load.VALUE_BYTES} bytes, {load.KEYS} keys.", ""]
    return lines + load.table(["command", "pipeline", "redis CPU µs/op", "hypercache CPU µs/op", "echo_limit CPU µs/op",
                               "ratio to redis", "op/s: redis, hypercache, echo_limit", "p99 µs: redis, hypercache",
                               "cores busy with other things"], rows), verdicts


def _row(command, pipeline, redis, ours, floor):
    ratio = load.median(ours, "cpu_us") / load.median(redis, "cpu_us")
    rates = ", ".join(f"{load.median(runs, 'rate'):.0f}" for runs in (redis, ours, floor))
    p99 = ", ".join(f"{load.median(runs, 'p99_us'):.0f}" for runs in (redis, ours))
    return [command.upper(), str(pipeline), load.cost(redis), load.cost(ours), load.cost(floor), f"{ratio:.2f}", rates,
            p99, f"{load.median(redis + ours + floor, 'foreign'):.2f}"], ratio
