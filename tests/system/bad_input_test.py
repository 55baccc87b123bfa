"""What nobody should send: a clear error each, nothing lost, nothing crashed. By tables, over real sockets, on one node
that has to answer and to have its keys after each row. Where there is a redis-server, RESP's texts are held against it.
"""

import base64
import json
import os
import shutil
import subprocess
import unittest

import cluster
from cluster import Resp, RespError
from single_test import raw

KEPT = {b"kept": b"as it was", b"": b"the empty key", b"\xff\x00\xfe": b"\x00\xff\r\n"}
PROTOCOL = b"-ERR Protocol error: "

# What is sent; what comes back; whether the connection is closed then. Half of a command waits for the rest.
FRAMES = [
    (b"*1\r\n$-2\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n$-1\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n$9223372036854775807\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n$9223372036854775808\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n$536870913\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n$\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n$4x\r\n", PROTOCOL + b"invalid bulk length\r\n", True),
    (b"*1\r\n:4\r\n", PROTOCOL + b"expected '$', got ':'\r\n", True),
    (b"*-2\r\nPING\r\n", b"+PONG\r\n", False),
    (b"*0\r\nPING\r\n", b"+PONG\r\n", False),
    (b"*2147483648\r\n", PROTOCOL + b"invalid multibulk length\r\n", True),
    (b"*9223372036854775808\r\n", PROTOCOL + b"invalid multibulk length\r\n", True),
    (b"*1.5\r\n", PROTOCOL + b"invalid multibulk length\r\n", True),
    (b"*2147483647\r\n", b"", False),
    (b"*1\r\n$536870912\r\n", b"", False),
    (b"*1\r\n$4\r\nPI", b"", False),
    (b"*" + b"1" * 70000, PROTOCOL + b"too big mbulk count string\r\n", True),
    (b"*1\r\n$" + b"1" * 70000, PROTOCOL + b"too big bulk count string\r\n", True),
    (b"x" * 70000, PROTOCOL + b"too big inline request\r\n", True),
    (b"PI", b"", False),
    (b"SET kept \"x\r\n", PROTOCOL + b"unbalanced quotes in request\r\n", True),
    (b"SET kept 'x'y\r\n", PROTOCOL + b"unbalanced quotes in request\r\n", True),
    (b"\r\n\r\n \r\nPING\r\n", b"+PONG\r\n", False),
]

# A command, and the error that it gets.
COMMANDS = [
    (("NOPE", "a", "b"), "ERR unknown command 'NOPE', with args beginning with: 'a' 'b' "),
    (("GET",), "ERR wrong number of arguments for 'get' command"),
    (("SET", "kept", "v", "EX", "-1"), "ERR invalid expire time in 'set' command"),
    (("SET", "kept", "v", "EX", "9223372036854775807"), "ERR invalid expire time in 'set' command"),
    (("SET", "kept", "v", "EX", "soon"), "ERR value is not an integer or out of range"),
    (("SET", "kept", "v", "NX", "XX"), "ERR syntax error"),
    (("EXPIRE", "kept", "9223372036854775807"), "ERR invalid expire time in 'expire' command"),
    (("INCR", "kept"), "ERR value is not an integer or out of range"),
    (("INCRBY", "other", "9223372036854775808"), "ERR value is not an integer or out of range"),
    (("DECRBY", "other", "-9223372036854775808"), "ERR decrement would overflow"),
    (("INCRBYFLOAT", "kept", "1"), "ERR value is not a valid float"),
    (("INCRBYFLOAT", "other", "inf"), "ERR increment would produce NaN or Infinity"),
    (("SETRANGE", "kept", "-1", "x"), "ERR offset is out of range"),
    (("SETRANGE", "kept", "536870912", "x"), "ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
    (("SETBIT", "kept", "4294967296", "1"), "ERR bit offset is not an integer or out of range"),
    (("SETBIT", "kept", "0", "2"), "ERR bit is not an integer or out of range"),
    (("GETRANGE", "kept", "a", "b"), "ERR value is not an integer or out of range"),
    (("SCAN", "x"), "ERR invalid cursor"),
    (("SCAN", "0", "COUNT", "0"), "ERR syntax error"),
    (("RENAME", "none", "none"), "ERR no such key"),
    (("SELECT", "16"), "ERR DB index is out of range"),
    (("CONFIG", "SET", "maxmemory", "much"),
     "ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"),
    (("CONFIG", "SET", "colour", "blue"),
     "ERR Unknown option or number of arguments for CONFIG SET - 'colour'"),
    (("OBJECT", "ENCODING", "none"), None),
]


# "filter" is a cuckoo filter there, "kept" a string.
WRONG_TYPES = [
    ("GET", "filter"), ("GETSET", "filter", "v"), ("GETDEL", "filter"), ("GETEX", "filter"), ("APPEND", "filter", "v"),
    ("STRLEN", "filter"), ("GETRANGE", "filter", "0", "1"), ("SUBSTR", "filter", "0", "1"),
    ("SETRANGE", "filter", "0", "v"), ("GETBIT", "filter", "0"), ("SETBIT", "filter", "0", "1"), ("INCR", "filter"),
    ("DECR", "filter"), ("INCRBY", "filter", "1"), ("DECRBY", "filter", "1"), ("INCRBYFLOAT", "filter", "1"),
    ("SET", "filter", "v", "GET"), ("CF.ADD", "kept", "x"), ("CF.ADDNX", "kept", "x"),
    ("CF.INSERT", "kept", "ITEMS", "x"), ("CF.INSERTNX", "kept", "ITEMS", "x"), ("CF.EXISTS", "kept", "x"),
    ("CF.MEXISTS", "kept", "x"), ("CF.DEL", "kept", "x"), ("CF.COUNT", "kept", "x"), ("CF.INFO", "kept"),
]
WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


def http(method, path, body=b"", *headers, length=None):
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: h", *headers]
    if length is not None or body:
        lines.append(b"Content-Length: " + (b"%d" % len(body) if length is None else length))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def put(body, *headers, **more):
    return http("PUT", "/api/cache/new", body, *headers, **more)


# What is sent, the status, and the reason that the answer gives.
REQUESTS = [
    (put(b"{not json"), 400, "BAD_REQUEST"),
    (put(b'{"value":"v"'), 400, "BAD_REQUEST"),
    (put(b"[" * 200_000), 400, "BAD_REQUEST"),
    (put(b'{"value":"\xff"}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"\\ud800"}'), 400, "BAD_REQUEST"),
    (put(b'"v"'), 400, "BAD_REQUEST"),
    (put(b"{}"), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","ttl":0}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","ttl":-1}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","ttl":1.5}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","ttl":1e30}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","ttl":"soon"}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","ttl":9223372036854775807}'), 400, "ERR"),
    (put(b'{"value":"/w=","encoding":"base64"}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"a b=","encoding":"base64"}'), 400, "BAD_REQUEST"),
    (put(b'{"value":"v","encoding":"rot13"}'), 400, "BAD_REQUEST"),
    (put(b""), 411, "LENGTH_REQUIRED"),
    (put(b"", length=b"0"), 400, "BAD_REQUEST"),
    (put(b"", length=b"nine"), 400, "BAD_REQUEST"),
    (put(b"", length=b"-1"), 400, "BAD_REQUEST"),
    (put(b"", length=b"99999999999999999999999"), 400, "BAD_REQUEST"),
    (put(b"", length=b"536870913"), 413, "BODY_TOO_LARGE"),
    (put(b"{}", b"Content-Length: 3"), 400, "BAD_REQUEST"),
    (put(b"{}", b"Transfer-Encoding: chunked"), 400, "BAD_REQUEST"),
    (put(b"", b"Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n", 400, "BAD_REQUEST"),
    (put(b"", b"Transfer-Encoding: chunked") + b"ffffffffffffffffff\r\n", 400, "BAD_REQUEST"),
    (put(b"", b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n", 400, "BAD_REQUEST"),
    (put(b"", b"X: " + b"y" * 70_000), 431, "HEAD_TOO_LARGE"),
    (http("GET", "/" + "a" * 70_000), 431, "HEAD_TOO_LARGE"),
    (put(b"", b"no colon"), 400, "BAD_REQUEST"),
    (http("GET", "/api/cache/"), 400, "BAD_REQUEST"),
    (http("PUT", "/api/cache/", b'{"value":"v"}'), 400, "BAD_REQUEST"),
    (http("DELETE", "/api/cache/"), 400, "BAD_REQUEST"),
    (http("GET", "/api/cache"), 404, "NOT_FOUND"),
    (http("GET", "/api/cache/%zz"), 400, "BAD_REQUEST"),
    (http("GET", "/api/cache/%2"), 400, "BAD_REQUEST"),
    (http("GET", "/none"), 404, "NOT_FOUND"),
    (http("PATCH", "/api/cache/new", b"{}"), 405, "METHOD_NOT_ALLOWED"),
    (http("DELETE", "/health"), 405, "METHOD_NOT_ALLOWED"),
    (b"no http\r\n\r\n", None, None),
    (b"GET / HTTP/9.9\r\n\r\n", 400, "BAD_REQUEST"),
]


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = cluster.single()
        cls.node = cls.context.__enter__()
        with cls.node.resp() as client:
            for key, value in KEPT.items():
                client("SET", key, value)

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def tearDown(self):
        with self.node.resp() as client:
            self.assertEqual(client("DBSIZE"), len(KEPT), "a key came or went")

    def assert_well(self, after):
        with self.node.resp() as client:
            self.assertEqual(client("PING"), "PONG", after)
            self.assertEqual(client("MGET", *KEPT), list(KEPT.values()), after)

    def test_frames(self):
        for data, answer, closed in FRAMES:
            with self.subTest(data[:60]):
                self.assertEqual(raw(self.node.resp_port, b"PING\r\n" + data), (b"+PONG\r\n" + answer, closed))
                self.assert_well(data[:60])

    def test_commands(self):
        for words, error in COMMANDS:
            with self.subTest(words), self.node.resp() as client:
                self.assertEqual(said(client, words), error)
                self.assert_well(words)

    def test_wrong_types(self):
        with self.node.resp() as client, self.node.http() as web:
            client("CF.ADD", "filter", "item")
            for words in WRONG_TYPES:
                with self.subTest(words):
                    self.assertEqual(said(client, words), WRONG_TYPE)
                    self.assertEqual(client("CF.EXISTS", "filter", "item"), 1, words)
                    self.assert_well(words)
            status, document = web.json("GET", web.path("filter"))
            self.assertEqual((document["success"], document["reason"]), (False, "WRONGTYPE"), (status, document))
            self.assertEqual(client("DEL", "filter"), 1)

    def test_requests(self):
        for data, status, reason in REQUESTS:
            with self.subTest(data[:80]):
                received, _ = raw(self.node.http_port, data)
                self.assertRegex(received[:13], rb"^HTTP/1\.1 4\d\d ")
                if status is not None:
                    self.assertEqual(int(received[9:12]), status, received[-300:])
                    document = json.loads(received.split(b"\r\n\r\n", 1)[1])
                    self.assertEqual((document["success"], document["reason"], document["maybe_applied"]),
                                     (False, reason, False))
                    self.assertGreater(len(document["error"]), 10)
                self.assert_well(data[:80])

    def test_a_body_that_is_cut_short_stores_nothing(self):
        for data in [put(b'{"value":"v"}', length=b"100"),
                     put(b"", b"Transfer-Encoding: chunked") + b"d\r\n{\"value\":\"v\"}\r\n"]:
            with self.subTest(data[-60:]):
                raw(self.node.http_port, data, half_close=True)
                self.assert_well(data[-60:])

    def test_chunks_and_strange_keys_and_values_work(self):
        with self.node.resp() as client, self.node.http() as web:
            chunked = put(b"", b"Transfer-Encoding: chunked")
            received, _ = raw(self.node.http_port, chunked + b'7\r\n{"value\r\n6;x=y\r\n":"v"}\r\n0\r\n\r\n')
            self.assertTrue(received.startswith(b"HTTP/1.1 200 "), received)
            self.assertEqual(client("GETDEL", "new"), b"v")
            for key in [b"\xff\x00\xfe", bytes(range(256)), b" ", b"\r\n", b"{}", "ключ".encode()]:
                for value in [b"", b"\xff", b"\x00" * 100, b"\r\n$-1\r\n"]:
                    self.assertEqual(client("SET", b"new" + key, value), "OK")
                    _, document = web.json("GET", web.path(b"new" + key))
                    data = document["data"]
                    plain = data["value"].encode()
                    self.assertEqual(base64.b64decode(plain) if "encoding" in data else plain, value)
                    self.assertEqual(client("GETDEL", b"new" + key), value)

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_redis_says_the_same(self):
        port = cluster.free_port()
        with cluster.folder() as path:
            log = os.path.join(path, "log")
            server = subprocess.Popen(
                ["redis-server", "--port", str(port), "--save", "", "--dir", path, "--logfile", log],
                preexec_fn=cluster.die_with_the_test)
            try:
                cluster.wait_until(lambda: Resp(port).close() or True, "redis-server")
                with Resp(port) as client:
                    for key, value in KEPT.items():
                        client("SET", key, value)
                for data, answer, closed in FRAMES:
                    with self.subTest(data[:60]):
                        self.assertEqual(raw(port, b"PING\r\n" + data), (b"+PONG\r\n" + answer, closed))
                for words, error in COMMANDS:
                    with self.subTest(words), Resp(port) as client:
                        self.assertEqual(said(client, words), error)
            finally:
                server.kill()
                server.wait()


def said(client, words):
    """The error; None if there is none."""
    try:
        client(*words)
        return None
    except RespError as error:
        return str(error)


if __name__ == "__main__":
    unittest.main(verbosity=1)
