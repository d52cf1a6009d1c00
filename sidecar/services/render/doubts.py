"""Looks into what decoders complained of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import trio

from protocol.errors import MediaUnreadable
from sidecar.core.source import SourceFacts
from sidecar.core.timeline.damage import first_damage
from sidecar.services.render.control import JobControl, given_up_paused
from sidecar.services.render.planning import Planned


async def check_doubted(
    planned: Planned,
    damage: Callable[[Path], Awaitable[SourceFacts]],
    doubted: set[Path],
    control: JobControl,
) -> None:
    """Raise MediaUnreadable if a picture that was shown is one that cannot be decoded.

    A decoder's complaint alone does not prove it, so the file is decoded from its beginning; a job that is paused
    meanwhile begins anew with that.
    """
    for path in sorted(doubted):
        facts = await given_up_paused(control, partial(damage, path))
        found = await trio.to_thread.run_sync(first_damage, planned.stages.timeline, facts)
        if found is not None:
            frame, instant = found
            detail = f"its picture is damaged at {float(instant):.6g} s, which frame {frame} shows"
            raise MediaUnreadable(path=str(path), detail=detail)
