"""Failures and slowness planted in the FFmpeg of a real sidecar: it tells exactly of those, and its client counted the same."""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from protocol.errors import SidecarError
from sidecar.core.monitoring.outcomes import FAULTS
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE
from tests.harness.spawned import Spawned, spawned
from tests.services.render.studio import color, project

SCRIPT = """#!{python} -IS
import os, signal, sys, time
try:
    wish = open({wish!r}).read()
except FileNotFoundError:
    wish = ""
if wish == "crash":
    with open({log!r}, "a") as log:
        log.write("crash" + chr(10))
    os.kill(os.getpid(), signal.SIGSEGV)
if wish:
    time.sleep(float(wish))
os.execv({real!r}, [{real!r}, *sys.argv[1:]])
"""

SLOW = 1.2
"""Seconds that a slow FFmpeg waits before it begins."""


class Planted:
    """An FFmpeg that is as it is wished to be from its next start on: "" is the real one, "crash", or seconds to wait."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ffmpeg"
        self._wish, self._log = folder / "wish", folder / "log"
        text = SCRIPT.format(python=sys.executable, wish=str(self._wish), log=str(self._log), real=ffmpeg())
        self.path.write_text(text, encoding="utf-8")
        self.path.chmod(0o755)

    def wish(self, text: str) -> None:
        draft = self._wish.with_suffix(".new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._wish)

    @property
    def crashes(self) -> int:
        return len(self._log.read_text(encoding="utf-8").splitlines()) if self._log.exists() else 0


class Counting:
    """A client that counts how its requests were answered."""

    def __init__(self, sidecar: Spawned) -> None:
        self.sidecar = sidecar
        self.ended: Counter[tuple[str, str]] = Counter({("initialize", "ok"): 1})
        self.waits: list[float] = []

    async def ask(self, method: str, **params: Any) -> Any:
        try:
            result = await self.sidecar.request(method, **params)
        except SidecarError as error:
            self.ended[method, error.kind] += 1
            return None
        self.ended[method, "ok"] += 1
        return result

    async def frame(self, number: int) -> None:
        """Ask for a frame, and note the seconds until it was answered."""
        began = time.perf_counter()
        raw = project(*(color(second, 1, f"#{second:02}4060") for second in range(10)))
        await self.ask("preview.frame", project={"inline": raw}, frame=number)
        self.waits.append(time.perf_counter() - began)

    async def look(self) -> Any:
        """Return the next look that began now or later."""
        now, seen = time.time(), 0
        with trio.fail_after(PATIENCE):
            while True:
                looks = [payload for topic, payload in self.sidecar.events if topic == "metrics"]
                for each in looks[seen:]:
                    if datetime.fromisoformat(each["at"]).timestamp() >= now:
                        return each
                seen = len(looks)
                await trio.sleep(0.02)

    def errors(self, method: str) -> dict[str, int]:
        return {kind: count for (name, kind), count in self.ended.items() if name == method and kind != "ok"}


async def families(sidecar: Spawned) -> dict[tuple[str, ...], float]:
    text = (await sidecar.request("metrics.prometheus"))["text"]
    parse: Any = text_string_to_metric_families
    return {
        (each.name.removeprefix("videoc_"), *each.labels.values()): each.value
        for family in parse(text)
        for each in family.samples
    }


def used_by_children(sidecar: Spawned) -> float:
    """Return the processor seconds of all children of a sidecar that have ended, as the system has added them up."""
    times = psutil.Process(sidecar.process.pid).cpu_times()
    return float(times.children_user + times.children_system)


async def test_failures_and_slow_operations_are_those_planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = Planted(tmp_path)
    async with spawned(tmp_path / "home", "--set", f"ffmpegPath={planted.path}") as sidecar:
        client = Counting(sidecar)
        await client.ask("events.subscribe", topics=["metrics"])
        await client.frame(3)
        assert client.errors("preview.frame") == {}
        planted.wish("crash")
        for number in (30, 80, 130):
            await client.frame(number)
        planted.wish("")
        for _ in range(24):
            await client.ask("settings.get", keys=["maxJobs"])
        for _ in range(2):
            await client.ask("media.probe", path=str(tmp_path / "none.mp4"))
        look = await client.look()
        failures = sum(count for (_, kind), count in client.ended.items() if kind in FAULTS)
        ok = sum(count for (_, kind), count in client.ended.items() if kind == "ok")
        assert failures == 3
        # What the caller got wrong is in neither number.
        assert look["errorRatio"] == pytest.approx(failures / (ok + failures))
        counted = {each["name"]: each for each in look["operations"]}
        for name in {method for method, _ in client.ended}:
            ended = sum(count for (method, _), count in client.ended.items() if method == name)
            assert (counted[name]["count"], counted[name]["errors"]) == (ended, client.errors(name)), name
        told = await families(sidecar)
        assert told["children_crashed_total", "preview"] == planted.crashes >= 3
        assert told["operations_total", "preview.frame", "fault"] == 3
        assert told["operations_total", "media.probe", "error"] == 2
        quick = told["operation_duration_seconds_bucket", "preview.frame", "1.0"]
        planted.wish(str(SLOW))
        await client.frame(200)
        assert client.errors("preview.frame") == {"ffmpegCrashed": 3}
        found = await sidecar.request("metrics.operations", names=["preview.frame"])
        (frames,) = found["operations"]
        assert SLOW <= frames["max"] <= max(client.waits)
        assert frames["slowest"][0]["seconds"] == frames["max"]
        assert [slow for slow in frames["slowest"] if SLOW <= slow["seconds"] <= client.waits[-1]]
        await client.look()
        least = used_by_children(sidecar)
        told = await families(sidecar)
        assert least - 0.01 <= told["children_cpu_seconds_total",] <= used_by_children(sidecar) + 0.01
        assert told["operation_duration_seconds_bucket", "preview.frame", "1.0"] == quick
        assert told["operation_duration_seconds_count", "preview.frame"] == 5
        assert SLOW * 0.98 <= told["response_time_seconds",] <= max(client.waits) * 1.02
