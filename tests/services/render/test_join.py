"""A joined file: every frame in its place to the tick, and all that a render in one piece says of itself."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from msgspec import structs

from protocol.errors import DiskFull, OutputUnwritable, RenderFailed
from protocol.project.export import Container
from protocol.project.formats import AUDIO_CODECS, CONTAINERS, VIDEO_CODECS
from protocol.time import parse_rate
from sidecar.ffmpeg.builder.caption_streams import subtitle_command
from sidecar.services.render.join import JoinStopped, join, joinable
from sidecar.services.render.join_pieces import EncodedPiece
from tests.harness.commands import run_command
from tests.harness.flashes import blips, flashes, make_flashing
from tests.harness.media import decode_luma, make_clip, run_ffmpeg
from tests.harness.rendering import clip, project
from tests.services.render.joining import Made, facts, hashes, make
from tests.services.render.studio import color, studio
from tests.services.render.studio import project as project_of

PICTURED: tuple[Container, ...] = ("mp4", "mov", "mkv", "webm", "avi")
LENGTHS = (48, 37, 1, 61, 2, 50, 24, 33)
MANY = 300


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    return make_clip(folder / "clip.mp4", seconds=2, rate="30", size=(320, 180), audio="stereo")


def film(source: Path, seconds: float = 1, rate: str = "30000/1001", **export: Any) -> dict[str, Any]:
    """A second of a numbered clip with its sound, chapters and tags."""
    raw = project({"clips": [clip(str(source), 0, seconds)]}, rate=rate)
    raw["markers"] = [
        {"time": 0, "name": "one", "chapter": True},
        {"time": 0.6, "name": "два; #\\=2", "chapter": True},
    ]
    tags = {"title": "A title; ü", "artist": "me", "comment": "x=y", "date": "2024", "copyright": "c"}
    return {**raw, "export": {"metadata": tags, **export}}


def counted(lengths: tuple[int, ...], rate: str, folder: Path, **video: Any) -> Made:
    """Make cells of some lengths, silent."""
    places = [0, *accumulate(lengths)]
    seconds = str(places[-1] / parse_rate(rate))
    raw = project({"clips": [clip({"kind": "pattern", "pattern": "test"}, 0, seconds)]}, rate=rate, size=(64, 36))
    raw["export"] = {"container": "mp4", "audio": None, "video": {"preset": "fast", **video}}
    return make(raw, folder, places)


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "30", "60000/1001"])
def test_no_frame_is_off_by_a_tick(rate: str, tmp_path: Path) -> None:
    made = counted(LENGTHS, rate, tmp_path)
    for count in (len(LENGTHS), MANY):
        pieces = [made.pieces[number % len(LENGTHS)] for number in range(count)]
        span = replace(made.span, frames=sum(piece.frames for piece in pieces))
        target = tmp_path / f"{count}.mp4"
        join(pieces, target, made.export, span)
        on_grid(target, span.frames, parse_rate(rate))
        if count > len(LENGTHS) and rate != "30000/1001":
            continue
        kept = {piece.path: hashes(piece.path) for piece in made.pieces}
        assert hashes(target) == [each for piece in pieces for each in kept[piece.path]]


def on_grid(path: Path, frames: int, rate: Fraction) -> None:
    """Every packet of an MP4 is exactly where its frame's number says."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        frame = 1 / (rate * stream.time_base)
        assert stream.average_rate == rate
        assert stream.start_time == 0
        assert stream.duration == frames * frame
        assert stream.frames == frames
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert sorted(packet.pts or 0 for packet in packets) == [number * frame for number in range(frames)]
    assert {packet.duration for packet in packets} == {frame}
    first = packets[0].dts
    assert first is not None
    assert -2 * frame <= first <= 0
    assert [packet.dts for packet in packets] == [first + number * frame for number in range(frames)]


PAIRS: list[tuple[Any, Any, dict[str, Any]]] = [
    (container, codec, {}) for container in PICTURED for codec in CONTAINERS[container].video
]
DEEP: list[tuple[Any, Any, dict[str, Any]]] = [
    ("mp4", "hevc", {"pixelFormat": "gbrp"}),
    ("mp4", "hevc", {"rateControl": "lossless"}),
    ("mp4", "av1", {"pixelFormat": "yuv420p10le"}),
    ("mkv", "av1", {"rateControl": "lossless"}),
    ("mp4", "mpeg4", {"bFrames": 2}),
    ("webm", "vp9", {"pixelFormat": "yuva420p"}),
    ("webm", "vp9", {"pixelFormat": "yuva420p"}),
    ("mov", "prores", {"pixelFormat": "yuva444p10le"}),
    ("mov", "png", {"pixelFormat": "yuva420p"}),
    ("mkv", "ffv1", {"pixelFormat": "gbrp"}),
    ("mkv", "ffv1", {"pixelFormat": "yuva444p10le"}),
]


@pytest.mark.parametrize(("container", "codec", "video"), PAIRS + DEEP)
def test_the_file_says_what_a_render_in_one_piece_says(
    container: Any, codec: Any, video: dict[str, Any], source: Path, tmp_path: Path
) -> None:
    usual = VIDEO_CODECS[codec].pixel_formats[0]
    settings = {"codec": codec, "preset": "fastest", "pixelFormat": usual, **video}
    raw = film(source, container=container, video=settings)
    raw |= {"width": 256, "height": 120}
    made = make(raw, tmp_path)
    if joinable(made.export) is not None:
        assert (container, codec) in {("mkv", "dnxhr"), ("mkv", "png"), ("mov", "ffv1")}
        return
    joined, whole = made.join(tmp_path / "joined"), made.whole(tmp_path / "whole")
    assert facts(joined) == facts(whole)
    frames = hashes(joined)
    assert frames == [each for piece in made.pieces for each in hashes(piece.path)]
    if VIDEO_CODECS[codec].intra or video.get("rateControl") == "lossless":
        assert frames == hashes(whole)


def test_alpha_beside_the_packets_of_vp9_is_kept(tmp_path: Path) -> None:
    raw = project({"clips": [clip("#FF0000", 0, 1, opacity=0.5)]}, size=(64, 36), background="#00000000")
    video = {"pixelFormat": "yuva420p", "preset": "fastest"}
    made = make({**raw, "export": {"container": "webm", "audio": None, "video": video}}, tmp_path)
    joined = made.join(tmp_path / "joined.webm")
    run_ffmpeg(["-c:v", "libvpx-vp9", "-i", str(joined), "-vf", "alphaextract", str(tmp_path / "%02d.png")])
    alpha = [luma.mean() for path in sorted(tmp_path.glob("*.png")) for _, luma in decode_luma(path)]
    assert alpha == pytest.approx([128] * 25, abs=1)


SOUNDS = [
    (container, codec)
    for container in PICTURED
    for codec in CONTAINERS[container].audio
    if codec not in ("pcm_s24le", "pcm_f32le")
]
WITHIN = 0.001


@pytest.mark.parametrize(("container", "codec"), SOUNDS)
def test_sound_lies_where_it_lies_in_one_piece(container: Any, codec: Any, tmp_path: Path) -> None:
    flashing = make_flashing(tmp_path / "flash.mkv", seconds=3, rate="30000/1001", every=24, audio_codec="flac")
    raw = project({"clips": [clip(str(flashing.path), 0, 3)]}, rate="30000/1001", size=(64, 36))
    raw["export"] = {"container": container, "audio": {"codec": codec}, "video": {"preset": "fastest"}}
    made = make(raw, tmp_path)
    joined = made.join(tmp_path / f"joined.{container}")
    shown, sounded = flashes(joined), blips(joined)
    assert len(shown) == len(sounded) == 4
    assert [float(at) for at in shown] == pytest.approx([float(at) for at in flashing.instants], abs=WITHIN)
    whole = made.whole(tmp_path / f"whole.{container}")
    assert sounded == pytest.approx(blips(whole), abs=WITHIN)
    assert shown == flashes(whole)
    # What opens a lossy codec is heard as loud as its middle only to a few milliseconds.
    near = WITHIN if AUDIO_CODECS[codec].lossless else 0.003
    assert sounded == pytest.approx([float(at) for at in flashing.instants], abs=near)
    wanted = float(made.span.frames / made.span.rate)
    assert abs(length(joined) - wanted) <= abs(length(whole) - wanted) + WITHIN


def length(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.duration is not None
        return container.duration / 1_000_000


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm"])
def test_subtitles_are_those_of_one_piece(container: Any, source: Path, tmp_path: Path) -> None:
    raw = film(source, container=container, video={"preset": "fastest"}, subtitles="embed")
    cues = [{"start": 0.2, "end": 0.5, "text": "One"}, {"start": 0.5, "end": 0.9, "text": "Two"}]
    for language, name in (("de", "Deutsch"), ("fr", "")):
        raw["tracks"].append({"kind": "subtitle", "language": language, "name": name, "cues": cues})
    made = make(raw, tmp_path)
    command = subtitle_command(made.timeline, made.export, made.span, str(tmp_path / "subtitles"))
    assert command is not None
    run_command(command, tmp_path)
    made = replace(made, subtitles=(tmp_path / "subtitles",))
    joined, whole = made.join(tmp_path / "joined"), made.whole(tmp_path / "whole")
    assert facts(joined) == facts(whole)
    assert shown(joined) == shown(whole)
    assert len(shown(joined)) >= 4


async def test_a_job_puts_subtitles_into_its_file(tmp_path: Path) -> None:
    raw = project_of(color(0, 1), export={"container": "mkv", "audio": None, "subtitles": "embed"})
    raw["tracks"].append({"kind": "subtitle", "language": "de", "cues": [{"start": 0.2, "end": 0.9, "text": "One"}]})
    async with studio(tmp_path) as desk:
        job = await desk.finish(raw, tmp_path / "out.mkv")
    assert job.error is None
    assert shown(tmp_path / "out.mkv") == [(1, 0.2, 0.7, b"One")]


def shown(path: Path) -> list[tuple[int, float, float, bytes]]:
    """Return the stream, time, duration and text of all subtitles."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.stream.type == "subtitle" and packet.size]
        found = []
        for packet in packets:
            assert packet.pts is not None
            assert packet.duration is not None
            at, lasting = packet.pts * packet.time_base, packet.duration * packet.time_base
            found.append((packet.stream.index, round(float(at), 3), round(float(lasting), 3), bytes(packet)))
    return sorted(found)


def test_the_order_of_packets_is_that_of_their_decoding(source: Path, tmp_path: Path) -> None:
    joined = make(film(source, container="mp4"), tmp_path).join(tmp_path / "joined.mp4")
    with av.open(str(joined)) as container:
        packets = [packet for packet in container.demux() if packet.size and packet.pos is not None]
        kinds = [packet.stream.type for packet in sorted(packets, key=lambda packet: packet.pos or 0)]
    assert sum(before != after for before, after in pairwise(kinds)) > 10
    data = joined.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_same_cells_give_the_same_file(source: Path, tmp_path: Path) -> None:
    made = make(film(source, container="mp4"), tmp_path)
    assert made.join(tmp_path / "a").read_bytes() == made.join(tmp_path / "b").read_bytes()


def edges(source: Path, tmp_path: Path, first: list[str], second: list[str]) -> list[EncodedPiece]:
    """Encode two pieces of 20 frames in two ways."""
    pieces = []
    for name, options in (("first", first), ("second", second)):
        path = tmp_path / name
        tags = ["-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
        run_ffmpeg(["-i", str(source), "-an", "-frames:v", "20", *tags, *options, "-f", "nut", str(path)])
        pieces.append(EncodedPiece(path, 20))
    return pieces


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_h264_of_two_encoders_stands_in_one_stream(container: Any, source: Path, tmp_path: Path) -> None:
    made = make(film(source, 4 / 3, "30", container=container, audio=None), tmp_path)
    ways = ["-c:v", "libx264", "-x264-params", "sps-id=30"], ["-c:v", "libx264", "-bf", "0", "-coder", "0"]
    pieces = edges(source, tmp_path, *ways)
    target = tmp_path / f"joined.{container}"
    join([pieces[0], pieces[1], pieces[0]], target, made.export, replace(made.span, frames=60))
    expected = hashes(pieces[0].path) + hashes(pieces[1].path) + hashes(pieces[0].path)
    assert hashes(target) == expected
    with av.open(str(target)) as opened:
        stream = opened.streams.video[0]
        sets = stream.codec_context.extradata
        assert sets is not None
        # avcC: five bytes, then how many SPS follow.
        assert sets[5] & 31 == 2
        assert stream.time_base is not None
        opened.seek(round(25 / 30 / stream.time_base), stream=stream)
        assert next(frame.pts for frame in opened.decode(stream)) == round(20 / 30 / stream.time_base)


def test_other_codecs_of_two_encoders_are_refused(source: Path, tmp_path: Path) -> None:
    made = make(film(source, 4 / 3, "30", container="mp4", audio=None, video={"codec": "hevc"}), tmp_path)
    quick = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"]
    pieces = edges(source, tmp_path, [*quick, "log-level=error"], [*quick, "log-level=error:ref=3"])
    with pytest.raises(RenderFailed, match="in 2 ways"):
        join(pieces, tmp_path / "joined", made.export, made.span)
    assert not (tmp_path / "joined").exists()


@pytest.fixture(scope="module")
def small(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(film(source, container="mp4"), tmp_path_factory.mktemp("small"))


def test_a_cell_that_is_not_what_it_should_be(small: Made, tmp_path: Path) -> None:
    target, cut = tmp_path / "joined.mp4", tmp_path / "cut"
    last = small.pieces[-1]
    cut.write_bytes(last.path.read_bytes()[: last.path.stat().st_size // 2])
    for wrong in (replace(last, path=cut), replace(last, path=small.pieces[0].path)):
        with pytest.raises(RenderFailed, match="cannot be read"):
            join([*small.pieces[:-1], wrong], target, small.export, small.span, sound=small.sound)
    with pytest.raises(RenderFailed, match="frames"):
        join(small.pieces[:-1], target, small.export, small.span)
    with pytest.raises(RenderFailed, match="cannot be read"):
        join(small.pieces, target, small.export, small.span, sound=cut.with_name("gone"))
    cut.write_bytes(b"")
    with pytest.raises(RenderFailed, match="cannot be read"):
        join([*small.pieces[:-1], replace(last, path=cut)], target, small.export, small.span)
    assert not target.exists()


def test_a_stopped_join_leaves_nothing(small: Made, tmp_path: Path) -> None:
    target = tmp_path / "joined.mp4"
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > len(small.pieces) + 1 and target.exists()

    with pytest.raises(JoinStopped):
        join(small.pieces, target, small.export, small.span, sound=small.sound, stop=stop)
    assert asked > len(small.pieces)
    assert not target.exists()


def test_a_target_that_cannot_be_written(small: Made, tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable):
        join(small.pieces, tmp_path / "no" / "folder.mp4", small.export, small.span)


@pytest.mark.parametrize("room", [0, 3_000, 12_000])
def test_a_disk_without_room(room: int, small: Made, tmp_path: Path) -> None:
    target = tmp_path / "joined.mp4"
    assert small.join(tmp_path / "whole.mp4").stat().st_size > 12_000
    with limited(room), pytest.raises(DiskFull):
        small.join(target)
    assert not target.exists()


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let files of this process grow to so many bytes."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_b_frames_in_avi_are_not_joined(source: Path, tmp_path: Path) -> None:
    made = make(film(source, container="avi", video={"codec": "mpeg4"}), tmp_path, (0, 3))
    assert joinable(made.export) is None
    video = made.export.video
    assert video is not None
    assert "AVI" in (joinable(structs.replace(made.export, video=structs.replace(video, b_frames=2))) or "")
