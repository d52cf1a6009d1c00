"""Drawn timelines, rendered, against the model; and rendered in pieces, against themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given

from tests.reference.drawn import long, quick
from tests.reference.rendered import Films, Json, agree, pictures
from tests.reference.timelines import timelines


@quick(15)
@given(raw=timelines())
def test_drawn_timelines_are_what_the_model_makes_of_them(films: Films, raw: Json) -> None:
    agree(raw, films)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@long("TIMELINES", 1_000)
@given(raw=timelines(most=24))
def test_many_drawn_timelines_are_what_the_model_makes_of_them(films: Films, raw: Json) -> None:
    agree(raw, films)


@quick(6)
@given(raw=timelines(most=14))
def test_windows_hold_the_frames_of_the_whole(films: Films, raw: Json) -> None:
    whole = pictures(raw, films.folder)
    cuts = [0, 1, len(whole) // 3 + 1, 2 * len(whole) // 3 + 1, len(whole)]
    parts = [pictures(raw, films.folder, (first, end)) for first, end in itertools.pairwise(cuts) if first < end]
    assert np.array_equal(whole, np.concatenate(parts)), raw
