"""The memory limit on real processes: what is resident stays near it whatever is written, deleted and written again."""

import os
import random
import unittest

import cluster
from cluster import Cluster, RespError, wait_until

MB = 1 << 20
LIMIT = 96 * MB
SLACK = max(LIMIT // 20, 20 * MB)


def resident(node):
    with open(f"/proc/{node.child.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def in_batches(commands, size=500):
    batch = []
    for command in commands:
        batch.append(command)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class Limit(unittest.TestCase):
    def write(self, node, client, commands, refused=False):
        """All of them; the highest resident size seen in between."""
        highest = 0
        for number, batch in enumerate(in_batches(commands)):
            for reply in client.pipeline(batch):
                if isinstance(reply, RespError) and not (refused and str(reply).startswith("OOM ")):
                    raise reply
            if number % 10 == 0:
                highest = max(highest, resident(node))
        return max(highest, resident(node))

    def assert_within(self, highest, what):
        self.assertLessEqual(highest, LIMIT + SLACK, f"{what}: {highest / MB:.0f} MB with a limit of {LIMIT / MB:.0f}")

    def test_overwriting_deleting_and_refilling_stays_within(self):
        rng = random.Random(7)
        with cluster.single("--maxmemory", "96mb", "--maxmemory-policy", "allkeys-lru") as node, node.resp() as client:
            fill = [("SET", f"key:{i:08}", b"x" * 100) for i in range(700_000)]
            self.assert_within(self.write(node, client, fill), "filling")
            self.assertGreater(int(node.info("stats")["evicted_keys"]), 50_000)
            held = client("DBSIZE")
            self.assertGreater(held, 300_000, "and it is not half empty")
            over = (("SET", f"key:{rng.randrange(700_000):08}", b"y" * rng.randrange(1, 600)) for _ in range(150_000))
            self.assert_within(self.write(node, client, over), "overwriting with other sizes")
            gone = (("DEL", f"key:{i:08}") for i in range(700_000) if rng.random() < 0.8)
            self.assert_within(self.write(node, client, gone), "deleting most")
            again = (("SET", f"other:{i:08}", b"z" * 250) for i in range(250_000))
            self.assert_within(self.write(node, client, again), "refilling with another size")
            large = (("SET", f"large:{i}", b"w" * rng.randrange(10_000, 300_000)) for i in range(1_000))
            self.assert_within(self.write(node, client, large), "large values")
            self.assertEqual(client("GET", "large:999")[:1], b"w", "the newest is there")
            self.assertLess(client("DBSIZE"), held)

    def test_noeviction_refuses_and_goes_on_when_something_was_deleted(self):
        with cluster.single("--maxmemory", "96mb") as node, node.resp() as client:
            fill = (("SET", f"key:{i:08}", b"x" * 1000) for i in range(150_000))
            self.assert_within(self.write(node, client, fill, refused=True), "filling")
            with self.assertRaisesRegex(RespError, "OOM command not allowed when used memory > 'maxmemory'."):
                client("SET", "more", "v")
            self.assertEqual(client("GET", "key:00000000"), b"x" * 1000)
            self.assertEqual(node.info("stats")["evicted_keys"], "0")
            for batch in in_batches(("DEL", f"key:{i:08}") for i in range(20_000)):
                client.pipeline(batch)
            wait_until(lambda: client("SET", "more", "v") == "OK", "that there is room again")

    def test_the_limit_is_set_at_run_time(self):
        with cluster.single() as node, node.resp() as client:
            self.write(node, client, (("SET", f"key:{i:08}", b"x" * 100) for i in range(400_000)))
            self.assertEqual(node.info("memory")["maxmemory"], "0")
            client("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "maxmemory", "48mb")
            info = node.info("memory")
            self.assertEqual((info["maxmemory"], info["maxmemory_policy"]), (str(48 * MB), "allkeys-random"))
            wait_until(lambda: resident(node) <= 48 * MB + 20 * MB, "that it gave back what is above the limit")
            self.assertGreater(client("DBSIZE"), 50_000)
            client("CONFIG", "SET", "maxmemory", "0")
            self.assertEqual(client("CONFIG", "GET", "maxmemory"), [b"maxmemory", b"0"])

    def test_a_cluster_evicts_and_stays_equal(self):
        extra = ["--maxmemory", "56mb", "--maxmemory-policy", "allkeys-lru"]
        with Cluster(3, extra) as nodes, nodes[1].resp() as client:
            self.write(nodes[1], client, (("SET", f"key:{i:08}", b"x" * 200) for i in range(400_000)))
            for node in nodes.live():
                self.assertLessEqual(resident(node), 56 * MB + 24 * MB, node.log())
                self.assertGreater(int(node.info("stats")["evicted_keys"]), 0)
            self.assertEqual(client("GET", "key:00399999"), b"x" * 200)
            counts = []
            for node in nodes.live():
                with node.resp() as other:
                    counts.append(other("DBSIZE"))
            self.assertEqual(len(set(counts)), 1, counts)


if __name__ == "__main__":
    unittest.main(verbosity=1)
