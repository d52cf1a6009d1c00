"""Planted faults of sound."""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import Any

from tests.faults.changing import CORE, SOUND_BUILDER, changed
from tests.faults.planting import Fault, called, constant, result


def _heard(clip: Any) -> Any:
    return changed(clip, muted=False)


SOUND = (
    Fault(
        "pan swapped",
        "left and right",
        f"{SOUND_BUILDER}.channels:balance",
        called(lambda balance, pan, channels: balance(-pan, channels)),
        "layouts",
    ),
    Fault(
        "LFE kept",
        "the low channel mixed into stereo",
        f"{SOUND_BUILDER}.channels:_TO_STEREO",
        lambda table: {**table, "LFE": (0.7071, 0.7071)},
        "layouts",
    ),
    Fault(
        "mono at -3 dB",
        "FFmpeg's own way to stereo",
        f"{SOUND_BUILDER}.channels:layout_matrix",
        result(
            lambda matrix, _, channels, *__: (
                tuple(tuple(value * 0.7071 for value in row) for row in matrix) if channels == 1 else matrix
            )
        ),
        "layouts",
    ),
    Fault(
        "surround normalised",
        "FFmpeg's own attenuation",
        f"{SOUND_BUILDER}.channels:layout_matrix",
        result(
            lambda matrix, _, channels, *__: (
                tuple(tuple(value * 0.4142 for value in row) for row in matrix) if channels == 6 else matrix
            )
        ),
        "layouts",
    ),
    Fault(
        "channel map ignored",
        "channels as they come",
        f"{SOUND_BUILDER}.channels:map_matrix",
        called(lambda mapped, wanted, *rest: mapped(range(len(wanted)), *rest)),
        "layouts",
    ),
    Fault(
        "master ignored",
        "masterVolume",
        f"{SOUND_BUILDER}.mix:Mixer.mastered",
        constant(lambda _, stream, __: stream),
        "layouts",
    ),
    Fault(
        "frame edges round down",
        "the sample of a frame's edge",
        "protocol.time:sample_at_frame",
        constant(lambda frame, rate, sample_rate: floor(frame / rate * sample_rate)),
        "edges",
    ),
    Fault(
        "fades in decibels",
        "not linear in amplitude",
        f"{SOUND_BUILDER}.ramps:_gain",
        result(lambda gain, ramp, _: gain if ramp.centred else f"({gain})*({gain})"),
        "fades",
    ),
    Fault(
        "cross-fade by halves",
        "linear where power is to be kept",
        f"{SOUND_BUILDER}.ramps:_gain",
        called(lambda gain, ramp, rate: gain(replace(ramp, curve="linear"), rate)),
        "fades",
    ),
    Fault(
        "cross-fade from the cut",
        "handles of sound dropped",
        f"{SOUND_BUILDER}.score:_piece",
        called(lambda piece, item, sound, into, out_of, line: piece(item, sound, None, out_of, line)),
        "fades",
    ),
    Fault(
        "solo ignored",
        "tracks without solo sound",
        f"{CORE}.resolve:_lane",
        called(lambda lane, *rest, **named: lane(*rest, **{**named, "audible": not rest[0].muted})),
        "solo",
    ),
    Fault(
        "mute ignored",
        "muted clips sound",
        f"{SOUND_BUILDER}.sources:sound_of",
        called(lambda sound, item, **named: sound(replace(item, clip=_heard(item.clip)), **named)),
        "solo",
    ),
    Fault(
        "rides in steps",
        "values of frames not joined",
        f"{CORE}.animation:sampled",
        called(lambda sampled, animated, first, frames, rate: sampled(animated, first + 1, frames, rate)),
        "rides",
    ),
    Fault(
        "reverse one sample off",
        "the end of what is turned",
        f"{SOUND_BUILDER}.rows:Turned.cut",
        called(lambda cut, row, first, end: cut(replace(row, end=row.end + 1), first, end)),
        "rides",
    ),
)
