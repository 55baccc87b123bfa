"""What survives: kill -9, and the loss of power (tests/system/powercut.cc), under each policy."""

import contextlib
import os
import shutil
import subprocess
import unittest

import cli
import cluster
import crashes
import powercut
from cluster import Cluster, Process, Resp, RespError

LIBRARY = os.environ.get("HC_POWERCUT", "build/release/tests/libpowercut.so")
LOG_INSPECT = os.environ.get("HC_LOG_INSPECT", "build/release/tools/log-inspect")
ROUNDS = int(os.environ.get("HC_ROUNDS", "6"))


class Durability(unittest.TestCase):
    def crashes(self, policy, library=None, stub=False):
        written, missing = crashes.crash(policy, ROUNDS, library, stub)
        self.assertGreater(written, 100)
        return missing

    def test_kill_loses_nothing(self):
        for policy in ("always", "everysec", "no"):
            with self.subTest(policy):
                self.assertEqual(self.crashes(policy), 0)

    def test_always_survives_the_loss_of_power(self):
        self.assertEqual(self.crashes("always", LIBRARY), 0)

    def test_what_an_earlier_run_left_to_the_kernel_is_durable_before_more_is_written(self):
        with cluster.folder() as folder:
            data, kept = os.path.join(folder, "data"), os.path.join(folder, "kept")
            os.makedirs(data)
            environment = powercut.environment(os.path.abspath(LIBRARY), data, kept)
            for policy in ("no", "always"):
                node = crashes.node(folder, policy, environment).start().wait_ready()
                with node.resp() as client:
                    client("SET", policy, "1")
                node.kill()
            powercut.cut(data, kept)
            node = crashes.node(folder, "always").start().wait_ready()
            try:
                with node.resp() as client:
                    self.assertEqual(client("MGET", "no", "always"), [b"1", b"1"])
            finally:
                node.kill()

    def test_without_fsync_power_losses_are_noticed(self):
        with self.assertRaises((AssertionError, cluster.TimedOut)):
            self.assertEqual(self.crashes("always", LIBRARY, stub=True), 0)

    def test_clean_stop_and_snapshot(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "everysec").start().wait_ready()
            with node.resp() as client:
                client.pipeline([("SET", f"k{i}", "line\r\nbreak%d" % i) for i in range(5000)])
                client("DEL", "k7")
                client("SET", "short", "v", "PX", "60000")
                before = client("LASTSAVE")
                self.assertEqual(client("BGSAVE"), "Background saving started")
                cluster.wait_until(lambda: node.info("persistence")["rdb_bgsave_in_progress"] == "0", "the snapshot")
                self.assertGreaterEqual(client("LASTSAVE"), before)
                client("APPEND", "k1", "more")
                self.assertEqual(client("CONFIG", "SET", "appendfsync", "always"), "OK")
                client("SET", "last", "1")
            self.assertEqual(node.terminate(), 0)
            segments = [n for n in os.listdir(os.path.join(folder, "data", "log")) if n.endswith(".log")]
            self.assertNotIn("00000001.log", segments)
            node = crashes.node(folder, "everysec").start().wait_ready()
            try:
                with node.resp() as client:
                    self.assertEqual(client("DBSIZE"), 5001)
                    self.assertEqual(client("GET", "k1"), b"line\r\nbreak1more")
                    self.assertIsNone(client("GET", "k7"))
                    self.assertGreater(client("PTTL", "short"), 1000)
                    self.assertEqual(client("GET", "last"), b"1")
            finally:
                node.kill()

    def test_a_compressed_snapshot_is_smaller_and_says_the_same(self):
        with cluster.folder() as folder:
            sizes = {}
            for word in ("none", "zstd", "none"):  # the last one reads what the one before has written
                node = crashes.node(folder, "always", None, "--snapshot-compression", word).start().wait_ready()
                try:
                    with node.resp() as client:
                        self.assertEqual(client("CONFIG", "GET", "snapshot-compression")[1], word.encode())
                        if not sizes:
                            client.pipeline([("SET", f"k{i}", f"a value of some words, number {i}" * 5)
                                             for i in range(20000)])
                            client("SET", "large", "x" * (2 << 20))  # stands there as it is
                            client("CF.ADD", "filter", "item")
                        self.assertEqual(client("DBSIZE"), 20002)
                        self.assertEqual(client("GET", "k777"), b"a value of some words, number 777" * 5)
                        self.assertEqual(client("STRLEN", "large"), 2 << 20)
                        self.assertEqual(client("CF.EXISTS", "filter", "item"), 1)
                        self.assertEqual(client("SAVE"), "OK")
                    sizes[word] = int(node.info("persistence")["aof_base_size"])
                    self.assertEqual(node.terminate(), 0)
                finally:
                    node.kill()
                said = self.inspect(folder, "verify", "data")
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertEqual(self.inspect(folder, "dump", "data").stdout.count("*3"), 20001)
            large = 2 << 20
            self.assertLess((sizes["zstd"] - large) * 2, sizes["none"] - large)

    def test_rot_in_a_compressed_snapshot_is_named(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always", None, "--snapshot-compression", "zstd").start().wait_ready()
            with node.resp() as client:
                client.pipeline([("SET", f"k{i}", "v" * 100) for i in range(5000)])
                self.assertEqual(client("SAVE"), "OK")
            self.assertEqual(node.terminate(), 0)
            log = os.path.join(folder, "data", "log")
            [name] = [n for n in os.listdir(log) if n.endswith(".log")]
            with open(os.path.join(log, name), "r+b") as file:
                file.seek(os.path.getsize(file.name) // 2)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 1]))
            status, _, said = cluster.run(*crashes.node(folder, "always").arguments, cwd=folder)
            self.assertEqual(status, 1)
            self.assertRegex(said, name + r" is damaged at offset \d+: .*log-inspect cut")

    def test_a_member_that_returns_with_its_disk_is_sent_what_it_missed(self):
        with Cluster(3, ("--appendonly", "yes")) as members:
            with members[1].resp() as client:
                for i in range(0, 30000, 1000):
                    client.pipeline([("SET", f"k{n}", f"{n} " * 200) for n in range(i, i + 1000)])
            members[3].kill()
            with members[1].resp() as client:
                cluster.wait_until(lambda: client("MSET", *[w for n in range(300) for w in (f"k{n}", "later")]) == "OK",
                                   "writes without node-3")
                cluster.wait_until(lambda: client("DEL", *[f"k{n}" for n in range(300, 600)]) is not None, "deletes")
            members.wait_whole()

            def stats(number, name):
                with members[number].http() as web:
                    return web.json("GET", "/api/stats")[1]["replication"][name]

            before = [stats(n, "fill_bytes") for n in (1, 2)]
            members.restart(3)
            members.wait_whole()
            cluster.wait_until(lambda: members[1].info("cluster")["hypercache_slots_moving"] == "0", "no slot to move")
            sent = sum(stats(n, "fill_bytes") for n in (1, 2)) - sum(before)
            kept = stats(3, "fill_bytes_kept")
            print(f"sent {sent / 1e6:.1f} MB, kept {kept / 1e6:.1f} MB", flush=True)
            self.assertGreater(kept, 10_000_000)
            self.assertLess(sent * 5, kept)
            with members[3].resp() as client:
                self.assertEqual(client("DBSIZE"), 29700)
                self.assertEqual(client("MGET", *[f"k{n}" for n in range(600)]), [b"later"] * 300 + [None] * 300)
            self.assertEqual(cli.ask(members[1], "verify")[0], cli.OK)

    def test_save_answers_when_the_snapshot_is_durable(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "everysec", None, "--auto-aof-rewrite-min-size", "1mb").start().wait_ready()
            try:
                with node.resp() as client, node.resp() as other:
                    client.pipeline([("SET", f"k{i}", "v" * 100) for i in range(2000)])
                    client.send("SAVE")
                    other.send("SAVE")  # one of the two is told that the other is under way
                    said = [client.read(), other.read()]
                    self.assertIn("OK", said)
                    self.assertTrue(any(str(s).startswith("ERR Background save") for s in said) or said == ["OK", "OK"])
                    self.assertGreaterEqual(int(node.info("persistence")["rdb_saves"]), 1)
                    saves = int(node.info("persistence")["rdb_saves"])
                    client.pipeline([("SET", f"k{i}", "w" * 1000) for i in range(2000)])  # it grows by more than 1 MB
                    cluster.wait_until(lambda: int(node.info("persistence")["rdb_saves"]) > saves, "one for its growth")
                    said = node.info("persistence")
                    self.assertGreater(int(said["aof_current_size"]), 1_500_000)
                    self.assertEqual(said["loading"], "0")
                    self.assertEqual(client("CONFIG", "SET", "auto-aof-rewrite-percentage", "0"), "OK")
                    self.assertEqual(client("CONFIG", "GET", "auto-aof-rewrite-min-size")[1], b"1048576")
                self.assertEqual(node.terminate(), 0)
            finally:
                node.kill()
        with cluster.single() as node, node.resp() as client:
            with self.assertRaisesRegex(RespError, "keeps no log"):
                client("SAVE")

    def test_a_backup_has_what_was_acknowledged_before(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "everysec", None, "--save", 1).start().wait_ready()
            known = {}
            try:
                writers = crashes.Writers(node.resp_port, known)
                for name in ("one", "two", "three"):
                    cluster.wait_until(lambda: sum(known.values()) > 500, "writes", pause=0.05)
                    before = dict(known)
                    subprocess.run([os.path.abspath(LOG_INSPECT), "backup", "data", name], cwd=folder, check=True,
                                   stdout=subprocess.DEVNULL)
                    port = cluster.free_port()
                    other = Process(["--resp-port", 0, "--http-port", 0, "--gossip-port", port, "--data-dir", name,
                                     "--appendonly", "yes"], folder).start()
                    try:
                        self.assertEqual(crashes.lost(other.wait_ready(), before), 0)
                    finally:
                        other.kill()
            finally:
                node.kill()
            writers.join()

    def test_room_that_was_not_used_is_no_torn_tail(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            with node.resp() as client:
                for i in range(20):
                    client("SET", f"k{i}", i)
            path = os.path.join(folder, "data", "log", "00000001.log")
            node.kill()
            size = os.path.getsize(path)
            with open(path, "rb") as file:
                self.assertGreater(size, len(file.read().rstrip(b"\0")) + 1000, "there is room")
            said = subprocess.run([os.path.abspath(LOG_INSPECT), "list", "data"], cwd=folder, capture_output=True,
                                  text=True, check=True).stdout
            self.assertNotIn("torn", said)
            node.start().wait_ready()
            self.assertLess(os.path.getsize(path), size)
            self.assertNotIn("torn tail", node.log())
            with node.resp() as client:
                self.assertEqual(client("DBSIZE"), 20)
                for i in range(20):
                    client("SET", f"k{i}", i)
            node.terminate()
            with open(path.replace("1.log", "2.log"), "rb") as file:
                file.seek(-1, os.SEEK_END)
                self.assertNotEqual(file.read(), b"\0", "who stops by itself leaves none")

    def test_rot_in_the_last_frame_is_named(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            with node.resp() as client:
                for i in range(20):
                    client("SET", f"k{i}", i)
            node.kill()
            path = os.path.join(folder, "data", "log", "00000001.log")
            with open(path, "r+b") as file:
                written = file.read().rstrip(b"\0")  # behind it there may be room
                file.seek(len(written) - 1)
                file.write(bytes([written[-1] ^ 1]))
            status, _, said = cluster.run(*crashes.node(folder, "always").arguments, cwd=folder)
            self.assertEqual(status, 1)
            self.assertRegex(said, r"00000001\.log is damaged at offset \d+: .*log-inspect cut")

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_from_redis_and_back(self):
        def ask(port):
            with Resp(port) as client:
                keys = sorted(client("KEYS", "*"))
                ends = [round(client("PEXPIRETIME", key) / 1000) for key in keys]
                return list(zip(keys, client("MGET", *keys), ends))

        with cluster.folder() as folder, contextlib.ExitStack() as stack:
            def redis_server(name):
                port, path = cluster.free_port(), os.path.join(folder, name)
                child = stack.enter_context(subprocess.Popen(
                    ["redis-server", "--port", str(port), "--dir", path, "--appendonly", "yes", "--save", "",
                     "--aof-use-rdb-preamble", "no"], stdout=subprocess.DEVNULL))
                stack.callback(child.kill)
                cluster.wait_until(lambda: Resp(port)("PING") == "PONG", "redis-server")
                return port, child

            os.makedirs(os.path.join(folder, "from"))
            port, child = redis_server("from")
            with Resp(port) as client:
                client.pipeline([("SET", f"k{i}", "line\r\n%d" % i) for i in range(1000)])
                client.pipeline([("DEL", "k1"), ("APPEND", "k2", "more"), ("INCR", "n"), ("PEXPIRE", "k3", 600000),
                                 ("MULTI",), ("SET", "{a}b", "1"), ("MSET", "x", "1", "y", "2"), ("EXEC",)])
            known = ask(port)
            child.terminate()
            child.wait()
            node = crashes.node(folder, "always").start().wait_ready()
            stack.callback(node.kill)
            inspect = os.path.abspath(LOG_INSPECT)
            said = subprocess.run(f"{inspect} import from/appendonlydir | redis-cli -p {node.resp_port} --pipe",
                                  shell=True, cwd=folder, capture_output=True, text=True, check=True)
            self.assertIn("errors: 0, replies: 1003", said.stdout, said.stderr)
            self.assertEqual(ask(node.resp_port), known)
            node.kill()
            os.makedirs(os.path.join(folder, "to"))
            subprocess.run([inspect, "export", "data", "to/appendonly.aof"], cwd=folder, check=True)
            self.assertEqual(ask(redis_server("to")[0]), known)
            with open(os.path.join(folder, "hash.aof"), "wb") as file:
                file.write(Resp.encode("SET", "a", "b") + Resp.encode("HSET", "h", "f", "v"))
            said = subprocess.run([inspect, "import", "hash.aof"], cwd=folder, capture_output=True, text=True,
                                  check=False)
            self.assertEqual((said.returncode, said.stdout), (1, ""))
            self.assertIn("hash.aof at offset 27: HyperCache has no command hset", said.stderr)

    def inspect(self, folder, *words, **more):
        return subprocess.run([os.path.abspath(LOG_INSPECT), *words], cwd=folder, stderr=subprocess.PIPE, text=True,
                              check=False, **{"stdout": subprocess.PIPE, **more})

    def test_an_append_only_file_is_read_whole(self):
        whole, half = Resp.encode("SET", "a", "1"), Resp.encode("MULTI") + Resp.encode("SET", "b", "2")
        with cluster.folder() as folder:
            def put(name, content):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)

            put("m.manifest", b"file one seq 1 type i\nfile two seq 2 type i\n")
            put("one", whole)
            said = self.inspect(folder, "import", "m.manifest")
            self.assertEqual((said.returncode, said.stdout), (74, ""))
            self.assertIn("cannot read two: No such file or directory", said.stderr)
            put("empty.manifest", b"file one seq 1 type h\n")
            said = self.inspect(folder, "import", "empty.manifest")
            self.assertEqual(said.returncode, 1)
            self.assertIn("empty.manifest names no file", said.stderr)
            for end in (b"", Resp.encode("EXEC")[:-3]):
                put("two", half + end)
                said = self.inspect(folder, "import", "m.manifest")
                self.assertEqual((said.returncode, said.stdout.split()), (0, whole.decode().split()))
                self.assertIn(f"two: the last {len(half + end)} bytes are a MULTI without its EXEC", said.stderr)
            put("one", whole + half)
            said = self.inspect(folder, "import", "m.manifest")
            self.assertEqual((said.returncode, said.stdout), (1, ""))
            self.assertIn("one: the last", said.stderr)
            put("one", whole + half + Resp.encode("EXEC"))
            self.assertIn("b", self.inspect(folder, "import", "one").stdout.split())

    def test_what_cannot_be_written_is_said(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            with node.resp() as client:
                client("SET", "k", "v")
            node.kill()
            for words in (("list", "data"), ("dump", "data"), ("--help",)):
                with open("/dev/full", "w", encoding="utf-8") as full:
                    said = self.inspect(folder, *words, stdout=full)
                self.assertEqual(said.returncode, 74, words)
                self.assertIn("cannot write to standard output: No space left on device", said.stderr)
            os.symlink("/dev/null", os.path.join(folder, "device"))
            said = self.inspect(folder, "export", "data", "device")
            self.assertEqual(said.returncode, 64)
            self.assertIn("device is there and is no regular file", said.stderr)
            self.assertTrue(os.path.islink(os.path.join(folder, "device")))
            self.assertEqual(self.inspect(folder, "export", "data", "none/there").returncode, 74)
            self.assertEqual(self.inspect(folder, "export", "data", "file").returncode, 0)
            self.assertFalse(os.path.exists(os.path.join(folder, "file.new")))
            for words in ((), ("nothing",), ("list",)):
                self.assertEqual(self.inspect(folder, *words).returncode, 64, words)

    def test_an_export_survives_the_loss_of_power(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            with node.resp() as client:
                client("SET", "k", "v")
            node.kill()
            to, kept = os.path.join(folder, "to"), os.path.join(folder, "kept")
            os.makedirs(to)
            environment = powercut.environment(os.path.abspath(LIBRARY), to, kept)
            said = self.inspect(folder, "export", "data", "to/file", env={**os.environ, **environment})
            self.assertEqual(said.returncode, 0, said.stderr)
            powercut.cut(to, kept)
            self.assertEqual(os.listdir(to), ["file"])
            with open(os.path.join(to, "file"), "rb") as file:
                self.assertEqual(file.read(), Resp.encode("SET", "k", "v"))

    def test_a_backup_touches_nothing_else(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            node.kill()
            os.makedirs(os.path.join(folder, "one.new", "mine"))
            said = self.inspect(folder, "backup", "data", "one")
            self.assertEqual(said.returncode, 64)
            self.assertIn("one.new is there already", said.stderr)
            self.assertTrue(os.path.isdir(os.path.join(folder, "one.new", "mine")))
            self.assertEqual(self.inspect(folder, "backup", "data", "two/").returncode, 0)
            self.assertEqual(sorted(os.listdir(os.path.join(folder, "two"))), ["log", "vote"])
            self.assertFalse(os.path.exists(os.path.join(folder, "two.new")))
            self.assertEqual(self.inspect(folder, "backup", "data", "two/").returncode, 64)
            self.assertEqual(self.inspect(folder, "backup", "data", "none/there").returncode, 74)

    def test_damage_is_named(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            with node.resp() as client:
                for i in range(20):
                    client("SET", f"k{i}", i)
            node.kill()
            path = os.path.join(folder, "data", "log", "00000001.log")
            with open(path, "r+b") as file:
                file.seek(60)
                byte = file.read(1)
                file.seek(60)
                file.write(bytes([byte[0] ^ 1]))
            status, _, said = cluster.run(*crashes.node(folder, "always").arguments, cwd=folder)
            self.assertEqual(status, 1)
            self.assertRegex(said, r"00000001\.log is damaged at offset 32: .*log-inspect cut")

    def test_a_snapshot_without_its_end_is_damage(self):
        with cluster.folder() as folder:
            node = crashes.node(folder, "always").start().wait_ready()
            with node.resp() as client:
                client("SET", "k", "v")
                self.assertEqual(client("BGSAVE"), "Background saving started")
                cluster.wait_until(lambda: node.info("persistence")["rdb_bgsave_in_progress"] == "0", "the snapshot")
            node.kill()
            log = os.path.join(folder, "data", "log")
            for name in os.listdir(log):
                if name.endswith(".log"):
                    os.remove(os.path.join(log, name))
            status, _, said = cluster.run(*crashes.node(folder, "always").arguments, cwd=folder)
            self.assertEqual(status, 1)
            self.assertRegex(said, r"log/first says that the log begins with the snapshot in 0000000\d\.log")


if __name__ == "__main__":
    unittest.main(verbosity=2)
