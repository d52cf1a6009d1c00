"""From the composed project frames to what the encoder is given (docs/project.md §4, steps 16 and 17)."""

from __future__ import annotations

from math import floor
from typing import Literal

from protocol.project.formats import has_alpha
from sidecar.core.timeline import OutputSpan
from sidecar.ffmpeg.builder.graph import Expression, Stream, Window, node
from sidecar.ffmpeg.builder.picture.convert import RGB, YUV, Formats, constant, premultiplied, square
from sidecar.ffmpeg.builder.picture.deep import called, rematrixed
from sidecar.ffmpeg.builder.picture.scene import Canvas
from sidecar.ffmpeg.builder.picture.select import hold


def canvas_for(project: tuple[int, int], output: tuple[int, int]) -> Canvas:
    """Largest even canvas of the project's aspect inside the output."""
    factor = min(output[0] / project[0], output[1] / project[1])
    size = _even(project[0] * factor, output[0]), _even(project[1] * factor, output[1])
    return Canvas(size, (size[0] / project[0], size[1] / project[1]))


def _even(length: float, limit: int) -> int:
    """Nearest even length that also leaves even bars, at least 2 or, where that leaves odd ones, 4."""
    bars = 2 * floor((limit - length) / 4 + 0.5)
    return max(2 if limit % 4 else 4, limit - 2 * bars)


def delivered(stream: Stream, formats: Formats, *, alpha: bool) -> Stream:
    """Convert composed R'G'B' (`formats.full`, or with `alpha` premultiplied `formats.alpha`) to the final format.

    What is transparent becomes straight alpha; in a format without alpha it lies over black. Bits that are lost are
    dithered by a fixed pattern, 8 bits of R'G'B' to 8 of Y'CbCr are not. Sizes are even.
    """
    final = formats.final
    if alpha and not has_alpha(final):
        # Premultiplied colour without its alpha is colour over black.
        stream = called(stream, formats.full)
    elif alpha:
        stream = node("unpremultiply", premultiplied(stream), inplace=1)
    if final == "gbrp":
        return square(stream)
    opaque = not alpha or not has_alpha(final)
    dither: Literal["none", "ordered"] = "ordered" if formats.deep else "none"
    stream = rematrixed(stream, formats.plain if opaque else final, RGB, YUV, dither)
    return finished(stream, formats) if opaque else _straight(stream)


def finished(stream: Stream, formats: Formats) -> Stream:
    """Give opaque frames in `formats.plain` the alpha that the final format may have."""
    if formats.plain == formats.final:
        return square(stream)
    return _straight(node("format", stream, pix_fmts=formats.final))


def _straight(stream: Stream) -> Stream:
    """State that alpha is straight: where tags of streams that meet differ, FFmpeg multiplies or divides by itself."""
    return square(node("setparams", stream, alpha_mode="straight"))


def letterboxed(stream: Stream, canvas: Canvas, span: OutputSpan, formats: Formats, background: str) -> Stream:
    """Put bars of the background, and of its alpha, around the canvas, in the final format."""
    frames, rate = span.end - span.first, span.project_rate
    wide, high = canvas.size
    across, down = (span.width - wide) // 2, (span.height - high) // 2
    if across:
        bar = hold(constant(background, (across, high), rate, formats.final), frames)
        stream = square(node("hstack", bar, stream, bar, inputs=3))
    if down:
        bar = hold(constant(background, (span.width, down), rate, formats.final), frames)
        stream = square(node("vstack", bar, stream, bar, inputs=3))
    return stream


def resampled(stream: Stream, span: OutputSpan) -> Stream:
    """Show, at each output instant, the project frame on screen; frames count from 0 in time base 1/rate."""
    if span.rate == span.project_rate:
        return stream
    ratio = span.rate / span.project_rate
    reference = 1 / span.project_rate
    while reference > 1 / (8 * span.rate):
        reference /= 2
    ticks = 1 / (span.project_rate * reference)
    slot = 1 / (span.rate * reference)
    number = f"PTS/{int(ticks)}"
    first = f"ceil(({number})*{ratio.numerator}/{ratio.denominator})"
    if span.lead:
        lead = int(span.lead * ratio.denominator)
        first = f"max(0,ceil((({number})*{ratio.numerator}-{lead})/{ratio.denominator}))"
    stream = node("settb", stream, expr=reference)
    stream = node("setpts", stream, expr=Expression(f"({first}+0.5)*{slot.numerator}/{slot.denominator}"))
    stream = node("fps", stream, support=Window(1, 0), fps=span.rate, round="down", start_time=0, eof_action="pass")
    stream = node("tpad", stream, stop=-1, stop_mode="clone")
    return node("trim", stream, end_frame=span.frames)


def tagged(stream: Stream, formats: Formats) -> Stream:
    """State the colour of the output: BT.709, limited range (RGB: full)."""
    rgb = formats.final == "gbrp"
    return node(
        "setparams",
        stream,
        range="full" if rgb else "limited",
        colorspace="gbr" if rgb else "bt709",
        color_primaries="bt709",
        color_trc="bt709",
        field_mode="prog",
    )
