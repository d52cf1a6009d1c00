"""Which files were read through, as they were then."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from sidecar.services.cache.layout import Address

MOST = 4_096
"""Files that are remembered."""

YOUNG_NS = 1_000_000_000
"""File systems count time in steps, of up to a second on old ones."""

Identity = tuple[int, int, int, int, int]
"""Device, inode, size and times of a file: another one at the same path differs, and so does a changed one."""


class Seen:
    """Files that were found to be what was published; from any thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[Address, Identity] = OrderedDict()
        self._mutex = threading.Lock()

    def add(self, address: Address, identity: Identity) -> None:
        """Remember a file by what it was before it was read; not one so young that a change would show no other time."""
        if time.time_ns() - max(identity[-2:]) < YOUNG_NS:
            return
        with self._mutex:
            self._known[address] = identity
            self._known.move_to_end(address)
            if len(self._known) > MOST:
                self._known.popitem(last=False)

    def knows(self, address: Address, identity: Identity) -> bool:
        """Whether the file that is there now was read through."""
        with self._mutex:
            return self._known.get(address) == identity
