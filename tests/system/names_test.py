"""Members that know each other by names, and what becomes of them when names are not to be had. Each member sees an
/etc/hosts of the test's own (unshare --mount); status 77 where that is not allowed."""

import os
import subprocess
import sys
import unittest

import cluster
from cluster import Process

if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
    print("a namespace of mounts needs root (CAP_SYS_ADMIN) and the program unshare")
    sys.exit(77)


class Names:
    """A place with names that the test gives and takes; no other place knows of them."""

    namespace, address = None, "127.0.0.1"
    connect = staticmethod(cluster.LOOPBACK.connect)

    def __init__(self, folder):
        self.hosts, self.servers = os.path.join(folder, "hosts"), os.path.join(folder, "resolv.conf")
        with open(self.servers, "w", encoding="ascii") as file:
            file.write("options timeout:1 attempts:1\n")

    def are(self, *lines):
        with open(self.hosts, "w", encoding="ascii") as file:
            file.writelines(line + "\n" for line in lines)

    def command(self, words):
        mount = 'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mount, self.hosts, self.servers, *words]


def ready(node):
    with node.http() as web:
        return web.request("GET", "/ready")[0] == 200


class MembersByName(unittest.TestCase):
    def setUp(self):
        folder = cluster.folder()
        self.root = folder.__enter__()
        self.addCleanup(folder.__exit__, None, None, None)
        self.names = Names(self.root)
        self.gossip = {i: cluster.free_port() for i in (1, 2, 3)}

    def member(self, number, *flags):
        path = os.path.join(self.root, f"node-{number}")
        os.makedirs(path)
        node = Process(["--id", number, "--resp-port", 0, "--http-port", 0, "--gossip-port", self.gossip[number],
                        "--data-dir", os.path.join(path, "data"), *flags], path, self.names)
        self.addCleanup(node.kill)
        return node.start()

    def test_they_find_each_other_when_names_are_gone(self):
        self.names.are("127.0.0.1 localhost n1 n2 n3")
        founders = ",".join(f"{i}@n{i}:{port}" for i, port in self.gossip.items())
        nodes = [self.member(i, "--announce-host", f"n{i}", "--founders", founders) for i in self.gossip]
        for node in nodes:
            node.wait_ready()
        self.names.are("127.0.0.1 localhost")
        for node in nodes:
            cluster.wait_until(lambda node=node: "is not known at present" in node.log(), "a look-up that fails")
        nodes[2].freeze()
        cluster.wait_until(lambda: "member-down member=node-3" in nodes[0].log(), "node-3 to be held for dead")
        nodes[2].thaw()
        cluster.wait_until(lambda: nodes[0].log().rfind("member-up member=node-3") > 0, "node-3 to be back")
        cluster.wait_until(lambda: all(map(ready, nodes)), "all to be ready again")
        for node in nodes:
            with node.resp() as client:
                client("SET", "key", "value")

    def test_of_a_name_those_addresses_count_that_can_be_reached(self):
        self.names.are("::1 both", "127.0.0.1 both")
        first = self.member(1, "--bind", "127.0.0.1", "--found", "--join", f"both:{self.gossip[1]}").wait_ready()
        self.member(2, "--bind", "0.0.0.0", "--join", f"both:{self.gossip[1]}").wait_ready()
        self.member(3, "--bind", "127.0.0.1", "--join", f"both:{self.gossip[1]}").wait_ready()
        self.assertTrue(ready(first))


if __name__ == "__main__":
    unittest.main(verbosity=1)
