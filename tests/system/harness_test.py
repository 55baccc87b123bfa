"""tools/bench/failover, briefly: it passes on the node as it is, and reports what a broken one does. Where namespaces
are not allowed, only what needs no cut wires."""

import os
import subprocess
import sys
import tempfile
import unittest

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOT_POSSIBLE = 77
LOST, WENT_BACK = 4, 5  # columns of the table


def failover(*arguments, mutant=None):
    """(status, {fault: columns of its line}, everything that was said)"""
    environment = dict(os.environ)
    if mutant:
        environment |= {"HC_NODE": os.environ["HC_BROKEN_NODE"], "HYPERCACHE_MUTANT": mutant}
    with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as table:
        command = [sys.executable, "-B", f"{PROJECT}/tools/bench/failover", "--out", table.name, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in table if line.startswith("| ")]
    return done.returncode, {line[0]: line for line in lines[2:]}, done.stdout + done.stderr


class Harness(unittest.TestCase):
    def run_once(self, *arguments, mutant=None):
        status, lines, said = failover(*arguments, mutant=mutant)
        if status == NOT_POSSIBLE:
            self.skipTest(said.strip().splitlines()[-1])
        return status, lines, said

    def test_faults_of_processes_on_loopback(self):
        status, lines, said = self.run_once("--loopback", "--rounds", "1", "--writes", "300", "--faults",
                                            "kill,short-freeze,clock,join")
        self.assertEqual(status, 0, said)
        self.assertEqual(list(lines), ["kill", "short-freeze", "clock", "join"], said)

    def test_cut_wires(self):
        status, lines, said = self.run_once("--rounds", "1", "--writes", "300", "--faults", "partition")
        self.assertEqual(status, 0, said)
        self.assertEqual(lines["partition"][LOST], "0", said)

    def test_a_node_that_answers_before_it_replicates_loses_writes(self):
        status, lines, said = self.run_once("--rounds", "2", "--faults", "partition", mutant="ack-before-replication")
        self.assertEqual(status, 1, said)
        self.assertGreater(int(lines["partition"][LOST]), 0, said)
        self.assertIn("NOT LINEARIZABLE", said)

    def test_a_node_that_does_not_check_whose_slot_it_is_is_found(self):
        status, lines, said = self.run_once("--loopback", "--rounds", "1", "--faults", "kill", mutant="no-epoch-check")
        self.assertEqual(status, 1, said)
        self.assertGreater(int(lines["kill"][LOST]), 0, said)
        self.assertEqual(lines["kill"][WENT_BACK], "1", said)


if __name__ == "__main__":
    unittest.main(verbosity=1)
