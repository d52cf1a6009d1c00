"""A frame of a project, by the steps of docs/project.md §4; everything in floats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.harness.reference.animation import LIMITS, value_at, values_at
from tests.harness.reference.blending import over
from tests.harness.reference.clock import edit, length
from tests.harness.reference.effects import applied
from tests.harness.reference.footage import Floats, Footage
from tests.harness.reference.generated import generated, rgba
from tests.harness.reference.grading import graded
from tests.harness.reference.selection import (
    Crossing,
    Json,
    Placed,
    fade,
    instant,
    neighbours,
    shown,
    source_frame,
)
from tests.harness.reference.shape import Box, Lie, centres, coverage, edges, lie, overlap, polygon
from tests.harness.reference.transitions import crossed

# What 8 bits a channel between the steps may cost, in levels: a rounding a layer, and what a mode makes of it.
ROUNDING = 0.25
STEEP = {"overlay": 1.0, "hardlight": 1.0, "softlight": 1.0, "normal": 0.0}
GENTLE = 0.5
GRADE = 0.5
EFFECT = 1.5


@dataclass(slots=True)
class Frame:
    """R′G′B′ 0–1, the pixels near an edge of anything, those that may fall either way, and what 8 bits may cost, in levels."""

    picture: Floats
    edges: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    error: float = 0.0


@dataclass(slots=True)
class Compositor:
    """A project, what its files show (by path), and the size it is composed at (None: its own)."""

    project: Json
    footage: Mapping[str, Footage]
    canvas: tuple[int, int] | None = None
    rate: Fraction = field(init=False)
    size: tuple[int, int] = field(init=False)
    scale: float = field(init=False)

    def __post_init__(self) -> None:
        self.rate = Fraction(self.project["frameRate"])
        own = self.project["width"], self.project["height"]
        self.size = self.canvas or own
        self.scale = self.size[1] / own[1]

    def frame(self, n: int) -> Frame:
        """Compose frame n."""
        width, height = self.size
        ground = rgba(self.project.get("background", "#000000"))
        made = Frame(
            np.broadcast_to(ground[:3] * ground[3], (height, width, 3)).copy(),
            np.zeros((height, width), bool),
            np.zeros((height, width), bool),
        )
        time = n / self.rate
        for track in self.project["tracks"]:
            if track.get("kind", "video") == "video" and track.get("enabled", True):
                self._track(made, track, n)
        opaque = np.ones((height, width, 1))
        whole = np.concatenate([made.picture, opaque], axis=-1)
        made.picture = applied(whole, self.project.get("effects", []), time)[..., :3]
        made.error += EFFECT * len(self.project.get("effects", ()))
        return made

    def _track(self, made: Frame, track: Json, n: int) -> None:
        what = shown(track, n, self.rate)
        if what is None:
            return
        time, before = n / self.rate, made.error
        opacity = self._opacity(track, time)
        if isinstance(what, Placed) and what.clip["source"]["kind"] == "adjustment":
            self._adjust(made, what, opacity)
            return
        if isinstance(what, Crossing):
            sides = [self._layer(made, side) for side in (what.outgoing, what.incoming)]
            layer, unsure = crossed(what.transition["type"], sides[0], sides[1], what.progress)
            made.unsure |= unsure
            # Edges travel with the pictures that slide.
            masks = [edges(side[..., 3])[..., None].astype(float) for side in sides]
            made.edges |= crossed(what.transition["type"], masks[0], masks[1], what.progress)[0][..., 0] > 0
            leading = what.incoming or what.outgoing
        else:
            layer, leading = self._layer(made, what), what
        assert leading is not None
        layer = applied(layer, track.get("effects", []), time) * opacity  # 13
        made.error += EFFECT * len(track.get("effects", ()))
        own = made.error - before
        blend = track.get("blend", "normal")
        if blend == "normal":
            blend = leading.clip.get("blend", "normal")
        made.picture = over(made.picture, layer, blend)  # 14
        # The formula of hard light has a slope of 2 in the layer.
        made.error += ROUNDING + STEEP.get(blend, GENTLE) + (own if blend == "hardlight" else 0.0)

    def _opacity(self, owner: Json, time: Fraction) -> float:
        return value_at(owner.get("opacity", 1.0), time, LIMITS["opacity"])

    def _adjust(self, made: Frame, placed: Placed, opacity: float) -> None:
        """14: replace what lies below by its effects of it."""
        clip, tau = placed.clip, placed.clock(self.rate)
        height, width = made.picture.shape[:2]
        whole = np.concatenate([made.picture, np.ones((height, width, 1))], axis=-1)
        changed = applied(whole, clip.get("effects", []), tau)[..., :3]
        weight = self._opacity(clip, tau) * fade(placed, self.rate) * opacity
        made.picture = made.picture * (1 - weight) + changed * weight
        made.error += EFFECT * len(clip.get("effects", ()))

    def _layer(self, made: Frame, placed: Placed | None) -> Floats:
        """Steps 2 to 11: a clip as a frame-sized premultiplied layer."""
        width, height = self.size
        if placed is None:
            return np.zeros((height, width, 4))
        clip, tau = placed.clip, placed.clock(self.rate)
        lying, picture = self._picture(made, placed)
        area = coverage(lying, self.size) * self._cell_area(clip)
        straight, alpha = picture[..., :3], picture[..., 3] * area
        controls = values_at(clip.get("color", {}), tau)
        straight = graded(straight, controls)  # 8
        made.error += GRADE * len(controls)
        layer = np.concatenate([straight * alpha[..., None], alpha[..., None]], axis=-1)
        layer = applied(layer, clip.get("effects", []), tau)  # 9
        made.edges |= edges(area)
        made.error += EFFECT * len(clip.get("effects", ()))
        factor = self._opacity(clip, tau) * fade(placed, self.rate)  # 11
        return np.asarray(layer * factor)

    def _picture(self, made: Frame, placed: Placed) -> tuple[Lie, Floats]:
        """Steps 2 to 7 and 10: where a clip lies, and what it shows at the middle of every pixel, straight."""
        clip, tau = placed.clip, placed.clock(self.rate)
        source = clip["source"]
        footage = self.footage[self._path(source)] if source["kind"] == "file" else None
        box, align, fit = self._box(clip)
        crop = values_at(clip.get("crop", {}), tau)
        moved = values_at(clip.get("transform", {}), tau)
        if footage is None:
            own = self.project["width"], self.project["height"]
            upright = own[0] * self.scale, own[1] * self.scale
            fit = "stretch" if clip.get("layout") is None else fit
            lying = lie(self.size, upright=upright, crop=crop, fit=fit, align=align, box=box, transform=moved)
            x, y = lying.source(*centres(self.size))
            picture = generated(source, x, y, own)
            assert picture is not None, source["kind"]
            return lying, picture
        upright = footage.upright[0] * self.scale, footage.upright[1] * self.scale
        lying = lie(
            footage.oriented,
            upright=upright,
            crop=crop,
            fit=fit,
            align=align,
            box=box,
            transform=moved,
        )
        made.error += footage.error
        at = instant(placed, self.rate, footage)
        weight, first, last = 0.0, source_frame(footage, at), 0
        if clip.get("retime", "nearest") == "blend":
            first, last, weight = neighbours(footage, at)
        picture = self._sampled(footage, lying, first)
        if weight:
            picture = picture * (1 - weight) + self._sampled(footage, lying, last) * weight
        return lying, picture

    def _cell(self, clip: Json) -> tuple[Json, Json] | None:
        """The template of a layout among the project's own, and the clip's cell."""
        if clip.get("layout") is None:
            return None
        named = {template["id"]: template for template in self.project.get("templates", ())}
        template = named[clip["layout"]["template"]]
        wanted = clip["layout"].get("cell", 0)
        number = wanted if isinstance(wanted, int) else [cell.get("id") for cell in template["cells"]].index(wanted)
        return template, template["cells"][number]

    def _box(self, clip: Json) -> tuple[Box, tuple[str, str], str]:
        """7: the frame or the layout's cell (edges on the nearest pixels, half the gap off the inner ones)."""
        found = self._cell(clip)
        if found is None:
            return (
                (0.0, 0.0, float(self.size[0]), float(self.size[1])),
                ("center", "center"),
                clip.get("fit", "contain"),
            )
        template, cell = found
        gap = template.get("gap", 0.0) * self.size[1] / 2
        sides = []
        for start, extent, whole in (
            (cell["x"], cell["width"], self.size[0]),
            (cell["y"], cell["height"], self.size[1]),
        ):
            low = start * whole + (gap if start > 1e-9 else 0)
            high = (start + extent) * whole - (gap if start + extent < 1 - 1e-9 else 0)
            sides.append((floor(low + 0.5), floor(high + 0.5)))
        (left, right), (top, bottom) = sides
        box = float(left), float(top), float(right - left), float(bottom - top)
        return box, (cell.get("alignX", "center"), cell.get("alignY", "center")), cell.get("fit", "cover")

    def _cell_area(self, clip: Json) -> Floats:
        """10: what a layout's cell leaves of every pixel."""
        found = self._cell(clip)
        if found is None:
            return np.ones((self.size[1], self.size[0]))
        left, top, width, height = self._box(clip)[0]
        if found[1].get("polygon"):
            return polygon([(left + x * width, top + y * height) for x, y in found[1]["polygon"]], self.size)
        return np.outer(overlap(self.size[1], top, top + height), overlap(self.size[0], left, left + width))

    def _sampled(self, footage: Footage, lying: Lie, number: int) -> Floats:
        """The scene, averaged over each pixel by four samples; past the picture's edge it goes on."""
        if lying.scale[0] == 0 or lying.scale[1] == 0:
            return np.zeros((self.size[1], self.size[0], 4))
        x, y = lying.source(*centres(self.size, 2))
        # Beyond its edges a picture is what it is at them: there it has no coverage.
        scene = footage.scene(x.clip(-0.1, 1.1), y.clip(-0.1, 1.1), number)
        scene[..., :3] *= scene[..., 3:]
        mean = scene.reshape(self.size[1], 2, self.size[0], 2, 4).mean(axis=(1, 3))
        mean[..., :3] /= np.maximum(mean[..., 3:], 1e-9)
        return np.asarray(mean)

    def _path(self, source: dict[str, Any]) -> str:
        if source.get("path") is not None:
            return str(source["path"])
        return str(next(entry["path"] for entry in self.project["media"] if entry["id"] == source["media"]))


def output_frames(project: Json) -> list[int]:
    """Step 17: the project frame behind each frame of the export, before the end of the project is looked at."""
    rate = Fraction(project["frameRate"])
    export = project.get("export", {})
    first, end = 0, length(project)
    if export.get("range"):
        first, end = edit(export["range"][0], rate), min(end, edit(export["range"][1], rate))
    wanted = Fraction(export["frameRate"]) if export.get("frameRate") else rate
    frames = int((end - first) / rate * wanted + Fraction(1, 2))
    return [min(end - 1, first + int(number / wanted * rate)) for number in range(max(1, frames))]


def composed(project: Json, footage: Mapping[str, Footage]) -> list[Frame]:
    """Every frame of a project's export, letterboxed (step 17)."""
    export = project.get("export", {})
    own = project["width"], project["height"]
    size = export.get("width") or own[0], export.get("height") or own[1]
    factor = min(size[0] / own[0], size[1] / own[1])
    canvas = round(own[0] * factor), round(own[1] * factor)
    compositor = Compositor(project, footage, canvas)
    made: dict[int, Frame] = {}
    for number in output_frames(project):
        if number not in made:
            made[number] = _boxed(compositor.frame(number), size, project.get("background", "#000000"))
    return [made[number] for number in output_frames(project)]


def _boxed(frame: Frame, size: tuple[int, int], background: str) -> Frame:
    height, width = frame.edges.shape
    if (width, height) == size:
        return frame
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    ground = rgba(background)
    picture = np.broadcast_to(ground[:3] * ground[3], (size[1], size[0], 3)).copy()
    masks = [np.zeros((size[1], size[0]), bool) for _ in range(2)]
    inner = (slice(top, top + height), slice(left, left + width))
    picture[inner] = frame.picture
    for mask, own in zip(masks, (frame.edges, frame.unsure), strict=True):
        mask[inner] = own
    return Frame(picture, masks[0], masks[1], frame.error)
