"""Keys of what is computed: a hash of everything that decides the result, and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

ENGINE = "1"
"""Raised whenever the same plan begins to give other pixels, samples or bytes."""

IGNORED = {"key": "ignored"}
"""Metadata of a dataclass field that decides nothing: where an output is written."""

SOURCE = {"key": "source"}
"""Metadata of a field that holds a file's address: the file's fingerprint stands for it."""

TEXTS = 4_096
"""Texts whose tokens are kept: names of filters and options come again and again."""


def plan_key(plan: object, fingerprints: Mapping[str, str], ffmpeg: str, met: set[str] | None = None) -> str:
    """Hash a plan: the compiled graph, side files and options, with fingerprints in place of paths.

    `plan` is made of dataclasses, sequences and plain values; dataclasses that compare by identity (nodes of a graph)
    count as one where they are shared. `fingerprints` are those of the sources by path, `ffmpeg` its version.
    Sources that the plan reads are added to `met`.
    """
    digest = hashlib.sha256(b"".join(_tokens(plan, fingerprints, set() if met is None else met)))
    for text in (ENGINE, ffmpeg):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _tokens(plan: object, fingerprints: Mapping[str, str], met: set[str]) -> list[bytes]:
    """Write a plan as a flat list of byte strings, depth first; without recursion, for graphs are deep."""
    numbers: dict[int, int] = {}
    tokens: list[bytes] = []
    stack: list[Any] = [plan]
    while stack:
        value = stack.pop()
        kind: type = type(value)
        if kind is str:
            tokens.append(_text(value))
        elif (shape := _shape(kind)) is not None:
            if shape.shared:
                seen = numbers.get(id(value))
                if seen is not None:
                    tokens.append(_token(b"again %d" % seen))
                    continue
                numbers[id(value)] = len(numbers)
            tokens.append(shape.token)
            stack += [
                _content(getattr(value, name), fingerprints, met) if source else getattr(value, name)
                for name, source in shape.members
            ]
        elif isinstance(value, tuple | list):
            tokens.append(_token(b"list %d" % len(value)))
            stack += reversed(value)
        else:
            tokens.append(_token(_leaf(value)))
    return tokens


@dataclass(frozen=True, slots=True)
class _Shape:
    """How values of a dataclass are written: `members` that count, the last first, and whether each is a source.

    `shared`: a value counts as one wherever it stands.
    """

    token: bytes
    members: tuple[tuple[str, bool], ...]
    shared: bool


@cache
def _shape(kind: type) -> _Shape | None:
    if not is_dataclass(kind):
        return None
    kept = [(each.name, each.metadata.get("key")) for each in fields(kind)]
    members = tuple((name, key == SOURCE["key"]) for name, key in reversed(kept) if key != IGNORED["key"])
    return _Shape(_token(b"object " + kind.__name__.encode()), members, kind.__eq__ is object.__eq__)


def _token(data: bytes) -> bytes:
    return len(data).to_bytes(8, "big") + data


@lru_cache(TEXTS)
def _text(value: str) -> bytes:
    return _token(_leaf(value))


def _content(value: object, fingerprints: Mapping[str, str], met: set[str]) -> str:
    path = str(value).removeprefix("file:")
    if path in fingerprints:
        met.add(path)
    return fingerprints.get(path, path)


def _leaf(value: object) -> bytes:
    if isinstance(value, bytes):
        return b"bytes " + hashlib.sha256(value).digest()
    if value is None or isinstance(value, bool | int | float | str | Fraction):
        return f"{type(value).__name__} {value!r}".encode("utf-8", "surrogatepass")
    raise TypeError(f"{type(value).__name__} cannot be part of a key")
