"""Real hypercache-node processes for the system tests: started in folders of their own, waited for by what they say and
answer (never by a fixed sleep), and always reaped.

HC_NODE names the binary. Ports are chosen free at run time, outside the range that the system gives to clients.
"""

import contextlib
import ctypes
import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

from network import LOOPBACK

BINARY = os.environ.get("HC_NODE", "build/release/runtime/hypercache-node")
SLOTS = 16384
PATIENCE = 30.0  # seconds; how long anything may take before a test says that it did not happen
REBALANCED = 90.0  # the same for all slots of a member that leaves: under load they go by the hundred


class TimedOut(AssertionError):
    pass


def wait_until(condition, what, patience=PATIENCE, pause=0.02):
    """Calls condition() until it gives something true, and returns that. Errors of connections count as "not yet"."""
    end = time.monotonic() + patience
    last = None
    while time.monotonic() < end:
        try:
            result = condition()
            if result:
                return result
            last = result
        except (OSError, RespError, http.client.HTTPException) as error:
            last = error
        time.sleep(pause)
    raise TimedOut(f"after {patience} s still not: {what} (last seen: {last!r})")


# ---------------------------------------------------------------------------------------------------------------- ports

_taken = set()


def is_free(port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                if kind == socket.SOCK_STREAM:
                    probe.listen(1)
            except OSError:
                return False
    return True


def free_port():
    for _ in range(1000):
        port = random.SystemRandom().randrange(20000, 32000)
        if port not in _taken and is_free(port):
            _taken.add(port)
            return port
    raise AssertionError("no free port")


# ----------------------------------------------------------------------------------------------------------------- RESP


class RespError(Exception):
    pass


class Resp:
    """A Redis client of a few lines. Errors of the server are raised, or returned inside of pipelines and arrays."""

    def __init__(self, port, timeout=PATIENCE, place=LOOPBACK, address=None):
        """From `place` to the port of `address`, or of the place itself."""
        self.socket = place.connect(address or place.address, port, timeout)
        self.input = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.input.close()
        self.socket.close()

    def closed_by_peer(self):
        """While nothing was asked, as pools of connections look before they use one again."""
        return bool(select.select([self.socket], [], [], 0)[0])

    @staticmethod
    def encode(*words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        return b"".join(parts)

    def send(self, *words):
        self.socket.sendall(self.encode(*words))

    def read(self):
        line = self.input.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection was closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RespError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"_":
            return None
        if kind in (b"$", b"="):
            size = int(rest)
            if size < 0:
                return None
            data = self.input.read(size + 2)
            if len(data) != size + 2:
                raise ConnectionError("the connection was closed")
            return data[:-2] if kind == b"$" else data[4:-2]
        if kind in (b"*", b"~", b">"):
            return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(rest))}
        raise AssertionError(f"not RESP: {line!r}")

    def __call__(self, *words):
        self.send(*words)
        reply = self.read()
        if isinstance(reply, RespError):
            raise reply
        return reply

    def pipeline(self, commands):
        self.socket.sendall(b"".join(self.encode(*words) for words in commands))
        return [self.read() for _ in commands]


# ----------------------------------------------------------------------------------------------------------------- HTTP


class Http:
    """The REST API over one kept-alive connection."""

    def __init__(self, port, timeout=PATIENCE):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body as bytes)"""
        self.connection.request(method, path, body=body, headers=headers or {})
        answer = self.connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def json(self, method, path, document=None):
        """(status, document)"""
        body = None if document is None else json.dumps(document)
        headers = {} if document is None else {"Content-Type": "application/json"}
        status, _, text = self.request(method, path, body, headers)
        return status, json.loads(text)

    @staticmethod
    def path(key):
        return "/api/cache/" + urllib.parse.quote(key, safe="")

    def put(self, key, value, ttl=None):
        document = {"value": value} if ttl is None else {"value": value, "ttl": ttl}
        return self.json("PUT", self.path(key), document)

    def get(self, key):
        """The value, or None if there is none."""
        status, document = self.json("GET", self.path(key))
        if status == 404:
            return None
        if status != 200:
            raise RespError(f"{status} {document}")
        return document["data"]["value"]

    def delete(self, key):
        return self.json("DELETE", self.path(key))


# ---------------------------------------------------------------------------------------------------------------- nodes


_libc = ctypes.CDLL(None)


def die_with_the_test():
    """In the child: SIGKILL when the test's process ends, however it ends (PR_SET_PDEATHSIG)."""
    _libc.prctl(1, signal.SIGKILL)


class Process:
    """One hypercache-node with the given flags, in its own working folder. `environment` is added to this process's."""

    def __init__(self, arguments, folder, place=LOOPBACK, environment=None):
        self.arguments = [str(a) for a in arguments]
        self.folder = folder
        self.place = place
        self.environment = environment or {}
        self.log_path = os.path.join(folder, "stderr")
        self.lines = []
        self.child = None
        self.resp_port = self.http_port = self.gossip_port = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.place.command(self.command()), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, env=os.environ | self.environment, preexec_fn=die_with_the_test)
        self.lines = []
        threading.Thread(target=self._read_output, args=(self.child.stdout,), daemon=True).start()
        return self

    def command(self):
        return [os.path.abspath(BINARY), *self.arguments]

    def _read_output(self, pipe):
        for line in pipe:
            self.lines.append(line.decode().rstrip("\n"))
        pipe.close()

    def wait_ready(self, patience=PATIENCE):
        def ready():
            for line in self.lines:
                match = re.fullmatch(r"ready id=(\d+) resp=(\d+) http=(\d+) gossip=(\d+)", line)
                if match:
                    return [int(g) for g in match.groups()]
            if self.child.poll() is not None:
                raise AssertionError(f"ended with {self.child.returncode} before it was ready:\n{self.log()}")
            return None

        try:
            _, self.resp_port, self.http_port, self.gossip_port = wait_until(ready, "the line `ready …`", patience)
        except TimedOut as error:
            raise TimedOut(f"{error}\n{self.arguments}\n{self.log()}") from None
        return self

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()[-6000:]

    def resp(self, timeout=PATIENCE):
        return Resp(self.resp_port, timeout, self.place)

    def http(self, timeout=PATIENCE):
        return Http(self.http_port, timeout)

    def running(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        """kill -9, and gone."""
        if self.running():
            self.child.kill()
        if self.child:
            self.child.wait()

    def freeze(self):
        self.child.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.child.send_signal(signal.SIGCONT)

    def terminate(self, patience=10.0):
        """SIGTERM; the exit status."""
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(patience)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"SIGTERM did not end it within {patience} s:\n{self.log()}") from None

    def info(self, section="everything"):
        with self.resp(5) as client:
            text = client("INFO", section).decode()
        pairs = (line.split(":", 1) for line in text.split("\r\n") if ":" in line)
        return {name: value for name, value in pairs}


def run(*arguments, cwd=None, patience=PATIENCE):
    """Runs the binary to its end: (status, stdout, stderr)."""
    done = subprocess.run([os.path.abspath(BINARY), *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=patience, check=False)
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="hypercache-test-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def single(*arguments):
    """One node that is nobody's member, on any free ports."""
    with folder() as path:
        node = Process(["--resp-port", 0, "--http-port", 0, *arguments], path)
        try:
            yield node.start().wait_ready()
        finally:
            node.kill()


class Cluster:
    """Members 1 … n, founded together by --founders unless `join` is asked for. `extra` goes to each of them. `places`
    says where they live, and may have room for more of them."""

    def __init__(self, size, extra=(), join=False, places=None, environment=None):
        self.root = tempfile.mkdtemp(prefix="hypercache-test-")
        self.places = places or {i: LOOPBACK for i in range(1, size + 1)}
        self.extra, self.join, self.environment = list(extra), join, environment or {}
        self.ports = {i: (free_port(), free_port(), free_port()) for i in range(1, size + 1)}
        self.nodes = {}
        self.look_every = 0.05  # seconds, while waiting
        for i in self.ports:
            self.nodes[i] = self._process(i, [] if not join else [1] if i > 1 else None)

    def _process(self, number, known):
        """`known`: whom it shall join; none of them: it founds with all others; None: it founds alone."""
        resp, web, gossip = self.ports[number]
        path, place = os.path.join(self.root, f"node-{number}"), self.places.get(number, LOOPBACK)
        os.makedirs(path)
        flags = ["--id", number, "--resp-port", resp, "--http-port", web, "--gossip-port", gossip, "--data-dir",
                 os.path.join(path, "data"), *self.extra]
        if place.namespace:
            flags += ["--bind", place.address]
        if known == []:
            flags += ["--founders", ",".join(f"{i}@{self._gossip(i)}" for i in self.ports)]
        for i in known or []:
            flags += ["--join", self._gossip(i)]
        return Process(flags, path, place, {k: v.format(number=number) for k, v in self.environment.items()})

    def _gossip(self, number):
        return f"{self.places.get(number, LOOPBACK).address}:{self.ports[number][2]}"

    def add(self, number):
        """One more member, which joins those that there are; the caller waits for it."""
        self.ports[number] = (free_port(), free_port(), free_port())
        self.nodes[number] = self._process(number, [i for i in self.nodes])
        return self.nodes[number].start()

    def __enter__(self):
        try:
            for node in self.nodes.values():
                node.start()
            for node in self.nodes.values():
                node.wait_ready()
            self._unite()
            self.wait_whole()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _unite(self):
        """Our members find each other by themselves."""

    def __exit__(self, *_):
        for node in self.nodes.values():
            node.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def __getitem__(self, number):
        return self.nodes[number]

    def live(self):
        return [node for node in self.nodes.values() if node.running()]

    def wait_whole(self, patience=PATIENCE):
        """Every member that runs is active in one view, and every slot has all its copies in sync."""
        want = len(self.live())

        def whole():
            seen = set()
            for node in self.live():
                info = node.info("cluster")
                seen.add((info["hypercache_view_epoch"], info["hypercache_members_active"],
                          info["hypercache_slots_short"]))
            return seen if len(seen) == 1 and list(seen)[0][1:] == (str(want), "0") else None

        try:
            wait_until(whole, f"one view with {want} active members and every slot in sync", patience, self.look_every)
        except TimedOut as error:
            logs = "\n".join(f"--- node {i}\n{n.log()[-2500:]}" for i, n in self.nodes.items())
            raise TimedOut(f"{error}\n{logs}") from None

    def restart(self, number):
        self.nodes[number].start().wait_ready()

    def doors(self, numbers):
        """For each of them where its clients live and whom they ask: {(address, port): number}."""
        return [(n.place, {(n.place.address, n.resp_port): i}) for i, n in self.nodes.items() if i in numbers]

    def leaders(self, seen_by):
        """{slot: number of the member that is its primary}, as one of them sees it."""
        return leaders(self.nodes, self.nodes[seen_by])


def leaders(nodes, seen_by):
    numbers = {(n.place.address, n.resp_port): i for i, n in nodes.items()}
    with seen_by.resp() as client:
        ranges = client("CLUSTER", "SLOTS")
    return {slot: numbers[first[0].decode(), first[1]] for low, high, first, *_ in ranges
            for slot in range(low, high + 1)}


# ----------------------------------------------------------------------------------------------------------------- keys


def slot_of(key):
    """As core/base/slot.h."""
    data = key if isinstance(key, bytes) else key.encode()
    start = data.find(b"{")
    if start >= 0:
        end = data.find(b"}", start + 1)
        if end > start + 1:
            data = data[start + 1:end]
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % SLOTS
