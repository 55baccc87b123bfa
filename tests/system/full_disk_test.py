"""A disk that is full refuses writes, or hands over to who can write, and goes on when there is room (rule 9e).

The disks are small file systems in memory, which takes root: else the tests are skipped.
"""

import contextlib
import os
import subprocess
import unittest

import cluster
from cluster import Cluster, Process, RespError

LOG_INSPECT = os.environ.get("HC_LOG_INSPECT", "build/release/tools/log-inspect")
MEGABYTES = 24


@contextlib.contextmanager
def small_disk(path):
    os.makedirs(path, exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", path], capture_output=True,
                          text=True, check=False)
    if made.returncode != 0:
        raise unittest.SkipTest(made.stderr.strip())
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def fill(path):
    """Takes all the room that there is."""
    with open(os.path.join(path, "ballast"), "ab", buffering=0) as file:
        for size in (1 << 16, 1 << 9, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


def free(path):
    os.remove(os.path.join(path, "ballast"))


def refuses(node):
    return node.info("persistence")["aof_last_write_status"] == "err"


class FullDisk(unittest.TestCase):
    def verify(self, folder):
        done = subprocess.run([os.path.abspath(LOG_INSPECT), "verify", folder], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_node_that_is_alone_refuses_writes(self):
        for policy in ("always", "everysec"):
            with self.subTest(policy), cluster.folder() as folder, small_disk(os.path.join(folder, "data")) as data:
                node = Process(["--resp-port", 0, "--http-port", 0, "--data-dir", "data", "--appendonly", "yes",
                                "--appendfsync", policy, "--deadline-ms", 800], folder).start().wait_ready()
                try:
                    with node.resp() as client:
                        client.pipeline([("SET", f"k{i}", "v" * 1000) for i in range(1000)])
                        fill(data)
                        said = []

                        def refused():  # the reserve takes some first
                            first = len(said)
                            said.extend(client.pipeline([("SET", f"k{i}", "w" * 1000)
                                                         for i in range(first, first + 2000)]))
                            return [i for i, reply in enumerate(said) if str(reply).startswith("MISCONF")]

                        never = cluster.wait_until(refused, "a write that is refused")
                        acknowledged = {i for i, reply in enumerate(said) if reply == "OK"}
                        why = r"^MISCONF node-1 cannot write to its disk \((No space|fewer than 8 MiB)"
                        with self.assertRaisesRegex(RespError, why):
                            client("SET", "k0", "x")
                        with self.assertRaisesRegex(RespError, "^MISCONF"):
                            client("SAVE")
                        for i in never:
                            self.assertEqual(client("GET", f"k{i}"), b"v" * 1000 if i < 1000 else None, i)
                        free(data)
                        cluster.wait_until(lambda: not refuses(node), "room again")
                        self.assertEqual(client("SET", "after", "1"), "OK")
                        self.assertEqual(client("SAVE"), "OK")
                    self.assertIn("there is room again", node.log())
                    node.kill()
                    self.verify(data)
                    node.start().wait_ready()
                    with node.resp() as client:
                        self.assertEqual(client("GET", "after"), b"1")
                        for i in acknowledged:
                            self.assertEqual(client("GET", f"k{i}")[:1], b"w")
                    self.assertNotIn("torn tail", node.log())
                finally:
                    node.kill()

    def test_a_backup_says_that_there_is_no_room(self):
        with cluster.folder() as folder, small_disk(os.path.join(folder, "full")) as full:
            node = Process(["--resp-port", 0, "--http-port", 0, "--data-dir", "data", "--appendonly", "yes"],
                           folder).start().wait_ready()
            try:
                fill(full)
                done = subprocess.run([os.path.abspath(LOG_INSPECT), "backup", "data", "full/copy"], cwd=folder,
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 74)
                self.assertIn("No space left on device", done.stderr)
                self.assertEqual(os.listdir(full), ["ballast"])
            finally:
                node.kill()

    def test_it_starts_where_there_is_no_room(self):
        with cluster.folder() as folder, small_disk(os.path.join(folder, "data")) as data:
            node = Process(["--resp-port", 0, "--http-port", 0, "--data-dir", "data", "--appendonly", "yes"],
                           folder).start().wait_ready()
            try:
                with node.resp() as client:
                    client("SET", "k", "v")
                node.kill()
                fill(data)
                node.start().wait_ready()
                with node.resp() as client:
                    self.assertEqual(client("GET", "k"), b"v")
                    with self.assertRaisesRegex(RespError, "^MISCONF"):
                        client("SET", "k", "w")
                    free(data)
                    cluster.wait_until(lambda: not refuses(node), "room again")
                    self.assertEqual(client("SET", "k", "w"), "OK")
            finally:
                node.kill()

    def test_others_take_over(self):
        members = Cluster(3, ("--appendonly", "yes", "--appendfsync", "always"))
        with small_disk(os.path.join(members.root, "node-2", "data")) as data, members:
            keys = [f"k{i}" for i in range(300)]

            def long(word):  # all together more than the log has room for ahead
                return word.ljust(2000, ".")

            def write(through, value):
                with members[through].resp() as client:
                    said = client.pipeline([("SET", key, long(value)) for key in keys])
                self.assertEqual(said, ["OK"] * len(keys), through)

            write(2, "before")
            fill(data)
            for through in (1, 2, 3):  # the first of them finds it out, and waits until others have taken over
                write(through, f"full-{through}")
            self.assertTrue(refuses(members[2]))
            for through in (1, 2, 3):
                with members[through].resp() as client:
                    self.assertEqual(client.pipeline([("GET", key) for key in keys]),
                                     [long("full-3").encode()] * len(keys))
            write(2, "still full")
            self.assertTrue(members[2].running(), members[2].log())
            free(data)
            cluster.wait_until(lambda: not refuses(members[2]), "room again")
            members.wait_whole()
            write(2, "after")
            for node in members.nodes.values():
                node.kill()
            self.verify(data)
            for node in members.nodes.values():
                node.start()
            for node in members.nodes.values():
                node.wait_ready()
            with members[1].resp() as client:
                self.assertEqual(client.pipeline([("GET", key) for key in keys]), [long("after").encode()] * len(keys))


if __name__ == "__main__":
    unittest.main(verbosity=2)
