"""What a server costs: CPU of a process from /proc, of the machine, of the load generator. Standard library only."""
import os
import resource
import socket
import statistics
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")  # so a measurement resolves 1/100 s


def cpu_seconds(pid):
    """User and system time of the process, all its threads."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def machine_busy_seconds():
    """CPU that anybody on this machine has used, since it started."""
    with open("/proc/stat") as stat:
        fields = list(map(int, stat.readline().split()[1:]))
    return (sum(fields[:3]) + sum(fields[5:8])) / TICKS_PER_SECOND


def children_cpu_seconds():
    """CPU of our own children that have ended: the load generator."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


class Meter:
    """`with Meter(pids) as m:` leaves m.cpu (seconds of all of them), m.wall (seconds), m.foreign (cores used by
    others: the noise)."""

    def __init__(self, pids):
        self.pids = pids

    def _cpu(self):
        return sum(cpu_seconds(pid) for pid in self.pids)

    def __enter__(self):
        self.begun = self._cpu(), machine_busy_seconds(), children_cpu_seconds(), time.monotonic()
        return self

    def __exit__(self, *_):
        cpu, busy, children, clock = self.begun
        self.wall = time.monotonic() - clock
        self.cpu = self._cpu() - cpu
        ours = self.cpu + children_cpu_seconds() - children
        self.foreign = max(0.0, (machine_busy_seconds() - busy - ours) / self.wall)


_ports = None  # of a range that was given; else the system chooses


def take_ports(first, last):
    global _ports
    _ports = iter(range(first, last + 1))


def free_port():
    for port in _ports or (0,):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return s.getsockname()[1]
            except OSError:
                continue
    raise SystemExit("no free port in the range that was given")


def wait_for_port(port, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.3).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port} after {seconds} s")


def spread_percent(values):
    """From the smallest to the largest, in percent of the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle * 100 if middle else 0.0
