"""transitions.list."""

from __future__ import annotations

from protocol.commands import Empty
from protocol.commands.catalogue import TransitionList
from sidecar.commands.call import Call
from sidecar.commands.registry import command
from sidecar.services.catalogue import list_transitions


@command("transitions.list")
async def transitions(_params: Empty, _call: Call) -> TransitionList:
    """List every transition."""
    return list_transitions()
