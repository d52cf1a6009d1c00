"""preview.play, preview.stop: the timeline with picture and sound, as a stream that is made while it is played."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from protocol.commands.command import Command, Example, Params
from protocol.commands.preview.shared import DEMO_REF, RAISES, PictureMedia, PreviewSide
from protocol.commands.shared import ProjectRef, Range, Resource, When
from protocol.errors import DependencyMissing, EncoderUnavailable, NotSupported
from protocol.errors.base import ErrorData
from protocol.model import Result
from protocol.time import ExactTime

FASTEST = 4
"""Times the usual speed, at most, either way."""


class PreviewPlay(Params, kw_only=True):
    """Exactly one of `project` and `path`.

    `range` null is all of it; the play begins at `from`, within the range, ends where the range does (backwards: where
    it begins), and goes on from its other end where it is to `loop`. `rate` is at least 0.05 either way; the pitch
    is kept, backwards there is no sound. Width and height null: the export's size; one given: the other follows by aspect. `codecs` are
    content types as `canPlayType` takes them, best first. `media` "proxy" takes small versions of large files where
    there are some; the sound is always that of the files. A new play of the same `view` of a connection ends this one.
    """

    from_: When
    codecs: Annotated[list[str], Meta(min_length=1, max_length=32)]
    project: ProjectRef | None = None
    path: str | None = None
    range: Range | None = None
    loop: bool = False
    rate: Annotated[float, Meta(ge=-FASTEST, le=FASTEST)] = 1.0
    width: PreviewSide | None = 640
    height: PreviewSide | None = None
    media: PictureMedia = "proxy"
    muted: bool = False
    view: Annotated[str, Meta(max_length=128)] | None = None


class PreviewInstant(Result):
    """A frame of the project, and when it begins."""

    frame: int
    time: ExactTime


class PreviewPlaying(Result):
    """A play that has begun. `stream` is to be fetched once: its bytes come as they are made, and their number is not known.

    The play runs at most half a second ahead of who fetches it, ends when they leave, and when nobody has come for ten
    seconds. `frame_rate` is that of the stream, `media_time_origin` the instant of the timeline at its time 0; what an
    edit, or another lap, changes about that is told by `play.state`.
    """

    play_id: str
    stream: Resource
    content_type: str
    width: int
    height: int
    frame_rate: str
    from_: PreviewInstant
    media_time_origin: ExactTime


class PreviewStop(Params, kw_only=True):
    """One that is over already, or never was, is left alone."""

    play_id: str


class PreviewStopped(Result):
    """Where the play was, as far as whoever fetched it can have seen; null where nothing of it was fetched, or it was over."""

    at: PreviewInstant | None


PlayPhase = Literal["starting", "playing", "ended", "stopped", "failed"]

PlayReason = Literal["end", "left", "unread", "stopped", "superseded", "changed", "closed", "error"]
"""Why a play is over: it came to its end; the reader left, or never came; it was stopped, or gave way to a newer one;
the project has got another frame rate, size or sound format; it was closed, or the sidecar ends; something failed."""


class PlayAnchor(Result):
    """From `media_time` of the stream on it shows the timeline from `frame` on, until the next anchor."""

    media_time: ExactTime
    frame: int


class PlayState(Result):
    """Payload of play.state: where a play is, four times a second, and whenever something changes.

    `frame` and `time` are where its reader is, if it plays what it gets at once. `anchor` is the newest one: of the
    beginning, of an edit, of another lap. `revision` is that of the open project which is played, or is
    about to be. Of an open project everybody is told, of anything else only the connection that began the play.
    """

    play_id: str
    project_id: str | None
    state: PlayPhase
    reason: PlayReason | None
    frame: int
    time: ExactTime
    media_time: ExactTime
    rate: float
    revision: int | None
    anchor: PlayAnchor
    error: ErrorData | None


COMMANDS = (
    Command(
        "preview.play",
        PreviewPlay,
        PreviewPlaying,
        "Play a project or a file as a stream.",
        Example(
            {
                "project": DEMO_REF,
                "from": {"frame": 0},
                "width": 160,
                "codecs": ['video/webm; codecs="vp9, opus"', 'video/mp4; codecs="avc1.42E01E, mp4a.40.2"'],
            }
        ),
        raises=(*RAISES, NotSupported, EncoderUnavailable, DependencyMissing),
    ),
    Command(
        "preview.stop",
        PreviewStop,
        PreviewStopped,
        "End a play, and say where it was.",
        Example({"playId": "0"}),
        load="inline",
    ),
)
