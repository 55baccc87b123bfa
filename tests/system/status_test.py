"""The pages of the HTTP interface that tell of a node and its cluster, asked by curl as operators do."""

import json
import re
import subprocess
import unittest

import cluster


def curl(node, path, *flags):
    """(status, headers with names in lower case, body)"""
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "-D", "/dev/stderr", *flags,
                           f"http://127.0.0.1:{node.http_port}{path}"], capture_output=True, check=True)
    lines = done.stderr.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return int(lines[0].split()[1]), {k.lower(): v for k, v in headers.items()}, done.stdout


def document(node, path):
    status, headers, body = curl(node, path)
    assert (status, headers["content-type"]) == (200, "application/json"), (path, status, headers, body)
    return json.loads(body)


PAGES = ["/", "/metrics", "/health", "/ready", "/live", "/api/cluster", "/api/cluster/members", "/api/stats"]


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = cluster.single()
        cls.node = cls.context.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def test_get_and_head(self):
        for path in PAGES:
            status, headers, body = curl(self.node, path)
            self.assertEqual(status, 200, path)
            self.assertEqual(int(headers["content-length"]), len(body))
            self.assertEqual(headers["cache-control"], "no-store")
            status, headers, shown = curl(self.node, path, "--head")  # curl shows the headers, and a body if one came
            self.assertEqual(status, 200, path)
            self.assertTrue(shown.endswith(b"\r\n\r\n"), shown)
            self.assertAlmostEqual(int(headers["content-length"]), len(body), delta=1000)
            self.assertEqual(curl(self.node, path + "?x=y")[0], 200)

    def test_other_methods_are_told_which_there_are(self):
        for path in PAGES:
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]:
                status, headers, body = curl(self.node, path, "-X", method)
                self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"), (path, method))
                self.assertEqual(json.loads(body)["reason"], "METHOD_NOT_ALLOWED")
        status, headers, _ = curl(self.node, "/api/cache/k", "-X", "PATCH")
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD, POST, PUT, DELETE"))
        status, headers, _ = curl(self.node, "/api/cache/k", "-X", "NONSENSE")
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD, POST, PUT, DELETE"))

    def test_the_page_loads_nothing_else(self):
        status, headers, body = curl(self.node, "/")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", headers["content-security-policy"])
        self.assertFalse(re.search(r"""(src|href)=["'](?!/|data:)|https?://(?!\$\{)|@import|url\(""", body.decode()))

    def test_unknown_paths(self):
        for path in ["/nothing", "/api", "/api/", "/api/cluster/", "/health/", "/HEALTH", "/metrics/", "/a.ico"]:
            status, _, body = curl(self.node, path)
            self.assertEqual((status, json.loads(body)["reason"]), (404, "NOT_FOUND"), path)

    def test_statistics_count(self):
        with self.node.resp() as client:
            before = document(self.node, "/api/stats")
            client("SET", "a", "1")
            client("SET", "b", "2", "PX", "1")
            for key in ["a", "a", "none", "a"]:
                client("GET", key)
            client("MGET", "a", "none", "also none")
            cluster.wait_until(lambda: client("DBSIZE") == 1, "the end of b")
            cluster.wait_until(lambda: document(self.node, "/api/stats")["items"]["keys"] == 1, "one key")
            after = document(self.node, "/api/stats")
        grown = lambda family, name: after[family][name] - before[family][name]
        self.assertEqual(after["items"]["primary"], 1)
        self.assertEqual((grown("operations", "hits"), grown("operations", "misses")), (4, 3))
        self.assertGreaterEqual(grown("operations", "commands"), 8)
        self.assertGreater(grown("connections", "bytes_in"), 100)
        self.assertEqual(after["connections"]["resp"], 1)
        self.assertEqual(after["connections"]["http"], 1)
        self.assertEqual((after["node"], after["log"]), ("node-1", None))
        info = self.node.info("stats")
        self.assertEqual(int(info["keyspace_hits"]), after["operations"]["hits"])
        self.assertEqual(int(info["keyspace_misses"]), after["operations"]["misses"])


class Members(unittest.TestCase):
    def test_members_slots_and_transfers(self):
        with cluster.Cluster(3) as members:
            told = document(members[2], "/api/cluster/members")
            self.assertEqual((told["node"], told["members_active"]), ("node-2", 3))
            self.assertEqual([m["node_id"] for m in told["members"]], ["node-1", "node-2", "node-3"])
            for number, member in enumerate(told["members"], 1):
                self.assertEqual((member["status"], member["state"], member["voter"]), ("alive", "active", True))
                self.assertEqual(member["address"], f"127.0.0.1:{members[number].gossip_port}")
                self.assertEqual(member["metadata"]["resp_port"], members[number].resp_port)
                self.assertEqual(member["metadata"]["http_port"], members[number].http_port)
                self.assertEqual(member["self"], number == 2)
                self.assertTrue(re.fullmatch("[0-9a-f]{32}", member["generation"]))
            whole = document(members[1], "/api/cluster")
            slots = [m["slots"] for m in whole["members"]]
            self.assertEqual(sum(s["primary"] for s in slots), 16384)
            self.assertEqual(sum(s["replica"] for s in slots), 16384)
            self.assertEqual((whole["slots_short"], whole["transfers"]), (0, []))
            self.assertEqual(whole["view"]["voters"], ["node-1", "node-2", "node-3"])
            self.assertEqual(sum(run[0] for run in whole["ring"]), 16384)
            led = {n: sum(run[0] for run in whole["ring"] if run[1][0] == n) for n in (1, 2, 3)}
            self.assertEqual(led, {n: s["primary"] for n, s in enumerate(slots, 1)})
            generation = whole["members"][2]["generation"]

            members[3].kill()
            seen = lambda: document(members[1], "/api/cluster")
            third = lambda: seen()["members"][2]
            cluster.wait_until(lambda: third()["status"] == "dead", "node-3 to be seen as dead")
            cluster.wait_until(lambda: third()["state"] == "absent" and third()["slots"]["primary"] == 0,
                               "its slots to be led by others")
            self.assertEqual(document(members[1], "/api/cluster/members")["members_active"], 2)
            members.restart(3)
            cluster.wait_until(lambda: third()["status"] == "alive" and third()["state"] == "active", "its return")
            self.assertNotEqual(third()["generation"], generation)

    def test_a_transfer_shows_how_far_it_is(self):
        with cluster.Cluster(2, extra=["--replication-factor", 1]) as members:
            with members[1].resp() as client:
                for i in range(0, 60000, 2000):
                    client.pipeline([("SET", f"key:{n}", "x" * 1000) for n in range(i, i + 2000)])
            members.add(3).wait_ready()
            last = lambda: document(members[1], "/api/cluster")
            seen = []

            def arrived():
                whole = last()
                seen.extend(t for t in whole["transfers"] if t["to"] == "node-3")
                slots = whole["members"][2]["slots"] if len(whole["members"]) == 3 else None
                return slots and slots["primary"] == slots["wanted"] > 0
            cluster.wait_until(arrived, "node-3 to have its share", pause=0.0)
            self.assertTrue(seen)
            self.assertTrue(any(0 < t["progress"] < 1 for t in seen), seen[:5])
            self.assertTrue(all(0 <= t["progress"] <= 1 for t in seen), seen[:5])
            self.assertTrue({t["from"] for t in seen} <= {"node-1", "node-2"})
            stats = document(members[1], "/api/stats")["replication"]
            self.assertGreater(stats["fill_bytes"], 5_000_000)

    def test_health_follows_the_cluster(self):
        with cluster.Cluster(3) as members:
            members[2].kill()
            members[3].kill()
            cluster.wait_until(lambda: curl(members[1], "/health")[0] == 503, "/health to say that nothing is served")
            self.assertEqual(json.loads(curl(members[1], "/health")[2])["healthy"], False)
            self.assertEqual(curl(members[1], "/ready")[0], 503)
            self.assertEqual(curl(members[1], "/live")[0], 200)


if __name__ == "__main__":
    unittest.main()
