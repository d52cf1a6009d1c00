"""project.validate and project.analyze: what only the world can tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.project import Validated
from protocol.commands.shared import ProjectRef
from protocol.errors import FfmpegNotFound, InvalidProject, PermissionDenied
from protocol.problem import Problem
from protocol.project import Export
from sidecar.core.source import SourceAudio, SourceFacts
from sidecar.services.projects import Scope
from sidecar.services.projects.world import CheckRead, export_problems
from tests.harness.facts import video_facts
from tests.services.projects.workshop import CLIP, DEMO, Media, Workshop, capabilities, open_workshop

VIDEO = video_facts(size=(320, 180), seconds=3)
AUDIO = SourceAudio(0, 1, "aac", 48_000, 2, "stereo", Fraction(0), Fraction(3))
FILM = SourceFacts("film.mp4", "1-2-a", 1, "mov", Fraction(0), Fraction(3), (VIDEO,), (AUDIO,))
SILENT = replace(FILM, path="silent.mp4", audio=())
SOUND = replace(FILM, path="sound.wav", video=())
STILL = replace(FILM, path="still.png", duration=Fraction(1, 25), video=(replace(VIDEO, still=True),), audio=())
ENDLESS = replace(FILM, path="endless.ts", duration=None)
FILES = {facts.path: facts for facts in (FILM, SILENT, SOUND, STILL, ENDLESS)}


def _clip(path: str = "film.mp4", start: float = 0, duration: float = 2, **members: Any) -> dict[str, Any]:
    source = {"kind": "file", "path": path, **members.pop("source", {})}
    return {"source": source, "start": start, "duration": duration, **members}


def _project(*clips: dict[str, Any], kind: str = "video", **members: Any) -> dict[str, Any]:
    track = {"kind": kind, "clips": list(clips), **members}
    return {**DEMO, "tracks": [track], "export": {"video": {"codec": "mpeg4"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text("a probe is not what this is about")
    return tmp_path


def _allow(path: str) -> Path:
    return Path(path)


def _shop(folder: Path, files: Mapping[str, SourceFacts] = FILES, known: frozenset[str] = frozenset()) -> Any:
    return open_workshop(folder, media=Media(files, known))


async def _validate(
    shop: Workshop, raw: dict[str, Any], scope: Scope | None = None, check_read: CheckRead = _allow
) -> Validated:
    ref = ProjectRef(inline=raw, base_path=str(shop.folder))
    return await shop.service.validate(ref, scope or Scope(), check_read=check_read)


def _said(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [(each.severity, each.context.get("rule", each.code), each.pointer) for each in problems]


async def test_a_valid_project(folder: Path) -> None:
    async with _shop(folder) as shop:
        found = await _validate(shop, _project(_clip(), _clip("silent.mp4", 2), _clip(start=4)))
        assert (found.valid, found.problems, found.truncated) == (True, [], False)
        assert (found.frames, found.duration, found.frame_rate) == (150, "6/1", "25")
        assert (found.media_checked, found.media_missing, found.revision) == (2, [], None)


async def test_files_that_are_missing_or_no_media(folder: Path) -> None:
    (folder / "text.txt").write_text("no media")
    raw = _project(_clip("none.mp4", id="a"), _clip("text.txt", 2, id="b"), _clip("none.mp4", 4, id="c"))
    raw["media"] = [{"id": "m", "path": "unused.mp4"}, {"id": "n", "path": "film.mp4"}]
    async with _shop(folder) as shop:
        found = await _validate(shop, raw)
        assert _said(found.problems) == [
            ("warning", "mediaNotFound", "/media/0/path"),
            ("error", "mediaNotFound", "/tracks/0/clips/0/source/path"),
            ("error", "mediaUnreadable", "/tracks/0/clips/1/source/path"),
        ]
        assert found.problems[1].ids == ["a", "c"]
        assert found.media_missing == ["unused.mp4", "none.mp4"]
        assert (found.valid, found.media_checked) == (False, 4)
        unseen = await _validate(shop, raw, Scope(media="none"))
        assert (unseen.valid, unseen.media_checked) == (True, 0)


async def test_what_an_earlier_probe_found_may_do(folder: Path) -> None:
    async with _shop(folder, known=frozenset({"film.mp4"})) as shop:
        raw = _project(_clip(duration=9), _clip("silent.mp4", 9, 9), _clip("none.mp4", 20))
        found = await _validate(shop, raw, Scope(media="cached"))
        assert [rule for _, rule, _ in _said(found.problems)] == ["mediaNotFound", "sourceRange"]
        assert found.media_checked == 2


async def test_files_outside_what_may_be_read(folder: Path) -> None:
    def deny(path: str) -> Path:
        raise PermissionDenied(path=path, access="read")

    async with _shop(folder) as shop:
        found = await _validate(shop, _project(_clip()), check_read=deny)
        assert _said(found.problems) == [("error", "permissionDenied", "/tracks/0/clips/0/source/path")]


async def test_relative_paths_need_a_folder(folder: Path) -> None:
    raw = _project(_clip(), _clip("file://elsewhere/x.mp4", 2))
    async with _shop(folder) as shop:
        found = await shop.service.validate(ProjectRef(inline=raw), Scope(), check_read=_allow)
        assert [rule for _, rule, _ in _said(found.problems)] == ["mediaNotFound", "mediaUnsupported"]
        assert "basePath" in (found.problems[0].suggestion or "")


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (_clip(duration=3), []),
        (_clip(duration=3.04), []),
        (_clip(duration=3.08), [("error", "sourceRange", "/duration")]),
        (_clip(duration=2, sourceStart=1.5), [("error", "sourceRange", "/duration")]),
        (_clip(duration=1, sourceStart=5), [("error", "sourceRange", "/duration")]),
        (_clip(duration=2, speed=2), [("error", "sourceRange", "/duration")]),
        (_clip(duration=6, speed=0.5), []),
        (_clip(duration=9, freeze=True), []),
        (_clip(duration=9, freeze=True, sourceStart=4), [("warning", "sourceEnd", "")]),
        (_clip(duration=2, source={"loop": True}), []),
        (_clip("still.png", duration=9), []),
        (_clip("endless.ts", duration=9), []),
        (_clip("sound.wav"), [("error", "streamMissing", "/source")]),
        (_clip(source={"videoStream": 1}), [("error", "streamMissing", "/source")]),
        (_clip(source={"audioStream": 1}), [("error", "streamMissing", "/source")]),
        (_clip("silent.mp4"), []),
        (_clip(source={"channelMap": [0, 2]}), [("error", "channelMissing", "/source/channelMap/1")]),
        (_clip(source={"channelMap": [None, 1]}), []),
    ],
)
async def test_what_a_clip_takes_is_in_its_file(folder: Path, clip: Any, expected: Any) -> None:
    async with _shop(folder) as shop:
        found = await _validate(shop, _project(clip))
        ours = [each for each in _said(found.problems) if each[1] != "notSupported"]
        assert ours == [(severity, rule, f"/tracks/0/clips/0{pointer}") for severity, rule, pointer in expected]


async def test_a_sound_track_plays_sound(folder: Path) -> None:
    async with _shop(folder) as shop:
        raw = _project(_clip("silent.mp4"), _clip("sound.wav", 2), _clip("sound.wav", 4, 3.5), kind="audio")
        found = await _validate(shop, raw)
        assert _said(found.problems) == [
            ("error", "streamMissing", "/tracks/0/clips/0/source"),
            ("error", "sourceRange", "/tracks/0/clips/2/duration"),
        ]


async def test_handles_beyond_the_source_are_held(folder: Path) -> None:
    clips = (_clip(duration=3, id="a"), _clip(start=3, duration=2, id="b"))
    fade = {"type": "fade", "from": "a", "to": "b", "duration": 1}
    async with _shop(folder) as shop:
        found = await _validate(shop, _project(*clips, transitions=[fade]))
        assert [each for each in _said(found.problems) if each[0] == "warning"] == [
            ("warning", "shortHandle", "/tracks/0/clips/0"),
            ("warning", "shortHandle", "/tracks/0/clips/1"),
        ]
        held = {
            each.ids[0]: (each.context["before"], each.context["after"])
            for each in found.problems
            if each.code == "shortHandle"
        }
        assert held == {"a": (0, 13), "b": (12, 0)}
        assert found.valid


async def test_fonts_are_asked_about(folder: Path) -> None:
    title = {**CLIP, "source": {"kind": "title", "text": "Hi", "style": {"fontFamily": "No Such Family"}}}
    async with _shop(folder) as shop:
        found = await _validate(shop, _project(title))
        assert "fontSubstituted" in [each.code for each in found.problems]


async def test_encoders_are_asked_about(folder: Path) -> None:
    async with _shop(folder) as shop:
        found = await _validate(shop, {**_project(CLIP), "export": {}})
        (problem,) = found.problems
        assert (problem.code, problem.pointer, problem.suggestion) == (
            "encoderUnavailable",
            "/export/video/codec",
            "It can write mpeg4",
        )
        mkv = await _validate(shop, {**_project(CLIP), "export": {"container": "mkv"}})
        assert _said(mkv.problems) == [("error", "encoderUnavailable", "/export/container")]
        without = await _validate(shop, {**_project(CLIP), "export": {"container": "mkv"}}, Scope(for_export=False))
        assert without.valid

        async def none() -> Capabilities:
            raise FfmpegNotFound(detail="it is not here")

        assert _said(await export_problems(Export(), none)) == [("error", "ffmpegNotFound", "/export")]
        only_sound = Export(container="mp4", video=None)
        assert await export_problems(only_sound, capabilities) == []


async def test_all_problems_count_and_the_first_are_listed(folder: Path) -> None:
    clips = [_clip("none.mp4", at * 2, 0) for at in range(20)]
    async with _shop(folder) as shop:
        found = await _validate(shop, _project(*clips), Scope(max_problems=5))
        assert (len(found.problems), found.truncated, found.valid) == (5, True, False)


async def test_a_project_that_cannot_be_read_is_a_result(folder: Path) -> None:
    async with _shop(folder) as shop:
        found = await _validate(shop, {**DEMO, "width": "wide"})
        assert (found.valid, found.frames, found.duration, found.frame_rate) == (False, 0, "0/1", "")
        with pytest.raises(InvalidProject):
            await _validate(shop, {})


async def test_open_projects_and_files_are_validated_too(folder: Path) -> None:
    (folder / "film.json").write_text(json.dumps(_project(_clip(duration=9))))
    async with _shop(folder) as shop:
        by_path = ProjectRef(path=str(folder / "film.json"))
        assert not (await shop.service.validate(by_path, Scope(), check_read=_allow)).valid
        await shop.service.open(_project(_clip()), base_path=str(folder))
        found = await shop.service.validate(ProjectRef(id="demo", revision=1), Scope(), check_read=_allow)
        assert (found.valid, found.revision) == (True, 1)


async def test_analyze(folder: Path) -> None:
    tracks = [
        {
            "id": "v1",
            "kind": "video",
            "name": "Main",
            "effects": [{"type": "blur"}],
            "clips": [
                _clip(id="a", effects=[{"type": "blur"}, {"type": "glow", "enabled": False}]),
                _clip(id="b", start=4, source={"path": None, "media": "m"}),
                _clip(id="off", start=9, enabled=False),
            ],
            "transitions": [{"type": "fade", "to": "a", "duration": 0.5}],
        },
        {"id": "v2", "kind": "video", "clips": [{**CLIP, "start": 1, "duration": 2, "id": "z"}]},
        {"id": "hidden", "kind": "video", "enabled": False, "clips": [{**CLIP, "id": "y", "duration": 8}]},
        {"id": "a1", "kind": "audio", "clips": [{"source": {"kind": "tone"}, "start": 0, "duration": 8}]},
        {
            "id": "s1",
            "kind": "subtitle",
            "cues": [{"start": 0, "end": 1, "text": "x"}, {"start": 0.5, "end": 2, "text": "y"}],
        },
    ]
    raw = {**DEMO, "tracks": tracks, "media": [{"id": "m", "path": "none.mp4"}]}
    async with _shop(folder) as shop:
        ref = ProjectRef(inline=raw, base_path=str(folder))
        found = await shop.service.analyze(ref, check_read=_allow)
        assert (found.frames, found.duration, found.frame_rate, found.width) == (200, "8/1", "25", 320)
        assert (found.clips, found.cues, found.transitions) == (6, 2, 1)
        assert found.effects == {"blur": 2, "glow": 1}
        assert found.sources == {"file": 3, "color": 2, "tone": 1}
        assert [(use.path, use.clips, use.exists) for use in found.media] == [
            ("none.mp4", ["b"], False),
            ("film.mp4", ["a", "off"], True),
        ]
        # Picture at 0–3 and 4–6 s of 8: a gap between, and one at the end.
        assert (found.most_layers, found.gaps) == (2, 2)
        main, *_, subtitles = found.tracks
        assert (main.items, main.transitions, main.effects, main.frames) == (3, 1, 3, 100)
        assert (subtitles.kind, subtitles.items, subtitles.frames) == ("subtitle", 2, 50)

        def deny(path: str) -> Path:
            raise PermissionDenied(path=path, access="read")

        denied = await shop.service.analyze(ref, check_read=deny)
        assert not any(use.exists for use in denied.media)
        empty = await shop.service.analyze(ProjectRef(inline={**DEMO, "tracks": []}), check_read=_allow)
        assert (empty.most_layers, empty.gaps, empty.frames) == (0, 0, 0)
