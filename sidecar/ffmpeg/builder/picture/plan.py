"""What is composed, and in which format, before anything is built.

Everything is decided for whole stretches and whole clips: a frame must not depend on the window it is made in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from protocol.project import (
    AdjustmentSource,
    Color,
    Crop,
    GradientSource,
    GraphicSource,
    Keyframes,
    TitleSource,
    Transform,
    VideoTrack,
)
from protocol.project.words import Blend
from sidecar.core.timeline import Crossing, Item, Lane
from sidecar.ffmpeg.builder.picture.convert import hex_alpha
from sidecar.ffmpeg.builder.picture.effects import acts, changes_alpha, reach
from sidecar.ffmpeg.builder.picture.opacity import item_opacity, track_opacity
from sidecar.ffmpeg.builder.picture.placing import Placed, covers, lies_plain, place_item
from sidecar.ffmpeg.builder.picture.scene import Scene
from sidecar.ffmpeg.builder.picture.stretches import Cutter, Shown, Stretch
from sidecar.ffmpeg.builder.text import fades_as_one

LONGEST_FADES = 500
"""Frames of a text's fades up to which it is drawn at each opacity: libass looks at every event for every frame."""

Ground = Literal["plain", "full", "alpha"]
"""What a stretch is composed in: the export's own subsampled format, opaque R'G'B', or premultiplied with alpha."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a lane shows in a stretch; `inner` is composed beforehand.

    That is the track's own layer where the track has effects, and for an adjustment clip whose effects look beyond
    the stretch all that lies below it.
    """

    shown: Shown
    blend: Blend
    inner: Strip | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames [first, end) of a stretch over a backdrop, a colour, from the bottom to the top.

    Hidden parts are left out. `inside`: it is a track by itself, whose own opacity is still to come.
    """

    first: int
    end: int
    parts: tuple[Part, ...]
    ground: Ground
    backdrop: str
    inside: bool

    @property
    def frames(self) -> int:
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Strip:
    """Project frames [first, end) of some lanes."""

    first: int
    end: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """Frames [first, end) that show the same, without what is hidden; `covered`: nothing of the backdrop is seen."""

    first: int
    end: int
    shown: tuple[Shown, ...]
    blends: tuple[Blend, ...]
    ground: Ground
    covered: bool


@dataclass(slots=True)
class Planner:
    """Plans the composition of one graph, and gathers which frames of every clip it needs."""

    scene: Scene
    cutter: Cutter
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)

    def whole(self, first: int, end: int, backdrop: str, *, plain: bool) -> Strip:
        """Plan the project's own composite. `plain` false: R'G'B' throughout, for effects that are still to come."""
        return self._strip(range(len(self.scene.timeline.video)), first, end, backdrop, plain=plain)

    def placement(self, item: Item) -> Placed | None:
        """Where a clip lies; None where nothing of it is ever on screen."""
        key = "placement", item.pointer, self.scene.canvas, self.scene.formats
        if key not in self.cutter.decided:
            self.cutter.decided[key] = place_item(item, self.scene, own_frames(item))
        placed: Placed | None = self.cutter.decided[key]
        return placed

    def _strip(
        self, lanes: range, first: int, end: int, backdrop: str, *, plain: bool = False, inside: bool = False
    ) -> Strip:
        found = self.cutter.cut(lanes, first, end, inside=inside)
        looks: list[_Look] = []
        for stretch in found:
            look = self._look(stretch, lanes, backdrop, plain=plain, inside=inside)
            if looks and _goes_on(looks[-1], look):
                look = replace(look, first=looks.pop().first)
            looks.append(look)
        pieces = (self._piece(look, (first, end), backdrop, inside=inside) for look in looks)
        return Strip(first, end, tuple(pieces))

    def _look(self, stretch: Stretch, lanes: range, backdrop: str, *, plain: bool, inside: bool) -> _Look:
        key = stretch.first, lanes, backdrop, plain, inside, self.scene.canvas, self.scene.formats
        if key not in self.cutter.decided:
            self.cutter.decided[key] = self._looked(stretch, backdrop, plain=plain)
        look: _Look = self.cutter.decided[key]
        return look

    def _looked(self, stretch: Stretch, backdrop: str, *, plain: bool) -> _Look:
        kept: list[Shown] = []
        hidden = False
        for shown in reversed(stretch.shown):
            if not self._seen(shown, stretch):
                continue
            kept.append(shown)
            hidden = self._hides(shown, stretch)
            if hidden:
                break
        kept.reverse()
        opaque = hidden or hex_alpha(backdrop) == 1
        ground: Ground = "alpha" if not opaque else "full"
        if plain and opaque and all(self._plain(shown) for shown in kept):
            ground = "plain"
        blends = tuple(self._blend(shown, stretch.first) for shown in kept)
        return _Look(stretch.first, stretch.end, tuple(kept), blends, ground, hidden)

    def _piece(self, look: _Look, window: tuple[int, int], backdrop: str, *, inside: bool) -> Piece:
        first, end = max(window[0], look.first), min(window[1], look.end)
        parts = tuple(
            self._part(shown, blend, first, end, backdrop) for shown, blend in zip(look.shown, look.blends, strict=True)
        )
        return Piece(first, end, parts, look.ground, backdrop, inside)

    def _part(self, shown: Shown, blend: Blend, first: int, end: int, backdrop: str) -> Part:
        lane, catalogue = shown.lane, self.scene.resources.catalogue
        frames = self.scene.timeline.frames
        inner: Strip | None = None
        if shown.what is None:
            before, after = reach(lane.track.effects, catalogue)
            span = max(0, first - before), min(frames, end + after)
            inner = self._strip(range(shown.number, shown.number + 1), *span, "#00000000", inside=True)
        elif isinstance(shown.what, Item) and is_adjustment(shown.what):
            item = shown.what
            before, after = reach(item.clip.effects, catalogue)
            if before or after:
                span = max(item.first, first - before), min(item.end, end + after)
                inner = self._strip(range(shown.number), *span, backdrop)
        for item in shown.items:
            self._need(item, first, end)
        return Part(shown, blend, inner)

    def _need(self, item: Item, first: int, end: int) -> None:
        before, after = reach(item.clip.effects, self.scene.resources.catalogue)
        low, high = own_frames(item)
        first, end = max(low, first - before), min(high, end + after)
        self.items[item.pointer] = item
        known = self.spans.get(item.pointer, (first, end))
        self.spans[item.pointer] = min(known[0], first), max(known[1], end)

    def _blend(self, shown: Shown, first: int) -> Blend:
        """The track's blend if it is not normal, else the clip's; in a transition the incoming clip's."""
        track = shown.lane.track
        if isinstance(track, VideoTrack) and track.blend != "normal":
            return track.blend
        if isinstance(shown.what, Crossing):
            shows = shown.what.incoming or shown.what.outgoing
        elif shown.what is None:
            shows = _on_screen(shown, first)
        else:
            shows = shown.what
        return "normal" if shows is None else shows.clip.blend

    def _seen(self, shown: Shown, stretch: Stretch) -> bool:
        span, rate = (stretch.first, stretch.end), self.scene.rate
        if not any(track_opacity(shown.lane, span, rate)):
            return False
        return shown.what is None or any(
            (is_adjustment(item) or self.placement(item) is not None or item.cell is not None)
            and any(item_opacity(item, span, rate))
            for item in shown.items
        )

    def _hides(self, shown: Shown, stretch: Stretch) -> bool:
        """Whether nothing below can be seen: opaque pictures over the whole canvas, on both sides of a transition."""
        what, span, rate = shown.what, (stretch.first, stretch.end), self.scene.rate
        if what is None or self._blend(shown, stretch.first) != "normal":
            return False
        if isinstance(what, Crossing) and (what.outgoing is None or what.incoming is None):
            return False
        return all(value == 1 for value in track_opacity(shown.lane, span, rate)) and all(
            self.fills(item) and all(value == 1 for value in item_opacity(item, span, rate)) for item in shown.items
        )

    def fills(self, item: Item) -> bool:
        """Whether a clip's picture is opaque and leaves nothing of the canvas to be seen."""
        placement = self.placement(item)
        return placement is not None and self.opaque(item) and covers(placement, self.scene.canvas.size)

    def opaque(self, item: Item) -> bool:
        """Whether a clip's picture has no transparent pixel inside its frame."""
        source = item.clip.source
        if isinstance(source, TitleSource | GraphicSource | AdjustmentSource):
            return False
        if isinstance(source, GradientSource) and any(hex_alpha(color) < 1 for color in source.colors):
            return False
        if item.file is not None and item.file.alpha:
            return False
        return item.cell is None and not changes_alpha(item.clip.effects, self.scene.resources.catalogue)

    def _plain(self, shown: Shown) -> bool:
        if shown.what is None or self._blend(shown, 0) != "normal":
            return False
        if isinstance(shown.what, Crossing) and not is_fade(shown.what):
            return False
        return all(self._item_plain(item) for item in shown.items)

    def _item_plain(self, item: Item) -> bool:
        if is_adjustment(item) or item.cell is not None:
            return False
        if self.burns(item):
            return True
        placement = self.placement(item)
        if placement is None:
            return True
        acting = acts(item.clip.effects, self.scene.resources.catalogue)
        return not acting and self.opaque(item) and lies_plain(placement, self.scene.formats)

    def burns(self, item: Item) -> bool:
        """Whether a text can be drawn straight onto what lies below: nothing is done to its picture."""
        clip = item.clip
        if not isinstance(clip.source, TitleSource | GraphicSource) or clip.blend != "normal" or item.cell is not None:
            return False
        untouched = clip.transform == Transform() and clip.color == Color() and clip.crop == Crop()
        return untouched and not acts(clip.effects, self.scene.resources.catalogue)

    def fades_drawn(self, item: Item, lane: Lane) -> bool:
        """Whether a text that `burns` may be drawn at its opacity, instead of being mixed with what lies below it."""
        source, timeline = item.clip.source, self.scene.timeline
        if not isinstance(source, TitleSource | GraphicSource):
            return False
        track = lane.track.opacity if isinstance(lane.track, VideoTrack) else 1.0
        keyed = isinstance(item.clip.opacity, Keyframes) or isinstance(track, Keyframes)
        short = item.fade_in + item.fade_out <= LONGEST_FADES
        return short and not keyed and fades_as_one(source, (timeline.width, timeline.height))


def _goes_on(before: _Look, after: _Look) -> bool:
    """Whether nothing that is seen changes between neighbours: what ends or begins there is hidden, or never seen.

    Where a clip's own fade begins or ends, pieces stay apart: what does not fade is not mixed.
    """
    if (before.ground, before.covered, before.blends) != (after.ground, after.covered, after.blends):
        return False
    if [_identity(shown) for shown in before.shown] != [_identity(shown) for shown in after.shown]:
        return False
    edge = after.first
    items = [item for shown in after.shown for item in shown.items]
    return all(edge not in {item.first + item.fade_in, item.end - item.fade_out} for item in items)


def _identity(shown: Shown) -> tuple[int, int]:
    return shown.number, id(shown.what)


def own_frames(item: Item) -> tuple[int, int]:
    """Return the frames that a clip is shown for, handles included."""
    return item.first - item.head, item.end + item.tail


def is_adjustment(item: Item) -> bool:
    return isinstance(item.clip.source, AdjustmentSource)


def is_fade(crossing: Crossing) -> bool:
    """Whether a transition is the mean of its two sides, which needs no layer of its own."""
    return crossing.transition.type == "fade"


def _on_screen(shown: Shown, frame: int) -> Item | None:
    for crossing in shown.lane.crossings:
        if crossing.first <= frame < crossing.end:
            return crossing.incoming or crossing.outgoing
    return next((item for item in shown.lane.items if item.first <= frame < item.end), None)
