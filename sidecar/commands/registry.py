"""The table of handlers: every command of the wire and the function that serves it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar

import msgspec

from protocol.commands import TABLE, Command, Params
from protocol.commands.table import AREA_OF
from protocol.typed import ready
from sidecar.commands.call import Call

P = TypeVar("P", bound=Params)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Handler:
    """A command, what decodes its params (strictly), and what serves it."""

    command: Command
    run: Callable[[Any, Call], Awaitable[Any]]
    decoder: msgspec.json.Decoder[Any]


OF_PROJECTS = frozenset({"analysis", "preview", "preview_files", "preview_play", "project", "project_media", "render"})
"""Areas whose commands read projects."""

ALSO_OF_PROJECTS = frozenset({"cache.hasProject", "cache.preload", "ffmpeg.command"})
"""Commands of other areas that do."""

_REGISTERED: dict[str, Handler] = {}


class Handlers(Mapping[str, Handler]):
    """Handlers by name; the module that serves an area is imported when a command of it is first asked for."""

    def __getitem__(self, name: str) -> Handler:
        found = _REGISTERED.get(name)
        if found is None:
            import_module(f"sidecar.commands.{AREA_OF[name]}")
            found = _REGISTERED[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(TABLE)

    def __len__(self) -> int:
        return len(TABLE)

    def __contains__(self, name: object) -> bool:
        return name in TABLE


HANDLERS = Handlers()


def handler(record: Command, run: Callable[[Any, Call], Awaitable[Any]]) -> Handler:
    """Bind a function to a command."""
    return Handler(record, run, msgspec.json.Decoder(ready(record.params)))


def command(name: str) -> Callable[[Callable[[P, Call], Awaitable[R]]], Callable[[P, Call], Awaitable[R]]]:
    """Register the handler of a command of `protocol.commands.TABLE`; an unknown or a repeated name is an error."""
    record = TABLE[name]
    if name in _REGISTERED:
        raise ValueError(f"{name} has a handler already")

    def register(run: Callable[[P, Call], Awaitable[R]]) -> Callable[[P, Call], Awaitable[R]]:
        reads = AREA_OF[name] in OF_PROJECTS or name in ALSO_OF_PROJECTS
        _REGISTERED[name] = handler(record, _of_projects(run) if reads else run)
        return run

    return register


def _of_projects(run: Callable[[P, Call], Awaitable[R]]) -> Callable[[P, Call], Awaitable[R]]:
    @wraps(run)
    async def prepared(params: P, call: Call) -> R:
        from sidecar.services.importing import import_checks  # noqa: PLC0415 - start-up time

        await import_checks()
        return await run(params, call)

    return prepared
