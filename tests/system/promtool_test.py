"""What Prometheus' own checker says of /metrics. Status 77 where it is not installed (Debian: prometheus)."""

import shutil
import subprocess
import sys

import cluster

if not shutil.which("promtool"):
    print("promtool is not installed: /metrics is not shown to it")
    sys.exit(77)
with cluster.Cluster(3, extra=["--appendonly", "yes"]) as members:
    with members[1].resp() as client, members[1].http() as web:
        client.pipeline([("SET", f"k{i}", i) for i in range(100)] + [("GET", "k1"), ("GET",), ("NOPE",)])
        web.get("k2")
        status, _, body = web.request("GET", "/metrics")
        assert status == 200, status
done = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
assert (done.returncode, done.stdout + done.stderr) == (0, b""), (done.stdout + done.stderr).decode()
print("passed")
