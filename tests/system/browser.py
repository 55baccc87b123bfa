"""A headless chromium, driven by its own protocol over two pipes (--remote-debugging-pipe): a page that is open, what
it shows, and what it looks like. Python's standard library alone.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

from cluster import PATIENCE, TimedOut, die_with_the_test

CHROMIUM = shutil.which("chromium")


class Browser:
    def __init__(self, folder, width=1280, height=900):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        def pipes_are_3_and_4():
            die_with_the_test()
            for end, wanted in zip(high, (3, 4)):
                os.dup2(end, wanted)

        high = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_read, to_write)]  # neither is 3 or 4 itself
        self.child = subprocess.Popen(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             f"--window-size={width},{height}", f"--user-data-dir={folder}/profile", "--remote-debugging-pipe",
             "about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=pipes_are_3_and_4)
        for end in (to_read, to_write, *high):
            os.close(end)
        self.input, self.last, self.session, self.errors = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Runtime.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        os.close(self.to)
        os.close(self.back)

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(answer["params"]["exceptionDetails"])
            if answer.get("id") == self.last:
                assert "result" in answer, (method, answer)
                return answer["result"]

    def _read(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.input:
            if not select.select([self.back], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimedOut("the browser says nothing")
            piece = os.read(self.back, 65536)
            assert piece, "the browser has ended"
            self.input += piece
        message, self.input = self.input.split(b"\0", 1)
        return json.loads(message)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def run(self, expression):
        """What an expression of the page's gives, as a value."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def dark(self, wanted):
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if wanted else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def resize(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=mobile)

    def picture(self, path):
        with open(path, "wb") as file:
            shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
            file.write(base64.b64decode(shot["data"]))
