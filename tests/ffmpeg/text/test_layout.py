from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.project import Position, Style
from sidecar.ffmpeg.builder.text import bundled_fonts
from sidecar.ffmpeg.builder.text.events import escape
from sidecar.ffmpeg.builder.text.layout import Block, lay_out
from sidecar.ffmpeg.builder.text.look import look_of, merge


def block(text: str, style: Style | None = None, position: Position | None = None) -> Block:
    look, anchor = look_of(style or Style(font_size=20), position, 640, 360)
    return lay_out(text, look, anchor, bundled_fonts())


def lines(text: str, max_width: float) -> list[str]:
    made = block(text, Style(font_size=20, max_width=max_width))
    return ["".join(run.text for run in line.runs) for line in made.lines]


def test_styles_lie_over_each_other_member_by_member() -> None:
    merged = merge(Style(font_size=10, italic=True), Style(font_size=20, color="#112233"), Style(italic=False))

    assert merged == Style(font_size=20, italic=False, color="#112233")


def test_a_style_left_open_is_white_at_a_twentieth_of_the_height() -> None:
    look, anchor = look_of(Style(), None, 1280, 720)

    assert (look.family, look.size, look.weight, look.italic) == ("Roboto", 36, 400, False)
    assert (look.outline, look.shadow, look.background) == (None, None, None)
    assert (anchor.x, anchor.y, anchor.align_x, anchor.align_y, anchor.fixed) == (640, 684, "center", "bottom", False)
    assert look.max_width == pytest.approx(1152)


def test_margins_narrow_centred_text() -> None:
    look, _ = look_of(Style(), Position(margin_x=200), 640, 360)

    assert look.max_width == 240


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\rb", "a\u2028b"])
def test_every_kind_of_line_break_breaks(text: str) -> None:
    assert len(block(text).lines) == 2


def test_lines_break_between_wide_characters_but_not_before_punctuation() -> None:
    text = "漢字漢字漢字漢字。漢字"
    broken = lines(text, 0.1)

    assert "".join(len(line) * "x" for line in broken) == "x" * len(text)
    assert len(broken) > 2


def test_a_word_wider_than_the_line_is_cut() -> None:
    broken = lines("supercalifragilistic word", 0.1)

    assert "".join(broken).replace(" ", "") == "supercalifragilisticword"
    assert all(bundled_fonts().face("Roboto", 400, italic=False).width(line, 20) <= 64 for line in broken)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab cdefg  漢字。\t\\{}"), max_size=200), st.floats(0.01, 1))
def test_breaking_loses_no_character_and_keeps_to_the_width(text: str, max_width: float) -> None:
    made = block(text, Style(font_size=20, max_width=max_width))
    shown = "".join(run.text for line in made.lines for run in line.runs)

    assert len(shown.replace(" ", "")) == len(text.replace("\t", "").replace(" ", ""))
    for line in made.lines:
        text_of = "".join(run.text for run in line.runs)
        assert line.width <= max(made.look.max_width, 1) + 1e-6 or len(text_of.strip()) <= 1 or text_of.startswith(" ")


@settings(deadline=None)
@given(st.text(st.sampled_from("\\{}NnhA b"), max_size=30))
def test_escaped_text_holds_no_command_that_libass_knows(text: str) -> None:
    rest = escape(text)
    plain = ""
    while rest:
        if rest.startswith(("\\{", "\\}")):
            plain, rest = plain + rest[1], rest[2:]
            continue
        assert rest[0] not in "{}"
        assert not rest.startswith(("\\N", "\\n", "\\h"))
        plain, rest = plain + rest[0], rest[1:]

    assert plain.replace("\N{WORD JOINER}", "") == text
    assert not escape(text).endswith("\\")
