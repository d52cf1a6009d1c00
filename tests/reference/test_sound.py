"""Drawn timelines of sound, rendered, against the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from tests.harness.reference.sound import write_takes
from tests.reference.drawn import long, quick
from tests.reference.rendered import Json
from tests.reference.sounding import MOST, exported, missed, mixes


@pytest.fixture(scope="module")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("takes")
    write_takes(folder)
    return folder


@quick(25)
@given(raw=mixes())
def test_drawn_mixes_are_what_the_model_makes_of_them(takes: Path, raw: Json) -> None:
    off, where = missed(raw, takes)
    assert off <= MOST, f"{off:.6f} at sample {where}: {json.dumps(raw)}"


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@long("TIMELINES", 1_000)
@given(raw=mixes())
def test_many_drawn_mixes_are_what_the_model_makes_of_them(takes: Path, raw: Json) -> None:
    off, where = missed(raw, takes)
    assert off <= MOST, f"{off:.6f} at sample {where}: {json.dumps(raw)}"


def test_a_tone_keeps_its_phase_in_the_handle_of_a_cross_fade(takes: Path) -> None:
    clips = [
        {"id": name, "source": {"kind": "tone", "frequency": 997.0}, "start": start, "duration": 0.4}
        for name, start in (("a", 0), ("b", 0.4))
    ]
    fade = {"type": "crossfade", "from": "a", "to": "b", "duration": 0.12}
    raw: Json = {
        "schema": "timeline/1",
        "frameRate": "30000/1001",
        "width": 64,
        "height": 64,
        "tracks": [{"kind": "audio", "clips": clips, "transitions": [fade]}],
    }
    assert missed(exported(raw), takes)[0] <= MOST
