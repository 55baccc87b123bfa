"""Where processes and clients live: this machine's loopback, or network namespaces of their own (ip netns) whose wires
all end in one switch and can be cut, each direction for itself.

A namespace has one address; who lives in it reaches its own node whatever is cut. A cut is a permanent neighbour entry
with a hardware address that nobody has: what is sent there is lost in silence, what comes the other way arrives.
"""

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_NOBODY = "02:00:00:00:00:01"
_WHAT_IT_NEEDS = "needs root (CAP_SYS_ADMIN and CAP_NET_ADMIN) and the package iproute2"


class Lacking(Exception):
    """A privilege or a program is missing; the text names it."""


class Place:
    """An address, and the namespace in which it is known (None: this process's)."""

    def __init__(self, address="127.0.0.1", namespace=None):
        self.address, self.namespace = address, namespace

    @contextlib.contextmanager
    def inside(self):
        """This thread, for as long, in the namespace: a socket belongs for ever to the one that it was made in."""
        if self.namespace is None:
            yield
            return
        with open("/proc/thread-self/ns/net", "rb") as ours, open(f"/run/netns/{self.namespace}", "rb") as theirs:
            _enter(theirs)
            try:
                yield
            finally:
                _enter(ours)

    def connect(self, address, port, timeout):
        with self.inside():
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.settimeout(timeout)
            made.connect((address, port))
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            made.close()
            raise
        return made

    def command(self, words):
        """What to execute so that `words` run here, in a process of the same id."""
        return words if self.namespace is None else ["ip", "netns", "exec", self.namespace, *words]


LOOPBACK = Place()


def _enter(namespace):
    if _libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"setns {namespace.name}")


def _ip(*words, batch=None):
    done = subprocess.run(["ip", *words], input=batch, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise Lacking(f"`ip {' '.join(words)}` says: {done.stderr.strip()}. It {_WHAT_IT_NEEDS}")


class Network:
    """Places 1 … size around one switch. Within `with`; everything it made goes with it."""

    def __init__(self, size):
        stem = f"hc{os.getpid()}"
        self.switch = f"{stem}-switch"
        self.places = {i: Place(f"10.201.7.{i}", f"{stem}-{i}") for i in range(1, size + 1)}
        self.is_cut = {i: set() for i in self.places}  # whom the place does not reach

    def __enter__(self):
        if not shutil.which("ip"):
            raise Lacking(f"the program `ip` is missing: a network namespace {_WHAT_IT_NEEDS}")
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _build(self):
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "-batch", "-", batch="link add br0 type bridge\nlink set br0 up\n")
        for number, place in self.places.items():
            _ip("netns", "add", place.namespace)
            _ip("-n", place.namespace, "-batch", "-", batch=(
                f"link add eth0 type veth peer name port{number} netns {self.switch}\n"
                f"addr add {place.address}/24 dev eth0\nlink set eth0 up\nlink set lo up\n"))
            _ip("-n", self.switch, "-batch", "-", batch=f"link set port{number} master br0\nlink set port{number} up\n")

    def __exit__(self, *_):
        for name in [place.namespace for place in self.places.values()] + [self.switch]:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)

    def cut(self, senders, receivers):
        """From now on nothing that one of `senders` sends reaches one of `receivers`."""
        for sender in senders:
            new = set(receivers) - {sender} - self.is_cut[sender]
            self.is_cut[sender] |= new
            self._say(sender, new, f"neigh replace {{}} lladdr {_NOBODY} dev eth0 nud permanent\n")

    def heal(self):
        for sender, lost in self.is_cut.items():
            self._say(sender, lost, "neigh del {} dev eth0\n")
            lost.clear()

    def _say(self, sender, receivers, line):
        if receivers:
            batch = "".join(line.format(self.places[r].address) for r in sorted(receivers))
            _ip("-n", self.places[sender].namespace, "-batch", "-", batch=batch)


class Loopback:
    """As many places as are asked for, all of them 127.0.0.1; nothing can be cut."""

    def __init__(self, size):
        self.places = {i: LOOPBACK for i in range(1, size + 1)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def heal(self):
        pass
