"""Probing many files, against what opening them alone costs; the first of an import; a file of 20 GB."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.figure import Figure, alone, paired
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.paths import HAVE_MEDIA, MEDIA
from tests.harness.sparse import stretch

COPIES = 1_000
VISIBLE = 20
LARGE = 20 * 10**9
MINUTES = 30

OPENER = """
import sys
import av, av.logging
av.logging.set_level(av.logging.PANIC)
paths = sys.stdin.readline().rstrip("\\n").split("\\0")
print("ready", flush=True)
sys.stdin.readline()
for path in paths:
    with av.open(path):
        pass
print("done", flush=True)
"""
"""The peer: a process that opens files, and nothing else."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure probes of copies, the first twenty of an import, and a probe of a huge file."""
    pairs, copies = (1, 2 * VISIBLE) if short else (7, COPIES)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        files = _copies(work, copies)
        mine, theirs, visible = [], [], []
        for pair in range(pairs):
            if pair % 2:
                theirs.append(_opened(files))
            every, first = _imported(files)
            mine.append(every)
            visible.append(first)
            if not pair % 2:
                theirs.append(_opened(files))
        conditions = f"{copies} copies of {_what()}, nothing known of them, files in the page cache"
        yield paired(
            "probe.copies",
            "1/s",
            [copies / seconds for seconds in mine],
            [copies / seconds for seconds in theirs],
            target=0.7,
            bound="at least",
            conditions=f"{conditions}; from project.update to the last media.changed",
        )
        yield alone(
            "probe.visible",
            "s",
            visible,
            target=0.15,
            conditions=f"{conditions}; from project.update to media.changed of the first {VISIBLE}, which are in sight",
        )
        yield alone(
            "probe.large",
            "s",
            _large(work, pairs, short=short),
            target=0.3,
            conditions="MP4 of 20 GB, mostly a hole, its index at the end, request to answer",
        )


def _what() -> str:
    return "the shared media" if HAVE_MEDIA else "generated clips"


def _copies(work: Path, count: int) -> list[Path]:
    """Copy media in turns; each copy is a file of its own."""
    if HAVE_MEDIA:
        sources = sorted(path for path in MEDIA.iterdir() if path.suffix != ".md")
    else:
        suffixes = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mp3", ".wav")
        sources = [make_clip(work / f"source{suffix}", seconds=4, audio="stereo") for suffix in suffixes]
    files = work / "files"
    files.mkdir()
    made = []
    for number in range(count):
        source = sources[number % len(sources)]
        made.append(Path(shutil.copyfile(source, files / f"{number:04}-{source.name}")))
    return made


def _imported(files: Sequence[Path]) -> tuple[float, float]:
    """Import files into an open project; return the seconds until all are read, and until those in sight are."""
    shown = files[len(files) // 2 :][:VISIBLE]
    media = [{"id": f"m{number}", "path": str(path)} for number, path in enumerate(files)]
    with sidecar() as server:
        server.call("events.subscribe", {"topics": ["media.changed"]})
        opened = server.call("project.open", {"project": _project([])})
        project = {"id": opened["projectId"]}
        server.call("project.media", {"project": project, "visible": [str(path) for path in shown]})
        _rest(server)
        began = time.perf_counter()
        server.call(
            "project.update",
            {"projectId": opened["projectId"], "baseRevision": 1, "project": _project(media)},
        )
        waiting, sight, first = {str(path) for path in files}, {str(path) for path in shown}, 0.0
        while waiting:
            payload = server.notice()["params"]["payload"]
            if payload["state"] in ("ready", "failed"):
                waiting.discard(payload["path"])
                sight.discard(payload["path"])
                first = first or (0.0 if sight else time.perf_counter() - began)
        return time.perf_counter() - began, first


def _rest(server: Server) -> None:
    """Wait until the sidecar's workers have started, as those of an editor that has been open for a moment."""
    process, before = psutil.Process(server.pid), -1.0
    while (spent := sum(sum(child.cpu_times()[:2]) for child in process.children())) > before or not spent:
        before = spent
        time.sleep(1)


def _project(media: Sequence[dict[str, Any]]) -> dict[str, Any]:
    base = {"schema": "timeline/1", "id": "import", "frameRate": "25", "width": 1280, "height": 720, "tracks": []}
    return {**base, "media": media}


def _opened(files: Sequence[Path]) -> float:
    """Open files by two processes; return the seconds."""
    with _opener(files[::2]) as one, _opener(files[1::2]) as other:
        began = time.perf_counter()
        for process in (one, other):
            _say(process, "")
        for process in (one, other):
            _wait(process, "done")
        return time.perf_counter() - began


@contextmanager
def _opener(files: Sequence[Path]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", OPENER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            _say(process, "\0".join(map(str, files)))
            _wait(process, "ready")
            yield process
        finally:
            process.kill()


def _say(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()


def _wait(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == word


def _large(work: Path, count: int, *, short: bool) -> list[float]:
    """Seconds of a probe of a huge file, by a sidecar that has probed something small."""
    minute = make_clip(work / "minute.mp4", seconds=60, size=(64, 48), audio="stereo", gop=50)
    whole = work / "whole.mp4"
    times = 1 if short else MINUTES
    run_ffmpeg(["-stream_loop", str(times - 1), "-i", str(minute), "-c", "copy", str(whole)])
    film = stretch(whole, work / "film.mp4", LARGE)
    with sidecar() as server:
        server.call("media.probe", {"path": str(minute)})
        return [_timed(server, film) for _ in range(3 * count)]


def _timed(server: Server, path: Path) -> float:
    began = time.perf_counter()
    answer = server.call("media.probe", {"path": str(path), "refresh": True})
    assert answer["durationFrom"] == "index"
    return time.perf_counter() - began
