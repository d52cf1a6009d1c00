"""A target appears whole, once, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from protocol.errors import DiskFull, OutputExists, OutputUnwritable
from sidecar.services.render.publish import check_not_a_source, check_target, part_path, publish


def test_part_lies_hidden_beside_its_target(tmp_path: Path) -> None:
    part = part_path(tmp_path / "film.mp4", "i1-3")
    assert part == tmp_path / ".film.mp4.i1-3.part"


def test_publish_moves_the_part(tmp_path: Path) -> None:
    target, part = tmp_path / "film.mp4", tmp_path / ".film.part"
    part.write_bytes(b"whole")
    publish(part, target, overwrite=False)
    assert target.read_bytes() == b"whole"
    assert not part.exists()


def test_publish_replaces_only_when_asked(tmp_path: Path) -> None:
    target, part = tmp_path / "film.mp4", tmp_path / ".film.part"
    target.write_bytes(b"old")
    part.write_bytes(b"new")
    with pytest.raises(OutputExists):
        publish(part, target, overwrite=False)
    assert target.read_bytes() == b"old"
    publish(part, target, overwrite=True)
    assert target.read_bytes() == b"new"


def test_publish_without_its_folder(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"x")
    with pytest.raises(OutputUnwritable):
        publish(part, tmp_path / "gone" / "film.mp4", overwrite=True)


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    check_target(tmp_path / "film.mp4", overwrite=False)
    with pytest.raises(OutputUnwritable, match="folder does not exist"):
        check_target(tmp_path / "gone" / "film.mp4", overwrite=True)
    with pytest.raises(OutputUnwritable, match="is a folder"):
        check_target(tmp_path, overwrite=True)
    (tmp_path / "film.mp4").write_bytes(b"")
    with pytest.raises(OutputExists):
        check_target(tmp_path / "film.mp4", overwrite=False)
    check_target(tmp_path / "film.mp4", overwrite=True)


def test_a_folder_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write everywhere, so the system's answer is given at the seam.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputUnwritable, match="refuses"):
        check_target(tmp_path / "film.mp4", overwrite=False)


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, part = tmp_path / "film.mp4", tmp_path / "part"
    part.write_bytes(b"x")

    def full(_descriptor: int) -> None:
        raise OSError(errno.EDQUOT, "Quota exceeded")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull) as failed:
        publish(part, target, overwrite=True)
    assert failed.value.path == str(target)
    assert not target.exists()


def test_a_source_is_no_target(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "target.mp4"
    source.write_bytes(b"x")
    check_not_a_source(target, [str(source)])
    target.symlink_to(source)
    check_not_a_source(target, [str(tmp_path / "gone.mp4")])
    with pytest.raises(OutputUnwritable, match="source"):
        check_not_a_source(target, [str(source)])


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_is_no_plain_file_is_never_replaced(tmp_path: Path, *, overwrite: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputUnwritable):
        check_target(pipe, overwrite=overwrite)
    assert pipe.is_fifo()
