"""A chain of pure functions, each from one version of a document to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
Step = Callable[[Document], Document]


class UnknownVersion(Exception):
    """The chain does not begin at this version: it is newer than known, or was never written."""

    def __init__(self, kind: str, version: int, known: int) -> None:
        super().__init__(f"{kind} version {version}; known up to {known}")
        self.version = version
        self.known = known


@dataclass(frozen=True, slots=True)
class Chain:
    """`steps[n]` turns version n into version n + 1; `version` is the one written today.

    A step is pure: it returns a new document and leaves the old one as it was. Golden files keep every step true.
    """

    kind: str
    version: int
    steps: Mapping[int, Step] = field(default_factory=dict)

    def migrate(self, document: Document, version: int) -> Document:
        """Return the document at today's version; raises UnknownVersion."""
        if version > self.version:
            raise UnknownVersion(self.kind, version, self.version)
        for at in range(version, self.version):
            step = self.steps.get(at)
            if step is None:
                raise UnknownVersion(self.kind, version, self.version)
            document = step(document)
        return document
