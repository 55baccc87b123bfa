#!/usr/bin/env python3
"""The page of a run (sim --html) in a headless browser: click to the failing step, read the key and both values there.

    tests/sim/page_test.py SIM      status 77 without chromium
"""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from failing import failing_seed

SIM = sys.argv[1]

# Goes through the page by what people have: buttons, keys, a click into the picture.
PROBE = """<script>
const press = key => dispatchEvent(new KeyboardEvent('keydown', {key}));
const text = id => get(id).textContent;
const out = {errors: broken, key: text('key'), read: text('read'), could: text('could'), reason: text('reason')};
const seen = () => text('place') + ' | ' + text('told');
draw(); drawWhole();
press('Home'); out.home = seen();
press('ArrowRight'); out.second = seen();
press('ArrowLeft'); out.back = seen() === out.home;
press('End'); out.end = seen();
if (get('tofail')) {
  get('tofail').click(); out.failing = seen();
  out.illegal = document.querySelector('#ops .illegal')?.textContent ?? '';
  out.marked = document.querySelector('#ops .illegal')?.classList.contains('now') ?? false;
  press('ArrowLeft'); out.before = seen();
  press('f'); out.again = seen() === out.failing;
  press('Home');
  document.querySelector('#ops .illegal')?.click(); out.byList = seen() === out.failing;
  press('f'); press('Home'); toFailure(); draw();
  const px = x(items[failing].t), py = heightOf(items[failing]), r = lanes.getBoundingClientRect();
  chosen = -1; get('told').replaceChildren();
  const here = {clientX: r.left + px - 1, clientY: r.top + py, buttons: 1, pointerId: 1};
  for (const type of ['pointerdown', 'pointerup']) lanes.dispatchEvent(new PointerEvent(type, here));
  out.clicked = seen() === out.failing;
}
// From a step to the step that sent what it received, and back again.
const received = items.findIndex(i => i.type === 'step' && /^received/.test(run.steps[i.i][2]) &&
  arrowsOfStep[i.i].some(n => run.arrows[n][6] === i.i && run.arrows[n][5] !== null));
choose(received); out.received = seen();
[...document.querySelectorAll('#told .go')].find(b => b.textContent.startsWith('←')).click(); out.sender = seen();
// Only what names the key; all kinds off; the first view.
press('k'); press('Home'); for (let n = 0; n < 40; ++n) press('ArrowRight');
out.onlyKey = items[chosen].type !== 'step' || names.test(told(items[chosen].i).join(' ')); press('k');
for (const b of document.querySelectorAll('#bar > .kind')) if (!b.classList.contains('off')) b.click?.();
out.hidden = hidden.size === run.kinds.length;
choose(items.findIndex(i => i.type === 'view')); out.view = seen();
const span = until - from; press('+'); out.zooms = until - from < span;
press('w'); draw(); out.whole = from <= 0 && until >= run.over;
out.counts = {lanes: run.lanes.length, arrows: run.arrows.length, lost: run.arrows.filter(a => a[3] === null).length,
  faults: run.faults.length, operations: run.operations.length};
document.body.replaceChildren(make('pre', {textContent: JSON.stringify(out)}));
</script></body>"""
CATCH = "<script>const broken = []; addEventListener('error', e => broken.push(e.message));</script><script id=\"run\""


def look_at(folder, browser, *arguments, status):
    """What sim printed, and what the browser saw."""
    page = os.path.join(folder, "page.html")
    filmed = subprocess.run([SIM, *arguments, "--html", page], capture_output=True, text=True)
    assert filmed.returncode == status, f"sim {arguments}: status {filmed.returncode}\n{filmed.stdout}{filmed.stderr}"
    plain = subprocess.run([SIM, *arguments], capture_output=True, text=True)
    assert plain.stdout == filmed.stdout, f"sim {arguments}: filming changes what it prints"
    size = os.path.getsize(page)
    assert size < 20_000_000, size
    text = open(page, encoding="utf-8").read()
    assert not re.search(r"https?://", text), "the page asks for other files"
    with open(page, "w", encoding="utf-8") as file:
        file.write(text.replace('<script id="run"', CATCH, 1).replace("</body>", PROBE))
    shown = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,900",
                            f"--user-data-dir={folder}/profile", "--dump-dom", f"file://{page}"],
                           capture_output=True, text=True, timeout=240)
    found = re.search(r"<pre>(\{.*\})</pre>", shown.stdout, re.S)
    assert found, f"no result of the probe\n{shown.stdout[-2000:]}\n{shown.stderr[-2000:]}"
    out = json.loads(html.unescape(found[1]))
    assert out["errors"] == [], out["errors"]
    assert out["home"] != out["second"] and out["back"], out
    assert "received" in out["received"] and "→ node-" in out["sender"], (out["received"], out["sender"])
    assert out["onlyKey"] and out["hidden"] and out["zooms"] and out["whole"], out
    assert "Installs view" in out["view"] and "slot 0" in out["view"], out["view"]
    return filmed.stdout, out


def unexplained(folder, browser, *arguments):
    """The key and both values stand in the page as sim prints them, and every way leads to the failing step."""
    printed, out = look_at(folder, browser, *arguments, status=1)
    told = re.search(r"^linearizability: (key (.+?) \(slot \d+\): .*no explanation for (\[.*→ (.*)))$", printed, re.M)
    could = re.search(r"^Just before, the key may have been: (.*)$", printed, re.M)
    assert told and could, printed
    reason, key, deed, read = told.groups()
    assert out["key"] == key and out["read"] == read and out["reason"] == reason, out
    assert out["could"].replace(" or ", " ") == could[1], (out["could"], could[1])
    assert out["read"] != out["could"], out
    for place in ("failing", "illegal"):
        assert deed in out[place] and out["could"] in out[place], out[place]
    assert f"key {key}, read {read}" in out["failing"], out["failing"]
    for way in ("marked", "again", "byList", "clicked"):
        assert out[way], (way, out)
    assert out["before"] != out["failing"], out
    return out


browser = shutil.which("chromium")
if not browser:
    print("chromium is not installed: the page is not looked at")
    sys.exit(77)
with tempfile.TemporaryDirectory() as scratch:
    calm = unexplained(scratch, browser, "--seed", "1", "--nodes", "3", "--slots", "16", "--mutant", "one-in-five")
    assert calm["counts"]["faults"] == 0 and calm["counts"]["arrows"] > 100, calm["counts"]
    assert calm["counts"]["lost"] * 20 < calm["counts"]["arrows"], calm["counts"]
    storm = ["--nodes", "5", "--slots", "16", "--faults", "--mutant", "stale-check-after-wait"]
    wild = unexplained(scratch, browser, *failing_seed(SIM, *storm, check="linearizability"), *storm)
    assert wild["counts"]["faults"] > 0 and wild["counts"]["lost"] > 0, wild["counts"]
    # Another check than the clients' speaks: its reason is at the failing step.
    rash = ["--nodes", "5", "--faults", "--mutant", "no-epoch-check"]
    seed = failing_seed(SIM, *rash, check="(digests|replicas)")  # the two that compare content
    said, other = look_at(scratch, browser, *seed, *rash, status=1)
    check = next((name for name in ("digests", "replicas") if f"violated by {name}" in other["failing"]), None)
    assert check and other["reason"] in other["failing"], other["failing"]
    assert f"{check}: {other['reason']}\n" in said and other["again"], said
    # A run without a failure has a page, too.
    look_at(scratch, browser, "--seed", "2", "--nodes", "3", "--slots", "16", "--faults", status=0)
    assert subprocess.run([SIM, "--seeds", "1..2", "--html", os.path.join(scratch, "x")],
                          capture_output=True).returncode == 64
print("passed")
