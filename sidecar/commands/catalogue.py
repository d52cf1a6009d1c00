"""effects.list and transitions.list."""

from __future__ import annotations

from protocol.commands import Empty
from protocol.commands.catalogue import EffectList, EffectQuery, TransitionList
from sidecar.commands.call import Call
from sidecar.commands.registry import command
from sidecar.services.catalogue import list_effects, list_transitions


@command("effects.list")
async def effects(params: EffectQuery, _call: Call) -> EffectList:
    """List effects."""
    return list_effects(params.medium, params.category)


@command("transitions.list")
async def transitions(_params: Empty, _call: Call) -> TransitionList:
    """List every transition."""
    return list_transitions()
