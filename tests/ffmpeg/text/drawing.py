"""Draws scripts and layers with FFmpeg, and compares pictures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from protocol.project import Cue, Position, Project, Style, SubtitleTrack, TitleSource
from sidecar.core.timeline import Timeline, resolve
from sidecar.ffmpeg.builder.command import Command, Output, SideFile, arguments
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.text import FONT_ENVIRONMENT, FontSet, TitleSpan, bundled_fonts, title_layer
from sidecar.ffmpeg.builder.text.faces import load_face
from tests.harness.fonts import roboto
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE

Picture = NDArray[np.uint8]

SIZE = (640, 360)
FORMAT = (
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, "
    "MarginR, MarginV, Encoding"
)


def timeline(
    *tracks: SubtitleTrack, rate: str = "25", size: tuple[int, int] = SIZE, cues: Iterable[Cue] = ()
) -> Timeline:
    """Resolve a project of subtitle tracks, or of one track with these cues."""
    given = tracks or (SubtitleTrack(cues=list(cues)),)
    project = Project(schema="timeline/1", frame_rate=rate, width=size[0], height=size[1], tracks=list(given))
    return resolve(project, {})


def draw(
    stream: Stream,
    files: tuple[SideFile, ...],
    *,
    planes: int = 4,
    size: tuple[int, int] = SIZE,
    environment: Mapping[str, str] | None = None,
) -> Picture:
    """Run a stream and return its frames: (frame, plane, row, column), planes in the order G B R A."""
    form = {3: "gbrp", 4: "gbrap"}[planes]
    options = (("f", "rawvideo"), ("pix_fmt", form), ("fps_mode", "passthrough"))
    built = arguments(Command((Output((stream,), options, "pipe:1"),), files=files))
    with TemporaryDirectory() as folder:
        for file in built.files:
            Path(folder, file.name).write_bytes(file.content)
        extra = dict(FONT_ENVIRONMENT) if environment is None else environment
        done = subprocess.run(
            [ffmpeg(), "-v", "error", *built.argv],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, **extra},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, planes, size[1], size[0])


def draw_title(
    text: str,
    style: Style | None = None,
    position: Position | None = None,
    *,
    fonts: FontSet | None = None,
    size: tuple[int, int] = SIZE,
    environment: Mapping[str, str] | None = None,
) -> Picture:
    """Draw a title and return its one frame: (plane, row, column), premultiplied, G B R A."""
    title = TitleSource(text=text, style=style or Style(), position=position)
    drawn = title_layer(title, TitleSpan(0, 1, 1), timeline(size=size), fonts or bundled_fonts())
    frames = draw(drawn.stream, drawn.files, size=size, environment=environment)
    assert len(frames) == 1
    frame: Picture = frames[0]
    return frame


def ground(color: str, frames: int, rate: Fraction, size: tuple[int, int] = SIZE) -> Stream:
    """Return so many frames of one colour."""
    plain = node("color", medium="video", c=color, s=f"{size[0]}x{size[1]}", r=rate)
    return node("format", node("trim", plain, end_frame=frames), pix_fmts="gbrp")


def draw_script(style: str, events: Iterable[str], *, weight: int = 400, size: tuple[int, int] = SIZE) -> Picture:
    """Draw a hand-written script on black: what stands behind the font's name in its style, and its events.

    The result is (plane, row, column), G B R.
    """
    face = load_face(roboto(weight))
    lines = [
        "[Script Info]",
        "ScriptType: v4.00+",
        f"PlayResX: {size[0]}",
        f"PlayResY: {size[1]}",
        "WrapStyle: 0",
        "ScaledBorderAndShadow: yes",
        "YCbCr Matrix: None",
        "[V4+ Styles]",
        FORMAT,
        f"Style: Default,{face.name},{style}",
        "[Fonts]",
        f"fontname: {face.name}.ttf",
        face.encoded.decode(),
        "[Events]",
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
        *(f"Dialogue: 0,0:00:00.00,0:00:10.00,Default,,0,0,0,,{event}" for event in events),
        "",
    ]
    script = SideFile("hand.ass", "\n".join(lines).encode())
    stream = node("ass", ground("black", 1, Fraction(25), size), f=script.name)
    frame: Picture = draw(stream, (script,), planes=3, size=size)[0]
    return frame


def psnr(one: Picture, other: Picture) -> float:
    """Peak signal to noise of two pictures in decibels; infinite if they are equal."""
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def box(picture: Picture) -> tuple[int, int, int, int]:
    """Return the rectangle of everything that is not transparent: left, top, right, bottom, the last two beyond it."""
    rows, columns = np.nonzero(picture[-1] if len(picture) == 4 else picture.max(axis=0))
    assert len(rows), "the picture is empty"
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
