"""What is told of processors, processes, caches and cards is what was planted, as those who are told count it themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sidecar.ffmpeg.supervisor import Child
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import CacheStore
from sidecar.services.gpu import cards
from sidecar.services.monitoring import graphics
from sidecar.services.monitoring.cgroup import Cgroup
from sidecar.services.monitoring.machine import MachineMeter
from sidecar.services.monitoring.readings import readings_of
from tests.harness.desk import Desk, opened
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.render.studio import color, file, project

HELD = 96 * 2**20

BUSY = f"""
import resource, select, sys
held = bytearray({HELD})
print("ready", flush=True)
while True:
    if select.select([0], [], [], 0)[0]:
        if not sys.stdin.readline():
            break
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, flush=True)
    sum(range(2_000))
"""
"""Keeps a core busy, and tells for each line that it is sent how many processor seconds that was so far."""

TICK = 0.02
"""Seconds: the system counts in hundredths, at either end."""


class Busy:
    """A child of a supervisor that is busy."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._said = bytearray()

    async def line(self) -> str:
        while b"\n" not in self._said:
            assert self._child.stdout is not None
            self._said += await self._child.stdout.receive_some()
        line, _, rest = self._said.partition(b"\n")
        self._said = bytearray(rest)
        return line.decode()

    async def used(self) -> float:
        """Return the processor seconds that it has used, as it has counted them."""
        assert self._child.stdin is not None
        await self._child.stdin.send_all(b"\n")
        return float(await self.line())

    async def use(self, seconds: float) -> float:
        """Wait until it has used so many more; return how many it has used."""
        least = await self.used() + seconds
        while (used := await self.used()) < least:
            pass
        return used


async def page(desk: Desk) -> dict[tuple[str, str], float]:
    """Return what Prometheus is given, by name and labels."""
    text = (await desk.ask("metrics.prometheus"))["text"]
    parse: Any = text_string_to_metric_families
    return {
        (each.name.removeprefix("videoc_"), " ".join(each.labels.values())): each.value
        for family in parse(text)
        for each in family.samples
    }


async def test_load_memory_and_end_of_a_child_are_those_planted(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        services = desk.services
        sampler, now = services.monitoring.sampler, [1_000.0]
        sampler._clock = lambda: now[0]
        argv = [sys.executable, "-c", BUSY]
        async with await services.supervisor.spawn(
            argv, cwd=tmp_path, stdin="pipe", stdout="pipe", role="render", tag="job-1"
        ) as child:
            busy = Busy(child)
            assert await busy.line() == "ready"
            started = await busy.used()
            await sampler.look()
            looked = await busy.used()
            before = await busy.use(0.3)
            # By this clock ten seconds have passed: shares follow from what was used, not from when we looked.
            now[0] += 10
            sample = await sampler.look()
            after = await busy.used()
            (found,) = sample.children
            assert before - looked - TICK <= found.cpu * 10 * sample.machine.cores <= after - started + TICK
            assert HELD <= found.rss < HELD + 64 * 2**20
            assert (found.pid, found.role, found.job_id) == (child.pid, "render", "job-1")
            values = readings_of(sample).values
            assert (values["children.cpu"], values["children.rss"]) == (found.cpu, found.rss)
            assert (values["children.count"], values["children.crashes"]) == (1, 0)
            told = await page(desk)
            assert told["children_cpu_ratio", "render"] == found.cpu
            assert told["children_resident_memory_bytes", "render"] == found.rss
            assert (told["child_processes", "render"], told["children_crashed_total", "render"]) == (1, 0)
            os.kill(child.pid, signal.SIGSEGV)
            assert await child.wait() == -signal.SIGSEGV
        now[0] += 1
        values = readings_of(await sampler.look()).values
        assert (values["children.count"], values["children.crashes"]) == (0, 1)
        told = await page(desk)
        assert told["children_started_total", "render"] == told["children_crashed_total", "render"] == 1
        # Those that have ended are in the system's own sum.
        assert told["children_cpu_seconds_total", ""] >= after - TICK


def core_times(core: int) -> tuple[int, int]:
    """Return for how long a core was busy since the start of the machine, and for how long it was there: hundredths."""
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    (line,) = [line for line in lines if line.startswith(f"cpu{core} ")]
    user, nice, system, idle, waiting, *others = map(int, line.split()[1:9])
    busy = user + nice + system + sum(others)
    return busy, busy + idle + waiting


@contextmanager
def on_one_core() -> Iterator[int]:
    """Keep this process, and those it starts, on one core."""
    ours = os.sched_getaffinity(0)
    core = max(ours)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, ours)


def test_the_load_of_the_machine_is_that_of_the_cores_that_are_ours(tmp_path: Path) -> None:
    meter = MachineMeter((tmp_path,), Cgroup(tmp_path, tmp_path / "none"))
    with on_one_core() as core:
        argv = [sys.executable, "-c", BUSY]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"

            def used() -> float:
                assert child.stdin is not None
                assert child.stdout is not None
                child.stdin.write(b"\n")
                child.stdin.flush()
                return float(child.stdout.readline())

            first = core_times(core)
            assert meter.look(1.0).cpu is None
            begun, begins = core_times(core), used()
            deadline = time.monotonic() + PATIENCE
            while (ends := used()) < begins + 0.5:
                assert time.monotonic() < deadline
            ended = core_times(core)
            look = meter.look(2.0)
            last = core_times(core)
            child.stdin.close()
    assert look.cores == 1
    assert look.cpu is not None
    longest, shortest = last[1] - first[1], ended[1] - begun[1]
    assert (ended[0] - begun[0]) / longest <= look.cpu + 1e-9
    assert look.cpu <= min(1.0, (last[0] - first[0]) / shortest) + 1e-9
    # What was planted is part of it.
    assert look.cpu >= (ends - begins - TICK) * os.sysconf("SC_CLK_TCK") / longest


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """Count what is asked of the cache where it is asked, by kind and by what came of it."""
    made: Counter[tuple[str, str]] = Counter()
    find, get = CacheStore.find, MemoryTier.get

    async def finding(self: CacheStore, kind: Any, key: str, *, counted: bool = True, **given: Any) -> Any:
        found = await find(self, kind, key, counted=counted, **given)
        made[kind, "miss" if found is None else "hit"] += counted
        return found

    def getting(self: MemoryTier, kind: Any, key: str, *, miss: bool = True) -> Any:
        found = get(self, kind, key, miss=miss)
        made[kind, "miss" if found is None else "hit"] += miss or found is not None
        return found

    monkeypatch.setattr(CacheStore, "find", finding)
    monkeypatch.setattr(MemoryTier, "get", getting)
    return made


async def test_lookups_and_pieces_of_renders_are_those_that_were_made(
    tmp_path: Path, lookups: Counter[tuple[str, str]]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, audio="stereo")
    raw = project(color(0, 1, "#102030"), file(clip, 1, 1), color(2, 1, "#302010"), export={})
    async with opened(tmp_path) as desk:
        made: Counter[str] = Counter()
        for name in ("a", "b"):
            given = {"output": str(tmp_path / f"{name}.mp4"), "jobId": name}
            await desk.ask("render.start", project={"inline": raw}, **given)
            job = await desk.services.render.wait(name)
            assert job.result is not None
            reused = job.result.reused
            made.update(cached=reused.cached, copied=reused.copied, encoded=reused.encoded)
            await desk.ask("preview.frame", project={"inline": raw}, frame=5)
        told = await page(desk)
    for kind in ("segments", "sound", "frames"):
        for result in ("hit", "miss"):
            assert told["cache_requests_total", f"{kind} {result}"] == lookups[kind, result], (kind, result)
    assert min(lookups["segments", "hit"], lookups["segments", "miss"], lookups["sound", "miss"]) > 0
    assert lookups["frames", "hit"] + lookups["frames", "miss"] > 0
    for state in ("cached", "copied", "encoded"):
        assert told["render_segments_total", state] == made[state]
    # The second render has encoded nothing, and looked all of it up.
    assert made["cached"] == made["encoded"] > 0


async def test_without_a_driver_there_is_no_card_and_no_word_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported() -> Any:
        raise AssertionError("the library was asked for")

    monkeypatch.setattr(graphics, "DRIVER", (tmp_path / "none",))
    monkeypatch.setattr(cards, "_library", imported)
    async with opened(tmp_path, logLevel="debug") as desk:
        monitoring = desk.services.monitoring
        await desk.ask("events.subscribe", topics=["metrics"])
        monitoring.begin()
        (look,) = await desk.hear(lambda looks: len(looks) == 1)
        assert look["gpus"] == []
        assert (await desk.ask("metrics.snapshot"))["gpus"] == []
        for form in ("text", "openmetrics"):
            text = (await desk.ask("metrics.prometheus", format=form))["text"]
            assert "videoc_system_cpu_cores" in text
            assert "videoc_gpu" not in text
        assert "system.memory" in monitoring.history.names()
        assert not [name for name in monitoring.history.names() if name.startswith("gpu")]
        past = await desk.ask("metrics.history", metric="gpu.memory")
        assert set(past["mean"]) == {None}
        log = desk.services.folders.log
    said = "".join(path.read_text(encoding="utf-8") for path in log.glob("*")).lower()
    assert not [word for word in ("nvml", "nvidia", "gpu") if word in said]
