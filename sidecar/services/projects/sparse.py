"""Projects as they are written to files: what has its default is left out."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import NODEFAULT, Struct


def sparse(value: Any) -> Any:
    """Return JSON values of a struct, without the members that have their defaults."""
    if isinstance(value, Struct):
        tag, fields = _layout(type(value))
        members = {
            name: sparse(member)
            for attribute, name, default in fields
            if (member := getattr(value, attribute)) != default
        }
        return {**tag, **members}
    if isinstance(value, list | tuple):
        return [sparse(each) for each in value]
    return value


@cache
def _layout(kind: type[Struct]) -> tuple[dict[str, str], tuple[tuple[str, str, Any], ...]]:
    """Return the tag and (attribute, name, default) of each field; a required one has a default that nothing equals."""
    config = kind.__struct_config__
    tag = {config.tag_field: str(config.tag)} if config.tag_field else {}
    return tag, tuple((field.name, field.encode_name, _default(field)) for field in msgspec.structs.fields(kind))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return field.default
