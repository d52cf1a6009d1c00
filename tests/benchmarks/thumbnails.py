"""Thumbnails of minutes of 1080p, against bare PyAV that seeks by the file's index."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import make_clip, run_ffmpeg

COUNT = 44
FREE = 0.020
"""Seconds that the target grants besides."""
TARGET = 1.2

BARE = """
import sys, time
from bisect import bisect_right
from fractions import Fraction
import av

def thumbnails(path, count):
    began = time.perf_counter()
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 160, 90, "yuvj420p", Fraction(1, 25)
    encoder.thread_count, encoder.options = 1, {"qmin": "8", "qmax": "8"}
    images = []
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        keys = [entry.timestamp for entry in stream.index_entries if entry.flags & 1]
        length = float(stream.duration)
        for number in range(count):
            at = length * (number + 0.5) / count
            container.seek(keys[bisect_right(keys, at) - 1], stream=stream)
            frame = next(container.decode(stream)).reformat(160, 90, "yuvj420p", dst_colorspace="ITU601")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            images += [bytes(packet) for packet in encoder.encode(frame)]
    assert len(images) == count
    return time.perf_counter() - began

count = int(sys.argv[1])
thumbnails(sys.argv[2], 2)
print(thumbnails(sys.argv[3], count))
"""


def measure(*, short: bool) -> Iterator[Figure]:
    """Ask for strips of copies of one film, each for the first time; a worker and the peer are warm."""
    pairs, seconds = (2, 60) if short else (7, 360)
    with tempfile.TemporaryDirectory() as folder, sidecar() as server:
        work = Path(folder)
        source = _source(work, seconds)
        warm = work / "warm.mp4"
        warm.write_bytes((work / "unit.mp4").read_bytes())
        asked(server, warm, 2)
        ours, peer = [], []
        for pair in range(pairs):
            copy = work / f"{pair}.mp4"
            copy.write_bytes(source.read_bytes())
            if pair % 2:
                peer.append(bare(warm, copy))
            ours.append(asked(server, copy, COUNT))
            if not pair % 2:
                peer.append(bare(warm, copy))
            copy.unlink()
    conditions = (
        f"{COUNT} JPEGs of 160×90 from {seconds} s of 1080p30 H.264, keyframes every 8 s, request to answer, cold cache, "
        f"warm worker; peer: bare PyAV and {1000 * FREE / TARGET:.1f} ms, which the target grants 1.2 times"
    )
    yield paired("thumbnails", "s", ours, peer, target=TARGET, bound="at most", conditions=conditions)


def asked(server: Server, path: Path, count: int) -> float:
    """Seconds from a request to its answer."""
    began = time.perf_counter()
    found = server.call("media.filmstrip", {"path": str(path), "count": count})
    taken = time.perf_counter() - began
    assert found["cached"] == 0
    assert all(frame["image"] for frame in found["frames"])
    return taken


def bare(warm: Path, path: Path) -> float:
    """Seconds that PyAV alone takes, in a process that has done the like before, and what the target grants."""
    arguments = [sys.executable, "-c", BARE, str(COUNT), str(warm), str(path)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return float(done.stdout) + FREE / TARGET


def _source(work: Path, seconds: int) -> Path:
    unit = make_clip(
        work / "unit.mp4",
        seconds=20,
        rate="30",
        size=(1920, 1080),
        picture="testsrc2",
        color=("tv", "bt709", "bt709", "bt709"),
        gop=240,
        b_frames=2,
    )
    film = work / "film.mp4"
    run_ffmpeg(["-stream_loop", str(seconds // 20 - 1), "-i", str(unit), "-c", "copy", str(film)], seconds=300)
    return film
