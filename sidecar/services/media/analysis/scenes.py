"""Scene cuts: where most of a picture is new, and its neighbours are not as new.

A picture is compared with the one before in blocks that may have moved (`matching.novelty`). A cut stands out among
the pictures around it by that, or, where fast motion makes all of them new, by how its levels are spread. In a
dissolve all are alike, so none stands out. What is undone within moments (a flash) is no cut, and neither is the same
picture in another light.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from protocol.commands import analysis as wire
from protocol.time import format_exact
from sidecar.services.media.analysis.matching import (
    SAME,
    View,
    novelty,
    other_light,
    plain_distance,
    spread_distance,
    view_of,
)
from sidecar.services.media.analysis.measure import Item, algorithm
from sidecar.services.media.analysis.picture import WIDTH, Picture

AROUND = 6
"""Pictures before and after that a cut has to stand out from."""

RANK = 2
"""Of the novelties around, so many are passed over: other cuts may be near."""

STANDS_OUT = 0.35
"""Novelty above those around that makes a cut."""

QUIET = 2.0
"""Mean difference in levels below which a picture is not looked at further."""

FARTHER = 2.5
"""How much further than around levels have moved at a cut in fast motion, and at least by so many levels."""
LEVELS = 10.0

BACK = 1 / 8
"""What of a flash may be left in the spread of levels where it counts as over, and levels that are nothing."""
LITTLE = 4.0

MOST_HELD = 32
"""Pictures that are waited for at most."""

CLOSE = Fraction(1, 8)
"""Seconds between two cuts, at least: of those closer the clearer one counts."""


@dataclass(slots=True, eq=False)
class _Shot:
    """A picture and how it differs from the one before."""

    time: Fraction
    number: int | None
    view: View
    novelty: float = 0.0
    moved: float = 0.0


class Scenes:
    """Finds cuts, some pictures after they have passed."""

    def __init__(self, options: wire.ScenesOptions) -> None:
        self._options = options
        self._flash = Fraction(options.flash_seconds).limit_denominator(1000)
        self._shots: deque[_Shot] = deque()
        self._next = 1
        self._undone_until: Fraction | None = None
        self._waiting: wire.Cut | None = None
        self._waiting_time = Fraction(0)
        self._cuts: list[wire.Cut] = []

    def take(self, picture: Picture) -> Iterator[Item]:
        """Take the next picture."""
        shot = _Shot(picture.time, picture.number, view_of(picture.planes))
        if self._shots:
            before = self._shots[-1].view
            if plain_distance(before, shot.view) > QUIET or spread_distance(before, shot.view) > QUIET:
                shot.novelty = novelty(before, shot.view)
                shot.moved = spread_distance(before, shot.view)
        self._shots.append(shot)
        while self._decidable():
            yield from self._decide()

    def finish(self, _end: Fraction) -> Iterator[Item]:
        """Decide on the last pictures."""
        while self._next < len(self._shots):
            yield from self._decide()
        yield from self._tell()

    def result(self) -> wire.Scenes:
        """Return the cuts."""
        options = self._options
        made = algorithm(
            "block-novelty", 1, threshold=options.threshold, flashSeconds=options.flash_seconds, width=WIDTH // 2
        )
        return wire.Scenes(algorithm=made, cuts=self._cuts)

    def _decidable(self) -> bool:
        """Whether all that the next picture is compared with is there."""
        after = len(self._shots) - 1 - self._next
        if after < AROUND:
            return False
        return after >= MOST_HELD or self._shots[-1].time - self._shots[self._next].time > self._flash

    def _decide(self) -> Iterator[Item]:
        place, shot = self._next, self._shots[self._next]
        if self._is_cut(place):
            yield from self._found(shot)
        self._next += 1
        while self._next > AROUND + 1:
            self._shots.popleft()
            self._next -= 1

    def _is_cut(self, place: int) -> bool:
        shot = self._shots[place]
        if shot.novelty < self._options.threshold:
            return False
        if self._undone_until is not None and shot.time <= self._undone_until:
            return False
        around = [self._shots[n] for n in self._around(place)]
        usual = _ranked([each.novelty for each in around])
        moved = _ranked([each.moved for each in around])
        stands_out = shot.novelty - usual >= STANDS_OUT
        if not stands_out and not (shot.moved >= LEVELS and shot.moved >= FARTHER * moved):
            return False
        before = self._shots[place - 1].view
        if other_light(before, shot.view):
            return False
        return not self._undone(place, before)

    def _around(self, place: int) -> list[int]:
        near = range(max(1, place - AROUND), min(len(self._shots), place + AROUND + 1))
        return [n for n in near if n != place]

    def _undone(self, place: int, before: View) -> bool:
        """Whether what was to be seen before comes back within moments; what passes until then is no cut either."""
        shot = self._shots[place]
        for later in list(self._shots)[place + 1 :]:
            if later.time - shot.time > self._flash:
                return False
            back = spread_distance(before, later.view)
            if novelty(before, later.view) <= SAME or (shot.moved >= LEVELS and back <= max(LITTLE, BACK * shot.moved)):
                self._undone_until = later.time
                return True
        return False

    def _found(self, shot: _Shot) -> Iterator[Item]:
        cut = wire.Cut(time=format_exact(shot.time), frame=shot.number, score=round(shot.novelty, 3))
        if self._waiting is not None and shot.time - self._waiting_time < CLOSE:
            if cut.score > self._waiting.score:
                self._waiting, self._waiting_time = cut, shot.time
            return
        yield from self._tell()
        self._waiting, self._waiting_time = cut, shot.time

    def _tell(self) -> Iterator[Item]:
        cut, self._waiting = self._waiting, None
        if cut is not None:
            self._cuts.append(cut)
            yield {"kind": "scenes", "time": cut.time, "frame": cut.frame, "score": cut.score}


def _ranked(values: list[float]) -> float:
    """Return the highest value but RANK."""
    return sorted(values, reverse=True)[RANK] if len(values) > RANK else 0.0
