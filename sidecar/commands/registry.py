"""The table of handlers: every command of the wire and the function that serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from protocol.commands import TABLE, Command, Params
from sidecar.commands.call import Call

P = TypeVar("P", bound=Params)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Handler:
    """A command, what decodes its params (strictly), and what serves it."""

    command: Command
    run: Callable[[Any, Call], Awaitable[Any]]
    decoder: msgspec.json.Decoder[Any]


_HANDLERS: dict[str, Handler] = {}

HANDLERS = MappingProxyType(_HANDLERS)
"""Complete once `sidecar.commands` is imported; nothing changes it afterwards."""


def handler(record: Command, run: Callable[[Any, Call], Awaitable[Any]]) -> Handler:
    """Bind a function to a command."""
    return Handler(record, run, msgspec.json.Decoder(record.params))


def command(name: str) -> Callable[[Callable[[P, Call], Awaitable[R]]], Callable[[P, Call], Awaitable[R]]]:
    """Register the handler of a command of `protocol.commands.TABLE`; an unknown or a repeated name is an error."""
    record = TABLE[name]
    if name in _HANDLERS:
        raise ValueError(f"{name} has a handler already")

    def register(run: Callable[[P, Call], Awaitable[R]]) -> Callable[[P, Call], Awaitable[R]]:
        _HANDLERS[name] = handler(record, run)
        return run

    return register
