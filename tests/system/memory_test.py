"""The memory limit on real processes: what is resident stays near it whatever is written, deleted and written again."""

import os
import random
import threading
import time
import unittest

import cluster
from cluster import Cluster, RespError, wait_until

MB = 1 << 20
LIMIT = 96 * MB


def allowed(limit):
    return limit + max(limit // 20, 20 * MB)


def resident(node):
    with open(f"/proc/{node.child.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Watch:
    """The highest resident size of a node while it runs, looked at every few milliseconds."""

    def __init__(self, node):
        self.node, self.highest, self.over = node, resident(node), threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over.wait(0.01):
            self.highest = max(self.highest, resident(self.node))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


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
    def write(self, node, client, commands, refused=False, size=500):
        """All of them; the highest resident size meanwhile."""
        with Watch(node) as watch:
            for batch in in_batches(commands, size):
                for reply in client.pipeline(batch):
                    if isinstance(reply, RespError) and not (refused and str(reply).startswith("OOM ")):
                        raise reply
        return watch.highest

    def assert_within(self, highest, what, limit=LIMIT):
        text = f"{what}: {highest / MB:.1f} MB with a limit of {limit / MB:.0f}"
        self.assertLessEqual(highest, allowed(limit), text)

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

    def test_large_values_in_place_of_small_ones_stay_within(self):
        """Each large one evicts hundreds of small ones, from pages that others share."""
        rng = random.Random(3)
        limit = 256 * MB

        def values(count, least, most):
            return (("SET", f"key:{rng.randrange(300_000)}", b"x" * rng.randrange(least, most)) for _ in range(count))

        with cluster.single("--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru") as node, node.resp() as client:
            self.assert_within(self.write(node, client, values(220_000, 1, 3000)), "small values", limit)
            for turn in range(2):
                large = values(1_000, 100_000, 400_000)
                self.assert_within(self.write(node, client, large, size=10), f"large ones, turn {turn}", limit)
                self.assertGreater(client("DBSIZE"), 600, "and it is not half empty")
                self.assert_within(self.write(node, client, values(60_000, 1, 3000)), "small ones again", limit)

    def test_noeviction_refuses_and_goes_on_when_something_was_deleted(self):
        with cluster.single("--maxmemory", "96mb") as node, node.resp() as client:
            fill = (("SET", f"key:{i:08}", b"x" * 1000) for i in range(150_000))
            self.assert_within(self.write(node, client, fill, refused=True), "filling")
            # Between the last refusal and now there may be room again for a few.
            with self.assertRaisesRegex(RespError, "OOM command not allowed when used memory > 'maxmemory'."):
                for i in range(1_000):
                    client("SET", f"more:{i:08}", b"x" * 1000)
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
            others = [node.resp() for node in nodes.live()]
            # Primaries may evict for a while after the last write: the counts are compared until they rest.
            wait_until(lambda: len({other("DBSIZE") for other in others}) == 1, "that members hold equally many keys")
            for other in others:
                other.close()


class Buffers(unittest.TestCase):
    """What clients ask and do not read counts at once, and takes at most half of the limit for long."""

    LIMIT = 128 * MB

    def start(self, policy):
        return cluster.single("--maxmemory", "128mb", "--maxmemory-policy", policy)

    def fill(self, client):
        for batch in in_batches(("SET", f"key:{i:08}", b"x" * 200) for i in range(150_000)):
            client.pipeline(batch)

    def assert_settles(self, node, what):
        wait_until(lambda: resident(node) <= allowed(self.LIMIT), what)

    def test_who_reads_gets_all_of_it(self):
        with self.start("noeviction") as node, node.resp() as client:
            value = b"v" * (5 * MB)
            client("SET", "large", value)
            with Watch(node) as watch:
                replies = client.pipeline([("GET", "large")] * 60)
            self.assertTrue(all(reply == value for reply in replies))
            self.assertLessEqual(watch.highest, allowed(self.LIMIT), "300 MB of replies wait at the client")
            self.assertEqual(node.info("stats")["evicted_clients"], "0")

    def test_clients_that_do_not_read_are_bounded(self):
        with self.start("noeviction") as node, node.resp() as client:
            client("SET", "large", b"v" * (5 * MB))
            others = [node.resp() for _ in range(10)]
            with Watch(node) as watch:
                for other in others:
                    other.socket.sendall(other.encode("GET", "large") * 20)
                wait_until(lambda: int(node.info("stats")["evicted_clients"]) > 0, "that some are let go")
            self.assertLessEqual(watch.highest, self.LIMIT * 2, "not the 1000 MB that they asked for")
            self.assert_settles(node, "that it is near its limit")
            self.assertIn("maxmemory-clients", node.log())
            self.assertEqual(client("SET", "more", "v"), "OK")
            for other in others:
                other.close()

    def test_buffers_count_at_once(self):
        with self.start("noeviction") as node, node.resp() as client:
            for batch in in_batches((("SET", f"key:{i}", b"x" * 1000) for i in range(75_000))):
                client.pipeline(batch)
            self.assertEqual(client("SET", "room", "v"), "OK")
            others = [node.resp() for _ in range(4)]
            for other in others:
                other.socket.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20971520\r\n" + b"x" * (14 * MB))
            began = time.monotonic()
            with self.assertRaisesRegex(RespError, "OOM command not allowed"):
                while time.monotonic() < began + 0.7:
                    client("SET", "more", "v")
            for other in others:
                other.close()
            wait_until(lambda: client("SET", "more", "v") == "OK", "that there is room again")

    def test_a_command_without_an_end_is_refused(self):
        with self.start("noeviction") as node, node.resp() as other:
            with Watch(node) as watch:
                other.socket.sendall(b"*2147483647\r\n")
                for _ in range(100):
                    other.socket.sendall(b"$1\r\na\r\n" * 100_000)
                self.assertIn("OOM the command takes more memory", str(other.read()))
                with self.assertRaises(ConnectionError):
                    other.read()
            self.assertLessEqual(watch.highest, allowed(self.LIMIT))

    def test_a_few_clients_cannot_have_all_keys_evicted(self):
        with self.start("allkeys-lru") as node, node.resp() as client:
            self.fill(client)
            held = client("DBSIZE")
            others = [node.resp() for _ in range(8)]
            for other in others:
                other.socket.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n" + b"x" * (40 * MB))
                self.assertIn("OOM the command takes more memory", str(other.read()))
            self.assert_settles(node, "that it is near its limit")
            self.assertGreater(client("DBSIZE"), held // 2)
            for other in others:
                other.close()
            with node.http() as http:
                body = b"x" * (70 * MB)
                self.assertEqual(http.request("PUT", "/api/cache/large", body)[0], 503)
            self.assertGreater(client("DBSIZE"), held // 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
