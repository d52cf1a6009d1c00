"""Searching folders: names and sizes, links, bounds, and that it can be stopped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sidecar.services.bin import search as module
from sidecar.services.bin.search import plain_name, search


def quiet(_visited: int) -> None:
    """Nobody counts."""


def test_by_name_and_by_size_however_deep(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "CLIP.mp4").write_bytes(b"1234")
    (tmp_path / "other.mov").write_bytes(b"12345")
    (tmp_path / "third.mov").write_bytes(b"1")
    listing = search([tmp_path], {plain_name("clip.mp4")}, {5}, quiet)
    assert listing.by_name == {"clip.mp4": [deep / "CLIP.mp4"]}
    assert listing.by_size == {5: [tmp_path / "other.mov"]}
    assert (listing.visited, listing.truncated) == (5, False)


def test_accents_are_one_letter_or_two(tmp_path: Path) -> None:
    (tmp_path / "e\u0301.mp4").write_bytes(b"")
    assert list(search([tmp_path], {plain_name("\u00c9.mp4")}, set(), quiet).by_name) == ["\u00e9.mp4"]


def test_links_to_folders_lead_nowhere_and_none_is_seen_twice(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.mp4").write_bytes(b"")
    (inside / "loop").symlink_to(tmp_path)
    (inside / "gone.mp4").symlink_to(tmp_path / "nothing")
    os.mkfifo(inside / "fifo.mp4")
    found = search([tmp_path, inside, tmp_path], {"a.mp4", "gone.mp4", "fifo.mp4"}, {0}, quiet)
    assert found.by_name == {"a.mp4": [inside / "a.mp4"]}
    assert found.by_size == {0: [inside / "a.mp4"]}
    assert search([tmp_path / "missing"], {"a.mp4"}, set(), quiet).visited == 0


def test_it_is_bounded_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.mp4").write_bytes(b"")
    monkeypatch.setattr(module, "MOST_FILES", 10)
    listing = search([tmp_path], {"05.mp4", "15.mp4"}, set(), quiet)
    assert (list(listing.by_name), listing.visited, listing.truncated) == (["05.mp4"], 10, True)
    monkeypatch.setattr(module, "MOST_FILES", 1_000)
    monkeypatch.setattr(module, "DEEPEST", 2)
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "x.mp4").write_bytes(b"")
    listing = search([tmp_path], {"x.mp4"}, set(), quiet)
    assert (listing.by_name, listing.truncated) == ({}, True)


def test_it_can_be_stopped(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number}.mp4").write_bytes(b"")
    visited: list[int] = []

    def stop(count: int) -> None:
        visited.append(count)
        if count > 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search([tmp_path], {"x"}, set(), stop)
    assert visited == [256, 512]
