"""How many bits more a render takes than one command for the same picture: Bjøntegaard's difference of rates."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.benchmarks.figure import Figure, alone
from tests.benchmarks.rendering import encoding_of, rendered, run_peer, warmed
from tests.benchmarks.server import Server
from tests.harness.media import ffmpeg, make_clip
from tests.harness.paths import HAVE_MEDIA, MEDIA

QUALITIES = (85, 70, 50, 35)
"""Four points of our scale: the difference is a mean over the range that both curves cover."""

Point = tuple[float, float]
"""Bits of all pictures, and the PSNR of their luma in dB."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Encode each film at four qualities by the sidecar and by hand, and compare the curves of bits and PSNR."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        films = _films(work, short=short)
        with warmed() as server:
            ratios = [_more_bits(server, path, seconds, work) for path, seconds in films]
    names = ", ".join(path.name for path, _ in films)
    conditions = f"H.264, qualities {QUALITIES}, PSNR of luma against the composed picture: {names}"
    yield alone("render.bits", "ratio", ratios, target=1.03, conditions=conditions)


def _films(work: Path, *, short: bool) -> list[tuple[Path, int]]:
    """Files that begin at 0 without offsets, and the whole seconds that are rendered of each."""
    color = ("tv", "bt709", "bt709", "bt709")
    size, seconds = ((320, 180), 5) if short else ((1280, 720), 12)
    made = make_clip(work / "made.mp4", seconds=seconds, size=size, picture="testsrc2", audio=None, color=color)
    if short or not HAVE_MEDIA:
        return [(made, seconds)]
    return [(MEDIA / "hevc-1080p-gop150.mp4", 10), (MEDIA / "bbb-720p-5.1.mp4", 5), (MEDIA / "speech-42s.mp4", 42)]


def _more_bits(server: Server, path: Path, seconds: int, work: Path) -> float:
    """How many times the peer's bits ours are, for the same PSNR against the picture that both are given."""
    reference = work / "reference.mkv"
    rendered(server, _project(path, seconds, {"codec": "ffv1", "rateControl": "lossless"}, "mkv"), reference)
    ours, peer = [], []
    for quality in QUALITIES:
        project = _project(path, seconds, {"codec": "h264", "quality": quality}, "mp4")
        encoding = encoding_of(server, project)
        rendered(server, project, work / "ours.mp4")
        run_peer([ffmpeg(), *_QUIET, "-i", str(reference), *encoding], work / "peer.mp4")
        ours.append((_bits(work / "ours.mp4"), _psnr(work / "ours.mp4", reference)))
        peer.append((_bits(work / "peer.mp4"), _psnr(work / "peer.mp4", reference)))
    return _difference(peer, ours)


_QUIET = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")


def _project(path: Path, seconds: int, video: dict[str, Any], container: str) -> dict[str, Any]:
    """The film at its own size and rate."""
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        size, rate = (stream.width, stream.height), stream.average_rate
    clip = {"source": {"kind": "file", "path": str(path)}, "start": 0, "duration": seconds}
    return {
        "schema": "timeline/1",
        "frameRate": str(rate),
        "width": size[0],
        "height": size[1],
        "tracks": [{"kind": "video", "clips": [clip]}],
        "export": {"container": container, "video": {**video, "copy": "off"}, "audio": None},
    }


def _bits(path: Path) -> float:
    with av.open(str(path)) as container:
        return 8.0 * sum(packet.size for packet in container.demux(video=0))


def _psnr(path: Path, reference: Path) -> float:
    """PSNR of luma over all pictures, by their numbers."""
    # Not every container keeps the tags, and pictures whose tags differ would be made alike first.
    same = "settb=1/25,setpts=N,setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    pads = f"[0:v]{same}[a];[1:v]{same}[b]"
    graph = f"{pads};[a][b]psnr=stats_file=-"
    told = _ffmpeg(["-i", str(path), "-i", str(reference), "-filter_complex", graph, "-f", "null", "-"])
    errors = [float(line.split("mse_y:")[1].split()[0]) for line in told.splitlines() if "mse_y:" in line]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def _difference(peer: Sequence[Point], ours: Sequence[Point]) -> float:
    """Mean ratio of the bits of ours to the peer's over the PSNRs of both.

    Bjøntegaard, VCEG-M33 (2001): a cubic through four points of log rate over PSNR each, integrated.
    """
    low = max(min(psnr for _, psnr in curve) for curve in (peer, ours))
    high = min(max(psnr for _, psnr in curve) for curve in (peer, ours))
    means = []
    for curve in (peer, ours):
        bits, psnr = np.array(curve).T
        integral = np.polyint(np.polyfit(psnr - low, np.log(bits), len(curve) - 1))
        means.append(float(np.polyval(integral, high - low) - np.polyval(integral, 0.0)) / (high - low))
    return float(np.exp(means[1] - means[0]))


def _ffmpeg(arguments: Sequence[str]) -> str:
    command = [ffmpeg(), *_QUIET, *arguments]
    return subprocess.run(command, check=True, timeout=900, capture_output=True, text=True).stdout
