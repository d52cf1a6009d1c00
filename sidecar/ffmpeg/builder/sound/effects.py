"""Applies a list of sound effects to the sound of a clip, a track or the project (docs/project.md §5).

Samples are numbers of the project. An effect is given its owner's sound from as far back as its kind remembers, and
what it makes of that is cut off: so any window may be made alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any, get_type_hints

from msgspec import Meta

from protocol.model import Model
from protocol.project import Effect
from protocol.time import parse_seconds, sample_at_frame
from sidecar.ffmpeg.builder.catalogue import Catalogue, EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.rows import cut, exact, joined

Span = tuple[int, int]
"""Samples [first, end) of the project."""

Make = Callable[[Span], Stream | None]
"""Makes the sound of a span, exactly as long; None where there is none."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose the effects are: its span with handles, and the frame at which its clock stands at 0."""

    start: int
    end: int
    clock: int


@dataclass(frozen=True, slots=True)
class Room:
    """What effects are told beside their sound. `keyed` makes the sound of a track by its id."""

    catalogue: Catalogue
    rate: Fraction
    sample_rate: int
    channels: int
    files: SideFiles
    keyed: Callable[[str, Span], Stream | None]


@dataclass(frozen=True, slots=True)
class _Acting:
    effect: Effect
    kind: EffectKind
    parameters: Any


def acting(effects: Sequence[Effect], catalogue: Catalogue) -> Iterator[_Acting]:
    """Return the effects that change the sound."""
    for effect in effects:
        kind = catalogue.effects.get(effect.type)
        if kind is None or kind.medium != "audio" or not effect.enabled or effect.mix == 0:
            continue
        parameters = kind.read(effect.parameters)
        if not kind.idle(parameters):
            yield _Acting(effect, kind, parameters)


def tail(effects: Sequence[Effect], catalogue: Catalogue) -> Fraction:
    """Return for how many seconds a list sounds on after its owner. An effect that ends by itself has no tail."""
    seconds = Fraction(0)
    for each in acting(effects, catalogue):
        seconds = seconds + each.kind.tail(each.parameters) if each.effect.end is None else Fraction(0)
    return seconds


def remembers_all(effects: Sequence[Effect], catalogue: Catalogue) -> bool:
    """Whether some effect has to be given everything from its owner's beginning."""
    return any(each.kind.pre_roll(each.parameters) is None for each in acting(effects, catalogue))


def keys(effects: Sequence[Effect], catalogue: Catalogue) -> Iterator[str]:
    """Return the ids of the tracks whose sound the effects listen to."""
    for each in acting(effects, catalogue):
        key = key_of(each.parameters)
        if key is not None:
            yield key


def apply_effects(effects: Sequence[Effect], make: Make, span: Span, owner: Owner, room: Room) -> Stream | None:
    """Make a span of an owner's sound with its effects applied; `make` makes it without them."""
    chain = list(acting(effects, room.catalogue))

    def level(count: int, wanted: Span) -> Stream | None:
        if count == 0:
            return make(wanted)
        each = chain[count - 1]
        low, high = _interval(each.effect, owner, room)
        low, high = max(low, wanted[0]), min(high, wanted[1])
        if low >= high:
            return level(count - 1, wanted)
        pre_roll = each.kind.pre_roll(each.parameters)
        first = owner.start
        if pre_roll is not None:
            first = max(first, wanted[0] - ceil(pre_roll * room.sample_rate))
        span = min(first, wanted[0]), wanted[1] + ceil(each.kind.look_ahead(each.parameters) * room.sample_rate)
        given = level(count - 1, span)
        return None if given is None else _applied(given, each, span, wanted, (low, high))

    def _applied(given: Stream, each: _Acting, span: Span, wanted: Span, inside: Span) -> Stream:
        first, length = span[0], span[1] - span[0]
        key = key_of(each.parameters)
        scene = SoundScene(
            first=first - sample_at_frame(owner.clock, room.rate, room.sample_rate),
            length=length,
            sample_rate=room.sample_rate,
            channels=room.channels,
            rate=room.rate,
            files=room.files,
            key=None if key is None else room.keyed(key, span),
        )
        wet = exact(node("aformat", each.kind.build(given, each.parameters, scene), sample_fmts="fltp"), length)
        parts = [
            cut(source, low - first, high - first)
            for source, low, high in ((given, wanted[0], inside[0]), (None, *inside), (given, inside[1], wanted[1]))
            if low < high
            for source in [source or _mixed(given, wet, each.effect.mix)]
        ]
        return joined(parts)

    return level(len(chain), span)


def _mixed(dry: Stream, wet: Stream, mix: float) -> Stream:
    if mix == 1:
        return wet
    shares = [node("volume", stream, volume=share, precision="float") for stream, share in ((dry, 1 - mix), (wet, mix))]
    return node("amix", *shares, inputs=2, duration="longest", dropout_transition=0, normalize=0)


def _interval(effect: Effect, owner: Owner, room: Room) -> Span:
    """Samples in which an effect acts; one without an end acts on the tail too."""
    zero = Fraction(owner.clock) / room.rate
    low = ceil((zero + parse_seconds(effect.start)) * room.sample_rate)
    if effect.end is None:
        return low, 2**62
    return low, ceil((zero + parse_seconds(effect.end)) * room.sample_rate)


def key_of(parameters: Model) -> str | None:
    """Return the id of the track that some parameters name; None where they name none."""
    names = _track_members(type(parameters))
    return next((key for name in names if (key := getattr(parameters, name)) is not None), None)


@cache
def _track_members(struct: type[Model]) -> tuple[str, ...]:
    found = []
    for name, hint in get_type_hints(struct, include_extras=True).items():
        metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta)]
        if any((meta.extra or {}).get("parameter") == "track" for meta in metas):
            found.append(name)
    return tuple(found)
