"""Which entries are meant, and the name under which an entry remembers a file that it was made from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from sidecar.services.cache.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries of these kinds; if given, of one project, made from one file (`source_id`), last used before a Unix time."""

    kinds: Sequence[Kind] = KINDS
    owner: str | None = None
    source: str | None = None
    older: float | None = None


def source_id(path: Path | str) -> str:
    """Return 32 hexadecimal digits that stand for an absolute path: paths may be long, and need not be Unicode."""
    return blake2b(os.fsencode(path), digest_size=16).hexdigest()
