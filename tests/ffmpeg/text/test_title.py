from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protocol.project import Position, Style
from sidecar.ffmpeg.builder.text import FontSet, bundled_fonts
from sidecar.ffmpeg.builder.text.faces import read_faces
from sidecar.ffmpeg.builder.text.fontset import bundled_faces
from tests.ffmpeg.text.drawing import SIZE, Picture, box, draw_script, draw_title, psnr
from tests.harness.fonts import make_font

HOSTILE = ["'", "%", "{", "}", "[", "]", ";", '"', "\\", ":", ",", "&", "#", "=", "<", "|", "`", "$", "*", "~"]
WORDS = [
    "{\\b1}",
    "\\N",
    "\\n",
    "\\h",
    "{\\p1}m 0 0",
    "a\\",
    "\\{",
    "\\}",
    "%{pts}",
    "a:b='c'",
    "{}",
    "\\\\N",
    "[Events]",
]
BIG = Style(font_size=80)


@pytest.fixture(scope="module")
def each_alone() -> dict[str, Picture]:
    return {char: draw_title(char, BIG) for char in HOSTILE}


@pytest.mark.parametrize("char", HOSTILE)
def test_each_character_that_means_something_elsewhere_is_drawn_as_itself(
    char: str, each_alone: dict[str, Picture]
) -> None:
    picture = each_alone[char]

    assert picture[3].max() == 255
    for other, drawn in each_alone.items():
        assert other == char or not np.array_equal(picture, drawn), f"{char} is drawn as {other}"


@pytest.mark.parametrize("text", WORDS)
def test_text_that_looks_like_a_command_is_as_wide_as_its_characters(text: str) -> None:
    fonts = bundled_fonts()
    expected = fonts.face("Roboto", 400, italic=False).width(text, 80)

    left, _, right, _ = box(draw_title(text, BIG))

    assert right - left == pytest.approx(expected, abs=0.09 * expected + 8)


def hand(size: int, *, bold: int = 0, outline: str = "0", shadow: str = "0", alignment: int = 2, margins: str) -> str:
    colors = "&H00FFFFFF,&H00FFFFFF,&H000000FF,&H00FF0000"
    return f"{size},{colors},{bold},0,0,0,100,100,0,0,1,{outline},{shadow},{alignment},{margins},1"


def on_black(picture: Picture) -> Picture:
    return picture[:3]


def test_a_title_without_style_stands_where_the_rules_say() -> None:
    by_hand = draw_script(hand(18, margins="32,32,18"), ["A quiet title"])

    assert psnr(on_black(draw_title("A quiet title")), by_hand) >= 45


def test_lines_outline_and_shadow_equal_those_of_a_script_written_by_hand() -> None:
    style = Style(
        font_size=40, outline_color="#FF0000", outline_width=3, shadow_color="#0000FF", shadow_x=5, shadow_y=5
    )
    by_hand = draw_script(hand(40, outline="3", shadow="5", margins="32,32,18"), ["Two lines\\Nof a title, gjpq"])

    assert psnr(on_black(draw_title("Two lines\nof a title, gjpq", style)), by_hand) >= 45


@pytest.mark.parametrize(
    ("position", "alignment", "margins"),
    [
        (Position(align_x="left", align_y="top", margin_x=20, margin_y=40), 7, "20,20,40"),
        (Position(align_x="right", align_y="center", margin_x=12), 6, "12,12,0"),
        (Position(align_x="center", align_y="bottom", margin_y=0), 2, "0,0,0"),
    ],
)
def test_alignment_and_margins_are_those_of_a_script_written_by_hand(
    position: Position, alignment: int, margins: str
) -> None:
    by_hand = draw_script(hand(32, alignment=alignment, margins=margins), ["One\\NLonger two"])

    assert psnr(on_black(draw_title("One\nLonger two", Style(font_size=32), position)), by_hand) >= 45


def test_long_text_breaks_into_even_lines_as_libass_breaks_it() -> None:
    text = "This is a title of a good many words that certainly cannot stand in one line of so small a frame as this"
    by_hand = draw_script(hand(36, margins="64,64,18"), [text])

    assert psnr(on_black(draw_title(text, Style(font_size=36, max_width=0.8))), by_hand) >= 45


def test_a_point_is_the_middle_of_the_text_or_the_edge_it_is_aligned_to() -> None:
    centred = box(draw_title("HHHH", BIG, Position(x=0.5, y=0.5)))
    left = box(draw_title("HHHH", Style(font_size=80, align="left"), Position(x=0.25, y=0.5)))
    right = box(draw_title("HHHH", Style(font_size=80, align="right"), Position(x=0.75, y=0.25)))

    assert (centred[0] + centred[2]) / 2 == pytest.approx(320, abs=1)
    assert (centred[1] + centred[3]) / 2 == pytest.approx(180, abs=6)
    assert left[0] == pytest.approx(160, abs=8)
    assert right[2] == pytest.approx(480, abs=8)
    assert right[1] == centred[1] - 90


def test_white_is_full_white_and_a_half_transparent_colour_is_premultiplied() -> None:
    white = draw_title("█" * 3, BIG)
    half = draw_title("█" * 3, Style(font_size=80, color="#FF8000", opacity=0.5))
    tinted = draw_title("█" * 3, Style(font_size=80, color="#FF800080"))

    assert white.max(axis=(1, 2)).tolist() == [255, 255, 255, 255]
    assert half.max(axis=(1, 2)) == pytest.approx([64, 0, 128, 128], abs=2)
    assert np.array_equal(half, tinted)


@pytest.mark.parametrize(
    "style",
    [
        Style(font_weight=900),
        Style(font_weight=600),
        Style(font_weight=100),
        Style(italic=True),
        Style(font_size=30),
        Style(color="#FF0000"),
        Style(opacity=0.4),
        Style(outline_color="#00FF00"),
        Style(outline_width=4),
        Style(shadow_color="#00FF00"),
        Style(shadow_x=9),
        Style(shadow_y=-9),
        Style(shadow_blur=5),
        Style(background_color="#0000FF"),
        Style(background_opacity=0.5),
        Style(padding=12),
        Style(border_radius=9),
        Style(line_height=1.4),
        Style(letter_spacing=3),
        Style(max_width=0.1),
        Style(align="left"),
    ],
)
def test_every_member_of_a_style_changes_the_picture(style: Style) -> None:
    assert not np.array_equal(draw_title("Hello there\nyou", style), draw_title("Hello there\nyou"))


def test_lines_stand_apart_by_the_line_height() -> None:
    one = box(draw_title("H", BIG, Position(align_y="top")))
    wide = box(draw_title("H\nH", Style(font_size=80, line_height=1.5), Position(align_y="top")))

    assert wide[3] - one[3] == 120


def test_a_shorter_line_is_justified_within_its_block() -> None:
    picture = draw_title("HHHHHH\nH", Style(font_size=40, align="right"), Position(align_x="center"))
    left, top, right, bottom = box(picture)
    lower = box(picture[:, (top + bottom) // 2 :])

    assert lower[2] == right
    assert lower[0] > left + 60


def test_the_box_holds_the_text_with_padding_on_every_side() -> None:
    style = Style(font_size=40, background_color="#FF0000", padding=10, color="#FF000000")
    left, top, right, bottom = box(draw_title("Hello", style))
    width = bundled_fonts().face("Roboto", 400, italic=False).width("Hello", 40)

    assert right - left == pytest.approx(width + 20, abs=2)
    assert bottom - top == pytest.approx(60, abs=1)
    assert bottom == 360 - 18


def test_round_corners_leave_the_corner_open_and_the_middle_of_each_edge_whole() -> None:
    style = Style(font_size=40, background_color="#FF0000", border_radius=20, color="#FF000000")
    picture = draw_title("Hello", style)
    left, top, right, bottom = box(picture)

    assert picture[3, top, left] == 0
    assert picture[3, bottom - 1, right - 1] == 0
    assert picture[3, top + 1, (left + right) // 2] >= 250
    assert picture[3, (top + bottom) // 2, left + 1] >= 250


def test_a_blurred_shadow_is_soft_and_leaves_the_letters_sharp() -> None:
    plain = draw_title("H", BIG, Position(x=0.5, y=0.5))
    style = Style(font_size=80, shadow_color="#FF0000", shadow_x=0, shadow_y=0, shadow_blur=8)
    blurred = draw_title("H", style, Position(x=0.5, y=0.5))
    inside = plain[3] == 255

    assert np.abs(blurred[:, inside].astype(int) - 255).max() <= 1
    assert box(blurred)[0] < box(plain)[0] - 5
    assert len(np.unique(blurred[3][:, 320])) > 20


def test_a_character_of_no_bundled_font_is_drawn_by_a_project_font(tmp_path: Path) -> None:
    path = tmp_path / "han.ttf"
    path.write_bytes(make_font("Han", {"漢": "W"}))
    fonts = FontSet((*read_faces(path, "project"), *bundled_faces()))

    assert np.array_equal(draw_title("漢", BIG, fonts=fonts), draw_title("W", BIG))
    left, _, right, _ = box(draw_title("A漢B", BIG, fonts=fonts))
    without = box(draw_title("AB", BIG))
    assert right - left > without[2] - without[0] + 50


def test_a_character_of_no_font_is_drawn_as_the_replacement_character() -> None:
    assert np.array_equal(draw_title("漢", BIG), draw_title("\N{REPLACEMENT CHARACTER}", BIG))


@pytest.mark.parametrize("text", ["Hello", "漢字 \N{GRINNING FACE}", "זה", "e\u0301\u200d"])
def test_installed_fonts_do_not_change_the_picture(text: str) -> None:
    assert np.array_equal(draw_title(text, BIG), draw_title(text, BIG, environment={}))


def test_a_title_scales_with_the_size_it_is_drawn_at() -> None:
    small = box(draw_title("Hello", BIG))
    large = box(draw_title("Hello", BIG, size=(1280, 720), position=None))

    assert SIZE == (640, 360)
    assert large[1] == pytest.approx(720 - 36 - (360 - 18 - small[1]), abs=1)


def test_nothing_but_spaces_draws_nothing() -> None:
    assert draw_title("  \n \t ").max() == 0
    assert draw_title("").max() == 0
