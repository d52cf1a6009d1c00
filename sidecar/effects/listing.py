"""Effects as clients are told of them, out of their declarations."""

from __future__ import annotations

from typing import Any, cast

from protocol.commands.catalogue import (
    EffectInfo,
    ParameterInfo,
    ParameterKind,
    Support,
    TransitionInfo,
    Translation,
)
from sidecar.effects.declarations import Parameter, parameters_of
from sidecar.ffmpeg.builder.catalogue import EffectKind, TransitionKind
from sidecar.ffmpeg.builder.graph import Point, Window


def effect_info(kind: EffectKind) -> EffectInfo:
    """Describe an effect."""
    declared = parameters_of(kind.parameters)
    translated = Translation(title=kind.title_ru, description=kind.description_ru)
    return EffectInfo(
        type=kind.name,
        medium=kind.medium,
        category=kind.category,
        title=kind.title,
        description=kind.description,
        translations={"ru": translated} if kind.title_ru else {},
        support=support_of(kind),
        scale_free=kind.scale_free,
        grows=kind.grow(kind.parameters(), 1.0) > 0,
        transparent=kind.clears,
        parameters=[_parameter(parameter) for parameter in declared],
    )


def transition_info(kind: TransitionKind) -> TransitionInfo:
    """Describe a transition."""
    translated = Translation(title=kind.title_ru, description=kind.description_ru)
    return TransitionInfo(
        type=kind.name,
        category=kind.category,
        title=kind.title,
        description=kind.description,
        translations={"ru": translated} if kind.title_ru else {},
    )


def support_of(kind: EffectKind) -> Support:
    """Return the word for an effect's support at its defaults; for sound, what it needs before and after."""
    if kind.medium == "audio":
        before, after = kind.pre_roll(kind.parameters()), kind.tail(kind.parameters())
        return "whole" if before is None else "window" if before or after else "point"
    support = kind.support(kind.parameters())
    return "point" if isinstance(support, Point) else "window" if isinstance(support, Window) else "whole"


def _parameter(parameter: Parameter) -> ParameterInfo:
    return ParameterInfo(
        name=parameter.name,
        kind=cast("ParameterKind", parameter.kind),
        default=_plain(parameter.default),
        range=None if parameter.range is None else [float(end) for end in parameter.range],
        unit=parameter.unit,
        pixels=parameter.unit == "px",
        choices=list(parameter.choices),
        suffixes=list(parameter.suffixes),
        animated=parameter.animated,
        description=parameter.description,
        translations={"ru": parameter.description_ru} if parameter.description_ru else {},
    )


def _plain(value: Any) -> Any:
    """A default as JSON values."""
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
