"""The streams of an open file by their numbers on the wire: cover art and what cannot be decoded do not count."""

from __future__ import annotations

from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from protocol.errors import MediaUnsupported
from sidecar.services.media.open import MAX_PIXELS


def decodable(stream: Stream) -> bool:
    """Tell whether there is a decoder; the type says always, PyAV does not."""
    return getattr(stream, "codec_context", None) is not None


def is_cover(stream: Stream) -> bool:
    """Tell whether a picture stream is cover art."""
    return bool(stream.disposition & Disposition.attached_pic)


def picture_stream(container: InputContainer, number: int, path: Path) -> VideoStream:
    """Return a picture stream; raises MediaUnsupported when the file has none of that number."""
    found = [s for s in container.streams.video if decodable(s) and s.codec_context.width and not is_cover(s)]
    if number >= len(found):
        raise MediaUnsupported(path=str(path), detail=f"it has no picture stream {number}")
    found[number].codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return found[number]


def sound_stream(container: InputContainer, number: int, path: Path) -> AudioStream:
    """Return a sound stream; raises MediaUnsupported when the file has none of that number."""
    found: list[AudioStream] = [s for s in container.streams.audio if decodable(s)]
    if number >= len(found):
        raise MediaUnsupported(path=str(path), detail=f"it has no sound stream {number}")
    return found[number]


def read_only(container: InputContainer, wanted: list[Stream]) -> None:
    """Have the packets of all other streams passed over."""
    for stream in container.streams:
        if stream not in wanted:
            stream.discard = Discard.all
