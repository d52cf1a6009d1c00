"""`sidecar top`: pages of looks that are told, and the screen of a sidecar that runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import trio
from msgspec.structs import replace
from rich.cells import cell_len

from protocol.commands.alerts import ActiveAlerts, Alert
from protocol.commands.cache import Quantiles, TierState
from protocol.commands.gpu import Gpu, GpuProcess
from protocol.commands.metrics import (
    AlertCounts,
    CacheLookups,
    CachesLoad,
    ChildLoad,
    DiskLoad,
    MemoryLoad,
    MetricsHistory,
    MetricsSnapshot,
    OperationLoad,
    ProcessLoad,
    QueueLoad,
    RpcLoad,
    SystemLoad,
)
from protocol.commands.render import Job, JobList
from protocol.events import Event
from sidecar.cli import dashboard
from sidecar.cli.board import Board
from sidecar.cli.dashboard import page
from sidecar.cli.top import followed
from tests.cli.conftest import write_project
from tests.harness.program import PROGRAM, environment
from tests.harness.spawned import spawned
from tests.harness.terminal import HOME, screen

GIB = 2**30


def times(p95: float) -> Quantiles:
    return Quantiles(p50=p95 / 2, p95=p95, p99=p95, max=p95 * 2, samples=9)


def operation(name: str, count: int, p95: float, *, active: int = 0, **errors: int) -> OperationLoad:
    return OperationLoad(name=name, count=count, active=active, errors=errors, duration=times(p95))


def card(index: int, **changes: Any) -> Gpu:
    given: dict[str, Any] = {
        "index": index,
        "name": "Card",
        "driver": "600",
        "utilization": 0.5,
        "memory_used": 6 * GIB,
        "memory_total": 8 * GIB,
        "encoder": 0.25,
        "decoder": None,
        "temperature": 61.0,
        "power": 120.0,
        "processes": [GpuProcess(pid=31, memory=GIB)],
    }
    return Gpu(**(given | changes))


LOOK = MetricsSnapshot(
    at="2030-01-01T12:00:30.000Z",
    uptime=4_000.0,
    system=SystemLoad(
        cpu=0.81,
        cores=4,
        memory=MemoryLoad(used=3 * GIB, total=4 * GIB),
        disk=DiskLoad(free=10 * GIB, total=100 * GIB),
        load=3.5,
    ),
    process=ProcessLoad(cpu=0.04, rss=90 * 2**20, threads=9, fds=40, loop_lag=times(0.003)),
    children=[
        ChildLoad(pid=31, role="render", cpu=0.5, rss=300 * 2**20, job_id="a"),
        ChildLoad(pid=32, role="probe", cpu=0.01, rss=80 * 2**20, job_id=None),
    ],
    gpus=[],
    operations=[
        operation("media.probe", 40, 0.02, mediaNotFound=3),
        operation("preview.frame", 900, 0.06),
        operation("render", 2, 61.0, active=1),
        operation("initialize", 1, 0.004),
    ],
    queues=[
        QueueLoad(name="render", depth=2, running=1, limit=1, oldest_seconds=12.0),
        QueueLoad(name="interactive", depth=0, running=0, limit=32, oldest_seconds=None),
    ],
    pipelines=[],
    caches=CachesLoad(
        hit_ratio=0.9,
        kinds={"frames": CacheLookups(hits=90, misses=10), "segments": CacheLookups(hits=0, misses=0)},
        memory=TierState(bytes=2**20, limit=2**29, entries=5),
        disk=None,
    ),
    rpc=RpcLoad(connections=2, in_flight=1, received=5, sent=6, cancelled=0, dropped_events=0),
    error_ratio=None,
    alerts=AlertCounts(firing=1, pending=1),
)

ALERTS = [
    Alert(
        id=name,
        metric=metric,
        unit=unit,
        severity="warning",
        state="firing" if name == "memory" else "pending",
        value=value,
        threshold=limit,
        since="2030-01-01T11:59:00.000Z",
        fired_at=None,
    )
    for name, metric, unit, value, limit in (
        ("memory", "system.memory", "percent", 91.25, 85.0),
        ("responseTime", "operations.responseTime", "ms", 1_250.0, 1_000.0),
    )
]


def job(name: str, state: str, *, position: int | None = None, fraction: float = 0.0, **changes: Any) -> Job:
    told = {
        "jobId": name,
        "state": state,
        "position": position,
        "priority": 0,
        "labels": {},
        "output": f"/films/{name}.mp4",
        "createdAt": "2030-01-01T11:00:00.000Z",
        "startedAt": None,
        "endedAt": changes.pop("ended", None),
        "plan": PLAN,
        "progress": progress(name, state, fraction) if state == "running" else None,
        "attempts": 1,
        "result": None,
        "error": None,
        "segments": None,
        **changes,
    }
    return msgspec.convert(told, Job)


PLAN = {
    "frames": 100,
    "duration": "4/1",
    "segments": 1,
    "cached": 0,
    "copied": 0,
    "encode": 1,
    "framesToEncode": 100,
    "estimatedSeconds": None,
    "estimatedBytes": None,
    "encoder": {"video": "libx264", "audio": None},
}


def progress(name: str, state: str, fraction: float) -> dict[str, Any]:
    counts = {"total": 1, "cached": 0, "copied": 0, "encoded": 0, "running": 1, "failed": 0}
    return {
        "jobId": name,
        "state": state,
        "stage": "picture",
        "fraction": fraction,
        "frame": 45,
        "frames": 100,
        "framesCached": 0,
        "framesCopied": 0,
        "framesEncoded": 45,
        "fps": 120.4,
        "speed": 4.0,
        "bitrate": None,
        "bytes": 0,
        "bytesPredicted": None,
        "elapsed": 3.0,
        "eta": 65.0,
        "segments": counts,
        "current": [],
        "retries": 0,
        "fallback": None,
    }


def board(**changes: Any) -> Board:
    found = Board("sidecar 1.0 pid 7")
    found.take_job(job("waits", "queued", position=1))
    found.take_job(job("next", "queued", position=0))
    found.take_job(job("old", "completed", ended="2030-01-01T11:01:00.000Z"))
    found.take_job(job("broke", "failed", ended="2030-01-01T11:30:00.000Z"))
    found.take_job(job("works", "running", fraction=0.45))
    found.cpu.extend([None, 0.0, 0.5, 1.0] * 20)
    found.take_look(replace(LOOK, **changes))
    found.alerts = ALERTS
    return found


def texts(found: Board, width: int, height: int | None) -> list[str]:
    """Return the lines of a page, each of which is exactly as wide as the screen."""
    lines = ["".join(text for text, _ in line) for line in page(found, width, height, hint="q ends")]
    assert {cell_len(line) for line in lines} == {width}
    assert height is None or len(lines) == height
    return [line.rstrip() for line in lines]


def line_of(lines: list[str], begins: str) -> str:
    return next(words for line in lines if (words := " ".join(line.split())).startswith(begins))


def test_a_page_says_what_the_look_has() -> None:
    lines = texts(board(), 80, None)
    assert lines[0].startswith("sidecar 1.0 pid 7  up 1:06:40")
    assert "1 firing" in lines[0]
    assert "1 pending" in lines[0]
    cpu = line_of(lines, "cpu")
    assert cpu.startswith("cpu █████████▊ 81% of 4 cores, load 3.50")
    # The last minutes end with this look.
    assert cpu.endswith("▅█ ▁▅█▇")
    assert "75% 3.0 GiB of 4.0 GiB" in line_of(lines, "memory")
    assert "90% 10.0 GiB free of 100.0 GiB" in line_of(lines, "disk")
    assert "2 children 51% 380.0 MiB lag 3.0 ms errors -" in line_of(lines, "sidecar 4.0%")
    assert line_of(lines[5:], "memory") == "memory firing 91.2% 85% 1:30"
    assert line_of(lines, "responseTime") == "responseTime pending 1.25 s 1.00 s 1:30"
    assert line_of(lines, "JOBS") == "JOBS 1 of 1 run, 2 wait"
    assert line_of(lines, "works.mp4") == "works.mp4 picture █████▍ 45% 120/s 1:05"
    assert line_of(lines, "OPERATIONS") == "OPERATIONS 943 ended, 3 in errors"
    assert line_of(lines, "media.probe") == "media.probe 40 10 ms 20 ms 40 ms 3"
    assert line_of(lines, "render 2") == "render 2 1 30.5 s 61.0 s 2:02"
    assert line_of(lines, "CACHE") == "CACHE found 90% in a minute, memory 1.0 MiB of 512.0 MiB"
    assert line_of(lines, "frames") == "frames 90 10 90%"
    assert line_of(lines, "render 1/1") == "render 1/1 2 12.0 s"
    assert line_of(lines, "render 31") == "render 31 50% 300.0 MiB"
    # What is idle, and what was never looked up, has no line.
    assert not [line for line in lines if line.startswith(("interactive", "segments", "gpu"))]


def test_jobs_are_in_the_order_of_their_turns_and_operations_by_how_slow_they_are() -> None:
    lines = texts(board(), 80, None)
    outputs = [line.split()[0] for line in lines if ".mp4" in line]
    assert outputs == ["works.mp4", "next.mp4", "waits.mp4", "broke.mp4", "old.mp4"]
    at = lines.index(next(line for line in lines if line.startswith("OPERATIONS")))
    assert [line.split()[0] for line in lines[at + 2 : at + 6]] == [
        "render",
        "preview.frame",
        "media.probe",
        "initialize",
    ]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (60, 12), (200, 60), (40, 8), (20, 3), (1, 1)])
def test_a_page_is_as_large_as_its_screen(width: int, height: int) -> None:
    crowd = [operation(f"area.command{number}", number, 0.5) for number in range(40)]
    lines = texts(board(operations=crowd, gpus=[card(0), card(1)]), width, height)
    if height >= 24:
        assert line_of(lines, "gpu1").startswith("gpu1 ██████ 50% mem 75% of 8.0 GiB, ours 1.0 GiB enc 25% dec - 61")
        assert "memory" in " ".join(lines[6:])
        for begins in ("JOBS", "works.mp4", "OPERATIONS", "area.command"):
            assert [line for line in lines if begins in line], begins
        assert lines[-1] == "q ends"


def test_on_a_wide_screen_sections_stand_side_by_side() -> None:
    lines = texts(board(), 120, 40)
    jobs = next(line for line in lines if line.startswith("JOBS"))
    assert "ALERTS" in jobs
    assert not [line for line in texts(board(), 109, 40) if "JOBS" in line and "ALERTS" in line]


def test_what_was_not_measured_is_a_dash_and_what_is_not_there_is_absent() -> None:
    assert LOOK.system is not None
    bare = replace(LOOK.process, loop_lag=Quantiles(p50=0, p95=0, p99=0, max=0, samples=0))
    silent = card(0, utilization=None, memory_used=None, encoder=None, temperature=None, power=None, processes=None)
    found = board(
        system=replace(LOOK.system, cpu=None, load=None), process=bare, gpus=[silent], caches=None, children=[]
    )
    lines = texts(found, 80, None)
    assert "- of 4 cores" in line_of(lines, "cpu")
    assert "lag -" in line_of(lines, "sidecar 4.0%")
    assert line_of(lines, "gpu0") == "gpu0 - mem - of 8.0 GiB enc - dec - - - Card"
    assert not [line for line in lines if line.startswith(("CACHE", "CHILDREN"))]


def test_names_of_strangers_do_nothing_to_the_terminal_and_take_their_columns() -> None:
    found = board()
    found.take_job(job("works", "running", fraction=0.45, output="/films/\x1b[2J夜の映画" + "あ" * 60 + "終.mp4"))
    lines = texts(found, 80, 24)
    (shown,) = [line for line in lines if "終.mp4" in line]
    assert "\x1b" not in "".join(lines)
    assert shown.startswith("…")
    assert "45%" in shown


def test_looks_that_no_longer_come_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = board()
    assert "no look" not in texts(found, 80, 24)[-1]
    monkeypatch.setattr(dashboard, "monotonic", lambda: found.heard + 5.2)
    assert texts(found, 80, 24)[-1].endswith("no look for 5 s")
    assert texts(Board("sidecar 1.0"), 30, 1) == ["sidecar 1.0: no look yet"]


def test_events_are_taken_in() -> None:
    found = board()
    step = msgspec.convert(progress("works", "running", 0.9), dict)
    for topic, payload in (
        ("render.progress", {**step, "stage": "joining"}),
        ("render.state", {"job": msgspec.to_builtins(job("next", "running", fraction=0.1))}),
        ("render.state", {"job": msgspec.to_builtins(job("waits", "cancelled", ended="2030-01-01T12:00:00.000Z"))}),
        ("metrics", msgspec.to_builtins(replace(LOOK, uptime=5.0))),
    ):
        found.take(Event(subscription="s", topic=topic, seq=1, payload=payload))
    lines = texts(found, 80, None)
    assert line_of(lines, "works.mp4") == "works.mp4 joining ██████████▊ 90% 120/s 1:05"
    assert line_of(lines, "next.mp4").startswith("next.mp4 picture █▎ 10%")
    assert line_of(lines, "waits.mp4") == "waits.mp4 cancelled"
    assert "up 0:05" in lines[0]


class Turning:
    """A sidecar whose job ends while `top` fills its page; it tells those who have subscribed by then."""

    server = SimpleNamespace(server=SimpleNamespace(version="9", pid=5))

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.subscribed = False

    async def request(self, method: str, **_params: Any) -> Any:
        match method:
            case "events.subscribe":
                self.subscribed = True
                return None
            case "render.jobs":
                listed = [job("works", "running", fraction=0.45)]
                found = JobList(jobs=listed, next=None, running=1, queued=0, limit=1)
                self.tell("render.state", {"job": msgspec.to_builtins(job("works", "completed"))})
                return found
            case "metrics.history":
                return MetricsHistory(metric="", unit="ratio", step=1, from_="", mean=[None], min=[None], max=[None])
            case "metrics.snapshot":
                self.tell("metrics", msgspec.to_builtins(LOOK))
                return LOOK
            case _:
                return ActiveAlerts(alerts=[])

    def tell(self, topic: Any, payload: Any) -> None:
        if self.subscribed:
            self.told.append(Event(subscription="s", topic=topic, seq=1, payload=payload))


async def test_what_happens_while_the_page_is_filled_is_on_it() -> None:
    sidecar: Any = Turning()
    found = await followed(sidecar, sidecar.told)
    assert len(found.cpu) == 1
    for event in sidecar.told:
        found.take(event)
    assert line_of(texts(found, 80, None), "works.mp4") == "works.mp4 completed"
    # The look that was asked for is the one that was told: it counts once.
    assert len(found.cpu) == 1


def has(*words: str) -> Callable[[list[str]], bool]:
    """Whether each of these words is on a page."""
    return lambda lines: all(any(word in line for line in lines) for word in words)


async def test_the_screen_of_a_sidecar_that_runs_and_of_the_next(tmp_path: Path) -> None:
    env = environment(tmp_path)
    async with AsyncExitStack() as first:
        server = await first.enter_async_context(spawned(tmp_path))
        project = {"path": str(write_project(tmp_path / "p.json"))}
        await server.request("render.start", project=project, output=str(tmp_path / "later.mp4"), paused=True)
        with screen([str(PROGRAM), "top"], columns=80, rows=24, env=env) as shown:
            before = shown.settings()
            pid = f"pid {server.process.pid} "
            lines = await trio.to_thread.run_sync(shown.until, has(pid, "later.mp4", "paused", "initialize", "of "))
            assert len(lines) == 24
            assert {cell_len(line) for line in lines} == {80}
            shown.resize(130, 40)
            lines = await trio.to_thread.run_sync(shown.until, lambda lines: len(lines) == 40)
            assert {cell_len(line) for line in lines} == {130}
            await first.aclose()
            await trio.to_thread.run_sync(shown.until, lambda lines: "is lost" in lines[0] or "has ended" in lines[0])
            async with spawned(tmp_path) as second:
                pid = f"pid {second.process.pid} "
                await trio.to_thread.run_sync(shown.until, has(pid, "later.mp4"))
                shown.type(b"q")
                code, rest = await trio.to_thread.run_sync(shown.ended)
            assert code == 0
            # The terminal is as it was: its own screen, its cursor, and what is typed is shown.
            assert rest.rindex("\x1b[?1049l") > rest.rindex(HOME)
            assert rest.rindex("\x1b[?25h") > rest.rfind("\x1b[?25l")
            assert shown.settings() == before
