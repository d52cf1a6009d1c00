"""`python -m tests.benchmarks.quality`: find where the encoders' scales give the quality that is promised.

The anchors of `encode_video.QUALITY` are the results: on each real clip, at 1080p and preset medium, an encoder writes
some frames at points of its own scale, VMAF (model v0.6.1, mean over frames) is measured against what it was given,
and the point of each target lies on the straight line between two neighbours. `--verify` measures the anchors themselves
instead: what a film of each quality comes to.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import msgspec

from protocol.project import Export, VideoExport
from protocol.project.export import VideoCodec
from sidecar.ffmpeg.builder.encode_video import video_options
from tests.harness.media import ffmpeg
from tests.harness.paths import SHARED

TARGETS = {95: 98.0, 85: 95.0, 70: 90.0, 50: 80.0, 30: 65.0}
"""Quality → mean VMAF."""

POINTS: dict[VideoCodec, tuple[int, ...]] = {
    "h264": (13, 19, 25, 32, 40),
    "hevc": (15, 21, 27, 34, 42),
    "vp9": (16, 30, 42, 53, 63),
    "av1": (16, 30, 42, 53, 63),
}

CLIPS = (
    ("hevc-1080p-gop150.mp4", "2"),
    ("mpegts-starts-1.5s.ts", "0.5"),
    ("bbb-720p-5.1.mp4", "2"),
)
"""Files, and the seconds at which the frames begin; the last is enlarged to 1080p."""

Scores = dict[int, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print, for each encoder, the points of all targets; write every score as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality", description=__doc__)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--only", choices=POINTS, action="append")
    parser.add_argument("--verify", action="store_true", help="measure the qualities of the table, not points")
    parser.add_argument("-o", "--output", type=Path, default=Path("quality.json"), metavar="FILE")
    options = parser.parse_args(arguments)
    found: dict[str, dict[str, Scores]] = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        references = [_reference(work, name, begin, options.frames) for name, begin in CLIPS]
        for codec in options.only or POINTS:
            asked = tuple(TARGETS) if options.verify else POINTS[codec]
            score = _score_of_quality if options.verify else _score
            scores = {each.stem: {value: score(each, codec, value, work) for value in asked} for each in references}
            found[codec] = scores
            mean = {value: fmean(each[value] for each in scores.values()) for value in asked}
            anchors = {quality: _at(mean, target) for quality, target in TARGETS.items()}
            sys.stdout.write(f"{codec}: {mean if options.verify else f'{anchors} {mean}'}\n")
            sys.stdout.flush()
            options.output.write_bytes(msgspec.json.encode(found))
    return 0


def _reference(work: Path, name: str, begin: str, frames: int) -> Path:
    """The frames as our encoders are given them: BT.709, limited range, 8 bits, 4:2:0."""
    target = work / f"{Path(name).stem}.nut"
    chain = "scale=1920:1080:flags=bicubic+accurate_rnd:out_range=limited:out_color_matrix=bt709,format=yuv420p"
    source = ["-ss", begin, "-i", str(SHARED / "media" / name), "-an", "-vf", chain]
    _run([*source, "-frames:v", str(frames), "-c:v", "ffv1", str(target)])
    return target


def _score(reference: Path, codec: VideoCodec, point: int, work: Path) -> float:
    """Mean VMAF of a film encoded at a point of its encoder's scale."""
    flags = [(name, _chosen(name, value, point)) for name, value in _options(VideoExport(codec=codec), codec)]
    return _mean_vmaf(reference, flags, work)


def _score_of_quality(reference: Path, codec: VideoCodec, quality: int, work: Path) -> float:
    """Mean VMAF of a film of a quality."""
    return _mean_vmaf(reference, _options(VideoExport(codec=codec, quality=quality), codec), work)


def _options(video: VideoExport, codec: VideoCodec) -> list[tuple[str, str]]:
    options = video_options(video, Export(container="mkv", video=video, audio=None), codec, Fraction(25))
    return [(name, value or "") for name, value in options if name != "r"]


def _mean_vmaf(reference: Path, options: Sequence[tuple[str, str]], work: Path) -> float:
    encoded = work / "encoded.mkv"
    flags = [part for name, value in options for part in (f"-{name}", value)]
    _run(["-i", str(reference), "-an", *flags, str(encoded)])
    log = work / "vmaf.json"
    pads = "[0:v]settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N[b];[a][b]"
    graph = f"{pads}libvmaf=log_fmt=json:log_path={log}:n_threads=2"
    _run(["-i", str(encoded), "-i", str(reference), "-filter_complex", graph, "-f", "null", "-"])
    return float(msgspec.json.decode(log.read_bytes())["pooled_metrics"]["vmaf"]["mean"])


def _chosen(name: str, value: str, point: int) -> str:
    return str(point) if name == "crf" else value


def _at(scores: Scores, target: float) -> float | None:
    """The point at which a target is reached; None where it lies outside."""
    for (low, better), (high, worse) in pairwise(sorted(scores.items())):
        if worse <= target <= better:
            return round(low + (high - low) * (better - target) / (better - worse), 2)
    return None


def _run(arguments: Sequence[str]) -> None:
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *arguments]
    subprocess.run(command, check=True, timeout=900)


if __name__ == "__main__":
    sys.exit(main())
