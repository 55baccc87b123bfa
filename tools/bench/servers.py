"""The servers that tools/bench/run measures: started here on ports of 127.0.0.1, in folders of their own, and ended.

A server knows its port and its processes. What is needed and not installed is named by the exception Lacking.
"""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from meter import free_port, wait_for_port

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NODE = f"{PROJECT}/build/release/runtime/hypercache-node"
ECHO = f"{PROJECT}/build/release/tools/echo_limit"
PATIENCE_SECONDS = 30.0


class Lacking(Exception):
    """A row cannot be measured here."""


def need(program, package):
    if not shutil.which(program):
        raise Lacking(f"{program} is not installed. As root, type: apt-get install -y {package}")


def wait_until(condition, what, seconds=PATIENCE_SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.05)


class Server:
    """`with Server(name) as s:` ends what s.start() started. The functions below start theirs within such a `with`."""

    def __init__(self, name):
        self.name, self.processes, self.port = name, [], None
        self.folder = tempfile.mkdtemp(prefix="hypercache-bench-")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pids(self):
        return [process.pid for process in self.processes]

    def start(self, command, port):
        """Waits until it listens; the first port that was given is where the load goes."""
        with open(f"{self.folder}/log", "a", encoding="utf-8") as log:
            self.processes.append(subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                                   stdout=log, stderr=log, cwd=self.folder))
        wait_for_port(port)
        self.port = self.port or port

    def start_again(self):
        """Kills the only process, and starts it as it was."""
        self.processes[0].kill()
        self.processes[0].wait()
        command = self.processes.pop().args
        self.start(command, self.port)

    def ask(self, port, line):
        """What a server says to one line, as far as it comes in one piece."""
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
            connection.sendall(line + b"\r\n")
            return connection.recv(1 << 16).decode()


@contextlib.contextmanager
def node(name="hypercache", more=()):
    """One member that is alone. `more`: further flags, here and below."""
    web = free_port()
    with Server(name) as server:
        port = free_port()
        server.start([NODE, "--resp-port", port, "--http-port", web, "--gossip-port", 0, *more], port)
        server.http_port = web
        wait_until(lambda: server.ask(port, b"DBSIZE").startswith(":"), "a node that has read its log")
        yield server


@contextlib.contextmanager
def cluster(size, name="hypercache"):
    """Members with two copies of each key; the load goes to the first."""
    with Server(name) as server:
        ports = {n: (free_port(), free_port(), free_port()) for n in range(1, size + 1)}
        founders = ",".join(f"{n}@127.0.0.1:{gossip}" for n, (_, _, gossip) in ports.items())
        for n, (resp, web, gossip) in ports.items():
            server.start([NODE, "--id", n, "--resp-port", resp, "--http-port", web, "--gossip-port", gossip,
                          "--data-dir", f"{server.folder}/{n}", "--founders", founders], resp)

        def whole():
            says = server.ask(server.port, b"INFO cluster")
            return f"hypercache_members_active:{size}" in says and "hypercache_slots_short:0\r" in says
        wait_until(whole, f"{size} members with every slot in sync")
        yield server


@contextlib.contextmanager
def redis(name="redis", replicas=0, more=("--appendonly", "no")):
    need("redis-server", "redis-server")
    common = ["redis-server", "--bind", "127.0.0.1", "--save", "", *more, "--port"]
    first = free_port()
    with Server(name) as server:
        server.start([*common, first], first)
        for _ in range(replicas):
            port = free_port()
            server.start([*common, port, "--replicaof", "127.0.0.1", first], port)
            wait_until(lambda: "master_link_status:up" in server.ask(port, b"INFO replication"), "a replica in sync")
        yield server


@contextlib.contextmanager
def memcached(name="memcached"):
    need("memcached", "memcached")
    port = free_port()
    with Server(name) as server:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        server.start(["memcached", "-l", "127.0.0.1", "-p", port, "-U", 0, "-m", 4096, "-t", 1, *user], port)
        yield server


@contextlib.contextmanager
def nginx(page, name="nginx"):
    """One worker that answers every request with the same page from memory, and writes no log."""
    need("nginx", "nginx-light")
    port = free_port()
    with Server(name) as server:
        with open(f"{server.folder}/nginx.conf", "w", encoding="utf-8") as config:
            config.write(f"""
                daemon off; master_process off; pid nginx.pid; error_log stderr crit;
                events {{ worker_connections 1024; }}
                http {{ access_log off; keepalive_requests 100000000; client_body_temp_path body; proxy_temp_path proxy;
                        fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                        server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json;
                                                                         return 200 '{page}'; }} }} }}""")
        server.start(["nginx", "-p", server.folder, "-c", f"{server.folder}/nginx.conf"], port)
        server.http_port = port
        yield server


@contextlib.contextmanager
def echo_limit(name="echo_limit"):
    """What the kernel alone asks for: see echo_limit.cc."""
    port = free_port()
    with Server(name) as server:
        server.start([ECHO, port], port)
        yield server
