"""Runs commands that are fed: every feed is decoded as plainly as can be, and written to its FIFO by a thread."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from protocol.project import VideoExport
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.picture.feeds import Feed
from sidecar.ffmpeg.builder.preview import Fed, Image, preview_command
from sidecar.services.preview.decoding.messages import Format, Reduction
from sidecar.services.preview.decoding.reducing import Reducer
from sidecar.services.preview.parts import Images, part, png, webp
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE
from tests.harness.rendering import RESOURCES, timeline_of

RENAMED = {"yuvj420p": "yuv420p", "yuvj422p": "yuv422p", "yuvj444p": "yuv444p", "yuvj440p": "yuv440p"}


def composed(
    timeline: Timeline,
    work: Path,
    *,
    window: tuple[int, int],
    size: tuple[int, int] | None = None,
    image: Image = "raw",
    fed: bool = True,
) -> bytes:
    """Return what a preview of project frames [first, end) writes, at the export's size where none is given."""
    return output_of_fed(command_of(timeline, window=window, size=size, image=image, fed=fed), work)


def command_of(
    timeline: Timeline,
    *,
    window: tuple[int, int],
    size: tuple[int, int] | None = None,
    image: Image = "raw",
    fed: bool = True,
) -> Fed:
    """Build the same command."""
    span = output_span(timeline, timeline.project.export)
    return preview_command(
        timeline,
        timeline.project.export,
        RESOURCES,
        window=window,
        size=size or (span.width, span.height),
        image=image,
        fed=fed,
    )


def composed_of(raw: Mapping[str, Any], work: Path, **how: Any) -> bytes:
    """Return what a preview of a project writes."""
    return composed(timeline_of(raw, work), work, **how)


def pixel_format_of(timeline: Timeline) -> str:
    """Return the pixel format of the export."""
    return (timeline.project.export.video or VideoExport()).pixel_format


def images_of(data: bytes, kind: str, count: int = 1) -> list[bytes]:
    """Cut so many images of a kind."""
    parts = Images({"jpeg": part, "webp": webp, "png": png}[kind])
    parts.feed(data)
    images = [parts.next() for _ in range(count)]
    return [image for image in images if image is not None]


def output_of_fed(fed: Fed, work: Path, *, seconds: float = PATIENCE) -> bytes:
    """Run a command in `work`, feed it, and return what it wrote to stdout; a failure fails the test."""
    built = arguments(fed.command)
    for file in built.files:
        (work / file.name).write_bytes(file.content)
    for feed in fed.feeds:
        (work / feed.name).unlink(missing_ok=True)
        os.mkfifo(work / feed.name)
    process = subprocess.Popen(
        [ffmpeg(), "-y", *built.argv],
        cwd=work,
        env={**os.environ, **dict(fed.command.environment)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    faults: list[BaseException] = []
    writers = [
        threading.Thread(target=_guarded, args=(_write, feed, work, process, faults), daemon=True) for feed in fed.feeds
    ]
    for writer in writers:
        writer.start()
    try:
        out, said = process.communicate(timeout=seconds)
    finally:
        process.kill()
        process.wait()
    for writer in writers:
        writer.join(timeout=seconds)
        assert not writer.is_alive()
    for feed in fed.feeds:
        (work / feed.name).unlink()
    assert not faults, faults
    assert process.returncode == 0, f"{built.graph}\n{said.decode(errors='replace')}"
    return out


def _guarded(
    write: Callable[[Feed, Path, Any], None], feed: Feed, work: Path, process: Any, faults: list[BaseException]
) -> None:
    try:
        write(feed, work / feed.name, process)
    except BaseException as fault:  # noqa: BLE001 - the test's own thread raises it
        faults.append(fault)
        process.kill()


def _write(feed: Feed, fifo: Path, process: subprocess.Popen[bytes]) -> None:
    frames = wanted_frames(feed, fifo.parent)
    target = _opened(fifo, process)
    if target is None:
        return
    with os.fdopen(target, "wb", buffering=0) as out, suppress(BrokenPipeError):
        for frame in frames:
            left = memoryview(frame)
            while left:
                left = left[out.write(left) :]


def _opened(fifo: Path, process: subprocess.Popen[bytes]) -> int | None:
    """Open a FIFO once it has a reader; None where the reader ends before."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None:
        assert time.monotonic() < end
        try:
            target = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as fault:
            if fault.errno != errno.ENXIO:
                raise
            threading.Event().wait(0.002)
        else:
            os.set_blocking(target, True)
            return target
    return None


def wanted_frames(feed: Feed, base: Path) -> list[bytes]:
    """Decode a file from its beginning, and return the raw frames of a feed."""
    chosen: dict[int, VideoFrame] = {}
    for pts, frame in _decoded(feed, base):
        for tick in set(feed.ticks):
            if pts <= tick or tick not in chosen:
                chosen[tick] = frame
        if pts > max(feed.ticks):
            break
    raw = {tick: _as_fed(frame, feed) for tick, frame in chosen.items()}
    return [raw[tick] for tick in feed.ticks]


def _as_fed(frame: VideoFrame, feed: Feed) -> bytes:
    """Return the bytes of a stored frame, or of what decoders make of it first."""
    small = feed.reduction
    if small is None:
        return raw_bytes(frame, Format(feed.pixel_format, feed.width, feed.height))
    made = Format(small.pixel_format, small.width, small.height)
    stored = Format(feed.pixel_format, feed.width, feed.height)
    reducer = Reducer(Reduction(small.steps, made), stored, os.fsencode(feed.path))
    return raw_bytes(reducer.reduced(frame), made)


def _decoded(feed: Feed, base: Path) -> Iterator[tuple[int, VideoFrame]]:
    """Decode all frames in the order in which they are shown, with their timestamps."""
    with av.open(str(base / feed.path)) as container:
        stream = next(each for each in container.streams.video if each.index == feed.stream)
        decoder = stream.codec_context
        if feed.decoder is not None:
            made = CodecContext.create(feed.decoder, "r")
            assert isinstance(made, VideoCodecContext)
            made.extradata = decoder.extradata
            decoder = made
        for packet in container.demux(stream):
            for frame in decoder.decode(packet if packet.size else None):
                # A single picture has no time.
                yield frame.pts if frame.pts is not None else frame.dts or 0, frame


def raw_bytes(frame: VideoFrame, wanted: Format) -> bytes:
    """Return the planes of a frame without padding."""
    name = RENAMED.get(frame.format.name, frame.format.name)
    assert Format(name, frame.width, frame.height) == wanted
    planes = []
    for number, plane in enumerate(frame.planes):
        parts = [part for part in frame.format.components if part.plane == number]
        size = sum(-(-part.bits // 8) for part in parts) * plane.width
        if len(frame.planes) == 1:
            size = frame.format.padded_bits_per_pixel // 8 * plane.width
        rows = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, :size]
        planes.append(rows.tobytes())
    return b"".join(planes)
