"""What every effect of the sound is held to, derived from its declaration: one file more, one case more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.project import Effect
from protocol.project.check import check
from sidecar.effects import catalogue
from sidecar.effects.declarations import Parameter, parameters_of
from sidecar.effects.validation import catalogue_problems
from sidecar.ffmpeg.builder.catalogue import EffectKind
from tests.harness.effects import effect
from tests.harness.rendering import clip, project
from tests.harness.sound_measures import HEARD, bursting, even, swelling
from tests.harness.sounds import KEY, SAMPLE_RATE, Samples, sounded

KINDS = [kind for kind in catalogue().effects.values() if kind.medium == "audio"]
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
FRAME = SAMPLE_RATE // 25


def settings(kind: EffectKind, changes: dict[str, Any] | None = None, **members: Any) -> Effect:
    """The effect as it is shown, with changes; it listens to the key where it can."""
    listens = {entry.name: KEY for entry in parameters_of(kind.parameters) if entry.kind == "track"}
    return effect(kind.name, {**kind.shown, **listens, **(changes or {})}, **members)


def neutral(kind: EffectKind) -> Effect:
    """The effect with the values at which it changes nothing."""
    names = {entry.field: entry.name for entry in parameters_of(kind.parameters)}
    return settings(kind, {names[field]: value for field, value in kind.neutral.items()})


def given(seconds: float = 4, channels: int = 2) -> Samples:
    """Noise of changing level, another in every channel."""
    length = round(seconds * SAMPLE_RATE)
    swell = 0.1 + 0.09 * np.sin(np.arange(length) / 3_000)[:, None]
    noise = np.random.default_rng(channels).standard_normal((length, channels))
    return (noise * swell).astype(np.float32)


@EACH
def test_it_is_declared_in_full(kind: EffectKind) -> None:
    assert kind.title
    assert kind.description
    assert kind.title_ru
    assert kind.description_ru
    for parameter in parameters_of(kind.parameters):
        assert parameter.description_ru, parameter.name
        assert parameter.moves.removeprefix("-") in {"", *HEARD}, parameter.name
        assert not parameter.animated, "nothing here follows keyframes yet"
    kind.read(kind.shown)
    assert set(kind.neutral) <= set(kind.parameters.__struct_fields__)


@EACH
def test_it_acts_and_keeps_the_length(kind: EffectKind, tmp_path: Path) -> None:
    sound = given(1.5)
    made = sounded(sound, [settings(kind)], tmp_path, key=even())
    assert made.shape == sound.shape
    assert np.isfinite(made).all()
    assert not np.array_equal(made, sound)


@EACH
def test_neutral_changes_nothing(kind: EffectKind, tmp_path: Path) -> None:
    sound = given(1)
    chosen = [neutral(kind)] if kind.neutral else []
    for each in [*chosen, settings(kind, mix=0), settings(kind, enabled=False)]:
        assert np.array_equal(sounded(sound, [each], tmp_path, key=even()), sound)


@EACH
@pytest.mark.parametrize("clock", [0, 7])
def test_samples_do_not_depend_on_where_a_pass_begins(kind: EffectKind, clock: int, tmp_path: Path) -> None:
    sound, chosen, key = given(), [settings(kind)], given()[::-1].copy()
    whole = sounded(sound, chosen, tmp_path, clock=clock, key=key)
    for span in ((60 * FRAME, 70 * FRAME), (60 * FRAME + 777, 66 * FRAME + 1)):
        some = sounded(sound, chosen, tmp_path, span=span, clock=clock, key=key)
        assert np.array_equal(some, whole[slice(*span)])


@EACH
@pytest.mark.parametrize("channels", [1, 6, 8])
def test_it_takes_every_layout(kind: EffectKind, channels: int, tmp_path: Path) -> None:
    """Channels do not mix: each is what it would be alone, but for effects that level all of them together."""
    sound = given(1, channels)
    made = sounded(sound, [settings(kind)], tmp_path, key=sound)
    assert made.shape == sound.shape
    assert (made.std(axis=0) > 0.001).all()


@EACH
@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 96_000])
def test_it_takes_every_rate(kind: EffectKind, sample_rate: int, tmp_path: Path) -> None:
    sound = given(1)
    made = sounded(sound, [settings(kind)], tmp_path, sample_rate=sample_rate, key=sound)
    assert made.shape == sound.shape
    assert (made.std(axis=0) > 0.001).all()


@EACH
@pytest.mark.parametrize("end", [0, 1])
def test_it_holds_at_the_ends_of_its_ranges(kind: EffectKind, end: int, tmp_path: Path) -> None:
    ends = {entry.name: entry.range[end] for entry in parameters_of(kind.parameters) if entry.range is not None}
    sound, chosen = given(3), [settings(kind, ends)]
    whole = sounded(sound, chosen, tmp_path, key=sound)
    assert whole.shape == sound.shape
    assert np.isfinite(whole).all()
    span = (50 * FRAME, 51 * FRAME)
    assert np.array_equal(sounded(sound, chosen, tmp_path, span=span, key=sound), whole[slice(*span)])


MOVES = [
    (kind, parameter) for kind in KINDS for parameter in parameters_of(kind.parameters) if parameter.kind != "track"
]


def values_of(kind: EffectKind, parameter: Parameter) -> tuple[Any, Any]:
    """Two values of a parameter, the second of which has more of it."""
    if parameter.kind == "word":
        return parameter.choices[0], parameter.choices[-1]
    assert parameter.range is not None
    low, high = parameter.range
    shown = kind.shown.get(parameter.name, parameter.default)
    return (low, high) if shown in (low, high) else ((low + shown) / 2 if low >= 0 else low / 2 + shown / 2, shown)


@pytest.mark.parametrize(("kind", "parameter"), MOVES, ids=lambda each: each.name)
def test_every_parameter_moves_its_measure(kind: EffectKind, parameter: Parameter, tmp_path: Path) -> None:
    heard = HEARD.get(parameter.moves.removeprefix("-"))
    sound = swelling() if heard is None else heard.played()
    made = [
        sounded(sound, [settings(kind, {parameter.name: value})], tmp_path, key=bursting())
        for value in values_of(kind, parameter)
    ]
    assert not np.array_equal(made[0], made[1]), "it changes nothing"
    if heard is None:
        return
    before, after = (heard.read(each[:, 0].astype(np.float64)) for each in made)
    sign = -1 if parameter.moves.startswith("-") else 1
    assert sign * (after - before) > min(0.1, 0.01 * abs(after)), (before, after)


@EACH
def test_what_is_out_of_range_is_said(kind: EffectKind) -> None:
    for parameter in parameters_of(kind.parameters):
        wrong: list[Any] = [{"a": 1}]
        if parameter.range is not None:
            wrong += [parameter.range[0] - 1, parameter.range[1] + 1]
        for value in wrong:
            raw = project(
                {
                    "clips": [
                        clip({"kind": "tone"}, effects=[{"type": kind.name, "parameters": {parameter.name: value}}])
                    ],
                    "kind": "audio",
                },
            )
            found = check(raw).project
            assert found is not None
            problems = [entry for entry in catalogue_problems(found, catalogue()) if entry.code == "effectInvalid"]
            assert [entry.severity for entry in problems] == ["error"]
            assert problems[0].pointer.startswith(f"/tracks/0/clips/0/effects/0/parameters/{parameter.name}")
