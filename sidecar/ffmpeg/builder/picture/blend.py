"""Layers laid over what is below them: normal compositing and the blend modes of W3C Compositing 1.

Everything is R'G'B' of full range. An opaque ground of 8 bits takes layers through the overlay filter, which wants
straight alpha; all else is reckoned premultiplied in 16 bits: over = layer + ground × (1 - alpha).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocol.project.words import Blend
from sidecar.ffmpeg.builder.graph import Expression, Stream, node
from sidecar.ffmpeg.builder.picture.convert import RGB, convert, premultiplied, square, with_alpha, working
from sidecar.ffmpeg.builder.picture.deep import called, rematrixed
from sidecar.ffmpeg.builder.picture.layer import Layer
from sidecar.ffmpeg.builder.picture.output import delivered, finished
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.weigh import mask, shallowed, weighed

PRECISE = "gbrap16le"
"""What frames with alpha are composed in, however many bits the export has."""

EIGHT_BITS = {
    "yuv420p": "yuva420p",
    "yuv422p": "yuva422p",
    "yuv444p": "yuva444p",
    "gbrp": "gbrap",
}
"""Opaque formats that the overlay filter takes layers in, and the same with alpha."""

_MODES: dict[Blend, str] = {
    "multiply": "multiply",
    "screen": "screen",
    "overlay": "overlay",
    "darken": "darken",
    "lighten": "lighten",
    "difference": "difference",
    "hardlight": "hardlight",
    "addition": "addition",
}
"""FFmpeg's names; its first input is the backdrop, its second the source."""


@dataclass(frozen=True, slots=True)
class Below:
    """What has been composed so far: canvas-sized frames in a pixel format."""

    stream: Stream
    pixel_format: str

    @property
    def opaque(self) -> bool:
        return not self.pixel_format.startswith(("gbrap", "yuva"))


def laid(
    below: Below, layer: Layer, weights: Sequence[float], blend: Blend, scene: Scene, *, covers: bool = False
) -> Below:
    """Lay a layer of as many frames as there are weights over what is below, each frame at its weight.

    `covers`: an opaque layer leaves nothing of the canvas to be seen.
    """
    if not below.opaque:
        return _over_clear(below, layer, weights, blend, scene)
    if not any(weights):
        return below
    # What lies below is taken once wherever that can be: FFmpeg asks for it anew along every way that leads to it, so
    # each layer that took it twice would double the work of all layers under it.
    if blend != "normal":
        return mixed(below, replace(below, stream=_blended(below, layer, blend, scene)), weights, scene)
    if layer.opaque and covers:
        return mixed(below, replace(below, stream=layer.stream), weights, scene)
    if below.pixel_format in EIGHT_BITS:
        return replace(below, stream=_overlaid(below, layer, scene, weights))
    if below.pixel_format == scene.formats.full:
        return replace(below, stream=_over_deep(below, faded(on_canvas(layer, scene), weights, scene), scene))
    return mixed(below, replace(below, stream=_overlaid(below, layer, scene)), weights, scene)


def mixed(below: Below, top: Below, weights: Sequence[float], scene: Scene) -> Below:
    """Mix two composites of one format; the weights are those of `top`."""
    stream = _weighed(below.stream, top.stream, weights, below.pixel_format, scene)
    return replace(below, stream=stream)


def on_canvas(layer: Layer, scene: Scene) -> Stream:
    """Return a layer as canvas-sized premultiplied frames in the working format with alpha."""
    formats, (width, height) = scene.formats, scene.canvas.size
    stream = layer.stream
    if layer.opaque:
        stream = with_alpha(stream, formats.alpha)
    own = layer.size or (width, height)
    left, top = max(0, -layer.x), max(0, -layer.y)
    right, bottom = min(own[0], width - layer.x), min(own[1], height - layer.y)
    if (left, top, right, bottom) != (0, 0, *own):
        stream = node("crop", stream, w=right - left, h=bottom - top, x=left, y=top, exact=1)
    if (right - left, bottom - top) != (width, height):
        x, y = layer.x + left, layer.y + top
        stream = node("pad", stream, w=width, h=height, x=x, y=y, color="black@0")
    return premultiplied(stream)


def converted(below: Below, pixel_format: str, scene: Scene) -> Stream:
    """Bring a composite to the final format, to `full` or to `alpha`."""
    formats = scene.formats
    if below.pixel_format == pixel_format:
        return below.stream
    if pixel_format == formats.alpha:
        if not below.opaque:
            return _rounded(below, pixel_format)
        return with_alpha(converted(below, formats.full, scene), pixel_format)
    if pixel_format == formats.final:
        if below.pixel_format == formats.plain:
            return finished(below.stream, formats)
        alpha = below.stream if below.opaque else converted(below, formats.alpha, scene)
        return delivered(alpha, formats, alpha=not below.opaque)
    if not below.opaque:
        raise AssertionError("what is transparent is not composed opaque")
    return convert(below.stream, pixel_format, color=working(below.pixel_format))


def _rounded(below: Below, pixel_format: str) -> Stream:
    if below.pixel_format == PRECISE:
        return shallowed(below.stream)
    return premultiplied(convert(below.stream, pixel_format, color=RGB))


def without_alpha(stream: Stream, pixel_format: str) -> Stream:
    """Keep colour as it is and drop alpha."""
    return node("setparams", called(stream, pixel_format), range="full", colorspace="gbr")


def coverage(stream: Stream, pixel_format: str) -> Stream:
    """Return alpha in every plane, in a format with alpha or without.

    Not by shuffleplanes: its planes share memory, and what is done to them elsewhere in the graph shows.
    """
    fourth = 0 if pixel_format.startswith("gbrap") else None
    alpha = node("extractplanes", stream, planes="a")
    merged = node("mergeplanes", alpha, map0p=0, map1p=0, map2p=0, map3p=fourth, format=pixel_format)
    tagged = node("setparams", merged, range="full", colorspace="gbr")
    return tagged if fourth is None else premultiplied(tagged)


def _straight(stream: Stream) -> Stream:
    """Divide alpha out. The label stays as it was: else filters of two inputs would convert one of them."""
    return premultiplied(node("unpremultiply", stream, inplace=1))


def faded(stream: Stream, weights: Sequence[float], scene: Scene) -> Stream:
    """Multiply premultiplied canvas-sized frames of the working format by a weight each."""
    if all(weight == 1 for weight in weights):
        return stream
    formats = scene.formats
    nothing = node("limiter", stream, max=0)
    return premultiplied(_weighed(nothing, stream, weights, formats.alpha, scene))


def _weighed(base: Stream, top: Stream, weights: Sequence[float], pixel_format: str, scene: Scene) -> Stream:
    rate, size, files = scene.rate, scene.canvas.size, scene.files
    return weighed(base, top, weights, pixel_format, rate=rate, size=size, files=files)


def _overlaid(below: Below, layer: Layer, scene: Scene, weights: Sequence[float] = (1.0,)) -> Stream:
    """Lay by the overlay filter: in the plain format, or over opaque R'G'B' of 8 bits.

    Weights below 1 go into the alpha of the layer.
    """
    formats = scene.formats
    plain = below.pixel_format == formats.plain and formats.plain != formats.full
    stream = layer.stream if layer.opaque else node("unpremultiply", layer.stream, inplace=1)
    if any(weight != 1 for weight in weights):
        stream = node("format", stream, pix_fmts=EIGHT_BITS[below.pixel_format])
        if all(weight == weights[0] for weight in weights):
            # To the level as below: whether weights change may depend on the window.
            stream = _weakened(stream, round(255 * weights[0]), opaque=layer.opaque)
        else:
            size = layer.size or scene.canvas.size
            share = mask(weights, "gray", rate=scene.rate, size=size, files=scene.files)
            if not layer.opaque:
                share = node("blend", node("extractplanes", stream, planes="a"), share, all_mode="multiply")
            stream = node("alphamerge", stream, share)
    overlay = formats.plain_overlay if plain else "gbrp"
    # Nowhere eof_action=pass: with it FFmpeg's scheduler stands still for ever at some graphs, all decoders held back.
    stream = node("overlay", below.stream, stream, x=layer.x, y=layer.y, format=overlay, alpha="straight")
    return node("format", stream, pix_fmts=below.pixel_format)


def _weakened(stream: Stream, level: int, *, opaque: bool) -> Stream:
    """Multiply alpha of 8 bits by a level of 255; of `opaque` frames it is full."""
    if opaque:
        # Tables take milliseconds to make, for they always have 65,536 entries a plane.
        return node("limiter", stream, max=level, planes=1 << 3)
    # By default components are cut to the nominal range: what pictures have beyond it would be lost.
    same = Expression("val")
    return node("lut", stream, c0=same, c1=same, c2=same, c3=Expression(f"floor(val*{level}/255)"))


def _over_deep(below: Below, top: Stream, scene: Scene) -> Stream:
    """Lay premultiplied canvas-sized frames over opaque ones of 16 bits."""
    over = _over(with_alpha(below.stream, PRECISE), top)
    return without_alpha(over, scene.formats.full)


def _over(ground: Stream, top: Stream) -> Stream:
    """Lay premultiplied frames over premultiplied ones, both canvas-sized in PRECISE."""
    nothing = premultiplied(node("limiter", top, max=0))
    # Not by blend's multiply: of 16 bits it is up to two levels low, also where nothing covers the ground. A frame at
    # which a layer is not seen has to be what it is without the layer.
    kept = premultiplied(node("maskedmerge", ground, nothing, coverage(top, PRECISE)))
    return premultiplied(node("blend", top, kept, all_mode="addition"))


def _precise(stream: Stream, scene: Scene) -> Stream:
    if scene.formats.alpha == PRECISE:
        return stream
    return premultiplied(convert(stream, PRECISE, color=RGB))


def _over_clear(below: Below, layer: Layer, weights: Sequence[float], blend: Blend, scene: Scene) -> Below:
    """Lay over a ground that lets through what will lie below it."""
    top = _precise(faded(on_canvas(layer, scene), weights, scene), scene)
    ground = below.stream if below.pixel_format == PRECISE else _precise(below.stream, scene)
    if blend != "normal":
        # Where the ground lets through, the source keeps its own colour: Cs' = (1 - αb)·Cs + αb·B(Cb, Cs).
        source, backdrop = (_straight(stream) for stream in (top, ground))
        both = _full(_mode(backdrop, source, blend))
        colour = node("maskedmerge", _full(source), both, coverage(ground, PRECISE))
        top = premultiplied(node("blend", colour, coverage(top, PRECISE), all_mode="multiply"))
    return Below(_over(ground, top), PRECISE)


def _full(stream: Stream) -> Stream:
    """Set alpha to full and leave colour as it is."""
    # Not by lutrgb: of 16 bits it cuts every component at 65,280.
    return node("limiter", stream, min=65_535, planes=8)


def _blended(below: Below, layer: Layer, blend: Blend, scene: Scene) -> Stream:
    """Blend a layer with an opaque ground: alpha·B(Cb, Cs) + (1 - alpha)·Cb.

    In 16 bits always: FFmpeg's modes round down, which in 8 bits darkens by a level.
    """
    formats = scene.formats
    top = on_canvas(layer, scene)
    ground, deep_top = below.stream, _precise(top, scene)
    if not formats.deep:
        ground = convert(ground, "gbrp16le", color=RGB)
    if blend == "softlight" and not formats.deep:
        both = convert(_softlit(below.stream, without_alpha(_straight(top), formats.full)), "gbrp16le", color=RGB)
    else:
        both = _mode(ground, without_alpha(_straight(deep_top), "gbrp16le"), blend)
    if not (layer.opaque and layer.size in (None, scene.canvas.size) and (layer.x, layer.y) == (0, 0)):
        both = node("maskedmerge", ground, both, coverage(deep_top, "gbrp16le"))
    return both if formats.deep else square(rematrixed(both, "gbrp", RGB, RGB))


def _mode(backdrop: Stream, source: Stream, blend: Blend) -> Stream:
    """Blend colours of 16 bits that are not multiplied by alpha, channel by channel."""
    if blend != "softlight":
        return node("blend", backdrop, source, all_mode=_MODES[blend])
    return node("blend", backdrop, source, all_expr=Expression(_softlight("(A/65535)", "(B/65535)", "65535")))


def _softlit(backdrop: Stream, source: Stream) -> Stream:
    """Soft light of 8 bits by a table, which is many times faster than an expression."""
    table = Expression(_softlight("(x/255)", "(y/255)", "255") + "+0.5")
    return node("lut2", backdrop, source, c0=table, c1=table, c2=table)


def _softlight(cb: str, cs: str, most: str) -> str:
    """Soft light: Cb - (1 - 2Cs)·Cb·(1 - Cb), or Cb + (2Cs - 1)·(D(Cb) - Cb)."""
    lift = f"if(lte({cb},0.25),((16*{cb}-12)*{cb}+4)*{cb},sqrt({cb}))"
    return f"{most}*if(lte({cs},0.5),{cb}-(1-2*{cs})*{cb}*(1-{cb}),{cb}+(2*{cs}-1)*({lift}-{cb}))"
