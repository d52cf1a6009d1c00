"""Composition from the bottom to the top (docs/project.md §4, steps 11 to 14), a stretch at a time.

The base of every stretch is opaque. A stretch whose layers are all opaque and lie on even places is composed in the
export's own format, any other in full resolution; which of the two depends on the stretch alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from protocol.project import Color, Crop, GraphicSource, TitleSource, Transform, VideoTrack
from protocol.project.curves import ease
from sidecar.core.timeline import Crossing, Item
from sidecar.ffmpeg.builder.command import SideFile
from sidecar.ffmpeg.builder.graph import Expression, Stream, node
from sidecar.ffmpeg.builder.picture.clips import Clip, open_clip, placement_of
from sidecar.ffmpeg.builder.picture.convert import constant, convert, working
from sidecar.ffmpeg.builder.picture.geometry import Placement
from sidecar.ffmpeg.builder.picture.layer import Layer, covers, lay, lies_plain
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import hold, part
from sidecar.ffmpeg.builder.picture.stretches import Shown, Stretch, factor, is_title, stretches
from sidecar.ffmpeg.builder.picture.weigh import weighed
from sidecar.ffmpeg.builder.text import FONT_FILES, TitleSpan, burn_title

MANY_INPUTS = 8
"""With more files than this every decoder gets one thread: their frames would fill the memory."""

LONG_TITLE = 3_600
"""Seconds that a title's script lasts; longer titles are drawn once as a layer."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The picture of a window, its frames counted from 0 in time base 1/rate, and the files it needs."""

    stream: Stream
    files: tuple[SideFile, ...]
    text: bool


@dataclass(slots=True)
class Composition:
    """What the stretches of one graph share: clips that are opened once, files, names."""

    scene: Scene
    background: str
    placements: dict[str, Placement | None] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    clips: dict[str, Clip] = field(default_factory=dict)
    layers: dict[tuple[str, bool], Layer] = field(default_factory=dict)

    def placement(self, item: Item) -> Placement | None:
        if item.pointer not in self.placements:
            self.placements[item.pointer] = placement_of(item, self.scene.canvas)
        return self.placements[item.pointer]

    def mix(self, base: Stream, top: Stream, weights: Sequence[float], *, plain: bool) -> Stream:
        """Mix by weights, one a frame; nothing is mixed where they are all 0 or all 1."""
        if all(weight == 1 for weight in weights):
            return top
        if all(weight == 0 for weight in weights):
            return base
        pixel_format = self.scene.formats.plain if plain else self.scene.formats.laid
        rate, size = self.scene.timeline.rate, self.scene.canvas.size
        return weighed(base, top, weights, self.scene.weights, pixel_format=pixel_format, rate=rate, size=size)


def compose(composition: Composition, first: int, end: int, among: Sequence[Stretch] | None = None) -> Composed:
    """Compose project frames [first, end). `among` are the stretches that hold them, where they are known already."""
    cut = [
        replace(plan(composition, stretch), first=max(stretch.first, first), end=min(stretch.end, end))
        for stretch in (stretches(composition.scene.timeline) if among is None else among)
        if stretch.first < end and stretch.end > first
    ]
    for stretch in cut:
        for item in (item for shown in stretch.shown for item in shown.items):
            low, high = composition.spans.get(item.pointer, (stretch.first, stretch.end))
            composition.spans[item.pointer] = min(low, stretch.first), max(high, stretch.end)
    files = {i.pointer for s in cut for shown in s.shown for i in shown.items if i.file is not None}
    composition.scene.threads = 1 if len(files) > MANY_INPUTS else None
    parts = [_stretch(composition, stretch) for stretch in cut]
    stream = parts[0] if len(parts) == 1 else node("concat", *parts, n=len(parts), v=1, a=0)
    if len(parts) > 1:
        stream = node("settb", stream, expr=1 / composition.scene.timeline.rate)
        stream = node("setpts", stream, expr=Expression("N"))
    weights = composition.scene.weights.file()
    if weights is not None:
        composition.scene.files.keep((weights,))
    text = bool(FONT_FILES) and FONT_FILES[0].name in composition.scene.files
    return Composed(stream, composition.scene.files.all(), text)


def plan(composition: Composition, stretch: Stretch) -> Stretch:
    """Leave out what cannot be seen (off the canvas, at opacity 0, under an opaque layer) and choose the format.

    Decided for the whole stretch, before it is cut to a window: a frame must not depend on the window.
    """
    kept: list[Shown] = []
    for shown in reversed(stretch.shown):
        if _opacity(shown) == 0 or not any(_seen(composition, item, stretch) for item in shown.items):
            continue
        kept.append(shown)
        if _hides(composition, shown, stretch):
            break
    kept.reverse()
    plain = all(_lies_plain(composition, item) for shown in kept for item in shown.items)
    return replace(stretch, shown=tuple(kept), plain=plain)


def _seen(composition: Composition, item: Item, stretch: Stretch) -> bool:
    return composition.placement(item) is not None and any(_factors(item, stretch))


def _hides(composition: Composition, shown: Shown, stretch: Stretch) -> bool:
    """Whether nothing below can be seen: opaque pictures over the whole canvas, on both sides of a transition."""
    if isinstance(shown.what, Crossing) and (shown.what.outgoing is None or shown.what.incoming is None):
        return False
    return _opacity(shown) == 1 and all(
        _opaque(item)
        and (placement := composition.placement(item)) is not None
        and covers(placement, composition.scene.canvas.size)
        and all(value == 1 for value in _factors(item, stretch))
        for item in shown.items
    )


def _opaque(item: Item) -> bool:
    return not is_title(item) and not (item.file is not None and item.file.alpha)


def _opacity(shown: Shown) -> float:
    track = shown.lane.track
    opacity = track.opacity if isinstance(track, VideoTrack) else 1.0
    return float(opacity) if isinstance(opacity, int | float) else 1.0


def _factors(item: Item, stretch: Stretch) -> list[float]:
    """Opacity at each frame. Stretches are cut at the ends of fades, so outside of them it does not change."""
    if stretch.first >= item.first + item.fade_in and stretch.end <= item.end - item.fade_out:
        return [factor(item, stretch.first)] * stretch.frames
    return [factor(item, frame) for frame in range(stretch.first, stretch.end)]


def _burns(item: Item, rate: Fraction) -> bool:
    """Whether a title can be drawn straight onto what lies below: nothing is done to its picture."""
    clip = item.clip
    untouched = clip.transform == Transform() and clip.color == Color() and clip.crop == Crop()
    return is_title(item) and untouched and item.frames + item.head + item.tail < LONG_TITLE * rate


def _stretch(composition: Composition, stretch: Stretch) -> Stream:
    """Compose one stretch, in the export's format."""
    formats = composition.scene.formats
    base: Stream | None = None
    for shown in stretch.shown:
        base = _over(composition, base, shown, stretch)
    if base is None:
        base = _background(composition, stretch)
    return (
        base
        if stretch.plain or formats.laid == formats.final
        else convert(base, formats.final, color=working(formats.laid))
    )


def _lies_plain(composition: Composition, item: Item) -> bool:
    if _burns(item, composition.scene.timeline.rate):
        return True
    placement = composition.placement(item)
    return placement is None or (_opaque(item) and lies_plain(placement, composition.scene.formats))


def _background(composition: Composition, stretch: Stretch) -> Stream:
    formats = composition.scene.formats
    pixel_format = formats.plain if stretch.plain else formats.laid
    still = constant(
        composition.background, composition.scene.canvas.size, composition.scene.timeline.rate, pixel_format
    )
    return hold(still, stretch.frames)


def _over(composition: Composition, base: Stream | None, shown: Shown, stretch: Stretch) -> Stream:
    """Lay what a lane shows over the base; None is a base that has not been needed yet."""
    what = shown.what
    if isinstance(what, Item):
        weights = [value * _opacity(shown) for value in _factors(what, stretch)]
        return _item_over(composition, base, what, stretch, weights)
    needs_base = not _hides(composition, shown, stretch)
    if base is None and needs_base:
        base = _background(composition, stretch)
    sides = [
        base if item is None else _item_over(composition, base, item, stretch, _factors(item, stretch))
        for item in (what.outgoing, what.incoming)
    ]
    outgoing, incoming = sides
    if outgoing is None or incoming is None:
        raise AssertionError("a side without a clip is the base, and that is there")
    crossed = composition.mix(outgoing, incoming, progress(what, stretch), plain=stretch.plain)
    if base is None:
        return crossed
    return composition.mix(base, crossed, [_opacity(shown)] * stretch.frames, plain=stretch.plain)


def progress(crossing: Crossing, stretch: Stretch) -> list[float]:
    """Eased progress of a transition at each frame of a stretch: its first frame is all A, its last all B."""
    last = crossing.frames - 1
    easing = crossing.transition.easing
    return [ease(easing, (frame - crossing.first) / last) for frame in range(stretch.first, stretch.end)]


def _item_over(
    composition: Composition,
    base: Stream | None,
    item: Item,
    stretch: Stretch,
    weights: Sequence[float],
) -> Stream:
    """Lay one clip over the base at a weight for each frame."""
    placement = composition.placement(item)
    hidden = placement is None or not any(weights)
    whole = placement is not None and _opaque(item) and covers(placement, composition.scene.canvas.size)
    if base is None and (hidden or not whole or any(weight != 1 for weight in weights)):
        base = _background(composition, stretch)
    if base is not None and hidden:
        return base
    if base is not None and _burns(item, composition.scene.timeline.rate):
        return composition.mix(
            base, _title_over(composition, base, item, stretch), weights, plain=stretch.plain
        )
    layer = _layer(composition, item, plain=stretch.plain)
    clip = composition.clips[item.pointer]
    shown = hold(layer.stream, stretch.frames) if clip.still else _slice(composition, item, clip, layer, stretch)
    laid = shown if base is None or whole else _overlaid(composition, base, shown, layer, plain=stretch.plain)
    return laid if base is None else composition.mix(base, laid, weights, plain=stretch.plain)


def _slice(composition: Composition, item: Item, clip: Clip, layer: Layer, stretch: Stretch) -> Stream:
    """Frames of a stretch out of a clip's stream."""
    if composition.spans[item.pointer] == (stretch.first, stretch.end):
        return layer.stream
    return part(layer.stream, stretch.first - clip.first, stretch.end - clip.first)


def _overlaid(composition: Composition, base: Stream, shown: Stream, layer: Layer, *, plain: bool) -> Stream:
    """Lay a layer of exactly as many frames over a base.

    Nowhere eof_action=pass: with it FFmpeg's scheduler stands still for ever at some graphs, all decoders held back.
    """
    formats = composition.scene.formats
    stream = node(
        "overlay",
        base,
        shown,
        x=layer.x,
        y=layer.y,
        format=formats.plain_overlay if plain else formats.full_overlay,
        alpha="straight",
    )
    return node("format", stream, pix_fmts=formats.plain if plain else formats.laid)


def _title_over(composition: Composition, base: Stream, item: Item, stretch: Stretch) -> Stream:
    source = item.clip.source
    if not isinstance(source, TitleSource | GraphicSource):
        raise TypeError("only text is drawn so")
    scene = composition.scene
    span = TitleSpan(stretch.first - item.first, stretch.frames, item.frames)
    drawn = burn_title(base, source, span, scene.timeline, scene.resources.fonts)
    scene.files.keep(drawn.files)
    return node("format", drawn.stream, pix_fmts=scene.formats.plain if stretch.plain else scene.formats.laid)


def _layer(composition: Composition, item: Item, *, plain: bool) -> Layer:
    """Return the layer of a clip in one of the two formats, made once."""
    key = (item.pointer, plain)
    if key not in composition.layers:
        if item.pointer not in composition.clips:
            composition.clips[item.pointer] = open_clip(item, composition.scene, composition.spans[item.pointer])
        clip = composition.clips[item.pointer]
        placement = composition.placement(item)
        if placement is None:
            raise AssertionError("what is not seen is not laid")
        composition.layers[key] = lay(
            clip.picture,
            placement,
            item.clip.color,
            composition.scene.formats,
            composition.scene.canvas.size,
            plain=plain,
        )
    return composition.layers[key]
