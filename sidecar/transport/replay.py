"""Replays a recording against a sidecar and says what it answers differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import trio

from protocol import jsonrpc
from protocol.errors import Timeout
from protocol.framing import Framer
from protocol.jsonrpc import Batch, Id, Request
from sidecar.transport.record import Entry
from sidecar.transport.wire import Wire

VOLATILE = frozenset(
    {
        "traceId",
        "pid",
        "instanceId",
        "temp",
        "processId",
        "startedAt",
        "createdAt",
        "endedAt",
        "savedAt",
        "at",
        "uptime",
        "elapsed",
        "seconds",
        "eta",
        "estimatedSeconds",
        "available",
        "jobId",
        "cached",
        "http",
        "url",
    }
)
"""Members that differ from run to run by their nature: times, numbers of processes, ports, folders of an instance."""

MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the answer to a request is another one than was recorded; `pointer` is a JSON Pointer into it."""

    id: Id
    method: str
    pointer: str
    recorded: Any
    replayed: Any


async def replay(
    entries: Sequence[Entry], wire: Wire, *, ignore: frozenset[str] = VOLATILE, answer_seconds: float = 60
) -> list[Difference]:
    """Send what a recorded client sent, each message once every answer recorded before it has come, and compare.

    Notifications of the server are not compared: how many there are depends on the machine. Answers are matched by
    id. Raises Timeout when an answer does not come in time. Cancelling it leaves the wire to be closed.
    """
    recorded = _answers(entry.body for entry in entries if entry.direction == "out")
    replayed: dict[str, Any] = {}
    came = _Came(replayed)
    # A message that came by Content-Length may hold line breaks; then it has to go the same way again.
    framer = Framer(style="headers" if any(b"\n" in entry.body for entry in entries) else "lines")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(came.read, wire, framer)
        late = await _send(entries, wire, framer, came, answer_seconds)
        nursery.cancel_scope.cancel()
    if late is not None:
        raise Timeout(operation=f"the answer to request {late}", seconds=answer_seconds)
    methods = _methods(entry.body for entry in entries if entry.direction == "in")
    return [
        Difference(msgspec.json.decode(key), methods.get(key, ""), *where)
        for key, answer in recorded.items()
        for where in _compare(answer, replayed.get(key, MISSING), "", ignore)
    ]


async def _send(entries: Sequence[Entry], wire: Wire, framer: Framer, came: _Came, seconds: float) -> str | None:
    """Send all there is to send; return the id of an answer that did not come in time."""
    due: list[str] = []
    for entry in entries:
        if entry.direction == "out":
            due += _answers([entry.body])
            continue
        if (late := await came.late(due, seconds)) is not None:
            return late
        with suppress(trio.BrokenResourceError):  # it has ended: what it did not answer is a difference
            await wire.send_all(framer.wrap(entry.body))
    return await came.late(due, seconds)


class _Came:
    """Answers as they come."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers
        self._more = trio.Event()
        self._ended = False

    async def read(self, wire: Wire, framer: Framer) -> None:
        while data := await wire.receive_some():
            self._answers.update(_answers(framer.feed(data)))
            self._notify()
        self._ended = True
        self._notify()

    async def late(self, keys: list[str], seconds: float) -> str | None:
        """Wait for these answers; return one that has not come in time, None also when no more can come."""
        with trio.move_on_after(seconds):
            while not self._ended and not all(key in self._answers for key in keys):
                await self._more.wait()
            return None
        return next(key for key in keys if key not in self._answers)

    def _notify(self) -> None:
        self._more.set()
        self._more = trio.Event()


def _answers(bodies: Iterable[bytes]) -> dict[str, Any]:
    """Return answers by id (as JSON text, so that 1 is not "1"); the last one of an id counts."""
    found: dict[str, Any] = {}
    for body in bodies:
        value = _value(body)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and "method" not in one and "id" in one:
                found[msgspec.json.encode(one["id"]).decode()] = one
    return found


def _methods(bodies: Iterable[bytes]) -> dict[str, str]:
    found: dict[str, str] = {}
    for body in bodies:
        message = jsonrpc.decode(body)
        for one in message.messages if isinstance(message, Batch) else (message,):
            if isinstance(one, Request):
                found[msgspec.json.encode(one.id).decode()] = one.method
    return found


def _value(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None


def _compare(recorded: Any, replayed: Any, pointer: str, ignore: frozenset[str]) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        for name in {**recorded, **replayed}:
            if name not in ignore:
                step = name.replace("~", "~0").replace("/", "~1")
                pair = recorded.get(name, MISSING), replayed.get(name, MISSING)
                yield from _compare(*pair, f"{pointer}/{step}", ignore)
    elif isinstance(recorded, list) and isinstance(replayed, list) and len(recorded) == len(replayed):
        for index, pair in enumerate(zip(recorded, replayed, strict=True)):
            yield from _compare(*pair, f"{pointer}/{index}", ignore)
    elif recorded != replayed:
        yield pointer, recorded, replayed
