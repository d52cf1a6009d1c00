"""Lists the keyframes of a picture stream."""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction
from pathlib import Path

from protocol.commands.media import KeyframeTimes, MediaKeyframes
from protocol.errors import InvalidParams
from protocol.time import format_exact
from sidecar.core.source import SourceFacts, SourceVideo
from sidecar.services.media.service import MediaService
from sidecar.services.media.spans import span_of


async def list_keyframes(media: MediaService, path: Path, params: MediaKeyframes) -> KeyframeTimes:
    """Return exact times from the file's index; where it has none, its packets are read, once.

    Raises what probing raises, and InvalidParams for a stream or a range that there is not.
    """
    begin, end = span_of(params.range) or (None, None)
    facts, cached = await media.indexed(path, seconds=params.timeout_ms / 1000, shown=params.path)
    if params.video_stream >= len(facts.video):
        raise InvalidParams(
            detail=f"the file has {len(facts.video)} picture streams, and none of this number", path="/videoStream"
        )
    video = facts.video[params.video_stream]
    times = _times(facts, video)
    first = 0 if begin is None else bisect_left(times, begin)
    last = len(times) if end is None else bisect_left(times, end)
    shown = times[first : min(last, first + params.limit)]
    return KeyframeTimes(
        path=params.path,
        fingerprint=facts.fingerprint,
        video_stream=params.video_stream,
        keyframes=[format_exact(time) for time in shown],
        total=max(0, last - first),
        truncated=len(shown) < last - first,
        longest=None if video.max_gap is None else format_exact(video.max_gap),
        frames=video.frames,
        cached=cached,
    )


def _times(facts: SourceFacts, video: SourceVideo) -> list[Fraction]:
    if video.still:
        return [Fraction(0)]
    return [pts * video.time_base - facts.start for pts in video.keyframes or ()]
