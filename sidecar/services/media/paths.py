"""Paths of media as clients and projects write them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes

from protocol.errors import MediaUnsupported

_SCHEME = "file:"


def local_path(text: str) -> Path:
    """Return the local path that a text names: itself, or a `file:` URL whose percent escapes are bytes.

    In a URL `?` and `#` belong to the name, as they stand. Raises MediaUnsupported for a URL of another host, for NUL,
    and for the empty text. Every other text is a name, also one that begins with `-` or looks like a URL of another
    scheme.
    """
    if not text or "\0" in text:
        raise MediaUnsupported(path=text, detail="it is not a path")
    if not text.lower().startswith(_SCHEME):
        return Path(text)
    written = text[len(_SCHEME) :]
    if written.startswith("//"):
        host, slash, path = written[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            raise MediaUnsupported(path=text, detail=f"it lies on another host, {host}")
        written = slash + path
    raw = unquote_to_bytes(written)
    if not raw or b"\0" in raw:
        raise MediaUnsupported(path=text, detail="it is not a path")
    return Path(os.fsdecode(raw))
