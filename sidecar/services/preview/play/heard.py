"""What is heard of a play: its mix, cut to the frames of the stream."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import trio

from protocol.errors import SidecarError
from sidecar.ffmpeg.builder.sound.rows import SAMPLE_BYTES
from sidecar.services.preview.play.show import Asked, Show

SOUND_AHEAD = Fraction(1, 10)
STRETCHED_AHEAD = Fraction(3, 10)
"""Seconds by which the encoder is given sound before the picture: it reads sound in pieces of almost a tenth of a
second, has pictures wait for it, and what stretches it looks further ahead."""


PASSED = 64 * 1024
"""Bytes that are passed over at a time."""


class Sound:
    """Sound that is being mixed, read in pieces of any length; silence where it has come to its end."""

    def __init__(self, parts: trio.MemoryReceiveChannel[bytes | SidecarError]) -> None:
        self._parts = parts
        self._data = bytearray()
        self._over = False
        self._received = 0
        self._fault: SidecarError | None = None

    async def read(self, count: int) -> bytes:
        """Return so many bytes, as soon as they are there. Cancelled, nothing is lost."""
        while len(self._data) < count and not self._over:
            try:
                part = await self._parts.receive()
            except trio.EndOfChannel:
                self._over = True
            else:
                self._take(part)
        piece = bytes(self._data[:count]).ljust(count, b"\0")
        del self._data[:count]
        return piece

    def check(self, count: int) -> None:
        """Raise what went wrong before so many bytes were there, of those that have been read."""
        if self._fault is not None and self._received < count:
            raise self._fault

    def _take(self, part: bytes | SidecarError) -> None:
        if isinstance(part, SidecarError):
            self._fault, self._over = part, True
        else:
            self._received += len(part)
            self._data += part


class Heard:
    """The sound of a show, cut to its frames. The first `surplus` samples of it have been heard already."""

    def __init__(self, show: Show, sound: Sound, asked: Asked, surplus: int) -> None:
        line = show.scene.heard.timeline
        self._show = show
        self._sound = sound
        self._rate = line.sample_rate
        self._bytes = line.channels * SAMPLE_BYTES
        ahead = SOUND_AHEAD if asked.speed == 1 else STRETCHED_AHEAD
        self._ahead = ceil(ahead * show.course.pace)
        self._given = surplus
        self._left = surplus * self._bytes

    async def read(self, number: int) -> bytes:
        """Return what the encoder is to be given before a frame of the stream. Cancelled, nothing is lost."""
        while self._left:
            self._left -= len(await self._sound.read(min(self._left, PASSED)))
        local = number - self._show.begin + 1 + self._ahead
        course = self._show.course
        samples = course.sample(local if course.length is None else min(local, course.length), self._rate)
        floats = await self._sound.read(max(0, samples - self._given) * self._bytes)
        self._given = max(self._given, samples)
        # What is heard later is missed later.
        self._sound.check(course.sample(number - self._show.begin + 1, self._rate) * self._bytes)
        return floats

    def surplus(self, number: int) -> int:
        """Return how many samples have been given that belong to a frame of the stream or what comes after it."""
        return self._given - self._show.course.sample(number - self._show.begin, self._rate)
