from __future__ import annotations

from pathlib import Path

import pytest
import trio

from protocol.errors import PermissionDenied
from protocol.project import (
    Clip,
    ColorSource,
    Cue,
    Font,
    GraphicSource,
    Project,
    Style,
    SubtitleTrack,
    TitleSource,
    VideoTrack,
)
from sidecar.services.fonts import FontService, ProjectFonts, system_folders
from tests.harness.fonts import make_collection, make_font
from tests.harness.patience import PATIENCE


def title(text: str, family: str | None = None, *, enabled: bool = True) -> Clip:
    source = TitleSource(text=text, style=Style(font_family=family))
    return Clip(source=source, start=0, duration=1, id="t1", enabled=enabled)


def project(*clips: Clip, tracks: list[SubtitleTrack] | None = None, fonts: list[Font] | None = None) -> Project:
    return Project(
        schema="timeline/1",
        frame_rate="25",
        width=640,
        height=360,
        tracks=[VideoTrack(clips=list(clips)), *(tracks or [])],
        fonts=fonts or [],
    )


async def gather(service: FontService, given: Project, base: Path | None = None) -> ProjectFonts:
    with trio.fail_after(PATIENCE):
        return await service.for_project(given, base, Path)


def test_fonts_of_the_system_are_listed_beside_the_bundled(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "both.TTC").write_bytes(
        make_collection(make_font("Zed", {"a": "a"}), make_font("Ab", {"a": "a"}))
    )
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "gone.otf").symlink_to(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("not a font")
    listed = FontService([tmp_path, tmp_path / "missing"]).list_fonts()
    again = FontService([tmp_path]).list_fonts()

    assert [(face.family, face.source) for face in listed.fonts if face.source == "system"] == [
        ("Ab", "system"),
        ("Zed", "system"),
    ]
    assert sum(face.source == "bundled" for face in listed.fonts) == 12
    assert listed.default == "Roboto"
    assert again == listed


async def test_a_project_of_plain_text_asks_for_no_installed_font(tmp_path: Path) -> None:
    (tmp_path / "sys.ttf").write_bytes(make_font("Sys", {"漢": "W"}))
    found = await gather(
        FontService([tmp_path]), project(title("Hello", "roboto"), Clip(source=ColorSource(), start=1, duration=1))
    )

    assert {face.source for face in found.fonts.faces} == {"bundled"}
    assert found.problems == []


async def test_an_installed_font_is_used_where_it_is_asked_for_or_needed(tmp_path: Path) -> None:
    (tmp_path / "sys.ttf").write_bytes(make_font("Sys", {"漢": "W"}))
    service = FontService([tmp_path])

    for given in (project(title("a", "sys")), project(title("漢"))):
        found = await gather(service, given)
        assert found.problems == []
        assert found.fonts.family("Sys")


async def test_a_missing_family_names_its_substitute_where_it_is_written() -> None:
    track = SubtitleTrack(
        style=Style(font_family="Gone"),
        cues=[
            Cue(start=0, end=1, text="a", id="q1"),
            Cue(start=0, end=1, text="b", id="q2"),
            Cue(start=0, end=1, text="c", style=Style(font_family="Also gone"), id="q3"),
            Cue(start=0, end=1, text="d", style=Style(font_family="Off"), enabled=False),
        ],
    )
    off = SubtitleTrack(enabled=False, cues=[Cue(start=0, end=1, text="漢")])
    found = await gather(FontService([]), project(title("x", "Lost"), title("漢", enabled=False), tracks=[track, off]))

    assert [(problem.code, problem.pointer, problem.ids) for problem in found.problems] == [
        ("fontSubstituted", "/tracks/0/clips/0/source/style/fontFamily", ["t1"]),
        ("fontSubstituted", "/tracks/1/style/fontFamily", ["q1"]),
        ("fontSubstituted", "/tracks/1/cues/2/style/fontFamily", ["q3"]),
    ]
    assert all(problem.severity == "warning" for problem in found.problems)
    assert found.problems[0].context == {"family": "Lost", "substitute": "Roboto"}
    assert "Roboto" in found.problems[0].message


async def test_characters_of_no_font_are_named() -> None:
    found = await gather(FontService([]), project(title("a漢字漢")))

    (problem,) = found.problems
    assert (problem.code, problem.pointer) == ("glyphMissing", "/tracks/0/clips/0/source/text")
    assert problem.context == {"characters": ["漢", "字"]}
    assert "U+6F22" in problem.message


async def test_fonts_of_the_project_are_found_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "Brand.ttf").write_bytes(make_font("Brand", {"a": "a"}))
    given = project(title("a", "Brand"), fonts=[Font(path="fonts/Brand.ttf")])

    found = await gather(FontService([]), given, tmp_path)
    assert found.problems == []
    assert [face.source for face in found.fonts.family("Brand")] == ["project"]
    unsaved = await gather(FontService([]), given)
    assert [problem.code for problem in unsaved.problems] == ["fontUnreadable", "fontSubstituted"]


async def test_a_font_of_the_project_that_is_none_is_a_warning_at_its_path(tmp_path: Path) -> None:
    (tmp_path / "bad.ttf").write_bytes(b"nothing")
    given = project(
        title("a"), fonts=[Font(path="bad.ttf"), Font(path="gone.ttf"), Font(path="nul\0.ttf"), Font(path=".")]
    )
    found = await gather(FontService([]), given, tmp_path)

    assert [(problem.code, problem.pointer) for problem in found.problems] == [
        ("fontUnreadable", f"/fonts/{index}/path") for index in range(4)
    ]
    assert {face.source for face in found.fonts.faces} == {"bundled"}


async def test_a_font_outside_what_may_be_read_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.ttf").write_bytes(make_font("Secret", {"a": "a"}))

    def refuse(path: str) -> Path:
        raise PermissionDenied(path=path, access="read")

    given = project(title("a", "Secret"), fonts=[Font(path="secret.ttf")])
    with trio.fail_after(PATIENCE):
        found = await FontService([]).for_project(given, tmp_path, refuse)

    assert [(each.severity, each.code, each.pointer) for each in found.problems] == [
        ("error", "permissionDenied", "/fonts/0/path"),
        ("warning", "fontSubstituted", "/tracks/0/clips/0/source/style/fontFamily"),
    ]
    assert {face.source for face in found.fonts.faces} == {"bundled"}


async def test_the_fields_of_a_graphic_are_looked_at_for_missing_characters() -> None:
    source = GraphicSource(name="lower-third", fields={"name": "漢", "color": "#FF0000", "title": 5})
    unknown = GraphicSource(name="nothing", fields={"name": "漢"})
    clips = [Clip(source=each, start=at, duration=1, id=f"g{at}") for at, each in enumerate((source, unknown))]
    (problem,) = (await gather(FontService([]), project(*clips))).problems

    assert (problem.code, problem.pointer) == ("glyphMissing", "/tracks/0/clips/0/source/fields/name")
    assert problem.ids == ["g0"]


def test_a_system_of_endlessly_many_fonts_is_read_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "cab":
        (tmp_path / f"{name}.ttf").write_bytes(make_font(name, {"a": "a"}))
    monkeypatch.setattr("sidecar.services.fonts.MAX_SYSTEM_FILES", 2)
    listed = FontService([tmp_path]).list_fonts()

    assert [face.family for face in listed.fonts if face.source == "system"] == ["a", "b"]


def test_every_system_keeps_its_fonts_somewhere() -> None:
    linux = system_folders("linux", {"HOME": "/home/me", "XDG_DATA_HOME": "/data"})
    mac = system_folders("darwin", {"HOME": "/Users/me"})
    windows = system_folders("win32", {"WINDIR": "D:/Win", "LOCALAPPDATA": "D:/Local"})

    assert Path("/data/fonts") in linux
    assert Path("/home/me/.fonts") in linux
    assert Path("/Users/me/Library/Fonts") in mac
    assert windows == (Path("D:/Win/Fonts"), Path("D:/Local/Microsoft/Windows/Fonts"))
    assert system_folders("win32", {}) == (Path("C:/Windows/Fonts"),)
