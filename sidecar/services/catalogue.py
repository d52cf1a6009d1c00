"""What there is to choose from: kinds as lists for clients."""

from __future__ import annotations

from protocol.commands.catalogue import EffectList, Medium, TransitionList


def list_effects(medium: Medium | None, category: str | None) -> EffectList:
    """List the effects of a medium and a category; None is any."""
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.listing import effect_info  # noqa: PLC0415 - start-up time

    return EffectList(
        effects=[
            effect_info(kind)
            for kind in catalogue().effects.values()
            if medium in (None, kind.medium) and category in (None, kind.category)
        ]
    )


def list_transitions() -> TransitionList:
    """List the transitions of the catalogue."""
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time
    from sidecar.effects.listing import transition_info  # noqa: PLC0415 - start-up time

    return TransitionList(transitions=[transition_info(kind) for kind in catalogue().transitions.values()])
