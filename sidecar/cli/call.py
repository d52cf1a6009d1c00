"""`sidecar call METHOD [JSON]`: one request over a really spawned sidecar."""

from __future__ import annotations

import difflib
import sys
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from protocol.commands import TABLE
from protocol.errors import InvalidParams, MethodNotFound, SidecarError
from sidecar.cli.exits import DONE, exit_code
from sidecar.cli.output import Output
from sidecar.cli.spawned import spawn


def call(
    method: str,
    params: Annotated[str, Parameter(allow_leading_hyphen=True)] = "{}",
    /,
    *,
    progress: Annotated[bool, Parameter(alias="-p")] = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Send one request to a newly spawned sidecar and print its answer as JSON.

    Parameters
    ----------
    method
        A method of `docs/api.md`, for example media.probe.
    params
        Its params as a JSON object; - reads them from stdin.
    progress
        Print progress values, one a line, to stderr.
    as_json
        Print errors as JSON too.
    """
    output = Output.choose(as_json=as_json)
    try:
        return _call(method, _decoded(sys.stdin.read() if params == "-" else params), output, show=progress)
    except SidecarError as error:
        output.error(error, "")
        return exit_code(error)


def _call(method: str, params: dict[str, Any], output: Output, *, show: bool) -> int:
    if method not in TABLE:
        nearest = next(iter(difflib.get_close_matches(method, TABLE, 1)), None)
        raise MethodNotFound(method=method, nearest=nearest, suggestion=f"Did you mean {nearest}?" if nearest else None)
    with spawn(initialize=method != "initialize") as remote:
        result, failure = remote.request(method, params, _print_progress if show else None)
    if failure is not None:
        output.error(*failure)
        return exit_code(failure[0])
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    return DONE


def _decoded(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidParams(detail=f"the params are not a JSON object: {error}") from error


def _print_progress(value: Any) -> None:
    sys.stderr.write(msgspec.json.encode(value).decode() + "\n")
