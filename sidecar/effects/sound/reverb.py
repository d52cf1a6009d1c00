"""Reverb: the sound of a room, as the response that a generated room has to a click."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from math import log
from typing import Annotated

from sidecar.effects.parameters import Parameters, number
from sidecar.ffmpeg.builder.catalogue import EffectKind, SoundScene
from sidecar.ffmpeg.builder.graph import InputStream, Stream, node
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES, cut, delayed, exact, raw_input

BLOCK = 4_096
"""Samples that are convolved at a time."""

LOWEST_RATE = 8_000
"""Of projects: at this rate blocks last longest."""

EDGES = (0, 500, 2_000, 6_000)
"""Hertz from which on sound decays at a pace of its own."""

_DECAY = log(1_000)
"""60 dB, by which the time of a room is told."""


class Reverb(Parameters):
    """The room, and how much of it is heard."""

    decay: Annotated[
        float, number(0.1, 10, "Until the room has lost 60 dB", unit="s", moves="tail", ru="Время реверберации")
    ] = 1.5
    pre_delay: Annotated[
        float, number(0, 0.5, "Until the room answers", unit="s", moves="answer", ru="Предзадержка")
    ] = 0.02
    damping: Annotated[
        float,
        number(0, 1, "How much quicker high sounds die away", unit="factor", moves="-air", ru="Поглощение высоких"),
    ] = 0.5
    level: Annotated[
        float, number(0, 1, "How loud the room is", unit="factor", moves="tail", ru="Уровень реверберации")
    ] = 0.3


def _seconds(parameters: Reverb) -> Fraction:
    return Fraction(parameters.pre_delay) + Fraction(parameters.decay)


def _lengths(parameters: Reverb, sample_rate: int) -> tuple[int, int]:
    """Return for how many samples the room waits, and answers."""
    return round(parameters.pre_delay * sample_rate), max(1, round(parameters.decay * sample_rate))


def _response(parameters: Reverb, sample_rate: int, channels: int) -> bytes:
    """Return the room's answer to a click, of energy 1, as floats: noise whose bands decay, another in every channel."""
    import numpy as np  # noqa: PLC0415 - start-up time

    wait, length = _lengths(parameters, sample_rate)
    dice = np.random.default_rng(int.from_bytes(sha256(b"room").digest()[:8], "little"))
    time = np.arange(length) / sample_rate
    frequencies = np.fft.rfftfreq(length, 1 / sample_rate)
    answers = np.zeros((wait + length, channels), np.float32)
    for channel in range(channels):
        spectrum = np.fft.rfft(dice.standard_normal(length))
        answer = np.zeros(length)
        for place, low in enumerate(EDGES):
            high = EDGES[place + 1] if place + 1 < len(EDGES) else sample_rate
            inside = (frequencies >= low) & (frequencies < high)
            pace = _DECAY / parameters.decay * (1 + 3 * parameters.damping * place / (len(EDGES) - 1))
            answer += np.fft.irfft(np.where(inside, spectrum, 0), length) * np.exp(-time * pace)
        answers[wait:, channel] = answer / np.sqrt((answer**2).sum())
    return answers.astype("<f4").tobytes()


def build(stream: Stream, parameters: Reverb, scene: SoundScene) -> Stream:
    """Convolve in blocks that begin where the owner's clock says, wherever the stream does."""
    wait, length = _lengths(parameters, scene.sample_rate)
    name = scene.files.made(
        "room",
        "f32",
        lambda: _response(parameters, scene.sample_rate, scene.channels),
        (wait + length) * scene.channels * SAMPLE_BYTES,
        f"{parameters}, {scene.sample_rate} Hz, {scene.channels} channels",
    )
    room = InputStream(raw_input(name, scene.sample_rate, scene.channels), "audio", 0)
    # `dry` is the gain of what is convolved; what is not is added below.
    ahead = scene.first % BLOCK
    whole = ahead + scene.length + -(ahead + scene.length) % BLOCK
    aligned = exact(delayed(stream, ahead), whole)
    wet = node(
        "afir",
        aligned,
        room,
        dry=1,
        wet=parameters.level,
        gtype="none",
        irnorm=-1,
        minp=BLOCK,
        maxp=BLOCK,
        precision="float",
    )
    heard = cut(wet, ahead, ahead + scene.length)
    return node(
        "amix", exact(stream, scene.length), heard, inputs=2, duration="longest", dropout_transition=0, normalize=0
    )


KIND = EffectKind(
    name="reverb",
    medium="audio",
    category="space",
    title="Reverb",
    title_ru="Реверберация",
    description="Puts the sound into a room",
    description_ru="Помещает звук в пространство комнаты",
    parameters=Reverb,
    neutral={"level": 0},
    shown={"decay": 1, "level": 0.6},
    pre_roll=lambda parameters: _seconds(parameters) + Fraction(3 * BLOCK, LOWEST_RATE),
    look_ahead=lambda _: Fraction(BLOCK, LOWEST_RATE),
    tail=_seconds,
    build=build,
)
