"""The first render of thirty clips on four tracks, against the best single FFmpeg command written by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure
from tests.benchmarks.rendering import compare
from tests.harness.media import make_clip

RATE = 25
MAIN, INSETS, PLATES, MUSIC = 12, 9, 3, 6
FILES = 4
"""Sources behind the clips; the clips of a track take turns among them."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Twelve cuts, nine insets over them, three half-transparent plates, and six pieces of music."""
    pairs, frames, size = (2, 12, (640, 360)) if short else (7, 50, (1920, 1080))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        color = ("tv", "bt709", "bt709", "bt709")
        made = {"rate": str(RATE), "audio": "stereo", "color": color, "seconds": 2 * frames / RATE + 1}
        sources = [
            make_clip(work / f"source{n}.mp4", size=size, picture="testsrc2" if n % 2 else "testsrc", **made)  # type: ignore[arg-type]
            for n in range(FILES)
        ]
        work_of = _Work(sources, frames, size)
        conditions = (
            f"{MAIN} cuts of {frames} frames, {INSETS} insets, {PLATES} plates, {MUSIC} sounds, "
            f"{size[0]}×{size[1]} at {RATE}, H.264 + AAC to H.264 + AAC"
        )
        total = MAIN * frames
        yield from compare(
            "render30", work_of.project(), work_of.command, work, pairs=pairs, frames=total, conditions=conditions
        )


class _Work:
    """One timeline, as a project and as a command."""

    def __init__(self, sources: list[Path], frames: int, size: tuple[int, int]) -> None:
        self.sources = sources
        self.frames = frames
        self.width, self.height = size
        self.size = size
        self.inset = (self.width // 4, self.height // 4)
        # Even, for no overlay in 4:2:0 lies anywhere else.
        self.corner = (self.width * 5 // 16 * 2, self.height // 16 * 2)
        self.step = MAIN * frames // INSETS
        self.plate_step = MAIN * frames // PLATES
        self.music_step = MAIN * frames // MUSIC

    def project(self) -> dict[str, Any]:
        """The timeline as a project."""
        shown = self.frames
        main = [self._clip(n, n * shown, shown) for n in range(MAIN)]
        x, y = (
            (place + length / 2) / whole
            for place, length, whole in zip(self.corner, self.inset, self.size, strict=True)
        )
        fitted = {"scaleX": 0.25, "scaleY": 0.25, "x": x, "y": y}
        insets = [self._clip(n + 1, n * self.step, self.step // 2, transform=fitted, muted=True) for n in range(INSETS)]
        plates = [
            {
                "source": {"kind": "color", "color": "#203060"},
                "start": _time(n * self.plate_step),
                "duration": _time(self.plate_step // 2),
                "opacity": 0.5,
                "transform": {"y": 1.3},
            }
            for n in range(PLATES)
        ]
        music = [self._clip(n + 2, n * self.music_step, self.music_step, volume=0.5) for n in range(MUSIC)]
        return {
            "schema": "timeline/1",
            "frameRate": str(RATE),
            "width": self.width,
            "height": self.height,
            "tracks": [
                {"kind": "video", "clips": main},
                {"kind": "video", "clips": insets},
                {"kind": "video", "clips": plates},
                {"kind": "audio", "clips": music},
            ],
            "export": {"container": "mp4", "video": {"codec": "h264", "copy": "off"}, "audio": {"codec": "aac"}},
        }

    def command(self, encoding: Sequence[str]) -> list[str]:
        """The timeline as someone who knows FFmpeg well would type it."""
        inputs: list[str] = []
        graph: list[str] = []

        def opened(number: int, frames: int) -> int:
            path = self.sources[number % FILES]
            inputs.extend(("-ss", "0.4", "-t", f"{frames / RATE:.6f}", "-i", str(path)))
            return inputs.count("-i") - 1

        shown = [opened(n, self.frames) for n in range(MAIN)]
        pads = "".join(f"[{n}:v][{n}:a]" for n in shown)
        graph.append(f"{pads}concat=n={MAIN}:v=1:a=1[v0][sound]")
        for n in range(INSETS):
            first, count = n * self.step, self.step // 2
            source = opened(n + 1, count)
            width, height = self.inset
            x, y = self.corner
            graph.append(
                f"[{source}:v]scale={width}:{height}:flags=area+accurate_rnd,setpts=PTS+{first}/{RATE}/TB[i{n}];"
                f"[v{n}][i{n}]overlay={x}:{y}:eof_action=pass:enable='between(n,{first},{first + count - 1})'[v{n + 1}]"
            )
        top = self.height * 8 // 10
        plates = "+".join(
            f"between(n,{n * self.plate_step},{n * self.plate_step + self.plate_step // 2 - 1})" for n in range(PLATES)
        )
        graph.append(f"color=0x203060@0.5:s={self.width}x{self.height - top}:r={RATE},format=yuva420p[plate]")
        graph.append(f"[v{INSETS}][plate]overlay=0:{top}:shortest=1:enable='{plates}'[v]")
        sounds = []
        for n in range(MUSIC):
            source = opened(n + 2, self.music_step)
            sounds.append(f"[{source}:a]")
        graph.append(f"{''.join(sounds)}concat=n={MUSIC}:v=0:a=1,volume=0.5[music]")
        graph.append("[sound][music]amix=2:normalize=0[a]")
        tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
        return [
            *("-nostdin", "-hide_banner", "-loglevel", "error", "-y"),
            *inputs,
            *("-filter_complex", ";".join(graph), "-map", "[v]", "-map", "[a]"),
            *encoding,
            *tags,
            *("-movflags", "+faststart"),
        ]

    def _clip(self, number: int, first: int, frames: int, **members: Any) -> dict[str, Any]:
        return {
            "source": {"kind": "file", "path": str(self.sources[number % FILES])},
            "start": _time(first),
            "duration": _time(frames),
            "sourceStart": 0.4,
            **members,
        }


def _time(frame: int) -> str:
    return f"{frame}/{RATE}"
