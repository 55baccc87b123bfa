"""A cluster of real nodes to measure: start, kill, restart, wait; and a small RESP client. Standard library only."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from meter import free_port

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NODE = f"{PROJECT}/build/release/runtime/hypercache-node"


class RespError(Exception):
    """An error reply: its text."""


class Resp:
    """One connection. A reply is bytes, int, None or a list; an error reply is raised."""

    def __init__(self, port, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")

    def call(self, *arguments):
        parts = [a if isinstance(a, bytes) else str(a).encode() for a in arguments]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self.read()

    def read(self):
        line = self.replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed by the node")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RespError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.replies.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return rest

    def close(self):
        self.socket.close()


class Cluster:
    """N nodes on free ports with data in a scratch folder; `with Cluster(3) as c:` ends them and removes it."""

    def __init__(self, nodes, flags=()):
        self.ids = range(1, nodes + 1)
        self.flags = list(flags)
        self.folder = tempfile.mkdtemp(prefix="hypercache-bench-")
        self.ports = {n: {"resp": free_port(), "http": free_port(), "gossip": free_port()} for n in self.ids}
        self.processes = {}

    def __enter__(self):
        for n in self.ids:
            self.start(n)
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder)

    def start(self, n):
        """The same flags every time: whoever has a cluster on disk never founds again (rule 2g)."""
        founders = ",".join(f"{m}@127.0.0.1:{self.ports[m]['gossip']}" for m in self.ids)
        arguments = [NODE, "--id", n, "--founders", founders, "--data-dir", f"{self.folder}/node-{n}", *self.flags]
        for kind, port in self.ports[n].items():
            arguments += [f"--{kind}-port", port]
        with open(f"{self.folder}/node-{n}.log", "ab") as log:
            self.processes[n] = subprocess.Popen(list(map(str, arguments)), stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=log)

    def kill(self, n):
        self.processes[n].kill()
        self.processes[n].wait()

    def http(self, n, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[n]['http']}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def info(self, n, field):
        client = Resp(self.ports[n]["resp"])
        text = client.call("INFO", "everything").decode()
        client.close()
        return next(line.split(":", 1)[1] for line in text.split("\r\n") if line.startswith(field + ":"))

    def wait_settled(self, seconds=60, quiet=1.5):
        """All nodes are healthy in one view of all, and for `quiet` seconds no view was decided: lists are full."""
        end, since, before = time.monotonic() + seconds, time.monotonic(), None
        while time.monotonic() < end:
            health = [self.http(n, "/health") for n in self.ids]
            now = None
            if all(h.get("healthy") and h.get("cluster_size") == len(self.ids) for h in health):
                now = [self.info(n, "hypercache_view_epoch") for n in self.ids]
            if now is None or now != before or len(set(now)) != 1:
                since, before = time.monotonic(), now
            elif time.monotonic() - since >= quiet:
                return
            time.sleep(0.05)
        raise SystemExit(f"the cluster did not settle within {seconds} s: {health}")

    def key_of(self, n, prefix):
        """A key, made from the prefix, whose primary is node n."""
        client = Resp(self.ports[n]["resp"])
        try:
            for i in range(1000):
                key = f"{prefix}:{i}"
                client.call("SET", key, "probe")
                if self.http(n, f"/api/cache/{key}").get("primary") == f"node-{n}":
                    return key
        finally:
            client.close()
        raise SystemExit(f"of 1000 keys none had node-{n} as primary")
