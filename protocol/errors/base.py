"""What every typed error has: its code, its context, and the form in which it crosses the wire."""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform, get_type_hints

import msgspec

from protocol.model import Result


class Cause(Result):
    """One link of the chain that led to an error."""

    kind: str
    message: str
    context: dict[str, Any]


class ErrorData(Result):
    """The `data` member of every JSON-RPC error that the sidecar answers."""

    kind: str
    context: dict[str, Any]
    causes: list[Cause]
    suggestion: str | None
    retryable: bool
    trace_id: str


REGISTRY: dict[str, type[SidecarError]] = {}
"""Every kind, by name."""

_BASE_MEMBERS = ("message", "suggestion", "causes")


@dataclass_transform(kw_only_default=True)
class _Described:
    """Tells type checkers that annotated members, SidecarError's own too, are keyword arguments."""


class SidecarError(_Described, Exception):
    """Base of the taxonomy. Not raised itself; a subclass declares its context as annotated members.

    `message`, `suggestion` and `causes` may be given to replace what the class says.
    """

    code: ClassVar[int]
    kind: ClassVar[str]
    retryable: ClassVar[bool] = False
    says: ClassVar[str]
    advice: ClassVar[str | None] = None
    members: ClassVar[tuple[str, ...]] = ()
    """Names of what its context holds."""

    message: str = ""
    suggestion: str | None = None
    causes: tuple[Cause, ...] = ()

    def __init_subclass__(
        cls, *, code: int, says: str, advice: str | None = None, retryable: bool = False, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.code, cls.says, cls.advice, cls.retryable = code, says, advice, retryable
        cls.kind = cls.__name__[0].lower() + cls.__name__[1:]
        cls.members = tuple(vars(cls).get("__annotations__", {}))
        REGISTRY[cls.kind] = cls

    def __init__(self, **given: Any) -> None:
        cls = type(self)
        unknown = given.keys() - {*cls.members, *_BASE_MEMBERS}
        missing = [name for name in cls.members if name not in given and not hasattr(cls, name)]
        if unknown or missing:
            raise TypeError(f"{cls.__name__}: unknown {sorted(unknown)}, missing {missing}")
        for name in cls.members:
            setattr(self, name, given.get(name, getattr(cls, name, None)))
        self.message = given.get("message") or self.said()
        self.suggestion = given.get("suggestion") or cls.advice
        self.causes = tuple(given.get("causes", ()))
        super().__init__(self.message)

    def said(self) -> str:
        """Return what the class says, with this error's context in it."""
        return self.says.format_map({name: getattr(self, name) for name in self.members})

    def context(self) -> dict[str, Any]:
        """Return the context as it crosses the wire: camelCase names, JSON values."""
        return {msgspec_camel(name): msgspec.to_builtins(getattr(self, name)) for name in self.members}

    def data(self, trace_id: str) -> ErrorData:
        """Return the `data` member of the JSON-RPC error."""
        return ErrorData(
            kind=self.kind,
            context=self.context(),
            causes=list(self.causes),
            suggestion=self.suggestion,
            retryable=self.retryable,
            trace_id=trace_id,
        )


def types_of(error: type[SidecarError]) -> dict[str, Any]:
    """Return the types of an error's members. They are worked out when they are asked for: it takes milliseconds."""
    hints = get_type_hints(error)
    return {name: hints[name] for name in error.members}


def msgspec_camel(name: str) -> str:
    """Rename snake_case as the structs of the wire do."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
