"""Roots: what a connection may read and write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from protocol.commands.session import Roots
from protocol.errors import PermissionDenied
from sidecar.commands.grant import grant_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("media", "out", "secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "media" / "way-out").symlink_to(tmp_path / "secret")
    (tmp_path / "media" / "way-in").symlink_to(tmp_path / "media" / "file")
    (tmp_path / "media2").mkdir()
    return tmp_path


def test_without_roots_everything_the_user_may(tree: Path) -> None:
    grant = grant_of(None)
    assert grant.check_read(str(tree / "secret" / "file")) == tree / "secret" / "file"
    assert grant.check_write("/anything") == Path("/anything")
    assert (grant.describe().read, grant.describe().write) == (None, None)


def test_with_no_roots_nothing(tree: Path) -> None:
    grant = grant_of(Roots(read=[], write=[]))
    for check in (grant.check_read, grant.check_write):
        with pytest.raises(PermissionDenied):
            check(str(tree / "media" / "file"))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("media", True),
        ("media/file", True),
        ("media/not/there/yet", True),
        ("media/way-in", True),
        ("media/way-out/file", False),
        ("media/../secret/file", False),
        ("media/way-out/../media/file", True),
        ("media2/file", False),
        ("secret/file", False),
        ("", False),
    ],
)
def test_only_inside_where_links_end(tree: Path, path: str, allowed: bool) -> None:  # noqa: FBT001
    grant = grant_of(Roots(read=[str(tree / "media")], write=[str(tree / "out")]))
    given = str(tree / path)
    if allowed:
        assert grant.check_read(given) == Path(os.path.realpath(given))
    else:
        with pytest.raises(PermissionDenied) as caught:
            grant.check_read(given)
        assert caught.value.context() == {"path": given, "access": "read"}


def test_reading_is_not_writing(tree: Path) -> None:
    grant = grant_of(Roots(read=[str(tree / "media")], write=[str(tree / "out")]))
    assert grant.check_write(str(tree / "out" / "new.mp4")) == tree / "out" / "new.mp4"
    with pytest.raises(PermissionDenied) as caught:
        grant.check_write(str(tree / "media" / "file"))
    assert caught.value.access == "write"
    with pytest.raises(PermissionDenied):
        grant.check_read(str(tree / "out" / "file"))


def test_relative_paths_start_where_the_process_stands(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree / "media")
    grant = grant_of(Roots(read=["."], write=[]))
    assert grant.check_read("file") == tree / "media" / "file"
    with pytest.raises(PermissionDenied):
        grant.check_read("../secret/file")


def test_paths_that_lead_nowhere_are_refused(tree: Path) -> None:
    (tree / "loop").symlink_to(tree / "loop")
    for path in ("a\0b", str(tree / "loop" / "x"), str(tree / ("n" * 300) / "x")):
        with pytest.raises(PermissionDenied):
            grant_of(Roots(read=[str(tree / "media")], write=[])).check_read(path)
