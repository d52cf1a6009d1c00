"""Which things to keep in bounded space, so that what is looked at again outlives what is only passed through.

This is S3-FIFO (Yang et al., SOSP 2023) with a queue more and groups that can be bounded by themselves. New things wait
in `fresh`; those that were used meanwhile move to `main` when their turn to go comes, the others go. What comes back
soon after it went (as many are remembered as there are things) enters `main` at once. Things of a scan, which nobody
expects to see again, wait in `passing`. While there is room everything stays; when there is none, `passing` and `fresh`
shrink to a tenth each before `main` gives anything. A use only counts: nothing is moved on a hit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

Stage = Literal["passing", "fresh", "main"]

SHARE = 10
"""A tenth of the space is for what is new, another for what passes through."""

PROVED = 2
"""Uses that take a thing to `main`. The first one may be the delivery of what was just made."""

MOST_USES = 3
"""Uses that count: a thing that was popular once goes after as many turns."""

GHOST_SIZE = 160
"""Bytes that it costs to remember one thing that went."""

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True, eq=False)
class Thing(Generic[Name, Value]):
    """Something kept: `size` in bytes; `group` is what it can be bounded with, `turn` when it entered its queue."""

    name: Name
    group: str
    value: Value
    size: int
    stage: Stage = "fresh"
    turn: int = 0
    uses: int = 0


@dataclass(slots=True)
class _Group(Generic[Name, Value]):
    queues: dict[Stage, OrderedDict[Name, Thing[Name, Value]]] = field(
        default_factory=lambda: {"passing": OrderedDict(), "fresh": OrderedDict(), "main": OrderedDict()}
    )
    sizes: dict[Stage, int] = field(default_factory=lambda: {"passing": 0, "fresh": 0, "main": 0})

    @property
    def size(self) -> int:
        return sum(self.sizes.values())


class Retention(Generic[Name, Value]):
    """Things by name. Not for several threads at once. Every method takes constant time, `evict` amortised."""

    def __init__(self) -> None:
        self._things: dict[Name, Thing[Name, Value]] = {}
        self._groups: dict[str, _Group[Name, Value]] = {}
        self._ghosts: OrderedDict[int, None] = OrderedDict()
        self._turn = 0

    def __len__(self) -> int:
        return len(self._things)

    def __iter__(self) -> Iterator[Thing[Name, Value]]:
        return iter(self._things.values())

    def get(self, name: Name) -> Thing[Name, Value] | None:
        """Return what is kept by a name, without counting a use."""
        return self._things.get(name)

    def use(self, thing: Thing[Name, Value]) -> None:
        """Count a use."""
        if thing.uses < MOST_USES:
            thing.uses += 1

    def size(self, group: str | None = None) -> int:
        """Return the bytes of a group, or of everything with what it costs to remember what went."""
        if group is not None:
            return self._groups[group].size if group in self._groups else 0
        return sum(each.size for each in self._groups.values()) + len(self._ghosts) * GHOST_SIZE

    def count(self, group: str) -> int:
        """Return how many things of a group there are."""
        return sum(map(len, self._groups[group].queues.values())) if group in self._groups else 0

    def add(self, name: Name, group: str, value: Value, size: int, *, scan: bool = False) -> Thing[Name, Value]:
        """Keep a thing under a name that is free."""
        stage: Stage = "passing" if scan else "main" if self._ghosts.pop(hash(name), self) is None else "fresh"
        thing = Thing(name, group, value, size)
        self._things[name] = thing
        self._enter(thing, stage)
        return thing

    def remove(self, thing: Thing[Name, Value]) -> None:
        """Let a thing go."""
        del self._things[thing.name]
        self._leave(thing)
        while len(self._ghosts) > len(self._things):
            self._ghosts.popitem(last=False)

    def evict(self, limit: int, group: str | None = None) -> Thing[Name, Value] | None:
        """Let go what has the least claim on `limit` bytes, of one group or of all; None when nothing is left."""
        groups = [each for name, each in self._groups.items() if group in {None, name}]
        while (thing := _next(groups, limit)) is not None:
            proved = thing.uses >= PROVED if thing.stage != "main" else thing.uses > 0
            if proved:
                self._leave(thing)
                thing.uses = thing.uses - 1 if thing.stage == "main" else 0
                self._enter(thing, "main")
                continue
            if thing.stage == "fresh":
                self._ghosts[hash(thing.name)] = None
            self.remove(thing)
            return thing
        return None

    def _enter(self, thing: Thing[Name, Value], stage: Stage) -> None:
        self._turn += 1
        thing.stage, thing.turn = stage, self._turn
        group = self._groups.setdefault(thing.group, _Group())
        group.queues[stage][thing.name] = thing
        group.sizes[stage] += thing.size

    def _leave(self, thing: Thing[Name, Value]) -> None:
        group = self._groups[thing.group]
        del group.queues[thing.stage][thing.name]
        group.sizes[thing.stage] -= thing.size


def _next(groups: list[_Group[Name, Value]], limit: int) -> Thing[Name, Value] | None:
    """Return whose turn it is to go, or to prove its claim."""
    stages: list[Stage] = [
        stage for stage in ("passing", "fresh") if sum(each.sizes[stage] for each in groups) > limit // SHARE
    ]
    for stage in (*stages[:1], "main", "fresh", "passing"):
        heads = [next(iter(queue.values())) for each in groups if (queue := each.queues[stage])]
        if heads:
            return min(heads, key=lambda thing: thing.turn)
    return None
