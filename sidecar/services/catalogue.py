"""What there is to choose from: kinds as lists for clients."""

from __future__ import annotations

from protocol.commands.catalogue import TransitionInfo, TransitionList


def list_transitions() -> TransitionList:
    """List the transitions of the catalogue."""
    from sidecar.effects import catalogue  # noqa: PLC0415 - start-up time

    return TransitionList(
        transitions=[
            TransitionInfo(type=kind.name, category=kind.category, title=kind.title, description=kind.description)
            for kind in catalogue().transitions.values()
        ]
    )
