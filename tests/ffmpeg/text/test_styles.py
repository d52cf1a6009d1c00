"""Named styles, wide blurs, the words of karaoke, and writing of other kinds than Latin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protocol.project import Animation, Cue, Position, Style, SubtitleTrack, TitleSource, Word
from protocol.project.karaoke import word_places
from protocol.project.styles import HIGHLIGHT, PRESETS
from sidecar.ffmpeg.builder.text import FontSet, TitleSpan, bundled_fonts, burn_cues, title_layer
from sidecar.ffmpeg.builder.text.clusters import clusters
from sidecar.ffmpeg.builder.text.faces import read_faces
from sidecar.ffmpeg.builder.text.fontset import bundled_faces
from sidecar.ffmpeg.builder.text.look import look_of
from tests.ffmpeg.text.drawing import SIZE, Picture, box, draw, draw_title, ground, timeline
from tests.harness.fonts import make_font

BIG = Style(font_size=80)
MIDDLE = Position(x=0.5, y=0.5)


def test_every_named_style_draws_a_picture_of_its_own() -> None:
    pictures = {name: draw_title("Words", Style(preset=name)) for name in PRESETS}

    assert np.array_equal(pictures["plain"], draw_title("Words"))
    for name, picture in pictures.items():
        assert picture[3].max() > 130, name
        assert not any(np.array_equal(picture, other) for known, other in pictures.items() if known != name), name


def test_what_is_written_lies_over_the_preset_and_the_cue_over_its_track() -> None:
    look, _ = look_of(Style(preset="bold-box", font_weight=300), None, 1920, 1080)
    assert (look.weight, look.padding) == (300, 18)

    track = SubtitleTrack(
        style=Style(preset="neon", font_size=40), cues=[Cue(start=0, end=1, text="Hi", style=Style())]
    )
    own = SubtitleTrack(style=track.style, cues=[Cue(start=0, end=1, text="Hi", style=Style(preset="box"))])
    for given, style in (
        (track, Style(preset="neon", font_size=40)),
        (own, Style(preset="box", font_size=40)),
    ):
        line = timeline(given)
        drawn = burn_cues(ground("black", 1, line.rate), line, (0, 1), bundled_fonts())
        burned = draw(drawn.stream, drawn.files, planes=3)[0]
        assert np.abs(burned.astype(int) - draw_title("Hi", style)[:3]).max() <= 2


def test_a_style_scales_with_the_height_of_the_project() -> None:
    small, large = (look_of(Style(preset="neon"), None, height * 16 // 9, height)[0] for height in (360, 1080))

    assert (large.size, large.shadow_blur, large.outline_width) == (90, 16, 3)
    assert (small.size, small.shadow_blur, small.outline_width) == pytest.approx((30, 16 / 3, 1))


def spread(picture: Picture) -> float:
    """Standard deviation of alpha across, in pixels."""
    alpha = picture[3].sum(axis=0, dtype=np.float64)
    columns = np.arange(len(alpha))
    middle = np.average(columns, weights=alpha)
    return float(np.sqrt(np.average((columns - middle) ** 2, weights=alpha)))


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768)])
def test_a_shadow_is_blurred_as_wide_as_it_says_beyond_what_libass_takes(size: tuple[int, int]) -> None:
    spreads = []
    for blur in (60, 120, 180):
        style = Style(
            font_size=300, color="#FFFFFF00", shadow_color="#FFFFFF", shadow_x=0, shadow_y=0, shadow_blur=blur
        )
        spreads.append(spread(draw_title("██", style, MIDDLE, size=size)))
    letters = np.sqrt(spreads[0] ** 2 - (spreads[1] ** 2 - spreads[0] ** 2) / 3)

    assert np.sqrt(spreads[2] ** 2 - letters**2) == pytest.approx(3 * np.sqrt(spreads[0] ** 2 - letters**2), rel=0.08)


def test_letters_stand_as_they_do_without_a_very_wide_blur() -> None:
    size = (1366, 768)
    faint = Style(font_size=90, letter_spacing=4, shadow_color="#00000001", shadow_blur=900)
    plain = draw_title("Wide blur", Style(font_size=90, letter_spacing=4), MIDDLE, size=size)

    assert np.abs(draw_title("Wide blur", faint, MIDDLE, size=size)[:3].astype(int) - plain[:3]).max() <= 40
    assert box(plain[[0, 0, 0, 0]]) == pytest.approx(
        box(draw_title("Wide blur", faint, MIDDLE, size=size)[[0, 0, 0, 0]]), abs=1
    )


def karaoke(words: list[Word], style: Style, text: str = "one two\none") -> Picture:
    line = timeline(cues=[Cue(start=0.2, end=2, text=text, words=words, style=style)])
    drawn = burn_cues(ground("black", 50, line.rate), line, (0, 50), bundled_fonts())
    return draw(drawn.stream, drawn.files, planes=3)


def test_the_word_that_is_being_sung_has_the_colour_of_the_highlight() -> None:
    words = [
        Word(start=0.4, end=0.8, text="one"),
        Word(start=0.8, end=1.2, text="two"),
        Word(start=1.6, end=2, text="one"),
    ]
    style = Style(font_size=60, color="#0000FF", preset="karaoke", outline_width=0)
    frames = karaoke(words, style)
    red, blue = frames[:, 2] > 128, frames[:, 1] > 128
    top = frames[6].max(axis=0).any(axis=1).nonzero()[0]
    half = int(top.min() + top.max()) // 2

    assert PRESETS["karaoke"].highlight == "#FFC107"
    for frame in range(50):
        lit = next((index for index, word in enumerate(words) if word.start <= frame / 25 < word.end), None)  # type: ignore[operator]
        assert red[frame].any() == (lit is not None), frame
        if frame >= 5:
            assert ((red[frame] | blue[frame]) != blue[6]).mean() < 0.002, frame
        if lit == 2:
            assert not red[frame, :half].any()
        elif lit is not None:
            assert not red[frame, half:].any()
            assert (box(frames[frame][[2]])[2] < box(frames[6])[2] - 60) == (lit == 0)
    assert blue[6].mean() > 0.01


def test_a_word_is_highlighted_in_gold_where_no_preset_says_otherwise() -> None:
    frames = karaoke([Word(start=0.2, end=2, text="two")], Style(font_size=60))
    gold = (frames[10][2] > 200) & (frames[10][0] > 180) & (frames[10][1] < 60)

    assert HIGHLIGHT == "#FFD400"
    assert gold.sum() > 300


@pytest.mark.parametrize(
    ("text", "words", "places"),
    [
        ("one two one", ["one", "two", "one"], [(0, 3), (3, 6), (6, 9)]),
        ("one two", ["two", "one"], [(3, 6), None]),
        ("Ré\nsumé, please", ["Résumé,", " please "], [(0, 7), (7, 13)]),
        ("a\0b", ["ab"], [(0, 2)]),
        ("ab", ["", " "], [None, None]),
    ],
)
def test_words_are_found_one_behind_the_other(
    text: str, words: list[str], places: list[tuple[int, int] | None]
) -> None:
    assert word_places(text, [Word(start=0, end=1, text=word) for word in words]) == places


def test_hidden_and_highlighted_letters_change_no_other_letter() -> None:
    words = [Word(start=0.2, end=2, text="AVAT")]
    plain, lit = (karaoke(each, Style(font_size=60), "AVATAR Ave")[10] for each in ([], words))

    assert np.abs(plain[2].astype(int) - lit[2]).max() <= 40  # an eighth of a pixel
    assert (plain != lit).any()


def script(tmp_path: Path, mapping: dict[str, str]) -> FontSet:
    """Return the bundled fonts and one of the project's whose characters look like Latin letters."""
    path = tmp_path / "other.ttf"
    path.write_bytes(make_font("Other", mapping))
    return FontSet((*read_faces(path, "project"), *bundled_faces()))


def test_text_from_right_to_left_is_drawn_and_typed_from_the_right(tmp_path: Path) -> None:
    fonts = script(tmp_path, {"א": "L", "ב": "O", "ג": "T"})
    style = Style(font_size=80, letter_spacing=10)

    assert np.array_equal(draw_title("אבג", style, MIDDLE, fonts=fonts), draw_title("TOL", style, MIDDLE))
    mixed = draw_title("ab אבג cd", style, MIDDLE, fonts=fonts)
    assert np.abs(mixed.astype(int) - draw_title("ab TOL cd", style, MIDDLE)).mean() < 0.5

    typing = TitleSource(
        text="אבג", style=style, position=MIDDLE, animations=[Animation(type="typewriter", duration=3, easing="linear")]
    )
    drawn = title_layer(typing, TitleSpan(0, 75, 76), timeline(), fonts)
    frames = draw(drawn.stream, drawn.files)
    right = box(draw_title("TOL", style, MIDDLE))[2]
    edges = [box(frame)[0] for frame in (frames[30], frames[60])]
    assert [box(frame)[2] for frame in (frames[30], frames[60])] == [right, right]
    assert edges[1] < edges[0] - 40


def test_marks_stand_on_their_letters_whatever_the_spacing() -> None:
    apart = draw_title("e\u0301", BIG, MIDDLE)
    whole = draw_title("é", BIG, MIDDLE)

    assert box(apart) == pytest.approx(box(whole), abs=2)


def test_wide_characters_and_pictographs_wrap_between_them(tmp_path: Path) -> None:
    fonts = script(tmp_path, {"漢": "M", "\N{GRINNING FACE}": "O"})
    style = Style(font_size=60, max_width=0.4)
    picture = draw_title("漢\N{GRINNING FACE}" * 8, style, MIDDLE, fonts=fonts)
    left, top, right, bottom = box(picture)

    assert right - left <= SIZE[0] * 0.4 + 8
    assert bottom - top > 100


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("abc", 3),
        ("e\u0301a", 2),
        ("\N{WOMAN}\u200d\N{ROCKET}x", 2),
        ("\N{THUMBS UP SIGN}\U0001f3fdx", 2),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2),
        ("\U0001f1e9x\U0001f1ea", 3),
        ("\u1112\u1161\u11ab\uae00", 2),
        ("가\u11a8각\u1161", 3),
        ("❤\ufe0fx", 2),
        ("a\u200bb", 3),
        ("", 0),
    ],
)
def test_a_reader_takes_joined_characters_for_one(text: str, count: int) -> None:
    assert len(clusters(text)) == count
    assert "".join(clusters(text)) == text


def test_a_cluster_that_no_face_has_whole_is_drawn_by_several(tmp_path: Path) -> None:
    fonts = script(tmp_path, {"\u0483": "A"})
    runs = fonts.runs("x\u0483y", "Roboto", 400, italic=False)

    assert "".join(run.text for run in runs) == "x\u0483y"
    assert fonts.missing("x\u0483y") == []


def test_the_letters_of_a_line_lie_over_the_outline_of_the_next() -> None:
    style = Style(font_size=60, outline_color="#FF0000", outline_width=8, line_height=0.7)
    both = draw_title("gjpq\nbdfh", style, Position(align_y="top"))
    upper = draw_title("gjpq", style, Position(align_y="top"))
    white = upper[0] > 250

    assert white.sum() > 500
    assert both[0][white].min() > 250
