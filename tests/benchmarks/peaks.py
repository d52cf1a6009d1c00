"""Peaks of an hour of sound, against a bare decoding of the same file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, paired
from tests.benchmarks.server import Server, sidecar
from tests.harness.media import run_ffmpeg

SECONDS = 3600

BARE = """
import sys, time, av
av.open(sys.argv[1]).close()
for path in sys.argv[1:]:
    began = time.perf_counter()
    with av.open(path) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    print(time.perf_counter() - began, samples)
"""


def measure(*, short: bool) -> Iterator[Figure]:
    """Ask for peaks of copies of one file, each for the first time; a worker and the peer are warm."""
    pairs, seconds = (2, 60) if short else (7, SECONDS)
    with tempfile.TemporaryDirectory() as folder, sidecar() as server:
        work = Path(folder)
        source = _source(work / "source.m4a", seconds)
        asked(server, _source(work / "warm.m4a", 1))
        ours, peer = [], []
        for pair in range(pairs):
            copy = work / f"{pair}.m4a"
            copy.write_bytes(source.read_bytes())
            if pair % 2:
                peer.append(bare(copy))
            ours.append(asked(server, copy))
            if not pair % 2:
                peer.append(bare(copy))
            copy.unlink()
    conditions = f"{seconds} s of stereo AAC at 48 kHz, request to answer, cold cache, warm worker; levels of 64·2^n"
    yield paired("peaks", "s", ours, peer, target=1.2, bound="at most", conditions=conditions)


def asked(server: Server, path: Path) -> float:
    """Seconds from a request to its answer."""
    began = time.perf_counter()
    found = server.call("media.waveform", {"path": str(path)})
    taken = time.perf_counter() - began
    assert not found["cached"]
    assert found["length"] > 0
    return taken


def bare(path: Path) -> float:
    """Seconds of decoding with PyAV alone, once the file is open in a process that has decoded before."""
    done = subprocess.run([sys.executable, "-c", BARE, str(path)], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def _source(path: Path, seconds: int) -> Path:
    """Music-like sound: three tones that swell, and noise."""
    tones = "0.2*sin(2*PI*220*t)*sin(t)+0.1*sin(2*PI*1330*t)*cos(t/3)+0.05*random(0)"
    graph = f"aevalsrc={tones}|{tones}:s=48000:d={seconds}"
    run_ffmpeg(["-f", "lavfi", "-i", graph, "-c:a", "aac", "-b:a", "128k", str(path)], seconds=300)
    return path
