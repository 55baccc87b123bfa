"""Three members speak version 1 of their protocol; under load each is restarted to speak version 2, one after the
other, and then back again (rule 4b). No command fails, no acknowledged write is lost, and the digests that version 2
brings are compared as soon as two speak it (rule 10)."""

import argparse
import unittest

import cli
import cluster
import rounds
from cluster import Cluster

FLAG = "--wire-version-max"
OPTIONS = argparse.Namespace(writes=300, rate=100.0)


def spoken(member):
    """{member: wire version of the session to it, or what it speaks itself}"""
    with member.http() as web:
        _, document = web.json("GET", "/api/cluster/members")
    return {m["node_id"]: m["wire_version"] for m in document["members"]}


def compared(member):
    return int(member.info("cluster")["hypercache_replica_digests_compared"])


class Restart:
    """Each member in its turn, to speak `version` at most from then on."""

    def __init__(self, version, name):
        self.version, self.name = version, name

    def change(self, members):
        for number in sorted(members.nodes):
            node = members[number]
            status = node.terminate(20.0)
            if status != 0:
                raise AssertionError(f"member {number} ended with {status} at SIGTERM:\n{node.log()}")
            node.arguments[node.arguments.index(FLAG) + 1] = str(self.version)
            members.restart(number)
            members.wait_whole()


class Upgrade(unittest.TestCase):
    def roll(self, members, version, name):
        outcome = rounds.of_change(Restart(version, name), members, version, OPTIONS)
        print(f"{name}: {outcome}", flush=True)
        self.assertEqual((outcome.lost, outcome.illegal), (0, None))
        self.assertEqual(outcome.failed, 0)
        for member in members.nodes.values():
            cluster.wait_until(lambda m=member: set(spoken(m).values()) == {version},
                               f"every session to speak version {version}")

    def test_there_and_back_under_load(self):
        with Cluster(3, [FLAG, 1]) as members:
            for member in members.nodes.values():
                self.assertEqual(set(spoken(member).values()), {1})
                self.assertEqual(compared(member), 0, "version 1 knows no digests")
            self.roll(members, 2, "upgrade")
            for member in members.nodes.values():
                cluster.wait_until(lambda m=member: compared(m) > 0, "digests to be compared")
            self.roll(members, 1, "rollback")
            self.assertEqual(cli.document(members[1], "verify")[0], cli.OK)
            for member in members.nodes.values():
                self.assertEqual(member.info("cluster")["hypercache_replica_digest_mismatches"], "0")


if __name__ == "__main__":
    unittest.main(verbosity=1)
