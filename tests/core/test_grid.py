from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.grid import Cut, Scenery, Span, cell_frames, cut_cells
from sidecar.core.timeline import OutputSpan

EVERY = 100


def output(
    frames: int, *, first: int = 0, rate: Fraction = Fraction(25), project: Fraction = Fraction(25)
) -> OutputSpan:
    end = first + int(frames * project / rate)
    return OutputSpan(first, end, frames, rate, project, 640, 360)


def scenery(first: int, end: int, origin: int | None) -> Scenery:
    return Scenery(first, end, None if origin is None else Fraction(origin))


def spans(cuts: tuple[Cut, ...]) -> list[Span]:
    return [(cut.first, cut.end) for cut in cuts]


@pytest.mark.parametrize(
    ("rate", "distance", "frames"),
    [("25", 50, 100), ("30000/1001", 60, 120), ("24", 250, 250), ("50", 1, 200), ("25", 67, 67), ("25", 66, 132)],
)
def test_a_cell_is_the_multiple_of_the_distance_of_keyframes_nearest_to_four_seconds(
    rate: str, distance: int, frames: int
) -> None:
    assert cell_frames(Fraction(rate), distance) == frames


def test_cells_lie_on_the_grid_of_their_content() -> None:
    shown = [scenery(0, 430, -70), scenery(430, 700, 430)]
    assert spans(cut_cells(shown, output(700), EVERY)) == [
        (0, 130),
        (130, 230),
        (230, 330),
        (330, 430),
        (430, 530),
        (530, 630),
        (630, 700),
    ]


def test_rests_are_joined_to_their_neighbours() -> None:
    assert spans(cut_cells([scenery(0, 249, -90)], output(249), EVERY)) == [(0, 110), (110, 249)]
    assert spans(cut_cells([scenery(0, 150, -80)], output(150), EVERY)) == [(0, 150)]
    assert spans(cut_cells([scenery(0, 170, -60)], output(170), EVERY)) == [(0, 40), (40, 170)]
    assert spans(cut_cells([scenery(0, 170, -70)], output(170), EVERY)) == [(0, 130), (130, 170)]
    assert spans(cut_cells([scenery(0, 110, -80)], output(110), EVERY)) == [(0, 110)]
    assert spans(cut_cells([scenery(0, 5, 0), scenery(5, 205, 5)], output(205), EVERY))[0] == (0, 5)


def test_one_picture_is_cut_evenly_and_never_longer_than_a_cell() -> None:
    cuts = cut_cells([scenery(0, 201, None)], output(201), EVERY)
    assert spans(cuts) == [(0, 67), (67, 134), (134, 201)]
    assert all(cut.still for cut in cuts)


def test_trimming_and_moving_cut_only_at_the_ends() -> None:
    whole = spans(cut_cells([scenery(0, 1000, 0)], output(1000), EVERY))
    trimmed = spans(cut_cells([scenery(0, 987, -13)], output(987), EVERY))
    assert {(first + 13, end + 13) for first, end in trimmed[1:]} <= set(whole)
    moved = spans(cut_cells([scenery(0, 7, None), scenery(7, 1007, 7)], output(1007), EVERY))
    assert [(first - 7, end - 7) for first, end in moved[1:]] == whole


def test_a_range_has_the_cells_of_the_whole_inside() -> None:
    shown = [scenery(0, 1000, -30)]
    whole = spans(cut_cells(shown, output(1000), EVERY))
    part = spans(cut_cells(shown, output(500, first=123), EVERY))
    assert part[0][0] == 0
    assert part[-1][1] == 500
    assert {(first + 123, end + 123) for first, end in part[1:-1]} <= set(whole)


def test_copies_are_cells_and_edges() -> None:
    shown = [scenery(0, 300, 0), scenery(300, 600, 300)]
    copies = [(40, 160), (250, 420)]
    assert spans(cut_cells(shown, output(600), EVERY, copies)) == [
        (0, 40),
        (40, 160),
        (160, 250),
        (250, 420),
        (420, 500),
        (500, 600),
    ]
    assert spans(cut_cells(shown, output(600), EVERY, [(0, 600)])) == [(0, 600)]


def test_little_between_copies_is_one_cell_whatever_it_shows() -> None:
    shown = [scenery(0, 50, 0), scenery(50, 53, 7), scenery(53, 150, 0), scenery(150, 200, None)]
    copies = [(10, 48), (60, 100), (100, 130), (160, 190)]
    assert spans(cut_cells(shown, output(200), EVERY, copies)) == [
        (0, 10),
        (10, 48),
        (48, 60),
        (60, 100),
        (100, 130),
        (130, 150),
        (150, 160),
        (160, 190),
        (190, 200),
    ]
    cuts = cut_cells([scenery(0, 40, 0), scenery(40, 92, 3)], output(92), EVERY, [(0, 20), (71, 92)])
    assert spans(cuts) == [(0, 20), (20, 40), (40, 71), (71, 92)]


def test_cells_of_another_rate_are_as_long_as_all() -> None:
    shown = [scenery(0, 250, 0), scenery(250, 251, None), scenery(251, 500, 251)]
    cuts = spans(cut_cells(shown, output(1000, rate=Fraction(50)), EVERY))
    assert cuts[:3] == [(0, 100), (100, 200), (200, 300)]
    assert (500, 502) in cuts
    slow = spans(cut_cells(shown, output(200, rate=Fraction(10)), 40))
    assert slow[0] == (0, 40)
    assert slow[-1][1] == 200
    assert all(first < end for first, end in slow)


RATES = [Fraction(25), Fraction(24), Fraction(30_000, 1001), Fraction(50), Fraction(10)]


@given(data=st.data())
def test_cells_cover_the_output_without_gaps(data: st.DataObject) -> None:
    frames = data.draw(st.integers(1, 900))
    rate, project = data.draw(st.sampled_from(RATES)), data.draw(st.sampled_from(RATES))
    span = output(frames, first=data.draw(st.integers(0, 40)), rate=rate, project=project)
    if span.end == span.first:
        return
    inner = data.draw(st.sets(st.integers(1, span.end), max_size=6))
    edges = sorted({0, span.end + data.draw(st.integers(0, 30)), *inner})
    origins = st.one_of(st.none(), st.integers(-3000, 3000))
    shown = [scenery(first, end, data.draw(origins)) for first, end in pairwise(edges)]
    places = sorted(data.draw(st.sets(st.integers(0, frames), max_size=4)))
    copies = list(zip(places[::2], places[1::2], strict=False))
    every = data.draw(st.integers(1, 120))
    cuts = cut_cells(shown, span, every, copies)
    found = spans(cuts)
    assert found[0][0] == 0
    assert found[-1][1] == frames
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(first < end for first, end in found)
    assert set(copies) <= set(found)
    limit = {True: every, False: every + every // 2 + 1}
    assert all(cut.frames <= limit[cut.still] for cut in cuts if (cut.first, cut.end) not in copies)
