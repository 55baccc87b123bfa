"""hypercache-cli on real nodes: what every subcommand prints, for people and as JSON, and what it refuses."""

import os
import re
import socket
import threading
import subprocess
import unittest
from unittest import mock

import cli
import cluster
from cluster import Cluster


def columns(text):
    """A table as rows of cells; the names of the columns are the first."""
    return [re.split(r" {2,}", line.strip()) for line in text.strip().split("\n")]


def wait_down(node, name):
    def down():
        members = cli.document(node, "members")[1]["members"]
        return any(m["node_id"] == name and m["status"] == "dead" and m["state"] == "absent" for m in members)
    cluster.wait_until(down, f"{name} to be seen as dead")


class ThreeNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.members = Cluster(3).__enter__()
        with cls.members[1].resp() as client:
            client.pipeline([("SET", f"key:{i}", "x" * 100) for i in range(5000)])
            client.pipeline([("EXPIRE", f"key:{i}", 1000) for i in range(0, 5000, 3)])

    @classmethod
    def tearDownClass(cls):
        cls.members.__exit__()

    def fails(self, status, pattern, *words):
        got, out, error = cli.run(*words)
        self.assertEqual((got, out), (status, ""), (words, error))
        self.assertRegex(error, pattern)

    def test_status(self):
        status, out, error = cli.ask(self.members[2], "status")
        self.assertEqual((status, error), (cli.OK, ""))
        self.assertRegex(out, r"(?m)^cluster +\S+, id [0-9a-f]{32}$")
        self.assertRegex(out, r"(?m)^seen by +node-2: commands are served$")
        self.assertRegex(out, r"(?m)^members +3 active$")
        self.assertRegex(out, r"(?m)^slots +16384, replication factor 2, 0 lack copies, 0 not where they should be$")
        self.assertRegex(out, r"(?m)^transfers +none: every slot is where it should be$")
        status, said = cli.document(self.members[3], "status")
        self.assertEqual((status, said["seen_by"], said["well"], said["healthy"]), (cli.OK, "node-3", True, True))
        self.assertEqual(said["members"]["active"], ["node-1", "node-2", "node-3"])
        self.assertEqual(said["voters"], ["node-1", "node-2", "node-3"])
        self.assertEqual((said["rebalance"]["whole"], said["rebalance"]["percent"]), (True, 100))

    def test_what_cannot_be_written_is_said(self):
        for words in (cli.command(self.members[1], "status"), [cli.command(self.members[1])[0], "--help"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 74)
            self.assertIn("hypercache-cli: cannot write to standard output", done.stderr)

    def test_members(self):
        status, out, _ = cli.ask(self.members[1], "members")
        rows = columns(out)
        self.assertEqual((status, len(rows)), (cli.OK, 4))
        self.assertEqual(rows[0][:4], ["MEMBER", "SEEMS", "STATE", "VOTES"])
        for number, row in enumerate(rows[1:], 1):
            self.assertEqual(row[:4], [f"node-{number}", "alive", "active", "yes"])
            self.assertEqual(row[4], f"127.0.0.1:{self.members[number].gossip_port}")
            self.assertEqual(row[5:7], [str(self.members[number].resp_port), str(self.members[number].http_port)])
        self.assertEqual(sum(int(row[9]) for row in rows[1:]), 16384)
        status, said = cli.document(self.members[1], "members")
        self.assertEqual((status, [m["node_id"] for m in said["members"]]), (cli.OK, ["node-1", "node-2", "node-3"]))

    def test_slots(self):
        status, out, _ = cli.ask(self.members[1], "slots")
        self.assertEqual(status, cli.OK)
        self.assertEqual(sum(int(row[-1]) for row in columns(out)[1:]), 16384)
        leaders = self.members.leaders(1)
        _, said = cli.document(self.members[1], "slots")
        self.assertEqual([s["slot"] for s in said["slots"]], list(range(16384)))
        self.assertEqual({s["slot"]: s["holders"][0] for s in said["slots"]}, leaders)
        slot = cluster.slot_of("key:7")
        status, out, _ = cli.ask(self.members[2], "slots", slot)
        rows = columns(out)
        self.assertEqual((status, len(rows), rows[1][:3]), (cli.OK, 3, [str(slot), f"node-{leaders[slot]}", "primary"]))
        self.assertEqual((rows[2][0], rows[2][2]), (str(slot), "replica"))
        self.assertEqual(rows[1][4:], rows[2][4:], "position, keys and digest")
        _, said = cli.document(self.members[2], "slots", f"{slot}-{min(slot + 2000, 16383)}")
        self.assertEqual(len(said["slots"]), 2 * (min(2001, 16384 - slot)))
        for words in ["x", "16384", "7-3", "-1-2", "3-", "1-2-3", "99999999999999999999"]:
            self.fails(cli.UNUSABLE, "names no slots: give one, or FROM-TO, of 0 to 16383",
                       "--port", self.members[1].http_port, "cluster", "slots", "--", words)

    def test_rebalance_with_nothing_to_do(self):
        for words in [(), ("--watch",)]:
            status, out, _ = cli.ask(self.members[1], "rebalance", *words)
            self.assertEqual((status, out), (cli.OK, "every slot is where it should be\n"))
            status, said = cli.document(self.members[1], "rebalance", *words)
            self.assertEqual((status, said["whole"], said["percent"], said["transfers"]), (cli.OK, True, 100, []))

    def test_verify(self):
        status, out, _ = cli.ask(self.members[1], "verify")
        self.assertEqual((status, out), (cli.OK, "16384 slots: the replicas of 16384 are alike, of 0 different\n"))
        status, said = cli.document(self.members[3], "verify")
        self.assertEqual((status, said), (cli.OK, {"slots": 16384, "alike": 16384, "different": [], "moving": [],
                                                   "missing": [], "silent": []}))

    def test_verify_while_clients_write(self):
        ending = threading.Event()

        def write():
            with self.members[2].resp() as client:
                number = 0
                while not ending.is_set():
                    client.pipeline([("INCR", f"counter:{(number + i) % 3000}") for i in range(50)])
                    number += 50
        writers = [threading.Thread(target=write) for _ in range(2)]
        for writer in writers:
            writer.start()
        try:
            status, said = cli.document(self.members[1], "verify", "--within", 30)
        finally:
            ending.set()
            for writer in writers:
                writer.join()
        self.assertEqual((said["different"], said["missing"]), ([], []))
        self.assertEqual(status, cli.OK, said["moving"])

    def test_what_makes_no_sense(self):
        port = ("--port", self.members[1].http_port)
        for verb in ["leave", "decommission"]:
            for who in ["9", "node-9", "node-", "0", "f" * 40]:
                self.fails(cli.UNUSABLE, f"Unknown node {who}: there are node-1, node-2, node-3",
                           *port, "cluster", verb, who)
            for who in ["a/b", "", "../x", "1?only=dead", "é"]:
                self.fails(cli.UNUSABLE, "names no member: give its number, or node-N", *port, "cluster", verb, who)
            self.fails(cli.UNUSABLE, "ID is required", *port, "cluster", verb)
        self.fails(cli.UNUSABLE, "Unknown node 9: there are node-1", *port, "cluster", "force", "1,9")
        for who in ["1;2", "", ",", "1,", "1,,2"]:
            self.fails(cli.UNUSABLE, "names no members: give their numbers", *port, "cluster", "force", who)
        self.fails(cli.NO, "a majority of the voters lives", *port, "cluster", "force", "node-1,2")
        for what in ["1;2", ",", "1,", "1,,2", "x", "-1"]:
            self.fails(cli.UNUSABLE, "names no slots|not expected", *port, "cluster", "accept-data-loss", what)
        self.fails(cli.NO, "give slots from 0 to 16383", *port, "cluster", "accept-data-loss", "16384")
        self.fails(cli.NO, "no slot is lost", *port, "cluster", "accept-data-loss")
        self.fails(cli.NO, r"slot 7 is not lost: node-\d has it", *port, "cluster", "accept-data-loss", "7")
        self.fails(cli.UNUSABLE, "subcommand is required", *port, "cluster")
        self.fails(cli.UNUSABLE, "subcommand is required", *port)
        for words in [("nonsense",), ("status", "--nonsense"), ("status", "more")]:
            self.fails(cli.UNUSABLE, "(?i)not expected|required", *port, "cluster", *words)
        for words in [("--port", "0"), ("--port", "65536"), ("--port", "x"), ("--timeout", "0"), ("--timeout", "x")]:
            self.fails(cli.UNUSABLE, words[0], *words, "cluster", "status")
        self.assertEqual(len(cli.document(self.members[1], "members")[1]["members"]), 3)

    def test_a_living_member_is_not_decommissioned(self):
        for who in ["3", "node-3"]:
            self.fails(cli.NO, "node-3 lives: have it leave, or stop it first",
                       "--port", self.members[1].http_port, "cluster", "decommission", who)
        self.assertEqual(cli.document(self.members[1], "status")[1]["members"]["leaving"], [])

    def test_who_does_not_answer(self):
        self.fails(cli.UNREACHABLE, r"127\.0\.0\.1:\d+ does not answer: .*Name a member that runs",
                   "--port", cluster.free_port(), "cluster", "status")
        self.fails(cli.UNREACHABLE, "does not answer", "--host", "no.such.host.invalid", "cluster", "members")
        self.fails(cli.UNREACHABLE, "does not answer|is no HyperCache member",
                   "--port", self.members[1].resp_port, "cluster", "status")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.fails(cli.UNREACHABLE, "no answer within 200 ms",
                       "--port", silent.getsockname()[1], "--timeout", "0.2", "cluster", "status")

    def test_help(self):
        for words in [("--help",), ("cluster", "--help"), *(("cluster", verb, "--help") for verb in
                      ["status", "members", "slots", "leave", "decommission", "force", "accept-data-loss", "rebalance",
                       "verify"])]:
            status, out, error = cli.run(*words)
            self.assertEqual((status, error), (cli.OK, ""), words)
            self.assertIn("hypercache-cli" if len(words) == 1 else "Usage", out)
        self.assertIn("69 no member answers", cli.run("--help")[1])


class Lost(unittest.TestCase):
    def test_what_is_lost_is_accepted(self):
        with Cluster(3, ["--slot-loss-policy", "wait", "--deadline-ms", 500]) as members:
            keys = [f"key:{i}" for i in range(3000)]
            with members[1].resp() as client:
                client.pipeline([("SET", key, "x") for key in keys])
            for number in [2, 3]:
                members[number].kill()
            for number in [2, 3]:
                members[number].start()

            def answers():
                with members[1].resp() as client:
                    return client.pipeline([("GET", key) for key in keys])

            def half_is_served():
                told = answers()
                return told if told.count(b"x") > len(keys) // 2 else None

            # Of some slots both copies are gone: they wait. Of the others nothing is.
            before = cluster.wait_until(half_is_served, "what is left to be served")
            self.assertEqual(before.count(None), 0)
            status, out, error = cluster.wait_until(
                lambda: (told := cli.ask(members[1], "accept-data-loss"))[0] == cli.OK and told, "slots to be lost")
            self.assertEqual((status, error), (cli.OK, ""))
            self.assertRegex(out, r"^what is lost of \d+ slots is done without")
            members.wait_whole()
            now = answers()
            self.assertTrue(all(reply in (None, b"x") for reply in now))
            self.assertGreater(now.count(None), 500)
            self.assertEqual([key for key, was, reply in zip(keys, before, now) if was == b"x" != reply], [])
            self.assertEqual(cli.document(members[1], "status")[0], cli.OK)


class Changes(unittest.TestCase):
    def test_a_join_a_death_and_a_leave(self):
        with Cluster(2) as members:
            with members[1].resp() as client:
                client.pipeline([("SET", f"key:{i}", "x" * 2000) for i in range(30000)])
            members.add(3).wait_ready()
            status, out, error = cli.ask(members[1], "rebalance", "--watch", "--interval", 0.05)
            self.assertEqual((status, error), (cli.OK, ""))
            self.assertTrue(out.endswith("every slot is where it should be\n"), out)
            lines = out.strip().split("\n")[:-1]
            for line in lines:
                self.assertRegex(line, r"^\d+\.\d %  [\d.]+ \S+ of [\d.]+ \S+  [\d.]+ \S+/s  (\d.*|-) left  \d+ slots ")
            parts = [float(line.split(" ")[0]) for line in lines]
            self.assertEqual(parts, sorted(parts), "two senders' parts together rise")
            if lines:
                self.assertRegex(lines[-1], r"^100\.0 %  .* 0 s left  0 slots")
            members.wait_whole()

            members[3].freeze()
            status, said = cli.document(members[1], "status", "--timeout", 0.5)
            self.assertEqual((status, said["well"]), (cli.NO, False))
            status, out, error = cli.ask(members[1], "verify", "--within", 0.3, "--timeout", 0.2)
            self.assertEqual((status, error), (cli.UNKNOWN, ""))
            self.assertRegex(out, r"(?m)^node-3 did not answer: .*no answer within 200 ms$")
            members[3].kill()
            wait_down(members[1], "node-3")
            status, out, _ = cli.ask(members[1], "status")
            self.assertEqual(status, cli.NO)
            self.assertRegex(out, r"(?m)^members .*; down: node-3$")
            self.assertRegex(out, r"(?m)^silent +node-3: down$")
            status, out, error = cli.ask(members[1], "leave", 3)
            self.assertEqual((status, out), (cli.NO, ""))
            self.assertIn("node-3 is down: start it again, or decommission it", error)
            self.assertEqual(cli.ask(members[1], "rebalance", "--watch", "--within", 60)[0], cli.OK)
            self.assertEqual(cli.document(members[1], "verify")[0], cli.OK)

            status, said = cli.document(members[1], "decommission", "node-3", "--wait", "--within", 60)
            self.assertEqual((status, said), (cli.OK, {"node_id": "node-3", "gone": True}))
            self.assertEqual([m["node_id"] for m in cli.document(members[2], "members")[1]["members"]],
                             ["node-1", "node-2"])
            self.assertEqual(cli.document(members[1], "status")[0], cli.OK)

            # The one that is asked goes itself: the rest is asked of another.
            status, out, error = cli.ask(members[2], "leave", 2, "--wait", "--interval", 0.1, "--within", 60)
            self.assertEqual((status, error), (cli.OK, ""))
            self.assertTrue(out.endswith("node-2 is no member any more\n"), out)
            self.assertEqual(members[2].child.wait(cluster.PATIENCE), 0)
            status, out, error = cli.ask(members[1], "leave", "node-1")
            self.assertEqual((status, out), (cli.NO, ""))
            self.assertIn("node-1 cannot leave: no other member is active", error)
            with members[1].resp() as client:
                self.assertEqual(client("DBSIZE"), 30000)

    def test_a_leave_that_nobody_waits_for(self):
        with Cluster(3) as members:
            status, out, error = cli.ask(members[1], "leave", "3")
            self.assertEqual((status, error), (cli.OK, ""))
            self.assertIn("node-3 leaves", out)
            self.assertEqual(members[3].child.wait(cluster.PATIENCE), 0)
            self.assertEqual(cli.ask(members[1], "leave", 2, "--wait", "--within", 0.001)[0], cli.UNKNOWN)

    def test_verify_finds_replicas_that_differ(self):
        """Fills of these nodes leave out when keys expire."""
        with mock.patch.object(cluster, "BINARY", os.environ["HC_BROKEN_NODE"]):
            with Cluster(2, environment={"HYPERCACHE_MUTANT": "fill-forgets-expiry"}) as members:
                with members[1].resp() as client:
                    client.pipeline([("SET", f"key:{i}", i, "EX", 1000) for i in range(200)])
                self.assertEqual(cli.document(members[1], "verify")[0], cli.OK)
                members.add(3).wait_ready()
                members.wait_whole()
                cluster.wait_until(lambda: cli.document(members[1], "rebalance")[1]["whole"], "the end of the move")
                status, said = cli.document(members[1], "verify")
                self.assertEqual(status, cli.NO)
                self.assertTrue(said["different"])
                for slot in said["different"]:
                    self.assertIn("node-3", [r["node"] for r in slot["replicas"]])
                    self.assertEqual(len({r["digest"] for r in slot["replicas"]}), 2)
                status, out, _ = cli.ask(members[1], "verify")
                self.assertEqual(status, cli.NO)
                self.assertIn(f"of {len(said['different'])} different\n", out)
                self.assertEqual(len(columns(out.split("\n", 1)[1])) - 1, 2 * len(said["different"]))


if __name__ == "__main__":
    unittest.main(verbosity=1)
