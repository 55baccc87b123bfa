"""Memory per key, beside redis-server and memcached: resident size before and after a million keys."""
import re
import socket
import time

import load
import servers
from meter import resident_bytes

TITLE = "Memory"
WANTED_BYTES = 100  # with values of 32 bytes
KEY_BYTES = 16
TTL_SECONDS = 100_000
SETTLED_SECONDS = 1.0  # allocators give back what they will not use
KINDS = (servers.node, servers.redis, servers.memcached)


def measure(_):
    rows, verdicts = [], []
    for value_bytes in (32, 100):
        for ttl in (0, TTL_SECONDS):
            cells = []
            for kind in KINDS:
                with kind() as server:
                    cells.append(_per_key(server, value_bytes, ttl))
            if value_bytes == 32:
                verdicts.append((f"bytes per key {'with' if ttl else 'without'} a time to live", cells[0],
                                 WANTED_BYTES))
            rows.append([str(value_bytes), "yes" if ttl else "no", *(f"{cell:.1f}" for cell in cells)])
            print(" | ".join(rows[-1]), flush=True)
    lines = [f"{load.KEYS} keys of {KEY_BYTES} bytes: by resident size before and after.", ""]
    names = ["hypercache", "redis", "memcached"]
    return lines + load.table(["value bytes", "time to live", *(f"{n} bytes/key" for n in names)], rows), verdicts


def _per_key(server, value_bytes, ttl):
    before = resident_bytes(server.pids[0])
    keys = (_fill_memcached if server.name == "memcached" else _fill)(server, value_bytes, ttl)
    time.sleep(SETTLED_SECONDS)
    if keys != load.KEYS:
        raise SystemExit(f"{server.name}: {keys} keys are there, {load.KEYS} were set")
    return (resident_bytes(server.pids[0]) - before) / keys


def _fill(server, value_bytes, ttl):
    load.fill(server, "--value-bytes", value_bytes, "--ttl-seconds", ttl)
    return int(server.ask(server.port, b"DBSIZE").strip().lstrip(":"))


def _fill_memcached(server, value_bytes, ttl):
    value, batch = b"x" * value_bytes, 10_000
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for first in range(0, load.KEYS, batch):
            connection.sendall(b"".join(b"set key:%012d 0 %d %d noreply\r\n%s\r\n" % (key, ttl, value_bytes, value)
                                        for key in range(first, first + batch)))
        connection.sendall(b"version\r\n")  # answered when all before it is done
        connection.recv(1 << 16)
    return int(re.search(r"curr_items (\d+)", server.ask(server.port, b"stats")).group(1))
