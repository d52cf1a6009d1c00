"""A project that is valid and holds one of everything, and edits of it."""

from __future__ import annotations

import copy
from typing import Any

from protocol.problem import Problem
from protocol.project.check import check

GONE = object()
"""In an edit: the member is removed."""

BASE: dict[str, Any] = {
    "schema": "timeline/1",
    "id": "base",
    "frameRate": "25",
    "width": 1280,
    "height": 720,
    "metadata": {"zoom": 2},
    "masterVolume": {"keyframes": [{"time": 0, "value": 0}, {"time": "1/2", "value": 1}]},
    "effects": [{"id": "pe", "type": "vignette"}],
    "media": [{"id": "m1", "path": "a.mp4", "interpret": {"frameRate": "24", "pixelAspect": "4/3"}}],
    "fonts": [{"path": "fonts/Brand.ttf"}],
    "tracks": [
        {
            "id": "v1",
            "kind": "video",
            "effects": [{"id": "te", "type": "blur", "start": 1, "end": 2, "mix": 0.5}],
            "clips": [
                {
                    "id": "c1",
                    "source": {"kind": "file", "media": "m1", "channelMap": [0, None]},
                    "start": 0,
                    "duration": 2,
                    "crop": {"left": 0.2, "right": {"keyframes": [{"time": 0, "value": 0.1}]}},
                    "fadeIn": 0.5,
                    "audioFadeIn": 0.5,
                    "audioFadeOut": 1.5,
                    "effects": [{"id": "ce", "type": "blur", "parameters": {"radius": 5}}],
                    "markers": [{"id": "cm", "time": 1}],
                },
                {
                    "id": "c2",
                    "source": {"kind": "file", "path": "b.mp4"},
                    "start": 2,
                    "duration": 2,
                    "timeMap": [{"time": 0, "source": 2}, {"time": 2, "source": 0, "easing": "easeIn"}],
                    "layout": {"template": "mine", "cell": "left"},
                },
                {
                    "id": "c3",
                    "source": {
                        "kind": "title",
                        "text": "Hello",
                        "position": {"x": 0.5, "y": 0.5},
                        "animations": [{"type": "fadeIn", "duration": None}],
                    },
                    "start": 5,
                    "duration": 2,
                },
            ],
            "transitions": [{"id": "t1", "type": "fade", "from": "c1", "to": "c2", "duration": 1}],
        },
        {
            "id": "a1",
            "kind": "audio",
            "clips": [
                {"id": "c4", "source": {"kind": "tone"}, "start": 0, "duration": 1},
                {
                    "id": "c5",
                    "source": {"kind": "file", "path": "c.wav", "videoStream": None},
                    "start": 1,
                    "duration": 1,
                },
            ],
            "transitions": [{"id": "t2", "type": "crossfade", "from": "c4", "to": "c5", "duration": 0.4}],
        },
        {
            "id": "s1",
            "kind": "subtitle",
            "language": "pt-BR",
            "cues": [
                {
                    "id": "q1",
                    "start": 0.5,
                    "end": 3,
                    "text": "Hello there",
                    "position": {"alignX": "left", "marginX": 20},
                    "words": [
                        {"start": 0.5, "end": 1, "text": "Hello"},
                        {"start": 1, "end": 2, "text": "there"},
                    ],
                }
            ],
        },
    ],
    "templates": [{"id": "mine", "cells": [{"id": "left", "x": 0, "y": 0, "width": 0.5, "height": 1}]}],
    "groups": [{"id": "g1", "clips": ["c1", "c4"]}],
    "markers": [{"id": "k1", "time": 4, "chapter": True}],
    "export": {"container": "mp4", "range": [0, 1]},
}


def edited(*edits: tuple[str, Any], base: dict[str, Any] = BASE) -> dict[str, Any]:
    """Return a copy of the base with values put at JSON Pointers; "-" appends to a list."""
    raw = copy.deepcopy(base)
    for pointer, value in edits:
        *way, last = pointer.split("/")[1:]
        at: Any = raw
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
        if value is GONE:
            del at[int(last) if isinstance(at, list) else last]
        elif isinstance(at, list):
            at.append(value) if last == "-" else at.__setitem__(int(last), value)
        else:
            at[last] = value
    return raw


def reach(raw: Any, pointer: str) -> Any:
    """Return what a JSON Pointer leads to."""
    for step in pointer.split("/")[1:]:
        raw = raw[int(step)] if isinstance(raw, list) else raw[step]
    return raw


def faults(*edits: tuple[str, Any]) -> set[tuple[str, str]]:
    """Return (rule, pointer) of every problem of the edited base; of an absent member where it would stand."""
    return {(p.context["rule"], p.context.get("absent", p.pointer)) for p in check(edited(*edits)).problems}


def problem(*edits: tuple[str, Any]) -> Problem:
    """Return the one problem of the edited base."""
    (found,) = check(edited(*edits)).problems
    return found
