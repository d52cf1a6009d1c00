"""Says that a stream could not be copied after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sidecar.core.packets import CopySpan

Stream = tuple[str, int]
"""A file by its path, and the number of a stream in it."""


class CopyFailed(Exception):
    """Copied frames are not the source's in the finished file, or cannot be had: the stream has to be encoded.

    `stream` is to stand among those that the next plan leaves out (`find_copies`, `without`).
    """

    def __init__(self, span: CopySpan, detail: str) -> None:
        super().__init__(f"{span.path}: {detail}")
        self.span = span
        self.detail = detail

    @property
    def stream(self) -> Stream:
        return self.span.path, self.span.stream
