"""Drawn timelines, rendered, against the model; and rendered in pieces, against themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
@given(raw=timelines(most=14), data=st.data())
def test_windows_hold_the_frames_of_the_whole(films: Films, raw: Json, data: st.DataObject) -> None:
    whole = pictures(raw, films.folder)
    last = len(whole) - 1
    alone = data.draw(st.lists(st.integers(1, last), min_size=2, max_size=2))
    cuts = sorted({0, 1, *alone, *(frame + 1 for frame in alone), last, len(whole)})
    parts = [pictures(raw, films.folder, (first, end)) for first, end in itertools.pairwise(cuts)]
    assert np.array_equal(whole, np.concatenate(parts)), raw


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@long("ALONE", 200)
@given(raw=timelines(most=16))
def test_every_frame_alone_is_that_of_the_whole(films: Films, raw: Json) -> None:
    for frame, wanted in enumerate(pictures(raw, films.folder)):
        (shown,) = pictures(raw, films.folder, (frame, frame + 1))
        assert np.array_equal(shown, wanted), (frame, raw)
