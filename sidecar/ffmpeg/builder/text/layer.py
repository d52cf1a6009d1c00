"""Titles and cues as filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from protocol.project import TitleSource
from sidecar.core.timeline import CueLane, Timeline
from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Expression, Pad, Stream, node
from sidecar.ffmpeg.builder.text.ass import Timed, write_script
from sidecar.ffmpeg.builder.text.fontset import FONT_FILES, FontSet
from sidecar.ffmpeg.builder.text.layout import lay_out
from sidecar.ffmpeg.builder.text.look import look_of, merge
from sidecar.ffmpeg.builder.text.stack import place_cues

_HUNDREDTHS = 100
_ALWAYS = 360_000
"""Longer than the one frame that a title is drawn on, in hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stream, and the files that have to stand beside the command that makes it.

    Where there are files, the command's `environment` has to hold `FONT_ENVIRONMENT`.
    """

    stream: Stream
    files: tuple[SideFile, ...]


def title_script(title: TitleSource, size: tuple[int, int], fonts: FontSet) -> SideFile:
    """Write the script of a title in a project of this size (width, height)."""
    look, anchor = look_of(merge(title.style), title.position, *size)
    block = lay_out(title.text, look, anchor, fonts)
    return write_script((Timed(block, 0, _ALWAYS),), *size)


def cue_script(
    lanes: Sequence[CueLane], window: tuple[int, int], rate: Fraction, size: tuple[int, int], fonts: FontSet
) -> SideFile | None:
    """Write the script of the cues in a window of project frames; None if it shows none.

    Time 0 of the script is the window's first frame. Above 100 frames a second its clock counts a frame as 10 ms.
    """
    first, end = window
    blocks = []
    for shown in place_cues(lanes, window, size, fonts):
        start, stop = max(shown.first, first) - first, min(shown.end, end) - first
        blocks.append(Timed(shown.block, _hundredths(start, rate), _hundredths(stop, rate)))
    return write_script(blocks, *size) if blocks else None


def title_layer(
    title: TitleSource, timeline: Timeline, frames: int, fonts: FontSet, *, size: tuple[int, int] | None = None
) -> Drawn:
    """Draw a title as `frames` premultiplied gbrap frames at the project's rate, time base 1/rate, from 0.

    `size` is that of the frames (the project's if None); the text scales with it. The one picture is drawn on black
    and on white: what of the ground shows through is alpha, exactly (libass's own alpha is off by up to 100 levels).
    """
    width, height = size or (timeline.width, timeline.height)
    script = title_script(title, (timeline.width, timeline.height), fonts)
    grounds = []
    for color in ("black", "white"):
        plain = node("color", medium="video", c=color, s=f"{width}x{height}", r=timeline.rate)
        still = node("format", node("trim", plain, end_frame=1), pix_fmts="gbrp")
        grounds.append(node("ass", still, f=script.name))
    picture = _lifted(*grounds)
    looped = node("loop", picture, loop=-1, size=1, start=0)
    counted = node("setpts", looped, expr=Expression("N"))
    return Drawn(node("trim", counted, end_frame=frames), (*FONT_FILES, script))


def burn_cues(stream: Stream, timeline: Timeline, window: tuple[int, int], fonts: FontSet) -> Drawn:
    """Draw the cues of a window of project frames onto an opaque stream that holds just these frames, from time 0."""
    script = _script(timeline, window, fonts)
    if script is None:
        return Drawn(stream, ())
    return Drawn(_timed_ass(stream, script, timeline.rate), (*FONT_FILES, script))


def cue_layer(
    timeline: Timeline, window: tuple[int, int], fonts: FontSet, *, size: tuple[int, int] | None = None
) -> Drawn | None:
    """Draw the cues of a window as premultiplied gbrap frames, for a composite that is not opaque.

    None if the window shows no cue.
    """
    script = _script(timeline, window, fonts)
    if script is None:
        return None
    width, height = size or (timeline.width, timeline.height)
    frames = window[1] - window[0]
    grounds = []
    for color in ("black", "white"):
        plain = node("color", medium="video", c=color, s=f"{width}x{height}", r=timeline.rate)
        ground = node("format", node("trim", plain, end_frame=frames), pix_fmts="gbrp")
        grounds.append(_timed_ass(ground, script, timeline.rate))
    return Drawn(_lifted(*grounds), (*FONT_FILES, script))


def _script(timeline: Timeline, window: tuple[int, int], fonts: FontSet) -> SideFile | None:
    return cue_script(timeline.cues, window, timeline.rate, (timeline.width, timeline.height), fonts)


def _lifted(on_black: Pad, on_white: Pad) -> Pad:
    """Lift a drawing off its ground: alpha = 255 − (white − black), colour as on black, which is premultiplied."""
    through = node("blend", on_white, on_black, all_mode="difference")
    alpha = node("negate", node("extractplanes", through, planes="g"))
    return node("mergeplanes", on_black, alpha, map0p=0, map1p=1, map2p=2, map3s=1, format="gbrap")


def _timed_ass(stream: Stream, script: SideFile, rate: Fraction) -> Pad:
    """Draw a script onto frames numbered from 0 in time base 1/rate.

    Scripts count hundredths of a second. Above 100 frames a second several frames would share one, so there a frame
    is taken for a hundredth while it is drawn on.
    """
    if rate <= _HUNDREDTHS:
        return node("ass", stream, f=script.name)
    slowed = node("setpts", node("settb", stream, expr=Expression(f"1/{_HUNDREDTHS}")), expr=Expression("N"))
    drawn = node("ass", slowed, f=script.name)
    timed = node("settb", drawn, expr=Expression(f"{rate.denominator}/{rate.numerator}"))
    return node("setpts", timed, expr=Expression("N"))


def _hundredths(frame: int, rate: Fraction) -> int:
    """Time of a frame in a script. Rounded down, since libass asks for the frame's own time in whole milliseconds."""
    return frame if rate > _HUNDREDTHS else int(frame * _HUNDREDTHS / rate)
