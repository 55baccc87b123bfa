"""The log: its forms, its levels, and where it goes."""

import json
import os
import re
import unittest

import cluster
from cluster import wait_until


def lines_of(node):
    with open(node.log_path, encoding="utf-8") as file:
        return file.read().splitlines()


class Logs(unittest.TestCase):
    def test_json_lines(self):
        with cluster.single("--log-format", "json", "--log-level", "debug") as node:
            with node.resp() as client:
                client.socket.sendall(b"POST / HTTP/1.1\r\n\r\n")  # something to be told of
            wait_until(lambda: len(lines_of(node)) > 1, "a second line")
            for line in lines_of(node):
                fields = json.loads(line)
                self.assertEqual(list(fields), ["time", "level", "node", "message"])
                self.assertRegex(fields["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                self.assertEqual(fields["node"], "node-1")

    def test_levels_change_at_run_time_by_our_names_and_those_of_redis(self):
        with cluster.single("--log-level", "warning") as node, node.resp() as client:
            def tells_of_debug():
                before = len(lines_of(node))
                with node.resp() as stranger:
                    stranger.socket.sendall(b"POST / HTTP/1.1\r\n\r\n")
                    stranger.input.read()  # closed, after it was told
                return len(lines_of(node)) > before

            self.assertEqual(lines_of(node), [])
            for name, level, tells in [("log-level", "debug", True), ("log-level", "info", False),
                                       ("loglevel", "debug", True), ("loglevel", "notice", False),
                                       ("loglevel", "verbose", True), ("log-level", "error", False)]:
                self.assertEqual(client("CONFIG", "SET", name, level), "OK")
                self.assertEqual(tells_of_debug(), tells, (name, level))

    def test_a_file(self):
        with cluster.folder() as path:
            name = os.path.join(path, "log")
            sizes = [0]
            for _ in range(2):
                with cluster.single("--log-file", name) as node:
                    self.assertEqual(lines_of(node), [], "nothing on standard error")
                    sizes.append(os.path.getsize(name))
            self.assertTrue(sizes[0] < sizes[1] < sizes[2], f"it is appended: {sizes}")
            status, out, err = cluster.run("--log-file", os.path.join(path, "none", "log"), "--resp-port", 0)
            self.assertEqual((status, out), (1, ""))
            self.assertIn("--log-file: value '", err)

    def test_everything_at_the_level_of_those_who_look_for_a_fault(self):
        with cluster.single("--log-level", "trace") as node, node.resp() as client:
            client("SET", "key", "value")
            text = node.log()
            self.assertRegex(text, r"trace\S* node-1 client \d+ asked \d+: SET key value\n")
            self.assertRegex(text, r"trace\S* node-1 answer client \d+ request \d+: \+OK\n")

    def test_what_happens_to_members_is_told_in_both_formats(self):
        for form, line in [("text", r"warning\S* node-1 member-down member=node-2\n"),
                           ("json", r'"level":"warning","node":"node-1","message":"member-down member=node-2"}\n')]:
            with cluster.Cluster(3, join=True, extra=["--log-format", form]) as members:
                log = members[1].log
                wait_until(lambda: log().count("transfer-progress") >= 2, "begin and end of a transfer")
                self.assertRegex(log(), r"member-joined member=node-2 epoch=\d+")
                self.assertRegex(log(), r"transfer-progress epoch=\d+ slots_moving=0 slots=16384")
                members[2].kill()
                wait_until(lambda: re.search(line, log()), "a line that node-2 is down")
                self.assertEqual(log().count("member-down member=node-2"), 1, "one line for one piece of news")

    def test_a_slow_request_has_one_name_at_all_members_that_it_passes(self):
        with cluster.Cluster(3, extra=["--slow-request-ms", "200"]) as members, members[1].resp() as client:
            led = members.leaders(1)
            keys = [key for key in (f"key-{i}" for i in range(200)) if led[cluster.slot_of(key)] == 2]
            members[3].freeze()  # half of them have their copy there, and wait until it is out of their lists
            self.assertEqual(set(client.pipeline([("SET", key, "v") for key in keys])), {"OK"})
            asked, here = [
                set(re.findall(r"request (node-1/\d+) took \d+ ms" + where + ": SET \"key-", members[number].log()))
                for number, where in [(1, ""), (2, " here")]]
            self.assertTrue(asked & here, (asked, here))
            members[3].thaw()
            members.wait_whole()


if __name__ == "__main__":
    unittest.main(verbosity=1)
