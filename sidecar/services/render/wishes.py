"""Grants what other processes of the user ask of this one's jobs, through the journal."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import trio

from protocol.commands.render import Job, JobId, JobIds, JobMove, Removed
from protocol.errors import InvalidParams, MethodNotFound, SidecarError
from protocol.typed import ready

if TYPE_CHECKING:
    from sidecar.services.render.journal import Journal, Wish

LOOK_SECONDS = 0.5
"""Between two looks for wishes: a look costs a few microseconds."""


class Jobs(Protocol):
    """What may be asked for."""

    async def cancel(self, job_id: str) -> Job: ...
    async def pause(self, job_id: str) -> Job: ...
    async def resume(self, job_id: str) -> Job: ...
    async def move(self, params: JobMove) -> Job: ...
    async def remove(self, job_ids: list[str]) -> int: ...


async def grant_wishes(journal: Journal, jobs: Jobs) -> None:
    """Look for wishes and grant them, one after the other, until cancelled."""
    while True:
        await trio.sleep(LOOK_SECONDS)
        for wish in journal.wishes():
            await _answer(journal, wish.number, await _granted(jobs, wish))


async def _answer(journal: Journal, number: int, body: bytes) -> None:
    """Answer a wish; where the disk refuses, or another process writes for long, again and again."""
    from sqlite3 import Error  # noqa: PLC0415 - start-up time

    while True:
        try:
            await trio.to_thread.run_sync(journal.answer, number, body)
        except Error:
            await trio.sleep(LOOK_SECONDS)
        else:
            return


async def _granted(jobs: Jobs, wish: Wish) -> bytes:
    """Return {"result"} or {"error"}, as a client would be answered."""
    try:
        return msgspec.json.encode({"result": await _call(jobs, wish)})
    except SidecarError as error:
        data = error.data(secrets.token_hex(8))
        return msgspec.json.encode({"error": {"code": error.code, "message": error.message, "data": data}})


async def _call(jobs: Jobs, wish: Wish) -> Any:
    plain: dict[str, Callable[[str], Awaitable[Job]]] = {
        "render.cancel": jobs.cancel,
        "render.pause": jobs.pause,
        "render.resume": jobs.resume,
    }
    try:
        if wish.method in plain:
            return await plain[wish.method](msgspec.json.decode(wish.params, type=ready(JobId)).job_id)
        if wish.method == "render.move":
            return await jobs.move(msgspec.json.decode(wish.params, type=ready(JobMove)))
        if wish.method == "render.remove":
            return Removed(removed=await jobs.remove(msgspec.json.decode(wish.params, type=ready(JobIds)).job_ids))
    except msgspec.DecodeError as error:
        raise InvalidParams(detail=str(error)) from error
    raise MethodNotFound(method=wish.method)
