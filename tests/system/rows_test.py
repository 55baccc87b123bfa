"""Every row of docs/ROWS.md holds: its command is run as it stands there, and what it prints is compared.

    rows_test.py             all rows, and that none is missing
    rows_test.py --rewrite   what does not match is written into docs/ROWS.md, to be read as critically as code

The document says itself how it is to be read. Each block has a shell of its own; the ports of tools/up in it are
those of a cluster of three that is started here, 7001 to 7099 are other free ones, and the keys of the block before
are gone.
"""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

import cli
import cluster
from cluster import Cluster

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.path.join(PROJECT, "docs", "ROWS.md")
PATIENCE = 60.0  # seconds for one row
END = "-- end of the row --"
TOOLS = {"hypercache-node": "HC_NODE", "sim": "HC_SIM", "lincheck": "HC_LINCHECK", "log-inspect": "HC_LOG_INSPECT",
         "hypercache-cli": "HC_CLI"}


class Row:
    def __init__(self, line, command):
        self.line, self.command, self.expected = line, command, []  # the line in the document, from 0


def read_blocks(lines):
    """The rows of each fenced block that says `console`."""
    blocks, rows = [], None
    for number, line in enumerate(lines):
        if rows is None:
            if line == "```console":
                rows = []
        elif line == "```":
            blocks.append(rows)
            rows = None
        elif line.startswith("$ "):
            rows.append(Row(number, line[2:]))
        elif line.startswith("> ") and not rows[-1].expected:
            rows[-1].command += "\n" + line[2:]
        else:
            rows[-1].expected.append(line)
    return blocks


# ------------------------------------------------------------------------------------------------------------ comparing

PLACEHOLDER = re.compile(r"<int>|<any>|<(-?\d+)\.\.(-?\d+)>")


def line_matches(expected, got):
    pattern, bounds, at = "", [], 0
    for found in PLACEHOLDER.finditer(expected):
        pattern += re.escape(expected[at:found.start()])
        pattern += ".*" if found[0] == "<any>" else r"(-?\d+)"
        if found[0] != "<any>":
            bounds.append((int(found[1]), int(found[2])) if found[1] else None)
        at = found.end()
    match = re.fullmatch(pattern + re.escape(expected[at:]), got)
    return match is not None and all(
        b is None or b[0] <= int(n) <= b[1] for b, n in zip(bounds, match.groups()))


def matches(expected, got):
    """Lines with lines; `...` is any number of them."""
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and line_matches(expected[0], got[0]) and matches(expected[1:], got[1:])


# -------------------------------------------------------------------------------------------------------------- running


class Ports:
    """The document's ports, and those that stand for them here."""

    def __init__(self, nodes):
        self.real = {}
        for i, node in nodes.items():
            self.real |= {6378 + i: node.resp_port, 8079 + i: node.http_port, 7945 + i: node.gossip_port}

    def into(self, text):
        def one(match):
            port = int(match[0])
            if 7001 <= port <= 7099 and port not in self.real:
                self.real[port] = cluster.free_port()
            return str(self.real.get(port, port))

        return re.sub(r"(?<![\w.])\d{4}(?![\w.])", one, text)

    def are_free(self):
        """Nobody listens on the document's free ports."""
        return all(cluster.is_free(real) for documented, real in self.real.items() if 7001 <= documented <= 7099)

    def back(self, text):
        documented = {str(real): str(port) for port, real in self.real.items()}
        return re.sub(r"(?<!\d)\d{5}(?!\d)", lambda m: documented.get(m[0], m[0]), text)


class Shell:
    """bash for one block, in a folder of its own; what it started ends with it."""

    def __init__(self, ports, tools):
        self.ports = ports
        self.folder = cluster.folder()
        # FAKETTY: redis-cli writes as it does for a person.
        environment = os.environ | {"FAKETTY": "1", "PATH": tools + ":" + os.environ["PATH"], "PROJECT": PROJECT}
        self.child = subprocess.Popen(
            ["bash", "--norc"], cwd=self.folder.__enter__(), env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=cluster.die_with_the_test)  # a row that waits in a loop would wait for ever

    def close(self):
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        # What it had started is dying, and nobody here can wait for that: the next block wants the same ports.
        cluster.wait_until(self.ports.are_free, "what a block started to leave its ports")
        self.child.stdin.close()
        self.child.stdout.close()
        self.folder.__exit__(None, None, None)

    def run(self, row):
        """The lines that it prints. What goes on behind (`… &`) is waited for until it has said what it should."""
        script = f"{{ {self.ports.into(row.command)}\n}} </dev/null; printf '\\n%s\\n' '{END}'\n"
        self.child.stdin.write(script.encode())
        self.child.stdin.flush()
        end, text, behind = time.monotonic() + PATIENCE, "", row.command.endswith(" &")
        while True:
            if not select.select([self.child.stdout], [], [], max(0, end - time.monotonic()))[0]:
                return self.lines(text) + [f"(nothing more for {PATIENCE:.0f} s)"]
            text += os.read(self.child.stdout.fileno(), 1 << 16).decode(errors="backslashreplace")
            got = self.lines(text.replace(f"\n{END}\n", "\n"))
            if f"\n{END}\n" in text and (not behind or matches(row.expected, got)):
                return got

    def lines(self, text):
        text = self.ports.back(text).strip("\r\n")
        return [line.rstrip() for line in text.split("\n")] if text else []


class Rows(unittest.TestCase):
    def test_every_row(self):
        """All in one, so that a run tells of all that do not hold."""
        with open(DOCUMENT, encoding="utf-8") as file:
            lines = file.read().split("\n")
        wrong, failures = [], []
        with Cluster(3) as nodes, cluster.folder() as tools:
            link_tools(tools)
            ports = Ports(nodes.nodes)
            for rows in read_blocks(lines):
                with nodes[1].resp() as client:
                    client("FLUSHALL")
                with contextlib.closing(Shell(ports, tools)) as shell:
                    for row in rows:
                        got = shell.run(row)
                        if matches(row.expected, got):
                            continue
                        wrong.append((row, got))
                        failures.append("\n".join([f"docs/ROWS.md:{row.line + 1}: $ {row.command}", "expected:",
                                                   *row.expected, "printed:", *got]))
        if REWRITE:
            return rewrite(lines, wrong)
        self.assertFalse(failures, "\n\n".join([""] + failures))

    def test_none_is_missing(self):
        """Each command and subcommand that the node or hypercache-cli tells of, and each flag, is in some row."""
        with open(DOCUMENT, encoding="utf-8") as file:
            commands = "\n".join(row.command for rows in read_blocks(file.read().split("\n")) for row in rows)
        words = set(re.findall(r"[\w|.-]+", commands.upper()))
        pairs = set(re.findall(r"(?=\b([A-Z]+ [A-Z-]+))", commands.upper()))
        flags = re.findall(r"--[a-z-]+", cluster.run("--help")[1])
        flags += re.findall(r"--[a-z-]+", cli.run("--help")[1])
        verbs = re.findall(r"(?m)^  (\w+) ", cli.run("cluster", "--help")[1].split("Subcommands:")[1])
        for verb in verbs:
            flags += re.findall(r"--[a-z-]+", cli.run("cluster", verb, "--help")[1])
        missing = [flag for flag in flags if flag.upper() not in words]
        missing += [f"CLUSTER {verb}" for verb in verbs if f"CLUSTER {verb.upper()}" not in pairs]
        with cluster.single() as node, node.resp() as client:
            for name in (name.decode().upper() for name in client("COMMAND", "LIST")):
                if name not in words:
                    missing.append(name)
            for name in ["CLIENT", "CLUSTER", "COMMAND", "CONFIG", "MEMORY", "OBJECT", "PUBSUB"]:
                for line in client(name, "HELP")[1:]:
                    sub = re.match(r"[A-Z-]+\b", line if isinstance(line, str) else line.decode())
                    if sub and f"{name} {sub[0]}" not in pairs:
                        missing.append(f"{name} {sub[0]}")
        self.assertEqual(sorted(set(missing)), [], "no row of docs/ROWS.md has them")


def link_tools(folder):
    """What is built here comes before whatever else is installed."""
    for name, variable in TOOLS.items():
        os.symlink(os.path.abspath(os.environ[variable]), os.path.join(folder, name))


def rewrite(lines, wrong):
    for row, got in reversed(wrong):
        begin = row.line + 1 + row.command.count("\n")
        lines[begin:begin + len(row.expected)] = got
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    print(f"{len(wrong)} rows of docs/ROWS.md written anew: read them")


REWRITE = "--rewrite" in sys.argv

if __name__ == "__main__":
    for tool in ("redis-cli", "curl"):
        if not shutil.which(tool):
            print(f"left out: {tool} is not installed (tools/packages)")
            sys.exit(77)
    unittest.main(argv=[a for a in sys.argv if a != "--rewrite"], verbosity=1)
