"""Applies a list of effects to a stream of pictures (docs/project.md §4, steps 9, 13 to 15).

Every frame is a function of the owner and its number: what a window would see beyond the owner's ends is its first or
last frame, and what of it lies in frames that were not given has to be given and is cut off by the caller (`reach`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import Any

import msgspec

from protocol.project import Effect
from protocol.time import parse_seconds
from sidecar.ffmpeg.builder.catalogue import Catalogue, EffectKind, PictureScene
from sidecar.ffmpeg.builder.graph import Stream, Whole, Window, node
from sidecar.ffmpeg.builder.picture.convert import RGB, convert, premultiplied
from sidecar.ffmpeg.builder.picture.scene import Scene, Tap
from sidecar.ffmpeg.builder.picture.select import counted, part


@dataclass(frozen=True, slots=True)
class Applied:
    """What effects made of a stream: its pixel format, its size, and by how many pixels it grew on every side."""

    stream: Stream
    pixel_format: str
    size: tuple[int, int]
    grown: int


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose the effects are: the pointer of the owner ("" is the project), and its first and end frame with handles.

    Frames are those of the owner's clock.
    """

    pointer: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class _Acting:
    """An effect that changes something, the pointer of it, its kind and its parameters."""

    pointer: str
    effect: Effect
    kind: EffectKind
    parameters: Any


@dataclass(frozen=True, slots=True)
class _Strip:
    """Frames [first, end) of an owner, at `scale` pixels a project pixel; `grows`: they may become larger."""

    scene: Scene
    owner: Owned
    first: int
    end: int
    scale: float
    grows: bool


def acts(effects: Sequence[Effect], catalogue: Catalogue) -> bool:
    """Whether any of the effects changes the picture at all: else nothing need be converted for them."""
    return any(True for _ in _acting(effects, catalogue, ""))


def changes_alpha(effects: Sequence[Effect], catalogue: Catalogue) -> bool:
    """Whether opaque frames may come out transparent, or grow."""
    return any(
        acting.kind.clears or acting.kind.grow(acting.parameters, 1.0) > 0 for acting in _acting(effects, catalogue, "")
    )


def reach(effects: Sequence[Effect], catalogue: Catalogue) -> tuple[int, int]:
    """Return how many of the owner's frames before and after a span decide the span's frames."""
    before = after = 0
    for acting in _acting(effects, catalogue, ""):
        support = acting.kind.support(acting.parameters)
        if isinstance(support, Window):
            before, after = before + support.before, after + support.after
    return before, after


def pixelwise(effects: Sequence[Effect], catalogue: Catalogue) -> bool:
    """Whether every effect that acts takes each pixel by itself: resampling may then come after all of them."""
    return all(acting.kind.pixelwise for acting in _acting(effects, catalogue, ""))


def apply_effects(
    stream: Stream,
    effects: Sequence[Effect],
    *,
    scene: Scene,
    owner: Owned,
    first: int,
    frames: int,
    size: tuple[int, int],
    scale: float,
    pixel_format: str,
    grows: bool = True,
) -> Applied:
    """Apply effects in their order to `frames` frames, the first of which is frame `first` of the owner's clock.

    The stream is planar RGB: gbrp or gbrp16le, else premultiplied gbrap or gbrap16le; `scale` are its pixels a
    project pixel. Frames nearer to the ends of the stream than `reach`, where those are not the owner's own ends,
    are not right and have to be cut off. `grows` false: the picture keeps its size, what would lie outside is cut.
    """
    strip = _Strip(scene, owner, first, first + frames, scale, grows)
    done = Applied(stream, pixel_format, size, 0)
    for acting in _acting(effects, scene.resources.catalogue, owner.pointer):
        done = _one(done, acting, strip)
    return done


def _acting(effects: Sequence[Effect], catalogue: Catalogue, owner: str) -> Iterator[_Acting]:
    for index, effect in enumerate(effects):
        kind = catalogue.effects.get(effect.type)
        if kind is None or kind.medium != "video" or not effect.enabled or effect.mix == 0:
            continue
        parameters = kind.read(effect.parameters)
        if not kind.idle(parameters):
            yield _Acting(f"{owner}/effects/{index}", effect, kind, parameters)


def _one(given: Applied, acting: _Acting, strip: _Strip) -> Applied:
    kind, scene = acting.kind, strip.scene
    grown = kind.grow(acting.parameters, strip.scale) if strip.grows else 0
    given = _widened(given, grown, alpha=kind.clears or grown > 0)
    low, high = _interval(acting.effect, strip.owner, scene.rate)
    low, high = max(low, strip.first), min(high, strip.end)
    if low >= high:
        return given
    told = PictureScene(
        first=strip.first,
        frames=strip.end - strip.first,
        rate=scene.rate,
        size=given.size,
        scale=strip.scale,
        pixel_format=given.pixel_format,
        files=scene.files,
        origin=strip.owner.first,
        analysis=_analysis(acting, strip),
        contents=scene.resources.contents,
    )
    if kind.analysis is not None:
        scene.taps[acting.pointer] = Tap(given.stream, given.size)
    made = _sized(given.stream, acting, told)
    if acting.effect.mix < 1:
        share = float(acting.effect.mix)
        weights = f"{1 - share:.9f} {share:.9f}"
        made = node("mix", given.stream, made, inputs=2, weights=weights, scale=1)
    stream = _spliced(given.stream, made, (low - strip.first, high - strip.first), told)
    return replace(given, stream=stream)


def _interval(effect: Effect, owner: Owned, rate: Fraction) -> tuple[int, int]:
    """Frames of the owner's clock with start ≤ k/rate < end; from 0 and to null are the owner's own ends."""
    start = parse_seconds(effect.start)
    first = owner.first if start == 0 else ceil(start * rate)
    end = owner.end if effect.end is None else ceil(parse_seconds(effect.end) * rate)
    return max(first, owner.first), min(end, owner.end)


def _widened(given: Applied, grown: int, *, alpha: bool) -> Applied:
    """Give frames alpha and a transparent margin, whatever part of the owner they are."""
    stream, pixel_format, (width, height) = given.stream, given.pixel_format, given.size
    if alpha and not pixel_format.startswith("gbrap"):
        pixel_format = pixel_format.replace("gbrp", "gbrap")
        stream = convert(stream, pixel_format, color=RGB)
    if pixel_format.startswith("gbrap"):
        stream = premultiplied(stream)
    if grown:
        width, height = width + 2 * grown, height + 2 * grown
        stream = node("pad", stream, w=width, h=height, x=grown, y=grown, color="black@0")
    return Applied(stream, pixel_format, (width, height), given.grown + grown)


def _analysis(acting: _Acting, strip: _Strip) -> bytes | None:
    """Return what the analysis found. Before it was made, its question stands among the files, for the plan's key.

    That holds which frames of the owner are shown, too: nothing else of the graph may tell of them.
    """
    if acting.kind.analysis is None:
        return None
    resources = strip.scene.resources
    found = resources.analyses.get(acting.pointer)
    if found is None:
        asked = acting.kind.name, acting.kind.analysis.version, acting.effect.parameters
        frames = strip.first - strip.owner.first, strip.end - strip.first
        question = (*asked, resources.analysis_keys.get(acting.pointer), *frames)
        strip.scene.files.add("analysis", "json", msgspec.json.encode(question, order="sorted"))
    return found


def _sized(stream: Stream, acting: _Acting, told: PictureScene) -> Stream:
    """Build an effect at the size it asks for."""
    if acting.kind.scale_free or told.scale >= 1:
        return _windowed(stream, acting, told)
    size = tuple(max(1, round(length / told.scale)) for length in told.size)
    large = replace(told, size=(size[0], size[1]), scale=1.0)
    enlarged = convert(stream, told.pixel_format, color=RGB, size=large.size)
    made = _windowed(enlarged, acting, large)
    return convert(made, told.pixel_format, color=RGB, size=told.size, shrinks=True)


def _windowed(stream: Stream, acting: _Acting, told: PictureScene) -> Stream:
    """Build an effect; frames stand before the first and after the last for a window that reaches beyond them."""
    support = acting.kind.support(acting.parameters)
    if isinstance(support, Whole) and acting.kind.analysis is None:
        raise TypeError(f"{acting.kind.name} has no analysis")
    if not isinstance(support, Window):
        return acting.kind.build(stream, acting.parameters, told)
    before, after = support.before, support.after
    stream = node("tpad", stream, start=before, start_mode="clone", stop=after, stop_mode="clone")
    stream = counted(stream, told.rate)
    wider = replace(told, first=told.first - before, frames=told.frames + before + after)
    made = acting.kind.build(stream, acting.parameters, wider)
    return part(made, before, before + told.frames)


def _spliced(given: Stream, made: Stream, acting: tuple[int, int], told: PictureScene) -> Stream:
    """Show what was made during the frames `acting`, and what was given before and after."""
    low, high = acting
    pieces = [(given, 0, low), (made, low, high), (given, high, told.frames)]
    parts = [part(stream, start, stop) for stream, start, stop in pieces if start < stop]
    if len(parts) == 1:
        return made
    return counted(node("concat", *parts, n=len(parts), v=1, a=0), told.rate)
