"""The mix of a job is the same in every sample however it was made: in one go, in windows, from the cache."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import trio

from protocol.errors import MediaUnreadable
from protocol.project import AudioTrack, Clip, Effect, NoiseSource
from protocol.time import sample_at_frame
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.command import Command
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.render.sound_mix import open_mix
from tests.ffmpeg.sound.listening import RATE, clicks, file_clip, mix, timeline, tone, write_wav
from tests.ffmpeg.sound.test_gains import FADE, SWAY
from tests.ffmpeg.sound.test_motion import NOISE
from tests.harness.media import run_ffmpeg
from tests.harness.patience import PATIENCE
from tests.harness.rendering import RESOURCES
from tests.services.render.sounding import SoundDesk, export_of, sound_desk, with_volume


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("noise") / "noise.wav", NOISE)


@pytest.fixture(scope="module")
def compressed(noise: Path) -> Path:
    path = noise.with_suffix(".m4a")
    run_ffmpeg(["-i", str(noise), "-ar", "44100", "-c:a", "aac", "-b:a", "256k", str(path)])
    return path


def forget(desk: SoundDesk, line: Timeline, *numbers: int) -> None:
    """Damage some windows in the cache, so that they have to be made again."""
    windows = desk.plan(line, export_of()).mix.windows
    for number in numbers:
        key = windows[number].key
        assert key is not None
        found = list((desk.home / "cache").rglob(f"{key}*"))
        assert found
        for path in found:
            path.unlink()


def shown(kind: str) -> Effect:
    return Effect(type=kind, parameters=dict(RESOURCES.catalogue.effects[kind].shown))


def everything(compressed: Path) -> Timeline:
    """Half a minute in which every kind of clip crosses the border of a window."""
    tracks = [
        [file_clip(compressed, 0.3, 21, source_start=0.7, volume=FADE, pan=SWAY, audio_fade_out=9)],
        [file_clip(compressed, 1, 20, speed=1.25), file_clip(compressed, 21, 8, speed=1.25, reverse=True)],
        [file_clip(compressed, 2, 20, speed=0.7, pitch="varispeed"), file_clip(compressed, 22, 7, reverse=True)],
        [tone(333, 5, 20, level=0.1), Clip(source=NoiseSource(), start=25, duration=3)],
    ]
    return timeline(*tracks, rate="24000/1001", master_volume=0.5)


async def test_windows_are_the_mix_in_one_go(compressed: Path, tmp_path: Path) -> None:
    line = everything(compressed)
    whole = mix(line)
    async with sound_desk(tmp_path) as desk:
        assert np.array_equal(await desk.mix(line), whole)
        assert desk.mixed == 1
        assert desk.shares == sorted(desk.shares)
        assert desk.shares[-1] == 1
        assert np.array_equal(await desk.mix(line), whole)
        assert desk.mixed == 0
        for numbers in ((1,), (0, 2)):
            forget(desk, line, *numbers)
            assert np.array_equal(await desk.mix(line), whole)
            assert desk.mixed == len(numbers)
        some = msgspec.structs.replace(export_of(), range=(9, 15))
        span = output_span(line, some)
        cut = slice(*(sample_at_frame(frame, line.rate, line.sample_rate) for frame in (span.first, span.end)))
        assert np.array_equal(await desk.mix(line, some), whole[:, cut])


@pytest.mark.parametrize("place", ["clip", "track", "project"])
@pytest.mark.parametrize("kinds", [["reverb", "delay"], ["equalizer", "compressor"], ["denoise", "reverb"]])
async def test_windows_of_what_remembers_are_the_mix_in_one_go(
    kinds: list[str], place: str, noise: Path, tmp_path: Path
) -> None:
    effects = [shown(kind) for kind in kinds]
    clip = file_clip(noise, 0.5, 24, volume=0.4, effects=effects if place == "clip" else [])
    track = AudioTrack(clips=[clip, file_clip(noise, 24.5, 1)], effects=effects if place == "track" else [])
    line = timeline(track, [tone(300, 3, 20)], effects=effects if place == "project" else [])
    whole = mix(line, resources=RESOURCES)
    async with sound_desk(tmp_path, resources=RESOURCES) as desk:
        assert np.array_equal(await desk.mix(line), whole)
        forget(desk, line, 1)
        assert np.array_equal(await desk.mix(line), whole)
        window = (260, 300)
        cut = slice(*(sample_at_frame(frame, line.rate, line.sample_rate) for frame in window))
        assert np.array_equal(mix(line, window, resources=RESOURCES), whole[:, cut])


@pytest.mark.parametrize("many", [0, 60])
async def test_a_window_hears_the_track_that_another_listens_to(
    many: int, noise: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.ffmpeg.builder.sound.sharing.MANY_CLIPS", many)
    duck = shown("ducking")
    duck.parameters["track"] = "voice"
    music = AudioTrack(id="music", clips=[file_clip(noise, 0, 25, volume=0.4, effects=[duck])])
    voice = AudioTrack(id="voice", clips=[file_clip(noise, n, 0.5, source_start=n) for n in range(3, 25, 4)])
    line = timeline(music, voice)
    whole = mix(line, resources=RESOURCES)
    async with sound_desk(tmp_path, resources=RESOURCES) as desk:
        assert np.array_equal(await desk.mix(line), whole)
        forget(desk, line, 2)
        assert np.array_equal(await desk.mix(line), whole)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("rate", ["24000/1001", "25"])
async def test_clicks_stay_on_their_samples_across_borders(sample_rate: int, rate: str, tmp_path: Path) -> None:
    line = timeline([tone(1, 0, 30)], rate=rate, sample_rate=sample_rate)
    borders = [sample_at_frame(frame, line.rate, sample_rate) for frame in (240, 250, 480, 500)]
    places = sorted({border + by for border in borders for by in (-1, 0, 1)})
    path = write_wav(tmp_path / "clicks.wav", clicks(places, 24 * sample_rate), sample_rate)
    line = timeline([file_clip(path, 0, 22)], rate=rate, sample_rate=sample_rate)
    async with sound_desk(tmp_path) as desk:
        for _ in range(2):
            sound = await desk.mix(line)
            assert np.flatnonzero(sound[0]).tolist() == places
            assert (sound[:, places] == 1).all()
            forget(desk, line, 1)


async def test_a_change_of_one_clip_mixes_its_windows_alone(noise: Path, tmp_path: Path) -> None:
    line = timeline(*[[file_clip(noise, n * 10, 10, source_start=n) for n in range(4)] for _ in range(2)])
    other = with_volume(line, line.audio[1].items[2].pointer, 0.5)
    export = export_of("mp4", bitrate=128_000)
    async with sound_desk(tmp_path) as desk:
        first = await desk.encode(line, export)
        assert desk.ran == ["mix-0-sound-0", "sound-encode"]
        assert (await desk.encode(line, export)).path == first.path
        assert desk.ran == []
        edited = await desk.encode(other, export)
        assert desk.ran == ["mix-2-sound-0", "sound-encode"]
        assert desk.shares == sorted(desk.shares)
        back = await desk.encode(line, export)
        assert desk.ran == []
    async with sound_desk(tmp_path / "fresh") as desk:
        fresh = await desk.encode(other, export)
        assert len(desk.ran) == 2
    assert edited.path.read_bytes() == fresh.path.read_bytes()
    assert back.path.read_bytes() == first.path.read_bytes() != edited.path.read_bytes()


async def test_long_runs_are_halved_until_their_shelves_are_small(
    compressed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows of clips that cross their borders, off shelves that hold little more than those windows need."""
    monkeypatch.setattr("sidecar.ffmpeg.builder.sound.sharing.MANY_CLIPS", 0)
    monkeypatch.setattr("sidecar.ffmpeg.builder.sound.sharing.MAX_SHELF", 5_000_000)
    tracks = [
        [file_clip(compressed, 0.2, 28)],
        [file_clip(compressed, 1, 5, volume=FADE), file_clip(compressed, 8, 17, source_start=8), tone(300, 26, 4)],
    ]
    line = timeline(*tracks, rate="24000/1001")
    shelves = []
    async with sound_desk(tmp_path) as desk:
        shop = desk.shop()

        async def run(command: Command, name: str, descriptors: tuple[int, ...]) -> Path:
            work = await shop.run(command, name, descriptors)
            shelves.append(sum(path.stat().st_size for path in shop.folder.glob("mix-*/*.f32")))
            return work

        async with open_mix(desk.plan(line, export_of()).mix, replace(shop, run=run)) as stretches:
            made = b"".join(each.path.read_bytes() for each in stretches if each.path is not None)
    sound = np.frombuffer(made, "<f4").reshape(-1, 2).T
    assert np.array_equal(sound, mix(line))
    assert 0 < max(shelves) < 16 * RATE * 8
    assert {name.split("-")[1] for name in desk.ran} == {"0", "1", "2"}


async def test_silence_is_silent_and_takes_no_process(tmp_path: Path) -> None:
    line = timeline([tone(440, 0, 2), tone(440, 25, 10, volume=0)])
    async with sound_desk(tmp_path) as desk:
        sound = await desk.mix(line)
        assert desk.ran == ["mix-0-sound-0"]
        assert not sound[:, 96_000:].any()
        assert np.array_equal(sound, mix(line))


async def test_cancelled_in_mid_mix_it_leaves_finished_windows_and_nothing_else(tmp_path: Path) -> None:
    line = timeline(*[[tone(100 + n, 0, 1_800)] for n in range(8)])
    async with sound_desk(tmp_path) as desk:
        plan = desk.plan(line, export_of()).mix
        begun = trio.Event()
        shop = replace(desk.shop(), report=lambda _: begun.set())
        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:

                async def making() -> None:
                    async with open_mix(plan, shop):
                        raise AssertionError("it was made")

                nursery.start_soon(making)
                await begun.wait()
                nursery.cancel_scope.cancel()
        assert desk.supervisor.children() == ()
        assert desk.left() == []
        keys = [window.key or "" for window in plan.windows]
        known = await desk.store.known("sound", keys)
        assert 0 < len(known) < len(keys)
        assert set(keys[: len(known)]) == known
        some = msgspec.structs.replace(export_of(), range=(0, 10 * (len(known) + 1)))
        await desk.mix(line, some)
        assert desk.ran == [f"mix-{len(known)}-sound-0"]


async def test_what_the_cache_cannot_keep_is_made_all_the_same(noise: Path, tmp_path: Path) -> None:
    line = timeline([file_clip(noise, 0, 25)])
    async with sound_desk(tmp_path, CacheLimits(3_000_000)) as desk:
        assert np.array_equal(await desk.mix(line), mix(line))
        assert desk.left() == []
    async with sound_desk(tmp_path / "none", CacheLimits(0)) as desk:
        with await desk.encode(line, export_of()) as sound:
            assert not sound.stored
            assert sound.path.stat().st_size > 0
        assert desk.left() == []


async def test_what_goes_wrong_is_said_as_it_is(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "gone.wav", NOISE)
    line = timeline([file_clip(path, 0, 20)])
    path.write_bytes(b"nothing of the kind")
    async with sound_desk(tmp_path) as desk:
        with pytest.raises(MediaUnreadable):
            await desk.mix(line)
        assert desk.left() == []
