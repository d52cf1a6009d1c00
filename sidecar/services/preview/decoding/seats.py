"""Who decodes for whom: feeds of one source share a decoder where they are near each other, and have their own where not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from sidecar.services.preview.decoding.fifo import Stop
from sidecar.services.preview.decoding.head import Head
from sidecar.services.preview.decoding.messages import Origin
from sidecar.services.preview.decoding.reducing import Reducer

PICTURES = 12
"""Pictures that a decoder holds, about: those that others refer to, and those in the making."""

PLAIN_BYTES = 8 << 20
"""What a decoder takes beside its pictures."""


@dataclass(eq=False, slots=True)
class Source:
    """A stream of a file in the `state` it was opened in; `gone`: it has changed since, or was to be forgotten.

    `last` is the tick that was decoded last; `reductions` are the keys of those of which pictures may be held.
    """

    origin: Origin
    state: tuple[int, ...]
    picture_bytes: int
    seats: list[Seat] = field(default_factory=list)
    last: int | None = None
    gone: bool = False
    reductions: set[Hashable] = field(default_factory=set)

    @property
    def weight(self) -> int:
        """What one of its decoders takes, about."""
        return PLAIN_BYTES + PICTURES * self.picture_bytes


@dataclass(eq=False, slots=True)
class Hand:
    """A feed at work: its source, its stop, what makes its pictures smaller, the decoder that it used last."""

    source: Source
    stop: Stop
    reducer: Reducer | None = None
    seat: Seat | None = None


@dataclass(eq=False, slots=True)
class Seat:
    """A decoder, the feeds that used it last, when that was, and whether one is in it, on its way to a tick."""

    head: Head
    source: Source
    hands: set[Hand] = field(default_factory=set)
    used: int = 0
    busy: bool = False
    goal: int = 0

    def heads_for(self, tick: int) -> bool:
        """Whether one at work will soon have been at a tick, or near before it. One that opens its file may be."""
        return self.head.second == 0 or abs(tick - self.goal) <= self.head.second


class Instead(Enum):
    """What is to be done where there is no decoder to be used."""

    WAIT = auto()
    ADD = auto()


def choose(hand: Hand, tick: int) -> Seat | Instead:
    """Choose the decoder that is to find a tick: one that only has to go on, before one that has to seek."""
    idle = [seat for seat in hand.source.seats if not seat.busy]
    free = [seat for seat in idle if not seat.hands - {hand}]
    near = [seat for seat in idle if seat.head.reaches(tick)]
    if near:
        return max(near, key=lambda seat: seat.head.place)
    if any(seat.busy and seat.heads_for(tick) for seat in hand.source.seats):
        return Instead.WAIT
    if free:
        return min(free, key=lambda seat: (hand not in seat.hands, seat.used))
    return Instead.ADD


def shared(hand: Hand) -> Seat | Instead:
    """Choose among decoders that other feeds use, where there can be no more."""
    idle = [seat for seat in hand.source.seats if not seat.busy]
    return min(idle, key=lambda seat: seat.used) if idle else Instead.WAIT


def spared(seats: Iterable[Seat], wanting: Source) -> Seat | None:
    """Return the decoder that goes for one of a source; None where it has to be waited for.

    One that a feed still uses goes only for a source that has none: the feed seeks again.
    """
    idle = [seat for seat in seats if not seat.busy and (not seat.hands or not wanting.seats)]
    return min(idle, key=lambda seat: (bool(seat.hands), seat.used), default=None)
