"""The first render of three clips, against the best single FFmpeg command written by hand."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import decode_rgb, ffmpeg, make_clip

CLIPS = 3
RATE = 25
SAME_PICTURE = 40.0
"""Least PSNR (dB) of every frame of ours against the peer's: a wrong frame of this source has less than 20."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Render both in interleaved pairs; the peer has to show the same pictures."""
    pairs, seconds = (2, 1) if short else (7, 6)
    with tempfile.TemporaryDirectory() as folder, sidecar() as server:
        work = Path(folder)
        sources = [_source(work / f"source{n}.mp4", seconds + 1) for n in range(CLIPS)]
        project = _project(sources, seconds)
        encoding = _encoding(server, project)
        command = [ffmpeg(), *_hand_written(sources, seconds, encoding)]
        ours = [_ours(server, project, work / "warm.mp4")]
        peer = [_peer(command, work / "peer.mp4")]
        check_same(work / "warm.mp4", work / "peer.mp4", CLIPS * seconds * RATE)
        for pair in range(pairs):
            # Who is first alternates, so that a drift of the machine hits both alike.
            if pair % 2:
                peer.append(_peer(command, work / "peer.mp4"))
            ours.append(_ours(server, project, work / f"ours{pair}.mp4"))
            if not pair % 2:
                peer.append(_peer(command, work / "peer.mp4"))
        conditions = (
            f"{CLIPS} clips of {seconds} s, 1280×720 at {RATE}, H.264 + AAC to H.264 + AAC: {' '.join(encoding)}"
        )
        for index, (name, target) in enumerate((("render.cpu", 1.10), ("render.wall", 1.05))):
            mine, theirs = [run[index] for run in ours[1:]], [run[index] for run in peer[1:]]
            yield paired(name, "s", mine, theirs, target=target, bound="at most", conditions=conditions)


def check_same(ours: Path, peer: Path, frames: int) -> None:
    """Fail unless both files hold `frames` frames and show the same pictures."""
    mine, theirs = decode_rgb(ours), decode_rgb(peer)
    assert len(mine) == len(theirs) == frames, (len(mine), len(theirs), frames)
    for number, (left, right) in enumerate(zip(mine, theirs, strict=True)):
        error = float(np.mean((left.astype(np.float32) - right.astype(np.float32)) ** 2))
        ratio = 10 * np.log10(255**2 / max(error, 1e-9))
        assert ratio >= SAME_PICTURE, f"frame {number}: {ratio:.1f} dB"


def _source(path: Path, seconds: int) -> Path:
    color = ("tv", "bt709", "bt709", "bt709")
    size = (1280, 720)
    return make_clip(path, seconds=seconds, rate=str(RATE), size=size, picture="testsrc2", audio="stereo", color=color)


def _project(sources: list[Path], seconds: int) -> dict[str, Any]:
    """Three cuts, each a piece of a file that begins half a second in."""
    clips = [
        {
            "source": {"kind": "file", "path": str(path)},
            "start": n * seconds,
            "duration": seconds,
            "sourceStart": 0.4,
        }
        for n, path in enumerate(sources)
    ]
    return {
        "schema": "timeline/1",
        "frameRate": str(RATE),
        "width": 1280,
        "height": 720,
        "tracks": [{"kind": "video", "clips": clips}],
        "export": {"container": "mp4", "video": {"codec": "h264", "copy": "off"}, "audio": {"codec": "aac"}},
    }


def _encoding(server: Server, project: dict[str, Any]) -> list[str]:
    """The options of both encoders, as our own command has them: the comparison is of everything else."""
    built = server.call("ffmpeg.command", {"builder": "render", "parameters": {"project": {"inline": project}}})
    argv = built["argv"]
    wanted = ("-c:v", "-preset", "-crf", "-g", "-x264-params", "-pix_fmt", "-c:a", "-b:a", "-bf", "-profile:v")
    return [part for name, value in pairwise(argv) if name in wanted for part in (name, value)]


def _hand_written(sources: list[Path], seconds: int, encoding: list[str]) -> list[str]:
    """What someone who knows FFmpeg well would type: seek before each input, one concat, nothing scaled needlessly."""
    inputs = [part for path in sources for part in ("-ss", "0.4", "-t", str(seconds), "-i", str(path))]
    pads = "".join(f"[{n}:v][{n}:a]" for n in range(CLIPS))
    graph = f"{pads}concat=n={CLIPS}:v=1:a=1[v][a]"
    tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
        *inputs,
        *("-filter_complex", graph, "-map", "[v]", "-map", "[a]"),
        *encoding,
        *tags,
        *("-movflags", "+faststart"),
    ]


def _peer(command: list[str], target: Path) -> tuple[float, float]:
    """CPU and wall seconds of the command."""
    began = time.perf_counter()
    process = subprocess.Popen([*command, str(target)], stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime, taken


def _ours(server: Server, project: dict[str, Any], target: Path) -> tuple[float, float]:
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
