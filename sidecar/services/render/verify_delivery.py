"""Verification of what a job made, by the kind of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protocol.commands.render import Verified
from sidecar.services.render.delivery import check_pictures
from sidecar.services.render.verify import Expected, verify
from sidecar.services.render.verify_webp import verify_webp

if TYPE_CHECKING:
    from sidecar.services.render.workshop import Attempt


def verify_delivery(attempt: Attempt, expected: Expected, joins: Sequence[int]) -> Verified:
    """Compare what was made with what was planned. Blocking; raises RenderFailed with what differs."""
    container = attempt.planned.export.container
    if container == "png":
        check_pictures(attempt.delivery, attempt.part)
        return Verified(streams=True, frames=True, duration=True, joins=0)
    if container == "webp":
        return verify_webp(attempt.part, expected)
    return verify(attempt.part, expected, joins)
