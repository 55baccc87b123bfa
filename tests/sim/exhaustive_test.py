#!/usr/bin/env python3
"""Every order of a small cluster whose time stands still: nothing is found, and what is broken on purpose is."""
import subprocess
import sys
import unittest

SIM = sys.argv.pop()
# By scene and most faults; `commit-on-majority` is found in a handover, after some minutes.
FOUND = {
    ("steady", "0"): ["read-uncommitted", "ack-before-replication", "no-epoch-check", "no-epoch-boundary",
                      "one-in-five"],
    ("takeover", "0"): ["boundary-before-wait", "released-of-old-epoch", "serve-before-takeover"],
    ("steady", "1"): ["frame-outside-session"],
}


def explore(*words):
    run = subprocess.run([SIM, "--exhaustive", *words], capture_output=True, text=True)
    return run.returncode, run.stdout


class Exhaustive(unittest.TestCase):
    def test_no_order_breaks_a_steady_cluster_or_a_takeover(self):
        for scene in ("steady", "takeover"):
            with self.subTest(scene):
                status, text = explore("--scene", scene)
                self.assertEqual(status, 0, text)
                self.assertIn("the frontier is exhausted", text)
                self.assertEqual(text.count("one fault"), 12, "each pair of machines, and one connection to each")

    def test_depth_bounds_it(self):
        status, text = explore("--scene", "steady", "--most-faults", "0", "--depth", "3")
        self.assertEqual(status, 0, text)
        self.assertIn("the bounds leave some out", text)

    def test_finds_mutants_and_tells_the_way(self):
        for (scene, faults), mutants in FOUND.items():
            for mutant in mutants:
                with self.subTest(mutant):
                    status, text = explore("--scene", scene, "--most-faults", faults, "--mutant", mutant)
                    self.assertIn(status, (1, 3), text)
                    self.assertRegex(text, r"(?m)^  .* (is asked of|hears from) node-\d")


unittest.main()
