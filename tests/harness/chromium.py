"""Plays files and runs pages in Chromium, where there is one: driven over its debugging pipe, nothing else is needed."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.harness.patience import PATIENCE

CHROMIUM = shutil.which("chromium")
"""The program; None where none is installed."""

PAGE = "<!doctype html><title>-</title><video id=v muted preload=auto></video>"

SCRIPT = """
(async (url, seeks, bits) => {
  const video = document.getElementById("v"), told = {errors: []};
  const once = name => new Promise((done, failed) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener("error", () => failed(video.error.message || video.error.code), {once: true});
  });
  // A seek may have ended before its picture is where it can be read.
  const presented = () => new Promise(done => video.requestVideoFrameCallback(done));
  try {
    const first = presented();
    video.src = url;
    await once("loadeddata");
    await first;
    told.duration = video.duration;
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", {willReadFrequently: true});
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    const seen = () => {
      pen.drawImage(video, 0, 0);
      let number = 0;
      for (let bit = 0; bit < bits; bit++) {
        const x = Math.floor((bit + 0.5) * canvas.width / bits);
        const [a] = pen.getImageData(x, canvas.height / 4, 1, 1).data;
        const [b] = pen.getImageData(x, canvas.height * 3 / 4, 1, 1).data;
        if (a > b) number |= 1 << bit;
      }
      return number;
    };
    told.seen = [];
    for (const time of seeks) {
      const shown = Promise.all([once("seeked"), presented()]);
      video.currentTime = time;
      await shown;
      told.seen.push(seen());
    }
    const back = once("seeked");
    video.currentTime = 0;
    await back;
    const ended = once("ended");
    video.playbackRate = 4;
    await video.play();
    await ended;
    told.end = video.currentTime;
    told.frames = video.getVideoPlaybackQuality().totalVideoFrames;
  } catch (error) { told.errors.push(String(error)); }
  return JSON.stringify(told);
})
"""


def play(file: Path, seeks: Sequence[float], *, bits: int = 12) -> dict[str, Any]:
    """Seek to times (seconds) and read the number of the frame shown at each, then play the file to its end, four times as fast.

    Returns "errors" (empty when all went well), "duration", "seen", "end" (the time at the end) and "frames", how many
    were decoded for all of it.
    """
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as home:
        page = Path(home, "page.html")
        page.write_text(PAGE)
        with _Browser(home, page.as_uri()) as browser:
            call = f"{SCRIPT}({json.dumps(file.absolute().as_uri())}, {json.dumps(list(seeks))}, {bits})"
            told: dict[str, Any] = json.loads(browser.evaluate(call))
            return told


def run_script(url: str, script: str) -> Any:
    """Open a page, whose title must be "-", run a script in it and return what its promise gives."""
    with tempfile.TemporaryDirectory() as home, _Browser(home, url) as browser:
        return browser.evaluate(script)


class _Browser:
    """A headless Chromium with one page; commands and answers go through two pipes, each ended by a NUL."""

    def __init__(self, home: str, url: str) -> None:
        assert CHROMIUM is not None
        (low, self._send), (self._receive, high) = os.pipe(), os.pipe()
        commands, answers = fcntl.fcntl(low, fcntl.F_DUPFD, 10), fcntl.fcntl(high, fcntl.F_DUPFD, 10)
        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--remote-debugging-pipe",
            "--allow-file-access-from-files",
            "--autoplay-policy=no-user-gesture-required",
            "--disable-extensions",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--mute-audio",
        ]
        # Chromium speaks on descriptors 3 and 4.
        shell = f'exec 3<&{commands} 4>&{answers} {commands}<&- {answers}>&-; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "-", CHROMIUM, *flags, f"--user-data-dir={home}/profile", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(commands, answers),
            start_new_session=True,
        )
        for descriptor in (low, high, commands, answers):
            os.close(descriptor)
        self._count = 0
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, 9)
        self._process.wait(PATIENCE)
        os.close(self._send)
        os.close(self._receive)

    def evaluate(self, expression: str) -> Any:
        """Run a script in the page and return what its promise gives."""
        session = self._attached()
        options = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = self._ask("Runtime.evaluate", options, session)
        assert "exceptionDetails" not in answer, answer
        return answer["result"]["value"]

    def _attached(self) -> str:
        while True:
            targets = self._ask("Target.getTargets", {})["targetInfos"]
            pages = [target for target in targets if target["type"] == "page" and target["title"] == "-"]
            if pages:
                break
        asked = {"targetId": pages[0]["targetId"], "flatten": True}
        return str(self._ask("Target.attachToTarget", asked)["sessionId"])

    def _ask(self, method: str, params: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._read())
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _read(self) -> bytes:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._receive], [], [], PATIENCE)
            assert ready, "Chromium says nothing"
            data = os.read(self._receive, 1 << 20)
            assert data, "Chromium has ended"
            self._left += data
        message, _, self._left = self._left.partition(b"\0")
        return message
