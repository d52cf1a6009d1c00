"""media.analyze over real services: what is answered, kept by kind, shared, cancelled and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.analysis import Analysis
from protocol.errors import InvalidParams, MediaNotFound, MediaUnreadable, SidecarError
from tests.harness.media import make_clip, run_ffmpeg
from tests.services.media.analysis.films import Film, Shot, write_film
from tests.services.media.serving import serving

ALL = ["scenes", "black", "freeze", "silence", "loudness", "sharpness", "motion", "interlacing", "crop", "bitrate"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shots, a tone under the first two seconds."""
    folder = tmp_path_factory.mktemp("clip")
    film = Film([Shot(1, 30, (0.0, 2.0)), Shot(2, 30), Shot(3, 30)])
    picture = write_film(film, folder / "picture.mp4")
    tone = ["-f", "lavfi", "-i", "sine=f=1000:d=2,apad=whole_dur=3.6,aformat=channel_layouts=stereo"]
    path = folder / "a.mp4"
    run_ffmpeg(["-i", str(picture), *tone, "-c:v", "copy", "-c:a", "aac", str(path)])
    return path


async def test_all_kinds_in_one_answer(tmp_path: Path, clip: Path) -> None:
    async with serving(tmp_path) as client:
        found: Analysis = await client.ask("media.analyze", progress=True, path=str(clip), kinds=ALL)
        assert all(getattr(found, kind) is not None for kind in ALL)
        assert all(getattr(found, kind).algorithm.name for kind in ALL)
        assert found.cached == []
        assert found.scenes is not None
        assert [cut.frame for cut in found.scenes.cuts] == [30, 60]
        assert found.silence is not None
        assert len(found.silence.spans) == 1
        told = client.items()
        cuts = [{"kind": "scenes", "time": c.time, "frame": c.frame, "score": c.score} for c in found.scenes.cuts]
        assert [item for item in told if item["kind"] == "scenes"] == cuts
        for kind in ("sharpness", "motion", "bitrate"):
            points = [{"kind": kind, "time": p.time, "value": p.value} for p in getattr(found, kind).points]
            assert [item for item in told if item["kind"] == kind] == points
        for kind in ("black", "freeze", "silence"):
            spans = [{"kind": kind, "from": s.from_, "to": s.to} for s in getattr(found, kind).spans]
            assert [item for item in told if item["kind"] == kind] == spans
        assert (client.told[0]["kind"], client.told[-1]["kind"]) == ("begin", "end")
        done = [value["done"] for value in client.told if value["kind"] == "report"]
        assert done == sorted(done)


async def test_an_entry_of_a_bin_is_the_file_that_it_names(tmp_path: Path, clip: Path) -> None:
    project = {"schema": "timeline/1", "id": "film", "frameRate": "25", "width": 64, "height": 48, "tracks": []}
    inline = {"inline": {**project, "media": [{"id": "m", "path": clip.name}]}, "basePath": str(clip.parent)}
    async with serving(tmp_path) as client:
        found: Analysis = await client.ask("media.analyze", media={"project": inline, "id": "m"}, kinds=["scenes"])
        assert found.scenes is not None
        assert [cut.frame for cut in found.scenes.cuts] == [30, 60]
        assert (await client.ask("media.analyze", path=str(clip), kinds=["scenes"])).cached == ["scenes"]
        meant = {"media": {"project": inline, "id": "m"}, "path": str(clip)}
        for wrong in ({}, meant, {"media": {"project": inline, "id": "none"}}):
            with pytest.raises(InvalidParams):
                await client.ask("media.analyze", kinds=["scenes"], **wrong)


async def test_kinds_are_kept_by_themselves(tmp_path: Path, clip: Path) -> None:
    async with serving(tmp_path) as client:
        params: dict[str, Any] = {"path": str(clip)}
        first: Analysis = await client.ask("media.analyze", kinds=["scenes", "motion"], **params)
        both: Analysis = await client.ask("media.analyze", kinds=["motion", "loudness"], **params)
        assert both.cached == ["motion"]
        assert both.motion == first.motion
        assert both.scenes is None
        other: Analysis = await client.ask(
            "media.analyze", kinds=["scenes", "motion"], interval=0.5, scenes={"threshold": 0.5}, **params
        )
        assert other.cached == []
        black: Analysis = await client.ask("media.analyze", kinds=["scenes"], black={"luma": 0.2}, **params)
        assert black.cached == ["scenes"]
    async with serving(tmp_path) as client:
        again: Analysis = await client.ask("media.analyze", kinds=["scenes", "motion", "loudness"], **params)
        assert again.cached == ["scenes", "motion", "loudness"]
        assert (again.scenes, again.motion, again.loudness) == (first.scenes, first.motion, both.loudness)
        assert client.workers() == 0


async def test_those_who_ask_together_measure_once(tmp_path: Path, clip: Path) -> None:
    async with serving(tmp_path) as client:
        cached: list[int] = []

        async def ask() -> None:
            found: Analysis = await client.ask("media.analyze", path=str(clip), kinds=["motion", "crop"])
            cached.append(len(found.cached))

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(ask)
        assert sorted(cached) == [0, 2, 2]


async def test_cancelling_ends_the_worker(tmp_path: Path) -> None:
    long = make_clip(tmp_path / "long.mp4", seconds=60, size=(64, 36), picture="testsrc2", gop=50)
    async with serving(tmp_path) as client:
        heard = trio.Event()

        class Ringing(list[dict[str, Any]]):
            def append(self, value: dict[str, Any]) -> None:
                super().append(value)
                if value["kind"] == "items":
                    heard.set()

        client.told = Ringing()
        async with trio.open_nursery() as nursery:

            async def ask() -> None:
                await client.ask("media.analyze", progress=True, path=str(long), kinds=["interlacing", "motion"])

            nursery.start_soon(ask)
            await heard.wait()
            nursery.cancel_scope.cancel()
        assert client.workers() == 0
        found: Analysis = await client.ask("media.analyze", path=str(long), kinds=["bitrate"])
        assert found.cached == []


async def test_what_is_refused(tmp_path: Path, clip: Path) -> None:
    silent = make_clip(tmp_path / "silent.mp4", seconds=0.2)
    deaf = make_clip(tmp_path / "a.wav", seconds=0.2, picture=None, audio="mono")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:2000])

    async def refused(kind: type[SidecarError], path: Path, *kinds: str, **params: Any) -> None:
        with pytest.raises(kind):
            await client.ask("media.analyze", path=str(path), kinds=list(kinds), **params)

    async with serving(tmp_path) as client:
        await refused(InvalidParams, silent, "scenes", "loudness")
        await refused(InvalidParams, deaf, "black")
        await refused(InvalidParams, clip, "black", videoStream=1)
        await refused(InvalidParams, clip, "black", "black")
        await refused(InvalidParams, clip, "black", range={"from": 1, "to": 0})
        await refused(MediaUnreadable, broken, "black")
        await refused(MediaNotFound, tmp_path / "none.mp4", "black")
        only: Analysis = await client.ask("media.analyze", path=str(deaf), kinds=["bitrate", "silence"])
        assert only.bitrate is not None
        assert only.bitrate.mean == pytest.approx(48_000 * 16, rel=0.1)


async def test_a_damaged_file_is_measured_as_far_as_it_goes(tmp_path: Path, clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    async with serving(tmp_path) as client:
        found: Analysis = await client.ask("media.analyze", path=str(path), kinds=["scenes", "loudness"])
        assert found.scenes is not None
        assert found.loudness is not None
