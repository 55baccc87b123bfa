"""Runs hypercache-cli (HC_CLI names the binary) as an operator does."""

import json
import os
import subprocess

BINARY = os.environ.get("HC_CLI", "build/release/tools/hypercache-cli")
OK, NO, UNKNOWN, UNUSABLE, UNREACHABLE = 0, 1, 2, 64, 69


def command(node, *words):
    return [os.path.abspath(BINARY), "--port", str(node.http_port), "cluster", *map(str, words)]


def run(*words, patience=60.0):
    """(status, what it printed, what it said of errors)"""
    done = subprocess.run([os.path.abspath(BINARY), *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=patience, check=False)
    return done.returncode, done.stdout, done.stderr


def ask(node, *words, patience=60.0):
    """The same, of a node."""
    return run(*command(node, *words)[1:], patience=patience)


def document(node, *words, patience=60.0):
    """(status, the object that it printed)"""
    status, out, error = ask(node, *words, "--json", patience=patience)
    if error:
        raise AssertionError(f"{words}: status {status}: {error}")
    return status, json.loads(out)
