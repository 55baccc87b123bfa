"""One round of a fault, or of a planned change, under load: what was acknowledged, what of it was lost, whether the
history is linearizable, and how long the victim's slots did not accept writes."""

import collections
import dataclasses
import os
import random
import time

import cluster
from cluster import RespError, slot_of, wait_until
from history import History, Operation
from traffic import Probe, Traffic

HISTORIES = "build/bench/failover"
WRITES_BEFORE = 100  # acknowledged, before the fault strikes and after others took over
PROBES = 12
REGISTERS = 6
CUT_OFF_CLIENTS = 4
READ_AT_ONCE = 200


@dataclasses.dataclass
class Outcome:
    planned: bool
    acknowledged: int = 0
    unknown: int = 0
    lost: int = 0
    illegal: str | None = None  # what lincheck says
    outage: float | None = None  # seconds
    views_changed: bool | None = None  # None: there are none
    asked: int = 0  # of a planned change: commands meanwhile
    failed: int = 0  # refused, or executed and not answered
    closed: int = 0  # not read any more by a member that closed the connection
    p99_quiet: float = 0.0  # ms
    p99_during: float = 0.0
    errors: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # by their kind

    def __str__(self):
        parts = [f"{self.acknowledged} acknowledged, {self.unknown} unknown, {self.lost} lost"]
        if self.outage is not None:
            parts.append(f"writable again after {self.outage:.2f} s")
        if self.planned:
            parts.append(f"{self.failed} of {self.asked} commands failed, {self.closed} met a closing connection, "
                         f"p99 {self.p99_quiet:.1f} ms quiet, {self.p99_during:.1f} ms during")
        if self.views_changed:
            parts.append("the view changed")
        if self.errors:
            parts.append(", ".join(f"{count} × {error}" for error, count in self.errors.most_common()))
        if self.illegal:
            parts.append(f"NOT LINEARIZABLE\n{self.illegal}")
        return "; ".join(parts)


def of_fault(fault, members, network, turn, options):
    history, name = History(), f"{fault.name}-{turn}"
    victim = _victim(members, turn)
    others = [i for i, n in members.nodes.items() if i != victim]
    probes = keys_led_by(members, others[0], victim, name)
    outcome, epoch = Outcome(planned=False), _epoch(members, others[0])
    doors = members.doors(fault.served(others, turn))
    tag = f"{{{probes[0]}}}"  # of a slot that the victim leads: all that its own clients ask for
    theirs = registers(tag)
    with Traffic(history, name, members.doors(others), registers(name) + theirs, rate=options.rate) as traffic, \
            Traffic(history, tag, _door(members, victim), theirs, CUT_OFF_CLIENTS, options.rate) as apart:
        _wait_for_writes(apart, 1)
        _wait_for_writes(traffic, WRITES_BEFORE)
        struck = time.monotonic()
        fault.strike(members, victim, network, turn)
        if fault.takes_over:
            outcome.outage = Probe(history, doors, probes, cluster.PATIENCE).wait(struck)
        _wait_for_writes(traffic, WRITES_BEFORE)
        fault.heal(members, victim, network)
        if not fault.takes_over:
            Probe(history, doors, probes, cluster.PATIENCE).wait(struck)
        members.wait_whole()
        outcome.views_changed = epoch and _epoch(members, others[0]) != epoch
        wait_until(lambda: traffic.failures or traffic.acknowledged >= options.writes, "enough acknowledged writes",
                   2 * cluster.PATIENCE)
    _judged(outcome, history, members, name)
    return outcome


def of_change(change, members, turn, options):
    history, name = History(), f"{change.name}-{turn}"
    outcome = Outcome(planned=True)
    with Traffic(history, name, members.doors(list(members.nodes)), registers(name), rate=options.rate) as traffic:
        _wait_for_writes(traffic, WRITES_BEFORE)  # connections are there
        quiet = time.monotonic_ns()
        _wait_for_writes(traffic, options.writes)
        begun = time.monotonic_ns()
        change.change(members)
        ended = time.monotonic_ns()
        _wait_for_writes(traffic, WRITES_BEFORE)
    meanwhile = [o for o in history.operations if begun <= o.call < ended]
    outcome.p99_quiet = _p99(o for o in history.operations if quiet <= o.call < begun)
    outcome.p99_during = _p99(meanwhile)
    last = _judged(outcome, history, members, name)
    refused = [o for o in meanwhile if o.outcome != "ok" and not o.closed]
    closed = [o for o in meanwhile if o.closed]
    executed = [o for o in closed if o.op == "set" and o.value in last[o.key]]
    outcome.asked, outcome.closed = len(meanwhile), len(closed)
    outcome.failed = len(refused) + len(executed)
    return outcome


def _judged(outcome, history, members, name):
    """Fills in what the history tells. What was read of each key in the end."""
    for number, node in members.nodes.items():
        if not node.running():
            raise AssertionError(f"{name}: member {number} ended with {node.child.returncode} by itself:\n{node.log()}")
    sets = [o for o in history.operations if o.op == "set"]
    outcome.acknowledged = sum(o.outcome == "ok" for o in sets)
    outcome.unknown = sum(o.outcome == "unknown" for o in sets)
    outcome.errors.update(_kind(o.error) for o in history.operations if o.outcome != "ok")
    once = {o.key: o.value for o in sets if o.outcome == "ok" and o.key == o.value}
    last = read_everything(history, members, sorted({o.key for o in sets}))
    outcome.lost = sum(any(seen != value for seen in last[key]) for key, value in once.items())
    path = os.path.join(HISTORIES, f"{type(members).__name__.lower()}-{name}.json")
    outcome.illegal = history.judge(path)
    if outcome.illegal is None and outcome.lost == 0:
        os.remove(path)
    return last


def read_everything(history, members, keys):
    """{key: what was read, through each of two members}; asked again until it is answered."""
    seen = {key: [] for key in keys}
    for number in random.sample(sorted(members.nodes), min(2, len(members.nodes))):
        client = history.client()
        for start in range(0, len(keys), READ_AT_ONCE):
            part = keys[start:start + READ_AT_ONCE]
            wait_until(lambda: _read(history, members, client, number, part, seen), "every key to be readable")
    return seen


def _read(history, members, client, number, keys, seen):
    """One pipeline to one node, or, where that refers to another (Redis Cluster), one to each that leads some."""
    leaders = members.leaders(number) if type(members).__name__ == "RedisCluster" else None
    shares = {}
    for key in keys:
        shares.setdefault(leaders[slot_of(key)] if leaders else number, []).append(key)
    answered = []
    for at, share in shares.items():
        operations = [Operation(client, at, key, "get") for key in share]
        with members[at].resp() as connection:
            replies = connection.pipeline([("GET", key) for key in share])
        if any(isinstance(reply, RespError) for reply in replies):
            return False
        answered += [o.answered(None if r is None else r.decode()) for o, r in zip(operations, replies)]
    for operation in answered:
        history.add(operation)
        seen[operation.key].append(operation.result)
    return True


def keys_led_by(members, seen_by, number, prefix):
    leaders = members.leaders(seen_by)
    found, i = [], 0
    while len(found) < PROBES:
        key = f"{prefix}.probe{i}"
        i += 1
        if leaders[slot_of(key)] == number:
            found.append(key)
    return found


def _victim(members, turn):
    """Each member that leads slots in its turn."""
    first = next(i for i, n in members.nodes.items() if n.running())
    leading = sorted(set(members.leaders(first).values()))
    return leading[turn % len(leading)]


def registers(prefix):
    return [f"{prefix}.register{i}" for i in range(REGISTERS)]


def _door(members, victim):
    """Of the victim's own clients: they live where it does, and ask nobody else."""
    node = members[victim]
    return [(node.place, {(node.place.address, node.resp_port): victim})]


def _epoch(members, number):
    """Of the view; None at Redis Cluster."""
    return members[number].info("cluster").get("hypercache_view_epoch")


def _wait_for_writes(traffic, count):
    goal = traffic.acknowledged + count
    wait_until(lambda: traffic.failures or traffic.acknowledged >= goal, f"{count} acknowledged writes")


def _p99(operations):
    """Of those that were answered, in milliseconds."""
    took = sorted(o.seconds * 1000 for o in operations if o.outcome == "ok")
    return took[int(0.99 * (len(took) - 1))] if took else float("nan")


def _kind(error):
    """The code of an error reply, or what else is said."""
    word = error.partition(" ")[0]
    return word if word.isupper() else error
