"""Paths of URLs: what they name, and that nobody else can write one."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.services.cache.kinds import KINDS
from sidecar.services.resources.capability import (
    SECRET_FILE,
    EntryPath,
    FilePath,
    Signer,
    cache_secret,
    write,
)

KEY = "0f" * 32
TYPES = ("image/jpeg", 'video/mp4; codecs="avc1.64001f, mp4a.40.2"', "application/octet-stream", "x/" + "y" * 200)


@given(st.sampled_from(KINDS), st.binary(min_size=32, max_size=32), st.sampled_from(TYPES))
def test_what_was_offered_is_read_back(kind: str, key: bytes, content_type: str) -> None:
    signer = Signer(b"s" * 32)
    offered = signer.entry(kind, key.hex(), content_type)  # type: ignore[arg-type]
    path = write(offered)
    assert signer.read(path) == offered
    assert isinstance(offered, EntryPath)
    assert path.isascii()
    assert not set(path) & set('?#% "<>\\')
    assert Signer(b"t" * 32).read(path) is None


def test_a_path_with_any_character_changed_is_nobodys() -> None:
    signer = Signer(b"s" * 32)
    path = write(signer.entry("frames", KEY, "image/jpeg"))
    for index in range(len(path)):
        for other in "0aA/.-_%~":
            if path[index] != other:
                changed = path[:index] + other + path[index + 1 :]
                read = signer.read(changed)
                assert read is None, changed
        assert signer.read(path[:index]) is None
        assert signer.read(path[:index] + path[index + 1 :]) is None
    for added in ("/", "=", "x", "%00", "?", "/file"):
        assert signer.read(path + added) is None


def test_other_spellings_of_the_same_are_nobodys() -> None:
    signer = Signer(b"s" * 32)
    path = write(signer.entry("frames", KEY, "image/jpeg"))
    proof = path.split("/")[2]
    assert signer.read(path.replace(proof, proof.upper())) is None or proof == proof.upper()
    assert signer.read(f"{path}==") is None
    assert signer.read(path.replace(KEY, KEY.upper())) is None
    assert signer.read(f"/r/./{path[3:]}") is None
    assert signer.read(path.replace("/r/", "//r/")) is None


@given(st.text())
def test_no_path_is_too_strange(path: str) -> None:
    assert Signer(b"s" * 32).read(path) is None
    read = Signer(b"s" * 32).read(f"/r/{path}")
    assert read is None or read == FilePath(path.removesuffix("/file"))


def test_proofs_are_of_all_parts_and_of_where_they_end() -> None:
    signer = Signer(b"s" * 32)
    proofs = {
        signer.proof("entry", "frames", KEY, "a/b"),
        signer.proof("entry", "frames", KEY, "a/c"),
        signer.proof("entry", "sound", KEY, "a/b"),
        signer.proof("entry", "frames", "1" * 64, "a/b"),
        signer.proof("file", "/a", "b"),
        signer.proof("file", "/ab", ""),
        signer.proof("file", "/", "ab"),
    }
    assert len(proofs) == 7
    assert all(len(bytes.fromhex(proof)) == 16 for proof in proofs)
    assert signer.proof("file", "/\udcff", "a/b")


def test_all_sidecars_of_a_cache_have_one_secret(tmp_path: Path) -> None:
    first = cache_secret(tmp_path / "cache")
    assert cache_secret(tmp_path / "cache") == first
    assert cache_secret(tmp_path / "other") != first
    path = tmp_path / "cache" / SECRET_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_of_two_who_begin_at_once_both_get_it(tmp_path: Path) -> None:
    for attempt in range(20):
        found: list[bytes] = []
        begin = threading.Barrier(4)

        def claim(folder: Path, found: list[bytes], begin: threading.Barrier) -> None:
            begin.wait(60)
            found.append(cache_secret(folder))

        threads = [threading.Thread(target=claim, args=(tmp_path / str(attempt), found, begin)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(found) == 4
        assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_secret_that_is_none_is_not_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SECRET_FILE).write_bytes(content)
    found = cache_secret(tmp_path)
    assert len(found) == 32
    assert found != cache_secret(tmp_path)


def test_a_folder_that_takes_no_file_has_a_secret_for_now(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert len(cache_secret(tmp_path / "file" / "cache")) == 32
