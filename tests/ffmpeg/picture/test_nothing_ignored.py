"""Changing any member of a project changes its plan, or is a problem, or is listed as having no effect."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from protocol.project import (
    AdjustmentSource,
    Font,
    Project,
    SilenceSource,
)
from protocol.project.check import check
from protocol.project.clip import ClipMarker
from sidecar.core.keys import plan_key
from sidecar.core.timeline import range_problems, resolve, unsupported
from sidecar.effects import catalogue
from sidecar.effects.validation import catalogue_problems
from sidecar.ffmpeg.builder.render import build_render
from tests.harness.media import make_clip
from tests.harness.rendering import RESOURCES, facts_of

EVERYTHING = Path(__file__).with_name("everything.json")

# docs/project.md §8, by struct and member.
ALWAYS_IDLE = {"id", "name", "metadata", "notes", "tags", "locked", "link", "description", "author", "folder"}
IDLE = {
    ("VideoTrack", "color"),
    ("AudioTrack", "color"),
    ("SubtitleTrack", "color"),
    ("Project", "groups"),
    ("Clip", "markers"),
    ("Marker", "color"),
    ("Media", "fingerprint"),  # written by the sidecar, for relinking
    ("SubtitleTrack", "language"),  # of embedded subtitles, which are refused
    ("VideoExport", "copy"),  # nothing is copied yet: both words encode
    ("Project", "schema"),
    ("Project", "fonts"),  # a font is in the plan where a text uses it
    ("Project", "media"),  # an entry is in the plan where a clip uses it
    ("Style", "font_family"),  # a family that no font has is a problem of the service that knows the fonts
}


# What has a name in the file.
NAMED = {("Marker", "name"), ("Media", "id")}

# The same as what the base says otherwise, or as what its files say.
SAME = {
    "Interpret.rotation = 0",
    "Interpret.deinterlace = off",
    "Interpret.range = limited",
    "Interpret.matrix = bt601",
    "Interpret.transfer = bt709",
    "Interpret.primaries = bt709",
    "Interpret.alpha = straight",
    "FileSource.on_error = freeze",
    "FileSource.on_error = black",
    "VideoExport.codec = h264",
    # A plan turns it into a family that works, or off, before anything is built.
    "VideoExport.hardware = auto",
    "AudioExport.codec = aac",
}

# Refused wherever they stand, or what they belong to is.
UNBUILT = {
    AdjustmentSource,
    ClipMarker,
    Font,
    SilenceSource,
}


def base() -> dict[str, Any]:
    """Every kind of thing that a project may hold and that is built."""
    decoded: dict[str, Any] = msgspec.json.decode(EVERYTHING.read_bytes())
    return decoded


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_clip(folder / "a.mp4", seconds=2.5, audio="stereo", options=("-metadata", "artist=Camera"))
    make_clip(folder / "b.mkv", seconds=2.5, size=(120, 96), audio="mono", rate="30")
    make_clip(folder / "c.png", size=(96, 96), picture="#FF0000", filters="format=rgba,colorchannelmixer=aa=0.5")
    make_clip(folder / "other.mp4", seconds=2.5, size=(120, 96), audio="mono")
    return folder


def key_of(raw: dict[str, Any], media: Path) -> tuple[str | None, list[str]]:
    """Key of a project's plan, or the codes of its problems."""
    checked = check(raw)
    problems = list(checked.problems)
    if checked.project is None or any(problem.severity == "error" for problem in problems):
        return None, [problem.code for problem in problems]
    problems += [*unsupported(checked.project), *catalogue_problems(checked.project, catalogue())]
    if any(problem.severity == "error" for problem in problems):
        return None, [problem.code for problem in problems]
    facts = _cached_facts(checked.project, media)
    timeline = resolve(checked.project, facts)
    problems += range_problems(timeline)
    if any(problem.severity == "error" for problem in problems):
        return None, [problem.code for problem in problems]
    command = build_render(timeline, checked.project.export, target="-", resources=RESOURCES, sketch=True)
    return plan_key(command, {f.path: f.fingerprint for f in facts.values()}, "9"), [p.code for p in problems]


@cache
def _probed(path: str, media: Path) -> Any:
    raw = {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 64,
        "height": 64,
        "tracks": [{"kind": "video", "clips": [{"source": {"kind": "file", "path": path}, "start": 0, "duration": 1}]}],
    }
    return facts_of(msgspec.convert(raw, Project), media)[path]


def _cached_facts(project: Project, media: Path) -> dict[str, Any]:
    return {name: _probed(name, media) for name in ("a.mp4", "b.mkv", "c.png", "other.mp4")}


def structs(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every struct inside a decoded project, with the JSON path to it."""
    if isinstance(value, msgspec.Struct):
        yield path, value
        for field in msgspec.structs.fields(value):
            yield from structs(getattr(value, field.name), (*path, field.encode_name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from structs(item, (*path, index))


# Values for members whose type does not say what would be one.
SPECIAL: dict[tuple[str, str], list[Any]] = {
    ("FileSource", "path"): ["other.mp4"],
    ("FileSource", "media"): ["m", "n"],
    ("FileSource", "video_stream"): [None, 1],
    ("FileSource", "audio_stream"): [None, 1],
    ("FileSource", "channel_map"): [[1, 0], [None, 0]],
    ("Media", "path"): ["other.mp4"],
    ("Transition", "from_"): [None, "c3"],
    ("Transition", "to"): [None, "c3"],
    ("Transition", "type"): ["wipe"],
    ("Transition", "parameters"): [{"a": 1}],
    ("Transition", "duration"): [0.2],
    ("Clip", "time_map"): [[{"time": 0, "source": 0}, {"time": 1, "source": 1}]],
    ("Clip", "layout"): [None, {"template": "grid-2x2"}],
    ("Clip", "effects"): [[{"type": "blur"}]],
    ("Effect", "type"): ["sharpen", "blurr"],
    ("Effect", "parameters"): [{"radius": 9}],
    ("Project", "effects"): [[{"type": "blur"}]],
    ("VideoTrack", "effects"): [[{"type": "blur"}]],
    ("AudioTrack", "effects"): [[{"type": "gain"}]],
    ("Project", "templates"): [[{"id": "mine", "cells": [{"x": 0, "y": 0, "width": 1, "height": 1}]}]],
    ("Project", "frame_rate"): ["30"],
    ("Project", "tracks"): [[]],
    ("Project", "color_space"): ["bt2100-pq"],
    ("Project", "sequences"): [[{}]],
    ("Project", "markers"): [[]],
    ("Clip", "source"): [{"kind": "color"}],
    ("VideoTrack", "clips"): [[]],
    ("AudioTrack", "clips"): [[]],
    ("SubtitleTrack", "cues"): [[]],
    ("VideoTrack", "transitions"): [[]],
    ("AudioTrack", "transitions"): [[]],
    ("Interpret", "frame_rate"): ["50"],
    ("Interpret", "pixel_aspect"): ["2"],
    ("Export", "frame_rate"): ["30"],
    ("Export", "range"): [[0.2, 1.2]],
    ("Export", "width"): [320],
    ("Export", "height"): [128],
    ("Export", "video"): [None],
    ("Export", "audio"): [None],
    ("VideoExport", "profile"): ["main", "nonsense"],
    ("VideoExport", "bitrate"): [1_000_000],
    ("VideoExport", "max_bitrate"): [2_000_000],
    ("VideoExport", "size_limit"): [1_000_000],
    ("Style", "preset"): ["boxed", "neon"],
    ("Style", "font_family"): ["Nothing Of That Name", "Roboto Condensed"],
    ("Style", "max_width"): [0.05],
    ("Cue", "words"): [[{"start": 0.5, "end": 0.8, "text": "cue"}]],
    ("Cue", "animations"): [[{"type": "fadeIn"}]],
    ("Animation", "parameters"): [{}, {"period": 0.3}],
    ("GraphicSource", "name"): ["quote", "nothing"],
    ("GraphicSource", "fields"): [{"text": "There"}, {"a": 1}],
    ("TitleSource", "animations"): [[{"type": "fadeIn"}]],
    ("Project", "sample_rate"): [44_100],
    ("AudioExport", "sample_rate"): [44_100],
    ("AudioExport", "loudness"): [{}],
    ("AudioExport", "limiter"): [{}],
    ("Clip", "start"): [2.0],
    ("Clip", "duration"): [0.2, 0.5],
    ("Cue", "start"): [0.8],
    ("Cue", "end"): [2.0],
    ("Marker", "time"): [1.0],
    ("Marker", "duration"): [0.25],
    ("ToneSource", "level"): [0.25],
    ("GradientSource", "colors"): [["#FF0000", "#00FF00"]],
}


def others(struct: Any, field: msgspec.structs.FieldInfo, hint: Any) -> list[Any]:
    """Other values that a member may have."""
    special = SPECIAL.get((type(struct).__name__, field.name))
    value = getattr(struct, field.name)
    if special is not None:
        return [other for other in special if other != value]
    return [other for other in _values(hint, value) if other != value]


def _values(hint: Any, value: Any) -> list[Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        extra = getattr(get_args(hint)[1], "extra", None) or {}
        if extra.get("type") == "color":
            return ["#ABCDEF"]
        if extra.get("type") == "seconds":
            return [0.12]
        return _values(get_args(hint)[0], value)
    if origin is Literal:
        return list(get_args(hint))
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        found = [other for member in members for other in _values(member, value)]
        return found if type(None) not in get_args(hint) or value is None else [None, *found]
    if hint is bool:
        return [not value]
    if hint is int:
        return [value + 2 if isinstance(value, int) else 2]
    if hint is float:
        return [0.5 if value in (None, 0) else value * 0.5]
    if hint is str:
        return ["other"]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint.__name__ == "Keyframes":
        return [{"keyframes": [{"time": 0, "value": 0.25}, {"time": 1, "value": 0.5}]}]
    if origin is dict:
        return [{"a": 1}]
    return []


def put(raw: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    changed: Any = copy.deepcopy(raw)
    at = changed
    for index, step in enumerate(path[:-1]):
        if isinstance(step, str) and step not in at:
            at[step] = [] if isinstance(path[index + 1], int) else {}
        at = at[step]
    at[path[-1]] = value
    result: dict[str, Any] = changed
    return result


def test_every_member_counts(media: Path) -> None:
    raw = base()
    before, problems = key_of(raw, media)
    assert before is not None, problems
    idle: dict[str, list[str]] = {}
    counted: set[str] = set()
    tried = 0
    for path, struct in structs(msgspec.convert(raw, Project)):
        name = type(struct).__name__
        hints = get_type_hints(type(struct), include_extras=True)
        for field in msgspec.structs.fields(struct):
            unnamed = field.name in ALWAYS_IDLE and (name, field.name) not in NAMED
            part = isinstance(getattr(struct, field.name), msgspec.Struct) and field.name != "source"
            if unnamed or part or (name, field.name) in IDLE:
                continue
            for other in others(struct, field, hints[field.name]):
                what = f"{name}.{field.name} = {other}"
                if what in counted:
                    continue
                tried += 1
                after, found = key_of(put(raw, (*path, field.encode_name), other), media)
                if after != before or found:
                    counted.add(what)
                else:
                    idle.setdefault(what, []).append("/".join(map(str, path)))
    assert tried > 400
    # A change may do nothing at one place (a fit of a picture that fits); it has to do something at another.
    assert set(idle) - counted - SAME == set()


def test_the_base_holds_every_struct_that_is_built() -> None:
    held = {type(struct) for _, struct in structs(msgspec.convert(base(), Project))}
    assert reachable(Project) - held == UNBUILT


def reachable(struct: Any, seen: set[Any] | None = None) -> set[Any]:
    """All struct types that a project may hold."""
    seen = set() if seen is None else seen
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
        if struct not in seen:
            seen.add(struct)
            for hint in get_type_hints(struct, include_extras=True).values():
                reachable(hint, seen)
    else:
        for argument in get_args(struct):
            reachable(argument, seen)
    return seen
