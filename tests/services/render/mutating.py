"""Changes one member of a project, whichever the schema has, to another value that it may have."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import msgspec
from msgspec import inspect

from protocol.project import Keyframes, Project
from protocol.project.check import check
from protocol.time import parse_rate, parse_seconds
from sidecar.effects import catalogue
from sidecar.effects.declarations import Parameter, parameters_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A member of a project: its path, the struct and the member it is called by, and what it may be."""

    path: tuple[str | int, ...]
    name: str
    kind: inspect.Type
    extra: Json


@dataclass(frozen=True, slots=True)
class Mutation:
    """A project with one member changed: `name` is the member's, as Clip.opacity."""

    name: str
    raw: Json


def whole(raw: Json) -> Json:
    """Write a project out with every member that it leaves out."""
    found = check(raw).project
    assert found is not None
    made: Json = msgspec.json.decode(msgspec.json.encode(found))
    return made


def mutate(raw: Json, random: Random) -> Mutation | None:
    """Change a member; None where what was drawn has no other value. `raw` is `whole`."""
    places: dict[str, list[Place]] = {}
    for place in _places(inspect.type_info(Project), raw, ()):
        places.setdefault(place.name, []).append(place)
    place = random.choice(places[random.choice(sorted(places))])
    changed = copy.deepcopy(raw)
    owner: Any = changed
    for step in place.path[:-1]:
        owner = owner[step]
    value = owner[place.path[-1]]
    if place.name == "Effect.parameters":
        other = _parameters(owner["type"], value, random)
    else:
        other = _other(place.kind, place.extra, value, Draw(random, parse_rate(raw["frameRate"])))
    if other == value:
        return None
    owner[place.path[-1]] = other
    return Mutation(place.name, changed)


@dataclass(frozen=True, slots=True)
class Draw:
    """What values are drawn by; times are moved by frames at `rate`."""

    random: Random
    rate: Fraction


def _places(kind: inspect.Type, value: Any, path: tuple[str | int, ...]) -> Iterator[Place]:
    kind, _ = _plain(kind)
    if isinstance(kind, inspect.UnionType):
        kind = _member_of(kind, value)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        for field in kind.fields:
            if field.encode_name in value and field.name not in {"schema", "id", "sequences"}:
                inner, extra = _plain(field.type)
                at = (*path, field.encode_name)
                yield Place(at, f"{kind.cls.__name__}.{field.encode_name}", inner, extra)
                yield from _places(inner, value[field.encode_name], at)
    elif isinstance(kind, inspect.ListType) and isinstance(value, list):
        for index, each in enumerate(value):
            yield from _places(kind.item_type, each, (*path, index))


def _plain(kind: inspect.Type) -> tuple[inspect.Type, Json]:
    if isinstance(kind, inspect.Metadata):
        return kind.type, kind.extra or {}
    return kind, {}


def _member_of(kind: inspect.UnionType, value: Any) -> inspect.Type:
    """The member of a union that a value is of."""
    if isinstance(value, dict):
        structs = [
            each for each in (_plain(member)[0] for member in kind.types) if isinstance(each, inspect.StructType)
        ]
        for struct in structs:
            if struct.tag_field is not None and value.get(struct.tag_field) == struct.tag:
                return struct
        return structs[0] if structs else kind
    lists = [member for member in kind.types if isinstance(_plain(member)[0], inspect.ListType)]
    return lists[0] if lists and isinstance(value, list) else kind


def _other(kind: inspect.Type, extra: Json, value: Any, draw: Draw) -> Any:
    random = draw.random
    if extra.get("type") == "seconds":
        return str(max(Fraction(0), parse_seconds(value) + Fraction(random.choice((-2, -1, 1, 2))) / draw.rate))
    if extra.get("type") == "rate":
        return random.choice(("24", "25", "30", "30000/1001", "50"))
    if extra.get("type") == "color":
        return f"#{random.randrange(2**24):06X}" + random.choice(("", "80"))
    low, high = extra.get("range", (None, None))
    if isinstance(kind, inspect.UnionType):
        kinds = [_plain(member) for member in kind.types]
        if any(isinstance(each, inspect.StructType) and each.cls is Keyframes for each, _ in kinds):
            return _animated(low, high, draw)
        free = [(each, more) for each, more in kinds if not isinstance(each, inspect.StructType | inspect.ListType)]
        if not free:
            return value
        chosen, more = random.choice(free)
        return None if isinstance(chosen, inspect.NoneType) else _other(chosen, {**extra, **more}, value or 0, draw)
    if isinstance(kind, inspect.LiteralType):
        return random.choice(kind.values)
    if isinstance(kind, inspect.BoolType):
        return not value
    if isinstance(kind, inspect.FloatType | inspect.IntType):
        low, high = kind.ge if kind.ge is not None else 0, kind.le if kind.le is not None else 4
        drawn = low + (high - low) * random.randrange(41) / 40
        return round(drawn) if isinstance(kind, inspect.IntType) else round(drawn, 4)
    if isinstance(kind, inspect.StrType):
        return f"{value}x"
    if isinstance(kind, inspect.ListType) and value:
        gone = random.randrange(len(value))
        return value[:gone] + value[gone + 1 :]
    return value


def _animated(low: float | None, high: float | None, draw: Draw) -> Any:
    first, last = (0.0 if low is None else max(low, -100.0)), (1.0 if high is None else min(high, 100.0))
    drawn = [round(first + (last - first) * draw.random.randrange(41) / 40, 4) for _ in range(2)]
    if draw.random.randrange(2):
        return drawn[0]
    frames = sorted(draw.random.sample(range(12), 2))
    keys = zip(frames, drawn, strict=True)
    return {"keyframes": [{"time": str(frame / draw.rate), "value": value} for frame, value in keys]}


def _parameters(effect: str, value: Json, random: Random) -> Json:
    declared = parameters_of(catalogue().effects[effect].parameters)
    if not declared:
        return value
    chosen = random.choice(declared)
    return {**value, chosen.name: _parameter(chosen, value.get(chosen.name), random)}


def _parameter(parameter: Parameter, value: Any, random: Random) -> Any:
    low, high = parameter.range or (0.0, 1.0)
    if parameter.kind == "number":
        return round(low + (high - low) * random.randrange(41) / 40, 4)
    if parameter.kind == "whole":
        return random.randint(int(low), int(high))
    if parameter.kind == "word":
        return random.choice(parameter.choices)
    if parameter.kind == "switch":
        return not value
    if parameter.kind == "color":
        return f"#{random.randrange(2**24):06X}"
    return value
