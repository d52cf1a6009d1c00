"""Projects of sound, the mix that FFmpeg makes of them, and measurements on it."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import sidecar.effects.sound as kinds
from protocol.project import AudioTrack, Clip, FileSource, Project, ToneSource, Track
from protocol.time import sample_at_frame
from sidecar.core.source import SourceAudio, SourceFacts
from sidecar.core.timeline import Timeline, resolve
from sidecar.ffmpeg.builder.catalogue import Catalogue, EffectKind
from sidecar.ffmpeg.builder.command import Command, Output, SideFile, arguments
from sidecar.ffmpeg.builder.graph import Stream
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound import build_sound
from sidecar.ffmpeg.builder.text import bundled_fonts
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE


def sound_kinds() -> Iterator[EffectKind]:
    """Return every kind of sound effect; a fault in those of pictures does not silence these tests."""
    for found in iter_modules(kinds.__path__):
        module = import_module(f"{kinds.__name__}.{found.name}")
        yield from getattr(module, "KINDS", ())
        if hasattr(module, "KIND"):
            yield module.KIND


RESOURCES = Resources(bundled_fonts(), Catalogue({kind.name: kind for kind in sound_kinds()}))

Sound = NDArray[np.float32]
"""(channel, sample)"""

RATE = 48_000


def write_wav(path: Path, sound: NDArray[Any], rate: int = RATE) -> Path:
    """Write (channel, sample) as a WAV file of floats."""
    data = np.ascontiguousarray(sound.T.astype("<f4")).tobytes()
    channels = len(sound)
    form = struct.pack("<HHLLHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
    body = b"fmt " + struct.pack("<L", len(form)) + form + b"data" + struct.pack("<L", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<L", 4 + len(body)) + b"WAVE" + body)
    return path


def sine(frequency: float, level: float, samples: int, rate: int = RATE) -> NDArray[np.float64]:
    return np.asarray(level * np.sin(2 * np.pi * frequency * np.arange(samples) / rate))


def clicks(positions: Sequence[int], samples: int) -> Sound:
    """Return one channel of silence with single samples of 1."""
    sound = np.zeros((1, samples), np.float32)
    sound[0, list(positions)] = 1
    return sound


def facts(path: Path, *, layout: str | None = None) -> SourceFacts:
    """Return what a probe says of the sound of a file."""
    with av.open(str(path)) as container:
        # A file's own start is kept in microseconds; a stream's is exact.
        starts = [Fraction(s.start_time * s.time_base) for s in container.streams if s.start_time and s.time_base]
        whole = len(starts) == len(container.streams)
        start = max(Fraction(0), min(starts)) if whole else Fraction(0)
        audio = tuple(
            SourceAudio(
                index=index,
                stream=stream.index,
                codec=stream.codec_context.name,
                sample_rate=stream.rate,
                channels=stream.channels,
                layout=layout or stream.layout.name,
                start=Fraction(0),
                duration=None,
            )
            for index, stream in enumerate(container.streams.audio)
        )
        return SourceFacts(
            path=str(path),
            fingerprint="",
            bytes=path.stat().st_size,
            demuxer=container.format.name,
            start=start,
            duration=None,
            video=(),
            audio=audio,
        )


def file_clip(path: Path | str, start: float | str, duration: float | str, **members: Any) -> Clip:
    return Clip(source=FileSource(path=str(path), video_stream=None), start=start, duration=duration, **members)


def tone(frequency: float, start: float | str, duration: float | str, *, level: float = 0.5, **members: Any) -> Clip:
    return Clip(source=ToneSource(frequency=frequency, level=level), start=start, duration=duration, **members)


def timeline(
    *tracks: Track | Sequence[Clip],
    rate: str = "25",
    channels: Any = 2,
    sample_rate: int = RATE,
    durations: Mapping[str, str] | None = None,
    **members: Any,
) -> Timeline:
    """Resolve a project of tracks; a list of clips stands for a track of sound. Files are probed where they lie.

    `durations` are those of files, in seconds, where the timeline has to know them.
    """
    given: list[Track] = [track if isinstance(track, Track) else AudioTrack(clips=list(track)) for track in tracks]
    project = Project(
        schema="timeline/1",
        frame_rate=rate,
        width=64,
        height=64,
        tracks=given,
        channels=channels,
        sample_rate=sample_rate,
        **members,
    )
    paths = {
        clip.source.path
        for track in given
        for clip in getattr(track, "clips", [])
        if isinstance(clip.source, FileSource) and clip.source.path is not None
    }
    known = {path: facts(Path(path)) for path in paths}
    for path, seconds in (durations or {}).items():
        known[path] = replace(known[path], duration=Fraction(seconds))
    return resolve(project, known)


def listen(stream: Stream, channels: int, files: Sequence[SideFile] = ()) -> Sound:
    """Run a stream and return its samples."""
    options = (("f", "f32le"), ("c:a", "pcm_f32le"))
    command = Command((Output((stream,), options, "pipe:1"),), tuple(files), globals_=(("copyts", None),))
    built = arguments(command)
    with TemporaryDirectory() as folder:
        for file in built.files:
            (Path(folder) / file.name).write_bytes(file.content)
        done = subprocess.run(
            [ffmpeg(), "-v", "error", *built.argv],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
            cwd=folder,
        )
    assert done.returncode == 0, done.stderr.decode() + built.graph
    return np.frombuffer(done.stdout, "<f4").reshape(-1, channels).T


def mix(line: Timeline, window: tuple[int, int] | None = None, resources: Resources = RESOURCES) -> Sound:
    """Mix a window of a timeline, the whole if None; its length is checked to the sample."""
    first, end = window or (0, line.frames)
    mixed = build_sound(line, (first, end), resources)
    assert mixed is not None, "nothing sounds"
    sound = listen(mixed.stream, line.channels, mixed.files)
    edges = [sample_at_frame(frame, line.rate, line.sample_rate) for frame in (first, end)]
    assert sound.shape[1] == edges[1] - edges[0]
    return sound


def level(sound: NDArray[Any]) -> float:
    """Level of a piece of sound in decibels of its mean square."""
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-20))


def pitch(sound: NDArray[Any], rate: int = RATE) -> float:
    """Frequency of the strongest partial in hertz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 8 * len(sound)))
    return float(np.argmax(spectrum)) * rate / (8 * len(sound))
