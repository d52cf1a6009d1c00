"""The contract as an OpenRPC document, derived from the command table.

What OpenRPC has no word for stands in `x-` members: topics of events, notifications, limiters, and the schema of a
method's params as a whole.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from protocol import errors
from protocol.commands import COMMANDS, Command
from protocol.commands.session import PROTOCOL
from protocol.errors import ErrorData, SidecarError, msgspec_camel, types_of
from protocol.events import FILE_TOPICS, KEPT_TOPICS, STATE_TOPICS, Event
from protocol.progress import Progress
from protocol.topics import PAYLOADS

OPENRPC = "1.3.2"
REF = "#/components/schemas/{name}"

EVERYWHERE: tuple[type[SidecarError], ...] = (
    errors.InvalidParams,
    errors.Internal,
    errors.NotInitialized,
    errors.ShuttingDown,
    errors.Busy,
    errors.Cancelled,
)
"""Errors that any method may answer, beside those of its own record."""


def document(commands: Iterable[Command] = COMMANDS) -> dict[str, Any]:
    """Return the OpenRPC document of these commands as JSON values.

    It is a function of the table alone: same commands, same document.
    """
    table = tuple(commands)
    params, results, payloads, schemas = _schemas(table)
    raised = {error.kind: error for command in table for error in errors_of(command)}
    return {
        "openrpc": OPENRPC,
        "info": {
            "title": "Video compiler sidecar",
            "version": f"{PROTOCOL}.0.0",
            "description": "JSON-RPC 2.0 over stdio: one object of params in, one object out.",
            "license": {"name": "MIT"},
        },
        "methods": [
            _method(command, schema, result, schemas)
            for command, schema, result in zip(table, params, results, strict=True)
        ],
        "components": {
            "schemas": schemas,
            "errors": {kind: _error(raised[kind]) for kind in sorted(raised)},
        },
        "x-events": [
            {"topic": topic, "payload": payload, "delivery": delivery(topic)}
            for topic, payload in zip(PAYLOADS, payloads, strict=True)
        ],
        "x-notifications": _notifications(),
    }


@cache
def schema_hash() -> str:
    """Return "sha256:" and the hash of the whole document: what `initialize` compares."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(document(), order="sorted")).hexdigest()


def errors_of(command: Command) -> tuple[type[SidecarError], ...]:
    """Every error that a command may answer, its own first."""
    own = command.raises
    return (*own, *(error for error in EVERYWHERE if error not in own))


def delivery(topic: str) -> str:
    """How events of a topic reach a slow reader: the latest only, also of each file, all of them, or as many as fit."""
    if topic in STATE_TOPICS:
        return "latest"
    if topic in FILE_TOPICS:
        return "latestOfEach"
    return "kept" if topic in KEPT_TOPICS else "queued"


def wire_text(doc: str | None) -> str:
    """A docstring for readers of the wire: names in backquotes are camelCase there."""
    return re.sub(r"`([a-z]+(?:_[a-z]+)+)`", lambda found: f"`{msgspec_camel(found[1])}`", inspect.cleandoc(doc or ""))


def message_of(error: type[SidecarError]) -> str:
    """The message of an error with the names of its context in braces, as they are on the wire."""
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: "{" + msgspec_camel(found[1]) + "}", error.says)


def error_context(error: type[SidecarError]) -> dict[str, Any]:
    """Return the JSON Schema of an error's context."""
    schemas, components = msgspec.json.schema_components(types_of(error).values(), ref_template=REF)
    if components:
        raise TypeError(f"{error.__name__}: a context holds plain JSON values only")
    return {
        "type": "object",
        "properties": {msgspec_camel(name): schema for name, schema in zip(error.members, schemas, strict=True)},
        "required": [msgspec_camel(name) for name in error.members],
    }


def _schemas(
    table: tuple[Command, ...],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Schemas of params, results and payloads in order, and the components that they refer to."""
    types = [c.params for c in table] + [c.result for c in table] + list(PAYLOADS.values())
    found, components = msgspec.json.schema_components([*types, Progress, ErrorData, Event], ref_template=REF)
    for schema in components.values():
        schema["description"] = wire_text(schema["description"])
    schemas = list(found)
    count = len(table)
    payloads = schemas[2 * count : 2 * count + len(PAYLOADS)]
    return schemas[:count], schemas[count : 2 * count], payloads, components


def _method(
    command: Command, params: dict[str, Any], result: dict[str, Any], schemas: dict[str, Any]
) -> dict[str, Any]:
    shape = schemas[params["$ref"].rpartition("/")[2]]
    required = set(shape["required"])
    return {
        "name": command.name,
        "summary": command.summary,
        "description": shape["description"],
        "paramStructure": "by-name",
        "params": [
            {"name": name, "required": name in required, "schema": schema}
            for name, schema in sorted(
                shape["properties"].items(), key=lambda item: (item[0] not in required, item[0] == "progressToken")
            )
        ],
        "result": {"name": "result", "schema": result},
        "errors": [{"$ref": f"#/components/errors/{error.kind}"} for error in errors_of(command)],
        "examples": [
            {
                "name": command.name,
                "params": [{"name": name, "value": value} for name, value in command.example.params.items()],
            }
        ],
        "x-paramsSchema": params,
        "x-exampleAfter": list(command.example.after),
        "x-load": command.load,
        "x-progress": command.progress,
        "x-beforeInitialize": command.before_initialize,
        "x-notification": command.notification,
    }


def _error(error: type[SidecarError]) -> dict[str, Any]:
    return {
        "code": error.code,
        "message": message_of(error),
        "data": {
            "kind": error.kind,
            "description": wire_text(error.__doc__),
            "suggestion": error.advice,
            "retryable": error.retryable,
            "context": error_context(error),
        },
    }


def _notifications() -> list[dict[str, Any]]:
    token = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    return [
        {
            "name": "$/cancelRequest",
            "from": "client",
            "summary": "Cancel a request; it is still answered.",
            "params": {"type": "object", "properties": {"id": {}}, "required": ["id"]},
        },
        {
            "name": "$/progress",
            "from": "server",
            "summary": "How far a request is that carried a progress token.",
            "params": {
                "type": "object",
                "properties": {
                    "token": token,
                    "value": {"oneOf": [{"$ref": REF.format(name=kind)} for kind in _STEPS]},
                },
                "required": ["token", "value"],
            },
        },
        {
            "name": "$/event",
            "from": "server",
            "summary": "Something happened that a subscription asked for.",
            "params": {"$ref": REF.format(name="Event")},
        },
    ]


_STEPS = ("Begin", "Report", "Items", "End")
