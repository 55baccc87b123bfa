"""kill -9 of a primary under load, ten times: its slots accept writes again within three seconds, and every
acknowledged write is there. And the planned way out: SIGTERM under load."""

import threading
import time
import unittest

import cli
import cluster
from cluster import Cluster, RespError

ROUNDS = 10
SERVES_AGAIN_WITHIN = 3.0  # seconds
WRITERS_PER_NODE = 2


class Load:
    """Clients of some nodes that write keys nobody wrote before; what was acknowledged is remembered."""

    def __init__(self, nodes, prefix):
        self.acknowledged = {}
        self.refused = []  # (time, error)
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(node, f"{prefix}-{i}-{j}"), daemon=True)
                        for i, node in enumerate(nodes) for j in range(WRITERS_PER_NODE)]

    def __enter__(self):
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(cluster.PATIENCE)
        self.seconds = time.monotonic() - self.begun

    def _write(self, node, prefix):
        client = node.resp()
        number = 0
        while not self.stopped.is_set():
            key, value = f"{prefix}-{number}", f"value-{number}"
            number += 1
            try:
                if client("SET", key, value) == "OK":
                    self.acknowledged[key] = value
            except RespError as error:  # may or may not have been applied: not acknowledged
                self.refused.append((time.monotonic(), str(error)))
            except OSError:
                if self.stopped.is_set() or not node.running():
                    return
                client = node.resp()
        client.close()


def holders_of(node):
    """{slot: ports of the members that have a copy}"""
    with node.resp() as client:
        ranges = client("CLUSTER", "SLOTS")
    return {slot: {holder[1] for holder in holders} for low, high, *holders in ranges for slot in range(low, high + 1)}


def keys_of(node, primary, count):
    """Keys whose slots have that primary, as `node` sees it."""
    found, number = [], 0
    with node.http() as web:
        while len(found) < count:
            key = f"probe{number}"
            number += 1
            if web.put(key, "before")[1].get("primary") == f"node-{primary}":
                found.append(key)
    return found


class Failover(unittest.TestCase):
    def missing(self, members, written):
        """What cannot be read back, through every node."""
        lost = []
        keys = list(written)
        for number in members.nodes:
            with members[number].resp() as client:
                for start in range(0, len(keys), 500):
                    part = keys[start:start + 500]
                    for key, value in zip(part, client.pipeline([("GET", key) for key in part])):
                        if value != written[key].encode():
                            lost.append((number, key, value))
        return lost

    def test_kill_9_of_a_primary_under_load(self):
        written, outages, rates = {}, [], []
        with Cluster(3) as members:
            for turn in range(ROUNDS):
                victim = turn % 3 + 1
                survivors = [members[i] for i in members.nodes if i != victim]
                probes = keys_of(survivors[0], victim, 12)
                with Load(survivors, f"w{turn}") as load:
                    cluster.wait_until(lambda: len(load.acknowledged) > 100, "some acknowledged writes")
                    members[victim].kill()
                    killed = time.monotonic()
                    rates.append(len(load.acknowledged) / (killed - load.begun))
                    outages.append(self.time_until_writable(survivors, probes, killed))
                    after = len(load.acknowledged)
                    cluster.wait_until(lambda: len(load.acknowledged) > after + 50, "more acknowledged writes")
                written.update(load.acknowledged)
                members.restart(victim)
                members.wait_whole()
            print(f"outages [s]: {' '.join(f'{o:.2f}' for o in outages)}; acknowledged: {len(written)}, "
                  f"at the kill at least {min(rates):.0f}/s", flush=True)
            lost = self.missing(members, written)
        self.assertEqual(lost[:5], [], f"{len(lost)} of {len(written)} acknowledged writes are missing")
        self.assertLessEqual(max(outages), SERVES_AGAIN_WITHIN)
        self.assertGreaterEqual(min(rates), 100)

    def time_until_writable(self, survivors, probes, killed):
        """Seconds from the kill until each probe was written once through some survivor."""
        waiting = set(probes)
        done = []

        def write(node, keys):
            with node.resp() as client:
                for key in keys:
                    while key in waiting:
                        try:
                            client("SET", key, "after")
                            waiting.discard(key)
                        except RespError:
                            pass
                        if time.monotonic() - killed > cluster.PATIENCE:
                            return
            done.append(time.monotonic())

        threads = [threading.Thread(target=write, args=(node, probes[i::len(survivors)]), daemon=True)
                   for i, node in enumerate(survivors)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(cluster.PATIENCE + 10)
        self.assertEqual(waiting, set(), "slots that never accepted writes again")
        return max(done) - killed

    def test_frozen_primary_never_answers_with_the_past(self):
        """Frozen until others took over and changed its keys; a read that was asked of it meanwhile waits in its socket
        and is answered after the thaw: with what was written last, or not at all."""
        with Cluster(3) as members:
            for turn in range(3):
                victim = turn % 3 + 1
                survivors = [members[i] for i in members.nodes if i != victim]
                probes = keys_of(survivors[0], victim, 8)
                asked = [members[victim].resp() for _ in probes]
                for client, key in zip(asked, probes):
                    self.assertEqual(client("GET", key), b"before")
                members[victim].freeze()
                frozen = time.monotonic()
                outage = self.time_until_writable(survivors, probes, frozen)
                print(f"frozen: writable again after {outage:.2f} s", flush=True)
                for client, key in zip(asked, probes):
                    client.send("GET", key)
                members[victim].thaw()
                for client, key in zip(asked, probes):
                    reply = client.read()
                    self.assertTrue(isinstance(reply, RespError) or reply == b"after", (key, reply))
                    client.close()
                self.assertLessEqual(outage, 2.5 + SERVES_AGAIN_WITHIN)
                members.wait_whole()

    def test_health_of_a_member_that_is_left_alone(self):
        with Cluster(3) as members, members[1].http() as web:
            health = lambda: web.json("GET", "/health")[0]
            self.assertEqual(health(), 200)
            info = members[1].info("cluster")
            self.assertEqual(sorted(info["hypercache_voters"].split(",")), ["node-1", "node-2", "node-3"])
            self.assertEqual(info["hypercache_members_dead"], "")
            members[2].kill()
            members[3].kill()
            cluster.wait_until(lambda: members[1].info("cluster")["hypercache_members_dead"] == "node-2,node-3",
                               "both to seem dead")
            cluster.wait_until(lambda: health() == 503, "/health to say that nothing can be served")
            members.restart(2)
            cluster.wait_until(lambda: health() == 200, "/health to be well again")

    def test_two_of_three_are_gone_for_good(self):
        """Nothing can be decided any more; the operator says who is left, and that what it has no copy of is lost."""
        with Cluster(3) as members, members[1].resp() as client:
            keys = {f"key-{i}": f"value-{i}".encode() for i in range(600)}
            self.assertEqual(set(client.pipeline([("SET", *item) for item in keys.items()])), {"OK"})
            holders = holders_of(members[1])
            with self.assertRaisesRegex(RespError, "a majority of the voters lives"):
                client("CLUSTER", "FORCE", 1)
            members[2].kill()
            members[3].kill()
            cluster.wait_until(lambda: members[1].info("cluster")["hypercache_members_dead"] == "node-2,node-3",
                               "both to seem dead")
            for words, text in ((("FORCE",), "wrong number"), (("FORCE", 9), "Unknown node 9"),
                                (("FORCE", 1, 2), "node-2 does not seem to live")):
                with self.assertRaisesRegex(RespError, text):
                    client("CLUSTER", *words)
            status, said = cli.document(members[1], "force", "1", "--accept-data-loss")
            self.assertEqual((status, said["success"]), (cli.OK, True), said)
            with members[1].http() as web:
                cluster.wait_until(lambda: web.json("GET", "/health")[0] == 200, "every slot to be served")
            for key, value in keys.items():
                here = members[1].resp_port in holders[cluster.slot_of(key)]
                self.assertEqual(client("GET", key), value if here else None, key)
            members.restart(2)
            members.restart(3)
            members.wait_whole()
            with members[3].resp() as other:
                kept = [key for key in keys if members[1].resp_port in holders[cluster.slot_of(key)]]
                self.assertEqual(other.pipeline([("GET", key) for key in kept]), [keys[key] for key in kept])

    def test_sigterm_hands_over_under_load(self):
        with Cluster(3) as members:
            with Load([members[1], members[3]], "t") as load:
                cluster.wait_until(lambda: len(load.acknowledged) > 200, "some acknowledged writes")
                begun = time.monotonic()
                status = members[2].terminate(10.0)
                took = time.monotonic() - begun
                before = len(load.acknowledged)
                cluster.wait_until(lambda: len(load.acknowledged) > before + 200, "more acknowledged writes")
            self.assertEqual(status, 0, members[2].log())
            print(f"SIGTERM: ended after {took:.2f} s; {len(load.refused)} of "
                  f"{len(load.refused) + len(load.acknowledged)} commands refused", flush=True)
            members.restart(2)
            members.wait_whole()
            lost = self.missing(members, load.acknowledged)
        self.assertEqual(lost[:5], [], f"{len(lost)} acknowledged writes are missing")
        self.assertEqual(load.refused[:3], [])

    def test_a_planned_leave_and_a_return_under_load(self):
        with Cluster(4) as members:
            with Load([members[1], members[3], members[4]], "l") as load:
                cluster.wait_until(lambda: len(load.acknowledged) > 200, "some acknowledged writes")
                with members[1].resp() as client:
                    for words, text in ((("FORGET", 9), "Unknown node 9"), (("FORGET",), "wrong number")):
                        with self.assertRaisesRegex(RespError, text):
                            client("CLUSTER", *words)
                    self.assertEqual(client("CLUSTER", "FORGET", 2), "OK")
                begun = time.monotonic()
                self.assertEqual(members[2].child.wait(cluster.REBALANCED), 0, members[2].log())
                took = time.monotonic() - begun
                names = lambda: members[3].info("cluster")["hypercache_members"]
                cluster.wait_until(lambda: names() == "3", "three members")
                members.wait_whole()
                members.restart(2)  # as a new member
                before = len(load.acknowledged)
                cluster.wait_until(lambda: len(load.acknowledged) > before + 200, "more acknowledged writes")
            members.wait_whole()
            print(f"left after {took:.2f} s; {len(load.refused)} of "
                  f"{len(load.refused) + len(load.acknowledged)} commands refused", flush=True)
            lost = self.missing(members, load.acknowledged)
        self.assertEqual(lost[:5], [], f"{len(lost)} acknowledged writes are missing")
        self.assertEqual(load.refused[:3], [])


if __name__ == "__main__":
    unittest.main(verbosity=1)
