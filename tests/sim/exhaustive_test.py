#!/usr/bin/env python3
"""Every order of a small cluster whose time stands still: nothing is found, and what is broken on purpose is."""
import subprocess
import sys
import unittest

SIM = sys.argv.pop()
FOUND = ["read-uncommitted", "ack-before-replication", "no-epoch-check", "no-epoch-boundary", "one-in-five"]


def explore(*words):
    run = subprocess.run([SIM, "--exhaustive", *words], capture_output=True, text=True)
    return run.returncode, run.stdout


class Exhaustive(unittest.TestCase):
    def test_no_order_of_a_steady_cluster_breaks_anything(self):
        status, text = explore("--scene", "steady", "--most-faults", "0")
        self.assertEqual(status, 0, text)
        self.assertIn("the frontier is exhausted", text)

    def test_depth_bounds_it(self):
        status, text = explore("--scene", "steady", "--most-faults", "0", "--depth", "3")
        self.assertEqual(status, 0, text)
        self.assertIn("the bounds leave some out", text)

    def test_one_fault(self):
        status, text = explore("--scene", "steady", "--depth", "5")
        self.assertEqual(status, 0, text)
        self.assertEqual(text.count("one fault"), 9, "each pair of machines, once more with a fault")

    def test_finds_mutants_and_tells_the_way(self):
        for mutant in FOUND:
            with self.subTest(mutant):
                status, text = explore("--scene", "steady", "--most-faults", "0", "--mutant", mutant)
                self.assertIn(status, (1, 3), text)
                self.assertRegex(text, r"(?m)^  .* is asked of node-\d")


unittest.main()
