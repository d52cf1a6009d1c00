"""`sidecar replay FILE`: a recorded client again, against a new sidecar."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import trio
from cyclopts import Parameter
from msgspec.structs import replace

from protocol.errors import InvalidParams, SidecarError
from sidecar.cli.exits import DONE, FAILED, exit_code, first_error
from sidecar.cli.output import Output
from sidecar.cli.spawned import child
from sidecar.transport.platform_wire import open_wire
from sidecar.transport.record import Entry, read_recording
from sidecar.transport.replay import Difference
from sidecar.transport.replay import replay as play


def replay(
    file: Path,
    /,
    *,
    timeout: float = 600.0,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Send the messages of a recording to a new sidecar and compare its answers; exits with 1 where they differ.

    What was rendered or saved then is rendered and saved again. Times, ids of processes and the like are not compared.

    Parameters
    ----------
    file
        A file that `sidecar serve --record` wrote.
    timeout
        Seconds to wait for one answer.
    as_json
        Print what differs as JSON.
    """
    output = Output.choose(as_json=as_json)
    try:
        entries = _entries(file)
        differences = _replay(entries, timeout)
    except* SidecarError as group:
        found = first_error(group)
    else:
        return _report(entries, differences, output)
    output.error(found, "")
    return exit_code(found)


def _report(entries: list[Entry], differences: list[Difference], output: Output) -> int:
    output.result(differences)
    output.table(("request", "method", "where", "recorded", "now"), [_row(difference) for difference in differences])
    sent = sum(entry.direction == "in" for entry in entries)
    output.line(f"{sent} messages sent, {len(differences)} differences", "failed" if differences else "ok")
    return FAILED if differences else DONE


def _entries(file: Path) -> list[Entry]:
    try:
        return [_under_us(entry) for entry in read_recording(file)]
    except OSError as error:
        raise InvalidParams(detail=f"{file}: {error.strerror or error}", path="/file") from error


def _replay(entries: list[Entry], timeout: float) -> list[Difference]:
    with child() as process:
        # The wire makes its descriptors its own, and closes them.
        fds = [os.dup(stream.fileno()) for stream in (process.stdout, process.stdin) if stream is not None]
        return trio.run(partial(_over_wire, entries, *fds, answer_seconds=timeout))


async def _over_wire(entries: list[Entry], read_fd: int, write_fd: int, *, answer_seconds: float) -> list[Difference]:
    wire = open_wire(read_fd, write_fd)
    try:
        return await play(entries, wire, answer_seconds=answer_seconds)
    finally:
        await wire.aclose()


def _under_us(entry: Entry) -> Entry:
    """Name ourselves as the parent: the recorded one is gone, and the sidecar would follow it."""
    try:
        message = msgspec.json.decode(entry.body)
    except (ValueError, RecursionError):
        return entry
    params = message.get("params") if isinstance(message, dict) and message.get("method") == "initialize" else None
    if not isinstance(params, dict) or params.get("processId") is None:
        return entry
    ours = message | {"params": params | {"processId": os.getpid()}}
    return replace(entry, message=msgspec.json.encode(ours).decode(), encoding="utf-8")


def _row(difference: Difference) -> tuple[str, ...]:
    values = (difference.recorded, difference.replayed)
    return (str(difference.id), difference.method, difference.pointer, *(_short(value) for value in values))


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:59] + "…"
