"""What a render leaves: pictures in folders, subtitles beside the film, sizes that are kept, tags of the source."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.errors import LimitExceeded, OutputExists, OutputUnwritable
from tests.harness.media import ffmpeg, make_clip, read_number, run_ffmpeg
from tests.harness.patience import PATIENCE
from tests.services.render.studio import color, file, project, studio

SIZE = (192, 96)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    make_clip(folder / "own.mp4", seconds=2, size=SIZE, audio="stereo", rate="25")
    make_clip(folder / "noisy.mp4", seconds=2, size=SIZE, picture="testsrc2", audio="stereo")
    run_ffmpeg(
        [
            *("-i", f"file:{folder / 'own.mp4'}", "-map", "0", "-c", "copy"),
            *("-metadata", "location=+12.5-003.25/", "-metadata", "artist=Camera", "-metadata", "comment=Theirs"),
            f"file:{folder / 'tagged.mp4'}",
        ]
    )
    return folder


def film(media: Path, name: str = "own.mp4", seconds: float = 2, **members: Any) -> dict[str, Any]:
    return project(file(media / name, 0, seconds), width=SIZE[0], height=SIZE[1], **members)


def with_cues(raw: dict[str, Any], *tracks: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "tracks": [*raw["tracks"], *({"kind": "subtitle", **track} for track in tracks)]}


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pixels(path: Path) -> NDArray[Any]:
    """Decode to straight R'G'B'A by FFmpeg: PyAV reads no animated WebP."""
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-fps_mode", "passthrough", "-pix_fmt", "rgba"]
    data = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True, timeout=PATIENCE).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, SIZE[1], SIZE[0], 4).astype(int)


def gif_delays(path: Path) -> list[int]:
    """Read the hundredths of a second that each frame is shown."""
    with av.open(str(path)) as read:
        return [packet.duration or 0 for packet in read.demux(read.streams.video[0]) if packet.size]


@pytest.mark.parametrize(
    ("rate", "frames", "delays"),
    [("25", 25, {4}), ("100/3", 33, {3}), ("30000/1001", 30, {3, 4}), ("50", 50, {2}), ("24000/1001", 24, {4, 5})],
)
async def test_a_gif_lasts_as_long_as_it_should(
    rate: str, frames: int, delays: set[int], media: Path, tmp_path: Path
) -> None:
    export = {"container": "gif", "audio": None, "frameRate": rate}
    async with studio(tmp_path) as desk:
        ended = await desk.finish(film(media, seconds=1, export=export), tmp_path / "film.gif")
    assert ended.error is None
    found = gif_delays(tmp_path / "film.gif")
    assert len(found) == frames
    assert set(found) == delays
    num, _, den = rate.partition("/")
    steps = np.cumsum([0, *found])
    exact = np.arange(frames + 1) * 100 * int(den or 1) / int(num)
    assert np.abs(steps - exact).max() <= 1, "the error of one frame is not carried to the next"
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in (tmp_path / "film.gif").read_bytes(), "for ever again"


@pytest.mark.parametrize("container", ["gif", "webp"])
async def test_what_is_transparent_stays_so_where_things_move(container: str, tmp_path: Path) -> None:
    x = {"keyframes": [{"time": 0, "value": 0.2}, {"time": 0.4, "value": 0.8}]}
    moving = {"transform": {"scaleX": 0.2, "scaleY": 0.4, "x": x}}
    raw = project(
        {**color(0, 0.4, "#FF0000"), **moving},
        width=192,
        height=96,
        background="#00000000",
        export={"container": container, "audio": None, "video": {"pixelFormat": "yuva420p"}},
    )
    target = tmp_path / f"film.{container}"
    async with studio(tmp_path) as desk:
        ended = await desk.finish(raw, target)
    assert ended.error is None
    frames = pixels(target)
    assert len(frames) == 10
    middles = []
    for frame in frames:
        shown = frame[:, :, 3] > 128
        assert 0.06 < shown.mean() < 0.1, "nothing of the frames before is left"
        # Along the edges two pixels share a colour, one of them transparent.
        assert np.abs(np.median(frame[shown][:, :3], axis=0) - [255, 0, 0]).max() < 10
        middles.append(np.flatnonzero(shown.any(axis=0)).mean())
    assert np.diff(middles).min() > 0


async def test_pictures_come_as_a_folder(media: Path, tmp_path: Path) -> None:
    raw = film(media, seconds=0.2, export={"container": "png", "audio": None})
    target = tmp_path / "out 100%" / "shots"
    target.parent.mkdir()
    async with studio(tmp_path) as desk:
        ended = await desk.finish(raw, target)
        assert ended.error is None
        assert ended.result is not None
        assert left(target.parent) == ["shots"]
        names = [f"frame-{number:05d}.png" for number in range(5)]
        assert left(target) == names
        assert ended.result.bytes == sum((target / name).stat().st_size for name in names)
        for number, name in enumerate(names):
            with av.open(str(target / name)) as read:
                assert read_number(next(read.decode(video=0)).to_ndarray(format="gray")) == number
        with pytest.raises(OutputExists):
            await desk.start(raw, target)
        shorter = {**raw, "export": {**raw["export"], "range": [0, 0.08]}}
        again = await desk.finish(shorter, target, overwrite=True)
        assert again.error is None
        assert left(target) == names[:2]
        assert left(target.parent) == ["shots"]
        (target / "mine.txt").write_text("kept")
        with pytest.raises(OutputUnwritable, match=r"mine\.txt"):
            await desk.start(raw, target, overwrite=True)
        with pytest.raises(OutputUnwritable, match="one picture"):
            await desk.start(raw, target.with_name("shots.png"))
        one = {**raw, "export": {**raw["export"], "range": [0.12, 0.16]}}
        still = await desk.finish(one, target.with_name("one.png"))
        assert still.error is None
        with av.open(str(target.with_name("one.png"))) as read:
            assert read_number(next(read.decode(video=0)).to_ndarray(format="gray")) == 3
        assert left(target.parent) == ["one.png", "shots"]


LIMITED = [
    ("mp4", {"codec": "h264"}, 60_000),
    ("mp4", {"codec": "h264"}, 150_000),
    ("mp4", {"codec": "hevc", "preset": "fastest"}, 80_000),
    ("webm", {"codec": "vp9", "preset": "fastest"}, 80_000),
    ("mkv", {"codec": "av1", "preset": "fastest"}, 80_000),
    ("avi", {"codec": "mpeg4"}, 120_000),
]


async def test_a_file_never_has_more_bytes_than_its_limit(media: Path, tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        for container, video, limit in LIMITED:
            export = {"container": container, "audio": {"bitrate": 64_000}}
            export["video"] = {**video, "rateControl": "size", "sizeLimit": limit}
            target = tmp_path / f"film.{container}"
            ended = await desk.finish(film(media, "noisy.mp4", export=export), target, overwrite=True)
            assert ended.error is None, (container, video)
            assert 0.5 * limit < target.stat().st_size <= limit, (container, video)


async def test_a_limit_that_cannot_be_kept_names_the_least_that_can(media: Path, tmp_path: Path) -> None:
    export = {"audio": {"bitrate": 64_000}, "video": {"rateControl": "size", "sizeLimit": 18_000}}
    async with studio(tmp_path) as desk:
        least = {**export, "video": {"rateControl": "size", "sizeLimit": 1_000}}
        with pytest.raises(LimitExceeded, match="smallest file") as refused:
            await desk.start(film(media, "noisy.mp4", export=least), tmp_path / "film.mp4")
        assert 5_000 < refused.value.value < 40_000, "the sound alone has 16,000"
        ended = await desk.finish(film(media, "noisy.mp4", export=export), tmp_path / "film.mp4")
        assert ended.error is not None
        assert ended.error.data.kind == "limitExceeded"
        assert ended.error.data.context["value"] > 18_000
        assert ended.error.data.context["pointer"] == "/export/video/sizeLimit"
        assert not (tmp_path / "film.mp4").exists()


TWICE = [
    ("mp4", {"codec": "h264"}),
    ("mp4", {"codec": "hevc", "preset": "fastest"}),
    ("webm", {"codec": "vp9", "preset": "fastest"}),
    ("mkv", {"codec": "av1", "preset": "fastest"}),
    ("avi", {"codec": "mpeg4"}),
]


async def test_two_passes_keep_to_the_bitrate_and_write_the_same_bytes_again(media: Path, tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        for container, video in TWICE:
            settings = {**video, "rateControl": "bitrate", "bitrate": 400_000, "passes": 2}
            raw = film(media, "noisy.mp4", export={"container": container, "audio": None, "video": settings})
            first, second = tmp_path / f"one.{container}", tmp_path / f"two.{container}"
            for target in (first, second):
                ended = await desk.finish(raw, target, overwrite=True)
                assert ended.error is None, (container, video)
            assert first.read_bytes() == second.read_bytes(), (container, video)
            assert 60_000 < first.stat().st_size < 140_000, (container, video)


CUES = (
    {"name": "English", "language": "en", "cues": [{"start": 0.5, "end": 1, "text": "Hello"}]},
    {"language": "de-AT", "style": {"color": "#FFFF00"}, "cues": [{"start": 1, "end": 9, "text": "Hallo"}]},
    {"language": "en", "cues": [{"start": 0, "end": 1, "text": "{again} <b>"}]},
    {"language": "fr", "cues": []},
    {"language": "it", "enabled": False, "cues": [{"start": 0, "end": 1, "text": "No"}]},
)


async def test_subtitles_lie_beside_the_film(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    names = ["film.de-AT.ass", "film.en.2.ass", "film.en.ass", "film.mp4"]
    raw = with_cues(film(media, export={"audio": None, "subtitles": "sidecar", "sidecarFormat": "ass"}), *CUES)
    async with studio(tmp_path) as desk:
        ended = await desk.finish(raw, folder / "film.mp4")
        assert ended.result is not None
        wanted = [str(folder / name) for name in ("film.en.ass", "film.de-AT.ass", "film.en.2.ass")]
        assert ended.result.sidecars == wanted
        assert left(folder) == names
        german = (folder / "film.de-AT.ass").read_text()
        assert "&H0000FFFF" in german
        assert "0:00:01.00,0:00:02.00" in german, "cut to the film"
        (folder / "film.mp4").unlink()
        with pytest.raises(OutputExists, match=r"film\.en\.ass"):
            await desk.start(raw, folder / "film.mp4")
        assert (await desk.finish(raw, folder / "film.mp4", overwrite=True)).error is None
        assert left(folder) == names


async def test_nothing_lies_beside_a_film_that_could_not_be_published(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sidecar.services.render import delivery

    folder = tmp_path / "out"
    folder.mkdir()
    raw = with_cues(film(media, seconds=0.2, export={"audio": None, "subtitles": "sidecar"}), *CUES[2:3])
    (folder / "film.en.srt").write_text("theirs")
    from sidecar.services.render.publish import publish

    def full(part: Path, target: Path, *, overwrite: bool) -> None:
        if target.suffix == ".mp4":
            raise OSError(28, "No space left on device")
        publish(part, target, overwrite=overwrite)

    monkeypatch.setattr(delivery, "publish", full)
    async with studio(tmp_path) as desk:
        ended = await desk.finish(raw, folder / "film.mp4", overwrite=True)
    assert ended.error is not None
    assert ended.error.data.kind == "diskFull"
    assert left(folder) == ["film.en.srt"]
    assert (folder / "film.en.srt").read_text() == "theirs"


@pytest.mark.parametrize(
    ("container", "codec", "languages"),
    [
        ("mp4", "mov_text", ["eng", "deu", "eng"]),
        ("mov", "mov_text", ["eng", "ger", "eng"]),
        ("mkv", "srt", ["eng", "deu", "eng"]),
        ("webm", "webvtt", ["eng", "deu", "eng"]),
    ],
)
async def test_subtitles_are_streams_of_the_film(
    container: str, codec: str, languages: list[str], media: Path, tmp_path: Path
) -> None:
    raw = with_cues(film(media, export={"container": container, "subtitles": "embed"}), *CUES)
    raw["export"]["audio"] = {}
    raw["markers"] = [{"time": 0.5, "name": "chorus", "chapter": True}]
    target = tmp_path / f"film.{container}"
    async with studio(tmp_path) as desk:
        ended = await desk.finish(raw, target)
        assert ended.error is None
    with av.open(str(target)) as read:
        streams = read.streams.subtitles
        assert [stream.metadata.get("language") for stream in streams] == languages
        assert streams[0].codec_context.name == codec
        assert "English" in (streams[0].metadata.get("title"), streams[0].metadata.get("handler_name"))
        assert [chapter["metadata"]["title"] for chapter in read.chapters()] == ["chorus"]
        shown = [
            (packet.stream_index, float((packet.pts or 0) * packet.time_base), bytes(packet))
            for packet in read.demux(*streams)
            if packet.size > 2
        ]
        first = streams[0].index
        assert [(stream - first, round(at, 2)) for stream, at, _ in sorted(shown)] == [(0, 0.5), (1, 1.0), (2, 0.0)]
        assert all(
            word in data for (_, _, data), word in zip(sorted(shown), (b"Hello", b"Hallo", b"again"), strict=True)
        )
        numbers = [read_number(frame.to_ndarray(format="gray")) for frame in av.open(str(target)).decode(video=0)]
    assert numbers == list(range(50)), "nothing is burned in, nothing is moved"


@pytest.mark.parametrize("container", ["mp4", "mkv"])
async def test_tags_of_the_source_come_only_when_asked_for(container: str, media: Path, tmp_path: Path) -> None:
    target = tmp_path / f"film.{container}"
    async with studio(tmp_path) as desk:
        for asked in (False, True):
            export = {
                "container": container,
                "audio": None,
                "copySourceMetadata": asked,
                "metadata": {"comment": "Mine"},
            }
            ended = await desk.finish(film(media, "tagged.mp4", 0.4, export=export), target, overwrite=True)
            assert ended.error is None
            with av.open(str(target)) as read:
                tags = {name.lower(): value for name, value in read.metadata.items()}
            assert tags["comment"] == "Mine"
            assert any(value.startswith("+12.5") for value in tags.values()) == asked
            assert ("location" in tags) == asked
            assert ("artist" in tags) == asked
