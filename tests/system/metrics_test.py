"""/metrics in both formats: what it says is true, in the words that the formats allow, and every family is in
docs/METRICS.md. SLOWLOG, and what INFO says of commands.

    metrics_test.py --rewrite     writes the table of docs/METRICS.md anew
"""

import os
import re
import sys
import time
import unittest

import cluster
import exposition
from cluster import RespError

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "METRICS.md")
# As Prometheus itself asks.
PROMETHEUS_ACCEPT = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")


def scrape(node, accept=None):
    """(content type, text)"""
    with node.http() as web:
        status, headers, body = web.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
    assert status == 200, (status, body)
    return headers["Content-Type"], body.decode()


def families(node, form="prometheus"):
    return exposition.read(scrape(node, OPEN if form == "openmetrics" else None)[1], form)


def table(found):
    """{name: (type, help)} as the plain format has it."""
    return {family.name: (family.type, family.help) for family in found.values()}


def written():
    with open(DOCUMENT, encoding="utf-8") as file:
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|$", file.read(), re.M)
    return {name: (kind, text) for name, kind, text in rows}


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = cluster.single()
        cls.node = cls.context.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def test_the_format_that_is_asked_for(self):
        for accept, kind in [(None, PLAIN), ("*/*", PLAIN), ("text/plain", PLAIN), (OPEN, OPEN),
                             (PROMETHEUS_ACCEPT, OPEN)]:
            self.assertEqual(scrape(self.node, accept)[0], kind, accept)
        plain, opened = families(self.node), families(self.node, "openmetrics")
        self.assertEqual([name.removesuffix("_total") for name in plain], list(opened))
        self.assertEqual([f.help for f in plain.values()], [f.help for f in opened.values()])

    def test_every_family_is_in_the_list(self):
        self.assertEqual(table(families(self.node)), written(),
                         "docs/METRICS.md: tests/system/metrics_test.py --rewrite")

    def test_commands_are_timed(self):
        with self.node.resp() as client:
            before = families(self.node)["hypercache_command_duration_seconds"]
            client.pipeline([("SET", f"k{i}", i) for i in range(300)] + [("GET", "k1")] * 200)
            for words in [("GET",), ("INCR", "text")]:
                client("SET", "text", "x")
                with self.assertRaises(RespError):
                    client(*words)
            client("PING")
            found = families(self.node)
            took = found["hypercache_command_duration_seconds"]
        was = before.samples.get(("hypercache_command_duration_seconds_count", (("command", "get"),)), 0)
        self.assertEqual(took.value("_count", command="get") - was, 200)
        self.assertGreaterEqual(took.value("_count", command="set"), 302)
        for command in ("get", "set", "ping"):
            mean = took.value("_sum", command=command) / took.value("_count", command=command)
            self.assertTrue(1e-6 < mean < 1, (command, mean))
        self.assertEqual(found["hypercache_commands_rejected_total"].value(command="get"), 1)
        self.assertEqual(found["hypercache_commands_failed_total"].value(command="incr"), 1)
        self.assertGreaterEqual(found["hypercache_error_replies_total"].value(code="ERR"), 2)
        info = self.node.info()
        self.assertTrue(re.fullmatch(r"calls=\d+,usec=\d+,usec_per_call=\d+\.\d\d,rejected_calls=1,failed_calls=0",
                                     info["cmdstat_get"]), info["cmdstat_get"])
        self.assertTrue(re.fullmatch(r"p50=\d+\.\d{3},p99=\d+\.\d{3},p99\.9=\d+\.\d{3}",
                                     info["latency_percentiles_usec_get"]))
        self.assertTrue(info["errorstat_ERR"].startswith("count="))

    def test_a_command_that_a_connection_answers_itself_takes_no_longer_than_its_client_saw(self):
        pause, rounds = 0.05, 5
        for words in [("SELECT", "0"), ("HELLO",), ("AUTH", "default", "x"), ("CLIENT", "ID"), ("INFO", "server"),
                      ("CONFIG", "GET", "maxmemory"), ("CLUSTER", "INFO"), ("LASTSAVE",), ("READONLY",)]:
            with self.subTest(words), self.node.resp() as client:
                client("CONFIG", "RESETSTAT")
                seen = 0.0
                for _ in range(rounds):
                    time.sleep(pause)  # the node has nothing to do: its next turn may be far away
                    begun = time.perf_counter()
                    try:
                        client(*words)
                    except RespError:
                        pass
                    seen += time.perf_counter() - begun
                took = families(self.node)["hypercache_command_duration_seconds"]
                self.assertLess(took.value("_sum", command=words[0].lower()), seen + rounds * pause / 4)

    def test_what_is_counted(self):
        with self.node.resp() as client, self.node.http() as web:
            client("FLUSHALL")
            before = families(self.node)
            client("SET", "a", "1")
            web.put("b", "2", 100)
            client("GET", "a"), client("GET", "none")
            found = families(self.node)
        grown = lambda name: found[name].value() - before[name].value()
        self.assertEqual(found["hypercache_items"].value(role="primary"), 2)
        self.assertEqual(found["hypercache_items_expiring"].value(), 1)
        self.assertEqual((grown("hypercache_keyspace_hits_total"), grown("hypercache_keyspace_misses_total")), (1, 1))
        self.assertEqual(found["hypercache_connections"].value(protocol="resp"), 1)
        self.assertEqual(found["hypercache_slots"].value(role="primary"), 16384)
        self.assertEqual(found["hypercache_view_epoch"].value(), 1)
        self.assertEqual((found["hypercache_healthy"].value(), found["hypercache_ready"].value()), (1, 1))
        self.assertGreater(found["hypercache_loop_turn_duration_seconds"].value("_count"), 4)
        self.assertGreater(found["process_resident_memory_bytes"].value(), 1 << 20)
        self.assertGreater(found["process_open_fds"].value(), 5)

    def test_reads_and_writes_of_connections(self):
        with self.node.resp() as client:
            client("CONFIG", "RESETSTAT")
            before = self.node.info()
            for _ in range(5):
                client("PING")
            client.pipeline([("PING",)] * 10)
            after = self.node.info()
        grown = lambda name: int(after[name]) - int(before[name])
        self.assertEqual(grown("total_reads_processed"), 5 + 1 + 1, "INFO is the last of them")
        self.assertEqual(grown("total_writes_processed"), 1 + 5 + 1, "and the INFO before it was not yet written")
        self.assertTrue(0 <= (int(after["lru_clock"]) - int(before["lru_clock"])) % (1 << 24) < 60)

    def test_reset(self):
        with self.node.resp() as client:
            client("GET", "none")
            client("CONFIG", "RESETSTAT")
            info = self.node.info()
        self.assertEqual(info["keyspace_misses"], "0")
        self.assertNotIn("cmdstat_get", info)

    def test_slow_log(self):
        with self.node.resp() as client:
            client("SLOWLOG", "RESET")
            client("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "3")
            client("CLIENT", "SETNAME", "tester")
            client("MSET", *[word for i in range(20) for word in (f"slow:{i}", "x" * 200)])
            client("PING")
            log = client("SLOWLOG", "GET", "-1")
            self.assertEqual([entry[3][0] for entry in log], [b"PING", b"MSET", b"CLIENT"])
            args = log[1][3]
            self.assertEqual((len(args), args[-1]), (32, b"... (10 more arguments)"))
            self.assertEqual(args[2], b"x" * 128 + b"... (72 more bytes)")
            self.assertTrue(log[1][4].startswith(b"127.0.0.1:") and log[1][5] == b"tester")
            self.assertGreater(log[0][0], log[1][0])
            self.assertEqual(client("SLOWLOG", "LEN"), 3)
            self.assertEqual(len(client("SLOWLOG", "GET", "1")), 1)
            client("CONFIG", "SET", "slowlog-log-slower-than", "-1", "slowlog-max-len", "128")
            client("SLOWLOG", "RESET")
            client("KEYS", "*")
            self.assertEqual(client("SLOWLOG", "LEN"), 0)
            # By default only what keeps the loop for ten milliseconds: KEYS over many keys does.
            client("CONFIG", "SET", "slowlog-log-slower-than", "10000")
            for i in range(0, 400_000, 5000):
                client.pipeline([("SET", f"many:{n}", "") for n in range(i, i + 5000)])
            client("KEYS", "*nothing*of*this*")
            log = client("SLOWLOG", "GET")
            self.assertEqual([entry[3][0] for entry in log], [b"KEYS"])
            self.assertGreaterEqual(log[0][2], 10_000)
            for words, error in [(("GET", "-2"), "ERR count should be greater than or equal to -1"),
                                 (("GET", "1", "2"), "ERR unknown subcommand or wrong number of arguments for 'get'. "
                                                     "Try SLOWLOG HELP."),
                                 (("NOPE",), "ERR unknown subcommand 'NOPE'. Try SLOWLOG HELP.")]:
                with self.assertRaises(RespError) as raised:
                    client("SLOWLOG", *words)
                self.assertEqual(str(raised.exception), error)
            client("FLUSHALL")


class OfACluster(unittest.TestCase):
    def test_members_lag_and_transfers(self):
        with cluster.Cluster(3, extra=["--appendonly", "yes"]) as members:
            found = families(members[1])
            self.assertEqual(found["hypercache_cluster_members"].value(status="alive"), 3)
            self.assertEqual([found["hypercache_member_up"].value(member=f"node-{n}") for n in (1, 2, 3)], [1, 1, 1])
            self.assertEqual(found["hypercache_log_enabled"].value(), 1)
            led = {n: families(members[n])["hypercache_slots"].value(role="primary") for n in (1, 2, 3)}
            self.assertEqual(sum(led.values()), 16384)
            with members[1].resp() as client:
                client.pipeline([("SET", f"k{i}", "x" * 100) for i in range(2000)])
            self.assertGreater(families(members[1])["hypercache_log_written_bytes_total"].value(), 50_000)

            # A replica that stands still lacks what is written meanwhile.
            members[3].freeze()
            with members[1].resp() as client:
                slots = members.leaders(1)
                ours = [key for key in map(str, range(3000)) if slots[cluster.slot_of(key)] == 1]
                client.socket.sendall(b"".join(client.encode("SET", key, "y" * 100) for key in ours))
                lag = lambda what: families(members[1])[f"hypercache_replication_lag_{what}"].samples.get(
                    (f"hypercache_replication_lag_{what}", (("member", "node-3"),)), 0)
                cluster.wait_until(lambda: lag("entries") > 10, "what node-3 lacks")
                self.assertGreater(lag("bytes"), 100 * 10)
                members[3].thaw()
                for _ in ours:
                    client.read()
            cluster.wait_until(lambda: lag("entries") == 0, "node-3 to have it all")

            members[2].kill()
            cluster.wait_until(lambda: families(members[1])["hypercache_member_up"].value(member="node-2") == 0,
                               "node-2 to be down")
            cluster.wait_until(lambda: families(members[1])["hypercache_view_epoch"].value() > 1, "a new view")
            self.assertGreaterEqual(families(members[1])["hypercache_deaths_total"].value(), 1)
            self.assertEqual(families(members[1])["hypercache_cluster_members"].value(status="dead"), 1)


def rewrite():
    with cluster.single() as node:
        found = table(families(node))
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    head = text[:text.index("| metric |")]
    rows = "".join(f"| `{name}` | {kind} | {help_text} |\n" for name, (kind, help_text) in found.items())
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(f"{head}| metric | type | what it says |\n| --- | --- | --- |\n{rows}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--rewrite"]:
        rewrite()
    else:
        unittest.main()
