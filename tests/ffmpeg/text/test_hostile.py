"""Text, fields, families and names that look like commands of ASS, of filters or of shells: they are drawn, or unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from protocol.project import (
    Animation,
    CubicBezier,
    Cue,
    GraphicSource,
    Position,
    Style,
    SubtitleTrack,
    TitleSource,
    Word,
)
from protocol.project.graphics import GRAPHICS
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command, Output, SideFile, arguments
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.text import Drawn, FontSet, TitleSpan, bundled_fonts, burn_cues, title_layer
from sidecar.ffmpeg.builder.text.faces import read_faces
from sidecar.ffmpeg.builder.text.fontset import bundled_faces
from tests.ffmpeg.text.drawing import draw, draw_title, ground, timeline
from tests.harness.fonts import make_font

SIZE = (640, 32)
SMALL = Style(font_size=12, max_width=1)
PIECES = [
    *"{}\\'\":,;[]%=&#<>|`$*~!?()@^",
    "\\N",
    "\\n",
    "\\h",
    "\\\\",
    "\\{",
    "\\}",
    "{\\b1}",
    "{\\1c&H0000FF&}",
    "{\\pos(0,0)}",
    "{\\fs200}",
    "{\\p1}m 0 0 l 9 9",
    "{\\r}",
    "{\\t(\\fscx300)}",
    "{\\fnX}",
    "&HFF&",
    "[in]",
    ";movie=x[a]",
    "%{pts}",
    ":f=x",
    "'\\''",
    "\\,",
    "drawtext",
    "../../etc",
    "C:\\x",
    "$(id)",
    "`id`",
    "Dialogue: 0,",
    "[Events]",
    "[Fonts]",
    "Style: S0,",
    "ScriptInfo",
    "<b>",
    "a",
    "Word",
    " ",
    "\t",
    "\0",
    "\x01",
    "\x1b[31m",
    "\x7f",
    "\ufeff",
    "\u200b",
    "\u200d",
    "\u2060",
    "\u202e",
    "é",
    "e\u0301",
]
MEANING = re.compile(r"\{\\[^{}]*\}")
OURS = re.compile(
    r"\{((\\(an|b|fscx|fscy|bord|xshad|yshad|blur|1c|3c|4c|1a|3a|4a|alpha|fn|p|shad)[^\\{}]*|\\pos\([^\\{}]*\))*)\}"
)


def hostile(count: int) -> list[str]:
    """Return strings made of the pieces, each of which can be drawn and is no wider than the frame."""
    random = Random(7)
    found = list(PIECES)
    while len(found) < count:
        found.append("".join(random.choices(PIECES, k=random.randint(2, 7))))
    return found[:count]


STRINGS = hostile(1_500)
FEW = STRINGS[: len(PIECES)] + STRINGS[-60:]


def graph_of(drawn: Drawn) -> list[str]:
    """Return a command's arguments with the names of scripts made alike."""
    built = arguments(Command((Output((drawn.stream,), (("f", "null"),), "-"),), files=drawn.files))
    texts = [*built.argv, *(file.content.decode() for file in built.files if not file.name.endswith(".ass"))]
    return [re.sub(r"text-[0-9a-f]{16}", "text", text) for text in texts]


def events_of(drawn: Drawn) -> list[str]:
    """Return the lines of the events of a script, whose other sections must be whole."""
    (script,) = (file.content.decode() for file in drawn.files if file.name.endswith(".ass"))
    sections = [line for line in script.split("\n") if line.startswith("[") and line.endswith("]")]
    assert sections == ["[Script Info]", "[V4+ Styles]", "[Fonts]", "[Events]"]
    lines = script.partition("[Events]\n")[2].split("\n")
    assert lines[0].startswith("Format: ")
    assert lines[-1] == ""
    return [line for line in lines[1:] if line]


def drawn_text(event: str) -> str:
    """Return the text that libass draws of one of our events, read as libass reads it."""
    match = re.fullmatch(r"Dialogue: 0,[0-9:.]+,[0-9:.]+,S[0-9]+,,0,0,0,,(.*)", event, re.DOTALL)
    assert match is not None, event
    rest, text = match[1], ""
    while rest:
        if rest.startswith(("\\{", "\\}")):
            text, rest = text + rest[1], rest[2:]
        elif rest[0] == "{":
            tags = OURS.match(rest)
            assert tags is not None, event
            rest = rest[tags.end() :]
        else:
            assert rest[0] != "}"
            assert not rest.startswith(("\\N", "\\n", "\\h"))
            text, rest = text + rest[0], rest[1:]
    return text.replace("\N{WORD JOINER}", "")


def shown(text: str) -> str:
    """What of a text can be drawn, white space and joiners aside."""
    gone = {"\0", "\x01", "\x1b", "\x7f", "\N{WORD JOINER}"}
    return "".join(char for char in text if char not in gone and not char.isspace())


def title(text: str) -> TitleSource:
    return TitleSource(text=text, style=SMALL, animations=[Animation(type="typewriter", duration=0.2)])


def drawn_title(source: TitleSource | GraphicSource, size: tuple[int, int] = SIZE) -> Drawn:
    return title_layer(source, TitleSpan(0, 3, 6), timeline(size=size), bundled_fonts())


def cued(text: str, words: list[Word] | None = None) -> Timeline:
    cue = Cue(start=0, end=1, text=text, words=words or [], style=SMALL)
    return timeline(SubtitleTrack(cues=[cue]), size=SIZE)


def drawn_cues(line: Timeline) -> Drawn:
    return burn_cues(ground("black", 5, line.rate, SIZE), line, (0, 5), bundled_fonts())


def test_no_text_becomes_a_command_of_a_script_or_of_a_filter() -> None:
    usual, usual_cue = graph_of(drawn_title(title("usual"))), graph_of(drawn_cues(cued("usual")))
    for text in FEW:
        for drawn, graph in ((drawn_title(title(text)), usual), (drawn_cues(cued(text)), usual_cue)):
            assert graph_of(drawn) == graph
            for event in events_of(drawn):
                assert shown(drawn_text(event)) == shown(text)


def test_every_hostile_text_is_drawn_as_wide_as_its_characters_in_white_on_its_line() -> None:
    cues = [Cue(start=f"{at}/25", end=f"{at + 1}/25", text=text, style=SMALL) for at, text in enumerate(STRINGS)]
    line = timeline(cues=cues, size=SIZE)
    drawn = burn_cues(ground("black", len(STRINGS), line.rate, SIZE), line, (0, len(STRINGS)), bundled_fonts())
    pictures = draw(drawn.stream, drawn.files, planes=3, size=SIZE)
    face = bundled_fonts().face("Roboto", 400, italic=False)

    assert len(pictures) == len(STRINGS)
    assert np.array_equal(pictures[:, 0], pictures[:, 1])
    assert np.array_equal(pictures[:, 0], pictures[:, 2])
    for text, picture in zip(STRINGS, pictures[:, 0], strict=True):
        plain = "".join(" " if char == "\t" else char for char in text if char == "\t" or ord(char) >= 32)
        plain = plain.replace("\x7f", "").strip()
        seen = "".join(char for char in plain if face.covers(char))
        rows, columns = np.nonzero(picture)
        if not shown(plain).strip("\ufeff\u200b\u200d\u202e"):
            assert not len(rows), repr(text)
            continue
        expected = face.width(seen, 12)
        assert np.ptp(columns) + 1 == pytest.approx(expected, abs=0.09 * expected + 4), repr(text)
        assert rows.min() >= 17, repr(text)
        assert rows.max() <= 31, repr(text)


def test_fields_of_graphics_become_no_commands() -> None:
    for name, graphic in GRAPHICS.items():
        fields = [field.name for field in graphic.fields if field.kind == "text"]
        for field in fields:
            given = dict.fromkeys(fields, "usual")
            usual = graph_of(drawn_title(GraphicSource(name=name, fields=dict(given)), (640, 360)))
            for text in FEW[::5]:
                source = GraphicSource(name=name, fields={**given, field: text})
                drawn = drawn_title(source, (640, 360))
                assert graph_of(drawn) == usual
                for event in events_of(drawn):
                    drawn_text(event)


def test_words_of_karaoke_become_no_commands() -> None:
    usual = graph_of(drawn_cues(cued("usual")))
    for text in FEW:
        words = [Word(start=0, end=0.1, text=text), Word(start=0.1, end=0.2, text="\\N{\\b1}")]
        drawn = drawn_cues(cued(f"say {text} now", words))
        assert graph_of(drawn) == usual
        for event in events_of(drawn):
            assert shown(drawn_text(event)) == shown(f"say {text} now")


def test_a_family_that_there_is_not_leaves_no_trace() -> None:
    plain = drawn_title(TitleSource(text="Hi", style=Style(font_size=12))).files
    for name in STRINGS[:200]:
        assert drawn_title(TitleSource(text="Hi", style=Style(font_size=12, font_family=name))).files == plain


@pytest.mark.parametrize("name", ["a,b", "{\\b1}", "[Events]\nDialogue: x", "\\N", "x' ; rm", "é" * 40])
def test_the_names_inside_a_font_file_leave_no_trace(name: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.ttf"
    path.write_bytes(make_font(name, {"a": "W"}))
    fonts = FontSet((*read_faces(path, "project"), *bundled_faces()))
    family = fonts.faces[0].family
    style = Style(font_size=80, font_family=family)

    assert fonts.family(family)
    assert np.array_equal(draw_title("a", style, fonts=fonts), draw_title("W", Style(font_size=80)))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["{\\pos(0,0)}"] * 900),
        "{" * 10_000,
        "\\" * 10_000,
        "\\N" * 5_000,
        "e" + "\u0301" * 5_000,
        "\u202e" * 3_000 + "x",
        "\ufeff" * 3_000,
        "漢" * 3_000,
    ],
    ids=["lines", "braces", "backslashes", "breaks", "marks", "overrides", "marks of order", "missing"],
)
@pytest.mark.parametrize("make", [title, lambda text: TitleSource(text=text, position=Position(x=0.5, y=0.5))])
def test_very_long_texts_are_drawn_in_a_moment(text: str, make: Callable[[str], TitleSource]) -> None:
    drawn = drawn_title(make(text))
    frames = draw(drawn.stream, drawn.files, size=SIZE)

    assert len(frames) == 3
    for event in events_of(drawn):
        drawn_text(event)


@pytest.mark.parametrize(
    "style",
    [
        Style(outline_width=16_384),
        Style(font_size=4_096, outline_width=16_384),
        Style(shadow_x=-16_384, shadow_y=16_384, shadow_blur=16_384),
        Style(letter_spacing=-16_384),
        Style(background_color="#FFFFFF", padding=16_384),
    ],
)
def test_styles_of_the_largest_numbers_are_drawn_in_a_moment(style: Style) -> None:
    source = TitleSource(text="Large\nnumbers", style=style)

    assert len(draw(*_parts(drawn_title(source, (64, 36))), size=(64, 36))) == 3


@pytest.mark.parametrize("steep", [1e9, -1e9, 1e300])
def test_easings_that_ask_for_anything_move_text_within_bounds(steep: float) -> None:
    easing = CubicBezier(cubic_bezier=(0.5, steep, 0.5, -steep))
    kinds = ("fadeIn", "slideIn", "scaleIn", "typewriter", "wave", "bounce", "shake", "blink", "pulse")
    moves = [Animation(type=kind, duration=0.2, easing=easing) for kind in kinds]  # type: ignore[arg-type]
    for move in moves:
        drawn = drawn_title(TitleSource(text="Far", style=Style(font_size=12, outline_width=1), animations=[move]))
        assert len(draw(*_parts(drawn), size=SIZE)) == 3
        assert all(len(number) < 12 for event in events_of(drawn) for number in re.findall(r"[0-9.]+", event))


def _parts(drawn: Drawn) -> tuple[Stream, tuple[SideFile, ...]]:
    return drawn.stream, drawn.files
