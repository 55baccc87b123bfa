"""A single node by RESP and HTTP: what clients see."""

import os
import socket
import threading
import unittest

import cluster
from cluster import Resp, RespError


def raw(port, data, half_close=False):
    """Everything that comes back until the node closes, or is silent."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(data)
        if half_close:
            client.shutdown(socket.SHUT_WR)
        client.settimeout(0.5 if not half_close else 5)
        received = b""
        try:
            while True:
                piece = client.recv(65536)
                if not piece:
                    return received, True
                received += piece
        except TimeoutError:
            return received, False


class Single(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = cluster.single()
        cls.node = cls.context.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def setUp(self):
        with self.node.resp() as client:
            client("FLUSHALL")

    # ---- RESP

    def test_commands(self):
        with self.node.resp() as client:
            self.assertEqual(client("PING"), "PONG")
            self.assertEqual(client("SET", "a", "1"), "OK")
            self.assertEqual(client("GET", "a"), b"1")
            self.assertEqual(client("INCR", "a"), 2)
            self.assertIsNone(client("GET", "none"))
            self.assertEqual(client("MSET", "x", "1", "y", "2", "z", "3"), "OK")
            self.assertEqual(client("MGET", "x", "none", "z"), [b"1", None, b"3"])
            self.assertEqual(client("DBSIZE"), 4)
            self.assertEqual(sorted(client("KEYS", "*")), [b"a", b"x", b"y", b"z"])
            self.assertEqual(client("DEL", "a", "x", "none"), 2)
            client("SET", "t", "v", "PX", "30")
            cluster.wait_until(lambda: client("GET", "t") is None, "the key to expire")
            with self.assertRaisesRegex(RespError, "^ERR unknown command 'NOPE'"):
                client("NOPE", "a")
            with self.assertRaisesRegex(RespError, "^ERR wrong number of arguments for 'get' command$"):
                client("GET")

    def test_scan_sees_every_key_once(self):
        names = {b"key:%d" % i for i in range(2000)}
        with self.node.resp() as client:
            client.pipeline([("SET", name, "v") for name in names])
            seen, cursor = [], b"0"
            while True:
                cursor, keys = client("SCAN", cursor, "COUNT", "500")
                seen += keys
                if cursor == b"0":
                    break
        self.assertEqual(set(seen), names)

    def test_replies_come_in_order(self):
        with self.node.resp() as client:
            commands = []
            for i in range(500):
                last = ("KEYS", "nothing*") if i % 100 == 0 else ("PING", str(i))
                commands += [("SET", f"k{i}", i), ("GET", f"k{i}"), ("CLIENT", "ID"), last]
            replies = client.pipeline(commands)
            number = replies[2]
            for i in range(500):
                expected = ["OK", b"%d" % i, number, [] if i % 100 == 0 else b"%d" % i]
                self.assertEqual(replies[4 * i:4 * i + 4], expected)

    def test_inline_commands_and_quit(self):
        self.assertEqual(raw(self.node.resp_port, b"SET a 'b c'\r\nGET a\r\nQUIT\r\nPING\r\n"),
                         (b"+OK\r\n$3\r\nb c\r\n+OK\r\n", True))

    def test_half_close_still_gets_its_replies(self):
        self.assertEqual(raw(self.node.resp_port, b"PING\r\nPING\r\n", True), (b"+PONG\r\n+PONG\r\n", True))

    def test_malformed_frame_closes_only_that_connection(self):
        with self.node.resp() as bystander:
            bystander("SET", "a", "1")
            for data, error in [
                (b"*1\r\nxx\r\nPING\r\n", b"-ERR Protocol error: expected '$', got 'x'\r\n"),
                (b"*abc\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
                (b"*1\r\n$-5\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
                (b"*1\r\n$99999999999\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
                (b"GET \"a\r\n", b"-ERR Protocol error: unbalanced quotes in request\r\n"),
                (b"x" * 70000, b"-ERR Protocol error: too big inline request\r\n"),
            ]:
                self.assertEqual(raw(self.node.resp_port, b"PING\r\n" + data), (b"+PONG\r\n" + error, True), data[:40])
            self.assertEqual(bystander("GET", "a"), b"1")

    def test_http_sent_to_the_resp_port_runs_nothing(self):
        for head in [b"POST / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: here\r\n", b"PUT / HTTP/1.1\r\nhOST: here\r\n"]:
            received, closed = raw(self.node.resp_port, head + b"\r\nSET planted 1\r\n")
            self.assertTrue(closed, head)
            self.assertNotIn(b"+OK", received)
        with self.node.resp() as client:
            self.assertEqual(client("EXISTS", "planted"), 0)

    def test_auth_without_a_password(self):
        with self.node.resp() as client:
            self.assertEqual(client("AUTH", "default", "any"), "OK")
            for words, error in [
                ([], "ERR wrong number of arguments for 'auth' command"),
                (["any"], "ERR AUTH <password> called without any password configured for the default user. Are you "
                          "sure your configuration is correct?"),
                (["somebody", "any"], "WRONGPASS invalid username-password pair or user is disabled."),
                (["a", "b", "c"], "ERR syntax error"),
            ]:
                with self.assertRaises(RespError) as raised:
                    client("AUTH", *words)
                self.assertEqual(str(raised.exception), error)

    def test_values_of_every_size(self):
        with self.node.resp() as client:
            for size in [0, 1, 100, 16383, 16384, 65536, 65537, 1 << 20, 20 << 20]:
                value = os.urandom(min(size, 4096)) * (size // 4096 + 1)
                value = value[:size]
                client("SET", "v", value)
                self.assertEqual(client("GET", "v"), value, size)
                self.assertEqual(client("STRLEN", "v"), size)
            client("DEL", "v")

    def test_pipeline_that_is_not_read_for_a_while(self):
        with self.node.resp() as client, self.node.resp() as other:
            client("SET", "v", b"x" * (1 << 20))
            client.socket.sendall(Resp.encode("GET", "v") * 60)
            self.assertEqual(other("PING"), "PONG")  # nobody else is held up
            for _ in range(60):
                self.assertEqual(len(client.read()), 1 << 20)

    def test_many_clients(self):
        clients = [self.node.resp() for _ in range(300)]
        try:
            for i, client in enumerate(clients):
                client.send("SET", f"c{i}", i)
            self.assertTrue(all(client.read() == "OK" for client in clients))
        finally:
            for client in clients:
                client.close()

    def test_hello_and_resp3(self):
        with self.node.resp() as client:
            facts = client("HELLO", "3", "SETNAME", "me")
            self.assertEqual(facts[b"proto"], 3)
            self.assertEqual(facts[b"version"], b"7.0.15")
            self.assertEqual(client("CLIENT", "GETNAME"), b"me")
            self.assertIsNone(client("GET", "none"))
            self.assertEqual(client("CONFIG", "GET", "maxmemory"), {b"maxmemory": b"0"})
            self.assertEqual(client("RESET"), "RESET")
            self.assertEqual(client("CONFIG", "GET", "maxmemory"), [b"maxmemory", b"0"])
            for words, error in [(["4"], "NOPROTO unsupported protocol version"),
                                 (["x"], "ERR Protocol version is not an integer or out of range"),
                                 (["3", "AUTH", "a", "b"],
                                  "WRONGPASS invalid username-password pair or user is disabled."),
                                 (["3", "FOO"], "ERR Syntax error in HELLO option 'FOO'")]:
                with self.assertRaises(RespError) as raised:
                    client("HELLO", *words)
                self.assertEqual(str(raised.exception), error)
            self.assertEqual(client("SELECT", "0"), "OK")
            with self.assertRaisesRegex(RespError, "^ERR DB index is out of range$"):
                client("SELECT", "1")

    def test_client_commands(self):
        with self.node.resp() as me, self.node.resp() as other:
            number = other("CLIENT", "ID")
            self.assertEqual(other("CLIENT", "SETNAME", "victim"), "OK")
            other("CLIENT", "SETINFO", "LIB-NAME", "ours")
            line = [text for text in me("CLIENT", "LIST").decode().splitlines() if text.startswith(f"id={number} ")][0]
            self.assertIn(" name=victim ", line)
            self.assertIn(" lib-name=ours ", line)
            self.assertIn(" cmd=client|setinfo ", line)
            self.assertIn(f"id={me('CLIENT', 'ID')} ", me("CLIENT", "INFO").decode())
            self.assertEqual(me("CLIENT", "KILL", "ID", number), 1)
            self.assertEqual(me("CLIENT", "KILL", "ID", number), 0)
            with self.assertRaises(ConnectionError):
                other("PING")
            with self.assertRaisesRegex(RespError, "^ERR No such client$"):
                me("CLIENT", "KILL", "1.2.3.4:5")

    def test_client_reply(self):
        off, on, skip = (b"CLIENT REPLY %s\r\n" % word for word in (b"OFF", b"ON", b"SKIP"))
        for data, expected in [
            (off + b"PING\r\n" + on + skip + b"PING\r\nPING x\r\n", b"+OK\r\n$1\r\nx\r\n"),
            (skip + skip + b"PING\r\nPING x\r\n", b"$1\r\nx\r\n"),
            (skip + on + b"PING\r\n", b"+OK\r\n+PONG\r\n"),
            (skip + b"CLIENT ID x\r\nPING\r\n", b"+PONG\r\n"),
            (skip + off + b"PING\r\n", b""),
            (off + skip + b"PING\r\n", b""),
            (off + b"RESET\r\nPING\r\n", b"+RESET\r\n+PONG\r\n"),
            (skip + b"RESET\r\nPING\r\n", b"+PONG\r\n"),
            (off + b"*x\r\n", b""),
            (skip + b"*x\r\n", b""),
        ]:
            self.assertEqual(raw(self.node.resp_port, data, True), (expected, True), data)

    def test_config_and_info(self):
        with self.node.resp() as client:
            self.assertEqual(client("CONFIG", "GET", "SAVE", "appendonl?"), [b"SAVE", b"", b"appendonly", b"no"])
            self.assertEqual(client("CONFIG", "SET", "maxmemory", "1gb", "timeout", "0"), "OK")
            self.assertEqual(client("CONFIG", "GET", "maxmemory"), [b"maxmemory", b"1073741824"])
            client("CONFIG", "SET", "maxmemory", "0")
            for words, error in [
                (["maxmemory", "abc"], "maxmemory') - argument must be a memory value"),
                (["activedefrag", "maybe"], "activedefrag') - argument must be 'yes' or 'no'"),
                (["port", "1"], "port') - can't set immutable config"),
            ]:
                with self.assertRaises(RespError) as raised:
                    client("CONFIG", "SET", *words)
                self.assertEqual(str(raised.exception),
                                 "ERR CONFIG SET failed (possibly related to argument '" + error)
            info = self.node.info()
            self.assertEqual(info["redis_version"], "7.0.15")
            self.assertEqual(info["tcp_port"], str(self.node.resp_port))
            self.assertGreater(int(info["total_commands_processed"]), 0)
            client("CONFIG", "RESETSTAT")
            self.assertLess(int(self.node.info("stats")["total_commands_processed"]), 5)
            self.assertEqual(client("INFO", "nothing"), b"")

    def test_live_limit_of_clients(self):
        with self.node.resp() as client:
            before = client("CONFIG", "GET", "maxclients")[1]
            client("CONFIG", "SET", "maxclients", "2")
            try:
                with self.node.resp() as second:
                    second("PING")
                    received, closed = raw(self.node.resp_port, b"PING\r\n")
                    self.assertEqual((received, closed), (b"-ERR max number of clients reached\r\n", True))
            finally:
                client("CONFIG", "SET", "maxclients", before)

    def test_clients_that_vanish_are_found_by_the_kernel(self):
        keepalive = "02"
        for port, asked in ((self.node.resp_port, b"PING\r\n"),
                            (self.node.http_port, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")):
            with socket.create_connection(("127.0.0.1", port), cluster.PATIENCE) as client:
                client.sendall(asked)
                client.recv(100)
                ends = [f"0100007F:{end:04X}" for end in (port, client.getsockname()[1])]
                with open("/proc/net/tcp", encoding="ascii") as file:
                    rows = [line.split() for line in file]
                timers = [row[5].split(":")[0] for row in rows if row[1:3] == ends]
                self.assertEqual(timers, [keepalive], port)

    # ---- HTTP

    def test_http(self):
        with self.node.http() as web:
            self.assertEqual(web.put("k", "v"), (200, {"success": True, "message": "Stored locally", "node": "1",
                                                       "primary": "node-1"}))
            self.assertEqual(web.json("GET", "/api/cache/k"),
                             (200, {"success": True, "data": {"key": "k", "value": "v"}, "node": "1",
                                    "primary": "node-1", "local": True, "forwarded": False}))
            self.assertEqual(web.delete("k"), (200, {"success": True, "message": "Delete processed", "node": "1",
                                                     "primary": "node-1", "deleted": True}))
            self.assertEqual(web.delete("k")[1]["deleted"], False)
            self.assertEqual(web.json("GET", "/api/cache/k")[0], 404)
            self.assertEqual(web.json("GET", "/health"), (200, {"healthy": True, "node": "1", "cluster_size": 1}))
            self.assertEqual(web.json("GET", "/nothing")[0], 404)
            self.assertEqual(web.json("PATCH", "/api/cache/k")[0], 405)
            self.assertEqual(web.request("PUT", "/api/cache/k", b"{not json", {})[0], 400)

    def test_http_and_resp_see_the_same(self):
        with self.node.http() as web, self.node.resp() as client:
            for key in ["a b", "a/b", "ä", "100%", "x+y", "{tag}k"]:
                for value in ["", "text", "ünï", "line\r\nline"]:
                    web.put(key, value)
                    self.assertEqual(client("GET", key), value.encode())
                    client("SET", key, value + "!")
                    self.assertEqual(web.get(key), value + "!")
            client("SET", "bytes", b"\xff\x00\xfe")
            _, document = web.json("GET", "/api/cache/bytes")
            self.assertEqual(document["data"], {"key": "bytes", "value": "/wD+", "encoding": "base64"})
            web.put("short", "lived", 100)
            self.assertIn(client("TTL", "short"), (99, 100))

    def test_http_pipelining_in_order(self):
        pair = b"GET /api/cache/none%d HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /health HTTP/1.1\r\nConnection: close\r\nHost: x\r\n\r\n"
        requests = b"".join(pair % i for i in range(20)) + last
        received, closed = raw(self.node.http_port, requests)
        self.assertTrue(closed)
        statuses = [part.split(b" ", 2)[0] for part in received.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual(statuses, [b"404", b"200"] * 20 + [b"200"])

    def test_http_limits(self):
        with self.node.http() as web:
            self.assertEqual(web.request("GET", "/api/cache/k", None, {"X": "y" * 70000})[0], 431)
        received, _ = raw(self.node.http_port,
                          b"PUT /api/cache/k HTTP/1.1\r\nHost: x\r\nContent-Length: 600000000\r\n\r\n")
        self.assertTrue(received.startswith(b"HTTP/1.1 413 "), received[:60])
        received, closed = raw(self.node.http_port, b"no http\r\n\r\n")
        self.assertTrue(received.startswith(b"HTTP/1.1 4") and closed, received[:60])

    def test_nobody_is_held_up_by_a_slow_client(self):
        """A client that asks for much and reads nothing."""
        with self.node.resp() as slow, self.node.resp() as quick:
            quick("SET", "v", b"x" * (4 << 20))
            stop = threading.Event()

            def ask():
                try:
                    while not stop.is_set():
                        slow.socket.sendall(Resp.encode("GET", "v") * 100)
                except OSError:
                    pass

            asker = threading.Thread(target=ask, daemon=True)
            asker.start()
            for _ in range(200):
                self.assertEqual(quick("PING"), "PONG")
            self.assertLess(int(self.node.info("memory")["used_memory"]), 1 << 30)
            stop.set()
            slow.socket.shutdown(socket.SHUT_RDWR)
            asker.join(10)
            quick("DEL", "v")


if __name__ == "__main__":
    unittest.main(verbosity=1)
