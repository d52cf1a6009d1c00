"""The sound of a project by docs/project.md §5, in doubles: clips that are not stretched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.harness.reference.animation import LIMITS, value_at
from tests.harness.reference.clock import HALF, clip_span, cut_of, length, seconds, transition_span

Floats = NDArray[np.float64]
Json = dict[str, Any]
Signal = Callable[[Floats], Floats]
"""Seconds of the source → amplitude."""

PLACES = {
    "mono": ("FC",),
    "stereo": ("FL", "FR"),
    "5.1": ("FL", "FR", "FC", "LFE", "BL", "BR"),
    "7.1": ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
SIDE = 0.7071


@dataclass(frozen=True, slots=True)
class Take:
    """What a file sounds of: one signal a channel, for so many seconds."""

    channels: tuple[Signal, ...]
    rate: int
    duration: Fraction

    @property
    def layout(self) -> str:
        return LAYOUTS[len(self.channels)]

    def at(self, times: Floats) -> Floats:
        """(channel, time); silence outside."""
        inside = (times >= 0) & (times < float(self.duration))
        return np.asarray(np.stack([np.where(inside, signal(times), 0.0) for signal in self.channels]))


def tones(*frequencies: float) -> tuple[Signal, ...]:
    """One tone a channel, steady after a soft start: resampling would answer a hard one with ripples."""

    def tone(frequency: float) -> Signal:
        def sounded(times: Floats) -> Floats:
            swell = np.sin(np.pi / 2 * (times / 0.03).clip(0, 1)) ** 2
            return np.asarray(0.3 * swell * np.sin(2 * np.pi * frequency * times + frequency))

        return sounded

    return tuple(tone(frequency) for frequency in frequencies)


def edge(frame: int, rate: Fraction, sample_rate: int) -> int:
    """The sample at which a frame begins."""
    return floor(frame * sample_rate / rate + HALF)


def spread(layout: str, wanted: int) -> Floats:
    """How a source's channels become the project's: (to, from)."""
    places = PLACES[layout]
    if LAYOUTS[wanted] == layout:
        return np.eye(wanted)
    left = {"FC": SIDE if layout != "mono" else 1.0, "FL": 1.0, "BL": SIDE, "SL": SIDE}
    right = {"FC": SIDE if layout != "mono" else 1.0, "FR": 1.0, "BR": SIDE, "SR": SIDE}
    stereo = np.array([[side.get(place, 0.0) for place in places] for side in (left, right)])
    if wanted == 1:
        return np.asarray(stereo.mean(axis=0, keepdims=True))
    if wanted == 2:
        return stereo
    assert layout in ("mono", "stereo"), layout
    return np.concatenate([stereo, np.zeros((wanted - 2, len(places)))])


def chosen(channel_map: list[int | None], channels: int) -> Floats:
    """The same by a channel map."""
    return np.array([[float(source == wanted) for source in range(channels)] for wanted in channel_map])


def balance(pan: Floats, channels: int) -> Floats:
    """(channel, sample)"""
    gains = np.ones((channels, *pan.shape))
    if channels > 1:
        gains[0], gains[1] = np.minimum(1, 1 - pan), np.minimum(1, 1 + pan)
    return gains


@dataclass(frozen=True, slots=True)
class Mixer:
    """A project and what its files sound of, by path."""

    project: Json
    takes: Mapping[str, Take]

    @property
    def rate(self) -> Fraction:
        return Fraction(self.project["frameRate"])

    @property
    def sample_rate(self) -> int:
        return int(self.project.get("sampleRate", 48_000))

    @property
    def channels(self) -> int:
        return int(self.project.get("channels", 2))

    def curve(self, member: str, owner: Json, origin: int, samples: Floats) -> Floats:
        """An animated value at samples of the project: taken at frames' instants, joined by lines."""
        animated = owner.get(member, 0.0 if member == "pan" else 1.0)
        if not isinstance(animated, dict):
            return np.full(samples.shape, float(animated))
        per_frame = float(self.sample_rate / self.rate)
        first, last = floor(samples[0] / per_frame) - 1, floor(samples[-1] / per_frame) + 2
        frames, limits = range(first, last + 1), LIMITS[member]
        values = [value_at(animated, (frame - origin) / self.rate, limits) for frame in frames]
        return np.interp(samples / per_frame, list(frames), values)

    def mix(self) -> Floats:
        """The whole project: (channel, sample)."""
        end = edge(length(self.project), self.rate, self.sample_rate)
        total = np.zeros((self.channels, end))
        tracks = [t for t in self.project["tracks"] if t.get("kind", "video") != "subtitle" and t.get("enabled", True)]
        solo = any(track.get("solo") for track in tracks)
        samples = np.arange(end, dtype=float)
        for track in tracks:
            if track.get("muted") or (solo and not track.get("solo")):
                continue
            mixed = self._track(track, end) * self.curve("volume", track, 0, samples)
            total += mixed * balance(self.curve("pan", track, 0, samples), self.channels)
        return total * self.curve("masterVolume", self.project, 0, samples)

    def _track(self, track: Json, end: int) -> Floats:
        mixed = np.zeros((self.channels, end))
        clips = {clip["id"]: clip for clip in track.get("clips", ()) if "id" in clip}
        for clip in track.get("clips", ()):
            if not clip.get("enabled", True) or clip.get("muted") or clip.get("freeze"):
                continue
            before = [t for t in track.get("transitions", ()) if t.get("to") == clip.get("id", "")]
            after = [t for t in track.get("transitions", ()) if t.get("from") == clip.get("id", "")]
            first, last = clip_span(clip, self.rate)
            start, stop = self._edge(first), self._edge(last)
            gains: list[tuple[str, int, int, str]] = []
            for transition, rising in [*((t, "in") for t in before), *((t, "out") for t in after)]:
                low, high = (self._edge(frame) for frame in transition_span(transition, clips, self.rate))
                how = transition.get("audio", "constantPower")
                if how == "cut":
                    assert self._edge(cut_of(transition, clips, self.rate)) in (start, stop)
                    continue
                start, stop = min(start, low) if rising == "in" else start, max(stop, high) if rising == "out" else stop
                gains.append((rising, low, high, how))
            start, stop = max(start, 0), min(stop, end)
            samples = np.arange(start, stop, dtype=float)
            sound = self._clip(clip, samples, first)
            for rising, low, high, how in gains:
                u = ((samples - low + 0.5) / (high - low)).clip(0, 1)
                u = u if rising == "in" else 1 - u
                sound = sound * (np.sin(np.pi / 2 * u) if how == "constantPower" else u)
            sound = sound * self._fades(clip, samples, first, last, {rising for rising, *_ in gains})
            mixed[:, start:stop] += sound
        return mixed

    def _edge(self, frame: int) -> int:
        return edge(frame, self.rate, self.sample_rate)

    def _fades(self, clip: Json, samples: Floats, first: int, last: int, crossed: set[str]) -> Floats:
        """Linear fades, except under a cross-fade."""
        gain = np.ones(samples.shape)
        into, out = seconds(clip.get("audioFadeIn", 0)), seconds(clip.get("audioFadeOut", 0))
        if into and "in" not in crossed:
            gain = gain * ((samples - self._edge(first)) / floor(into * self.sample_rate + HALF)).clip(0, 1)
        if out and "out" not in crossed:
            gain = gain * ((self._edge(last) - samples) / floor(out * self.sample_rate + HALF)).clip(0, 1)
        return gain

    def _clip(self, clip: Json, samples: Floats, first: int) -> Floats:
        """Source, layout, volume and pan of a clip."""
        source = clip["source"]
        counted = samples - self._edge(first)
        if source["kind"] == "tone":
            wave = source.get("level", 0.5) * np.sin(
                2 * np.pi * source.get("frequency", 440.0) * counted / self.sample_rate
            )
            sound = spread("mono", self.channels) @ wave[None]
        elif source["kind"] == "silence":
            sound = np.zeros((self.channels, len(samples)))
        else:
            take = self.takes[source["path"]]
            matrix = spread(take.layout, self.channels)
            if source.get("channelMap") is not None:
                matrix = chosen(source["channelMap"], len(take.channels))
            sound = matrix @ take.at(self._instants(clip, counted, first, take))
        sound = sound * self.curve("volume", clip, first, samples)
        return np.asarray(sound * balance(self.curve("pan", clip, first, samples), self.channels))

    def _instants(self, clip: Json, counted: Floats, first: int, take: Take) -> Floats:
        """Source seconds of samples counted from the clip's first; a source is read from its nearest sample."""
        speed = float(seconds(clip.get("speed", 1)))
        begin = seconds(clip.get("sourceStart", 0))
        if clip.get("timeMap"):
            raise NotImplementedError("a ramp of sound has no model")
        if clip.get("reverse"):
            begin += (clip_span(clip, self.rate)[1] - first) / self.rate * seconds(clip.get("speed", 1))
            counted = -1 - counted
        start = floor(begin * self.sample_rate + HALF) / self.sample_rate if speed == 1 else float(begin)
        times = start + counted / self.sample_rate * speed
        return times % float(take.duration) if source_loops(clip) else times


def source_loops(clip: Json) -> bool:
    return bool(clip["source"].get("loop"))


def write_take(take: Take, path: Path) -> None:
    """Write a WAV file of floats."""
    samples = np.arange(int(take.duration * take.rate)) / take.rate
    data = take.at(samples).T.astype("<f4").tobytes()
    channels = len(take.channels)
    form = b"".join(
        number.to_bytes(size, "little")
        for number, size in (
            (3, 2),
            (channels, 2),
            (take.rate, 4),
            (take.rate * channels * 4, 4),
            (channels * 4, 2),
            (32, 2),
        )
    )
    body = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + len(data).to_bytes(4, "little") + data
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)


TAKES = {
    "mono.wav": Take(tones(440.0), 48_000, Fraction(2)),
    "stereo.wav": Take(tones(313.0, 1270.0), 48_000, Fraction(2)),
    "other.wav": Take(tones(523.0, 2093.0), 44_100, Fraction(2)),
    "six.wav": Take(tones(210.0, 330.0, 470.0, 90.0, 660.0, 880.0), 48_000, Fraction(2)),
    "eight.wav": Take(tones(220.0, 340.0, 480.0, 95.0, 670.0, 890.0, 1010.0, 1230.0), 48_000, Fraction(2)),
}


def write_takes(folder: Path) -> None:
    """Write every take into a folder."""
    for name, take in TAKES.items():
        write_take(take, folder / name)
