"""Probing many files together: what is known is told first, a file that kills its worker is blamed alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from protocol.commands.media import MediaInfo
from protocol.errors import DecoderCrashed, MediaEncrypted, MediaNotFound, MediaUnreadable, Timeout
from sidecar.services.media.messages import Answer, Item, encode, failure_of, pack
from sidecar.services.media.survey import Found, ask_together
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.media.reading import reading

PICKY = """
import os, sys, time
import msgspec
item, answer = map(bytes.fromhex, sys.argv[1:])
while size := int.from_bytes(os.read(0, 4), "big"):
    for name, content in msgspec.msgpack.decode(os.read(0, size))["files"]:
        if b"deadly" in name:
            os.kill(os.getpid(), 11)
        if b"endless" in name:
            time.sleep(600)
        os.write(1, item)
    os.write(1, answer)
"""
REFUSAL = encode(Item(pack(failure_of(MediaEncrypted(path="")))))
PICKY_WORKER = (sys.executable, "-c", PICKY, REFUSAL.hex(), encode(Answer()).hex())
"""A worker that is ready at once, and refuses every file that it does not die of or stand still at."""


async def test_each_is_told_and_what_is_known_first(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", seconds=0.2)
    other = make_clip(tmp_path / "b.wav", picture=None, audio="mono", seconds=0.2)
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"junk" * 500)
    told: dict[Path, Found] = {}
    order: list[Path] = []

    def tell(path: Path, found: Found) -> None:
        order.append(path)
        told[path] = found

    async with reading(tmp_path) as there:
        alone = await there.media.probe(other, timeout=PATIENCE)
        paths = [clip, tmp_path / "gone.mp4", junk, other]
        await there.media.survey(paths, tell)
        assert order == [tmp_path / "gone.mp4", other, clip, junk]
        assert isinstance(told[tmp_path / "gone.mp4"], MediaNotFound)
        assert isinstance(told[junk], MediaUnreadable)
        info, again = told[clip], told[other]
        assert isinstance(info, MediaInfo)
        assert isinstance(again, MediaInfo)
        assert (again.audio, again.cached) == (alone.audio, True)
        known = await there.media.probe(clip, timeout=PATIENCE)
        assert (known.cached, known.video, known.fingerprint) == (True, info.video, info.fingerprint)
        order.clear()
        await there.media.survey(paths, tell)
        assert order == [tmp_path / "gone.mp4", clip, junk, other]


async def test_the_file_that_is_to_blame_is_blamed_alone(tmp_path: Path) -> None:
    names = ("a", "deadly", "b", "c", "endless", "d", "deadly-2")
    files = [(tmp_path / name, "1-1-x") for name in names]
    taken: list[str] = []
    blamed: list[tuple[str, str]] = []
    async with reading(tmp_path, PICKY_WORKER) as there:
        await ask_together(
            there.pool,
            files,
            # Long enough for a worker to start on a busy machine.
            5,
            lambda path, _content, _answer: taken.append(path.name),
            lambda path, _content, error: blamed.append((path.name, error.kind)),
        )
    assert taken == ["a", "b", "c", "d"]
    assert blamed == [
        ("deadly", DecoderCrashed.kind),
        ("endless", Timeout.kind),
        ("deadly-2", DecoderCrashed.kind),
    ]


async def test_a_crash_is_of_its_file_and_names_it(tmp_path: Path) -> None:
    paths = [tmp_path / "a.mp4", tmp_path / "deadly.mp4", tmp_path / "b.mp4"]
    for path in paths:
        path.write_bytes(os.fsencode(path))
    told: dict[str, Found] = {}
    async with reading(tmp_path, PICKY_WORKER) as there:
        await there.media.survey(paths, lambda path, found: told.update({path.name: found}))
    crash = told["deadly.mp4"]
    assert isinstance(crash, DecoderCrashed)
    assert (crash.path, crash.signal) == (str(paths[1]), 11)
    assert {type(told[name]).__name__ for name in ("a.mp4", "b.mp4")} == {"MediaEncrypted"}
