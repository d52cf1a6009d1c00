"""From the composed project frames to what the encoder is given (docs/project.md §4, steps 16 and 17)."""

from __future__ import annotations

from math import floor

from sidecar.core.timeline import OutputSpan
from sidecar.ffmpeg.builder.graph import Expression, Stream, Window, node
from sidecar.ffmpeg.builder.picture.convert import Formats, constant
from sidecar.ffmpeg.builder.picture.scene import Canvas
from sidecar.ffmpeg.builder.picture.select import hold


def canvas_for(project: tuple[int, int], output: tuple[int, int]) -> Canvas:
    """Largest even canvas of the project's aspect inside the output."""
    factor = min(output[0] / project[0], output[1] / project[1])
    size = _even(project[0] * factor, output[0]), _even(project[1] * factor, output[1])
    return Canvas(size, (size[0] / project[0], size[1] / project[1]))


def _even(length: float, limit: int) -> int:
    """Nearest even length that also leaves even bars, at least 2."""
    bars = 2 * floor((limit - length) / 4 + 0.5)
    return max(2, limit - 2 * bars)


def letterboxed(stream: Stream, canvas: Canvas, span: OutputSpan, formats: Formats, background: str) -> Stream:
    """Lay the canvas in the middle of the output, over the background."""
    if canvas.size == (span.width, span.height):
        return stream
    ground = constant(background, (span.width, span.height), span.project_rate, formats.final)
    x, y = (span.width - canvas.size[0]) // 2, (span.height - canvas.size[1]) // 2
    laid = node(
        "overlay", hold(ground, span.end - span.first), stream, x=x, y=y, format=formats.plain_overlay, alpha="straight"
    )
    return node("format", laid, pix_fmts=formats.final)


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
