"""Makes types ready to be read by in any thread.

msgspec looks into a type when it is first read by, and ends the process (SIGSEGV) where another thread comes to the
same type, or to one that it is part of, meanwhile. So that is done here, by one thread at a time, before.
"""

from __future__ import annotations

import threading
from typing import TypeVar

import msgspec

Kind = TypeVar("Kind")

_LOCK = threading.RLock()
_READY: set[object] = set()


def ready(kind: Kind) -> Kind:
    """Return a type, such as a struct or a union of some, once it can be read by in any thread.

    The first time it takes as long as looking into all its parts, milliseconds for the largest, then a tenth of a
    microsecond.
    """
    if kind not in _READY:
        with _LOCK:
            msgspec.json.Decoder(kind)
            _READY.add(kind)
    return kind
