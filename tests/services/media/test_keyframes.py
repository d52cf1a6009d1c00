"""media.keyframes: exact times, ranges, bounds, streams, stills."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from protocol.errors import InvalidParams, MediaUnreadable
from tests.harness.desk import opened
from tests.harness.media import make_clip, run_ffmpeg


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_clip(folder / "a.mp4", seconds=2, rate="30000/1001", gop=10, b_frames=2, audio="stereo")
    make_clip(folder / "late.mkv", seconds=1, gop=5, start=3)
    make_clip(folder / "still.png")
    make_clip(folder / "sound.wav", picture=None, audio="mono")
    inputs = ["-i", str(folder / "a.mp4"), "-i", str(folder / "late.mkv")]
    run_ffmpeg([*inputs, "-map", "0:v", "-map", "1:v", "-c", "copy", str(folder / "both.mkv")])
    return folder


async def test_exact_times_from_the_files_start(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path) as desk:
        found = await desk.ask("media.keyframes", path=str(folder / "a.mp4"))
        times = [Fraction(1001 * frame, 30_000) for frame in range(0, 60, 10)]
        assert [Fraction(time) for time in found["keyframes"]] == times
        assert (found["total"], found["truncated"], found["frames"], found["cached"]) == (6, False, 60, False)
        assert Fraction(found["longest"]) == Fraction(1001 * 10, 30_000)
        late = await desk.ask("media.keyframes", path=str(folder / "late.mkv"))
        assert late["keyframes"] == ["0/1", "1/5", "2/5", "3/5", "4/5"]
        again = await desk.ask("media.keyframes", path=str(folder / "late.mkv"), limit=2)
        assert (again["keyframes"], again["total"], again["truncated"]) == (["0/1", "1/5"], 5, True)
        assert again["cached"]


async def test_a_range_is_half_open(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path) as desk:

        async def within(begin: float | str, end: float | str) -> list[str]:
            span = {"from": begin, "to": end}
            found = await desk.ask("media.keyframes", path=str(folder / "late.mkv"), range=span)
            assert found["total"] == len(found["keyframes"])
            times: list[str] = found["keyframes"]
            return times

        assert await within("1/5", 0.6) == ["1/5", "2/5"]
        assert await within(0.21, 0.21) == []
        assert await within(-5, 100) == ["0/1", "1/5", "2/5", "3/5", "4/5"]
        for wrong in ((1, 0), ("x", 1), (0, "1/0")):
            with pytest.raises(InvalidParams) as caught:
                await within(*wrong)
            assert caught.value.path.startswith("/range")


async def test_streams_and_what_has_none(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path) as desk:
        second = await desk.ask("media.keyframes", path=str(folder / "both.mkv"), videoStream=1)
        assert (second["videoStream"], second["total"], second["frames"]) == (1, 5, 25)
        with pytest.raises(InvalidParams) as caught:
            await desk.ask("media.keyframes", path=str(folder / "both.mkv"), videoStream=2)
        assert caught.value.path == "/videoStream"
        with pytest.raises(InvalidParams):
            await desk.ask("media.keyframes", path=str(folder / "sound.wav"))
        still = await desk.ask("media.keyframes", path=str(folder / "still.png"))
        assert (still["keyframes"], still["longest"], still["frames"]) == (["0/1"], None, 1)
        (tmp_path / "junk.mp4").write_bytes(b"junk" * 100)
        with pytest.raises(MediaUnreadable):
            await desk.ask("media.keyframes", path=str(tmp_path / "junk.mp4"))
