"""Planted faults of composition: order, opacity, blending, effects, cues, export."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.faults.changing import CORE, PICTURE, changed
from tests.faults.planting import EMITTED, Fault, called, constant, result, text


def _enabled(project: Any) -> Any:
    return changed(project, tracks=[changed(track, enabled=True) for track in project.tracks])


def _unblended(shown: Any) -> Any:
    track = changed(shown.lane.track, blend="normal")
    return replace(shown, lane=replace(shown.lane, track=track))


def _full(effect: Any) -> Any:
    return changed(effect, mix=1.0)


LAYERS = (
    Fault(
        "tracks upside down",
        "the first track on top",
        f"{CORE}.resolve:resolve",
        result(lambda line, *_: replace(line, video=line.video[::-1])),
        "layers",
    ),
    Fault(
        "disabled tracks are seen",
        "enabled ignored",
        f"{CORE}.resolve:resolve",
        called(lambda resolve, project, sources: resolve(_enabled(project), sources)),
        "layers",
    ),
    Fault(
        "overlay for hardlight",
        "backdrop and source exchanged",
        f"{PICTURE}.blend:_mode",
        called(lambda mode, backdrop, source, blend: mode(source, backdrop, blend)),
        "blends",
    ),
    Fault(
        "the clip's blend wins",
        "the track's ignored",
        f"{PICTURE}.plan:Planner._blend",
        called(lambda blend, planner, shown, first: blend(planner, _unblended(shown), first)),
        "blends",
    ),
    Fault(
        "mix ignored",
        "effects always full",
        f"{PICTURE}.effects:_one",
        called(lambda one, given, acting, strip: one(given, replace(acting, effect=_full(acting.effect)), strip)),
        "effects",
    ),
    Fault(
        "effects without end",
        "their interval ignored",
        f"{PICTURE}.effects:_interval",
        constant(lambda _, owner, __: (owner.first, owner.end)),
        "effects",
    ),
    Fault(
        "nearest project frame",
        "the export's rate rounds up",
        EMITTED,
        text(r"round=down:start_time=0", "round=near:start_time=0"),
        "export",
    ),
)
