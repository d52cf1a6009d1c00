"""media.concat: files one after the other, copied where that can be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest
import trio

from protocol.commands import TABLE
from protocol.commands.render import Job
from protocol.errors import (
    InvalidParams,
    MediaNotFound,
    MediaUnreadable,
    NotCopyable,
    OutputExists,
    OutputUnwritable,
    PermissionDenied,
    SidecarError,
)
from protocol.project.export import Container
from sidecar.commands.grant import Grant
from sidecar.services.concat.parts import part_of
from sidecar.services.concat.project import joined, sound_rate
from sidecar.services.media.reader import probe_file
from tests.commands.test_render import asks
from tests.harness.flashes import blips
from tests.harness.media import decode_luma, decode_sound, make_clip, read_number, read_numbers
from tests.harness.patience import PATIENCE
from tests.services.render.copying import ffmpeg_hashes, frame_hashes, source
from tests.services.render.studio import Studio, studio


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films that can be copied, one that cannot, a second without sound, and sounds."""
    folder = tmp_path_factory.mktemp("films")
    source(folder / "one.mp4", seconds=2, audio="stereo", sound="beep")
    source(folder / "zwei drei ü.mp4", seconds=2, audio="stereo", sound="beep")
    make_clip(folder / "other.webm", seconds=1, size=(64, 64), rate="50")
    make_clip(folder / "a.wav", seconds=1.2345, audio="stereo", sample_rate=44_100, sound="beep")
    make_clip(folder / "b.wav", seconds=2, audio="mono", sample_rate=44_100, sound="beep")
    make_clip(folder / "still.png")
    return folder


def inputs(folder: Path, *names: str | tuple[str, Any, Any]) -> list[dict[str, Any]]:
    """Inputs by their names, or with a range by frames (whole numbers) or seconds."""
    found: list[dict[str, Any]] = []
    for each in names:
        if isinstance(each, str):
            found.append({"path": str(folder / each)})
            continue
        name, *ends = each
        edges = [{"frame": end} if isinstance(end, int) else {"time": end} for end in ends]
        found.append({"path": str(folder / name), "range": {"from": edges[0], "to": edges[1]}})
    return found


async def made(desk: Studio, files: list[dict[str, Any]], target: Path, **members: Any) -> Job:
    started = await asks(desk)("media.concat", inputs=files, output=str(target), **members)
    with trio.fail_after(PATIENCE):
        job = await desk.render.wait(started["jobId"])
    assert job.state == "completed", job.error
    assert job.result is not None
    assert job.result.warnings == []
    return job


def reused(job: Job) -> tuple[int, int]:
    """How many segments were copied, and how many not."""
    assert job.result is not None
    return job.result.reused.copied, job.result.reused.cached + job.result.reused.encoded


async def test_files_that_fit_are_copied_whole(folder: Path, tmp_path: Path) -> None:
    files, target = inputs(folder, "one.mp4", "zwei drei ü.mp4", "one.mp4"), tmp_path / "a b ü.mp4"
    async with studio(tmp_path / "home") as desk:
        job = await made(desk, files, target, mode="copy", jobId="mine", labels={"of": "test"})
        assert (job.job_id, job.labels) == ("mine", {"of": "test"})
        assert reused(job) == (3, 0)
        assert job.plan.frames_to_encode == 0
        ask = asks(desk)
        again = await ask("media.concat", inputs=files, output=str(target), jobId="mine", overwrite=True)
        assert (again["jobId"], again["state"]) == ("mine", "completed")
        assert [each["jobId"] for each in (await ask("render.jobs"))["jobs"]] == ["mine"]
        encoded = await made(desk, files, tmp_path / "encoded.mp4", mode="encode")
        assert reused(encoded)[0] == 0
    numbers = [*range(50)] * 3
    assert read_numbers(target) == read_numbers(tmp_path / "encoded.mp4") == numbers
    own = [frame for name in ("one.mp4", "zwei drei ü.mp4", "one.mp4") for frame in frame_hashes(folder / name)]
    assert frame_hashes(target) == ffmpeg_hashes(target) == own
    assert blips(target, lasting=0.04) == pytest.approx([*range(6)], abs=0.01)


async def test_only_what_must_be_is_encoded(folder: Path, tmp_path: Path) -> None:
    files = inputs(folder, ("one.mp4", 5, 45), "other.webm", ("zwei drei ü.mp4", 0.48, "1/1"))
    target = tmp_path / "out.mov"
    async with studio(tmp_path / "home") as desk:
        job = await made(desk, files, target)
    assert reused(job)[0] == 2
    pictures = [luma for _, luma in decode_luma(target)]
    assert [read_number(luma) for luma in pictures[:40]] == [*range(5, 45)]
    # A square picture stands in the middle, and of fifty frames a second every other is shown.
    assert [read_number(luma[:, 48:144]) for luma in pictures[40:65]] == [*range(0, 50, 2)]
    assert [read_number(luma) for luma in pictures[65:]] == [*range(12, 25)]
    with av.open(str(target)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.width, picture.height, picture.average_rate) == (192, 96, Fraction(25))
        assert (picture.frames, sound.rate, sound.channels) == (78, 48_000, 2)
    # The sound of the first begins at 0.2 s of it; the second has none; the third begins at 0.48 s.
    assert blips(target, lasting=0.04) == pytest.approx([0.8], abs=0.01)


async def test_copies_are_cut_at_keyframes_or_refused(folder: Path, tmp_path: Path) -> None:
    async with studio(tmp_path / "home") as desk:
        ask = asks(desk)
        cut = inputs(folder, "one.mp4", ("zwei drei ü.mp4", 12, 36))
        job = await made(desk, cut, tmp_path / "cut.mp4", mode="copy")
        assert reused(job) == (2, 0)
        cases = [
            (inputs(folder, "one.mp4", ("one.mp4", 30, 50)), 1, "keyframes", [24, 36]),
            (inputs(folder, ("one.mp4", 12, 35), "one.mp4"), 0, "keyframes", None),
            (inputs(folder, "one.mp4", "other.webm", "one.mp4"), 1, "sourceCodec", []),
            (inputs(folder, "one.mp4", "a.wav"), 1, "noPicture", []),
        ]
        for files, number, rule, nearest in cases:
            with pytest.raises(NotCopyable) as refused:
                await ask("media.concat", inputs=files, output=str(tmp_path / "no.mp4"), mode="copy")
            found = refused.value
            assert (found.input, found.rule, found.path) == (number, rule, files[number]["path"])
            assert nearest is None or found.nearest == nearest, (files, found)
        assert (await ask("render.jobs"))["jobs"][0]["jobId"] == job.job_id
    assert read_numbers(tmp_path / "cut.mp4") == [*range(50), *range(12, 36)]


async def test_sound_alone(folder: Path, tmp_path: Path) -> None:
    async with studio(tmp_path / "home") as desk:
        await made(desk, inputs(folder, "a.wav", ("b.wav", 0.5, 1.75), "one.mp4"), tmp_path / "out.wav")
        await made(desk, inputs(folder, "a.wav", "b.wav"), tmp_path / "out.flac")
    rate, samples = decode_sound(tmp_path / "out.wav")
    assert (rate, samples.shape[0]) == (44_100, 2)
    assert samples.shape[1] == pytest.approx(rate * (1.2345 + 1.25 + 2), abs=rate / 100)
    joint = 1.2345 + 1.25
    assert blips(tmp_path / "out.wav", lasting=0.04) == pytest.approx([0, 1, 1.7345, joint, joint + 1], abs=0.005)
    _, both = decode_sound(tmp_path / "out.flac")
    first, second = (decode_sound(folder / name)[1] for name in ("a.wav", "b.wav"))
    joint = first.shape[1]
    # Of two sounds the second begins at its own sample.
    assert both[0, :joint] == pytest.approx(first[0], abs=1e-4)
    assert both[0, joint : joint + second.shape[1]] == pytest.approx(second[0], abs=1e-4)


async def test_sound_and_stills_among_pictures(folder: Path, tmp_path: Path) -> None:
    files = inputs(folder, "b.wav", ("still.png", 0.0, 0.4), ("one.mp4", 0, 10))
    async with studio(tmp_path / "home") as desk:
        await made(desk, files, tmp_path / "out.mkv")
    pictures = [luma for _, luma in decode_luma(tmp_path / "out.mkv")]
    assert [float(luma.mean()) for luma in pictures[:50]] == pytest.approx([pictures[0].mean()] * 50)
    assert [read_number(luma) for luma in pictures[50:]] == [0] * 10 + [*range(10)]
    assert blips(tmp_path / "out.mkv", lasting=0.04) == pytest.approx([0, 1, 2.4], abs=0.01)


@pytest.mark.parametrize("count", [6, pytest.param(100, marks=pytest.mark.soak)])
async def test_many_files(count: int, folder: Path, tmp_path: Path) -> None:
    names = ["one.mp4", "zwei drei ü.mp4"] * (count // 2)
    async with studio(tmp_path / "home") as desk:
        job = await made(desk, inputs(folder, *[(name, 0, 24) for name in names]), tmp_path / "out.mp4", mode="copy")
    assert reused(job) == (count, 0)
    assert read_numbers(tmp_path / "out.mp4") == [*range(24)] * count


CANNOT: list[tuple[list[Any], str, type[SidecarError]]] = [
    (["one.mp4", "missing.mp4"], "out.mp4", MediaNotFound),
    (["one.mp4"], "out.xyz", InvalidParams),
    (["one.mp4"], "taken.mp4", OutputExists),
    (["one.mp4"], "no/out.mp4", OutputUnwritable),
    ([("one.mp4", 50, 60)], "out.mp4", InvalidParams),
    ([("one.mp4", 20, 20)], "out.mp4", InvalidParams),
    ([("a.wav", 0, 20)], "out.wav", InvalidParams),
    ([("a.wav", 3.0, 4.0)], "out.wav", InvalidParams),
    (["still.png"], "out.mp4", InvalidParams),
    (["a.wav"], "out.gif", InvalidParams),
    (["text.mp4"], "out.mp4", MediaUnreadable),
]


async def test_what_cannot_be(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken.mp4").touch()
    (folder / "text.mp4").write_text("no film")
    async with studio(tmp_path / "home") as desk:
        ask = asks(desk)
        for files, output, error in CANNOT:
            with pytest.raises(error):
                await ask("media.concat", inputs=inputs(folder, *files), output=str(tmp_path / output))
        assert (await ask("render.jobs"))["jobs"] == []


async def test_an_output_that_is_an_input(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(folder / "one.mp4")
    async with studio(tmp_path / "home") as desk:
        for name in (folder / "one.mp4", tmp_path / "link.mp4"):
            for overwrite in (False, True):
                with pytest.raises(OutputUnwritable, match="it is input 1"):
                    await asks(desk)(
                        "media.concat",
                        inputs=inputs(folder, "a.wav", "one.mp4"),
                        output=str(name),
                        overwrite=overwrite,
                    )


async def test_inputs_and_output_are_held_to_the_roots(folder: Path, tmp_path: Path) -> None:
    async with studio(tmp_path / "home") as desk:
        for read, write in (([folder], [folder]), ([tmp_path], [tmp_path])):
            ask = asks(desk, Grant(tuple(read), tuple(write)))
            with pytest.raises(PermissionDenied):
                await ask("media.concat", inputs=inputs(folder, "one.mp4"), output=str(tmp_path / "out.mp4"))


def chosen(container: Container, *files: Path) -> dict[str, Any]:
    """The project of some files."""
    facts = [probe_file(file, "full").facts for file in files]
    parts = [part_of(number, each, None) for number, each in enumerate(facts) if each is not None]
    return joined(parts, container, "auto", None).raw


def test_settings_are_those_of_the_first_as_far_as_they_fit(folder: Path, tmp_path: Path) -> None:
    make_clip(tmp_path / "vfr.mp4", seconds=2, rate="60", variable=True, size=(98, 96), audio="5.1")
    make_clip(tmp_path / "old.avi", size=(99, 97), codec="mpeg4", pixel_format="yuv420p")
    one, other, sound, mono = (folder / name for name in ("one.mp4", "other.webm", "a.wav", "b.wav"))
    raw = chosen("mp4", mono, tmp_path / "vfr.mp4", other)
    assert (raw["frameRate"], raw["width"], raw["height"], raw["channels"]) == ("60", 98, 96, 6)
    assert (raw["export"]["video"]["codec"], raw["export"]["audio"]["codec"]) == ("h264", "aac")
    assert [len(track["clips"]) for track in raw["tracks"]] == [2, 1]
    assert chosen("mkv", sound, one)["export"]["audio"]["codec"] == "pcm_s16le"
    assert chosen("mkv", other, one)["export"]["video"]["codec"] == "vp9"
    webm = chosen("webm", one, other)["export"]
    assert (webm["video"]["codec"], webm["audio"]["codec"]) == ("vp9", "opus")
    old = chosen("mp4", tmp_path / "old.avi", one)
    assert (old["width"], old["height"], old["export"]["video"]["codec"]) == (98, 96, "h264")
    assert [clip.get("fit") for clip in old["tracks"][0]["clips"]] == ["stretch", None]
    assert chosen("mp3", one, other)["export"]["video"] is None


def test_no_inputs_are_none() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"inputs": [], "output": "out.mp4"}, TABLE["media.concat"].params)


@pytest.mark.parametrize(
    ("lengths", "rate"),
    [
        (["12345/10000", "2"], None),
        (["2", "3/2", "1"], "240"),
        (["1001/24000", "1001/24000"], None),
        (["48001/48000", "96013/48000", "48007/48000"], "240"),
    ],
)
def test_joined_sounds_begin_on_frames(lengths: list[str], rate: str | None) -> None:
    parts = [Fraction(each) for each in lengths]
    found = sound_rate(parts)
    assert 100 <= found <= 240
    if rate is None:
        assert (parts[0] * found).denominator == 1
    else:
        assert found == Fraction(rate)
