"""The contract as one TypeScript file: types, method and topic maps, and a small client.

Params have defaults, so their members are optional; results have none, so all of theirs are present. A struct that
occurs on both sides and differs is written twice: `Clip` as it is answered, `ClipInput` as it may be sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from msgspec import inspect

from protocol.commands import COMMANDS, Command
from protocol.commands.project import PatchOperation
from protocol.commands.session import PROTOCOL
from protocol.commands.settings import Settings
from protocol.errors import Cause, ConnectionLost, SidecarError, msgspec_camel, types_of
from protocol.openrpc import EVERYWHERE, errors_of, schema_hash, wire_text
from protocol.progress import Progress
from protocol.project import Project
from protocol.topics import PAYLOADS

RUNTIME = Path(__file__).with_name("runtime.ts")
"""The part of the client that no table decides: written by hand, copied as it is."""

IN_RUNTIME = {"ErrorData"}
"""Types that the runtime writes itself, more closely than their structs could say."""

HEADER = """\
// Generated from the command table by `python -m protocol.generate`. Do not edit.
// It needs no framework and no other file: give `Client` a `Transport` and it speaks.
"""

_SCALARS = {
    inspect.AnyType: "unknown",
    inspect.NoneType: "null",
    inspect.BoolType: "boolean",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.StrType: "string",
}


def client(commands: Iterable[Command] = COMMANDS) -> str:
    """Return the whole file for these commands."""
    table = tuple(commands)
    sent = [*(command.params for command in table), Project, PatchOperation]
    answered = [*(command.result for command in table), *PAYLOADS.values(), Progress, Cause, Settings]
    types = _Types(sent, answered)
    errors = {error.kind: error for command in table for error in errors_of(command)}
    errors[ConnectionLost.kind] = ConnectionLost  # raised by clients themselves
    return "\n".join(
        [
            HEADER,
            f"export const PROTOCOL = {PROTOCOL};",
            f"export const SCHEMA_HASH = {json.dumps(schema_hash())};",
            "",
            doc("Seconds as a number, or exactly as `num/den`."),
            "export type Seconds = number | string;",
            "",
            *types.declarations(),
            doc("What a request that carried a progress token is told."),
            f"export type Progress = {types.answered(Progress)};",
            "",
            _methods(table, types),
            _topics(types),
            _errors(errors.values(), types),
            RUNTIME.read_text(encoding="utf-8"),
        ]
    )


def doc(text: str, indent: str = "") -> str:
    """Write text as a documentation comment."""
    lines = wire_text(text).replace("*/", "* /").splitlines()
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */"
    return "\n".join([f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"])


class _Types:
    """The structs reachable from what is sent and from what is answered, and the names they go by."""

    def __init__(self, sent: Iterable[Any], answered: Iterable[Any]) -> None:
        self._sent = _reachable(sent)
        self._answered = _reachable(answered)
        both = self._sent.keys() & self._answered.keys()
        self._twice = {cls for cls in both if _has_defaults(self._sent[cls])}

    def declarations(self) -> list[str]:
        """Every interface, sorted by name."""
        written = {self._name(cls, as_input=True): (cls, True) for cls in self._sent}
        written |= {self._name(cls, as_input=False): (cls, False) for cls in self._answered}
        return [self._interface(name, *written[name]) for name in sorted(written) if name not in IN_RUNTIME]

    def sent(self, kind: Any) -> str:
        """The type of something that a client sends."""
        return self._expression(inspect.type_info(kind), as_input=True)

    def answered(self, kind: Any) -> str:
        """The type of something that the sidecar answers."""
        return self._expression(inspect.type_info(kind), as_input=False)

    def _name(self, cls: type, *, as_input: bool) -> str:
        return f"{cls.__name__}Input" if as_input and cls in self._twice else cls.__name__

    def _interface(self, name: str, cls: type, as_input: bool) -> str:  # noqa: FBT001 - unpacked from a table
        struct = (self._sent if as_input else self._answered)[cls]
        lines = [doc(cls.__doc__ or ""), f"export interface {name} {{"]
        if struct.tag_field is not None:
            lines.append(f"  {struct.tag_field}: {json.dumps(struct.tag)};")
        for field in struct.fields:
            optional = "?" if as_input and not field.required else ""
            lines.append(f"  {field.encode_name}{optional}: {self._expression(field.type, as_input=as_input)};")
        return "\n".join([*lines, "}", ""])

    def _expression(self, info: inspect.Type, *, as_input: bool) -> str:
        def inner(part: inspect.Type) -> str:
            return self._expression(part, as_input=as_input)

        return _expression(info, inner, lambda cls: self._name(cls, as_input=as_input))


def _expression(info: inspect.Type, inner: Callable[[inspect.Type], str], name: Callable[[type], str]) -> str:
    match info:
        case inspect.Metadata(extra={"type": "seconds"}):
            return "Seconds"
        case inspect.Metadata(extra={"shape": str(shape)}):
            return shape
        case inspect.Metadata(type=plain):
            return inner(plain)
        case inspect.StructType(cls=cls):
            return name(cls)
        case inspect.LiteralType(values=values):
            return " | ".join(json.dumps(value) for value in values)
        case inspect.UnionType(types=parts):
            return " | ".join(inner(part) for part in parts)
        case inspect.ListType(item_type=item):
            return f"Array<{inner(item)}>"
        case inspect.TupleType(item_types=items):
            return f"[{', '.join(inner(item) for item in items)}]"
        case inspect.DictType(key_type=inspect.LiteralType() as key, value_type=value):
            # Of the names that may be there, some are.
            return f"Partial<Record<{inner(key)}, {inner(value)}>>"
        case inspect.DictType(key_type=key, value_type=value):
            return f"Record<{inner(key)}, {inner(value)}>"
        case _ if type(info) in _SCALARS:
            return _SCALARS[type(info)]
    raise TypeError(f"{info} has no form in TypeScript here")


def _reachable(kinds: Iterable[Any]) -> dict[type, inspect.StructType]:
    """Every struct that these types hold, at any depth."""
    found: dict[type, inspect.StructType] = {}
    waiting = list(inspect.multi_type_info(kinds))
    while waiting:
        info = waiting.pop()
        if isinstance(info, inspect.StructType):
            if info.cls not in found:
                found[info.cls] = info
                waiting.extend(field.type for field in info.fields)
        else:
            waiting.extend(_parts(info))
    return found


def _parts(info: inspect.Type) -> tuple[inspect.Type, ...]:
    match info:
        case inspect.Metadata(type=plain):
            return (plain,)
        case inspect.UnionType(types=parts):
            return parts
        case inspect.ListType(item_type=item):
            return (item,)
        case inspect.TupleType(item_types=items):
            return items
        case inspect.DictType(key_type=key, value_type=value):
            return (key, value)
    return ()


def _has_defaults(struct: inspect.StructType) -> bool:
    """Whether a struct, or one that it holds, may leave a member out."""
    return any(not field.required for found in _reachable([struct.cls]).values() for field in found.fields)


def _methods(table: tuple[Command, ...], types: _Types) -> str:
    lines = [
        doc("Every method: its params, its result, and the kinds of its own errors."),
        "export interface Methods {",
    ]
    for command in table:
        kinds = " | ".join(json.dumps(error.kind) for error in command.raises) or "never"
        lines += [
            doc(command.summary, "  "),
            f"  {json.dumps(command.name)}: {{",
            f"    params: {types.sent(command.params)};",
            f"    result: {types.answered(command.result)};",
            f"    errors: {kinds};",
            "  };",
        ]
    return "\n".join([*lines, "}", ""])


def _topics(types: _Types) -> str:
    lines = [doc("Every topic of events, and what it carries."), "export interface Topics {"]
    lines += [f"  {json.dumps(topic)}: {types.answered(payload)};" for topic, payload in PAYLOADS.items()]
    return "\n".join([*lines, "}", ""])


def _errors(errors: Iterable[type[SidecarError]], types: _Types) -> str:
    """The contexts by kind, the codes, and the kinds that any method may answer."""
    known = sorted(errors, key=lambda error: error.kind)
    contexts = [doc("What each kind of error carries."), "export interface ErrorContexts {"]
    for error in known:
        members = "; ".join(f"{msgspec_camel(name)}: {types.answered(kind)}" for name, kind in types_of(error).items())
        contexts += [
            doc(error.__doc__ or "", "  "),
            f"  {error.kind}: {{ {members} }};" if members else f"  {error.kind}: {{}};",
        ]
    codes = [doc("Codes by kind; they never change."), "export const ERROR_CODES = {"]
    codes += [f"  {error.kind}: {error.code}," for error in known]
    everywhere = " | ".join(json.dumps(error.kind) for error in EVERYWHERE)
    return "\n".join(
        [
            *contexts,
            "}",
            "",
            *codes,
            "} as const satisfies Record<keyof ErrorContexts, number>;",
            "",
            doc("Kinds that any method may answer, beside its own."),
            f"export type CommonErrorKind = {everywhere};",
            "",
        ]
    )
