"""Clients of a cluster under faults: sequence writers (values and most keys are written once), registers that many
write, readers of both; everything they did and saw goes into a History.

A Client asks one node, which is how HyperCache is used; over Redis Cluster it follows -MOVED among `targets`.
"""

import collections
import random
import threading
import time

from cluster import Resp, RespError
from history import Operation

REPLY_WITHIN = 6.0  # seconds: the longest wait of a command (--deadline-ms) and one more
NOT_APPLIED = ("CLUSTERDOWN", "TRYAGAIN", "LOADING", "OOM", "MISCONF", "MOVED", "ASK", "READONLY", "MASTERDOWN")
MOVED_MOST = 3
PAUSE = 0.005  # seconds, before asking again where nobody listens or nothing is served


class Client:
    """Asks `targets`, {(address, port): number}, in their order, from a place: the first one, and the next whenever a
    connection fails. One thread's."""

    def __init__(self, history, place, targets):
        self.history, self.place, self.targets = history, place, list(targets.items())
        self.number = history.client()
        self.connections = {}
        self.at = 0

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()

    def set(self, key, value):
        return self._ask(Operation(self.number, 0, key, "set", value), "SET", key, value)

    def get(self, key):
        return self._ask(Operation(self.number, 0, key, "get"), "GET", key)

    def _ask(self, operation, *words):
        """The operation with its outcome, or None if nobody listened and so nothing was asked."""
        target = self.at
        for _ in range(MOVED_MOST):
            (address, port), operation.node = self.targets[target]
            connection = self._connection(address, port)
            if connection is None:
                break
            try:
                reply = self._exchange(connection, operation, words)
            except OSError as error:  # asked, and never answered
                self._drop(target)
                operation.closed = isinstance(error, ConnectionError)
                return self.history.add(operation.failed("unknown", str(error) or type(error).__name__))
            if not isinstance(reply, RespError):
                return self.history.add(operation.answered(reply if reply is None else _text(reply)))
            word, _, rest = str(reply).partition(" ")
            moved = self._known(rest) if word == "MOVED" else None
            if moved is None:
                if word != "UNKNOWN" and word not in NOT_APPLIED:
                    raise AssertionError(f"{words} was answered: {reply}")
                return self.history.add(operation.failed("unknown" if word == "UNKNOWN" else "not-applied", str(reply)))
            target = moved
        self._drop(target)
        return None

    @staticmethod
    def _exchange(connection, operation, words):
        operation.call = time.monotonic_ns()
        connection.send(*words)
        return connection.read()

    def _connection(self, address, port):
        held = self.connections.get((address, port))
        if held and held.closed_by_peer():  # while nothing was asked: no command is lost by that
            held.close()
            del self.connections[address, port]
        if (address, port) not in self.connections:
            try:
                self.connections[address, port] = Resp(port, REPLY_WITHIN, self.place, address)
            except OSError:
                return None
        return self.connections[address, port]

    def _drop(self, target):
        connection = self.connections.pop(self.targets[target][0], None)
        if connection:
            connection.close()
        self.at = (self.at + 1) % len(self.targets)

    def _known(self, moved):
        """The target that -MOVED names, "3999 127.0.0.1:6381", if it is one of ours."""
        address, _, port = moved.split()[1].rpartition(":")
        return next((i for i, (at, _) in enumerate(self.targets) if at == (address, int(port))), None)


def _text(reply):
    return reply.decode() if isinstance(reply, bytes) else str(reply)


class Traffic:
    """Some clients for each given (place, targets), as fast as `rate` per second and client, until its end. `name`
    begins every key but those of the registers."""

    def __init__(self, history, name, doors, registers, clients=2, rate=100.0):
        self.history, self.name, self.registers, self.rate = history, name, registers, rate
        self.acknowledged = 0  # about; for waiting
        self.fresh = collections.deque(maxlen=200)  # keys and values that were acknowledged a moment ago
        self.failures = []  # of our own threads
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(Client(history, place, targets),), daemon=True)
                        for place, targets in doors for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(2 * REPLY_WITHIN)
        if self.failures:
            raise self.failures[0]

    def _run(self, client):
        try:
            self._load(client)
        except BaseException as error:  # pylint: disable=broad-except; told by __exit__
            self.failures.append(error)
        finally:
            client.close()

    def _load(self, client):
        chance, number, due = random.Random(f"{self.name} {client.number}"), 0, time.monotonic()
        while not self.stopped.is_set():
            number += 1
            done = self._one(client, chance, f"{self.name}.{client.number}.{number}")
            if done is None or done.outcome == "not-applied":
                self.stopped.wait(PAUSE)
            elif done.op == "set" and done.outcome == "ok":
                self.acknowledged += 1
                self.fresh.append(done.key)
            due = max(due + 1 / self.rate, time.monotonic() - 0.1)
            self.stopped.wait(max(0.0, due - time.monotonic()))

    def _one(self, client, chance, unique):
        what, register = chance.random(), chance.choice(self.registers)
        if what < 0.55:
            return client.set(unique, unique)
        if what < 0.7:
            return client.set(register, unique)
        if what < 0.85 or not self.fresh:
            return client.get(register)
        return client.get(chance.choice(tuple(self.fresh)))


class Probe:
    """Writes each key through each door until it was acknowledged once: when a slot serves again."""

    def __init__(self, history, doors, keys, patience):
        self.history, self.keys, self.until = history, list(keys), time.monotonic() + patience
        self.done = {}  # key: when
        self.threads = [threading.Thread(target=self._write, args=(Client(history, place, targets), i, len(doors)),
                                         daemon=True) for i, (place, targets) in enumerate(doors)]
        for thread in self.threads:
            thread.start()

    def _write(self, client, first, step):
        tries = 0
        for key in self.keys[first::step]:
            while key not in self.done and time.monotonic() < self.until:
                tries += 1
                done = client.set(key, f"probe.{client.number}.{tries}")
                if done is not None and done.outcome == "ok":
                    self.done[key] = time.monotonic()
                else:
                    time.sleep(PAUSE)
        client.close()

    def wait(self, since):
        """Seconds from then until the last key was written."""
        for thread in self.threads:
            thread.join()
        never = set(self.keys) - set(self.done)
        if never:
            raise AssertionError(f"{len(never)} of {len(self.keys)} keys never accepted writes again: "
                                 f"{', '.join(sorted(never)[:3])}")
        return max(self.done.values()) - since
