"""A member joins, and gets more than a gigabyte; `hypercache-cli cluster rebalance --watch --json` tells of it."""

import json
import subprocess
import time
import unittest

import cli
import cluster
from cluster import Cluster

VALUE, VALUES = 1_000_000, 1100


class Transfer(unittest.TestCase):
    def test_a_gigabyte_is_seen_to_arrive(self):
        with Cluster(1) as members:
            with members[1].resp() as client:
                for first in range(0, VALUES, 20):
                    client.pipeline([("SET", f"key:{i}", f"{i:010}" * (VALUE // 10)) for i in range(first, first + 20)])
            members.add(2).wait_ready()
            cluster.wait_until(lambda: not cli.document(members[1], "rebalance")[1]["whole"], "the transfer's begin")
            begun = time.monotonic()
            with subprocess.Popen(cli.command(members[1], "rebalance", "--watch", "--json", "--interval", 0.1),
                                  stdout=subprocess.PIPE, text=True) as watch:
                seen = [json.loads(line) for line in watch.stdout]
            took = time.monotonic() - begun
            self.assertEqual(watch.returncode, cli.OK)
            done, percent = [s["bytes_done"] for s in seen], [s["percent"] for s in seen]
            print(f"{seen[-1]['bytes_total'] / 1e9:.2f} GB in {took:.1f} s; seen {len(seen)} times: "
                  + ", ".join(f"{p:.0f}" for p in percent[::max(1, len(percent) // 12)]), flush=True)
            self.assertEqual(done, sorted(done), "bytes rise")
            self.assertEqual(percent, sorted(percent), "and so do per cent")
            self.assertGreater(len(set(done)), 5)
            self.assertGreater(len([p for p in percent if 5 < p < 95]), 3)
            self.assertGreaterEqual(seen[-1]["bytes_total"], VALUE * VALUES)
            self.assertEqual((seen[-1]["whole"], percent[-1], seen[-1]["seconds_left"]), (True, 100, 0))
            underway = [s for s in seen if not s["whole"]]
            self.assertTrue(all(s["bytes_done"] <= s["bytes_total"] for s in seen))
            self.assertTrue(any(s["bytes_per_second"] > 0 and s["seconds_left"] for s in underway), underway[:5])
            self.assertEqual({(t["from"], t["to"]) for s in underway for t in s["transfers"]}, {("node-1", "node-2")})
            members.wait_whole()
            self.assertEqual(cli.document(members[1], "verify")[0], cli.OK)


if __name__ == "__main__":
    unittest.main(verbosity=1)
