"""Shares of a sound stream that several workers decode at once. Runs in a worker process.

A share counts only where it is, sample for sample, what a reading of the whole stream gives there. That is so where
the container knows the place of every sample, every frame follows the one before it to the sample, nothing is damaged,
and the decoder gives the same from whichever packet before the share it began with. Whatever differs from that has
the whole stream read in one go.

What no look at a share's beginning tells: AAC may ask a decoder for noise (PNS), which FFmpeg draws from a generator
that goes on from packet to packet. Where that begins behind the first second of a share its noise is another, as loud.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from sidecar.services.media.open import open_media
from sidecar.services.media.sound import LONGEST, decoded, part_of
from sidecar.services.media.streams import read_only, sound_stream
from sidecar.services.media.waveform.grid import COARSEST, SMALLEST_SHARE
from sidecar.services.media.waveform.messages import Share

CONTAINERS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "wav", "w64", "aiff", "flac"})
"""Demuxers that know the place of every sample: by tables, by bytes, or by what stands in each frame."""

REMEMBERING = frozenset({"aac"})
"""Codecs whose frames depend on those before them."""

INDEPENDENT = frozenset({"flac", "alac"})

UNCUT = frozenset({"pcm_s64le", "pcm_s64be"})
"""Codecs whose frames cannot be cut: no array is made of them."""

MOST = 32

NEAR, FAR = 4096, 65_536
"""Samples before a share from which a decoder begins, and those from which it must give the same."""

COMPARED = 65_536


class UnlikeError(Exception):
    """A share is not what a reading of the whole stream gives there, or nothing tells that it is."""


def shares_of(path: Path, number: int) -> list[Share]:
    """Return an even number of shares that are as long as each other, in order; none where the stream is to be read whole.

    Raises the errors of opening, and MediaUnsupported for a stream that is not there.
    """
    with open_media(path) as container:
        stream = sound_stream(container, number, path)
        read_only(container, [stream])
        length, rate = stream.duration, stream.codec_context.sample_rate
        if container.format.name not in CONTAINERS or not _exact(stream) or not length or not rate:
            return []
        count = min(MOST, length // SMALLEST_SHARE // 2 * 2)
        if count == 0 or stream.time_base != Fraction(1, rate) or length > LONGEST * rate:
            return []
        first = next(decoded(container, stream), None)
        if first is None or first.pts is None or first.sample_rate != rate:
            return []
        # They begin with whole pixels of every level.
        step = -(-length // (count * COARSEST)) * COARSEST
        edges = [place * step for place in range(count)]
        ends = [*edges[1:], None]
        channels = len(first.layout.channels)
        shares = [Share(first.pts, channels, begin, end) for begin, end in zip(edges, ends, strict=True)]
        try:
            alike = all(_begins_alike(container, stream, share) for share in shares[1:])
        except UnlikeError:
            alike = False
    return shares if alike else []


def share_frames(container: InputContainer, stream: AudioStream, share: Share) -> Iterator[AudioFrame]:
    """Decode a share. Raises UnlikeError, at the latest behind its last frame."""
    yield from _frames(container, stream, share, NEAR)


def _begins_alike(container: InputContainer, stream: AudioStream, share: Share) -> bool:
    """Whether a decoder gives the same at the beginning of a share, wherever it began."""
    if stream.codec_context.codec.canonical_name not in REMEMBERING:
        return True
    beginning = Share(share.zero, share.channels, share.first, share.first + COMPARED)
    near, far = (_sound(container, stream, beginning, before) for before in (NEAR, FAR))
    return near.shape == far.shape and bool((near == far).all())


def _sound(container: InputContainer, stream: AudioStream, share: Share, before: int) -> NDArray[Any]:
    return np.concatenate([frame.to_ndarray() for frame in _frames(container, stream, share, before)], axis=1)


def _frames(container: InputContainer, stream: AudioStream, share: Share, before: int) -> Iterator[AudioFrame]:
    if share.first:
        try:
            container.seek(share.zero + share.first - before, stream=stream)
        except av.error.FFmpegError as error:
            raise UnlikeError from error
    due, first, end = None, share.zero + share.first, None if share.end is None else share.zero + share.end
    for frame in _undamaged(container, stream):
        begins = frame.pts
        if begins is None or (begins > first if due is None else begins != due):
            raise UnlikeError
        due = begins + frame.samples
        if due <= first:
            continue
        if begins < first or (end is not None and due > end):
            yield _trimmed(frame, begins, first, due if end is None else min(due, end))
        else:
            yield frame
        if end is not None and due >= end:
            return
    if end is not None or due is None or due <= first:
        raise UnlikeError


def _undamaged(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    try:
        for packet in container.demux(stream):
            yield from stream.codec_context.decode(packet if packet.size else None)
    except av.error.FFmpegError as error:
        raise UnlikeError from error


def _trimmed(frame: AudioFrame, begins: int, first: int, end: int) -> AudioFrame:
    kept = part_of(frame, first - begins, end - begins)
    kept.pts, kept.time_base = max(begins, first), frame.time_base
    return kept


def _exact(stream: AudioStream) -> bool:
    codec, profile = stream.codec_context.codec.canonical_name, stream.codec_context.profile
    plain = codec.startswith("pcm_") and codec not in UNCUT
    return codec in INDEPENDENT or plain or (codec == "aac" and profile == "LC")
