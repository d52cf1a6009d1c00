"""What went wrong on the way of a play, out of the groups in which it comes."""

from __future__ import annotations

from protocol.errors import SidecarError


def first_of(group: BaseExceptionGroup[SidecarError]) -> SidecarError:
    """Return the first error of a group, however deep it lies."""
    found = group.exceptions[0]
    return first_of(found) if isinstance(found, BaseExceptionGroup) else found
