"""The page at / in a headless browser, open on three real nodes while one of them is killed and returns."""

import os
import sys

import browser
import cluster

if not browser.CHROMIUM:
    print("chromium is not installed: the page is not looked at")
    sys.exit(77)

# What a reader sees of a member, and of the whole.
MEMBER = """(() => { const row = document.querySelector('[data-member="node-%d"]');
  return row ? row.querySelector('.status').textContent + ' ' + row.children[4].textContent : ''; })()"""
TEXT = "document.getElementById('%s').textContent"
# Whether something is drawn: how many colors there are.
COLORS = """(() => { const c = document.getElementById('%s');
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, seen = new Set();
  for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
  return seen.size; })()"""
OVERFLOW = """[document.documentElement, ...document.querySelectorAll('section')]
  .some(e => e.scrollWidth > e.clientWidth)"""


def look(members, page, pictures):
    page.open(f"http://127.0.0.1:{members[1].http_port}/")
    text = lambda name: page.run(f"document.getElementById('{name}') ? {TEXT % name} : ''")
    shows = lambda name, what: cluster.wait_until(lambda: what in text(name), f"{name} to show {what!r}", pause=0.05)
    shows("verdict", "healthy")
    shows("about", "3 of 3 members active")
    assert page.run(MEMBER % 2).startswith("alive "), page.run(MEMBER % 2)
    led = [int(page.run(MEMBER % n).split()[1].replace(",", "")) for n in (1, 2, 3)]
    assert sum(led) == 16384, led
    assert page.run(COLORS % "ring") >= 3
    with members[1].resp() as client:
        for i in range(100):
            client("SET", f"key:{i}", i)
        cluster.wait_until(lambda: int(text("keys").replace(",", "")) > 30, "keys on the page")
        client.pipeline([("GET", "key:1")] * 500)
        cluster.wait_until(lambda: client("GET", "key:1") and int(text("ops").replace(",", "")) > 0, "operations")
        cluster.wait_until(lambda: page.run(COLORS % "chart") >= 1, "a line in the chart")
    for dark, width, height, mobile in [(False, 1280, 900, False), (True, 1280, 900, False), (False, 390, 844, True)]:
        page.dark(dark)
        page.resize(width, height, mobile)
        assert not page.run(OVERFLOW), f"at {width} px something is wider than its place"
        if pictures:
            page.picture(os.path.join(pictures, f"page-{width}{'-dark' if dark else ''}.png"))
    page.dark(False)
    page.resize(1280, 900)

    members[3].kill()
    shows("verdict", "node-3 down")
    cluster.wait_until(lambda: page.run(MEMBER % 3).startswith("down "), "node-3 to be shown as down")
    assert page.run(MEMBER % 2).startswith("alive "), page.run(MEMBER % 2)
    shows("events", "node-3 is down")
    cluster.wait_until(lambda: page.run(MEMBER % 3) == "down 0", "its slots to be led by others")
    if pictures:
        page.picture(os.path.join(pictures, "page-down.png"))
    members.restart(3)
    cluster.wait_until(lambda: page.run(MEMBER % 3).startswith("alive "), "node-3 to be shown again")
    shows("verdict", "healthy")
    shows("about", "3 of 3 members active")
    # Each view has an event; what happened to the member is still to be seen among the dozens of its way back.
    for what in ("node-3 is down", "node-3 has returned", "views "):
        shows("events", what)
    if pictures:
        page.picture(os.path.join(pictures, "page-back.png"))

    # The node that shows the page itself.
    members[1].kill()
    shows("verdict", "no answer")
    assert "node-1 does not answer" in text("alarm"), text("alarm")
    members.restart(1)
    shows("verdict", "healthy")
    assert page.run("document.getElementById('alarm').hidden")
    assert page.errors == [], page.errors


with cluster.folder() as scratch, cluster.Cluster(3) as nodes, browser.Browser(scratch) as opened:
    look(nodes, opened, sys.argv[1] if len(sys.argv) > 1 else None)
print("passed")
