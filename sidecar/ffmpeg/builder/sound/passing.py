"""The mix of a window for whoever hears it once: made in one process, from where it is in its files."""

from __future__ import annotations

from dataclasses import dataclass

from sidecar.core.timeline import Timeline
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.emit import measure
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from sidecar.ffmpeg.builder.sound.mix import Mixer
from sidecar.ffmpeg.builder.sound.rows import exact
from sidecar.ffmpeg.builder.sound.score import samples_of, score_of
from sidecar.ffmpeg.builder.sound.sharing import MANY_CLIPS, Cost
from sidecar.ffmpeg.builder.sound.shelf import RAW


@dataclass(frozen=True, slots=True)
class Passing:
    """How a window is mixed: by a command that writes its floats to stdout; None: it is silent.

    `bearable`: one process may be asked for it. What is not is to be shared out, as for a render.
    """

    command: Command | None
    bearable: bool = True


def passing_mix(timeline: Timeline, window: tuple[int, int], resources: Resources) -> Passing:
    """Mix project frames [first, end), whose files are sought: every sample in its place but for a millisecond.

    There are exactly as many samples as lie between the two frame edges.
    """
    span = samples_of(timeline, window)
    score = score_of(timeline, resources.catalogue)
    heard = sum(len(side.within(span)) for part in score.parts if part.lane.audible for side in part.sides)
    if heard > MANY_CLIPS:
        return Passing(None, bearable=False)
    files = SideFiles()
    stream = Mixer(timeline, resources, score, files, sought=True).project(span)
    if stream is None:
        return Passing(None)
    asked = measure((stream,))
    cost = Cost(asked.filters, asked.inputs, sum(len(file.content) for file in files.all()))
    whole = exact(stream, span[1] - span[0])
    options = (*RAW, ("flush_packets", "1"))
    command = Command((Output((whole,), options, "pipe:1"),), files.all(), globals_=(("copyts", None),))
    return Passing(command, cost.bearable)
