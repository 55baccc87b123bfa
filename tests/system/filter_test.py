"""Cuckoo filters on real processes: CF.* from every node, by redis-cli and redis-py where they are installed; that no
item is ever denied, through a failover, a fill and a restart from the log; and the filters over the keys of slots."""

import shutil
import subprocess
import sys
import unittest
import urllib.parse

import cluster
from cluster import Cluster, Process, RespError

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's python3-redis, whichever Python runs this
try:
    import redis
except ImportError:
    redis = None

ITEMS = 20_000
BATCH = 500


def batches(items):
    return [items[i:i + BATCH] for i in range(0, len(items), BATCH)]


def insert(client, key, items):
    for batch in batches(items):
        assert client("CF.INSERT", key, "ITEMS", *batch) == [1] * len(batch)


def denied(client, key, items):
    """How many of them the filter does not have."""
    return sum(client("CF.MEXISTS", key, *batch).count(0) for batch in batches(items))


class Everywhere(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.cluster.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__()

    def test_every_node_takes_every_command(self):
        for number in (1, 2, 3):
            key = f"visits-{number}"
            with self.cluster[number].resp() as here, self.cluster[number % 3 + 1].resp() as there:
                self.assertEqual(here("CF.RESERVE", key, 1000, "EXPANSION", 2), "OK")
                with self.assertRaisesRegex(RespError, "ERR item exists"):
                    there("CF.RESERVE", key, 1000)
                self.assertEqual(there("CF.ADD", key, "a"), 1)
                self.assertEqual(here("CF.ADDNX", key, "a"), 0)
                self.assertEqual(here("CF.INSERT", key, "ITEMS", "b", "c"), [1, 1])
                self.assertEqual(there("CF.MEXISTS", key, "a", "b", "z"), [1, 1, 0])
                self.assertEqual(there("CF.DEL", key, "a"), 1)
                self.assertEqual(here("CF.COUNT", key, "a"), 0)
                self.assertEqual(here("TYPE", key), "MBbloomCF")
                for words in (("GET", key), ("APPEND", key, "x"), ("INCR", key)):
                    with self.assertRaisesRegex(RespError, "^WRONGTYPE "):
                        there(*words)
                here("SET", "text", "v")
                with self.assertRaisesRegex(RespError, "^WRONGTYPE "):
                    there("CF.ADD", "text", "a")

    @unittest.skipUnless(shutil.which("redis-cli"), "redis-cli is not installed")
    def test_redis_cli(self):
        words = "CF.RESERVE cli 100\nCF.ADD cli a\nCF.EXISTS cli a\nCF.DEL cli b\nTYPE cli\nDEL cli\nCF.INFO cli\n"
        done = subprocess.run(["redis-cli", "-p", str(self.cluster[2].resp_port)], input=words, text=True,
                              capture_output=True, timeout=cluster.PATIENCE, check=True)
        self.assertEqual(done.stdout.split("\n"), ["OK", "1", "1", "0", "MBbloomCF", "1", "ERR not found", "", ""])

    @unittest.skipUnless(redis, "redis-py is not installed")
    def test_redis_py(self):
        writer = redis.Redis(port=self.cluster[1].resp_port).cf()
        reader = redis.Redis(port=self.cluster[3].resp_port).cf()
        self.assertTrue(writer.create("py", 1000, expansion=1, bucket_size=2, max_iterations=20))
        self.assertEqual(writer.add("py", "a"), 1)
        self.assertEqual(reader.addnx("py", "a"), 0)
        self.assertEqual(writer.insert("py", ["b", "c"]), [1, 1])
        self.assertEqual(writer.insertnx("py", ["c", "d"]), [0, 1])
        self.assertEqual(writer.insert("new", ["a"], capacity=100), [1])
        self.assertEqual([reader.exists("py", item) for item in "abcdz"], [1, 1, 1, 1, 0])
        self.assertEqual(reader.delete("py", "a"), 1)
        self.assertEqual(reader.count("py", "b"), 1)
        info = reader.info("py")
        self.assertEqual((info.filterNum, info.insertedNum, info.deletedNum), (1, 3, 1))
        self.assertEqual((info.bucketSize, info.expansionRate), (4, 2))
        self.assertGreater(info.size, 1000)
        with self.assertRaisesRegex(redis.ResponseError, "NOCREATE|not found"):
            writer.insert("none", ["a"], nocreate=True)


class Survives(unittest.TestCase):
    def test_a_failover_and_a_fill_deny_no_item(self):
        items = [f"item-{i}" for i in range(ITEMS)]
        with Cluster(3) as members:
            key = next(f"f-{i}" for i in range(100) if members.leaders(1)[cluster.slot_of(f"f-{i}")] == 2)
            with members[1].resp() as client:
                self.assertEqual(client("CF.RESERVE", key, 100), "OK")  # it grows
                insert(client, key, items)
                self.assertEqual([client("CF.DEL", key, item) for item in items[:BATCH]], [1] * BATCH)
                members[2].kill()
                cluster.wait_until(lambda: client("CF.COUNT", key, items[-1]), "its slot is served again")
                self.assertEqual(denied(client, key, items[BATCH:]), 0)
                before = client("CF.INFO", key)
            members.restart(2)
            members.wait_whole()
            with members[2].resp() as client:
                self.assertEqual(client("CF.INFO", key), before)
                self.assertEqual(denied(client, key, items[BATCH:]), 0)

    def test_a_restart_from_the_log_and_its_snapshot(self):
        items = [f"item-{i}" for i in range(2000)]
        with cluster.folder() as path:
            node = Process(["--resp-port", 0, "--http-port", 0, "--gossip-port", cluster.free_port(), "--data-dir",
                            "data", "--appendonly", "yes"], path)
            try:
                with node.start().wait_ready().resp() as client:
                    insert(client, "before", items)
                    client("BGREWRITEAOF")
                    cluster.wait_until(lambda: node.info("persistence")["aof_rewrite_in_progress"] == "0", "a snapshot")
                    insert(client, "before", items)
                    insert(client, "after", items)
                    client("PEXPIRE", "after", 10_000_000)
                    told = [client("CF.INFO", key) for key in ("before", "after")]
                node.kill()
                with node.start().wait_ready().resp() as client:
                    self.assertEqual([client("CF.INFO", key) for key in ("before", "after")], told)
                    for key in ("before", "after"):
                        self.assertEqual(denied(client, key, items), 0)
                    self.assertGreater(client("PTTL", "after"), 9_000_000)
            finally:
                node.kill()


class OverKeys(unittest.TestCase):
    """--cuckoo-filter: what it says is in /api/filter/stats and /api/filter/check, and no look-up is wrong by it."""

    def check(self, node, key, expected):
        """[filter_says, actually_exists], by this node."""
        with node.http() as client:
            status, told = client.json("GET", "/api/filter/check/" + urllib.parse.quote(key, safe=""))
        self.assertEqual((status, told["success"], told["key"]), (200, True, key))
        self.assertEqual(told["false_positive"], bool(told["filter_says"]) and not told["actually_exists"])
        self.assertEqual([told["filter_says"], told["actually_exists"]], expected)

    def stats(self, node):
        with node.http() as client:
            status, told = client.json("GET", "/api/filter/stats")
        self.assertEqual(status, 200)
        return told

    def test_keys_of_any_node_are_checked_by_any_node(self):
        with Cluster(3, extra=["--cuckoo-filter", "on", "--cuckoo-fpp", "0.0001"]) as members:
            with members[1].resp() as client:
                keys = [f"key-{i}" for i in range(3000)]
                client.pipeline([("SET", key, "v") for key in keys])
                for node in members.live():
                    for key in keys[:20] + ["{tag}/with %", "ä"]:
                        self.check(node, key, [True, True] if key in keys else [False, False])
                client.pipeline([("DEL", key) for key in keys[:1000]])
                client.pipeline([("SET", key, "again") for key in keys[500:1500]])
                self.check(members[2], keys[0], [False, False])
                self.check(members[3], keys[700], [True, True])
                client("PEXPIRE", keys[700], 1)
                cluster.wait_until(lambda: client("EXISTS", keys[700]) == 0, "its end")
                self.check(members[3], keys[700], [False, False])
                values = client.pipeline([("GET", key) for key in keys])
                self.assertEqual(values.count(None), 501)
                beside = client.pipeline([("EXISTS", f"{{{key}}}-none") for key in keys])  # in slots that have a key
                self.assertEqual(sum(beside), 0)
            told = [self.stats(node) for node in members.live()]
            self.assertEqual(sum(t["size"] for t in told), 2 * 2499, "two copies of each key")
            for t in told:
                self.assertEqual((t["mode"], t["enabled"], t["configured_false_positive_rate"]), ("on", True, 0.0001))
                self.assertTrue(t["size"] < t["capacity"] and 0 < t["load_factor"] < 1, t)
                self.assertGreater(t["memory_usage"], 0)
                self.assertLessEqual(t["false_positive_rate"], 0.01)
                self.assertLessEqual(t["false_positives"] + t["denied"], t["lookups"])
            self.assertGreater(sum(t["denied"] for t in told), 2400)
            with members[2].http() as client:
                status, body = client.json("POST", "/api/filter/stats", {})
                self.assertEqual((status, body["reason"]), (405, "METHOD_NOT_ALLOWED"))
                status, body = client.json("DELETE", "/api/filter/check/k")
                self.assertEqual((status, body["reason"]), (405, "METHOD_NOT_ALLOWED"))
                self.assertEqual(client.json("GET", "/api/filter/check/%zz")[0], 400)

    def test_it_is_switched_while_the_node_runs(self):
        with cluster.single() as node, node.resp() as client:
            self.assertEqual(client("CONFIG", "GET", "cuckoo-filter")[1], b"auto")
            client.pipeline([("SET", f"key-{i}", "v") for i in range(2000)])
            told = self.stats(node)
            self.assertEqual((told["mode"], told["enabled"], told["size"], told["memory_usage"]), ("auto", False, 0, 0))
            self.check(node, "key-1", [None, True])
            self.check(node, "none", [None, False])
            client("CONFIG", "SET", "cuckoo-filter", "on", "cuckoo-fpp", "0.001")
            cluster.wait_until(lambda: self.stats(node)["size"] == 2000, "every key is in a filter")
            self.check(node, "key-1", [True, True])
            self.assertEqual(client.pipeline([("EXISTS", f"key-{i}") for i in range(2000)]), [1] * 2000)
            client("FLUSHALL")
            self.assertEqual(self.stats(node)["size"], 0)
            self.check(node, "key-1", [False, False])
            client("CONFIG", "SET", "cuckoo-filter", "off")
            cluster.wait_until(lambda: self.stats(node)["memory_usage"] == 0, "no filter is kept")
            with self.assertRaisesRegex(RespError, "from 0.000001 to 0.5"):
                client("CONFIG", "SET", "cuckoo-fpp", "2")


if __name__ == "__main__":
    unittest.main()
