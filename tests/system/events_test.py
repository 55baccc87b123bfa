"""What is published, what happens to keys and what happens in the cluster, heard at any node: RESP and HTTP."""

import http.client
import json
import socket
import shutil
import subprocess
import sys
import threading
import unittest

import clients_test
import cluster

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's python3-redis, whichever Python runs this
try:
    import redis
except ImportError:
    redis = None


def subscribe(client, *words):
    """Sends a subscription and reads its confirmations."""
    client.send(*words)
    return [client.read() for _ in words[1:]]


def silent(client, seconds=0.3):
    """Nothing comes: what was to come stands behind a PING that another command of this client answers."""
    client.send("PING", "nothing else")
    return client.read() == [b"pong", b"nothing else"]


class AnyToAny(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = cluster.Cluster(3)
        cls.cluster = cls.context.__enter__()
        cls.cluster.wait_whole()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def test_every_node_to_every_node(self):
        for at in (1, 2, 3):
            with self.cluster[at].resp() as listener:
                self.assertEqual(subscribe(listener, "SUBSCRIBE", "news"), [[b"subscribe", b"news", 1]])
                self.assertEqual(subscribe(listener, "PSUBSCRIBE", "n*"), [[b"psubscribe", b"n*", 2]])
                for speaking in (1, 2, 3):
                    with self.cluster[speaking].resp() as speaker:
                        self.assertEqual(speaker("PUBLISH", "news", f"from {speaking}"), 2, "no wait is needed")
                    said = f"from {speaking}".encode()
                    self.assertEqual(listener.read(), [b"message", b"news", said])
                    self.assertEqual(listener.read(), [b"pmessage", b"n*", b"news", said])
                self.assertTrue(silent(listener))
                self.assertEqual(subscribe(listener, "UNSUBSCRIBE", "news"), [[b"unsubscribe", b"news", 1]])

    def test_a_pipeline_is_heard_in_its_order(self):
        with self.cluster[1].resp() as listener, self.cluster[3].resp() as speaker:
            subscribe(listener, "SUBSCRIBE", "numbers")
            self.assertEqual(speaker.pipeline([("PUBLISH", "numbers", i) for i in range(2000)]), [1] * 2000)
            self.assertEqual([int(listener.read()[2]) for _ in range(2000)], list(range(2000)))

    def test_what_is_listened_to_is_known_everywhere(self):
        with self.cluster[1].resp() as a, self.cluster[2].resp() as b, self.cluster[3].resp() as asker:
            subscribe(a, "SUBSCRIBE", "here", "both")
            subscribe(b, "SUBSCRIBE", "both")
            subscribe(b, "PSUBSCRIBE", "x*")
            subscribe(b, "SSUBSCRIBE", "shard")
            self.assertEqual(asker("PUBSUB", "CHANNELS"), [b"both", b"here"])
            self.assertEqual(asker("PUBSUB", "CHANNELS", "h*"), [b"here"])
            self.assertEqual(asker("PUBSUB", "NUMSUB", "both", "here", "none"), [b"both", 2, b"here", 1, b"none", 0])
            self.assertEqual(asker("PUBSUB", "NUMPAT"), 1)
            self.assertEqual(asker("PUBSUB", "SHARDCHANNELS"), [b"shard"])
            self.assertEqual(asker("PUBSUB", "SHARDNUMSUB", "shard"), [b"shard", 1])
            self.assertEqual(asker("SPUBLISH", "shard", "hi"), 1)
            self.assertEqual(b.read(), [b"smessage", b"shard", b"hi"])
            for client in (a, b):
                client.send("RESET")
                self.assertEqual(client.read(), "RESET")
            cluster.wait_until(lambda: asker("PUBSUB", "CHANNELS") == [], "everybody to know that nobody listens")

    def test_what_a_listener_may_ask(self):
        with self.cluster[1].resp() as client:
            subscribe(client, "SUBSCRIBE", "a")
            client.send("GET", "k")
            self.assertRegex(str(client.read()), r"^ERR Can't execute 'get': only \(P\|S\)SUBSCRIBE / ")
            client.send("CLIENT", "ID")
            self.assertRegex(str(client.read()), r"^ERR Can't execute 'client\|id': only ")
            client.send("PING")
            self.assertEqual(client.read(), [b"pong", b""])
            client.send("UNSUBSCRIBE")
            self.assertEqual(client.read(), [b"unsubscribe", b"a", 0])
            self.assertEqual(client("PING"), "PONG")
            client("HELLO", "3")
            client.send("SUBSCRIBE", "a")
            self.assertEqual(client.read(), [b"subscribe", b"a", 1])
            self.assertEqual(client("SET", "k", "v"), "OK", "RESP 3 tells a message from a reply")
            self.assertIn(b" flags=P ", client("CLIENT", "INFO"))

    def test_events_of_all_keys_at_one_node(self):
        with self.cluster[2].resp() as keys, self.cluster[3].resp() as writer:
            keys("CONFIG", "SET", "notify-keyspace-events", "KEA")
            self.assertEqual(keys("CONFIG", "GET", "notify-keyspace-events"), [b"notify-keyspace-events", b"AKE"])
            subscribe(keys, "PSUBSCRIBE", "__keyspace@0__:*")
            expected = []
            for i in range(30):
                key = b"k%d" % i
                writer("SET", key, "1", "EX", "100")
                writer("INCR", key)
                writer("DEL", key)
                expected += [(key, event) for event in (b"set", b"expire", b"incrby", b"del")]
            heard = [keys.read() for _ in expected]
            told = [(channel.removeprefix(b"__keyspace@0__:"), event) for _, _, channel, event in heard]
            self.assertEqual(sorted(told), sorted(expected), "each once")
            for i in range(30):
                mine = [event for key, event in told if key == b"k%d" % i]
                self.assertEqual(mine, [b"set", b"expire", b"incrby", b"del"])
            subscribe(keys, "PUNSUBSCRIBE", "__keyspace@0__:*")
            subscribe(keys, "SUBSCRIBE", "__keyevent@0__:expired")
            writer("SET", "short", "v", "PX", "30")
            self.assertEqual(keys.read(), [b"message", b"__keyevent@0__:expired", b"short"])
            keys.send("RESET")
            keys.read()
            keys("CONFIG", "SET", "notify-keyspace-events", "")

    def test_redis_cli(self):
        command = ["redis-cli", "-p", str(self.cluster[1].resp_port)]
        listener = subprocess.Popen([*command, "SUBSCRIBE", "cli"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                    text=True)
        try:
            self.assertEqual([listener.stdout.readline().strip() for _ in range(3)], ["subscribe", "cli", "1"])
            with self.cluster[2].resp() as speaker:
                self.assertEqual(speaker("PUBLISH", "cli", "hello"), 1)
            self.assertEqual([listener.stdout.readline().strip() for _ in range(3)], ["message", "cli", "hello"])
        finally:
            listener.terminate()
            listener.communicate()

    @unittest.skipIf(redis is None, "redis-py is not installed")
    def test_redis_py(self):
        def connect(number):
            return redis.Redis(port=self.cluster[number].resp_port)

        with connect(1) as here, connect(3) as there:
            listener = here.pubsub(ignore_subscribe_messages=False)
            listener.subscribe("py")
            listener.psubscribe("p?")
            kinds = [listener.get_message(timeout=5)["type"] for _ in range(2)]
            self.assertEqual(kinds, ["subscribe", "psubscribe"])
            self.assertEqual(there.publish("py", b"\x00\xff"), 2)
            heard = [listener.get_message(timeout=5) for _ in range(2)]
            self.assertEqual([(m["type"], m["data"]) for m in heard],
                             [("message", b"\x00\xff"), ("pmessage", b"\x00\xff")])
            self.assertEqual(there.pubsub_numsub("py"), [(b"py", 1)])
            listener.close()

    @unittest.skipUnless(clients_test.HAS_NODE, "node and npm are not installed")
    def test_ioredis(self):
        clients_test.install_ioredis()
        listener = subprocess.Popen(["node", "listener.js", str(self.cluster[2].resp_port), "io", "i?"],
                                    cwd=clients_test.IOREDIS, stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(listener.stdout.readline(), "listens\n")
            with self.cluster[3].resp() as speaker:
                self.assertEqual(speaker("PUBLISH", "io", "hello"), 2)
            heard = [json.loads(listener.stdout.readline()) for _ in range(2)]
            self.assertEqual(heard, [["message", "io", "hello"], ["pmessage", "i?", "io", "hello"]])
        finally:
            listener.terminate()
            listener.communicate()

    def test_a_listener_that_does_not_read_is_let_go(self):
        node = self.cluster[1]
        with node.resp() as boss, self.cluster[2].resp() as speaker:
            boss("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0")
            with socket.create_connection(("127.0.0.1", node.resp_port)) as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.sendall(b"SUBSCRIBE loud\r\n")
                cluster.wait_until(lambda: speaker("PUBSUB", "NUMSUB", "loud")[1] == 1, "the subscription")
                cluster.wait_until(lambda: speaker("PUBLISH", "loud", "x" * 100_000) == 0, "it to be let go")
                self.assertIn("client-output-buffer-limit (pubsub)", node.log())
            boss("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60")


class Stream:
    """Server-sent events, read in a thread."""

    def __init__(self, port, query="", headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", "/api/events" + query, headers=headers or {})
        self.response = self.connection.getresponse()
        self.events, self.comments = [], []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        fields = {}
        try:
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    self.comments.append(line)
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    self.events.append((fields["id"], fields["event"], json.loads(fields["data"])))
                    fields = {}
        except (OSError, ValueError, AttributeError):
            pass

    def types(self):
        return [kind for _, kind, _ in list(self.events)]

    def close(self):
        if self.connection.sock:
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.thread.join(5)


class OfTheCluster(unittest.TestCase):
    def test_a_death_and_a_return_are_told_and_subscriptions_go_on(self):
        with cluster.Cluster(3) as nodes:
            nodes.wait_whole()
            stream = Stream(nodes[1].http_port)
            downs = Stream(nodes[1].http_port, "?types=member-down,member-returned")
            self.assertEqual(stream.response.status, 200)
            self.assertEqual(stream.response.getheader("Content-Type"), "text/event-stream")
            with nodes[1].resp() as listener, nodes[2].resp() as speaker:
                subscribe(listener, "SUBSCRIBE", "news", "__cluster__")
                nodes[3].kill()
                cluster.wait_until(lambda: "member-down" in stream.types(), "node-3 to be told dead")
                self.assertIn("member-suspected", stream.types())
                down = next(data for _, kind, data in stream.events if kind == "member-down")
                self.assertEqual((down["member"], down["node"]), ("node-3", "node-1"))
                speaker("PUBLISH", "news", "while it is dead")
                nodes.restart(3)
                nodes.wait_whole()
                cluster.wait_until(lambda: "member-returned" in stream.types(), "its return to be told")
                cluster.wait_until(lambda: any(kind == "transfer-progress" and data["slots_moving"] == 0
                                               for _, kind, data in list(stream.events)), "the transfers to end")

                def reaches():
                    with nodes[3].resp() as back:
                        return back("PUBLISH", "news", "back") == 1

                cluster.wait_until(reaches, "the node that came back to know who listens")
                heard = []
                while not heard or heard[-1] != [b"message", b"news", b"back"]:
                    heard.append(listener.read())
                self.assertIn([b"message", b"news", b"while it is dead"], heard)
                told = [json.loads(data) for kind, channel, data in heard if channel == b"__cluster__"]
                self.assertIn("member-down", [data["type"] for data in told])
            self.assertEqual(set(downs.types()), {"member-down", "member-returned"})
            ids = [number for number, _, _ in stream.events]
            again = Stream(nodes[1].http_port, headers={"Last-Event-ID": ids[0]})
            cluster.wait_until(lambda: [number for number, _, _ in list(again.events)][:len(ids) - 1] == ids[1:],
                               "what came after the first event")
            unknown = Stream(nodes[1].http_port, headers={"Last-Event-ID": "another-1"})
            cluster.wait_until(lambda: unknown.comments == [": what came before is not known here"], "the gap")
            for each in (stream, downs, again, unknown):
                each.close()

    def test_bad_requests_and_curl(self):
        with cluster.single() as node:
            with node.http() as client:
                status, _, body = client.request("GET", "/api/events?types=nothing")
                self.assertEqual(status, 400)
                self.assertIn(b"there is no type 'nothing' of events; there are view-installed, ", body)
                status, headers, _ = client.request("POST", "/api/events", b"x")
                self.assertEqual(status, 405)
            if shutil.which("curl"):
                ended = subprocess.run(["curl", "-sN", "--max-time", "1", "-H", "Last-Event-ID: none",
                                        f"http://127.0.0.1:{node.http_port}/api/events"], stdout=subprocess.PIPE)
                self.assertEqual(ended.stdout, b": what came before is not known here\n\n")


if __name__ == "__main__":
    unittest.main()
