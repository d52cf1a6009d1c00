"""Base structs of everything that crosses the wire or lies in a project file."""

from __future__ import annotations

from typing import Any, dataclass_transform

import msgspec
from msgspec import Struct


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class _KeywordOnly(msgspec.StructMeta):
    """Makes every subclass frozen and keyword-only: msgspec hands the second down to no subclass by itself."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        return super().__new__(mcls, name, bases, namespace, **{"frozen": True, "kw_only": True, **config})


class Model(Struct, metaclass=_KeywordOnly, rename="camel", forbid_unknown_fields=True):
    """What a client sends or a file holds: unknown members are refused."""


class Result(Struct, metaclass=_KeywordOnly, rename="camel"):
    """What the sidecar answers: every member is present, and readers ignore members they do not know."""
