"""What was tried and failed, remembered for a while: a broken file is not read again at every request for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from protocol.errors import SidecarError
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.layout import Address

MOST = 1_000
"""Failures that are remembered; the oldest goes first."""

LONGEST = 300.0
"""Seconds that any of them is remembered."""

LARGEST = 16_384
"""Bytes of an error that is worth remembering."""

FAILURE_SIZE = 2_048
"""Bytes that a failure takes beside its texts."""


@dataclass(frozen=True, slots=True)
class _Failure:
    error: SidecarError
    until: float
    size: int


@dataclass(slots=True)
class Failures:
    """Errors by address. Not for several threads at once."""

    clock: Callable[[], float]
    _failures: OrderedDict[Address, _Failure] = field(default_factory=OrderedDict)
    _size: int = 0

    @property
    def size(self) -> int:
        """Bytes that all of them take."""
        return self._size

    def add(self, address: Address, error: SidecarError, seconds: float) -> None:
        """Remember an error for so long, at most LONGEST."""
        self.remove(address)
        size = FAILURE_SIZE + 2 * len(msgspec.json.encode(error.data("")))
        if size > LARGEST:
            return
        self._failures[address] = _Failure(error_like(error), self.clock() + min(seconds, LONGEST), size)
        self._size += size
        if len(self._failures) > MOST:
            self.drop()

    def get(self, address: Address) -> SidecarError | None:
        """Return an error to raise, a new one each time: raised twice, one exception would grow by its tracebacks."""
        failure = self._failures.get(address)
        if failure is None:
            return None
        if failure.until <= self.clock():
            self.remove(address)
            return None
        return error_like(failure.error)

    def remove(self, address: Address) -> None:
        """Forget one."""
        failure = self._failures.pop(address, None)
        if failure is not None:
            self._size -= failure.size

    def drop(self) -> bool:
        """Forget the oldest; False when there is none."""
        if not self._failures:
            return False
        self.remove(next(iter(self._failures)))
        return True

    def count(self, kind: Kind) -> int:
        """Return how many of a kind hold now."""
        now = self.clock()
        return sum(each == kind and failure.until > now for (each, _), failure in self._failures.items())

    def addresses(self) -> list[Address]:
        """Return what they are about."""
        return list(self._failures)


def error_like(error: SidecarError) -> SidecarError:
    """Return an error that says the same and was never raised."""
    members = {name: getattr(error, name) for name in error.members}
    return type(error)(**members, message=error.message, suggestion=error.suggestion, causes=error.causes)
