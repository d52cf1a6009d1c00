"""What could not be made of a file is remembered for a while: it is not read again at every request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from protocol.errors import MediaUnreadable, MediaUnsupported, SidecarError

if TYPE_CHECKING:
    from sidecar.services.cache.kinds import Kind
    from sidecar.services.cache.memory import MemoryTier

OWN = (MediaUnreadable, MediaUnsupported)
"""Errors that come of the file's content. Others (no time, no room, a crash, a changed file) may be over at once."""


@dataclass(frozen=True, slots=True)
class Failing:
    """Failures of one kind of entry, kept in the memory tier for so many seconds."""

    memory: Callable[[], MemoryTier]
    kind: Kind
    seconds: float = 30.0

    @contextmanager
    def noted(self, key: str, shown: str) -> Iterator[None]:
        """Raise what making `key` failed with not long ago; remember what the block fails with.

        `shown` is the file's path as errors name it.
        """
        if (known := self.memory().failed(self.kind, key)) is not None:
            raise _of(known, shown)
        try:
            yield
        except OWN as error:
            self.memory().fail(self.kind, key, error, self.seconds)
            raise


def _of(error: SidecarError, shown: str) -> SidecarError:
    """Return an error of a file under the name by which it is asked for."""
    members = {name: getattr(error, name) for name in error.members}
    given: dict[str, Any] = {"suggestion": error.suggestion, "causes": error.causes}
    if error.message != error.said():
        given["message"] = error.message
    return type(error)(**{**members, **given, "path": shown})
