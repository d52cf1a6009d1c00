"""The encoded sound of a job: in every container it is what one pass would have written, at the level asked for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import pytest
import trio
import trio.testing
from numpy.typing import NDArray

from protocol.project import Effect
from protocol.project.export import AudioCodec, Container
from protocol.project.formats import CONTAINERS
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.render import build_render
from sidecar.ffmpeg.builder.sound.encoded import encode_sound
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.services.cache.pinned import Pinned
from sidecar.services.render.encoded_sound import MIXED, encoded_sound, loudness_of, written_sound
from sidecar.services.render.join import join
from sidecar.services.render.join_pieces import EncodedPiece
from sidecar.services.render.soundtrack import level
from tests.ffmpeg.sound.listening import RATE, RESOURCES, file_clip, mix, timeline, tone, write_wav
from tests.ffmpeg.sound.test_motion import NOISE
from tests.harness.commands import output_of
from tests.harness.media import decode_sound, run_ffmpeg
from tests.harness.patience import PATIENCE
from tests.services.render.sounding import export_of, sound_desk, with_volume
from tests.services.render.test_sound import programme
from tests.services.render.test_sound_mix import shown

PAIRS = [
    (container, codec)
    for container in ("mp4", "mov", "mkv", "webm", "avi")
    for codec in CONTAINERS[container].audio
    if (container, codec) != ("avi", "flac")  # `joinable` leaves it to one pass
]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    """Three seconds of noise."""
    path = write_wav(tmp_path_factory.mktemp("film") / "noise.wav", 0.3 * NOISE)
    return timeline([file_clip(path, 0, 3)], rate="30")


def heard(path: Path) -> tuple[Fraction, NDArray[np.floating]]:
    """Return when the sound of a file begins, against its picture, and its samples."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0))
    assert frames[0].pts is not None
    assert frames[0].time_base is not None
    assert picture.pts is not None
    assert picture.time_base is not None
    start = frames[0].pts * frames[0].time_base - picture.pts * picture.time_base
    planes = [frame.to_ndarray() for frame in frames]
    if not frames[0].format.is_planar:
        planes = [plane.reshape(-1, stream.channels).T for plane in planes]
    return start, np.concatenate(planes, axis=1)


@pytest.mark.parametrize(("container", "codec"), PAIRS)
async def test_joined_it_is_the_sound_of_one_pass(
    container: Container, codec: AudioCodec, film: Timeline, tmp_path: Path
) -> None:
    rate = 44_100 if codec not in ("opus", "flac") else 48_000
    export = export_of(container, codec=codec, sampleRate=rate)
    if container == "avi":
        export = msgspec.structs.replace(
            export, video=msgspec.convert({"codec": "mpeg4", "bFrames": 0}, type(export.video))
        )
    span = output_span(film, export)
    whole, joined, cell = (tmp_path / f"{name}.{container}" for name in ("whole", "joined", "cell"))
    output_of(build_render(film, export, target=str(whole), resources=RESOURCES), tmp_path)
    run_ffmpeg(["-i", str(whole), "-map", "0:v", "-c", "copy", "-f", "nut", str(cell)])
    async with sound_desk(tmp_path) as desk:
        with await desk.encode(film, export) as sound:
            await trio.to_thread.run_sync(
                lambda: join([EncodedPiece(cell, span.frames)], joined, export, span, sound=sound.path)
            )
    wanted, found = heard(whole), heard(joined)

    assert found[0] == wanted[0]
    assert np.array_equal(found[1], wanted[1])


@pytest.mark.parametrize(("kind", "target"), [("music", -14), ("speech", -23)])
async def test_loudness_is_met_and_kept_with_the_sound(kind: str, target: float, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "programme.wav", programme(kind))
    line = timeline([file_clip(path, 0, 12)])
    async with sound_desk(tmp_path) as desk:
        for audio in ({"loudness": {"target": target, "truePeak": -2}}, {"limiter": {"truePeak": -6}}):
            export = export_of("mkv", codec="flac", **audio)
            with await desk.encode(line, export) as sound:
                found = loudness_of(sound)
                assert "measure" in desk.ran
            assert found is not None
            assert desk.shares == sorted(desk.shares)
            if "loudness" in audio:
                # Whoever watches hears that measuring goes on.
                assert desk.shares.count(MIXED) > 1
                assert found.integrated == pytest.approx(target, abs=0.5)
                assert found.true_peak <= -2 + 0.05
            else:
                assert found.true_peak <= -6 + 0.05
            with await desk.encode(line, export) as sound:
                assert loudness_of(sound) == found
                assert desk.ran == []


async def test_levelled_it_is_the_sound_of_one_pass(film: Timeline, tmp_path: Path) -> None:
    """Loudness is found on the same floats by the same passes as where one process encodes picture and sound."""
    export = export_of("mkv", codec="pcm_f32le", loudness={"target": -8}, limiter={"truePeak": -9})
    span, wanted = output_span(film, export), tmp_path / "wanted.mkv"
    assert export.audio is not None
    async with sound_desk(tmp_path) as desk:
        shop = desk.shop()
        mixed = tmp_path / "mix.f32"
        mixed.write_bytes(np.ascontiguousarray(mix(film).T).tobytes())
        track = await level(mixed, film, export.audio, shop.run)
        assert track.levelling.ceiling is not None
        output_of(encode_sound(film, export, span, RESOURCES, track, target=str(wanted)), tmp_path)
        with await desk.encode(film, export) as sound:
            assert sound.path.read_bytes() == wanted.read_bytes()


async def test_silence_has_no_loudness(tmp_path: Path) -> None:
    line = timeline([tone(440, 0, 12, volume=0)])
    export = export_of("mkv", codec="pcm_f32le", loudness={"target": -14})
    async with sound_desk(tmp_path) as desk:
        with await desk.encode(line, export) as sound:
            assert loudness_of(sound) is None
            _, samples = decode_sound(sound.path)
        assert desk.mixed == 0
    assert samples.shape == (2, 12 * RATE)
    assert not samples.any()


async def test_settings_of_the_encoder_do_not_mix_anew(film: Timeline, tmp_path: Path) -> None:
    async with sound_desk(tmp_path) as desk:
        asked: list[dict[str, Any]] = [{"bitrate": 96_000}, {"bitrate": 128_000}, {"channels": 1}, {"codec": "mp3"}]
        for number, audio in enumerate(asked):
            (await desk.encode(film, export_of("mp4", **audio))).release()
            assert desk.mixed == (number == 0)
            assert "sound-encode" in desk.ran
        (await desk.encode(film, msgspec.structs.replace(export_of("mp4", codec="mp3"), faststart=False))).release()
        assert desk.ran == []


@pytest.mark.parametrize("effects", [[], ["compressor"]])
async def test_bytes_do_not_depend_on_what_the_cache_had(effects: list[str], tmp_path: Path) -> None:
    noise = write_wav(tmp_path / "noise.wav", NOISE)
    chain = [Effect(type=kind) for kind in effects]
    clips = [file_clip(noise, n * 9, 9, source_start=n) for n in range(3)]
    line = timeline(clips, effects=chain)
    edits = [line, with_volume(line, line.audio[0].items[1].pointer, 0.3)]
    export = export_of("mp4")
    made = []
    for name, order in (("one", (0, 1)), ("other", (1, 0))):
        async with sound_desk(tmp_path / name) as desk:
            for number in order:
                with await desk.encode(edits[number], export) as sound:
                    made.append((number, sound.path.read_bytes()))
    assert len(made) == 4
    assert dict(made[:2]) == dict(made[2:])
    assert made[0][1] != made[1][1]


@pytest.mark.parametrize(("container", "codec"), [("m4a", "aac"), ("wav", "pcm_s16le"), ("mp3", "mp3")])
async def test_a_file_of_sound_alone_is_that_of_one_pass(
    container: Container, codec: AudioCodec, film: Timeline, tmp_path: Path
) -> None:
    export = msgspec.structs.replace(export_of(container, codec=codec, limiter={"truePeak": -9}), video=None)
    whole, written = (tmp_path / f"{name}.{container}" for name in ("whole", "written"))
    output_of(build_render(film, export, target=str(whole), resources=RESOURCES), tmp_path)
    stages = Stages(film, export, RESOURCES, ())
    async with sound_desk(tmp_path) as desk:
        found = await written_sound(
            desk.plan(film, export),
            desk.shop(),
            written,
            lambda track: stages.encoder(target=str(written), track=track),
        )
    assert found is not None
    assert found.true_peak <= -9 + 0.1
    assert written.read_bytes() == whole.read_bytes()


async def test_what_another_has_taken_and_given_up_is_made_after_all(film: Timeline, tmp_path: Path) -> None:
    """An effect on the whole mix leaves files in the job's folder, which are not in the way of beginning again."""
    line = replace(film, project=msgspec.structs.replace(film.project, effects=[shown("compressor")]))
    export = export_of("mkv", codec="pcm_s16le")
    waits, come, taken, fails = trio.Event(), trio.Event(), trio.Event(), trio.Event()
    made: list[Pinned] = []

    async def turn(_seconds: float) -> None:
        waits.set()
        await come.wait()

    async def failing(_path: Path) -> dict[str, Any]:
        taken.set()
        await fails.wait()
        raise ArithmeticError

    async with sound_desk(tmp_path / "one") as desk, sound_desk(tmp_path / "other") as other:
        plan = desk.plan(line, export)

        async def first() -> None:
            made.append(await encoded_sound(plan, replace(desk.shop(), turn=turn)))

        async def second() -> None:
            with pytest.raises(ArithmeticError):
                await desk.store.make("sound", plan.key, failing)

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(first)
                await waits.wait()
                nursery.start_soon(second)
                await taken.wait()
                come.set()
                await trio.testing.wait_all_tasks_blocked()
                fails.set()
        with made[0], await other.encode(line, export) as alone:
            assert made[0].path.read_bytes() == alone.path.read_bytes()
        assert sum(name.endswith("sound-encode") for name in desk.ran) == 1
