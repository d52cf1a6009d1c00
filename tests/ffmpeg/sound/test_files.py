from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from protocol.project import Clip, FileSource, Project, VideoTrack
from sidecar.core.timeline import resolve
from sidecar.services.media.reader import probe_file
from tests.ffmpeg.sound.listening import RATE, clicks, facts, file_clip, level, mix, sine, timeline, write_wav
from tests.harness.media import decode_sound, make_clip, run_ffmpeg
from tests.harness.paths import HAVE_MEDIA, MEDIA

TONE = level(sine(440, 0.25, RATE))

EXACT = {
    "wav": ["-c:a", "pcm_s16le"],
    "flac": ["-c:a", "flac"],
    "m4a": ["-c:a", "aac", "-b:a", "256k"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "256k"],
    "mkv": ["-c:a", "libopus", "-b:a", "256k"],
    "webm": ["-c:a", "libvorbis", "-q:a", "6"],
    "mov": ["-c:a", "aac"],
}


@pytest.mark.parametrize(
    ("suffix", "rate"),
    [(suffix, rate) for suffix in sorted(EXACT) for rate in (48_000, 44_100) if (suffix, rate) != ("mkv", 44_100)],
)
def test_a_moment_of_a_compressed_file_lies_on_its_sample(suffix: str, rate: int, tmp_path: Path) -> None:
    width = rate // 50
    sound = np.zeros((1, 3 * rate))
    start = rate * 3 // 2 - width // 2
    sound[0, start : start + width] = np.hanning(width) * sine(1_000, 1, width, rate)
    raw = write_wav(tmp_path / "raw.wav", sound, rate)
    path = tmp_path / f"made.{suffix}"
    run_ffmpeg(["-i", str(raw), *EXACT[suffix], str(path)])
    heard = mix(timeline([file_clip(path, 0, 2, source_start=0.5)]))[0]
    energy = heard.astype(float) ** 2

    centre = (energy * np.arange(len(energy))).sum() / energy.sum()
    assert centre == pytest.approx(RATE, abs=6)


@pytest.mark.parametrize(
    ("suffix", "codec", "start"),
    [
        ("mp4", "aac", 0),
        ("mp4", "aac", 2),
        ("mp4", "libmp3lame", 0),
        ("mov", "aac", 0),
        ("mkv", "libopus", 0),
        ("mkv", "flac", 2),
        ("webm", "libopus", 0),
        ("ts", "aac", 1.5),
        ("ts", "mp2", 0),
        ("avi", "libmp3lame", 0),
    ],
)
def test_sound_beside_picture_keeps_its_level_and_stays_with_it(
    suffix: str, codec: str, start: float, tmp_path: Path
) -> None:
    path = make_clip(tmp_path / f"a.{suffix}", seconds=3, audio="stereo", sound="beep", audio_codec=codec, start=start)
    probed = probe_file(path, "keyframes").facts
    assert probed is not None
    clip = Clip(source=FileSource(path=str(path)), start=0.2, duration=2.4)
    project = Project(schema="timeline/1", frame_rate="25", width=64, height=64, tracks=[VideoTrack(clips=[clip])])
    heard = mix(resolve(project, {str(path): probed}))[0]
    picture = probed.video[0].first_pts * probed.video[0].time_base - probed.start
    # MP3 in AVI says nothing of the samples that its codec puts before the sound.
    late = 1105 if suffix == "avi" else 0
    for second in (0, 1, 2):
        first = round((Fraction(1, 5) + picture + second) * RATE) + late
        assert level(heard[first - 400 : first - 24]) < -28
        assert level(heard[first + 24 : first + 1896]) == pytest.approx(level(sine(1000, 0.5, RATE)), abs=0.5)
        assert level(heard[first + 1944 : first + 8000]) < -28


@pytest.mark.parametrize("codec", ["aac", "libopus", "flac", "libmp3lame"])
def test_a_tone_keeps_its_level_through_a_file(codec: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", seconds=2, picture=None, audio="mono", audio_codec=codec)
    heard = mix(timeline([file_clip(path, 0, 1, source_start=0.5)]))
    _, decoded = decode_sound(path)

    assert level(heard[0]) == pytest.approx(level(decoded[0, RATE // 2 : 3 * RATE // 2]), abs=0.1)
    assert level(heard[0]) == pytest.approx(TONE, abs=0.1 if codec != "libmp3lame" else 0.6)
    assert np.array_equal(heard[0], heard[1])


def test_the_second_sound_stream_is_taken_where_it_is_asked_for(tmp_path: Path) -> None:
    one, two = (write_wav(tmp_path / f"{value}.wav", np.full((1, RATE), value)) for value in (0.1, 0.2))
    path = tmp_path / "both.mkv"
    run_ffmpeg(["-i", str(one), "-i", str(two), "-map", "0", "-map", "1", "-c", "copy", str(path)])
    clips = [
        Clip(source=FileSource(path=str(path), audio_stream=index), start=start, duration=1)
        for start, index in ((0, 0), (1, 1), (2, None), (3, 7))
    ]
    heard = mix(timeline(VideoTrack(clips=clips)))[0]

    assert heard[::RATE].tolist() == pytest.approx([0.1, 0.2, 0, 0])


def test_a_name_that_looks_like_an_option_or_a_url_is_a_file(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "-i 'x': [0]%d,;.wav", np.full((1, RATE), 0.5))

    assert mix(timeline([file_clip(path, 0, 1)]))[0, 99] == 0.5


def test_sound_that_begins_after_its_picture_begins_late(tmp_path: Path) -> None:
    raw = write_wav(tmp_path / "raw.wav", clicks([0], RATE))
    picture = make_clip(tmp_path / "p.mp4", seconds=2)
    path = tmp_path / "late.mkv"
    run_ffmpeg(
        ["-i", str(picture), "-itsoffset", "0.5", "-i", str(raw), "-map", "0:v", "-map", "1:a", "-c", "copy", str(path)]
    )
    heard = mix(timeline(VideoTrack(clips=[Clip(source=FileSource(path=str(path)), start=0, duration=1)])))[0]

    assert np.argmax(heard) == pytest.approx(RATE // 2, abs=60)


if HAVE_MEDIA:

    @pytest.mark.parametrize(
        "name",
        [
            "h264-bframes-mono-aac.mp4",
            "mpegts-starts-1.5s.ts",
            "mpeg4.avi",
            "h264-srt-overlapping.mkv",
            "sine-24bit.wav",
            "nasa-2-video-2-audio-2-subtitle.mp4",
            "bbb-720p-5.1.mp4",
            "mono.mp3",
        ],
    )
    def test_real_files_sound_and_windows_of_them_agree(name: str) -> None:
        if not facts(MEDIA / name).audio:
            pytest.fail(f"{name} has no sound")
        line = timeline([file_clip(MEDIA / name, 0, 2, source_start=0.2)], rate="30000/1001")
        whole = mix(line)

        assert level(whole) > -70
        assert np.abs(mix(line, (17, 41)) - whole[:, 27_227:65_666]).max() < 1e-6
