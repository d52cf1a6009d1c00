"""Named graphics: what each declares, and that all of it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from protocol.project import GraphicSource
from protocol.project.graphics import GRAPHICS
from sidecar.ffmpeg.builder.text import TitleSpan, bundled_fonts, is_moving, title_layer
from sidecar.ffmpeg.builder.text.graphics import DRAWS
from tests.ffmpeg.text.drawing import Picture, box, draw, timeline

SIZE = (480, 270)
LENGTH = 60
OTHER = {"text": "Quite other words", "color": "#33CC55", "number": 0.7}
FILLED = {
    "lower-third": {"name": "Ada", "title": "Mathematician"},
    "title-card": {"title": "Film", "subtitle": "small"},
    "end-credits": {"heading": "Heading", "lines": "One\nTwo\nThree"},
    "chapter": {"number": "3", "title": "Name"},
    "quote": {"text": "So it is", "author": "Somebody"},
}


def frames_of(name: str, span: tuple[int, int] = (0, LENGTH), /, **fields: object) -> Picture:
    source = GraphicSource(name=name, fields={**FILLED.get(name, {}), **fields})
    first, end = span
    line = timeline(size=SIZE, rate="20")
    drawn = title_layer(source, TitleSpan(first, end - first, LENGTH), line, bundled_fonts())
    return draw(drawn.stream, drawn.files, size=SIZE)


def test_every_graphic_that_is_named_is_drawn_and_no_other() -> None:
    assert list(DRAWS) == list(GRAPHICS)


@pytest.mark.parametrize("name", GRAPHICS)
def test_a_graphic_shows_something_and_moves_if_it_says_so(name: str) -> None:
    frames = frames_of(name)
    moves = any(not np.array_equal(frame, frames[0]) for frame in frames)

    assert frames[LENGTH // 2].any()
    assert is_moving(GraphicSource(name=name)) == GRAPHICS[name].moves == moves


@pytest.mark.parametrize(
    ("name", "field"), [(name, field.name) for name in GRAPHICS for field in GRAPHICS[name].fields]
)
def test_every_field_changes_the_picture(name: str, field: str) -> None:
    kind = next(each.kind for each in GRAPHICS[name].fields if each.name == field)
    middle = (LENGTH // 2 + 3, LENGTH // 2 + 4)

    assert not np.array_equal(frames_of(name, middle, **{field: OTHER[kind]}), frames_of(name, middle))


@pytest.mark.parametrize("name", GRAPHICS)
def test_a_piece_of_a_graphic_equals_that_piece_of_the_whole(name: str) -> None:
    whole = frames_of(name)
    for span in ((0, 7), (18, 44), (LENGTH - 3, LENGTH)):
        assert np.array_equal(frames_of(name, span), whole[slice(*span)]), span


def test_an_empty_field_draws_no_empty_box() -> None:
    alone = frames_of("lower-third", (30, 31), title="")[0]

    assert box(alone)[3] < box(frames_of("lower-third", (30, 31))[0])[3] - 10


def test_credits_roll_evenly_from_below_the_frame_to_above_it() -> None:
    frames = frames_of("end-credits", heading="", lines="HHH")
    shown = [frame for frame in range(LENGTH) if frames[frame].any()]
    tops = {
        frame: box(frames[frame])[1] for frame in shown if box(frames[frame])[1] > 0 and box(frames[frame])[3] < 270
    }
    block = 54 * 270 / 1080

    assert not frames[0].any()
    first = min(tops)
    for frame, top in tops.items():
        assert top - tops[first] == pytest.approx(-(frame - first) * (270 + block) / LENGTH, abs=1.2)
    assert min(tops.values()) < 8
    assert max(box(frames[frame])[3] for frame in tops) > 262


def test_a_countdown_shows_the_seconds_that_are_left() -> None:
    frames = frames_of("countdown")
    boxes = [box(frames[frame]) for frame in (10, 30, 50)]
    pictures = {frame: frames[frame] for frame in (10, 13, 30, 33, 50, 53)}

    assert np.array_equal(pictures[10], pictures[13])
    assert np.array_equal(pictures[50], pictures[53])
    assert len({pictures[frame].tobytes() for frame in (10, 30, 50)}) == 3
    assert boxes[2][2] - boxes[2][0] < boxes[0][2] - boxes[0][0]
    # the last second shows what the last second of any other length shows
    line = timeline(size=SIZE, rate="20")
    drawn = title_layer(GraphicSource(name="countdown"), TitleSpan(20, 1, 30), line, bundled_fonts())
    assert np.array_equal(draw(drawn.stream, drawn.files, size=SIZE)[0], frames[50])


def test_a_card_covers_the_frame_in_its_colour() -> None:
    frame = frames_of("title-card", (0, 1), background="#204060")[0]

    assert frame[:, 0, 0].tolist() == frame[:, -1, -1].tolist() == [0x40, 0x60, 0x20, 255]
