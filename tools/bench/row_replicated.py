"""SETs that two processes have when they are answered: a cluster of three with two copies, beside a redis-server with
one replica, each of whose SETs is followed by WAIT 1."""
import load
import servers

TITLE = "Replicated SET"
WANTED = 2.0  # times Redis' throughput
PIPELINE = 16


def measure(options):
    with servers.redis(replicas=1) as redis, servers.cluster(3) as ours:
        for server in (redis, ours):
            load.fill(server)
        command = {redis.name: "setwait", ours.name: "set"}
        runs = load.interleaved((redis, ours), options.runs,
                                lambda s: load.drive(s, command[s.name], PIPELINE, options.seconds))
    rates = {name: load.median(found, "rate") for name, found in runs.items()}
    ratio = rates[ours.name] / rates[redis.name]
    pairs = [o["rate"] / r["rate"] for o, r in zip(runs[ours.name], runs[redis.name])]
    rows = [[name, f"{rates[name]:.0f}", load.cost(found), f"{load.median(found, 'p99_us'):.0f}",
             f"{load.median(found, 'foreign'):.2f}"] for name, found in runs.items()]
    lines = [f"3 members, 2 copies, {load.CONNECTIONS} connections with {PIPELINE} commands each to one of them; "
             "redis: SET and WAIT 1, one replica. CPU of all processes together. As many times the operations: "
             f"{ratio:.2f} (pairs of runs: {min(pairs):.2f} to {max(pairs):.2f}).", ""]
    return (lines + load.table(["server", "op/s", "CPU µs/op", "p99 µs", "cores busy with other things"], rows),
            [("replicated SET, redis' op/s to ours", 1 / ratio, 1 / WANTED)])
