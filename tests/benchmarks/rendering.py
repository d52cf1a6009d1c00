"""A render by the sidecar and the same by one FFmpeg command, in interleaved pairs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import decode_rgb, ffmpeg, make_clip

SAME_PICTURE = 28.0
"""Least PSNR (dB) of every frame of ours against the peer's: a wrong frame of these sources has less than 20."""


def compare(
    name: str,
    project: dict[str, Any],
    written: Callable[[Sequence[str]], Sequence[str]],
    work: Path,
    *,
    pairs: int,
    frames: int,
    conditions: str,
) -> Iterator[Figure]:
    """Render both in pairs, ours for the first time each time; the peer has to show the same pictures.

    `written` makes the hand-written command's arguments (all but the program and the target) out of the options of
    both encoders, which are ours: the comparison is of everything else.
    """
    with warmed() as server:
        encoding = encoding_of(server, project)
        rendered(server, project, work / "warm.mp4")
    command = [ffmpeg(), *written(encoding)]
    run_peer(command, work / "peer.mp4")
    check_same(work / "warm.mp4", work / "peer.mp4", frames)
    ours, peer = [], []
    for pair in range(pairs):
        # Who is first alternates, so that a drift of the machine hits both alike.
        if pair % 2:
            peer.append(run_peer(command, work / "peer.mp4"))
        with warmed() as server:
            ours.append(rendered(server, project, work / "ours.mp4"))
        if not pair % 2:
            peer.append(run_peer(command, work / "peer.mp4"))
    said = f"{conditions}: {' '.join(encoding)}"
    for index, (what, target) in enumerate((("cpu", 1.10), ("wall", 1.05))):
        mine, theirs = [run[index] for run in ours], [run[index] for run in peer]
        yield paired(f"{name}.{what}", "s", mine, theirs, target=target, bound="at most", conditions=said)


@contextmanager
def warmed() -> Iterator[Server]:
    """Run a sidecar with an empty cache that has rendered a small file of its own.

    So what it imports on first use is there, and the worker that reads files, as it is where a project is edited.
    """
    with sidecar() as server, TemporaryDirectory() as folder:
        source = make_clip(Path(folder) / "source.mp4", seconds=0.2, size=(64, 64), audio="stereo")
        rendered(server, _warming(source), Path(folder) / "warm.mp4")
        yield server


def _warming(source: Path) -> dict[str, Any]:
    clip = {"source": {"kind": "file", "path": str(source)}, "start": 0, "duration": 0.2}
    return {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 64,
        "height": 64,
        "tracks": [{"kind": "video", "clips": [clip]}],
        "export": {"video": {"copy": "off"}},
    }


def check_same(ours: Path, peer: Path, frames: int) -> None:
    """Fail unless both files hold `frames` frames and show the same pictures."""
    mine, theirs = decode_rgb(ours), decode_rgb(peer)
    assert len(mine) == len(theirs) == frames, (len(mine), len(theirs), frames)
    for number, (left, right) in enumerate(zip(mine, theirs, strict=True)):
        error = float(np.mean((left.astype(np.float32) - right.astype(np.float32)) ** 2))
        ratio = 10 * np.log10(255**2 / max(error, 1e-9))
        assert ratio >= SAME_PICTURE, f"frame {number}: {ratio:.1f} dB"


def encoding_of(server: Server, project: dict[str, Any]) -> list[str]:
    """The options of both encoders, as our own command has them: the comparison is of everything else."""
    built = server.call("ffmpeg.command", {"builder": "render", "parameters": {"project": {"inline": project}}})
    argv = built["argv"]
    wanted = (
        "-c:v",
        "-preset",
        "-crf",
        "-g",
        "-x264-params",
        "-pix_fmt",
        "-c:a",
        "-b:a",
        "-aac_coder",
        "-bf",
        "-profile:v",
    )
    return [part for name, value in pairwise(argv) if name in wanted for part in (name, value)]


def run_peer(command: list[str], target: Path) -> tuple[float, float]:
    """CPU and wall seconds of the command."""
    began = time.perf_counter()
    process = subprocess.Popen([*command, str(target)], stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime, taken


def rendered(server: Server, project: dict[str, Any], target: Path) -> tuple[float, float]:
    """CPU seconds of the sidecar and its children, and wall seconds from request to the finished file."""
    before, began = _cpu(server.pid), time.perf_counter()
    job = server.call("render.start", {"project": {"inline": project}, "output": str(target), "overwrite": True})
    server.call("events.subscribe", {"topics": ["render.state"], "jobId": job["jobId"]})
    while server.call("render.job", {"jobId": job["jobId"]})["state"] not in ("completed", "failed", "cancelled"):
        server.notice()
    taken = time.perf_counter() - began
    job = server.call("render.job", {"jobId": job["jobId"]})
    assert job["state"] == "completed", job["error"]
    return _cpu(server.pid) - before, taken


def _cpu(pid: int) -> float:
    """CPU seconds of a process and of the children that it has waited for."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
