from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from protocol.errors import MediaUnreadable
from sidecar.core.copying import CopySpan
from sidecar.core.packets import KEY, frame_order
from sidecar.services.media.joins import check_copies
from sidecar.services.media.messages import Copied
from sidecar.services.media.packets import list_packets
from tests.harness.chromium import CHROMIUM, play
from tests.harness.media import read_numbers, run_ffmpeg
from tests.services.render.copying import (
    Rendered,
    checked,
    copied,
    extracted,
    ffmpeg_hashes,
    found,
    frame_hashes,
    render_copied,
    rules,
    shot,
    source,
)

TITLE = {"kind": "video", "clips": [{"source": {"kind": "title", "text": "."}, "start": 0.5, "duration": 0.5}]}


def check_frames(made: Rendered, sources: Sequence[Path], numbers: Sequence[int]) -> None:
    """The file shows these numbers, evenly; where it was copied, the sources' frames bit by bit; and all decode alike."""
    assert made.checks == (None,) * len(made.spans)
    assert read_numbers(made.path) == list(numbers)
    shown, other = frame_hashes(made.path), ffmpeg_hashes(made.path)
    assert len(other) == len(shown) == len(numbers)
    own = {str(path): frame_hashes(path) for path in sources}
    for span in made.spans:
        assert shown[span.first : span.end] == own[span.path][span.source_first : span.source_first + span.frames]
    with av.open(str(made.path)) as container:
        times = sorted(
            packet.pts * packet.time_base
            for packet in container.demux(video=0)
            if packet.size and packet.pts is not None
        )
    slack = 0 if made.path.suffix != ".mkv" else Fraction(1, 1000)
    assert all(abs(time - Fraction(number, 25)) <= slack for number, time in enumerate(times))


@pytest.mark.parametrize(("suffix", "container"), [(".mp4", "mkv"), (".mov", "mp4"), (".mkv", "mov")])
def test_parts_of_two_files_are_copied_between_encoded_edges(tmp_path: Path, suffix: str, container: str) -> None:
    one = source(tmp_path / f"one{suffix}")
    # Other options of the encoder, other parameter sets with the same number.
    two = source(tmp_path / f"two{suffix}", gop=20, options=["-preset", "medium", "-bf", "3"])
    raw = copied(shot(one, 0, 2, 0.28), shot(two, 2, 1.6, 1), shot(one, 3.6, 2, 1), container=container)
    made = render_copied(raw, tmp_path, f"out.{container}")
    assert [(span.first, span.end, span.source_first) for span in made.spans] == [
        (5, 48, 12),
        (65, 90, 40),
        (101, 138, 36),
    ]
    check_frames(made, [one, two], [*range(7, 57), *range(25, 65), *range(25, 75)])
    whole = ffmpeg_hashes(made.path)
    for frame in (0, 3, 5, 17, 47, 48, 60, 65, 80, 89, 90, 101, 120, 137, 138, 139):
        assert ffmpeg_hashes(made.path, seek=max(0, frame - 0.4) / 25)[: len(whole) - frame] == whole[frame:]


if CHROMIUM is not None:

    def test_chromium_shows_every_part_and_plays_to_the_end(tmp_path: Path) -> None:
        one = source(tmp_path / "one.mp4", size=(320, 160))
        two = source(tmp_path / "two.mkv", gop=20, size=(320, 160), options=["-preset", "medium", "-bf", "3"])
        raw = copied(shot(one, 0, 1.4, 0.28), shot(two, 1.4, 1, 1.4), width=320, height=160)
        made = render_copied(raw, tmp_path, "out.mp4")
        assert [(span.first, span.end) for span in made.spans] == [(5, 34), (40, 60)]
        numbers = [*range(7, 42), *range(35, 60)]
        frames = (34, 0, 4, 5, 16, 17, 28, 33, 39, 40, 50, 59, 41)
        told = play(made.path, [(frame + 0.5) / 25 for frame in frames])
        assert told["errors"] == []
        assert told["seen"] == [numbers[frame] for frame in frames]
        assert told["end"] == told["duration"] == 2.4


def test_a_whole_output_is_one_copied_span(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    made = render_copied(copied(shot(one, 0, 1, 0), shot(one, 1, 2.84, 1)), tmp_path, "out.mp4")
    assert [(span.first, span.end, span.pointers) for span in made.spans] == [
        (0, 96, ("/tracks/0/clips/0", "/tracks/0/clips/1"))
    ]
    check_frames(made, [one], range(96))


STREAMS: dict[str, tuple[int, list[str]]] = {
    "pyramid": (72, ["-x264-params", "b-pyramid=normal:bframes=5:b-adapt=0"]),
    "in-band": (75, ["-bsf:v", "dump_extra=freq=keyframe"]),
    "fragments": (75, ["-movflags", "frag_keyframe+empty_moov"]),
    "baseline": (75, ["-profile:v", "baseline"]),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_streams_that_are_copied(tmp_path: Path, kind: str) -> None:
    end, options = STREAMS[kind]
    one = source(tmp_path / "one.mp4", options=options)
    made = render_copied(copied(shot(one, 0, 3, 0.28)), tmp_path, "out.mp4")
    assert [(span.first, span.end, span.source_first) for span in made.spans] == [(5, end, 12)]
    check_frames(made, [one], range(7, 82))


def test_a_file_whose_edit_list_begins_inside_of_a_group(tmp_path: Path) -> None:
    source(tmp_path / "long.mp4")
    cut = tmp_path / "cut.mp4"
    run_ffmpeg(["-ss", "0.72", "-i", str(tmp_path / "long.mp4"), "-c", "copy", str(cut)])
    made = render_copied(copied(shot(cut, 0, 3)), tmp_path, "out.mp4")
    assert [(span.first, span.end, span.source_first) for span in made.spans] == [(6, 73, 6)]
    check_frames(made, [cut], range(18, 93))


def test_recovery_points_stay_no_keyframes(tmp_path: Path) -> None:
    """Between two IDR pictures open groups begin; players must not be sent there."""
    forced = ["-forced-idr", "1", "-force_key_frames", "expr:gte(n,n_forced*40)"]
    one = source(tmp_path / "one.mp4", options=["-x264-params", "open-gop=1:bframes=2:scenecut=0", *forced])
    made = render_copied(copied(shot(one, 0, 3.4, 0.04)), tmp_path, "out.mp4")
    assert [(span.first, span.end, span.source_first) for span in made.spans] == [(39, 83, 40)]
    check_frames(made, [one], range(1, 86))
    assert any(40 < frame < 80 for frame in _keyframes(one))
    assert any(kind == KEY for kind in list_packets(one, 0).kinds[41:80])
    assert [frame for frame in _keyframes(made.path) if 39 <= frame < 83] == [39, 79]


def _keyframes(path: Path) -> list[int]:
    """Frames that a file's own index names as those to begin with."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        entries = [entry.timestamp for entry in stream.index_entries if entry.is_keyframe]
        return [(entry - entries[0]) // 512 for entry in entries]


def test_a_matroska_file_without_an_index_is_read_through(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mkv", options=["-live", "1"])
    made = render_copied(copied(shot(one, 0, 2, 1.72)), tmp_path, "out.mp4")
    assert [(span.first, span.end) for span in made.spans] == [(5, 48)]
    check_frames(made, [one], range(43, 93))


def test_prores_is_copied_around_a_title(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mov", codec="prores_ks", pixel_format="yuv422p10le", options=["-profile:v", "3"])
    video = {"codec": "prores", "pixelFormat": "yuv422p10le", "quality": 95}
    raw = copied(shot(one, 0, 2, 0.28), export={"container": "mov", "audio": None, "video": video})
    made = render_copied(raw | {"tracks": [*raw["tracks"], TITLE]}, tmp_path, "out.mov")
    assert [(span.first, span.end) for span in made.spans] == [(0, 13), (25, 50)]
    check_frames(made, [one], range(7, 57))
    assert found(_with(raw, quality=70), tmp_path)[0] == ()


def _with(raw: dict[str, Any], **video: Any) -> dict[str, Any]:
    export = raw["export"]
    return raw | {"export": export | {"video": export["video"] | video}}


def test_dnxhr_is_copied_in_its_own_profile(tmp_path: Path) -> None:
    one = source(
        tmp_path / "one.mov", codec="dnxhd", pixel_format="yuv422p", size=(384, 216), options=["-profile:v", "dnxhr_sq"]
    )
    video = {"codec": "dnxhr", "pixelFormat": "yuv422p", "quality": 60}
    export = {"container": "mov", "audio": None, "video": video}
    raw = copied(shot(one, 0, 1, 0.28), width=384, height=216, export=export)
    check_frames(render_copied(raw, tmp_path, "out.mov"), [one], range(7, 32))
    assert rules(found(_with(raw, quality=85), tmp_path)[1]) == ["profile"]


@pytest.mark.parametrize(
    ("codec", "encoder", "options"),
    [
        ("hevc", "libx265", ["-crf", "26", "-x265-params", "open-gop=0:log-level=error"]),
        ("ffv1", "ffv1", ["-level", "3", "-g", "1"]),
    ],
)
def test_what_stands_alone_is_copied_only_where_all_is(
    tmp_path: Path, codec: str, encoder: str, options: list[str]
) -> None:
    one = source(tmp_path / "one.mkv", codec=encoder, options=options)
    whole = copied(shot(one, 0, 0.96, 0), shot(one, 0.96, 1.44, 1.92), codec=codec, container="mkv")
    made = render_copied(whole, tmp_path, "out.mkv")
    assert [(span.first, span.end) for span in made.spans] == [(0, 24), (24, 60)]
    check_frames(made, [one], [*range(24), *range(48, 84)])
    assert rules(found(whole | {"tracks": [*whole["tracks"], TITLE]}, tmp_path)[1])[-1] == "mixed"


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "open groups": ("keyframes", {"options": ["-x264-params", "open-gop=1:bframes=2:scenecut=0"]}),
    "intra refresh": ("keyframes", {"options": ["-x264-params", "intra-refresh=1"], "b_frames": 0}),
    "variable rate": ("variable", {"variable": True}),
    "fields": ("deinterlace", {"interlaced": True, "options": ["-x264-params", "interlaced=1"]}),
    "progressive, coded as fields may be": ("tags", {"options": ["-x264-params", "fake-interlaced=1"]}),
    "4:4:4": ("sourceFormat", {"pixel_format": "yuv444p"}),
    "full range": ("sourceFormat", {"color": ("pc", "bt709", "bt709", "bt709")}),
    "rotated": ("rotation", {"rotation": 90, "size": (96, 192)}),
    "turned over": ("rotation", {"rotation": 180}),
    "our own encoder's sets": ("setsId", {"options": ["-x264-params", "sps-id=30"]}),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_generated_streams_that_are_not_copied(tmp_path: Path, kind: str) -> None:
    rule, members = REFUSED[kind]
    one = source(tmp_path / "one.mp4", **members)
    rotated = {"width": 96, "height": 192} if kind == "rotated" else {}
    spans, refusals = found(copied(shot(one, 0, 3, 0.04)) | rotated, tmp_path)
    assert spans == ()
    assert rules(refusals) == [rule]


def test_hevc_with_open_groups_is_not_copied(tmp_path: Path) -> None:
    options = ["-x265-params", "open-gop=1:bframes=3:scenecut=0:log-level=error"]
    one = source(tmp_path / "one.mp4", codec="libx265", options=options)
    assert rules(found(copied(shot(one, 0, 3, 0.04), codec="hevc"), tmp_path)[1]) == ["keyframes"]


def test_a_byte_stream_is_not_copied(tmp_path: Path) -> None:
    one = source(tmp_path / "one.ts", codec="libx264")
    assert rules(found(copied(shot(one, 0, 3)), tmp_path)[1]) == ["sourceContainer"]
    assert list_packets(one, 0).form == "bytes"


def test_other_sets_on_the_way_are_seen(tmp_path: Path) -> None:
    source(tmp_path / "one.ts", codec="libx264", seconds=2)
    source(tmp_path / "two.ts", codec="libx264", seconds=2, options=["-x264-params", "ref=5:cabac=0"])
    (tmp_path / "both.ts").write_bytes((tmp_path / "one.ts").read_bytes() + (tmp_path / "two.ts").read_bytes())
    run_ffmpeg(["-i", str(tmp_path / "both.ts"), "-c", "copy", str(tmp_path / "both.mp4")])
    table = list_packets(tmp_path / "both.mp4", 0)
    assert table.form == "lengths"
    assert table.sets_change


def test_what_only_the_container_says_is_told_from_what_the_stream_says(tmp_path: Path) -> None:
    plain = source(tmp_path / "plain.mp4", color=None, size=(1280, 720), seconds=1)
    assert list_packets(plain, 0).tags == (0, 2, 2, 2)
    wrong = tmp_path / "wrong.mp4"
    tags = "h264_metadata=matrix_coefficients=6:colour_primaries=6:transfer_characteristics=6:video_full_range_flag=0"
    run_ffmpeg(["-i", str(plain), "-c", "copy", "-bsf:v", tags, str(wrong)])
    assert list_packets(wrong, 0).tags == (1, 6, 6, 6)
    # The file may be said to be of BT.709: its frames are taken so, and its stream still says otherwise.
    said = {"matrix": "bt709", "primaries": "bt709", "transfer": "bt709", "range": "limited"}
    media = [{"id": "m", "path": str(wrong), "interpret": said}]
    taken = shot(wrong, 0, 0.96) | {"source": {"kind": "file", "media": "m"}}
    raw = copied(taken, width=1280, height=720, media=media)
    assert rules(found(raw, tmp_path)[1]) == ["tags"]
    assert found(copied(shot(plain, 0, 0.96), width=1280, height=720), tmp_path)[0]


def test_a_packet_that_is_cut_short_is_damage(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    table = list_packets(one, 0)
    order = frame_order(table)
    assert order is not None
    with av.open(str(one)) as container:
        packet = next(
            each
            for each in container.demux(video=0)
            if each.pos is not None and each.size > 50 and not each.is_keyframe
        )
        place = packet.pos or 0
    data = bytearray(one.read_bytes())
    data[place : place + 4] = b"\0\xff\xff\xff"
    one.write_bytes(data)
    assert rules(found(copied(shot(one, 0, 3)), tmp_path)[1]) == ["damaged"]


def looked_at(made: Rendered, *, decoded: bool = True, **members: Any) -> str | None:
    return checked(made.path, replace(made.spans[0], **members), made.digests[0], decoded=decoded)


def test_the_check_finds_what_is_wrong(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    made = render_copied(copied(shot(one, 0, 3, 0.28)), tmp_path, "out.mp4")
    assert looked_at(made) is None
    assert looked_at(made, decoded=False) is None
    for decoded in (True, False):
        assert looked_at(made, decoded=decoded, first=4, end=64) is not None
    assert looked_at(made, source_first=0, start=0, packets=(0, 70)) == "its frames are others than the source's"
    assert checked(made.path, made.spans[0], "other") == "its packets are others than the source's"
    with av.open(str(made.path)) as container:
        packet = next(packet for packet in container.demux(video=0) if packet.pts == 7 * 512)
        place = (packet.pos or 0) + packet.size - 8
    data = bytearray(made.path.read_bytes())
    data[place] ^= 0x55
    made.path.write_bytes(data)
    for decoded in (True, False):
        assert looked_at(made, decoded=decoded) == "its packets are others than the source's"


def test_other_parameter_sets_in_front_of_a_copy_are_found(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    made = render_copied(copied(shot(one, 0, 3, 0.28)), tmp_path, "out.mp4")
    other = source(tmp_path / "other.mp4", options=["-x264-params", "cabac=0:qp=40:ref=1"])
    for decoded in (True, False):
        wrong = looked_at(made, decoded=decoded, path=str(other))
        assert wrong == "its parameter sets are others than the source's"


def test_several_spans_are_checked_in_one_go(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    made = render_copied(copied(shot(one, 0, 2, 0.28), shot(one, 2, 2, 1)), tmp_path, "out.mp4")
    copies = [Copied(span, digest) for span, digest in zip(made.spans, made.digests, strict=True)]
    assert list(check_copies(made.path, one, copies)) == [None, None]
    wrong = [copies[0], Copied(made.spans[1], made.digests[0])]
    assert list(check_copies(made.path, one, wrong)) == [None, "its packets are others than the source's"]


def test_packets_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    one = source(tmp_path / "one.mp4")
    span: CopySpan = found(copied(shot(one, 0, 3, 0.28)), tmp_path)[0][0]
    with pytest.raises(MediaUnreadable):
        extracted(replace(span, start=span.start + 7_000_000), tmp_path / "a.nut")
    with pytest.raises(MediaUnreadable):
        extracted(replace(span, packets=(60, 160), start=60 * 512), tmp_path / "b.nut")
