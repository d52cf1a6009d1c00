"""Plays of three layers of 1080p at 640×360: how soon they begin, whether they keep up, when an edit is seen."""

from __future__ import annotations

import http.client
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.benchmarks.figure import Figure, alone
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import decode_rgb, make_clip

SIZE = (1920, 1080)
RATE = 30
RED, NEAR = (0xC8, 0x20, 0x20), 10
"""The colour that an edit lays over everything."""

CODECS = ['video/webm; codecs="vp9,opus"']

_CLUSTER = re.compile(
    rb"\x1f\x43\xb6\x75(?:[\x80-\xff]|[\x40-\x7f].|[\x20-\x3f]..|[\x10-\x1f]...)\xe7([\x81-\x84])", re.DOTALL
)


@dataclass(slots=True)
class Reading:
    """A play that is read: when its first bytes came, its first cluster, and how much later than its time each one did.

    A player begins with the first cluster.
    """

    asked: float
    data: bytearray = field(default_factory=bytearray)
    first: float = 0.0
    begun: float = 0.0
    late: list[tuple[float, float]] = field(default_factory=list)
    _scanned: int = 0

    def latest(self, until: float = inf) -> float:
        """Seconds by which the latest cluster came late, of those behind the first up to a second of the stream."""
        return max(late for seconds, late in self.late[1:] if seconds <= until)

    def take(self, part: bytes) -> None:
        """Take what has come just now."""
        now = time.perf_counter()
        self.first = self.first or now
        self.data += part
        for found in _CLUSTER.finditer(self.data, self._scanned):
            width = found[1][0] - 0x80
            stamp = bytes(self.data[found.end() : found.end() + width])
            if len(stamp) < width:
                break
            seconds = int.from_bytes(stamp, "big") / 1000
            self.begun = self.begun or now
            self.late.append((seconds, now - self.begun - seconds))
            self._scanned = found.end()


def measure(*, short: bool) -> Iterator[Figure]:
    """Begin plays, read one for a minute, and edit what is played."""
    times, seconds = (2, 3) if short else (15, 60)
    with tempfile.TemporaryDirectory() as folder, sidecar() as server:
        work = Path(folder)
        project = _project(work, seconds)
        opened = {"id": server.call("project.open", {"project": project})["projectId"]}
        told = f"three layers of 1080p{RATE} H.264 and their sound, GOP 60, at 640×360 as VP9 and Opus"
        _read(server, opened, 1.0)
        firsts = []
        for number in range(times):
            reading = _read(server, opened, 0.0, begin=number * 7 % (RATE * (seconds - 1)))
            firsts.append(reading.first - reading.asked)
        yield alone("play.first", "s", firsts, target=0.400, conditions=f"{told}; request written to first byte read")
        before = _spent(server)
        minute = _read(server, opened, float(seconds))
        cost = (_spent(server) - before) / minute.late[-1][0]
        yield alone("play.late", "s", [minute.latest()], target=0.0, conditions=f"{told}; the latest of {seconds} s")
        yield alone(
            "play.cost", "s/s", [cost], target=1.4, conditions=f"{told}; processors, all processes, {seconds} s"
        )
        after = 1.0 if short else 10.0
        edits = [_edited(server, opened, work, number, after) for number in range(max(2, times // 5))]
        shown = f"{told}; an edit at second {after:.0f}, until it is on the screen"
        yield alone("play.edit", "s", edits, target=0.700, conditions=shown)


def _spent(server: Server) -> float:
    """Processor seconds of the sidecar and all that it has started."""
    process = psutil.Process(server.pid)
    spent = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    return spent


def _read(server: Server, project: dict[str, Any], seconds: float, begin: int = 0) -> Reading:
    """Read a play for so many seconds from its first byte on, then end it."""
    reading, answer, play_id = _begin(server, project, begin)
    while part := answer.read1(65_536):
        reading.take(part)
        if time.perf_counter() - reading.first > seconds:
            break
    server.call("preview.stop", {"playId": play_id})
    answer.close()
    return reading


def _begin(server: Server, project: dict[str, Any], frame: int) -> tuple[Reading, http.client.HTTPResponse, str]:
    reading = Reading(time.perf_counter())
    asked = {"project": project, "from": {"frame": frame}, "codecs": CODECS, "media": "original"}
    playing = server.call("preview.play", asked)
    url = urlsplit(playing["stream"]["url"])
    connection = http.client.HTTPConnection(url.netloc)
    connection.request("GET", url.path)
    return reading, connection.getresponse(), playing["playId"]


def _edited(server: Server, project: dict[str, Any], work: Path, number: int, after: float) -> float:
    """Seconds from an edit that turns everything red until a player that began at once shows it; `after` seconds of play."""
    reading, answer, play_id = _begin(server, project, 0)
    revision = server.call("project.get", {"projectId": project["id"]})["revision"]
    path = {"projectId": project["id"], "patch": [{"op": "replace", "path": "/tracks/3/enabled", "value": True}]}
    edited: float | None = None
    while part := answer.read1(65_536):
        reading.take(part)
        now = time.perf_counter() - reading.begun if reading.begun else 0.0
        if edited is None and now > after:
            edited = now
            revision = server.call("project.update", {**path, "baseRevision": revision})["revision"]
        if edited is not None and now > edited + 1.5:
            break
    server.call("preview.stop", {"playId": play_id})
    answer.close()
    back = [{"op": "replace", "path": "/tracks/3/enabled", "value": False}]
    server.call("project.update", {"projectId": project["id"], "baseRevision": revision, "patch": back})
    written = work / f"edited-{number}.webm"
    written.write_bytes(reading.data)
    apart = [float(abs(frame.mean(axis=(0, 1)) - RED).max()) for frame in decode_rgb(written)]
    red = next(place for place, difference in enumerate(apart) if difference < NEAR)
    assert edited is not None
    # A player that has run dry stands still meanwhile.
    return red / RATE + max(0.0, reading.latest(red / RATE)) - edited


def _project(work: Path, seconds: int) -> dict[str, Any]:
    sources = [
        make_clip(
            work / f"{name}.mp4",
            seconds=min(seconds, 20),
            rate=str(RATE),
            size=SIZE,
            picture=name,
            color=("tv", "bt709", "bt709", "bt709"),
            gop=60,
            b_frames=2,
            audio="stereo",
        )
        for name in ("testsrc2", "testsrc", "smptehdbars")
    ]

    def clips(source: Path) -> list[dict[str, Any]]:
        made = {"kind": "file", "path": str(source)}
        return [{"source": made, "start": start, "duration": min(20, seconds)} for start in range(0, seconds, 20)]

    def inset(source: Path, place: float) -> dict[str, Any]:
        shape = {"scaleX": 0.4, "scaleY": 0.4, "x": place}
        return {"kind": "video", "clips": [{**clip, "transform": shape, "opacity": 0.9} for clip in clips(source)]}

    red = {"source": {"kind": "color", "color": "#C82020"}, "start": 0, "duration": seconds}
    return {
        "schema": "timeline/1",
        "id": "played",
        "frameRate": str(RATE),
        "width": SIZE[0],
        "height": SIZE[1],
        "tracks": [
            {"kind": "video", "clips": clips(sources[0])},
            inset(sources[1], -0.25),
            inset(sources[2], 0.25),
            {"kind": "video", "enabled": False, "clips": [red]},
        ],
    }
