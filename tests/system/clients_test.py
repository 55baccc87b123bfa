"""Redis Cluster's clients: the map that CLUSTER gives, -MOVED for who knows it and errs, and the clients themselves
(redis-cli -c, redis-benchmark --cluster, redis-py's RedisCluster, ioredis' Cluster) where they are installed: across a
failover, a return and a join."""

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
import unittest

import cluster
from cluster import Cluster, RespError, slot_of

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's python3-redis, whichever Python runs this
try:
    import redis
    import redis.cluster
except ImportError:
    redis = None

logging.disable()  # redis-py logs what it tries again
KEYS = 10_000


def holders_by_slot(reply):
    """CLUSTER SLOTS as {slot: [(host, port, id), …]}."""
    holders = {}
    for first, last, *nodes in reply:
        for slot in range(first, last + 1):
            assert slot not in holders, f"slot {slot} twice"
            holders[slot] = [(host.decode(), port, name.decode()) for host, port, name, *_ in nodes]
    return holders


class Map(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(3)
        cls.cluster.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__()

    def test_every_slot_once_with_its_holders_and_the_same_from_everyone(self):
        maps, names = [], {}
        for node in self.cluster.live():
            with node.resp() as client:
                maps.append(holders_by_slot(client("CLUSTER", "SLOTS")))
                names[node.resp_port] = client("CLUSTER", "MYID").decode()
        self.assertEqual(sorted(maps[0]), list(range(cluster.SLOTS)))
        self.assertTrue(all(m == maps[0] for m in maps))
        self.assertEqual(len(set(names.values())), 3)
        for holders in maps[0].values():
            self.assertEqual(len(holders), 2)
            for host, port, name in holders:
                self.assertEqual((host, name), ("127.0.0.1", names[port]))
                self.assertEqual(len(name), 40)

    def test_nodes_and_shards_say_the_same(self):
        with self.cluster[1].resp() as client:
            by_slot = holders_by_slot(client("CLUSTER", "SLOTS"))
            led = {}
            for line in client("CLUSTER", "NODES").decode().splitlines():
                name, address, flags, master, _, _, epoch, link, *ranges = line.split()
                self.assertEqual((master, link), ("-", "connected"))
                self.assertIn("master", flags.split(","))
                self.assertGreater(int(epoch), 0)
                for part in ranges:
                    first, _, last = part.partition("-")
                    for slot in range(int(first), int(last or first) + 1):
                        led[slot] = (address.split("@")[0], name)
            self.assertEqual(led, {s: (f"{h[0][0]}:{h[0][1]}", h[0][2]) for s, h in by_slot.items()})
            client("HELLO", "3")
            shards = {}
            for shard in client("CLUSTER", "SHARDS"):
                nodes = [(n[b"ip"].decode(), n[b"port"], n[b"id"].decode()) for n in shard[b"nodes"]]
                self.assertEqual([n[b"role"] for n in shard[b"nodes"]], [b"master", b"replica"])
                for first, last in zip(shard[b"slots"][::2], shard[b"slots"][1::2]):
                    shards.update({slot: nodes for slot in range(first, last + 1)})
            self.assertEqual(shards, by_slot)
            self.assertEqual(holders_by_slot(client("CLUSTER", "SLOTS")), by_slot, "in RESP 3")

    def test_info_and_keys_of_a_slot(self):
        with self.cluster[2].resp() as client:
            info = dict(line.split(":") for line in client("CLUSTER", "INFO").decode().split())
            self.assertEqual(info["cluster_state"], "ok")
            self.assertEqual(info["cluster_slots_ok"], "16384")
            self.assertEqual((info["cluster_known_nodes"], info["cluster_size"]), ("3", "3"))
            for key in ("foo", "{a}b", "x{}y", ""):
                self.assertEqual(client("CLUSTER", "KEYSLOT", key), slot_of(key))
            port = holders_by_slot(client("CLUSTER", "SLOTS"))[slot_of("{tag}")][0][1]
        primary = next(n for n in self.cluster.live() if n.resp_port == port)
        with primary.resp() as client:
            for i in range(5):
                client("SET", f"{{tag}}{i}", i)
            slot = slot_of("{tag}")
            self.assertEqual(client("CLUSTER", "COUNTKEYSINSLOT", slot), 5)
            keys = client("CLUSTER", "GETKEYSINSLOT", slot, 3)
            self.assertEqual(len(set(keys)), 3)
            self.assertTrue(set(keys) <= {f"{{tag}}{i}".encode() for i in range(5)})
            client.pipeline([("DEL", f"{{tag}}{i}") for i in range(5)])

    def test_errors_say_what_to_do(self):
        with self.cluster[1].resp() as client:
            for words, text in ((("COUNTKEYSINSLOT", 16384), "Invalid slot"), (("KEYSLOT",), "wrong number"),
                                (("MEET", "127.0.0.1", 1), "join by --join"), (("NONSENSE",), "unknown subcommand")):
                with self.assertRaisesRegex(RespError, text):
                    client("CLUSTER", *words)

    def test_only_who_asked_for_the_map_is_moved(self):
        with self.cluster[1].resp() as client:
            ports = {s: h[0][1] for s, h in holders_by_slot(client("CLUSTER", "SLOTS")).items()}
            moved = 0
            for i in range(100):
                key = f"moved-{i}"
                try:
                    client("SET", key, i)
                    self.assertEqual(ports[slot_of(key)], self.cluster[1].resp_port)
                except RespError as error:
                    moved += 1
                    self.assertEqual(str(error), f"MOVED {slot_of(key)} 127.0.0.1:{ports[slot_of(key)]}")
            self.assertGreater(moved, 30)
            self.assertEqual(client("ASKING"), "OK")
            self.assertEqual(client("READONLY"), "OK")
            for i in range(100):
                client("GET", f"moved-{i}")
            self.assertEqual(client("READWRITE"), "OK")
            self.assertEqual(client("RESET"), "RESET")
            for i in range(100):  # as good as new: it knows no map
                self.assertEqual(client("SET", f"moved-{i}", i), "OK")

    @unittest.skipUnless(shutil.which("redis-cli"), "redis-cli is not installed")
    def test_redis_cli(self):
        words = "".join(f"SET cli-{i} {i}\n" for i in range(KEYS)) + "".join(f"GET cli-{i}\n" for i in range(KEYS))
        done = subprocess.run(["redis-cli", "-c", "-p", str(self.cluster[2].resp_port)], input=words, text=True,
                              capture_output=True, timeout=cluster.PATIENCE, check=True)
        lines = [line for line in done.stdout.splitlines() if line and not line.startswith("->")]
        self.assertEqual(lines, ["OK"] * KEYS + [str(i) for i in range(KEYS)])

    @unittest.skipUnless(shutil.which("redis-benchmark"), "redis-benchmark is not installed")
    def test_redis_benchmark(self):
        done = subprocess.run(["redis-benchmark", "--cluster", "-p", str(self.cluster[3].resp_port), "-t", "set,get",
                               "-n", str(KEYS), "-r", "1000", "--csv"], text=True, capture_output=True,
                              timeout=cluster.PATIENCE, check=True)
        self.assertIn('"SET"', done.stdout)
        self.assertIn('"GET"', done.stdout)
        self.assertNotIn("rror", done.stdout + done.stderr)


class MovedTo(unittest.TestCase):
    def test_nobody_is_sent_to_a_primary_that_seems_dead(self):
        """Who knows the map is told -MOVED while the primary seems alive; once it does not, the command waits for those
        who take over, is run for the client, or fails with an error that says so."""
        with Cluster(3, extra=["--lease-ms", 3000]) as members, members[1].resp() as client:
            leaders = members.leaders(1)
            keys = [next(f"{n}-{i}" for i in range(10_000) if leaders[slot_of(f"{n}-{i}")] == 3) for n in range(20)]
            client("CLUSTER", "SLOTS")  # from now on it knows the map
            for key in keys:
                with self.assertRaisesRegex(RespError, f"^MOVED {slot_of(key)} 127.0.0.1:{members[3].resp_port}$"):
                    client("SET", key, "early")
            members[2].freeze()  # so that nobody agrees on another primary yet
            members[3].kill()
            cluster.wait_until(lambda: "node-3" in members[1].info("cluster")["hypercache_members_dead"],
                               "node-3 to seem dead")
            self.assertIn(3, members.leaders(1).values(), "it is still named")
            members[2].thaw()
            for key in keys:
                try:
                    self.assertEqual(client("SET", key, "late"), "OK")
                except RespError as error:
                    self.assertNotIn(f":{members[3].resp_port}", str(error))


class Writer:
    """One client in a thread of its own: keys FIRST … LAST, each SET until it is acknowledged."""

    def write(self, first, last):
        raise NotImplementedError

    def wrong(self, last):
        """How many of the keys before `last` do not hold their value, by a client that begins anew, too."""
        raise NotImplementedError


class RedisPyWriter(Writer):
    def __init__(self, port):
        self.startup = [redis.cluster.ClusterNode("127.0.0.1", port)]
        self.client = redis.cluster.RedisCluster(startup_nodes=self.startup)

    def write(self, first, last):
        for i in range(first, last):
            while True:
                try:
                    self.client.set(f"py-{i}", f"value-{i}")
                    break
                except (redis.exceptions.RedisError, OSError):  # unknown, or nobody there: SET again
                    time.sleep(0.02)

    def wrong(self, last):
        fresh = redis.cluster.RedisCluster(startup_nodes=self.startup)
        wrong = sum(client.get(f"py-{i}") != f"value-{i}".encode() for client in (self.client, fresh)
                    for i in range(last))
        fresh.close()
        return wrong

    def close(self):
        self.client.close()


class IoredisWriter(Writer):
    def __init__(self, port):
        self.port = port
        self.processes = [self._start()]

    def _start(self):
        return subprocess.Popen(["node", os.path.join(IOREDIS, "client.js"), str(self.port)], text=True, bufsize=1,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def _ask(process, line):
        process.stdin.write(line + "\n")
        return process.stdout.readline().strip()

    def write(self, first, last):
        said = self._ask(self.processes[0], f"set {first} {last}")
        assert said.startswith(f"set {last - first},"), said

    def wrong(self, last):
        self.processes.append(self._start())
        said = [self._ask(process, f"get 0 {last}") for process in self.processes]
        return sum(int(line.removeprefix("wrong ")) for line in said)

    def close(self):
        for process in self.processes:
            process.stdin.close()
            process.wait(cluster.PATIENCE)
            process.stdout.close()


HERE = os.path.dirname(os.path.abspath(__file__))
IOREDIS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "ioredis")
HAS_NODE = shutil.which("npm") and shutil.which("node")


def install_ioredis():
    """What tests/system/ioredis locks, from the npm registry, once for each lock."""
    source = os.path.join(HERE, "ioredis")
    lock = os.path.join(source, "package-lock.json")
    installed = os.path.join(IOREDIS, "installed.json")
    os.makedirs(IOREDIS, exist_ok=True)
    for name in ("package.json", "package-lock.json", "client.js", "listener.js"):
        shutil.copy(os.path.join(source, name), IOREDIS)
    with open(lock, encoding="utf-8") as file:
        wanted = file.read()
    if os.path.exists(installed):
        with open(installed, encoding="utf-8") as file:
            if file.read() == wanted:
                return
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=IOREDIS, text=True,
                          capture_output=True, timeout=180, check=False)
    if done.returncode != 0:
        raise AssertionError("ioredis could not be installed: `npm ci` needs the npm registry, once. It said: "
                             f"{done.stderr.strip()[-500:]}")
    shutil.copy(lock, installed)


class AcrossChanges:
    """Mixed into one class per client: KEYS values across a kill -9, the return, and a join while it writes."""

    def writer(self, port):
        raise NotImplementedError

    def test_values_across_a_failover_a_return_and_a_join(self):
        with Cluster(3, join=True) as members:
            writer = self.writer(members[1].resp_port)
            try:
                writer.write(0, KEYS // 4)
                members[3].kill()
                writer.write(KEYS // 4, KEYS // 2)
                members.restart(3)
                writer.write(KEYS // 2, 3 * KEYS // 4)
                members.wait_whole()
                failed = []
                thread = threading.Thread(target=self.note, args=(failed, writer.write, 3 * KEYS // 4, KEYS))
                thread.start()
                members.add(4).wait_ready()
                thread.join()
                members.wait_whole()
                self.assertEqual(failed, [])
                self.assertEqual(writer.wrong(KEYS), 0)
                self.assertIn(4, members.leaders(1).values(), "the new member leads slots")
            finally:
                writer.close()

    @staticmethod
    def note(failed, act, *arguments):
        try:
            act(*arguments)
        except Exception as error:  # pylint: disable=broad-except; told by the test
            failed.append(error)


@unittest.skipUnless(redis, "python3-redis is not installed")
class RedisPy(AcrossChanges, unittest.TestCase):
    def writer(self, port):
        return RedisPyWriter(port)


@unittest.skipUnless(HAS_NODE, "npm is not installed")
class Ioredis(AcrossChanges, unittest.TestCase):
    def writer(self, port):
        install_ioredis()
        return IoredisWriter(port)


if __name__ == "__main__":
    unittest.main()
