"""Pictures of a 1080p project as an editor asks for them, from the request to the last byte, by the wire and by HTTP."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.preview import preview_command
from tests.benchmarks.figure import Figure, alone, paired
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import ffmpeg, make_clip
from tests.harness.rendering import RESOURCES, timeline_of

RATE = 30
SIZE = (1920, 1080)
WIDE = 640
FREE = 0.040
"""Seconds that the target of a random frame grants besides."""
TARGET = 1.2
STRIDE = 3
STEP = 1 / 200
"""Of an edit's brightness: what is less may be the same picture, which is then not made again."""

BARE = """
import sys, time
from bisect import bisect_right
import av

with av.open(sys.argv[1]) as container:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    keys = [entry.timestamp for entry in stream.index_entries if entry.flags & 1]
    for line in sys.stdin:
        tick = round(int(line) / RATE / stream.time_base)
        began = time.perf_counter()
        container.seek(keys[max(0, bisect_right(keys, tick) - 1)], stream=stream)
        for frame in container.decode(stream):
            if frame.pts >= tick:
                break
        print(time.perf_counter() - began, flush=True)
""".replace("RATE", str(RATE))


class Editor:
    """An editor's window: asks for pictures of one project and fetches them over a connection that it keeps."""

    def __init__(self, server: Server, project: dict[str, Any]) -> None:
        self._server = server
        self._project = {"id": server.call("project.open", {"project": project})["projectId"]}
        self._revision = 1
        self._http: http.client.HTTPConnection | None = None

    def shown(self, frame: int, origin: Sequence[str], **params: Any) -> float:
        """Seconds from asking for a frame to its last byte; it comes from where it is said to."""
        wanted = {"width": WIDE, "quality": 80, "view": "monitor", **params}
        began = time.perf_counter()
        found = self._server.call("preview.frame", {"project": self._project, "frame": frame, **wanted})
        url = urlsplit(found["image"]["url"])
        if self._http is None:
            self._http = http.client.HTTPConnection(url.netloc)
        self._http.request("GET", url.path)
        data = self._http.getresponse().read()
        taken = time.perf_counter() - began
        assert len(data) == found["image"]["bytes"]
        assert found["from"] in origin, found["from"]
        assert not found["problems"]
        return taken

    def edit(self, value: float) -> None:
        """Change one parameter of the lowest clip."""
        patch = [{"op": "replace", "path": "/tracks/0/clips/0/color/brightness", "value": value}]
        asked = {"projectId": self._project["id"], "baseRevision": self._revision, "patch": patch}
        self._revision = self._server.call("project.update", asked)["revision"]


def measure(*, short: bool) -> Iterator[Figure]:
    """Ask for frames again, step by step, after edits, at random, and while a render runs."""
    pairs, seconds = (2, 4) if short else (30, 20)
    with tempfile.TemporaryDirectory() as folder, sidecar() as server:
        work = Path(folder)
        source = make_clip(
            work / "source.mp4",
            seconds=seconds,
            rate=str(RATE),
            size=SIZE,
            picture="testsrc2",
            color=("tv", "bt709", "bt709", "bt709"),
            gop=240,
            b_frames=2,
        )
        yield from _forward(Editor(server, _project(source, seconds, 1)), pairs, seconds)
        yield from _edits(Editor(server, _project(source, seconds, 3)), pairs, _project(source, seconds, 3), work)
        yield from _random(server, _project(source, seconds, 1), pairs, source)
        yield from _beside_a_render(server, source, pairs, seconds, work)


def _forward(editor: Editor, pairs: int, seconds: int) -> Iterator[Figure]:
    told = f"JPEG of {WIDE} wide of a 1080p project with a title over {seconds} s of H.264, GOP 240"
    editor.shown(10, ["cold"])
    yield alone(
        "preview.cached", "s", [editor.shown(10, ["cache"]) for _ in range(pairs)], target=0.010, conditions=told
    )
    editor.shown(11, ["pipeline"])
    steps = [editor.shown(12 + step, ["pipeline", "cache"]) for step in range(pairs)]
    yield alone("preview.next", "s", steps, target=0.017, conditions=f"{told}; each frame when the last one is there")
    first = 12 + pairs
    strides = [editor.shown(first + STRIDE * step, ["pipeline", "cache"]) / STRIDE for step in range(pairs)]
    yield alone(
        "preview.scrub", "s", strides, target=1 / 60, conditions=f"{told}; every {STRIDE}rd frame, by frames passed"
    )


def _edits(editor: Editor, pairs: int, project: dict[str, Any], work: Path) -> Iterator[Figure]:
    """One parameter changed under three layers, and the peer: one FFmpeg that reads the files, for one frame."""
    told = "three layers of 1080p H.264 and a title, decoded before, one parameter changed between requests"
    frame = 30
    editor.shown(frame, ["cold"])
    timeline = timeline_of(project, work)
    size = WIDE, WIDE * SIZE[1] // SIZE[0]
    command = preview_command(
        timeline,
        timeline.project.export,
        RESOURCES,
        window=(frame, frame + 1),
        size=size,
        image=("jpeg", 80),
        fed=False,
    ).command
    built = arguments(command)
    for file in built.files:
        (work / file.name).write_bytes(file.content)
    ours, peer, full = [], [], []
    for pair in range(pairs):
        editor.edit(0.1 + STEP * pair)
        ours.append(editor.shown(frame, ["cold"]))
        began = time.perf_counter()
        subprocess.run([ffmpeg(), *built.argv], cwd=work, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        peer.append(time.perf_counter() - began)
        full.append(editor.shown(frame, ["cold"], format="png", width=SIZE[0]))
    yield alone("preview.edit", "s", ours, target=0.060, conditions=f"{told}; JPEG of {WIDE} wide")
    yield paired(
        "preview.process", "s", ours, peer, target=1.0, bound="at most", conditions=f"{told}; peer: one FFmpeg a frame"
    )
    yield alone("preview.png", "s", full, target=0.120, conditions=f"{told}; PNG at full size")


def _random(server: Server, project: dict[str, Any], pairs: int, source: Path) -> Iterator[Figure]:
    editor = Editor(server, {**project, "id": "random"})
    chance = random.Random(1)
    most = int(float(project["tracks"][0]["clips"][0]["duration"]) * RATE)
    frames = chance.sample(range(most), pairs)
    ours, peer = [], []
    with _bare(source) as seek:
        for place, frame in enumerate(frames):
            if place % 2:
                peer.append(seek(frame) + FREE / TARGET)
            ours.append(editor.shown(frame, ["cold", "pipeline"]))
            if not place % 2:
                peer.append(seek(frame) + FREE / TARGET)
    told = f"random frames of one source, GOP 240; peer: an exact seek in bare PyAV and {1000 * FREE / TARGET:.1f} ms"
    yield paired("preview.random", "s", ours, peer, target=TARGET, bound="at most", conditions=told)


def _beside_a_render(server: Server, source: Path, pairs: int, seconds: int, work: Path) -> Iterator[Figure]:
    """Edits while nothing runs, and the same while a render does: the slowest of twenty."""
    project = _project(source, seconds, 1)
    editor = Editor(server, {**project, "id": "busy"})
    editor.shown(30, ["cold"])
    rounds = max(2, pairs // 4)
    value = -0.9

    def slowest() -> float:
        nonlocal value
        taken = []
        for _ in range(20):
            value += STEP
            editor.edit(value)
            taken.append(editor.shown(30, ["cold"]))
        return sorted(taken)[-2]

    idle = [slowest() for _ in range(rounds)]
    long = {**_project(source, seconds, 3), "id": "job", "export": {"video": {"preset": "slow"}, "audio": None}}
    asked = {"project": {"inline": long}, "output": str(work / "out.mp4")}
    job = server.call("render.start", asked)["jobId"]
    busy = [slowest() for _ in range(rounds)]
    server.call("render.cancel", {"jobId": job})
    told = "p95 of 20 edits of one layer, while a render of three layers encodes; peer: while nothing runs"
    yield paired("preview.busy", "s", busy, idle, target=2.0, bound="at most", conditions=told)


def _project(source: Path, seconds: int, layers: int) -> dict[str, Any]:
    def clip(number: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "source": {"kind": "file", "path": str(source)},
            "start": 0,
            "duration": seconds - layers + 1,
            "sourceStart": number,
            "color": {"brightness": 0.0},
        }
        if number:
            made |= {"transform": {"scaleX": 0.4, "scaleY": 0.4, "x": 0.25 * number}, "opacity": 0.9}
        return made

    title = {"source": {"kind": "title", "text": "A title over it"}, "start": 0, "duration": seconds - layers + 1}
    return {
        "schema": "timeline/1",
        "id": f"layers{layers}",
        "frameRate": str(RATE),
        "width": SIZE[0],
        "height": SIZE[1],
        "tracks": [*({"kind": "video", "clips": [clip(number)]} for number in range(layers)), _track(title)],
        "export": {"audio": None},
    }


def _track(clip: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "video", "clips": [clip]}


@contextmanager
def _bare(source: Path) -> Iterator[Any]:
    """Seconds of an exact seek to a frame, by a process that has the file open."""
    with subprocess.Popen(
        [sys.executable, "-c", BARE, str(source)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def seek(frame: int) -> float:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{frame}\n")
            process.stdin.flush()
            return float(process.stdout.readline())

        seek(0)
        try:
            yield seek
        finally:
            process.kill()
