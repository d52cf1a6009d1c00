"""Alerts of real sidecars: what is planted fires, and ends when it is taken away, by events, `/metrics` and history."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from protocol.errors import ProjectNotOpen, Timeout
from sidecar.services.monitoring.alerting import NAME
from tests.end_to_end.planted import CORES, MEMORY, SLOW
from tests.end_to_end.test_faults import ENDLESS
from tests.harness.mounts import may_mount
from tests.harness.patience import PATIENCE
from tests.harness.program import environment
from tests.harness.shell import INITIALIZE, SIDECAR, spawn
from tests.harness.spawned import Spawned

JOBS = ("a", "b", "c")
BALLAST = 288 * 2**20
HOLD = "import sys; held = bytes(b'x') * int(sys.argv[1]); print('held', flush=True); sys.stdin.read()"

SHORT = {"forSeconds": 1, "keepSeconds": 1}
"""For how long something must last here; everything else is as it is by default, where a test does not say otherwise."""


class Watched:
    """A sidecar, and where it is scraped."""

    def __init__(self, sidecar: Spawned, http: dict[str, str]) -> None:
        self.sidecar = sidecar
        self._http = http

    async def scraped(self, family: str, **labels: str) -> dict[str, float]:
        """Return the values of a family as Prometheus gets them, by alert; of those with these labels."""
        token = {"Authorization": f"Bearer {self._http['token']}"}
        request = urllib.request.Request(f"{self._http['origin']}/metrics", headers=token)  # noqa: S310 - our own

        def read() -> str:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                text: str = answer.read().decode()
            return text

        parse: Any = text_string_to_metric_families
        families = parse(await trio.to_thread.run_sync(read))
        return {
            each.labels["alert"]: each.value
            for found in families
            for each in found.samples
            if each.name == family and labels.items() <= each.labels.items()
        }

    async def shows(self, alert: str, state: float, **labels: str) -> None:
        """Wait until an alert is scraped as that, with these labels: a page is kept for a while."""
        with trio.fail_after(PATIENCE):
            while (await self.scraped("videoc_alert_state", **labels)).get(alert) != state:  # noqa: ASYNC110 - it is asked again, as a server does
                await trio.sleep(0.1)

    async def changed(self, alert: str, change: str) -> Any:
        """Wait until an alert has changed so, and return the event."""
        return await self.sidecar.until("alerts", change=change, alert__id=alert)

    def heard(self, alert: str) -> list[str]:
        """Return what was told of an alert: its changes but for times that it only pended, as load may come and go."""
        told = [payload for topic, payload in self.sidecar.events if topic == "alerts"]
        changes = [each["change"] for each in told if each["alert"]["id"] == alert]
        return [
            change
            for change, following in zip(changes, [*changes[1:], ""], strict=False)
            if change != "cancelled" and following != "cancelled"
        ]

    async def history(self, alert: str) -> list[str]:
        """Return what has become of an alert, oldest first, as it is remembered."""
        events = (await self.sidecar.request("alerts.history", limit=1_000))["events"]
        return [event["change"] for event in reversed(events) if event["alert"]["id"] == alert]

    async def many(self, count: int, method: str, expect: type[Exception] | None = None, **params: Any) -> None:
        """Ask something many times at once."""
        sidecar, left = self.sidecar, count
        while left > 0:
            numbers = [await sidecar.send(method, **params) for _ in range(min(left, 200))]
            left -= len(numbers)
            for number in numbers:
                if expect is None:
                    await sidecar.answer(number)
                else:
                    with pytest.raises(expect):
                        await sidecar.answer(number)


@asynccontextmanager
async def watched(command: Sequence[str], home: Path, **thresholds: Any) -> AsyncIterator[Watched]:
    """Run a sidecar that has these thresholds, and hear of its alerts."""
    async with spawn(command, env=environment(home)) as shell, trio.open_nursery() as nursery:
        sidecar = Spawned(shell)
        nursery.start_soon(sidecar.listen)
        http = (await sidecar.request("initialize", **INITIALIZE))["http"]
        await sidecar.request("events.subscribe", topics=["alerts", "render.progress", "render.state"])
        await sidecar.request("alerts.setThresholds", **thresholds)
        yield Watched(sidecar, http)
        await shell.close()
        with trio.move_on_after(PATIENCE):
            await shell.process.wait()
        nursery.cancel_scope.cancel()


@contextmanager
def ballast(folder: Path) -> Iterator[None]:
    """Hold memory, in a process that counts as one of the container's."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(BALLAST)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        (folder / "ballast").write_text(str(holder.pid), encoding="ascii")
        yield
        holder.stdin.close()


async def start(watch: Watched, folder: Path) -> list[psutil.Process]:
    """Start renders that do not end, all at once, and return the processes that encode."""
    await watch.sidecar.request("settings.set", settings={"maxJobs": len(JOBS)}, persist=False)
    for name in JOBS:
        output = str(folder / f"{name}.mp4")
        await watch.sidecar.request("render.start", project={"inline": ENDLESS}, output=output, jobId=name)
    for name in JOBS:
        await watch.sidecar.until("render.progress", jobId=name, stage="picture")
    return [child for child in watch.sidecar.children() if "ffmpeg" in child.name()]


def card(folder: Path, share: float) -> None:
    """Let so much of the card's memory be used, from the next look on."""
    written = folder / "card.next"
    written.write_text(str(share), encoding="ascii")
    written.replace(folder / "card")


async def test_each_alert_fires_by_what_is_planted_and_ends_with_it(tmp_path: Path) -> None:
    card(tmp_path, 0.949)
    command = (sys.executable, "-m", "tests.end_to_end.planted", str(tmp_path))
    thresholds: dict[str, Any] = {name: {"enter": enter, **SHORT} for name, enter in ENTER.items()}
    thresholds["stalledJob"] = {"enter": 2, "exit": 1, "forSeconds": 1, "keepSeconds": 0}
    async with watched(command, tmp_path / "home", **thresholds) as watch:
        with ballast(tmp_path):
            card(tmp_path, 0.951)
            slow = [await watch.sidecar.send("project.get", projectId="slow") for _ in range(25)]
            await watch.many(94, "alerts.silences")
            await watch.many(7, "project.get", Timeout, projectId="fault")
            encoders = await start(watch, tmp_path)
            fired = {"cpu": (await watch.changed("cpu", "firing"))["alert"]["value"]}
            await watch.shows("cpu", 2)
            for encoder in encoders:
                encoder.send_signal(signal.SIGSTOP)
            for number in slow:
                with pytest.raises(ProjectNotOpen):
                    await watch.sidecar.answer(number)
            for name in ("memory", "gpuMemory", "errorRate", "responseTime"):
                fired[name] = (await watch.changed(name, "firing"))["alert"]["value"]
            await agrees(watch, fired)
        card(tmp_path, 0.9)
        # What went well since makes slow ones and faults few.
        await watch.many(600, "project.get", ProjectNotOpen, projectId="none")
        await watch.many(200, "alerts.silences")
        assert (await watch.changed("stalledJob", "firing"))["alert"]["value"] >= 3
        await watch.shows("stalledJob", 2)
        for name in fired:
            await watch.changed(name, "resolved")
        for encoder in encoders:
            encoder.send_signal(signal.SIGCONT)
        await watch.changed("stalledJob", "resolved")
        for encoder in encoders:
            encoder.send_signal(signal.SIGSEGV)
        assert (await watch.changed("childCrashes", "firing"))["alert"]["value"] == len(JOBS)
        await watch.changed("childCrashes", "resolved")
        for name in (*fired, "stalledJob", "childCrashes"):
            assert watch.heard(name)[:3] == ["pending", "firing", "resolved"], name
            assert (await watch.history(name))[:2] == ["firing", "resolved"], name
            await watch.shows(name, 0)


ENTER = {"cpu": 90, "memory": 85, "gpuMemory": 95, "errorRate": 5, "responseTime": 1_000, "childCrashes": 3}
"""The thresholds' own values."""


async def agrees(watch: Watched, values: dict[str, float]) -> None:
    """Hold what the alerts said against what was planted, and against what is scraped."""
    assert all(values[name] >= ENTER[name] for name in values)
    assert values["gpuMemory"] == pytest.approx(95.1, abs=0.01)
    own = psutil.Process(watch.sidecar.process.pid).memory_info().rss
    assert values["memory"] == pytest.approx(100 * (BALLAST + own) / MEMORY, abs=8)
    assert values["responseTime"] >= 1_000 * SLOW * 0.97
    assert values["errorRate"] <= 100 * 7 / 101
    # Of so few cores that encoding uses up all of them.
    assert CORES < 1
    values = {name: value for name, value in values.items() if name != "cpu"}
    for name in values:
        await watch.shows(name, 2)
    active = (await watch.sidecar.request("alerts.active"))["alerts"]
    assert values.keys() <= {alert["id"] for alert in active if alert["state"] == "firing"}
    assert (await watch.sidecar.request("metrics.snapshot", include=[]))["alerts"]["firing"] >= len(values)


@pytest.mark.soak
async def test_a_job_that_stands_is_told_of_before_it_is_ended_for_that(tmp_path: Path) -> None:
    async with watched(SIDECAR, tmp_path) as watch:
        for encoder in await start(watch, tmp_path):
            encoder.send_signal(signal.SIGSTOP)
        assert (await watch.changed("stalledJob", "firing"))["alert"]["threshold"] == 30
        for name in JOBS:
            job = (await watch.sidecar.until("render.state", job__jobId=name, job__state="failed"))["job"]
            assert job["error"]["data"]["kind"] == "stalled"
        await watch.changed("stalledJob", "resolved")
        assert watch.heard("stalledJob") == ["firing", "resolved"]


async def test_a_silenced_alert_is_seen_by_who_asks_and_told_of_to_nobody(tmp_path: Path) -> None:
    low = {"enter": 1, "exit": 1, "forSeconds": 0, "keepSeconds": 0}
    async with watched(SIDECAR, tmp_path) as watch:
        sidecar = watch.sidecar
        silence = await sidecar.request("alerts.silence", alerts=["memory"], forSeconds=600, reason="known")
        assert silence["by"] == INITIALIZE["client"]["name"]  # type: ignore[index]
        await sidecar.request("alerts.setThresholds", memory=low)
        await watch.shows("memory", 2, silenced="true")
        (alert,) = [each for each in (await sidecar.request("alerts.active"))["alerts"] if each["id"] == "memory"]
        assert (alert["state"], alert["silenced"]) == ("firing", True)
        assert watch.heard("memory") == []
        assert (await sidecar.request("alerts.silences"))["silences"] == [silence]
    async with watched(SIDECAR, tmp_path) as watch:
        (held,) = (await watch.sidecar.request("alerts.silences"))["silences"]
        assert held["id"] == silence["id"]
        await watch.shows("memory", 2)
        assert watch.heard("memory") == []
        await watch.sidecar.request("alerts.unsilence", id=held["id"])
        await watch.changed("memory", "firing")
        await watch.shows("memory", 2, silenced="false")


async def test_an_alert_outlives_a_kill_and_is_told_of_once(tmp_path: Path) -> None:
    async with watched(SIDECAR, tmp_path, memory={"enter": 1, "exit": 1, "forSeconds": 0, "keepSeconds": 0}) as watch:
        fired = await watch.changed("memory", "firing")
        path = trio.Path((await watch.sidecar.request("system.info"))["paths"]["data"]) / NAME
        with trio.fail_after(PATIENCE):
            while json.loads(await path.read_text())["states"].get("memory", {}).get("phase") != "firing":  # noqa: ASYNC110 - a file tells nobody
                await trio.sleep(0.05)
        watch.sidecar.process.send_signal(signal.SIGKILL)
        await watch.sidecar.process.wait()
    async with watched(SIDECAR, tmp_path) as watch:
        await watch.shows("memory", 2)
        (alert,) = [a for a in (await watch.sidecar.request("alerts.active"))["alerts"] if a["id"] == "memory"]
        assert (alert["since"], alert["firedAt"]) == (fired["alert"]["since"], fired["alert"]["firedAt"])
        await watch.sidecar.request("alerts.setThresholds", memory={"enter": 100, "exit": 100})
        await watch.changed("memory", "resolved")
        assert watch.heard("memory") == ["resolved"]
        assert await watch.history("memory") == ["firing", "resolved"]


if may_mount():
    # Elsewhere test_machine.py stands for it, where free space is what the test says.

    async def test_a_disk_that_fills_fires_and_ends_with_room(tmp_path: Path) -> None:
        data = tmp_path / "data"
        data.mkdir()
        mount = 'mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@"'
        command = ("unshare", "--mount", "sh", "-c", mount, str(data), *SIDECAR)
        async with watched(command, tmp_path, disk={"enter": 5, **SHORT}) as watch:
            # Their disk is seen by them alone.
            inside = Path(f"/proc/{watch.sidecar.process.pid}/root") / data.relative_to("/")
            free = os.statvfs(inside)
            assert free.f_blocks * free.f_frsize == 64 * 2**20
            with (inside / "ballast").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - 2 * 2**20)
            event = await watch.changed("disk", "firing")
            assert event["alert"]["value"] == pytest.approx(100 * 2 / 64, abs=1)
            assert event["alert"]["severity"] == "critical"
            await watch.shows("disk", 2)
            (inside / "ballast").unlink()
            await watch.changed("disk", "resolved")
            await watch.shows("disk", 0)
            assert watch.heard("disk") == ["pending", "firing", "resolved"]
            assert await watch.history("disk") == ["firing", "resolved"]
