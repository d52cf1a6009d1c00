"""Expectations of objects, lists and alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from protocol.project.check.scalars import Free, in_range
from protocol.project.check.sink import brief, shown
from protocol.project.check.walk import KIND_NAMES, Node, Walk, json_kind, wrong_type
from protocol.typed import ready


def step_into(node: Node, name: str | int, value: Any, walk: Walk, *, trusted: bool) -> None:
    """Visit a member or item, unless a quick look finds it sound."""
    if node.fine(value):
        return
    walk.path.append(name)
    node.visit(value, walk, trusted=trusted)
    walk.path.pop()


@dataclass
class Record:
    """An object with known members.

    With `decode` (a struct type) a sound one is kept in decoded form. `reserved` members may stand only empty.
    """

    members: dict[str, Node]
    required: tuple[str, ...]
    tag: tuple[str, str] | None = None
    decode: Any = None
    special: bool = field(init=False)
    expects = "an object"

    def __post_init__(self) -> None:
        self._specials = {name: node for name, node in self.members.items() if node.special}
        self.special = bool(self._specials)

    def fine(self, value: Any) -> bool:  # noqa: ARG002
        return False

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        if not isinstance(value, dict):
            wrong_type(walk, self.expects, value)
            return
        if trusted or self.decode is None:
            self._members(value, walk, trusted=trusted)
            return
        before = walk.broken
        struct = _decoded(value, self.decode)
        self._members(value, walk, trusted=struct is not None)
        if struct is not None and walk.broken == before:
            walk.decoded[walk.pointer()] = struct

    def _members(self, value: dict[str, Any], walk: Walk, *, trusted: bool) -> None:
        if trusted:
            specials = self._specials
            for name, member in value.items():
                node = specials.get(name)
                if node is not None and not node.fine(member):
                    walk.path.append(name)
                    node.visit(member, walk, trusted=True)
                    walk.path.pop()
            return
        for name in self.required:
            if name not in value:
                walk.breaks("missing", f"{name} is missing", member=name)
        for name, member in value.items():
            node = self.members.get(name)
            if node is not None:
                step_into(node, name, member, walk, trusted=False)
            elif self.tag is None or name != self.tag[0]:
                self._unknown(name, walk)

    def _unknown(self, name: str, walk: Walk) -> None:
        walk.path.append(name)
        if walk.sink.full:
            walk.broken += 1
        else:
            nearest = walk.sink.nearest(name, self.members)
            suggestion = f"Did you mean {nearest}?" if nearest else "What an editor keeps for itself goes into metadata"
            message = f"There is no member {shown(name)} here"
            walk.breaks("unknownMember", message, suggestion=suggestion, member=brief(name), nearest=nearest)
        walk.path.pop()


def _decoded(value: dict[str, Any], to: Any) -> Any:
    try:
        return msgspec.convert(value, ready(to))
    except (msgspec.ValidationError, RecursionError):
        return None


@dataclass
class Variants:
    """Objects told apart by one member; `reserved` words are known and not built."""

    tag: str
    records: Mapping[str, Record]
    reserved: tuple[str, ...] = ()
    expects = "an object"

    @property
    def special(self) -> bool:
        return any(record.special for record in self.records.values())

    def fine(self, value: Any) -> bool:  # noqa: ARG002
        return False

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        if not isinstance(value, dict):
            wrong_type(walk, self.expects, value)
            return
        word = value.get(self.tag)
        record = self.records.get(word) if isinstance(word, str) else None
        if record is not None:
            record.visit(value, walk, trusted=trusted)
        elif self.tag not in value:
            walk.breaks("missing", f"{self.tag} is missing", member=self.tag, words=list(self.records))
        else:
            walk.path.append(self.tag)
            self._word(word, walk)
            walk.path.pop()

    def _word(self, word: Any, walk: Walk) -> None:
        words = list(self.records)
        if not isinstance(word, str):
            wrong_type(walk, "one of " + ", ".join(words), word)
        elif word in self.reserved:
            walk.breaks("reserved", f"{self.tag} {shown(word)} is kept for a later version", value=word, words=words)
        else:
            nearest = walk.sink.nearest(word, words)
            message = f"{shown(word)} is not one of {', '.join(words)}"
            walk.breaks("unknownWord", message, value=brief(word), words=words, nearest=nearest)


@dataclass
class Items:
    """A list; `limited` where its length is a limit of the format, not of its meaning."""

    item: Node
    shortest: int | None = None
    longest: int | None = None
    limited: bool = False
    expects = "a list"

    @property
    def special(self) -> bool:
        return self.item.special

    def fine(self, value: Any) -> bool:
        return isinstance(value, list) and not value and not self.shortest

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        if not isinstance(value, list):
            wrong_type(walk, self.expects, value)
            return
        if not in_range(len(value), self.shortest, self.longest):
            self._length(len(value), walk)
        for index, item in enumerate(value):
            step_into(self.item, index, item, walk, trusted=trusted)
            if walk.sink.full:
                walk.broken += 1
                return

    def _length(self, length: int, walk: Walk) -> None:
        if self.longest == 0:
            walk.breaks("reserved", "Kept for a later version: it stays empty", value=length)
        elif self.limited and self.longest is not None and length > self.longest:
            walk.breaks("limit", f"{length} items, {self.longest} is the limit", value=length, limit=self.longest)
        else:
            allowed = f"{self.shortest or 0} to {self.longest}"
            message = f"The list has {length} items, {allowed} are allowed"
            walk.breaks("length", message, value=length, minimum=self.shortest, maximum=self.longest)


@dataclass
class Row:
    """A list of a fixed length, each place with its own expectation."""

    places: tuple[Node, ...]

    @property
    def special(self) -> bool:
        return any(place.special for place in self.places)

    @property
    def expects(self) -> str:
        return f"a list of {len(self.places)}"

    def fine(self, value: Any) -> bool:  # noqa: ARG002
        return False

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        if not isinstance(value, list):
            wrong_type(walk, self.expects, value)
            return
        if len(value) != len(self.places):
            message = f"The list has {len(value)} items, {len(self.places)} are expected"
            walk.breaks("length", message, value=len(value), minimum=len(self.places), maximum=len(self.places))
        for index, (place, item) in enumerate(zip(self.places, value, strict=False)):
            step_into(place, index, item, walk, trusted=trusted)


@dataclass
class Table:
    """An object of free names; with `values` Free, one look at the whole is enough."""

    values: Node
    expects = "an object"

    @property
    def special(self) -> bool:
        return self.values.special

    def fine(self, value: Any) -> bool:
        return isinstance(value, dict) and not value

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        if not isinstance(value, dict):
            wrong_type(walk, self.expects, value)
        elif isinstance(self.values, Free):
            self.values.visit(value, walk, trusted=trusted)
        else:
            for name, item in value.items():
                step_into(self.values, name, item, walk, trusted=trusted)


@dataclass
class Either:
    """Alternatives told apart by the JSON type of the value."""

    by_kind: Mapping[str, Node]

    @property
    def special(self) -> bool:
        return any(node.special for node in self.by_kind.values())

    @property
    def expects(self) -> str:
        kinds = dict.fromkeys(
            "null" if kind == "null" else node.expects if node.expects != "text" else KIND_NAMES[kind]
            for kind, node in self.by_kind.items()
        )
        return " or ".join(kinds)

    def fine(self, value: Any) -> bool:
        node = self.by_kind.get(json_kind(value))
        return node is not None and node.fine(value)

    def visit(self, value: Any, walk: Walk, *, trusted: bool) -> None:
        node = self.by_kind.get(json_kind(value))
        if node is None:
            wrong_type(walk, self.expects, value)
        else:
            node.visit(value, walk, trusted=trusted)
