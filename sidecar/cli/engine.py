"""The services inside this process, asked as a client would ask them over the wire."""

from __future__ import annotations

import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import trio

from protocol.errors import Internal, SidecarError
from protocol.params import invalid
from protocol.typed import ready
from sidecar.cli.exits import INTERRUPTED, exit_code, first_error
from sidecar.cli.output import Output

if TYPE_CHECKING:
    from sidecar.commands.call import Call
    from sidecar.commands.registry import Handler
    from sidecar.services.container import Services


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """Runs commands of the wire in this process, with all the rights of the user."""

    services: Services
    trace_id: str
    handlers: Mapping[str, Handler]
    call: Call

    async def request(self, method: str, **params: Any) -> Any:
        """Return the result struct of a method; `params` by their wire names.

        Raises the error that a client would be answered, InvalidParams for params that do not fit too. Cancelling it
        cancels the command.
        """
        handler = self.handlers[method]
        if isinstance(path := params.get("path"), str):
            params["path"] = _written(path)
        try:
            given = msgspec.convert(params, ready(handler.command.params))
        except msgspec.ValidationError as error:
            raise invalid(str(error)) from error
        return await handler.run(given, self.call)


def _written(path: str) -> str:
    """Return a path as the wire has it: a name that is not Unicode is a `file:` URL."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return Path(path).absolute().as_uri()
    return path


Jobs = Literal["run", "hold", "own"]
Work = Callable[[Engine], Awaitable[int]]
NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


def run(work: Work, output: Output, *, jobs: Jobs = "own", settings: Mapping[str, Any] = NO_SETTINGS) -> int:
    """Open the services, do the work, and return the exit code: errors become messages, signals end it cleanly.

    Jobs that other processes left are not touched, unless `jobs` says "hold" (in hand) or "run" (gone on with).
    `settings` come before those of file and environment, by wire name. Raises BrokenPipeError when nobody reads what
    is written.
    """
    trace_id, unread = secrets.token_hex(8), False
    try:
        return trio.run(_until_signalled, work, trace_id, jobs, settings)
    except* SidecarError as group:
        error = first_error(group)
    except* BrokenPipeError:
        unread = True
    if unread:
        raise BrokenPipeError
    output.error(error, trace_id)
    return exit_code(error)


async def _until_signalled(work: Work, trace_id: str, jobs: Jobs, settings: Mapping[str, Any]) -> int:
    """Run the work; SIGINT or SIGTERM cancels it, so that nothing half-made is left behind."""
    code = 0
    async with trio.open_nursery() as nursery:

        async def watch() -> None:
            nonlocal code
            with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for number in signals:
                    code = INTERRUPTED + number
                    nursery.cancel_scope.cancel()

        nursery.start_soon(watch)
        async with _open_engine(trace_id, jobs, settings) as engine:
            code = await _logged(work, engine)
        nursery.cancel_scope.cancel()
    return code


async def _logged(work: Work, engine: Engine) -> int:
    """Do the work; a fault of ours goes to the log with its traceback, and to the user without."""
    try:
        return await work(engine)
    except (SidecarError, BrokenPipeError):
        raise
    except Exception as fault:
        engine.services.log.logger.exception("a command failed", trace_id=engine.trace_id)
        folder = engine.services.folders.log
        raise Internal(
            message=f"An internal error ({fault!r}): the log in {folder} has it under {engine.trace_id}"
        ) from fault


@asynccontextmanager
async def _open_engine(trace_id: str, jobs: Jobs, settings: Mapping[str, Any]) -> AsyncIterator[Engine]:
    # Imported here: the options of a command are parsed, and its help is shown, without the services.
    from sidecar.commands import registry  # noqa: PLC0415
    from sidecar.commands.call import Call, Peer  # noqa: PLC0415
    from sidecar.services.container import ServiceOptions, open_services  # noqa: PLC0415

    async def drained() -> None:
        """Nothing else runs on this connection."""

    def nothing() -> None:
        """There is no transport to wake or to end."""

    peer = Peer(wake=nothing, drain=drained, quit=nothing, phase="ready", client="cli")
    async with open_services(ServiceOptions(arguments=settings, jobs=jobs)) as services:
        yield Engine(services, trace_id, registry.HANDLERS, Call(services, trace_id, peer))
