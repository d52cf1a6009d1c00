"""`/` and below: the files of a front end, for `sidecar serve --web DIR`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote_to_bytes

import trio
from starlette.types import Receive, Scope, Send

from sidecar.services.resources.content import READERS, Content, open_changing
from sidecar.transport.http.answers import SAFE, refusal
from sidecar.transport.http.delivery import Delivery

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Own files only; pictures and films also as the page itself makes them (blob: is what MediaSource plays from)."""

HEADERS = {
    **SAFE,
    "cache-control": "private, no-cache",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
}

TYPES = {
    "css": "text/css; charset=utf-8",
    "gif": "image/gif",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "map": "application/json",
    "mjs": "text/javascript; charset=utf-8",
    "mp4": "video/mp4",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
    "wasm": "application/wasm",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
}
"""By suffix; the system's own table differs between machines."""


class Front:
    """Answers GET and HEAD of files below a folder. Nobody needs a token for them: they are what asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._limiter = trio.CapacityLimiter(READERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = file_names(scope["raw_path"])
        found = None if names is None else await trio.to_thread.run_sync(self._open, names, limiter=self._limiter)
        if found is None:
            await refusal(404, "no such file")(scope, receive, send)
        else:
            await Delivery(found, HEADERS)(scope, receive, send)

    def _open(self, names: tuple[str, ...]) -> Content | None:
        """Open a file; None for what is none, or lies elsewhere once links are followed."""
        try:
            path = self._folder.joinpath(*names).resolve(strict=True)
            if not path.is_relative_to(self._folder) or _hidden(path.relative_to(self._folder).parts):
                return None
            content_type = TYPES.get(path.suffix[1:].lower(), "application/octet-stream")
            return open_changing(path, content_type, self._limiter)
        except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle, before Python 3.13
            return None


def file_names(raw: bytes) -> tuple[str, ...] | None:
    """Return the names that a path, percent-encoded, goes through; None for one that no file is served under."""
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return None
    if path == "/":
        return ("index.html",)
    names = tuple(path[1:].split("/"))
    # Backslashes, drives and streams mean something on Windows, and nothing in a front end.
    if _hidden(names) or any(not name.isprintable() or set(name) & set('\\:*?"<>|') for name in names):
        return None
    return names


def _hidden(names: tuple[str, ...]) -> bool:
    return any(not name or name.startswith(".") for name in names)
