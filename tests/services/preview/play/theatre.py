"""Plays begun in services that are opened for a test, and what comes out of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import trio

from protocol.commands.preview.play import PlayState, PreviewPlay, PreviewPlaying
from protocol.commands.shared import ProjectRef, When
from sidecar.services.access import ReadAccess
from sidecar.services.container import ServiceOptions, Services, open_services
from sidecar.services.events import Subscription
from sidecar.services.preview.play.service import Asker
from sidecar.services.resources import Live
from sidecar.services.resources.live import LiveReader
from tests.harness.media import read_number
from tests.harness.patience import PATIENCE
from tests.harness.program import environment

WEBM = 'video/webm; codecs="vp9,opus"'
VP8 = 'video/webm; codecs="vp8,opus"'
MP4 = 'video/mp4; codecs="avc1.42E01E,mp4a.40.2"'

SIZE = (192, 96)
START = When(frame=0)


def project(*tracks: Mapping[str, Any], rate: str = "25", **members: Any) -> dict[str, Any]:
    """Write a project; a track without a kind is a video track."""
    return {
        "schema": "timeline/1",
        "id": "film",
        "frameRate": rate,
        "width": SIZE[0],
        "height": SIZE[1],
        "tracks": [{"kind": "video", **track} for track in tracks],
        **members,
    }


def clip(path: Path | str, start: float = 0, duration: float = 4, **members: Any) -> dict[str, Any]:
    """Write a clip of a file, or of a colour."""
    text = str(path)
    source = {"kind": "color", "color": text} if text.startswith("#") else {"kind": "file", "path": text}
    return {"source": source, "start": start, "duration": duration, **members}


@dataclass(frozen=True, slots=True)
class Watched:
    """What was seen and when, in seconds of the stream; `sounds`: whether there is sound beside."""

    numbers: list[int]
    times: list[Fraction]
    sounds: bool


@dataclass(slots=True)
class Theatre:
    """Opened services; `states` are those of plays, in order."""

    services: Services
    events: Subscription
    states: list[PlayState] = field(default_factory=list)
    woken: trio.Event = field(default_factory=trio.Event)

    async def play(
        self,
        what: Mapping[str, Any] | Path | str,
        *,
        begin: When = START,
        codecs: str = WEBM,
        connection: object = None,
        **members: Any,
    ) -> PreviewPlaying:
        """Begin to play a project, a file, or an open project by its id."""
        given: dict[str, Any]
        if isinstance(what, Path):
            given = {"path": str(what)}
        elif isinstance(what, str):
            given = {"project": ProjectRef(id=what)}
        else:
            given = {"project": ProjectRef(inline=dict(what))}
        request = PreviewPlay(from_=begin, codecs=[codecs], **{"width": SIZE[0], **given, **members})
        asker = Asker(connection, ReadAccess(), "trace", what if isinstance(what, Path) else None)
        with trio.fail_after(PATIENCE):
            return await self.services.plays.play(request, asker)

    def live(self, played: PreviewPlaying) -> Live:
        """Return the body of a play."""
        live = self.services.resources.live("/" + played.stream.url.split("/", maxsplit=3)[3])
        assert live is not None
        return live

    async def watch(self, played: PreviewPlaying, target: Path, most: int | None = None) -> Path:
        """Write what comes to a file: all of it, or `most` bytes and a few."""
        reader = self.live(played).take()
        assert reader is not None
        written = 0
        with reader, target.open("wb") as file, trio.fail_after(PATIENCE):
            try:
                while (part := await reader.read()) and (most is None or written < most):
                    file.write(part)
                    written += len(part)
            except trio.BrokenResourceError as error:
                error.add_note(str(self.told()[-1:]))
                raise
        return target

    async def told_of(self, wanted: Callable[[PlayState], bool]) -> PlayState:
        """Wait until such a state was told."""
        with trio.fail_after(PATIENCE):
            while True:
                for state in self.told():
                    if wanted(state):
                        return state
                await self.woken.wait()
                self.woken = trio.Event()

    async def ended(self, played: PreviewPlaying) -> PlayState:
        """Wait until a play is over, and return its last state."""
        return await self.told_of(lambda state: state.play_id == played.play_id and state.reason is not None)

    async def over(self, played: PreviewPlaying) -> PlayState:
        """Wait until a play, the only one, is over and nothing of it is left; return its last state."""
        state = await self.ended(played)
        with trio.fail_after(PATIENCE):
            while self._left(played):  # noqa: ASYNC110 - nothing tells of the last of them
                await trio.sleep(0.01)
        return state

    def _left(self, played: PreviewPlaying) -> bool:
        roles = [child.role for child in self.services.supervisor.children()]
        return played.play_id in self.services.plays.playing or "play" in roles or "preview" in roles

    def told(self) -> list[PlayState]:
        """Return all states that were told so far."""
        while (event := self.events.take()) is not None:
            self.states.append(event.payload)
        return self.states


async def broken(reader: LiveReader) -> bool:
    """Read on, and say whether what is read was broken off before its end."""
    with trio.fail_after(PATIENCE):
        try:
            while await reader.read():
                pass
        except trio.BrokenResourceError:
            return True
    return False


@asynccontextmanager
async def theatre(home: Path, **settings: Any) -> AsyncIterator[Theatre]:
    """Open services for a test."""
    async with open_services(ServiceOptions(arguments=settings, environ=environment(home))) as services:
        opened: Theatre
        events = services.events.subscribe(["play.state"], wake=lambda: opened.woken.set())  # noqa: PLW0108 - `woken` is another one each time
        opened = Theatre(services, events)
        yield opened


def seen(file: Path) -> Watched:
    """Read the numbers of all frames of a stream that were written, and their times."""
    numbers, times = [], []
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        try:
            for frame in container.decode(stream):
                assert frame.pts is not None
                numbers.append(read_number(frame.to_ndarray(format="gray")))
                times.append(frame.pts * stream.time_base)
        except av.error.InvalidDataError:
            pass  # cut off in the middle of a frame
        return Watched(numbers, times, bool(container.streams.audio))
