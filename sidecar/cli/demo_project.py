"""The demonstration: twenty seconds of colours, panels, titles, fades, a tune of tones, and cues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

SECONDS = 20
RATE = 25
SCENES = 5
SCENE = SECONDS // SCENES
CROSSFADE = 0.8
BEAT = Fraction(1, 2)
"""Seconds of a beat: 120 a minute."""

PALETTE = ("#1B2A49", "#274C77", "#3E5C76", "#5E4B56", "#2F3E46")
PANELS = ("#E07A5F", "#F2CC8F", "#81B29A", "#9A8C98", "#EE6C4D")
HEADLINES = (
    "Video compiler sidecar",
    "Colours, panels, titles",
    "Fades between scenes",
    "A tune made of tones",
    "What is on the timeline\nis in the picture",
)

# Chords of A minor, F, C, G, A minor: one a scene; hertz, equal temperament at A = 440.
CHORDS = ((220.0, 261.63, 329.63), (174.61, 220.0, 261.63), (130.81, 164.81, 196.0), (196.0, 246.94, 293.66))
MELODY = (659.26, 587.33, 523.25, 587.33, 659.26, 783.99, 659.26, 523.25)


@dataclass(frozen=True, slots=True)
class OwnClip:
    """A file of the user's: where it is, how long (seconds), and what it has."""

    path: str
    duration: Fraction
    picture: bool
    sound: bool


def demo_project(own: Sequence[OwnClip] = ()) -> dict[str, Any]:
    """Return the project as JSON values. Clips of the user's share the twenty seconds evenly, in their order."""
    return {
        "schema": "timeline/1",
        "id": "demo",
        "name": "Demo",
        "frameRate": str(RATE),
        "width": 1280,
        "height": 720,
        "tracks": [*_pictures(own), *_sounds(own), _cues()],
        "export": {"container": "mp4", "video": {"codec": "h264", "quality": 80}, "audio": {"codec": "aac"}},
    }


def _pictures(own: Sequence[OwnClip]) -> Iterator[dict[str, Any]]:
    yield {
        "id": "scenes",
        "kind": "video",
        "name": "Scenes",
        "clips": [
            {"id": f"scene{n}", "source": {"kind": "color", "color": color}, "start": n * SCENE, "duration": SCENE}
            for n, color in enumerate(PALETTE)
        ],
        "transitions": [
            {"id": f"fade{n}", "type": "fade", "from": f"scene{n}", "to": f"scene{n + 1}", "duration": CROSSFADE}
            for n in range(SCENES - 1)
        ],
    }
    yield {"id": "panels", "kind": "video", "name": "Panels", "clips": [_panel(n) for n in range(SCENES)]}
    shown = [clip for clip in own if clip.picture]
    if shown:
        yield {"id": "own", "kind": "video", "name": "Your clips", "clips": list(_shared(shown, "own", inset=True))}
    yield {"id": "titles", "kind": "video", "name": "Titles", "clips": [_headline(n) for n in range(SCENES)]}


def _panel(scene: int) -> dict[str, Any]:
    """A small tilted panel in a corner of its own, that fades in and out."""
    return {
        "id": f"panel{scene}",
        "source": {"kind": "color", "color": PANELS[scene]},
        "start": scene * SCENE + 1,
        "duration": SCENE - 2,
        "opacity": 0.8,
        "fadeIn": 0.4,
        "fadeOut": 0.4,
        "transform": {
            "x": 0.2 if scene % 2 else 0.8,
            "y": 0.25 if scene % 3 else 0.7,
            "scaleX": 0.2,
            "scaleY": 0.2,
            "rotation": 9 * (scene - 2),
        },
    }


def _headline(scene: int) -> dict[str, Any]:
    return {
        "id": f"title{scene}",
        "source": {
            "kind": "title",
            "text": HEADLINES[scene],
            "style": {"fontSize": 64, "color": "#FFFFFF"},
            "position": {"x": 0.5, "y": 0.5},
        },
        "start": scene * SCENE + 0.4,
        "duration": SCENE - 0.8,
        "fadeIn": 0.4,
        "fadeOut": 0.4,
    }


def _shared(clips: Sequence[OwnClip], name: str, *, inset: bool) -> Iterator[dict[str, Any]]:
    """Each clip from the start of its share of the time, no longer than it lasts."""
    share = Fraction(SECONDS, len(clips))
    for n, clip in enumerate(clips):
        duration = min(share, clip.duration)
        fade = float(min(Fraction(1, 2), duration / 4))
        shared: dict[str, Any] = {
            "id": f"{name}{n}",
            "source": {"kind": "file", "path": clip.path} | ({} if clip.sound else {"audioStream": None}),
            "start": f"{n * share}",
            "duration": f"{duration}",
            "audioFadeIn": fade,
            "audioFadeOut": fade,
        }
        yield shared | ({"fadeIn": fade, "fadeOut": fade, "transform": {"scaleX": 0.8, "scaleY": 0.8}} if inset else {})


def _sounds(own: Sequence[OwnClip]) -> Iterator[dict[str, Any]]:
    beats = [beat for beat in range(int(SECONDS / BEAT)) if beat % 4 < 3]
    yield {
        "id": "melody",
        "kind": "audio",
        "name": "Melody",
        "volume": 0.35,
        "clips": [_note(f"note{n}", MELODY[n % len(MELODY)], n * BEAT, BEAT, "sine") for n in beats],
    }
    for voice in range(3):
        yield {
            "id": f"chord{voice}",
            "kind": "audio",
            "name": f"Chord {voice + 1}",
            "volume": 0.12,
            "pan": (-0.4, 0.0, 0.4)[voice],
            "clips": [
                _note(
                    f"chord{voice}-{bar}",
                    CHORDS[bar % len(CHORDS)][voice],
                    Fraction(SCENE * bar),
                    Fraction(SCENE),
                    "triangle",
                )
                for bar in range(SCENES)
            ],
        }
    heard = [clip for clip in own if clip.sound and not clip.picture]
    if heard:
        yield {
            "id": "sounds",
            "kind": "audio",
            "name": "Your sounds",
            "clips": list(_shared(heard, "sound", inset=False)),
        }


def _note(name: str, frequency: float, start: Fraction, duration: Fraction, waveform: str) -> dict[str, Any]:
    return {
        "id": name,
        "source": {"kind": "tone", "frequency": frequency, "level": 0.8, "waveform": waveform},
        "start": f"{start}",
        "duration": f"{duration}",
        "audioFadeIn": 0.02,
        "audioFadeOut": 0.2,
    }


def _cues() -> dict[str, Any]:
    texts = ("Every colour here is generated", "Every tone too", "Replace them by your own clips with --media")
    return {
        "id": "cues",
        "kind": "subtitle",
        "name": "English",
        "language": "en",
        "cues": [{"id": f"cue{n}", "start": 2 + 6 * n, "end": 6 + 6 * n, "text": text} for n, text in enumerate(texts)],
    }
