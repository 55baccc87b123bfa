"""Backups: copied from members that run, and restored into clusters of other sizes, by hypercache-cli."""

import json
import os
import subprocess
import time
import unittest

import cli
import cluster
from cluster import Cluster

LOG_INSPECT = os.path.abspath(os.environ.get("HC_LOG_INSPECT", "build/release/tools/log-inspect"))
LOG = ("--appendonly", "yes")
MEMBER = ("--gossip-port", 0, *LOG)


def write(node):
    """Keys of all kinds; what they are is returned."""
    ends = int(time.time() * 1000) + 3_600_000
    with node.resp() as client:
        client.pipeline([("SET", f"k{i}", f"value {i}") for i in range(3000)])
        client.pipeline([("SET", b"bin\x00\r\n\xff%d" % i, bytes(range(256)) * 3) for i in range(50)])
        client.pipeline([("SET", f"ttl{i}", i, "PXAT", ends + i) for i in range(100)])
        client.pipeline([("DEL", f"k{i}") for i in range(0, 3000, 10)])
        client("CF.RESERVE", "filter", 1000)
        client.pipeline([("CF.ADD", "filter", f"item{i}") for i in range(500)])
    return ends


class Backups(unittest.TestCase):
    def holds(self, node, ends, keys=2851):
        with node.resp() as client:
            self.assertEqual(client("DBSIZE"), keys)
            self.assertEqual(client.pipeline([("GET", f"k{i}") for i in range(3000)]),
                             [None if i % 10 == 0 else b"value %d" % i for i in range(3000)])
            self.assertEqual(client.pipeline([("GET", b"bin\x00\r\n\xff%d" % i) for i in range(50)]),
                             [bytes(range(256)) * 3] * 50)
            self.assertEqual(client.pipeline([("PEXPIRETIME", f"ttl{i}") for i in range(100)]),
                             [ends + i for i in range(100)])
            self.assertEqual(client("PTTL", "k1"), -1)
            self.assertEqual(client.pipeline([("CF.EXISTS", "filter", f"item{i}") for i in range(500)]), [1] * 500)
            self.assertEqual(client("CF.INFO", "filter")[7], 500)

    def backs_up(self, node, folder, name):
        to = os.path.join(folder, name)
        status, out, error = cli.run("--port", node.http_port, "backup", to)
        self.assertEqual((status, error), (cli.OK, ""))
        self.assertRegex(out, r"^node-\d+: \S+ \w+ of its log are in ")
        return to

    def restores(self, node, *words, status=cli.OK):
        got, out, error = cli.run("--port", node.http_port, "restore", *words)
        self.assertEqual(got, status, out + error)
        return out + error

    def test_three_members_into_one(self):
        with cluster.folder() as folder:
            with Cluster(3, LOG) as members:
                ends = write(members[1])
                one = self.backs_up(members[1], folder, "one")
                with members[2].resp() as client:  # the later backups know better
                    client.pipeline([("SET", "k1", "later"), ("SET", "k1", "value 1")])
                two = self.backs_up(members[2], folder, "two")
                three = self.backs_up(members[3], folder, "three")
            with cluster.single() as node:
                said = self.restores(node, one, status=cli.NO)
                self.assertRegex(said, r"\d+ slots, the first being \d+, are in none of these backups: add that of one "
                                       r"of node-2, node-3, or restore what there is by --partial")
                self.assertRegex(self.restores(node, one, two, three),
                                 r"(?m)^2851 keys are restored, 0 more had ended$")
                self.holds(node, ends)
                said = self.restores(node, one, two, three, status=cli.NO)
                self.assertIn("the cluster holds 2851 keys: name an empty one, or say --overwrite", said)
                with node.resp() as client:
                    client.pipeline([("SET", "k1", "other"), ("DEL", "k2"), ("SET", "ttl5", "x"), ("SET", "own", "1")])
                self.restores(node, three, one, two, "--overwrite")
                self.holds(node, ends, 2852)
            with cluster.single() as node:  # two of three have all that there is
                self.assertIn("2851 keys are restored", self.restores(node, one, three))
            with cluster.single() as node:
                self.assertRegex(self.restores(node, one, "--partial"), r"slots are missing")
                with node.resp() as client:
                    self.assertLess(client("DBSIZE"), 2851)

    def test_one_member_into_three(self):
        with cluster.folder() as folder:
            more = "--data-dir", os.path.join(folder, "data"), *MEMBER, "--snapshot-compression", "zstd"
            with cluster.single(*more) as node:
                ends = write(node)
                with node.resp() as client:
                    client.pipeline([("SET", "k1", "value 1"), ("SET", "short", "v", "PX", 1), ("SAVE",)])
                copy = self.backs_up(node, folder, "copy")
            with Cluster(3, LOG) as members:
                status, out, error = cli.run("--json", "--port", members[2].http_port, "restore", copy)
                self.assertEqual((status, error), (cli.OK, ""))
                self.assertEqual(json.loads(out)["missing_slots"], 0)
                self.assertIn(json.loads(out)["ended"], (0, 1))
                self.holds(members[3], ends)
                self.assertEqual(cli.ask(members[1], "verify")[0], cli.OK)

    def test_a_cluster_that_is_written_to(self):
        """What is acknowledged before the first backup begins is in them together, whoever leads meanwhile."""
        with cluster.folder() as folder:
            with Cluster(3, LOG) as members:
                with members[1].resp() as client:
                    client.pipeline([("SET", f"k{i}", i) for i in range(2000)])
                members[2].kill()
                with members[1].resp() as client:
                    cluster.wait_until(lambda: client.pipeline([("SET", "after", "1")]) == ["OK"], "a write")
                    cluster.wait_until(lambda: client("MGET", *[f"k{i}" for i in range(2000)])
                                       == [b"%d" % i for i in range(2000)], "all slots")
                    client.pipeline([("SET", f"k{i}", i + 1) for i in range(2000)])
                copies = [self.backs_up(members[n], folder, f"copy{n}") for n in (1, 3)]
                copies.append(os.path.join(folder, "copy2"))  # of the disk of the dead one, which is older
                subprocess.run([LOG_INSPECT, "backup", os.path.join(members[2].folder, "data"), copies[-1]], check=True,
                               stdout=subprocess.DEVNULL)
            with cluster.single() as node:
                self.restores(node, *copies)
                with node.resp() as client:
                    self.assertEqual(client("MGET", *[f"k{i}" for i in range(2000)]),
                                     [b"%d" % (i + 1) for i in range(2000)])

    def test_what_is_refused(self):
        with cluster.folder() as folder:
            with cluster.single() as node:
                status, _, error = cli.run("--port", node.http_port, "backup", os.path.join(folder, "copy"))
                self.assertEqual((status, error), (cli.NO, "hypercache-cli: node-1 keeps no log: there is nothing to "
                                                           "copy. Start it with --appendonly yes\n"))
                self.assertIn("there is no none/vote", self.restores(node, "none", status=64))
            copies = []
            for name in ("a", "b"):
                with cluster.single("--data-dir", os.path.join(folder, "data-" + name), *MEMBER) as node:
                    with node.resp() as client:
                        client("SET", name, "1")
                        client("SAVE")
                    copies.append(self.backs_up(node, folder, name))
                    status, _, error = cli.run("--port", node.http_port, "backup", copies[-1])
                    self.assertEqual(status, cli.UNUSABLE)
                    self.assertIn("is there already: name a folder that is not", error)
            with cluster.single() as node:
                said = self.restores(node, *copies, status=cli.UNUSABLE)
                self.assertIn("b is of another cluster than ", said)
                log = os.path.join(copies[0], "log")
                [segment] = [n for n in os.listdir(log) if n.endswith(".log")]
                with open(os.path.join(log, segment), "r+b") as file:
                    file.seek(40)
                    file.write(b"\xff\xff")
                self.assertIn(segment + " is damaged at offset 32", self.restores(node, copies[0], status=cli.NO))
                os.remove(os.path.join(log, segment))
                self.assertIn("holds no segment of a log", self.restores(node, copies[0], status=cli.UNUSABLE))
                with node.resp() as client:
                    self.assertEqual(client("DBSIZE"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
