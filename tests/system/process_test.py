"""The process: flags and their errors, ports, data folder, signals."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import unittest

import cluster
from cluster import Process, run

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Descriptors:
    """A place where a process may open so many files at once."""

    namespace, address = None, "127.0.0.1"
    connect = staticmethod(cluster.LOOPBACK.connect)

    def __init__(self, most):
        self.most = most

    def command(self, words):
        return ["sh", "-c", f'ulimit -n {self.most}; exec "$@"', "sh", *words]


class Flags(unittest.TestCase):
    def assert_usage(self, arguments, *said):
        status, out, err = run(*arguments)
        self.assertEqual(status, 64, (arguments, out, err))
        self.assertEqual(out, "")
        for text in said:
            self.assertIn(text, err, arguments)

    def test_bad_usage_ends_with_64_and_names_flag_value_and_remedy(self):
        self.assert_usage(["--nonsense"], "--nonsense")
        self.assert_usage(["--id", "0"], "--id", "'0'", "from 1")
        self.assert_usage(["--id", "x"], "--id", "'x'", "whole number")
        self.assert_usage(["0"], "'0'")
        self.assert_usage(["2", "nowhere"], "nowhere", "HOST:GOSSIP_PORT")
        self.assert_usage(["2", "127.0.0.1:7946", "more"], "more")
        self.assert_usage(["1", "--id", "2"], "--id")
        self.assert_usage(["--join", "localhost"], "--join", "'localhost'", "HOST:GOSSIP_PORT")
        self.assert_usage(["--join", "localhost:0"], "--join", "'localhost:0'")
        self.assert_usage(["--founders", "1@127.0.0.1:7946,2@x"], "--founders", "'2@x'")
        self.assert_usage(["--id", "3", "--founders", "1@127.0.0.1:7946,2@127.0.0.1:7947"], "--founders", "node-3")
        self.assert_usage(["--founders", "1@127.0.0.1:7946,1@127.0.0.1:7947"], "--founders", "once")
        self.assert_usage(["--resp-port", "70000"], "--resp-port", "'70000'", "65535")
        self.assert_usage(["--http-port", "-1"], "--http-port")
        self.assert_usage(["--replication-factor", "9"], "--replication-factor", "'9'")
        self.assert_usage(["--slot-loss-policy", "hope"], "--slot-loss-policy", "'hope'", "wait, reset")
        self.assert_usage(["--voters-max", "2"], "--voters-max", "'2'")
        self.assert_usage(["--min-in-sync", "3"], "--min-in-sync", "--replication-factor 2")
        self.assert_usage(["--lease-ms", "soon"], "--lease-ms", "'soon'")
        self.assert_usage(["--maxmemory", "lots"], "--maxmemory", "'lots'", "64mb")
        self.assert_usage(["--maxmemory-policy", "hope"], "--maxmemory-policy", "'hope'", "allkeys-lru")
        self.assert_usage(["--log-level", "loud"], "--log-level", "'loud'")
        self.assert_usage(["--config", "/nowhere.toml"], "/nowhere.toml")

    def test_config_file(self):
        with cluster.folder() as path:
            name = os.path.join(path, "node.toml")

            def write(text):
                with open(name, "w", encoding="utf-8") as file:
                    file.write(text)

            write('id = 3\njoin = ["127.0.0.1:7946", "127.0.0.1:7947"]\ndeadline-ms = 700\nzone = "east"\n')
            status, said, _ = run("--config", name, "--check-config")
            self.assertEqual((status, said.split(":")[0]), (0, "configuration is valid"))
            self.assertIn(f"  zone = east ({name}:4: zone)\n", said)
            for text, said in [("deadline-ms = 1\n", "deadline-ms"), ("colour = 3\n", "colour"), ("id = 'x'\n", "id")]:
                write(text)
                self.assert_usage(["--config", name, "--check-config"], said)
            write("deadline-ms = 700\nzone = \"east\"\n")
            with cluster.single("--config", name, "--zone", "west") as node, node.resp() as client:
                self.assertEqual(client("CONFIG", "GET", "deadline-ms"), [b"deadline-ms", b"700"])
                self.assertEqual(client("CONFIG", "GET", "zone"), [b"zone", b"west"])

    def test_a_recording_replays_effect_by_effect(self):
        with cluster.folder() as path:
            record = os.path.join(path, "record")
            with cluster.single("--id", 1, "--gossip-port", cluster.free_port(), "--found",
                                "--data-dir", os.path.join(path, "data"), "--record", record) as node:
                with node.resp() as client:
                    client.pipeline([("SET", f"k{i}", i) for i in range(100)] +
                                    [("EXPIREAT", "k1", 4102444800), ("TTL", "k1"), ("KEYS", "*")])
                self.assertEqual(node.terminate(), 0)
            status, said = self.replay(record)
            self.assertEqual(status, 0, said)
            self.assertIn("verdict passed", said)
            status, said = self.replay(record, "--trace")
            self.assertEqual(status, 0, said[-300:])
            self.assertRegex(said, r"(?m)^ +\d+\.\d{6} client \d+ asked \d+: SET k1 1$")
            self.assertRegex(said, r"(?m)^ +-> answer client \d+ request \d+: \+OK$")
            status, said = self.replay(record, "--mutant", "wrong-wall-clock")
            self.assertEqual(status, 1, said)
            self.assertIn("TTL", said, "it names the event at which both part")
            with open(record, "r+b") as file:
                file.seek(-30, os.SEEK_END)
                file.write(b"damage")
            status, said = self.replay(record)
            self.assertEqual(status, 64, said)
            status, said = self.replay(os.path.join(path, "none"))
            self.assertEqual(status, 64, said)

    @staticmethod
    def replay(*arguments):
        done = subprocess.run([os.environ["HC_SIM"], "--replay", *arguments], capture_output=True, text=True,
                              timeout=60)
        return done.returncode, done.stdout + done.stderr

    def test_version_and_help(self):
        status, out, err = run("--version")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"^hypercache-node \d+\.\d+\.\d+\n$")
        status, out, err = run("--help")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("--founders", out)

    def test_the_reference_is_current(self):
        """docs/CONFIGURATION.md is what --reference prints."""
        with open(os.path.join(PROJECT, "docs", "CONFIGURATION.md"), encoding="utf-8") as file:
            self.assertEqual(run("--reference"), (0, file.read(), ""))


class Ports(unittest.TestCase):
    def test_busy_port_names_its_owner(self):
        with socket.socket() as holder, cluster.folder() as path:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            for flag in ["--resp-port", "--http-port", "--gossip-port"]:
                others = [f for f in ["--resp-port", "--http-port", "--gossip-port"] if f != flag]
                status, out, err = run(flag, port, others[0], 0, others[1], 0, cwd=path)
                self.assertEqual((status, out), (1, ""))
                self.assertIn(f"127.0.0.1:{port}", err)
                self.assertIn(f"process {os.getpid()} (", err)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder, cluster.folder() as path:
            with socket.socket() as nobody:  # a port that is free for TCP: only UDP shall be in the way
                nobody.bind(("127.0.0.1", 0))
                holder.bind(nobody.getsockname())
            status, _, err = run("--gossip-port", holder.getsockname()[1], "--resp-port", 0, "--http-port", 0, cwd=path)
            self.assertEqual(status, 1)
            self.assertIn("UDP", err)
            self.assertIn(f"process {os.getpid()} (", err)

    def test_no_arguments_means_alone_and_leaves_nothing_behind(self):
        with cluster.single() as node:
            self.assertEqual(node.gossip_port, 0)
            with node.resp() as client:
                client("SET", "a", "1")
            with open(f"/proc/{node.child.pid}/net/udp", encoding="ascii") as table:
                sockets = {line.split()[9] for line in table.readlines()[1:]}
            held = {os.readlink(f"/proc/{node.child.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{node.child.pid}/fd")}
            self.assertFalse({f"socket:[{inode}]" for inode in sockets} & held, "it has a gossip socket")
            self.assertEqual(node.terminate(), 0)
            self.assertEqual(os.listdir(node.folder), ["stderr"])

    def test_short_form_founds_and_joins(self):
        with cluster.folder() as path:
            ports = [cluster.free_port() for _ in range(6)]
            nodes = []
            try:
                for number in (1, 2):
                    resp, web, gossip = ports[3 * number - 3:3 * number]
                    words = [number] if number == 1 else [number, f"127.0.0.1:{ports[2]}"]
                    flags = ["--resp-port", resp, "--http-port", web, "--gossip-port", gossip]
                    nodes.append(Process(words + flags, path))
                    nodes[-1].start().wait_ready()
                self.assertEqual(sorted(os.listdir(os.path.join(path, "hypercache-data"))), ["node-1", "node-2"])
                cluster.wait_until(lambda: nodes[0].info("cluster")["hypercache_members_active"] == "2", "two members")
                with nodes[0].resp() as one, nodes[1].resp() as two:
                    one("SET", "a", "1")
                    self.assertEqual(two("GET", "a"), b"1")
            finally:
                for node in nodes:
                    node.kill()


class Strangers(unittest.TestCase):
    def test_garbage_at_the_members_port_harms_nobody(self):
        with cluster.Cluster(2) as members:
            port = members.ports[1][2]
            for data in [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 4096, b"\x00" * 64, b"\x08\x00\x00\x00" + b"x" * 12]:
                with socket.create_connection(("127.0.0.1", port), 5) as stranger:
                    stranger.sendall(data)
                    stranger.settimeout(10)
                    with contextlib.suppress(ConnectionError):
                        self.assertEqual(stranger.recv(10), b"")
            with socket.create_connection(("127.0.0.1", port), 5) as silent:
                silent.settimeout(10)
                self.assertEqual(silent.recv(10), b"")  # who says nothing is not kept
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                for size in (0, 1, 40, 1200, 60000):
                    stranger.sendto(os.urandom(size), ("127.0.0.1", port))
            with members[1].resp() as one, members[2].resp() as two:
                one("SET", "a", "1")
                self.assertEqual(two("GET", "a"), b"1")
            self.assertTrue(all(node.running() for node in members.nodes.values()))


class DataFolder(unittest.TestCase):
    FLAGS = ["--id", 1, "--resp-port", 0, "--http-port", 0, "--gossip-port", 0]

    def start(self, path):
        return Process([*self.FLAGS, "--data-dir", "data"], path).start().wait_ready()

    def test_second_process_is_refused(self):
        with cluster.folder() as path:
            node = self.start(path)
            try:
                status, out, err = run(*self.FLAGS, "--data-dir", "data", cwd=path)
                self.assertEqual((status, out), (1, ""))
                self.assertIn("data", err)
                self.assertIn(f"in use by process {node.child.pid}", err)
                node.kill()
                node.start().wait_ready()  # a lock dies with its process
            finally:
                node.kill()

    def test_damaged_vote_file_is_named(self):
        with cluster.folder() as path:
            node = self.start(path)
            node.kill()
            vote, copy = (os.path.join(path, "data", name) for name in ("vote", "vote.copy"))
            with open(vote, "rb") as file:
                whole = file.read()
            with open(copy, "rb") as file:
                self.assertEqual(file.read(), whole)
            self.assertGreater(len(whole), 30)
            for damaged in [whole[:len(whole) // 2], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], whole[:5],
                            b"X" + whole[1:], b""]:
                for name in (vote, copy):
                    with open(name, "wb") as file:
                        file.write(damaged)
                status, out, err = run(*self.FLAGS, "--data-dir", "data", cwd=path)
                self.assertEqual((status, out), (1, ""), err)
                self.assertIn("data/vote", err)
                self.assertRegex(err, r"offset \d+")
            with open(vote, "wb") as file:
                file.write(whole)
            node.start().wait_ready()
            node.kill()
            with open(vote, "wb") as file:
                file.write(b"damaged, and the copy is whole")
            node.start().wait_ready()
            node.kill()

    def test_folder_that_cannot_be_made(self):
        with cluster.folder() as path:
            open(os.path.join(path, "file"), "w", encoding="ascii").close()
            status, _, err = run(*self.FLAGS, "--data-dir", "file/data", cwd=path)
            self.assertEqual(status, 1)
            self.assertIn("file/data", err)

    def test_restart_stays_in_its_cluster(self):
        with cluster.folder() as path:
            node = self.start(path)
            epoch = int(node.info("cluster")["hypercache_view_epoch"])
            self.assertEqual(node.terminate(), 0)
            node.start().wait_ready()
            self.assertGreater(int(node.info("cluster")["hypercache_view_epoch"]), epoch - 1)
            node.kill()


class Quiet(unittest.TestCase):
    def test_members_with_nothing_to_do_do_next_to_nothing(self):
        seconds, most = 3.0, 0.05  # of a processor, all members together

        def spent(node):
            with open(f"/proc/{node.child.pid}/schedstat", encoding="utf-8") as file:
                return int(file.read().split()[0]) / 1e9

        with cluster.Cluster(3) as members:
            before, begun = sum(spent(n) for n in members.live()), time.monotonic()
            cluster.wait_until(lambda: time.monotonic() - begun >= seconds, "some time to pass")  # leases go round
            self.assertLess(sum(spent(n) for n in members.live()) - before, most * (time.monotonic() - begun))


class Signals(unittest.TestCase):
    def test_sigterm_and_sigint_end_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with cluster.single() as node, node.resp() as client:
                client("SET", "a", "1")
                node.child.send_signal(number)
                self.assertEqual(node.child.wait(10), 0)

    def test_what_was_asked_is_answered_before_the_end(self):
        with cluster.single() as node, node.resp() as client:
            client("SET", "v", b"x" * (1 << 20))
            client.socket.sendall(cluster.Resp.encode("GET", "v") * 20)
            client.read()
            node.child.send_signal(signal.SIGTERM)
            for _ in range(19):
                self.assertEqual(len(client.read()), 1 << 20)
            self.assertEqual(node.child.wait(10), 0)

    def test_stop_while_waiting_for_the_other_founders(self):
        with cluster.folder() as path:
            ports = [cluster.free_port() for _ in range(4)]
            node = Process(["--resp-port", ports[0], "--http-port", ports[1], "--gossip-port", ports[2], "--founders",
                            f"1@127.0.0.1:{ports[2]},2@127.0.0.1:{ports[3]}", "--deadline-ms", 200], path).start()
            try:
                client = cluster.wait_until(lambda: cluster.Resp(ports[0]), "the node to listen")
                with self.assertRaisesRegex(cluster.RespError, "^CLUSTERDOWN "):
                    client("SET", "a", "1")
                client.close()
                with cluster.Http(ports[1]) as web:
                    self.assertEqual(web.json("GET", "/health")[0], 503)
                self.assertEqual(node.lines, [])
                self.assertEqual(node.terminate(), 0)
            finally:
                node.kill()

    def test_clients_leave_descriptors_for_the_vote_and_the_log(self):
        with cluster.folder() as path:
            node = Process(["--resp-port", 0, "--http-port", 0, "--gossip-port", cluster.free_port(), "--found",
                            "--data-dir", os.path.join(path, "data"), "--appendonly", "yes", "--appendfsync", "always"],
                           path, Descriptors(200))
            try:
                node.start().wait_ready()
                self.assertIn("maxclients is 72, not 10000: this process may open 200 files", node.log())
                with node.resp() as client, contextlib.ExitStack() as clients:
                    self.assertEqual(client("CONFIG", "GET", "maxclients")[1], b"72")
                    with self.assertRaisesRegex(cluster.RespError, "files for 72 clients"):
                        client("CONFIG", "SET", "maxclients", "73")
                    said = [clients.enter_context(node.resp()) for _ in range(100)]
                    for one in said:
                        one.send("PING")
                    refused = [isinstance(one.read(), cluster.RespError) for one in said]
                    self.assertEqual(refused, [False] * 71 + [True] * 29)
                    for port in (node.resp_port, node.http_port, node.gossip_port):
                        for i in range(200):
                            clients.enter_context(socket.create_connection(("127.0.0.1", port), cluster.PATIENCE))
                            if i % 20 == 0:
                                client("SET", "a", i)
                self.assertEqual(node.terminate(), 0)
            finally:
                node.kill()

    def test_too_few_descriptors(self):
        with cluster.folder() as path:
            words = Descriptors(100).command([os.path.abspath(cluster.BINARY), "--resp-port", "0"])
            done = subprocess.run(words, cwd=path, capture_output=True, text=True, check=False,
                                  timeout=cluster.PATIENCE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("may open 100 files at once (ulimit -n)", done.stderr)

    def test_second_signal_ends_at_once(self):
        with cluster.single() as node:
            node.child.send_signal(signal.SIGSTOP)
            node.child.send_signal(signal.SIGTERM)
            node.child.send_signal(signal.SIGINT)
            node.child.send_signal(signal.SIGCONT)
            begun = time.monotonic()
            self.assertIn(node.child.wait(10), (0, 1))
            self.assertLess(time.monotonic() - begun, 5)

    def test_sigpipe_is_nothing(self):
        with cluster.single() as node:
            node.child.send_signal(signal.SIGPIPE)
            with node.resp() as client:
                self.assertEqual(client("PING"), "PONG")


if __name__ == "__main__":
    unittest.main(verbosity=1)
