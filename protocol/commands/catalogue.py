"""What effects and transitions there are."""

from __future__ import annotations

from protocol.commands.command import Command, Empty, Example
from protocol.model import Result


class TransitionInfo(Result):
    """A transition by the `type` that a project writes. Titles and descriptions are English."""

    type: str
    category: str
    title: str
    description: str


class TransitionList(Result):
    """Every transition, in the order of their types."""

    transitions: list[TransitionInfo]


COMMANDS = (
    Command(
        "transitions.list",
        Empty,
        TransitionList,
        "List the transitions between clips of video tracks.",
        Example({}),
        load="inline",
    ),
)
