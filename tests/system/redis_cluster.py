"""Redis Cluster with the interface of cluster.Cluster, for comparison: as many primaries as asked for, one replica of
each, no persistence, as HyperCache today."""

import os
import shutil
import subprocess
import tempfile

import cluster
from cluster import Process, free_port, wait_until
from network import LOOPBACK, Lacking


class RedisNode(Process):
    def __init__(self, port, folder, place, node_timeout_ms, environment):
        super().__init__([], folder, place, environment)
        self.resp_port, self.node_timeout_ms = port, node_timeout_ms

    def command(self):
        return ["redis-server", "--port", str(self.resp_port), "--bind", self.place.address, "--protected-mode", "no",
                "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout",
                str(self.node_timeout_ms), "--save", "", "--appendonly", "no", "--dir", self.folder]

    def wait_ready(self, patience=cluster.PATIENCE):
        def answers():
            with self.resp(1) as client:
                return client("PING") == "PONG"
        wait_until(answers, f"redis-server on port {self.resp_port} to answer", patience)
        return self


class RedisCluster(cluster.Cluster):
    def __init__(self, primaries, node_timeout_ms, places=None, environment=None):
        # pylint: disable=super-init-not-called; it has nodes of its own
        for program in ("redis-server", "redis-cli"):
            if not shutil.which(program):
                raise Lacking(f"the program {program} is missing: install redis-server and redis-tools")
        self.root = tempfile.mkdtemp(prefix="redis-test-")
        self.nodes = {}
        for i in range(1, 2 * primaries + 1):
            path = os.path.join(self.root, f"node-{i}")
            os.makedirs(path)
            own = {k: v.format(number=i) for k, v in (environment or {}).items()}
            self.nodes[i] = RedisNode(free_port(), path, places[i] if places else LOOPBACK, node_timeout_ms, own)

    def _unite(self):
        names = [f"{n.place.address}:{n.resp_port}" for n in self.nodes.values()]
        words = ["redis-cli", "--cluster", "create", *names, "--cluster-replicas", "1", "--cluster-yes"]
        done = subprocess.run(self.nodes[1].place.command(words), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"redis-cli --cluster create: {done.stdout[-500:]}{done.stderr}")

    def wait_whole(self, patience=2 * cluster.PATIENCE):
        """All slots are served, nobody is held for failed, and every replica is linked."""
        def whole():
            for node in self.live():
                with node.resp(2) as client:
                    if "cluster_state:ok" not in client("CLUSTER", "INFO").decode():
                        return False
                    nodes = client("CLUSTER", "NODES").decode()
                    info = client("INFO", "replication").decode()
                    if "fail" in nodes or len(nodes.splitlines()) != len(self.live()):
                        return False
                    if "master_link_status:up" not in info and "state=online" not in info:
                        return False
            return True
        wait_until(whole, "every slot served and every replica linked", patience, 0.1)

    def doors(self, numbers):
        """Its clients know each other's nodes, and begin with their own."""
        known = {(n.place.address, n.resp_port): i for i, n in self.nodes.items() if i in numbers}
        return [(n.place, {(n.place.address, n.resp_port): i} | known) for i, n in self.nodes.items() if i in numbers]

    def leaders(self, seen_by):
        return cluster.leaders(self.nodes, self.nodes[seen_by])
