from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.ffmpeg.builder.text.faces import Face, choose, encode, load_face, read_characters, read_faces
from sidecar.ffmpeg.builder.text.fontset import FontSet, bundled_faces, bundled_fonts
from sidecar.ffmpeg.builder.text.sfnt import (
    Characters,
    FontUnreadable,
    face_offsets,
    read_advances,
    read_metrics,
    read_names,
    read_tables,
    rename,
)
from tests.harness.fonts import make_collection, make_font, roboto, roboto_tables

ROBOTO = Path(roboto().path).read_bytes()


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_the_bundled_family_has_twelve_faces_under_one_name() -> None:
    faces = bundled_faces()

    assert {face.family for face in faces} == {"Roboto"}
    assert sorted((face.weight, face.italic) for face in faces) == [
        (weight, italic) for weight in (100, 300, 400, 500, 700, 900) for italic in (False, True)
    ]


def test_both_kinds_of_character_map_find_the_same_glyphs() -> None:
    sequential = Characters(roboto_tables())
    grouped = Characters(read_tables(make_font("F", {char: char for char in "Aé€ﬁ"}), 0))

    assert all(grouped.glyph(ord(char)) == sequential.glyph(ord(char)) != 0 for char in "Aé€")
    assert grouped.glyph(ord("B")) == 0
    assert grouped.glyph(1) == 0
    assert sequential.glyph(0x10FFFF) == 0


def short_map() -> bytes:
    """Return a character map of format 4: "A" and "B" by a delta, "x" and "y" through an array without a glyph for y."""
    ends, starts, deltas, ranges = (66, 121, 0xFFFF), (65, 120, 0xFFFF), (7, 0, 1), (0, 4, 0)
    parts = [struct.pack(">7H", 4, 16 + 8 * 3 + 4, 0, 6, 4, 1, 2)]
    parts += [struct.pack(">3H", *ends), struct.pack(">H", 0)]
    parts += [struct.pack(">3H", *values) for values in (starts, deltas, ranges)]
    return struct.pack(">HHHHL", 0, 1, 3, 1, 12) + b"".join(parts) + struct.pack(">2H", 300, 0)


def test_the_short_form_of_a_character_map_is_read() -> None:
    characters = Characters({b"cmap": short_map()})

    assert [characters.glyph(ord(char)) for char in "ABCxyz"] == [72, 73, 0, 300, 0, 0]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 65), st.integers(0, 255)), max_size=8), st.integers(0, 0x10FFFF))
def test_a_damaged_character_map_is_read_or_refused(changes: list[tuple[int, int]], code: int) -> None:
    data = bytearray(short_map())
    for place, value in changes:
        data[place % len(data)] = value
    with contextlib.suppress(FontUnreadable):
        assert Characters({b"cmap": bytes(data)}).glyph(code) >= 0


def test_a_replacement_comes_from_the_default_where_the_font_has_none(tmp_path: Path) -> None:
    own = read_faces(write(tmp_path, "a.ttf", make_font("Brand", {"a": "a"})), "project")
    runs = FontSet((*own, *bundled_faces())).runs("a漢", "Brand", 400, italic=False)

    assert [run.text for run in runs] == ["a", "\N{REPLACEMENT CHARACTER}"]
    assert runs[1].face is bundled_fonts().face("Roboto", 400, italic=False)


def test_a_renamed_face_is_a_font_of_that_name_alone() -> None:
    tables = read_tables(rename(roboto_tables(900), "Odd {\\b1} name, with; everything"), 0)
    names = read_names(tables)

    assert (names.family, names.aliases, names.weight) == ("Odd {\\b1} name, with; everything", (), 900)
    assert read_metrics(tables) == read_metrics(roboto_tables(900))


def test_a_collection_has_a_face_for_each_of_its_fonts(tmp_path: Path) -> None:
    data = make_collection(make_font("One", {"a": "a"}), make_font("Two", {"b": "b"}, weight=700))
    faces = read_faces(write(tmp_path, "both.ttc", data), "project")

    assert [(face.family, face.index, face.weight) for face in faces] == [("One", 0, 400), ("Two", 1, 700)]
    assert [load_face(face).covers("b") for face in faces] == [False, True]
    assert load_face(faces[0]).name != load_face(faces[1]).name
    with pytest.raises(FontUnreadable):
        load_face(Face("Three", 400, False, faces[0].path, 2, "project"))


def test_a_font_without_windows_heights_takes_those_of_hhea() -> None:
    tables = roboto_tables()
    os2 = bytearray(tables[b"OS/2"])
    os2[74:78] = bytes(4)
    ascent, descent = struct.unpack_from(">hh", tables[b"hhea"], 4)
    metrics = read_metrics({**tables, b"OS/2": bytes(os2)})

    assert (metrics.ascent, metrics.descent) == (ascent, -descent)
    with pytest.raises(FontUnreadable):
        read_metrics({b"hhea": bytes(36)})


def test_names_of_other_platforms_serve_where_windows_has_none() -> None:
    text = "Mac".encode("mac-roman") + b"Regular"
    records = struct.pack(">6H", 1, 0, 0, 1, 3, 0) + struct.pack(">6H", 1, 0, 0, 2, 7, 3)
    foreign = struct.pack(">6H", 2, 0, 0, 1, 3, 0)
    table = struct.pack(">HHH", 0, 3, 6 + 36) + records + foreign + text
    names = read_names({b"name": table})

    assert (names.family, names.weight, names.width, names.italic) == ("Mac", 400, 5, False)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "nothing"),
        (b"GIF89a" + bytes(99), "a picture"),
        (b"ttcf\0\1\0\0\0\0\0\1\xff\xff\xff\xff", "a collection that points outside"),
        (b"\0\1\0\0\xff\xff" + bytes(99), "a font of too many tables"),
        (struct.pack(">4s4H", b"OTTO", 1, 16, 0, 0) + struct.pack(">4sLLL", b"name", 0, 28, 0), "no outlines"),
    ],
)
def test_what_is_no_font_is_refused(data: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(FontUnreadable):
        read_faces(write(tmp_path, "font.ttf", data), "project")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(ROBOTO) - 1), st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), max_size=12))
def test_a_damaged_font_is_read_or_refused_and_nothing_else(length: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(ROBOTO[: max(length, 4_000)])
    for place, value in changes:
        data[place] = value
    try:
        for offset in face_offsets(bytes(data)):
            tables = read_tables(bytes(data), offset)
            read_names(tables)
            read_metrics(tables)
            advance = read_advances(tables)
            characters = Characters(tables)
            for char in "Aé漢":
                assert advance(characters.glyph(ord(char))) >= 0
            rename(tables, "x")
    except FontUnreadable:
        pass


def test_a_font_without_widths_or_unicode_is_refused() -> None:
    tables = roboto_tables()
    with pytest.raises(FontUnreadable):
        read_advances({**tables, b"hmtx": b""})
    with pytest.raises(FontUnreadable):
        Characters({**tables, b"cmap": struct.pack(">HHHHL", 0, 1, 1, 0, 12) + struct.pack(">H", 0)})


def face(weight: int, *, italic: bool = False, width: int = 5) -> Face:
    return Face("F", weight, italic, "", 0, "system", width)


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        (400, [400, 500, 300, 100, 700, 900]),
        (500, [500, 400, 300, 100, 700, 900]),
        (450, [500, 400, 300, 100, 700, 900]),
        (300, [300, 100, 400, 500, 700, 900]),
        (200, [100, 300, 400, 500, 700, 900]),
        (600, [700, 900, 500, 400, 300, 100]),
        (900, [900, 700, 500, 400, 300, 100]),
    ],
)
def test_weights_are_preferred_as_css_prefers_them(wanted: int, order: list[int]) -> None:
    faces = [face(weight) for weight in (100, 300, 400, 500, 700, 900)]

    assert [found.weight for found in choose(faces, wanted, italic=False)] == order


def test_slope_counts_more_than_weight_and_width_more_than_slope() -> None:
    faces = [face(400), face(900, italic=True), face(400, italic=True, width=3)]

    assert choose(faces, 400, italic=True) == [faces[1], faces[0], faces[2]]


def test_a_family_is_found_by_any_case_and_a_face_by_its_full_name() -> None:
    fonts = bundled_fonts()

    assert len(fonts.family("rObOtO")) == 12
    assert [found.weight for found in fonts.family("Roboto Bold")] == [700]
    assert fonts.family("Nothing") == []
    assert fonts.face("Nothing", 700, italic=False) is fonts.face("Roboto", 700, italic=False)


def test_a_font_of_the_project_comes_before_an_installed_one_of_its_name(tmp_path: Path) -> None:
    own = read_faces(write(tmp_path, "a.ttf", make_font("Brand", {"a": "a"})), "project")
    installed = read_faces(write(tmp_path, "b.ttf", make_font("Brand", {"b": "b"})), "system")
    fonts = FontSet((*installed, *own, *bundled_faces()))

    assert fonts.family("Brand") == own
    assert [run.text for run in fonts.runs("ab", "Brand", 400, italic=False)] == ["a", "b"]


def test_marks_stay_with_the_character_that_bears_them(tmp_path: Path) -> None:
    han = read_faces(write(tmp_path, "han.ttf", make_font("Han", {"漢": "W"})), "project")
    fonts = FontSet((*han, *bundled_faces()))
    runs = fonts.runs("a漢\ufe00漢b", "Roboto", 400, italic=False)

    assert [run.text for run in runs] == ["a", "漢\ufe00漢", "b"]


def test_missing_characters_are_named_once_and_invisible_ones_never() -> None:
    assert bundled_fonts().missing("a漢\u200d 漢\n\t字\x07\ufe0f") == ["漢", "字"]


def test_a_font_that_has_gone_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "han.ttf", make_font("Han", {"漢": "W"}))
    fonts = FontSet((*read_faces(path, "project"), *bundled_faces()))
    path.unlink()

    assert fonts.face("Han", 400, italic=False) is fonts.face("Roboto", 400, italic=False)
    assert fonts.missing("漢") == ["漢"]
    with pytest.raises(FontUnreadable):
        FontSet(()).face("Roboto", 400, italic=False)


def test_a_font_that_changes_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "f.ttf", make_font("F", {"a": "a"}))
    found = read_faces(path, "project")[0]
    assert read_characters(found).glyph(ord("b")) == 0
    path.write_bytes(make_font("F", {"a": "a", "b": "b"}))

    assert read_characters(found).glyph(ord("b")) != 0


@given(st.binary(max_size=400))
def test_embedded_bytes_decode_as_libass_decodes_them(data: bytes) -> None:
    text = encode(data).replace(b"\n", b"")
    bits = "".join(f"{byte - 33:06b}" for byte in text)

    assert all(33 <= byte <= 96 for byte in text)
    assert bytes(int(bits[start : start + 8], 2) for start in range(0, 8 * len(data), 8)) == data
