"""Runs the processes of a shared-out mix, one after the other, as a render does."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protocol.time import sample_at_frame
from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Arguments, arguments
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound.sharing import share_sound
from tests.ffmpeg.sound.listening import RESOURCES, Sound
from tests.harness.media import ffmpeg
from tests.harness.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Shared:
    """The mix, and what every process was asked for."""

    sound: Sound
    commands: tuple[Arguments, ...]


def mix_shared(
    line: Timeline, folder: Path, window: tuple[int, int] | None = None, resources: Resources = RESOURCES
) -> Shared:
    """Mix a window of a timeline by several processes, however little it is; its length is checked to the sample."""
    window = window or (0, line.frames)
    stages = share_sound(line, window, resources, always=True)
    assert stages is not None
    folder.mkdir()
    commands = []
    for number, step in enumerate(stages.steps(str(folder))):
        work = folder / f"step-{number}"
        work.mkdir()
        sink = work / "out.f32"
        built = arguments(step.build(str(sink)))
        for file in built.files:
            (work / file.name).write_bytes(file.content)
        done = subprocess.run(
            [ffmpeg(), "-v", "error", "-y", *built.argv],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
            cwd=work,
        )
        assert done.returncode == 0, done.stderr.decode() + built.graph
        assert not done.stderr, done.stderr.decode()
        commands.append(built)
        if sink.exists():
            with (folder / (step.file or "mix")).open("ab") as joined:
                joined.write(sink.read_bytes())
            sink.unlink()
    sound = np.frombuffer((folder / "mix").read_bytes(), "<f4").reshape(-1, line.channels).T
    edges = [sample_at_frame(frame, line.rate, line.sample_rate) for frame in window]
    assert sound.shape[1] == edges[1] - edges[0]
    return Shared(sound, tuple(commands))
