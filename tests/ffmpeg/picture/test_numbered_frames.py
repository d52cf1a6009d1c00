"""No frame is wrong: numbered sources of every codec, container and rate through everything that picks frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.harness.media import read_number
from tests.harness.numbered import SOURCES, Numbered, expected, frames_of, instant, make_source, random_clip
from tests.harness.rendering import clip, project, raw_frames

KINDS = ("forward", "forward", "forward", "reverse", "reverse", "freeze", "ramp", "ramp", "loop")
SIZE = (192, 96)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("numbered")


@pytest.fixture(scope="module")
def sources(folder: Path) -> dict[str, Numbered]:
    return {source.name: make_source(source, folder) for source in SOURCES}


def numbers(raw: dict[str, Any], folder: Path, window: tuple[int, int] | None = None) -> list[int | None]:
    """Render a project and read its frames; None where a picture has no number."""
    found: list[int | None] = []
    for frame in raw_frames(raw, folder, window=window, pixel_format="gray"):
        try:
            found.append(read_number(frame.reshape(SIZE[1], SIZE[0])))
        except AssertionError:
            found.append(None)
    return found


def series(sources: list[Numbered], rate: Fraction, seed: int, kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """Write clips one behind the other, of every kind in turn."""
    chance = Random(seed)
    clips, frame = [], 0
    for place, kind in enumerate(kinds):
        source = sources[place % len(sources)]
        # The end of a variable stream is not known from its making.
        steady = len(set(source.numbers)) == source.numbers[-1] + 1
        clips.append(random_clip(source, kind if steady or kind != "loop" else "ramp", chance, rate, frame))
        frame = frames_of(clips[-1], rate)[1]
    return clips


@pytest.mark.parametrize("name", [source.name for source in SOURCES])
def test_every_way_through_a_source(name: str, folder: Path, sources: dict[str, Numbered]) -> None:
    for rate, seed in (("24000/1001", 1), ("25", 2), ("60000/1001", 3)):
        clips = series([sources[name]], Fraction(rate), seed, KINDS * 2)
        wanted = expected(clips, Fraction(rate), sources)
        assert numbers(project({"clips": clips}, rate=rate), folder) == wanted


@pytest.mark.parametrize("rate", ["24000/1001", "30", "50"])
def test_rates_and_codecs_mixed(rate: str, folder: Path, sources: dict[str, Numbered]) -> None:
    clips = series(list(sources.values()), Fraction(rate), 3, KINDS * 3)
    wanted = expected(clips, Fraction(rate), sources)
    raw = project({"clips": clips}, rate=rate)
    assert numbers(raw, folder) == wanted
    chance = Random(4)
    for _ in range(2):
        first = chance.randrange(len(wanted) - 1)
        end = min(len(wanted), first + chance.randint(1, 40))
        assert numbers(raw, folder, (first, end)) == wanted[first:end]


def test_transitions_begin_with_all_of_one_and_end_with_all_of_the_other(
    folder: Path, sources: dict[str, Numbered]
) -> None:
    rate = Fraction(30000, 1001)
    chance = Random(5)
    clips: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    frame = 0
    for place, source in enumerate(list(sources.values())[:8]):
        members: dict[str, Any] = {"sourceStart": 1.5, "speed": chance.choice((0.5, 1.0, 1.7))}
        if place % 3 == 1:
            members["reverse"] = True
        clips.append(clip(source.name, str(frame / rate), str(20 / rate), id=f"c{place}", **members))
        frame += 20
    for place in range(1, len(clips)):
        align = ("center", "start", "end")[place % 3]
        duration = str(chance.choice((2, 3, 7, 8)) / rate)
        moves.append({"type": "fade", "from": f"c{place - 1}", "to": f"c{place}", "duration": duration, "align": align})
    found = numbers(project({"clips": clips, "transitions": moves}, rate=str(rate)), folder)
    wanted = expected(clips, rate, sources)
    for place, move in enumerate(moves, 1):
        length = int(Fraction(move["duration"]) * rate)
        cut = frames_of(clips[place], rate)[0]
        first = cut - {"center": length // 2, "start": 0, "end": length}[str(move["align"])]
        last = first + length - 1
        for side, at in ((place - 1, first), (place, last)):
            begin = frames_of(clips[side], rate)[0]
            wanted[at] = shown(clips[side], at - begin, rate, sources)
        for between in range(first + 1, last):
            wanted[between] = found[between]
    assert found == wanted


def shown(entry: dict[str, Any], k: int, rate: Fraction, sources: dict[str, Numbered]) -> int:
    """Number of a clip's frame k, also in a handle."""
    source = sources[entry["source"]["path"]]
    return source.shown(instant(entry, k, rate, source))


def test_before_the_first_and_after_the_last_frame_the_edge_holds(folder: Path, sources: dict[str, Numbered]) -> None:
    rate = Fraction(25)
    source = sources["hevc.mp4"]
    clips = [
        clip(source.name, 0, 1, id="a", sourceStart=4),
        clip(source.name, 1, 1, id="b", reverse=True),
        clip(source.name, 2, 1, id="c"),
    ]
    moves = [
        {"type": "fade", "from": "a", "to": "b", "duration": 0.4, "align": "start"},
        {"type": "fade", "from": "b", "to": "c", "duration": 0.4, "align": "start"},
    ]
    found = numbers(project({"clips": clips, "transitions": moves}), folder)
    assert found[25] == source.numbers[-1]
    assert found[50] == 0
    assert found[:25] == expected(clips, rate, sources)[:25]
