"""Errors that came as data, raised again."""

from __future__ import annotations

from protocol.errors import REGISTRY, ErrorData, Internal, SidecarError, msgspec_camel


def raised(data: ErrorData) -> SidecarError:
    """Return the error that an answer or an event holds, typed again."""
    kind = REGISTRY.get(data.kind, Internal)
    members = {name: data.context[wire] for name in kind.members if (wire := msgspec_camel(name)) in data.context}
    return kind(**members, suggestion=data.suggestion, causes=tuple(data.causes))
