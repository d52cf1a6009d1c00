"""Params of a command, strictly: unknown members are refused, and a fault says where it lies."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw

from protocol.errors import InvalidParams, Parse

_AT = re.compile(r"(?s)(.*) - at `\$(.*)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_NAMED = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`")


def decode_params(decoder: msgspec.json.Decoder[Any], params: Raw) -> Any:
    """Decode params by a command's own type.

    Raises InvalidParams with a JSON Pointer to what is wrong, and Parse for what only looks like JSON from outside.
    """
    try:
        return decoder.decode(params)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Parse(detail=str(error)) from error


def invalid(message: str) -> InvalidParams:
    """Turn a message of msgspec into the typed error: its path becomes a JSON Pointer.

    msgspec does not name the key under which a value lies in a plain object: there the pointer ends at the object.
    """
    found = _AT.fullmatch(message)
    detail, path = (found[1], found[2]) if found else (message, "")
    pointer = ""
    for step in _STEP.finditer(path):
        if step[1] is None and step[2] is None:
            return InvalidParams(detail=detail, path=pointer)
        pointer += "/" + _escape(step[1] or step[2])
    named = _NAMED.fullmatch(detail)
    if named:
        pointer += "/" + _escape(named[1])
    return InvalidParams(detail=detail, path=pointer)


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")
