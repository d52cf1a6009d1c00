"""Keys of what is computed: a hash of everything that decides the result, and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from fractions import Fraction
from typing import Any

ENGINE = "1"
"""Raised whenever the same plan begins to give other pixels, samples or bytes."""

IGNORED = {"key": "ignored"}
"""Metadata of a dataclass field that decides nothing: where an output is written."""

SOURCE = {"key": "source"}
"""Metadata of a field that holds a file's address: the file's fingerprint stands for it."""


def plan_key(plan: object, fingerprints: Mapping[str, str], ffmpeg: str, met: set[str] | None = None) -> str:
    """Hash a plan: the compiled graph, side files and options, with fingerprints in place of paths.

    `plan` is made of dataclasses, sequences and plain values; dataclasses that compare by identity (nodes of a graph)
    count as one where they are shared. `fingerprints` are those of the sources by path, `ffmpeg` its version.
    Sources that the plan reads are added to `met`.
    """
    digest = hashlib.sha256()
    for token in _tokens(plan, fingerprints, set() if met is None else met):
        digest.update(len(token).to_bytes(8, "big"))
        digest.update(token)
    for text in (ENGINE, ffmpeg):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def _tokens(plan: object, fingerprints: Mapping[str, str], met: set[str]) -> Iterator[bytes]:
    """Write a plan as a flat list of byte strings, depth first; without recursion, for graphs are deep."""
    numbers: dict[int, int] = {}
    stack: list[Any] = [plan]
    while stack:
        value = stack.pop()
        if is_dataclass(value) and not isinstance(value, type):
            if type(value).__eq__ is object.__eq__:
                seen = numbers.get(id(value))
                if seen is not None:
                    yield b"again %d" % seen
                    continue
                numbers[id(value)] = len(numbers)
            yield b"object " + type(value).__name__.encode()
            stack += reversed([_member(value, field, fingerprints, met) for field in fields(value) if _counts(field)])
        elif isinstance(value, tuple | list):
            yield b"list %d" % len(value)
            stack += reversed(value)
        else:
            yield _leaf(value)


def _counts(field: Field[Any]) -> bool:
    return field.metadata.get("key") != IGNORED["key"]


def _member(owner: object, field: Field[Any], fingerprints: Mapping[str, str], met: set[str]) -> Any:
    value = getattr(owner, field.name)
    if field.metadata.get("key") == SOURCE["key"]:
        path = str(value).removeprefix("file:")
        if path in fingerprints:
            met.add(path)
        return fingerprints.get(path, path)
    return value


def _leaf(value: object) -> bytes:
    if isinstance(value, bytes):
        return b"bytes " + hashlib.sha256(value).digest()
    if value is None or isinstance(value, bool | int | float | str | Fraction):
        return f"{type(value).__name__} {value!r}".encode("utf-8", "surrogatepass")
    raise TypeError(f"{type(value).__name__} cannot be part of a key")
