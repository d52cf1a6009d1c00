"""Composition from the bottom to the top (docs/project.md §4, steps 11 to 15), a piece of the timeline at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from protocol.project import Effect, GraphicSource, TitleSource
from sidecar.core.timeline import Crossing, Item
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.blend import Below, converted, faded, laid, mixed, on_canvas
from sidecar.ffmpeg.builder.picture.cells import background_of, border_of
from sidecar.ffmpeg.builder.picture.clips import Clip, open_clip
from sidecar.ffmpeg.builder.picture.convert import constant, hex_alpha, premultiplied
from sidecar.ffmpeg.builder.picture.crossings import crossed, progress
from sidecar.ffmpeg.builder.picture.effects import Applied, Owned, apply_effects
from sidecar.ffmpeg.builder.picture.layer import Layer, lay
from sidecar.ffmpeg.builder.picture.opacity import item_opacity, track_opacity
from sidecar.ffmpeg.builder.picture.placing import place_item
from sidecar.ffmpeg.builder.picture.plan import Part, Piece, Planner, Strip, is_adjustment, is_fade
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.select import counted, hold, part
from sidecar.ffmpeg.builder.text import TitleSpan, burn_title


@dataclass(slots=True)
class Composer:
    """Builds what was planned; clips are opened once, however many pieces show them."""

    scene: Scene
    planner: Planner
    clips: dict[str, Clip] = field(default_factory=dict)
    layers: dict[tuple[str, bool], Layer] = field(default_factory=dict)
    borders: dict[str, Layer | None] = field(default_factory=dict)

    def strip(self, planned: Strip, pixel_format: str) -> Stream:
        """Compose a strip in the final format, in `full`, or in `alpha`; frames count from 0 in time base 1/rate."""
        parts = [converted(self._piece(piece), pixel_format, self.scene) for piece in planned.pieces]
        if len(parts) == 1:
            return parts[0]
        return counted(node("concat", *parts, n=len(parts), v=1, a=0), self.scene.rate)

    def with_effects(self, planned: Strip, effects: Applied, span: tuple[int, int]) -> Below:
        """Cut frames of a span out of a strip that effects were applied to."""
        first, end = span
        stream = effects.stream
        if (planned.first, planned.end) != (first, end):
            stream = part(stream, first - planned.first, end - planned.first)
        return Below(stream, effects.pixel_format)

    def solid(self, below: Below, backdrop: str, frames: int) -> Below:
        """Lay frames that effects have made transparent over an opaque backdrop; others stay as they are."""
        if below.opaque or hex_alpha(backdrop) < 1:
            return below
        full = self.scene.formats.full
        ground = Below(hold(constant(backdrop, self.scene.canvas.size, self.scene.rate, full), frames), full)
        return laid(ground, Layer(below.stream, 0, 0, opaque=False), [1.0] * frames, "normal", self.scene)

    def _backdrop(self, piece: Piece) -> Below:
        formats = self.scene.formats
        pixel_format = {"plain": formats.plain, "full": formats.full, "alpha": formats.alpha}[piece.ground]
        still = constant(piece.backdrop, self.scene.canvas.size, self.scene.rate, pixel_format)
        if piece.ground == "alpha":
            still = premultiplied(still)
        return Below(hold(still, piece.frames), pixel_format)

    def _piece(self, piece: Piece) -> Below:
        """Compose one piece, from its backdrop or from the first picture that leaves nothing of it to be seen."""
        below: Below | None = None
        used: set[str] = set()
        for shown in piece.parts:
            below = self._under_layouts(below, shown, piece, used)
            below = self._part(below, shown, piece)
        return self._backdrop(piece) if below is None else below

    def _part(self, below: Below | None, shown: Part, piece: Piece) -> Below:
        what, span = shown.shown.what, (piece.first, piece.end)
        opacity = [1.0] * piece.frames if piece.inside else track_opacity(shown.shown.lane, span, self.scene.rate)
        if what is None:
            layer = self._track_layer(shown, span)
            return self._laid(below, layer, opacity, shown, piece)
        if isinstance(what, Crossing):
            return self._crossing(below, what, opacity, shown, piece)
        weights = [a * b for a, b in zip(item_opacity(what, span, self.scene.rate), opacity, strict=True)]
        if is_adjustment(what):
            return self._adjusted(below, what, weights, shown, piece)
        return self._item(below, what, weights, shown, piece)

    def _laid(
        self,
        below: Below | None,
        layer: Layer | None,
        weights: Sequence[float],
        shown: Part,
        piece: Piece,
        *,
        covers: bool = False,
    ) -> Below:
        """Lay a layer over what is below it, which may be nothing yet."""
        if layer is None or not any(weights):
            return below or self._backdrop(piece)
        if below is None:
            solid = all(weight == 1 for weight in weights)
            if covers and layer.opaque and solid and shown.blend == "normal" and piece.ground != "alpha":
                formats = self.scene.formats
                return Below(layer.stream, formats.plain if piece.ground == "plain" else formats.full)
            if piece.backdrop == "#00000000" and piece.ground == "alpha":
                stream = faded(on_canvas(layer, self.scene), weights, self.scene)
                return Below(stream, self.scene.formats.alpha)
            below = self._backdrop(piece)
        return laid(below, layer, weights, shown.blend, self.scene, covers=covers)

    def _item(self, below: Below | None, item: Item, weights: Sequence[float], shown: Part, piece: Piece) -> Below:
        """Lay one clip over what is below it, at a weight for each frame."""
        if piece.ground != "alpha" and any(weights) and self.planner.burns(item):
            below = below or self._backdrop(piece)
            if self.planner.fades_drawn(item, shown.shown.lane):
                return self._burned(below, item, piece, weights)
            return mixed(below, self._burned(below, item, piece), weights, self.scene)
        layer = self._layer(item, piece)
        done = self._laid(below, layer, weights, shown, piece, covers=self.planner.fills(item))
        border = self._border(item)
        if border is None:
            return done
        held = replace(border, stream=hold(border.stream, piece.frames))
        return self._laid(done, held, weights, replace(shown, blend="normal"), piece)

    def _layer(self, item: Item, piece: Piece) -> Layer | None:
        """Return exactly the frames of a piece of a clip's layer; None where nothing of it is on screen."""
        key = item.pointer, piece.ground == "plain"
        if key not in self.layers:
            if item.pointer not in self.clips:
                self.clips[item.pointer] = open_clip(item, self.scene, self.planner.spans[item.pointer])
            clip = self.clips[item.pointer]
            placed = place_item(item, self.scene, self.planner.spans[item.pointer])
            if placed is None:
                return None
            self.layers[key] = lay(clip, item, placed, self.scene, plain=key[1])
        layer, span = self.layers[key], self.planner.spans[item.pointer]
        if layer.still:
            return replace(layer, stream=hold(layer.stream, piece.frames), still=False)
        if span == (piece.first, piece.end):
            return layer
        return replace(layer, stream=part(layer.stream, piece.first - span[0], piece.end - span[0]))

    def _border(self, item: Item) -> Layer | None:
        """Return one frame of the border of a clip's cell; None where there is none."""
        if item.pointer not in self.borders:
            self.borders[item.pointer] = border_of(item, self.scene)
        return self.borders[item.pointer]

    def _burned(self, below: Below, item: Item, piece: Piece, opacities: Sequence[float] = ()) -> Below:
        """Draw a text onto opaque frames, at an opacity for each."""
        source = item.clip.source
        if not isinstance(source, TitleSource | GraphicSource):
            raise TypeError("only texts are drawn so")
        span = TitleSpan(piece.first - item.first, piece.frames, item.frames)
        timeline, fonts = self.scene.timeline, self.scene.resources.fonts
        drawn = burn_title(below.stream, source, span, timeline, fonts, opacities=opacities)
        self.scene.files.keep(drawn.files)
        return replace(below, stream=node("format", drawn.stream, pix_fmts=below.pixel_format))

    def _crossing(
        self,
        below: Below | None,
        crossing: Crossing,
        opacity: Sequence[float],
        shown: Part,
        piece: Piece,
    ) -> Below:
        span = (piece.first, piece.end)
        if is_fade(crossing) and shown.blend == "normal" and piece.ground != "alpha":
            return self._faded_over(below, crossing, opacity, shown, piece)
        sides = [None if item is None else self._side(item, piece) for item in (crossing.outgoing, crossing.incoming)]
        opaque = all(
            item is not None and layer is not None and layer.opaque and self.planner.fills(item)
            for item, layer in zip((crossing.outgoing, crossing.incoming), sides, strict=True)
        )
        formats = self.scene.formats
        chosen = formats.full if opaque else formats.alpha
        streams = [None if side is None else side.stream if opaque else on_canvas(side, self.scene) for side in sides]
        stream = crossed(streams[0], streams[1], crossing, self.scene, span, pixel_format=chosen)
        layer = Layer(stream if opaque else premultiplied(stream), 0, 0, opaque=opaque)
        return self._laid(below, layer, opacity, shown, piece, covers=opaque)

    def _side(self, item: Item, piece: Piece) -> Layer | None:
        """Return one side of a transition with its own opacity in it, frame-sized where that is less than full."""
        layer = self._layer(item, piece)
        if layer is None:
            return None
        weights = item_opacity(item, (piece.first, piece.end), self.scene.rate)
        border = self._border(item)
        if border is not None:
            held = Layer(hold(border.stream, piece.frames), border.x, border.y, border.opaque, size=border.size)
            ground = Below(on_canvas(layer, self.scene), self.scene.formats.alpha)
            both = laid(ground, held, [1.0] * piece.frames, "normal", self.scene)
            layer = Layer(converted(both, self.scene.formats.alpha, self.scene), 0, 0, opaque=False)
        if all(weight == 1 for weight in weights):
            return layer
        return Layer(faded(on_canvas(layer, self.scene), weights, self.scene), 0, 0, opaque=False)

    def _faded_over(
        self,
        below: Below | None,
        crossing: Crossing,
        opacity: Sequence[float],
        shown: Part,
        piece: Piece,
    ) -> Below:
        """Cross-fade without a layer: the mean of the ground with the one side over it and with the other."""
        span, rate = (piece.first, piece.end), self.scene.rate
        items = crossing.outgoing, crossing.incoming
        hides = all(value == 1 for value in opacity) and all(
            item is not None
            and self.planner.fills(item)
            and all(value == 1 for value in item_opacity(item, span, rate))
            for item in items
        )
        if below is None and not hides:
            below = self._backdrop(piece)
        sides = [
            below if item is None else self._item(below, item, item_opacity(item, span, rate), shown, piece)
            for item in items
        ]
        outgoing, incoming = sides
        if outgoing is None or incoming is None:
            raise AssertionError("a side without a clip is the ground, and that is there")
        done = mixed(outgoing, incoming, progress(crossing, span), self.scene)
        return done if below is None else mixed(below, done, opacity, self.scene)

    def _track_layer(self, shown: Part, span: tuple[int, int]) -> Layer:
        """Compose a track by itself and apply its effects."""
        inner, lane = shown.inner, shown.shown.lane
        if inner is None:
            raise AssertionError("a track with effects is composed by itself")
        owner = Owned(lane.pointer, 0, self.scene.timeline.frames)
        stream = self.strip(inner, self.scene.formats.alpha)
        applied = self._effects(stream, lane.track.effects, owner, (inner.first, inner.end), self.scene.formats.alpha)
        return Layer(self.with_effects(inner, applied, span).stream, 0, 0, opaque=False)

    def _adjusted(self, below: Below | None, item: Item, weights: Sequence[float], shown: Part, piece: Piece) -> Below:
        """Replace what lies below by the clip's effects of it, mixed by the clip's opacity."""
        owner = Owned(item.pointer, -item.head, item.end - item.first + item.tail)
        strip = shown.inner
        if strip is None:
            below = below or self._backdrop(piece)
            strip = Strip(piece.first, piece.end, ())
            stream = below.stream
        else:
            stream = self.strip(strip, self.scene.formats.alpha if piece.ground == "alpha" else self.scene.formats.full)
            pixel_format = self.scene.formats.alpha if piece.ground == "alpha" else self.scene.formats.full
            plain = Applied(stream, pixel_format, self.scene.canvas.size, 0)
            below = self.with_effects(strip, plain, (piece.first, piece.end))
        frames = strip.first - item.first, strip.end - item.first
        applied = self._effects(stream, item.clip.effects, owner, frames, below.pixel_format)
        made = self.with_effects(strip, applied, (piece.first, piece.end))
        if piece.ground != "alpha":
            made = self.solid(made, piece.backdrop, piece.frames)
        if made.pixel_format != below.pixel_format:
            made = Below(converted(made, below.pixel_format, self.scene), below.pixel_format)
        return mixed(below, made, weights, self.scene)

    def _effects(
        self, stream: Stream, effects: Sequence[Effect], owner: Owned, frames: tuple[int, int], pixel_format: str
    ) -> Applied:
        return apply_effects(
            stream,
            effects,
            scene=self.scene,
            owner=owner,
            first=frames[0],
            frames=frames[1] - frames[0],
            size=self.scene.canvas.size,
            scale=self.scene.canvas.scale[1],
            pixel_format=pixel_format,
            grows=False,
        )

    def _under_layouts(self, below: Below | None, shown: Part, piece: Piece, used: set[str]) -> Below | None:
        """Lay the background of each layout under the lowest clip that uses it."""
        for item in shown.shown.items:
            template = None if item.cell is None else item.cell.template
            if template is None or template.id in used:
                continue
            used.add(template.id)
            ground = background_of(template, self.scene)
            if ground is not None:
                held = replace(ground, stream=hold(ground.stream, piece.frames), still=False)
                normal = replace(shown, blend="normal")
                below = self._laid(below, held, [1.0] * piece.frames, normal, piece)
        return below
