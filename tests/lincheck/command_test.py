#!/usr/bin/env python3
"""lincheck as a command: its status and its output, the histories that the simulator writes, and the page it draws.

    tests/lincheck/command_test.py status|sim|page    LINCHECK, SIM: the programs. page: status 77 without chromium
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

LINCHECK, SIM = os.environ["LINCHECK"], os.environ["SIM"]
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "examples")


def example(name):
    return os.path.join(EXAMPLES, name)


def lincheck(*arguments, status):
    result = subprocess.run([LINCHECK, *arguments], capture_output=True, text=True)
    told = result.stdout + result.stderr
    assert result.returncode == status, f"lincheck {arguments}: status {result.returncode}, wanted {status}\n{told}"
    return told


def test_status(folder):
    assert "register-ok.log: ok (" in lincheck(example("register-ok.log"), status=0)
    assert "register-illegal.log: illegal\n" in lincheck(example("register-illegal.log"), status=1)
    hard = ["--budget", "100", example("ours-hard.jsonl")]
    assert "ours-hard.jsonl: undecided\n" in lincheck(*hard, status=3)
    bad = os.path.join(folder, "bad.log")
    with open(bad, "w") as file:
        file.write("\nthis is no history\n")
    assert f"{bad}:2: " in lincheck(bad, status=64)
    lincheck(os.path.join(folder, "missing"), status=64)
    lincheck(status=64)
    lincheck("--html", os.path.join(folder, "page"), example("ours-ok.jsonl"), bad, status=64)
    # The worst file decides, in whatever order they come.
    lincheck(*hard, example("ours-ok.jsonl"), status=3)
    lincheck(*hard, example("ours-illegal.jsonl"), example("ours-ok.jsonl"), status=1)
    told = lincheck(bad, example("ours-illegal.jsonl"), example("ours-ok.jsonl"), status=64)
    assert "illegal" in told and "ok" in told, told


def test_sim(folder):
    """What the simulator finds legal is legal here, and what it finds illegal is illegal, by the same operation."""
    path = os.path.join(folder, "history.jsonl")

    def run(*arguments):
        return subprocess.run([SIM, *arguments, "--history", path], capture_output=True, text=True)

    for seed in (1, 2, 3):
        assert run("--seed", str(seed), "--nodes", "3", "--faults").returncode == 0
        assert ": ok (" in lincheck(path, status=0)
    caught = 0
    for seed in range(1, 4):
        broken = run("--seed", str(seed), "--nodes", "3", "--mutant", "one-in-five")
        reason = re.search(r"^linearizability: key (\S+) .*no explanation for \[(\S+) … (\S+)\]", broken.stdout, re.M)
        if not reason:
            continue
        caught += 1
        told = lincheck(path, status=1)
        assert f'key "{reason[1]}": nothing explains' in told, told
        assert f"[{reason[2]} … {reason[3]}]" in told.splitlines()[1], told
    assert caught > 0
    assert run("--seeds", "1..2").returncode == 64


PROBE = """<script>
const press = key => dispatchEvent(new KeyboardEvent('keydown', {key}));
const seen = () => document.getElementById('told').textContent;
const out = {bars: bars.length, core: document.querySelectorAll('.core').length, blocking: seen()};
press('ArrowLeft'); out.left = seen();
press('Home'); out.home = seen();
press('m'); press('ArrowRight'); out.minimal = seen();
press('b'); out.back = seen() === out.blocking;
const widest = () => Math.max(...[...document.querySelectorAll('.bar rect')].map(r => +r.getAttribute('x')));
const before = widest(); press('+'); out.zooms = widest() > before;
press('t'); out.time = document.querySelectorAll('.bar').length === out.bars;
bars[0].dispatchEvent(new MouseEvent('mouseenter')); out.hover = seen() === out.home;
document.body.replaceChildren(Object.assign(document.createElement('pre'), {textContent: JSON.stringify(out)}));
</script></body>"""


def test_page(folder):
    browser = shutil.which("chromium")
    if not browser:
        print("chromium is not installed: the page is not looked at")
        sys.exit(77)
    page = os.path.join(folder, "page.html")
    lincheck("--html", page, example("key-value-illegal.txt"), status=1)
    text = open(page, encoding="utf-8").read()
    assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "the page asks for other files"
    with open(page, "w", encoding="utf-8") as file:
        file.write(text.replace("</body>", PROBE))
    shown = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                            "--dump-dom", f"file://{page}"], capture_output=True, text=True, timeout=120)
    found = re.search(r"<pre>(\{.*\})</pre>", shown.stdout)
    assert found, f"no result of the probe\n{shown.stdout[-2000:]}\n{shown.stderr[-2000:]}"
    out = json.loads(found[1].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    assert out["bars"] == 5 and out["core"] == 5, out
    assert 'GET → "xyz"' in out["blocking"] and "nothing explains this" in out["blocking"], out
    assert 'GET → "yxz"' in out["left"] and "in the minimal part" in out["left"], out
    assert out["home"].startswith("1 of 5") and out["minimal"].startswith("2 of 5"), out
    assert out["back"] and out["zooms"] and out["time"] and out["hover"], out
    # Also of a legal history, and of one with nothing in it.
    lincheck("--html", page, example("ours-ok.jsonl"), status=0)
    empty = os.path.join(folder, "empty.log")
    open(empty, "w").close()
    lincheck("--html", page, empty, status=0)


with tempfile.TemporaryDirectory() as scratch:
    {"status": test_status, "sim": test_sim, "page": test_page}[sys.argv[1]](scratch)
print("passed")
