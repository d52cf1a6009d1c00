"""What every effect of the picture is held to, derived from its declaration: one file more, one case more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.project import Effect
from protocol.project.check import check
from sidecar.effects import catalogue
from sidecar.effects.analyses import grey_size
from sidecar.effects.declarations import Parameter, parameters_of
from sidecar.effects.validation import catalogue_problems
from sidecar.ffmpeg.builder.catalogue import EffectKind
from sidecar.ffmpeg.builder.picture.effects import acts, reach
from sidecar.ffmpeg.builder.resources import Resources
from tests.harness.effects import Frames, applied, deepened, effect
from tests.harness.measures import LUMA, MEASURES, ssim, unit
from tests.harness.rendering import RESOURCES, clip, project

KINDS = [kind for kind in catalogue().effects.values() if kind.medium == "video"]
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
SIZE = (96, 64)
COUNT = 80
FORMATS = ("opaque", "alpha", "deep", "deep alpha")


@cache
def given(form: str = "opaque", size: tuple[int, int] = SIZE, count: int = COUNT) -> Frames:
    """A picture of tones, edges, noise, a green screen, a light, something that moves; "shaken": by an unsteady hand."""
    width, height = size
    scale = width / SIZE[0]
    random = np.random.default_rng(5)
    y, x = np.mgrid[0:height, 0:width] / scale
    frames = np.empty((count, height, width, 3))
    for number in range(count):
        right, down = (x + 2 * np.sin(number * 2.1), y + 1.5 * np.cos(number * 1.7)) if "shaken" in form else (x, y)
        picture = np.stack([90 + 60 * np.sin(right / 9), 100 + 50 * np.cos(down / 7), 80 + right * 0.8], -1)
        picture[(right // 11 + down // 9) % 5 == 0] = (180, 60, 40)
        picture[right > 74] = (10, 177, 60)
        picture[np.hypot(right - 34, down - 30) < 7] = (250, 248, 240)
        picture[(np.abs(down - 50) < 5) & (np.abs(right - 8 - number % 50) < 6)] = (255, 0, 0)
        frames[number] = picture
    if size == SIZE:
        frames += random.normal(0, 3, frames.shape)
    eight = np.clip(np.rint(frames), 0, 255).astype(np.uint8)
    if "alpha" in form:
        held = np.rint(255 * np.clip(1.4 - np.hypot((x - 48) / 48, (y - 32) / 32), 0, 1))
        alpha = np.broadcast_to(held[None, ..., None], (count, height, width, 1))
        eight = np.concatenate([np.rint(eight * (alpha / 255)), alpha], -1).astype(np.uint8)
    return deepened(eight) if "deep" in form else eight


def resources(kind: EffectKind, form: str = "opaque", size: tuple[int, int] = SIZE, count: int = COUNT) -> Resources:
    """What a kind needs beside the frames: its sample files, and what its analysis finds."""
    made = replace(RESOURCES, contents=kind.samples)
    return made if kind.analysis is None else replace(made, analyses=answers(kind.name, form, size, count))


@cache
def answers(name: str, form: str, size: tuple[int, int], count: int) -> dict[str, bytes]:
    kind = catalogue().effects[name]
    assert kind.analysis is not None
    frames = given(form, size, count)
    grey = np.rint(unit(frames)[..., :3] @ LUMA * 255).astype(np.uint8)
    assert grey_size(size, kind.analysis.width) == size, "frames are analysed as they are"
    table = kind.analysis.run(grey.tobytes(), size, 0)
    return {"/tracks/0/clips/0/effects/0": table}


def form_of(kind: EffectKind, form: str) -> str:
    """The form of the frames that a kind is tried on."""
    return f"shaken {form}" if kind.analysis is not None else form


def settings(kind: EffectKind, changes: Mapping[str, Any] | None = None) -> Effect:
    """The effect as a contact sheet shows it, with changes."""
    return effect(kind.name, {**kind.shown, **(changes or {})})


def values_of(kind: EffectKind, parameter: Parameter) -> tuple[Any, Any]:
    """Two values of a parameter, the second of which has more of it."""
    shown = kind.shown.get(parameter.name, parameter.default)
    if parameter.kind in ("number", "whole"):
        assert parameter.range is not None
        low, high = parameter.range
        if shown <= low:
            pair = (low, low + (high - low) / 4)
        elif shown >= high:
            pair = (low + (high - low) / 2, high)
        else:
            pair = ((low + shown) / 2 if low >= 0 else shown - (high - low) / 8, shown)
        return (round(pair[0]), round(pair[1])) if parameter.kind == "whole" else pair
    if parameter.kind == "switch":
        return False, True
    if parameter.kind == "word":
        return parameter.choices[0], parameter.choices[-1]
    if parameter.kind == "curve":
        return [[0, 0], [1, 0.5]], [[0, 0.5], [1, 1]]
    if parameter.kind == "points":
        return [[0.2, 0.2], [0.5, 0.2], [0.5, 0.8]], [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert parameter.kind == "color"
    return "#00B140", "#B43C28"


def moving(kind: EffectKind, last: float) -> dict[str, Any]:
    """Keyframes up to a time for every parameter that takes them."""
    found = {}
    for parameter in parameters_of(kind.parameters):
        if parameter.animated:
            low, high = values_of(kind, parameter)
            found[parameter.name] = {"keyframes": [{"time": 0.4, "value": low}, {"time": last, "value": high}]}
    return found


@EACH
def test_it_is_declared_in_full(kind: EffectKind) -> None:
    assert kind.title
    assert kind.description
    assert kind.title_ru
    assert kind.description_ru
    for parameter in parameters_of(kind.parameters):
        assert parameter.description_ru, parameter.name
        assert parameter.moves.removeprefix("-") in {"", *MEASURES}, parameter.name
        assert parameter.kind not in ("number", "whole") or parameter.range is not None
    kind.read(kind.shown)
    assert set(kind.neutral) <= set(kind.parameters.__struct_fields__)


@EACH
@pytest.mark.parametrize("form", FORMATS)
def test_neutral_changes_nothing(kind: EffectKind, form: str, tmp_path: Path) -> None:
    frames = given(form)[:6]
    neutral = settings(kind, kind.neutral) if kind.neutral else effect(kind.name, kind.shown, mix=0)
    assert not acts([neutral], catalogue())
    assert np.array_equal(applied(frames, [neutral], tmp_path, resources=resources(kind)), frames)
    off = effect(kind.name, kind.shown, enabled=False)
    assert np.array_equal(applied(frames, [off], tmp_path, resources=resources(kind)), frames)


@EACH
@pytest.mark.parametrize("form", FORMATS)
def test_it_acts_in_every_format(kind: EffectKind, form: str, tmp_path: Path) -> None:
    form = form_of(kind, form)
    frames = given(form)
    made = applied(frames, [settings(kind)], tmp_path, resources=resources(kind, form))
    assert made.shape != frames.shape or not np.array_equal(made, frames)
    if made.shape[-1] == 4:
        assert (made[..., :3] <= made[..., 3:]).all(), "colour is multiplied by alpha"


@EACH
def test_eight_and_sixteen_bits_agree(kind: EffectKind, tmp_path: Path) -> None:
    count = 24
    table = resources(kind, form_of(kind, "alpha"), SIZE, count)
    eight, sixteen = (
        unit(applied(given(form_of(kind, form), SIZE, count), [settings(kind)], tmp_path, resources=table)) * 255
        for form in ("alpha", "deep alpha")
    )
    away = np.abs(eight - sixteen)
    assert away.mean() < 1, away.mean()
    assert np.percentile(away, 99) < 6, np.percentile(away, 99)


MOVES = [
    (kind, parameter) for kind in KINDS for parameter in parameters_of(kind.parameters) if parameter.kind != "file"
]


@pytest.mark.parametrize(("kind", "parameter"), MOVES, ids=lambda each: each.name)
def test_every_parameter_moves_its_measure(kind: EffectKind, parameter: Parameter, tmp_path: Path) -> None:
    frames = given(form_of(kind, "opaque"))[:40]
    found = resources(kind, form_of(kind, "opaque"))
    extra = {"shape": "polygon"} if parameter.kind == "points" else {}
    made = [
        applied(frames, [settings(kind, {**extra, parameter.name: value})], tmp_path, resources=found)
        for value in values_of(kind, parameter)
    ]
    assert made[0].shape != made[1].shape or not np.array_equal(made[0], made[1]), "it changes nothing"
    if not parameter.moves:
        return
    measure = MEASURES[parameter.moves.removeprefix("-")]
    before, after = (measure(unit(frames), unit(each)) for each in made)
    sign = -1 if parameter.moves.startswith("-") else 1
    assert sign * (after - before) > 1e-4 * max(abs(before), abs(after)), (parameter.moves, before, after)


@EACH
@pytest.mark.parametrize("form", ["opaque", "deep alpha"])
def test_a_frame_does_not_depend_on_where_a_pass_begins(kind: EffectKind, form: str, tmp_path: Path) -> None:
    form = form_of(kind, form)
    frames, found = given(form), resources(kind, form)
    # Frame 60 is at 2.4 s: what moves then, and what has come to rest before.
    for chosen in (settings(kind), settings(kind, moving(kind, 3)), settings(kind, moving(kind, 1))):
        whole = applied(frames, [chosen], tmp_path, resources=found)
        before, after = reach([chosen], catalogue())
        low, high = 60 - before, min(COUNT, 70 + after)
        some = applied(frames[low:high], [chosen], tmp_path, first=low, owner=(0, COUNT), resources=found)
        assert np.array_equal(some[before : before + 10], whole[60:70])


@EACH
def test_what_is_out_of_range_is_said(kind: EffectKind) -> None:
    for parameter in parameters_of(kind.parameters):
        wrong: list[tuple[Any, str]] = [({"a": 1}, "")]
        if parameter.range is not None:
            low, high = parameter.range
            wrong += [(low - 1, ""), (high + 1, "")]
            if parameter.animated:
                wrong.append(({"keyframes": [{"time": 0, "value": high + 1}]}, "/keyframes/0/value"))
        for value, inner in wrong:
            raw = project(
                {"clips": [clip("#102030", effects=[{"type": kind.name, "parameters": {parameter.name: value}}])]}
            )
            found = check(raw).project
            assert found is not None
            (problem,) = catalogue_problems(found, catalogue())
            assert (problem.severity, problem.code) == ("error", "effectInvalid")
            at = f"/tracks/0/clips/0/effects/0/parameters/{parameter.name}"
            assert problem.pointer.startswith(at)
            if value != {"a": 1}:
                assert problem.pointer == at + inner
                assert parameter.range is not None
                assert problem.context["range"] == list(parameter.range)
                assert parameter.range[0] <= problem.context["nearest"] <= parameter.range[1]


@EACH
def test_at_half_the_size_it_looks_the_same(kind: EffectKind, tmp_path: Path) -> None:
    size, count = (384, 256), 8
    if kind.analysis is not None:
        # Its pictures are measured at one size, whatever is rendered.
        size = (256, 160)
    form = form_of(kind, "opaque")
    large = given(form, size, count)
    small = reduced(large)
    found = resources(kind, form, size, count)
    full = applied(large, [settings(kind)], tmp_path, resources=found)
    half = applied(small, [settings(kind)], tmp_path, scale=0.5, resources=found)
    full, half = middle(full, (size[0], size[1])), middle(half, (size[0] // 2, size[1] // 2))
    assert ssim(unit(reduced(full))[-1], unit(half)[-1]) >= 0.97


def reduced(frames: Frames) -> NDArray[Any]:
    """Half the size, by the mean of four pixels."""
    count, height, width, channels = frames.shape
    blocks = frames.reshape(count, height // 2, 2, width // 2, 2, channels).astype(np.float64)
    return np.asarray(np.rint(blocks.mean((2, 4))), frames.dtype)


def middle(frames: Frames, size: tuple[int, int]) -> Frames:
    """What lies where the picture lay before it grew."""
    left, top = (frames.shape[2] - size[0]) // 2, (frames.shape[1] - size[1]) // 2
    return frames[:, top : top + size[1], left : left + size[0]]
