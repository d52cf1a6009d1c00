"""Where the parts of the cache lie.

<cache>/objects/<kind>/<2 hex>/<key>        the file, as its user wrote it
<cache>/objects/<kind>/<2 hex>/<key>.head   what it is, and its checksum
<cache>/index/<name>.sqlite                 the same heads, and when each was used last
<cache>/live/<instance>/                    files in the making (scratch) and pins of one instance
<cache>/live/<instance>.lock                held as long as that instance lives
<cache>/making/<kind>-<key>.lock            held by who makes that entry
<cache>/projects/<32 hex>.json              name and file of a project that entries are for
<cache>/cache.lock                          held to change any of it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sidecar.services.cache.kinds import KINDS, Kind

HEAD = ".head"
BLOCK = 4096

_KEY = re.compile(r"[0-9a-f]{64}")


Address = tuple[Kind, str]
"""Kind and key of an entry."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below the cache folder."""

    root: Path

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def live(self) -> Path:
        return self.root / "live"

    @property
    def lock(self) -> Path:
        return self.root / "cache.lock"

    def shard(self, kind: Kind, shard: str) -> Path:
        return self.objects / kind / shard

    def object(self, kind: Kind, key: str) -> Path:
        return self.objects / kind / key[:2] / key

    def head(self, kind: Kind, key: str) -> Path:
        return self.objects / kind / key[:2] / f"{key}{HEAD}"

    def files(self, kind: Kind, key: str) -> tuple[str, str]:
        """Return both files of an entry as texts: of ten thousand entries paths would take half a second."""
        path = f"{self.root}/objects/{kind}/{key[:2]}/{key}"
        return path, path + HEAD

    @property
    def projects(self) -> Path:
        return self.root / "projects"

    @property
    def makings(self) -> Path:
        return self.root / "making"

    def making(self, kind: Kind, key: str) -> Path:
        return self.makings / f"{kind}-{key}.lock"


def is_key(text: str) -> bool:
    """Whether a text is 64 lower-case hexadecimal digits."""
    return _KEY.fullmatch(text) is not None


def check_address(kind: Kind, key: str) -> None:
    """Raise ValueError for what can be no entry: file names are made of both."""
    if kind not in KINDS or not is_key(key):
        raise ValueError(f"no cache address: {kind} {key}")


def space(*sizes: int) -> int:
    """Return the bytes that files of these sizes take on a disk of 4 KiB blocks: what limits count."""
    return sum(-(-size // BLOCK) * BLOCK for size in sizes)
