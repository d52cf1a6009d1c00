"""The expectations of a project, compiled once from the schema's own types."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from msgspec import inspect

from protocol.project import (
    Clip,
    Cue,
    Effect,
    Export,
    Group,
    Key,
    Keyframes,
    Marker,
    Media,
    Project,
    Template,
    TimeKey,
    Track,
    Transition,
)
from protocol.project.check.animated import Animated, TimeMap
from protocol.project.check.objects import Either, Items, Record, Row, Table, Variants
from protocol.project.check.scalars import Flag, Free, Null, Number, RateText, Text, Time, Word
from protocol.project.check.walk import Node
from protocol.project.source import RESERVED_KINDS

DECODED = (Clip, Cue, Effect, Export, Group, Marker, Media, Template, Transition)
"""Parts that the rules look at one by one; a broken one is set aside, and the others are judged without it."""

LIMITED = (*Track.__args__, Effect, Key, TimeKey)
"""What the format bounds in number (docs/project.md §3): more of them is `limitExceeded`."""

_LOOKS = {"color": "a colour: #RRGGBB or #RRGGBBAA", None: "a ratio: 1 or 4/3"}
_KINDS = {Number: "number", Word: "text", Text: "text", Flag: "bool", Null: "null", Items: "list", Row: "list"}


@lru_cache(maxsize=1)
def project_shape() -> Record:
    """Return the expectation of a whole project."""
    return _record(cast("inspect.StructType", inspect.type_info(Project)))


def compile_shape(of: Any) -> Node:
    """Compile any type that the schema may use; raises TypeError for others."""
    return _compile(inspect.type_info(of), {})


def _compile(info: inspect.Type, extra: dict[str, Any]) -> Node:
    if isinstance(info, inspect.Metadata):
        return _compile(info.type, {**extra, **(info.extra or {})})
    if extra.get("type") == "seconds":
        return Time()
    if extra.get("type") == "rate":
        return RateText()
    if isinstance(info, inspect.UnionType):
        return _union(info.types, extra)
    if isinstance(info, inspect.StructType):
        return _record(info)
    if isinstance(info, inspect.ListType | inspect.VarTupleType):
        item = _compile(info.item_type, {})
        items = Items(item, info.min_length, info.max_length, limited=_struct(info.item_type) in LIMITED)
        return TimeMap(items) if _struct(info.item_type) is TimeKey else items
    if isinstance(info, inspect.TupleType):
        return Row(tuple(_compile(place, {}) for place in info.item_types))
    if isinstance(info, inspect.DictType):
        return Table(_compile(info.value_type, {}))
    return _scalar(info, extra)


def _scalar(info: inspect.Type, extra: dict[str, Any]) -> Node:
    if isinstance(info, inspect.LiteralType):
        return Word(tuple(word for word in info.values if isinstance(word, str | int)))
    if isinstance(info, inspect.StrType):
        looks = _LOOKS[extra.get("type")] if info.pattern else None
        return Text(info.min_length, info.max_length, info.pattern, looks, extra.get("bytes"))
    if isinstance(info, inspect.IntType | inspect.FloatType):
        whole = isinstance(info, inspect.IntType)
        multiple = info.multiple_of
        return Number(whole, info.ge, info.le, None if multiple is None else int(multiple))
    if isinstance(info, inspect.BoolType):
        return Flag()
    if isinstance(info, inspect.NoneType):
        return Null()
    if isinstance(info, inspect.AnyType):
        return Free()
    raise TypeError(f"the schema uses {info}, which validation does not know")


def _struct(info: inspect.Type) -> type | None:
    if isinstance(info, inspect.UnionType):
        return _struct(info.types[0])
    return info.cls if isinstance(info, inspect.StructType) else None


def _record(info: inspect.StructType) -> Record:
    members = {field.encode_name: _compile(field.type, {}) for field in info.fields}
    required = tuple(field.encode_name for field in info.fields if field.required)
    tag = (info.tag_field, str(info.tag)) if info.tag_field is not None else None
    return Record(members, required, tag, decode=info.cls if info.cls in DECODED else None)


def _union(types: tuple[inspect.Type, ...], extra: dict[str, Any]) -> Node:
    structs = [info for info in types if isinstance(info, inspect.StructType)]
    if any(info.cls is Keyframes for info in structs):
        low, high = extra.get("range", (None, None))
        return Animated(_record(structs[0]), low, high)
    by_kind: dict[str, Node] = {}
    for info in types:
        if not isinstance(info, inspect.StructType):
            node = _compile(info, {})
            for kind in _kinds_of(node):
                by_kind[kind] = node
    if len(structs) > 1:
        by_kind["object"] = _variants(structs)
    elif structs:
        by_kind["object"] = _record(structs[0])
    return by_kind["object"] if len(by_kind) == 1 else Either(by_kind)


def _kinds_of(node: Node) -> tuple[str, ...]:
    if isinstance(node, Time):
        return ("number", "text")
    if isinstance(node, Word) and not isinstance(node.words[0], str):
        return ("number",)
    if isinstance(node, RateText):
        return ("text",)
    if isinstance(node, TimeMap):
        return ("list",)
    return (_KINDS[type(node)],)


def _variants(structs: list[inspect.StructType]) -> Variants:
    field = structs[0].tag_field
    if field is None:
        raise TypeError("the structs of a union need a tag")
    reserved = RESERVED_KINDS if any(info.tag == "file" for info in structs) else ()
    return Variants(field, {str(info.tag): _record(info) for info in structs}, reserved)
