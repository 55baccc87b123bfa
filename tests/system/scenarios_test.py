"""The original's scenarios on three and on five real nodes, and random cross-node traffic."""

import random
import sys
import unittest

import cluster
from cluster import Cluster

OPERATIONS = 20_000


class Scenarios:
    """Mixed into one class per size, so that each size has a cluster of its own."""

    size = 0
    join = False

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(cls.size, join=cls.join).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__()

    def numbers(self):
        return range(1, self.size + 1)

    def test_1_written_on_one_read_on_the_others_deleted_everywhere(self):
        webs = {i: self.cluster[i].http() for i in self.numbers()}
        for i in (1, 2, 3):
            status, document = webs[i].put(f"data{i}", f"value{i}")
            self.assertEqual((status, document["success"], document["node"]), (200, True, str(i)))
        for i in self.numbers():
            for j in (1, 2, 3):
                self.assertEqual(webs[i].get(f"data{j}"), f"value{j}", f"data{j} on {i}")
        self.assertEqual(webs[3].delete("data1")[1]["deleted"], True)
        for i in self.numbers():
            self.assertIsNone(webs[i].get("data1"), f"data1 on {i}")
            self.assertEqual(webs[i].get("data2"), "value2")
        for web in webs.values():
            web.close()

    def test_2_a_ttl_is_seen_from_every_node(self):
        clients = [self.cluster[i].resp() for i in self.numbers()]
        clients[0]("SET", "brief", "v", "EX", "100")
        for client in clients:
            self.assertIn(client("TTL", "brief"), (99, 100))
            self.assertGreater(client("PTTL", "brief"), 90_000)
        clients[-1]("PEXPIRE", "brief", "300")
        cluster.wait_until(lambda: clients[1 % self.size]("GET", "brief") is None, "the key to expire", 5)
        for client in clients:
            self.assertIsNone(client("GET", "brief"))
            self.assertEqual(client("TTL", "brief"), -2)
            client.close()

    def test_3_commands_over_all_nodes(self):
        clients = [self.cluster[i].resp() for i in self.numbers()]
        clients[0]("FLUSHALL")
        words = [word for i in range(500) for word in (f"many{i}", str(i))]
        clients[0]("MSET", *words)
        for client in clients:
            self.assertEqual(client("DBSIZE"), 500)
            self.assertEqual(client("MGET", *words[::2]), [w.encode() for w in words[1::2]])
            self.assertEqual(len(client("KEYS", "many*")), 500)
            seen, cursor = [], b"0"
            while True:
                cursor, keys = client("SCAN", cursor, "COUNT", "1000")
                seen += keys
                if cursor == b"0":
                    break
            self.assertEqual(len(set(seen)), 500)
            self.assertIn(client("RANDOMKEY"), seen)
        self.assertEqual(clients[1]("DEL", *words[:200:2]), 100)
        self.assertEqual(clients[2]("EXISTS", *words[::2]), 400)
        clients[2]("FLUSHALL")
        for client in clients:
            self.assertEqual(client("DBSIZE"), 0)
            client.close()

    def test_4_pipelines_over_all_nodes_answer_in_order(self):
        for i in self.numbers():
            with self.cluster[i].resp() as client:
                commands, expected = [], []
                for k in range(400):
                    commands += [("SET", f"p{i}-{k}", k), ("GET", f"p{i}-{k}"), ("ECHO", str(k)),
                                 ("MGET", f"p{i}-{k}", f"p{i}-{k - 1}")]
                    before = b"%d" % (k - 1) if k else None
                    expected += ["OK", b"%d" % k, b"%d" % k, [b"%d" % k, before]]
                self.assertEqual(client.pipeline(commands), expected)

    def test_4_a_pipeline_longer_than_a_client_may_have_under_way(self):
        with self.cluster[1].resp() as client:
            for k in range(50):
                client("SET", f"long{k}", k)
            replies = client.pipeline([("GET", f"long{k % 50}") for k in range(40_000)])
            self.assertEqual(replies, [b"%d" % (k % 50) for k in range(40_000)])

    def test_5_random_traffic_never_misses(self):
        """OPERATIONS writes, reads and deletes through any node by either protocol, against a plain dictionary."""
        seed = random.SystemRandom().randrange(1 << 32)
        chance = random.Random(seed)
        doors = [self.cluster[i].resp() for i in self.numbers()]
        webs = [self.cluster[i].http() for i in self.numbers()]
        truth = {}
        for step in range(OPERATIONS):
            key = f"r{chance.randrange(2000)}"
            at = chance.randrange(self.size)
            by_http = chance.random() < 0.4
            what = chance.random()
            where = f"seed {seed}, step {step}, {key} by {'HTTP' if by_http else 'RESP'} on node {at + 1}"
            if what < 0.45:
                value = f"v{step}"
                if by_http:
                    self.assertEqual(webs[at].put(key, value)[0], 200, where)
                else:
                    self.assertEqual(doors[at]("SET", key, value), "OK", where)
                truth[key] = value
            elif what < 0.95:
                seen = webs[at].get(key) if by_http else doors[at]("GET", key)
                seen = seen.decode() if isinstance(seen, bytes) else seen
                self.assertEqual(seen, truth.get(key), where)
            else:
                gone = webs[at].delete(key)[1]["deleted"] if by_http else doors[at]("DEL", key) == 1
                self.assertEqual(gone, truth.pop(key, None) is not None, where)
        for client in doors + webs:
            client.close()

    def test_6_kill_9_and_restart_lose_nothing(self):
        clients = {i: self.cluster[i].resp() for i in self.numbers()}
        self.cluster.wait_whole()
        for k in range(5):
            clients[k % self.size + 1]("SET", f"five{k}", k)
        clients[2].close()
        self.cluster[2].kill()
        for i in self.numbers():
            if i != 2:
                for k in range(5):
                    self.assertEqual(clients[i]("GET", f"five{k}"), b"%d" % k, f"five{k} on {i}")
        self.cluster.restart(2)
        clients[2] = self.cluster[2].resp()
        for i in self.numbers():
            for k in range(5):
                self.assertEqual(clients[i]("GET", f"five{k}"), b"%d" % k, f"five{k} on {i}")
        self.cluster.wait_whole()
        for client in clients.values():
            client.close()


class ThreeNodes(Scenarios, unittest.TestCase):
    size = 3


class FiveNodes(Scenarios, unittest.TestCase):
    size = 5
    join = True


if __name__ == "__main__":
    unittest.main(verbosity=1, argv=[sys.argv[0], *sys.argv[1:]])
