"""Paths of media as clients and projects write them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from protocol.errors import MediaUnsupported


def local_path(text: str) -> Path:
    """Return the local path that a text names: itself, or a `file:` URL whose percent escapes are bytes.

    Raises MediaUnsupported for a URL of another host, for NUL, and for the empty text. Every other text is a name,
    also one that begins with `-` or looks like a URL of another scheme.
    """
    if not text or "\0" in text:
        raise MediaUnsupported(path=text, detail="it is not a path")
    if not text.lower().startswith("file:"):
        return Path(text)
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise MediaUnsupported(path=text, detail=f"it lies on another host, {parts.netloc}")
    raw = unquote_to_bytes(text[len(text) - len(parts.path) :] if parts.path and not parts.query else text[5:])
    if not raw or b"\0" in raw:
        raise MediaUnsupported(path=text, detail="it is not a path")
    return Path(os.fsdecode(raw))
