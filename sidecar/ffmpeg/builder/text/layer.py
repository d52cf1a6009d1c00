"""Titles, graphics and cues as filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sidecar.core.timeline import CueLane, Timeline
from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Expression, Pad, Stream, node
from sidecar.ffmpeg.builder.text.acts import Act, TextSource, TitleSpan, acts_of, blur_of, is_moving
from sidecar.ffmpeg.builder.text.ass import Timed, write_script
from sidecar.ffmpeg.builder.text.fontset import FONT_FILES, FontSet
from sidecar.ffmpeg.builder.text.motion import poses
from sidecar.ffmpeg.builder.text.stack import cue_blur, place_cues

FASTEST = 90
"""Frames a second up to which a script keeps time: beyond it hundredths of a second are too coarse for frames."""

_ALWAYS = 99 * 360_000
"""Hundredths of a second that a text shows which does not move: longer than any clip."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A stream, and the files that have to stand beside the command that makes it.

    Where there are files, the command's `environment` has to hold `FONT_ENVIRONMENT`.
    """

    stream: Stream
    files: tuple[SideFile, ...]


def title_script(
    source: TextSource,
    span: TitleSpan,
    timeline: Timeline,
    fonts: FontSet,
    opacities: Sequence[float] = (),
) -> SideFile:
    """Write the script of a title or a graphic; its time 0 is the span's first frame.

    What does not move has the same script in every span. `opacities`, one a frame, make every paint of it fainter.
    """
    rate, size = timeline.rate, (timeline.width, timeline.height)
    acts = acts_of(source, span, rate, size, fonts)
    if any(opacity != 1 for opacity in opacities):
        faded = [replace(act, motion=replace(act.motion, fade=(span.first, tuple(opacities)))) for act in acts]
        return write_script(_timed(faded, span.first, rate, size), *size, blur_of(acts))
    if not is_moving(source):
        return write_script([Timed(act.block, 0, _ALWAYS) for act in acts], *size, blur_of(acts))
    return write_script(_timed(acts, span.first, rate, size), *size, blur_of(acts))


def cue_script(
    lanes: Sequence[CueLane], window: tuple[int, int], rate: Fraction, size: tuple[int, int], fonts: FontSet
) -> SideFile | None:
    """Write the script of the cues in a window of project frames; None if it shows none.

    Time 0 of the script is the window's first frame. Above 90 frames a second its clock counts a frame as 10 ms.
    """
    first, end = window
    acts = [
        Act(shown.block, max(shown.first, first), min(shown.end, end), shown.motion)
        for shown in place_cues(lanes, window, size, fonts)
    ]
    if not acts:
        return None
    return write_script(_timed(acts, first, rate, size), *size, cue_blur(lanes, size))


def burn_title(
    stream: Stream,
    source: TextSource,
    span: TitleSpan,
    timeline: Timeline,
    fonts: FontSet,
    *,
    opacities: Sequence[float] = (),
) -> Drawn:
    """Draw a title or a graphic onto an opaque stream of the span's frames, counted from 0 in time base 1/rate.

    Any planar format of Y'CbCr or R'G'B' up to 16 bits a component; what the text does not cover keeps every bit.
    `opacities`, one a frame (none: 1), fade it: as one picture if `fades_as_one`, else paint by paint.
    """
    script = title_script(source, span, timeline, fonts, opacities)
    return Drawn(_timed_ass(stream, script, timeline.rate), (*FONT_FILES, script))


def title_layer(
    source: TextSource,
    span: TitleSpan,
    timeline: Timeline,
    fonts: FontSet,
    *,
    size: tuple[int, int] | None = None,
) -> Drawn:
    """Draw a title or a graphic as the span's frames, premultiplied gbrap, from 0 in time base 1/rate.

    One that does not move needs a span of one frame only. `size` is that of the frames (the project's if None); the
    text scales with it. It is drawn on black and on white: what of the ground shows through is alpha, exactly
    (libass's own alpha is off by up to 100 levels).
    """
    script = title_script(source, span, timeline, fonts)
    canvas = size or (timeline.width, timeline.height)
    return Drawn(_layer(script, span.frames, timeline.rate, canvas), (*FONT_FILES, script))


def burn_cues(stream: Stream, timeline: Timeline, window: tuple[int, int], fonts: FontSet) -> Drawn:
    """Draw the cues of a window of project frames onto an opaque stream that holds just these frames, from time 0."""
    script = _script(timeline, window, fonts)
    if script is None:
        return Drawn(stream, ())
    return Drawn(_timed_ass(stream, script, timeline.rate), (*FONT_FILES, script))


def cue_layer(
    timeline: Timeline,
    window: tuple[int, int],
    fonts: FontSet,
    *,
    size: tuple[int, int] | None = None,
) -> Drawn | None:
    """Draw the cues of a window as premultiplied gbrap frames, for a composite that is not opaque.

    None if the window shows no cue.
    """
    script = _script(timeline, window, fonts)
    if script is None:
        return None
    canvas = size or (timeline.width, timeline.height)
    frames = window[1] - window[0]
    return Drawn(_layer(script, frames, timeline.rate, canvas), (*FONT_FILES, script))


def _script(timeline: Timeline, window: tuple[int, int], fonts: FontSet) -> SideFile | None:
    return cue_script(timeline.cues, window, timeline.rate, (timeline.width, timeline.height), fonts)


def _timed(acts: Sequence[Act], first: int, rate: Fraction, size: tuple[int, int]) -> list[Timed]:
    """Every pose of every act, on the clock of a script that begins at frame `first`."""
    return [
        Timed(act.block, _hundredths(start - first, rate), _hundredths(end - first, rate), pose)
        for act in acts
        for start, end, pose in poses(act.motion, act.block, (act.first, act.end), rate, size)
    ]


def _layer(script: SideFile, frames: int, rate: Fraction, size: tuple[int, int]) -> Pad:
    """Lift a drawing off its ground: alpha = 255 − (white − black), colour as on black, which is premultiplied.

    In 8 bits, as libass draws: on deeper grounds its letters would not cover wholly.
    """
    grounds = []
    for color in ("black", "white"):
        plain = node("color", medium="video", c=color, s=f"{size[0]}x{size[1]}", r=rate)
        ground = node("format", node("trim", plain, end_frame=frames), pix_fmts="gbrp")
        grounds.append(_timed_ass(ground, script, rate))
    on_black, on_white = grounds
    covered = node("negate", node("blend", on_white, on_black, all_mode="difference"))
    return node("mergeplanes", on_black, covered, map0p=0, map1p=1, map2p=2, map3s=1, format="gbrap")


def _timed_ass(stream: Stream, script: SideFile, rate: Fraction) -> Pad:
    """Draw a script onto frames numbered from 0 in time base 1/rate.

    Where a script cannot keep time, a frame is taken for a hundredth of a second while it is drawn on, and asked for
    in its middle.
    """
    if rate <= FASTEST:
        return node("ass", stream, f=script.name)
    slowed = node("setpts", node("settb", stream, expr=Expression("1/200")), expr=Expression("2*N+1"))
    drawn = node("ass", slowed, f=script.name)
    timed = node("settb", drawn, expr=Expression(f"{rate.denominator}/{rate.numerator}"))
    return node("setpts", timed, expr=Expression("N"))


def _hundredths(frame: int, rate: Fraction) -> int:
    """Time of a frame in a script.

    Rounded down from the very milliseconds that FFmpeg asks libass for: it multiplies doubles, which at some frames
    falls short of a whole number.
    """
    return frame if rate > FASTEST else int(frame * (rate.denominator / rate.numerator) * 1000) // 10
