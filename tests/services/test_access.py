"""What may be read, of many paths at once as of each alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.errors import PermissionDenied
from sidecar.services.access import ReadAccess, at_once


def outcome(check: Callable[[str], Path], path: str) -> Path | str:
    try:
        return check(path)
    except PermissionDenied as error:
        return f"{error.kind} {error.context()}"


@pytest.mark.parametrize("rights", ["all", "nothing", "in", "in and away"])
def test_many_paths_at_once_lead_where_each_alone_does(tmp_path: Path, rights: str) -> None:
    inner, away = tmp_path / "in", tmp_path / "away"
    for folder in (inner, inner / "deep", away):
        folder.mkdir()
        (folder / "a.mp4").touch()
    (inner / "link.mp4").symlink_to(away / "a.mp4")
    (inner / "folder").symlink_to(away)
    (inner / "nowhere.mp4").symlink_to(tmp_path / "none")
    (inner / "round").symlink_to(inner / "round")
    (away / "back").symlink_to(inner)
    names = ("a.mp4", "deep/a.mp4", "missing.mp4", "link.mp4", "folder/a.mp4", "folder/none.mp4", "nowhere.mp4")
    odd = ("round", "round/a.mp4", "deep/../a.mp4", "deep/..", "folder/../a.mp4", ".", "", "a.mp4/", "a\0b", "x" * 300)
    paths = [f"{folder}/{name}" for folder in (inner, away, away / "back") for name in (*names, *odd)]
    paths += ["a.mp4", "/", "", "//", os.path.relpath(inner / "a.mp4")]
    given = {"all": None, "nothing": (), "in": (inner,), "in and away": (inner, away)}[rights]
    alone = ReadAccess(given)
    together = at_once(alone)
    for _ in range(2):
        assert [outcome(together, path) for path in paths] == [outcome(alone, path) for path in paths]
