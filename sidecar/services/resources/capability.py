"""The path of a URL: what it names, and the proof that this cache's sidecars have offered it.

/r/<proof>/<kind>/<key>/<content type>      an entry of the cache, in memory or on disk
/r/<proof>/file                             a file offered while this sidecar lives
/r/<proof>/live                             a body that is sent while it is made

The proof is 128 bits that nobody can make without the secret, so the path is the capability; and since it is made of
what it names, nothing has to be remembered of entries, however many have been offered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from binascii import Error as Base64Error
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sidecar.services.cache.kinds import KINDS, Kind
from sidecar.services.cache.layout import is_key
from sidecar.services.files import make_private, write_through

PREFIX = "/r/"
PROOF_BYTES = 16
SECRET_BYTES = 32
SECRET_FILE = "url.secret"  # noqa: S105 - the name of the file, not what is in it


@dataclass(frozen=True, slots=True)
class EntryPath:
    """An entry of the cache that has been offered, by a path whose proof holds."""

    kind: Kind
    key: str
    content_type: str
    proof: str


@dataclass(frozen=True, slots=True)
class FilePath:
    """A file that may have been offered: only the one who did knows."""

    proof: str


@dataclass(frozen=True, slots=True)
class LivePath:
    """A live body that may have been offered: only the one who did knows."""

    proof: str


class Signer:
    """Makes and checks paths with one secret."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def entry(self, kind: Kind, key: str, content_type: str) -> EntryPath:
        """Return the address of an entry."""
        return EntryPath(kind, key, content_type, self.proof("entry", kind, key, content_type))

    def proof(self, *parts: str) -> str:
        """Return 32 hexadecimal digits that only the holder of the secret can say of these parts."""
        text = "\0".join(parts).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text, key=self._secret, digest_size=PROOF_BYTES).hexdigest()

    def read(self, path: str) -> EntryPath | FilePath | LivePath | None:
        """Return what a path names; None for all that was never offered."""
        parts = path.removeprefix(PREFIX).split("/")
        if not path.startswith(PREFIX) or not path.isascii():
            return None
        match parts:
            case [proof, "file"]:
                return FilePath(proof)
            case [proof, "live"]:
                return LivePath(proof)
            case [proof, kind, key, encoded] if kind in KINDS and is_key(key):
                content_type = _decoded(encoded)
                if content_type is None:
                    return None
                # Written again and compared whole: of two spellings of one path only ours is known.
                offered = self.entry(kind, key, content_type)
                return offered if hmac.compare_digest(write(offered).encode(), path.encode()) else None
        return None


def write(path: EntryPath | FilePath | LivePath) -> str:
    """Return the path of a URL."""
    if isinstance(path, FilePath):
        return f"{PREFIX}{path.proof}/file"
    if isinstance(path, LivePath):
        return f"{PREFIX}{path.proof}/live"
    encoded = base64.urlsafe_b64encode(path.content_type.encode()).rstrip(b"=").decode()
    return f"{PREFIX}{path.proof}/{path.kind}/{path.key}/{encoded}"


def cache_secret(cache: Path) -> bytes:
    """Return the secret of a cache folder, made with it: all its sidecars give the same entry the same path.

    A folder that takes no file gets one that lives as long as the process.
    """
    path = cache / SECRET_FILE
    with suppress(OSError):
        if not path.exists():
            _make(path)
        found = path.read_bytes()
        if len(found) == SECRET_BYTES:
            return found
    return secrets.token_bytes(SECRET_BYTES)


def _make(path: Path) -> None:
    """Make the file, whole or not at all; of two who make it at once the first one's holds."""
    make_private(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        write_through(temporary, secrets.token_bytes(SECRET_BYTES), mode=0o600)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _decoded(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (Base64Error, ValueError):
        return None
