"""What effects and transitions there are."""

from __future__ import annotations

from typing import Any, Literal

from protocol.commands.command import Command, Empty, Example, Params
from protocol.model import Result

Medium = Literal["video", "audio"]
Support = Literal["point", "window", "whole"]
ParameterKind = Literal["number", "whole", "word", "switch", "color", "curve", "points", "file", "track"]


class EffectQuery(Params, kw_only=True):
    """Which effects are asked for; null is all."""

    medium: Medium | None = None
    category: str | None = None


class ParameterInfo(Result):
    """A parameter, as much as a control for it needs.

    `range` holds for a number (and for the value of each of its keyframes, where it is `animated`) and for a whole
    number; `choices` for a word. `pixels`: it is in project pixels. `suffixes` are those of a file's name. A curve is
    a list of points [x, y] in 0-1 with rising x, points are such points in any order. `translations` are descriptions
    by language (BCP 47).
    """

    name: str
    kind: ParameterKind
    default: Any
    range: list[float] | None
    unit: str | None
    pixels: bool
    choices: list[str]
    suffixes: list[str]
    animated: bool
    description: str
    translations: dict[str, str]


class Translation(Result):
    """A title and a description in another language."""

    title: str
    description: str


class EffectInfo(Result):
    """An effect by the `type` that a project writes.

    `support` says which frames decide one: its own (`point`), some around it (`window`), or all of the owner's
    (`whole`). `scaleFree`: at half the size it looks like the reduced full picture without being made at full size.
    `grows`: it may make a clip's picture larger; `transparent`: it may make an opaque picture transparent.
    """

    type: str
    medium: Medium
    category: str
    title: str
    description: str
    translations: dict[str, Translation]
    support: Support
    scale_free: bool
    grows: bool
    transparent: bool
    parameters: list[ParameterInfo]


class EffectList(Result):
    """Effects in the order of their types."""

    effects: list[EffectInfo]


class TransitionInfo(Result):
    """A transition by the `type` that a project writes. Titles and descriptions are English; `translations` by BCP 47."""

    type: str
    category: str
    title: str
    description: str
    translations: dict[str, Translation]


class TransitionList(Result):
    """Every transition, in the order of their types."""

    transitions: list[TransitionInfo]


COMMANDS = (
    Command(
        "effects.list",
        EffectQuery,
        EffectList,
        "List the effects of the picture and of the sound, with their parameters.",
        Example({"medium": "video"}),
        load="inline",
    ),
    Command(
        "transitions.list",
        Empty,
        TransitionList,
        "List the transitions between clips of video tracks.",
        Example({}),
        load="inline",
    ),
)
