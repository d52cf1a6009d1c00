from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from protocol.project import Cue, Position, Style, SubtitleTrack
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.text import bundled_fonts, burn_cues, cue_layer, cue_script
from sidecar.ffmpeg.builder.text.stack import place_cues
from tests.ffmpeg.text.drawing import SIZE, Picture, box, draw, draw_title, ground, psnr, timeline


def burn(line: Timeline, window: tuple[int, int], color: str = "black") -> Picture:
    drawn = burn_cues(ground(color, window[1] - window[0], line.rate), line, window, bundled_fonts())
    return draw(drawn.stream, drawn.files, planes=3)


def frames_with_text(line: Timeline, window: tuple[int, int]) -> list[int]:
    return [window[0] + index for index, frame in enumerate(burn(line, window)) if frame.any()]


def expected_frames(start: Fraction, end: Fraction, rate: Fraction, window: tuple[int, int]) -> list[int]:
    return [frame for frame in range(*window) if start <= frame / rate < end]


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60000/1001", "100", "120", "240"])
@pytest.mark.parametrize("window", [(0, 70), (31, 80)])
def test_a_cue_shows_on_exactly_the_frames_of_its_time(rate: str, window: tuple[int, int]) -> None:
    exact = Fraction(rate)
    start, end = Fraction(40) / exact, Fraction(61) / exact
    times = [
        (start, end),
        (start + Fraction(1, 1_000_000), end - Fraction(1, 1_000_000)),
        (start, end + Fraction(1, 1_000_000)),
    ]
    for begin, stop in times:
        cue = Cue(start=f"{begin.numerator}/{begin.denominator}", end=f"{stop.numerator}/{stop.denominator}", text="Hi")

        assert frames_with_text(timeline(cues=[cue], rate=rate), window) == expected_frames(begin, stop, exact, window)


def test_every_frame_boundary_of_two_hours_is_met() -> None:
    rate = Fraction(30000, 1001)
    for at in (1, 1_801, 107_892, 215_783):
        start = at / rate
        cue = Cue(start=f"{start.numerator}/{start.denominator}", end=7_300, text="Hi")

        assert frames_with_text(timeline(cues=[cue], rate="30000/1001"), (at - 3, at + 3)) == [at, at + 1, at + 2]


def test_a_cue_looks_like_a_title_of_the_same_words() -> None:
    style = Style(font_size=30, outline_color="#FF0000", outline_width=2)
    line = timeline(cues=[Cue(start=0, end=1, text="One\nTwo", style=style)])

    assert psnr(burn(line, (0, 1))[0], draw_title("One\nTwo", style)[:3]) >= 45


def test_the_style_of_a_cue_lies_over_that_of_its_track() -> None:
    track = Style(font_size=40, color="#FF0000")
    line = timeline(
        SubtitleTrack(
            style=track,
            position=Position(align_y="top"),
            cues=[
                Cue(start=0, end=1, text="Hi", style=Style(color="#00FF00")),
                Cue(start=1, end=2, text="Hi", position=Position(x=0.5, y=0.5)),
            ],
        )
    )
    frames = burn(line, (0, 50))

    assert frames[0].max(axis=(1, 2)).tolist() == [255, 0, 0]
    assert frames[25].max(axis=(1, 2)).tolist() == [0, 0, 255]
    assert box(frames[0])[3] < 80
    assert 140 < box(frames[25])[1] < 200


def lines_of(line: Timeline, frame: int) -> list[str]:
    shown = place_cues(line.cues, (frame, frame + 1), SIZE, bundled_fonts())
    upward = sorted(shown, key=lambda cue: -cue.block.bottom)
    return ["".join(run.text for run in cue.block.lines[0].runs) for cue in upward]


def test_overlapping_cues_stack_upward_in_the_order_of_the_list() -> None:
    cues = [
        Cue(start=0, end=2, text="first"),
        Cue(start=1, end=3, text="second\nof two"),
        Cue(start=1, end=2, text="third"),
    ]
    line = timeline(cues=cues)
    blocks = [cue.block for cue in place_cues(line.cues, (30, 31), SIZE, bundled_fonts())]

    assert lines_of(line, 30) == ["first", "second", "third"]
    assert [block.bottom for block in blocks] == pytest.approx([342, 324, 288])
    picture = burn(line, (30, 31))[0]
    assert box(picture)[1] < 288
    assert all(picture[:, top : top + 18].any() for top in (324, 306, 288, 270))


def test_a_cue_keeps_its_place_for_as_long_as_it_lasts_in_every_window() -> None:
    line = timeline(cues=[Cue(start=0, end=2, text="first"), Cue(start=1, end=4, text="second")])
    whole = burn(line, (0, 100))

    assert np.array_equal(burn(line, (60, 100)), whole[60:])
    assert np.array_equal(burn(line, (40, 60)), whole[40:60])
    assert box(whole[80]) == box(burn(line, (80, 81))[0])
    assert box(whole[80])[3] <= 324 + 1


def test_the_order_of_the_list_counts_not_that_of_time() -> None:
    line = timeline(cues=[Cue(start=1, end=2, text="late"), Cue(start=0, end=3, text="early")])

    assert lines_of(line, 30) == ["late", "early"]


def test_cues_at_the_top_stack_downward_and_those_at_a_point_not_at_all() -> None:
    top = Position(align_y="top")
    point = Position(x=0.5, y=0.06)
    line = timeline(
        cues=[
            Cue(start=0, end=2, text="a", position=top),
            Cue(start=0, end=2, text="b", position=top),
            Cue(start=0, end=2, text="c", position=point),
            Cue(start=0, end=2, text="d", position=point),
        ]
    )
    tops = [cue.block.top for cue in place_cues(line.cues, (0, 1), SIZE, bundled_fonts())]

    assert tops[:2] == [18, 36]
    assert tops[2] == tops[3]


def test_cues_that_are_side_by_side_do_not_push_each_other() -> None:
    line = timeline(
        cues=[
            Cue(start=0, end=2, text="a", position=Position(align_x="left")),
            Cue(start=0, end=2, text="b", position=Position(align_x="right")),
        ]
    )

    assert {cue.block.bottom for cue in place_cues(line.cues, (0, 1), SIZE, bundled_fonts())} == {342}


def test_cues_of_several_tracks_make_way_for_each_other() -> None:
    tracks = [SubtitleTrack(cues=[Cue(start=0, end=1, text=text)]) for text in ("deutsch", "english")]

    assert lines_of(timeline(*tracks), 0) == ["deutsch", "english"]


def test_more_cues_than_fit_leave_the_frame_upward() -> None:
    line = timeline(cues=[Cue(start=0, end=1, text=str(number)) for number in range(30)])
    blocks = [cue.block for cue in place_cues(line.cues, (0, 1), SIZE, bundled_fonts())]

    assert blocks[-1].bottom <= 0
    assert len({block.bottom for block in blocks[:19]}) == 19


@pytest.mark.timeout(120)
def test_cues_of_any_two_sizes_find_their_places() -> None:
    # In 64-bit floats top - height + height may be more than top: such cues once pushed each other without end.
    for height in range(16, 64, 2):
        cues = [Cue(start=0, end=1, text="x", style=Style(font_size=size)) for size in (33.3, 7.7, 20)]
        first, second, _ = place_cues(timeline(cues=cues).cues, (0, 1), (96, height), bundled_fonts())
        assert second.block.bottom == pytest.approx(first.block.top)


def test_a_window_without_cues_is_left_alone() -> None:
    line = timeline(
        cues=[
            Cue(start=1, end=2, text="Hi"),
            Cue(start=3, end=3, text="never"),
            Cue(start=4, end=5, text="x", enabled=False),
        ]
    )
    stream = ground("black", 1, line.rate)
    drawn = burn_cues(stream, line, (0, 25), bundled_fonts())

    assert drawn.stream is stream
    assert drawn.files == ()
    assert cue_layer(line, (50, 75), bundled_fonts()) is None
    assert cue_script(line.cues, (100, 125), line.rate, SIZE, bundled_fonts()) is None


@pytest.mark.parametrize("rate", ["25", "120"])
def test_a_layer_of_cues_over_a_colour_equals_burning_them_onto_it(rate: str) -> None:
    style = Style(font_size=40, color="#FFFF0080", shadow_color="#FF000060", outline_color="#00FF00C0", opacity=0.7)
    line = timeline(cues=[Cue(start="1/10", end=2, text="Glass", style=style)], rate=rate)
    window = (0, 20)
    layer = cue_layer(line, window, bundled_fonts())
    assert layer is not None
    frames = draw(layer.stream, layer.files).astype(int)
    burned = burn(line, window, color="0x204060").astype(int)
    base = np.array([0x40, 0x60, 0x20]).reshape(1, 3, 1, 1)
    over = np.round(frames[:, :3] + base * (255 - frames[:, 3:4]) / 255)

    assert np.abs(over - burned).max() <= 2
    assert frames[0].max() == 0
    assert frames[-1].max() > 0


def test_a_project_drawn_at_another_size_keeps_its_proportions() -> None:
    line = timeline(cues=[Cue(start=0, end=1, text="Hello")])
    layer = cue_layer(line, (0, 1), bundled_fonts(), size=(1280, 720))
    assert layer is not None
    large = draw(layer.stream, layer.files, size=(1280, 720))[0]

    assert box(large) == pytest.approx([2 * edge for edge in box(draw_title("Hello"))], abs=2)


def test_a_film_of_cues_becomes_one_script_in_a_moment() -> None:
    cues = [
        Cue(start=second, end=second + 0.9, text=f"Line {second} of a film, and some more") for second in range(5_000)
    ]
    script = cue_script(timeline(cues=cues).cues, (0, 125_000), Fraction(25), SIZE, bundled_fonts())

    assert script is not None
    assert script.content.count(b"Dialogue:") == 5_000
    assert b"1:23:19.00,1:23:19.92" in script.content
