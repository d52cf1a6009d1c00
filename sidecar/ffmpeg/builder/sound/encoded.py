"""The sound of a render as one encoded stream in a file of its own, from which a join takes its packets."""

from __future__ import annotations

from protocol.project import Export
from protocol.project.export import Container
from protocol.project.formats import audio_codec
from sidecar.core.keys import plan_key
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.encode import audio_options
from sidecar.ffmpeg.builder.render import Track, soundtrack
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound.export import levelling_of
from sidecar.ffmpeg.builder.sound.windows import MixPlan
from sidecar.ffmpeg.codecs import MUXERS

INTERMEDIATES: dict[Container, str] = {
    "mp4": "mp4",
    "mov": "mov",
    "mkv": "matroska",
    "webm": "matroska",
    "avi": "matroska",
}
"""The muxer of the file from which each container with a picture takes its sound.

Measured with every codec: what tells an encoder's priming in one kind of file (an edit list, a codec delay) is not
always told in the other, and the sound would come out 3 to 23 ms late.
"""


def encode_sound(
    timeline: Timeline, export: Export, span: OutputSpan, resources: Resources, track: Track, *, target: str
) -> Command:
    """Build the command that encodes a finished mix alone."""
    codec, audio = audio_codec(export), export.audio
    if codec is None or audio is None:
        raise AssertionError("an export without sound has none to encode")
    sound = soundtrack(timeline, export, span, resources, track)
    options = (
        *audio_options(audio, codec),
        ("map_metadata:g", "-1"),
        ("map_metadata:s", "-1"),
        ("fflags", "+bitexact"),
        ("flags:a", "+bitexact"),
        ("f", INTERMEDIATES.get(export.container, MUXERS[export.container])),
    )
    return Command((Output((sound.stream,), options, target),), sound.files, globals_=(("copyts", None),))


def sound_key(plan: MixPlan, export: Export, span: OutputSpan, ffmpeg: str) -> str:
    """Key the encoded sound: the mix, and everything that an export makes of it."""
    audio = export.audio
    if audio is None:
        raise AssertionError("an export without sound has none to encode")
    track = Track("mix", levelling_of(audio))
    command = encode_sound(plan.timeline, export, span, plan.resources, track, target="-")
    wanted = None if audio.loudness is None else (audio.loudness.target, audio.loudness.true_peak)
    return plan_key((plan.key, wanted, command), {}, ffmpeg)
