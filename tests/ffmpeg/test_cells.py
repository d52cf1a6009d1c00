"""Cells: the same bytes alone and beside others, and the very frames of the whole render."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.errors import ResourceLimit
from protocol.project import Export
from protocol.project.formats import VIDEO_CODECS
from sidecar.core.keys import plan_key
from sidecar.core.timeline import OutputSpan, Timeline, output_span
from sidecar.ffmpeg.builder import staged
from sidecar.ffmpeg.builder.cells import Span, build_run, plan_run, run_cost, run_limit
from sidecar.ffmpeg.builder.command import arguments
from tests.harness.commands import run_command
from tests.harness.media import make_clip, run_ffmpeg
from tests.harness.rendering import RESOURCES, clip, export_format, project, raw_frames, timeline_of


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    return make_clip(folder / "clip.mp4", seconds=4, rate="30000/1001", b_frames=2, size=(320, 180))


def busy(source: Path, **export: Any) -> dict[str, Any]:
    """Cuts, speed, a cross-fade, grain, a reversed clip, a title that moves, fades and a cue: 3 s, 25 frames each."""
    clips = [
        clip(str(source), 0, 1, id="a", sourceStart=0.3),
        clip(str(source), 1, 1, id="b", speed=1.5, fadeOut=0.3, effects=[{"type": "grain"}]),
        clip("#204080", 2, 0.3),
        clip(str(source), 2.3, 0.7, reverse=True, transform={"x": 0.4, "scaleX": 0.7, "scaleY": 0.7}),
    ]
    moved = {"x": {"keyframes": [{"time": 0, "value": 0.3}, {"time": 2, "value": 0.6}]}}
    title = clip({"kind": "title", "text": "Words"}, 0.7, 2, fadeIn=0.4, opacity=0.8, transform=moved)
    lane = {"clips": clips, "transitions": [{"type": "fade", "from": "a", "to": "b", "duration": 0.4}]}
    cues = {"kind": "subtitle", "cues": [{"start": 0.9, "end": 2.6, "text": "A cue"}]}
    raw = project(lane, {"clips": [title]}, cues)
    return {**raw, "export": {"audio": None, "subtitles": "burn", **export}}


def opened(raw: dict[str, Any], base: Path) -> tuple[Timeline, Export, OutputSpan]:
    timeline = timeline_of(raw, base)
    return timeline, timeline.project.export, output_span(timeline, timeline.project.export)


def encode(timeline: Timeline, spans: Sequence[Span], folder: Path, name: str) -> list[Path]:
    """Make cells in one process and return their files."""
    sinks = [folder / f"{name}-{first}.cell" for first, _ in spans]
    run_command(build_run(timeline, timeline.project.export, RESOURCES, spans, [str(sink) for sink in sinks]), folder)
    return sinks


def decoded(cell: Path, pixel_format: str, frames: int) -> NDArray[np.uint8]:
    """Decode a cell to raw frames, a row each."""
    raw = cell.with_suffix(".raw")
    run_ffmpeg(["-i", str(cell), "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixel_format, str(raw)])
    return np.frombuffer(raw.read_bytes(), np.uint8).reshape(frames, -1)


FRAMES: list[dict[str, Any]] = [
    {"container": "mkv", "video": {"codec": "ffv1"}},
    {"container": "mkv", "video": {"codec": "ffv1", "pixelFormat": "yuva444p10le"}, "frameRate": "24000/1001"},
    {"container": "mkv", "video": {"codec": "ffv1", "pixelFormat": "gbrp"}, "width": 160, "height": 160},
    {"container": "mp4", "video": {"rateControl": "lossless"}, "range": [0.4, 2.5], "frameRate": "30000/1001"},
    {"container": "mp4", "video": {"rateControl": "lossless"}, "frameRate": "60000/1001"},
    {"container": "mp4", "video": {"rateControl": "lossless", "preset": "fastest"}, "frameRate": "8"},
]


@pytest.mark.parametrize("export", FRAMES, ids=lambda export: str(export.get("frameRate", export["container"])))
def test_frames_of_cells_are_those_of_the_whole(export: dict[str, Any], source: Path, tmp_path: Path) -> None:
    timeline, _, span = opened(busy(source, **export), tmp_path)
    pixel_format = export_format(timeline)
    whole = raw_frames(busy(source, **export), tmp_path, pixel_format=pixel_format)
    assert len(whole) == span.frames
    places = [0, 3, 4, span.frames // 3, span.frames // 3 + 1, span.frames * 2 // 3, span.frames]
    spans = list(pairwise(places))
    for (first, end), cell in zip(spans, encode(timeline, spans, tmp_path, "run"), strict=True):
        assert np.array_equal(decoded(cell, pixel_format, end - first), whole[first:end]), (first, end)
    middle = spans[3]
    (alone,) = encode(timeline, [middle], tmp_path, "alone")
    assert alone.read_bytes() == (tmp_path / f"run-{middle[0]}.cell").read_bytes()


def test_a_part_of_an_output_takes_the_frames_of_the_whole() -> None:
    for project_rate, rate in [("25", "30000/1001"), ("60000/1001", "24"), ("24", "240"), ("30", "30"), ("50", "7")]:
        slow, fast = Fraction(project_rate), Fraction(rate)
        whole = OutputSpan(10, 73, round(63 / slow * fast + Fraction(1, 3)), fast, slow, 64, 36)
        shown = [min(10 + int(frame * slow / fast), 72) for frame in range(whole.frames)]
        for first in range(whole.frames):
            for end in {first + 1, min(first + 5, whole.frames), whole.frames}:
                part = whole.part(first, end)
                assert (part.first, part.end - 1, part.frames) == (shown[first], shown[end - 1], end - first)
                place = [part.first + int((part.lead + frame) * slow / fast) for frame in range(part.frames)]
                assert [min(frame, part.end - 1) for frame in place] == shown[first:end]


CODECS: list[tuple[str, str, dict[str, Any]]] = [
    ("h264", "mp4", {}),
    ("h264", "mkv", {"rateControl": "lossless"}),
    ("hevc", "mp4", {"preset": "fast"}),
    ("vp9", "webm", {}),
    ("vp9", "webm", {"pixelFormat": "yuva420p"}),
    ("av1", "mp4", {}),
    ("av1", "mp4", {"rateControl": "lossless", "preset": "fastest"}),
    ("prores", "mov", {}),
    ("dnxhr", "mov", {}),
    ("ffv1", "mkv", {}),
    ("mpeg4", "mp4", {"bFrames": 2}),
    ("png", "mov", {}),
]


@pytest.mark.parametrize(("codec", "container", "video"), CODECS)
def test_bytes_depend_on_no_neighbour_and_no_machine(
    codec: Any, container: str, video: dict[str, Any], source: Path, tmp_path: Path
) -> None:
    usual = VIDEO_CODECS[codec].pixel_formats[0]
    raw = project({"clips": [clip(str(source), 0, 2)]}, size=(256, 144))
    raw["export"] = {"container": container, "audio": None, "video": {"codec": codec, "pixelFormat": usual, **video}}
    timeline, _, span = opened(raw, tmp_path)
    spans = [(0, 8), (8, 9), (9, 22), (22, 24), (24, span.frames)]
    together = encode(timeline, spans, tmp_path, "together")
    for (first, end), cell in zip(spans, together, strict=True):
        with av.open(str(cell)) as container_:
            packets = [packet for packet in container_.demux(video=0) if packet.size]
        assert len(packets) == end - first
        assert packets[0].is_keyframe
    for place in (1, 2):
        (alone,) = encode(timeline, [spans[place]], tmp_path, "alone")
        assert alone.read_bytes() == together[place].read_bytes()
    with one_processor():
        (slow,) = encode(timeline, [spans[4]], tmp_path, "slow")
    assert slow.read_bytes() == together[4].read_bytes()


@contextmanager
def one_processor() -> Iterator[None]:
    """Run children on one processor, where the system can say so; elsewhere it changes nothing."""
    if sys.platform != "linux":
        yield
        return
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(usual)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)


def test_parameter_sets_are_our_own(source: Path, tmp_path: Path) -> None:
    timeline, _, _ = opened(busy(source, container="mp4"), tmp_path)
    (cell,) = encode(timeline, [(0, 5)], tmp_path, "cell")
    with av.open(str(cell)) as container:
        sets = container.streams.video[0].codec_context.extradata
    assert sets is not None
    units = [unit for unit in sets.split(b"\0\0\0\1") if unit]
    # ue(v) of 30 has nine bits: 000011111; of an SPS it follows profile, constraints and level.
    assert [unit[0] & 31 for unit in units] == [7, 8]
    assert (int.from_bytes(units[0][4:6], "big") >> 7, int.from_bytes(units[1][1:3], "big") >> 7) == (31, 31)


def test_what_is_too_much_for_a_process_gives_the_same_bytes(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeline, export, span = opened(busy(source, container="mp4", frameRate="30000/1001", width=160), tmp_path)
    spans = [(5, 40), (40, span.frames)]
    plain = encode(timeline, spans, tmp_path, "plain")
    monkeypatch.setattr(staged, "MAX_FILTERS", staged.ENCODING.filters + 100)
    assert not run_cost(timeline, export, RESOURCES, spans).within(run_limit(timeline, export))
    job = plan_run(timeline, export, RESOURCES, spans)
    assert len(job.windows) > 2
    assert job.frames == span.frames - 5
    raw = tmp_path / "frames.raw"
    with raw.open("wb") as kept:
        for window in job.windows:
            run_command(job.composer(window, sink="part.raw"), tmp_path)
            kept.write((tmp_path / "part.raw").read_bytes())
    sinks = [tmp_path / "a.cell", tmp_path / "b.cell"]
    run_command(job.encoder([str(sink) for sink in sinks], source=str(raw)), tmp_path)
    assert [sink.read_bytes() for sink in sinks] == [cell.read_bytes() for cell in plain]


def test_what_a_process_can_take_is_one_process(source: Path, tmp_path: Path) -> None:
    timeline, export, span = opened(project({"clips": [clip(str(source), 0, 2)]}), tmp_path)
    spans = [(0, 12), (12, 30), (30, span.frames)]
    alone = [run_cost(timeline, export, RESOURCES, [each]) for each in spans]
    together = run_cost(timeline, export, RESOURCES, spans)
    assert together.within(alone[0] + alone[1] + alone[2])
    assert together.within(run_limit(timeline, export))
    assert plan_run(timeline, export, RESOURCES, spans).windows == ()


def test_decoders_of_a_run_have_one_thread(source: Path, tmp_path: Path) -> None:
    timeline, export, _ = opened(busy(source, container="mp4"), tmp_path)
    job = plan_run(timeline, export, RESOURCES, [(0, 20)])
    for command in (job.encoder(["a.cell"]), job.composer((0, 20), sink="part.raw")):
        read = ",".join(arguments(command).argv).split(",-i,")[:-1]
        assert read
        assert all(",-threads,1" in options for options in read)


def test_an_instant_that_no_process_can_take(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timeline, export, _ = opened(busy(source, container="mp4"), tmp_path)
    monkeypatch.setattr(staged, "MAX_FILTERS", 1)
    monkeypatch.setattr(staged, "MOST_FILTERS", 1)
    with pytest.raises(ResourceLimit):
        plan_run(timeline, export, RESOURCES, [(0, 20)])


def key(timeline: Timeline, span: Span) -> str:
    command = build_run(timeline, timeline.project.export, RESOURCES, [span], ["-"], sketch=True)
    return plan_key(command, {}, "9")


@pytest.mark.parametrize("rate", ["25", "50"])
def test_keys_do_not_say_where_a_cell_lies(rate: str, source: Path, tmp_path: Path) -> None:
    raw = busy(source, container="mp4", frameRate=rate)
    later = busy(source, container="mp4", frameRate=rate)
    for track in later["tracks"]:
        for item in [*track.get("clips", ()), *track.get("cues", ())]:
            item["start"] += 2
            if "end" in item:
                item["end"] += 2
    before, after = timeline_of(raw, tmp_path), timeline_of(later, tmp_path)
    step = 2 * int(rate)
    spans = [(0, 10), (10, 11), (17, 30), (30, 75), (60, 75)]
    assert [key(before, span) for span in spans] == [key(after, (first + step, end + step)) for first, end in spans]
    assert len({key(before, span) for span in spans}) == len(spans)
