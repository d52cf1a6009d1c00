"""The files of a project as it names them: entries, their order, fingerprints and paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import MediaNotFound, MediaUnsupported, PermissionDenied
from sidecar.services.access import ReadAccess
from sidecar.services.bin.entries import entries_of, in_order, path_text, same_content
from sidecar.services.media.paths import local_path
from sidecar.services.projects.reading import content_of


def clip(start: int, **source: Any) -> dict[str, Any]:
    return {"id": f"c{start}", "source": {"kind": "file", **source}, "start": start, "duration": 1}


def project(media: list[dict[str, Any]], *clips: dict[str, Any]) -> dict[str, Any]:
    track = {"id": "v", "kind": "video", "clips": list(clips)}
    return {"schema": "timeline/1", "frameRate": "25", "width": 320, "height": 180, "media": media, "tracks": [track]}


def test_the_bin_and_what_only_clips_name(tmp_path: Path) -> None:
    media = [{"id": "m1", "path": "a.mp4", "fingerprint": "1-2-x"}, {"id": "m2", "path": str(tmp_path / "b.mp4")}]
    clips = [clip(0, media="m1"), clip(1, path="a.mp4"), clip(2, path="c.mp4"), clip(3, path="c.mp4")]
    content = content_of(project(media, *clips))
    first, second, third = entries_of(content.project, tmp_path, ReadAccess())
    assert (first.id, first.clips, first.stored) == ("m1", ("c0", "c1"), "1-2-x")
    assert first.pointers == ("/media/0/path", "/tracks/0/clips/1/source/path")
    assert (second.id, second.clips, second.file) == ("m2", (), (tmp_path / "b.mp4").resolve())
    assert (third.id, third.clips) == (None, ("c2", "c3"))
    assert third.pointers == ("/tracks/0/clips/2/source/path", "/tracks/0/clips/3/source/path")
    assert third.file == (tmp_path / "c.mp4").resolve()


def test_paths_that_lead_nowhere_say_why(tmp_path: Path) -> None:
    media = [{"id": "m1", "path": "a.mp4"}, {"id": "m2", "path": "/x.mp4"}, {"id": "m3", "path": "file://host/a"}]
    content = content_of(project(media))
    relative, outside, strange = entries_of(content.project, None, ReadAccess((tmp_path.resolve(),)))
    assert isinstance(relative.location, MediaNotFound)
    assert isinstance(outside.location, PermissionDenied)
    assert isinstance(strange.location, MediaUnsupported)
    assert relative.file is None


def test_first_what_is_in_sight_then_what_is_used(tmp_path: Path) -> None:
    media = [{"id": f"m{number}", "path": f"{number}.mp4"} for number in range(5)]
    content = content_of(project(media, clip(0, media="m3")))
    entries = entries_of(content.project, tmp_path, ReadAccess())
    folder = tmp_path.resolve()
    order = in_order(entries, ["4.mp4", "m2", "nobody"])
    assert order == [folder / f"{number}.mp4" for number in (4, 2, 3, 0, 1)]
    assert in_order(entries, []) == [folder / f"{number}.mp4" for number in (3, 0, 1, 2, 4)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("1-2-a", "1-3-a", True), ("1-2-a", "2-2-a", False), ("1-2-a", "1-2-b", False), ("nothing", "nothing", False)],
)
def test_content_is_size_and_hash(one: str, other: str, *, same: bool) -> None:
    assert same_content(one, other) is same


def test_paths_that_are_no_unicode_are_urls() -> None:
    strange = Path(os.fsdecode(b"/a b/\xff%.mp4"))
    assert path_text(strange) == "file:///a%20b/%FF%25.mp4"
    assert local_path(path_text(strange)) == strange
    assert path_text(Path("/a b/é.mp4")) == "/a b/é.mp4"
