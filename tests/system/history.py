"""What clients saw, as docs/HISTORIES.md wants it, and what tools/lincheck says of it (HC_LINCHECK names it)."""

import json
import os
import subprocess
import threading
import time

LINCHECK = os.environ.get("HC_LINCHECK", "build/release/tools/lincheck")


class Operation:
    """One command on one key, from its call on. Without an end its outcome is unknown."""

    __slots__ = ("client", "node", "key", "op", "value", "call", "end", "outcome", "result", "error", "closed")

    def __init__(self, client, node, key, op, value=None):
        self.client, self.node, self.key, self.op, self.value = client, node, key, op, value
        self.call, self.end, self.outcome = time.monotonic_ns(), None, "unknown"
        self.result = self.error = None
        self.closed = False  # the node closed the connection instead of an answer

    def answered(self, result):
        self.end, self.outcome, self.result = time.monotonic_ns(), "ok", result
        return self

    def failed(self, outcome, error):
        self.outcome, self.error = outcome, error
        return self

    @property
    def seconds(self):
        return (self.end - self.call) / 1e9

    def line(self):
        fields = {"client": self.client, "node": self.node, "call": self.call, "key": self.key, "op": self.op,
                  "outcome": self.outcome}
        if self.op == "set":
            fields["value"] = self.value
        if self.outcome == "ok":
            fields |= {"return": self.end, "result": True if self.op == "set" else self.result}
        elif self.error:
            fields["error"] = self.error
        return json.dumps(fields, separators=(",", ":"))


class History:
    def __init__(self):
        self.operations = []
        self._lock = threading.Lock()
        self._clients = 0

    def client(self):
        with self._lock:
            self._clients += 1
            return self._clients

    def add(self, operation):
        self.operations.append(operation)  # one step of the interpreter: threads may share it
        return operation

    def acknowledged(self):
        return [o for o in self.operations if o.op == "set" and o.outcome == "ok"]

    def write(self, path):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"history":1,"initial":null}\n')
            file.writelines(o.line() + "\n" for o in self.operations)

    def judge(self, path):
        """Writes it there; None if it is linearizable, else what lincheck says."""
        self.write(path)
        done = subprocess.run([os.path.abspath(LINCHECK), path], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 3):
            raise AssertionError(f"lincheck ended with {done.returncode}: {done.stdout}{done.stderr}")
        return None if done.returncode == 0 else done.stdout
