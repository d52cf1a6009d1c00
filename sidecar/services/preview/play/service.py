"""Begins plays, and ends them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import trio
from msgspec.structs import replace

from protocol.commands.ffmpeg import Capabilities
from protocol.commands.preview.play import PreviewInstant, PreviewPlay, PreviewPlaying
from protocol.commands.shared import Resource
from protocol.errors import Cancelled, InvalidParams, NotSupported
from protocol.time import format_rate
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.play import PlaySound, play_command
from sidecar.services.access import ReadAccess
from sidecar.services.events import EventHub
from sidecar.services.preview.play.codecs import choose, type_of
from sidecar.services.preview.play.encoder import Encoder, open_encoder
from sidecar.services.preview.play.player import Player, Stand
from sidecar.services.preview.play.pump import Sources
from sidecar.services.preview.play.show import Asked, Scene, Show, first_course
from sidecar.services.preview.play.sounds import SoundDesk
from sidecar.services.resources import Live, Resources

if TYPE_CHECKING:
    from sidecar.services.preview.composer import Composer
    from sidecar.services.preview.play.pictures import Composing
    from sidecar.services.preview.service import PreviewService
    from sidecar.services.preview.stage import Stage
    from sidecar.services.preview.stages import Stages

SLOWEST = 0.05
"""Times the usual speed, at least, either way: slower, there is nothing to be heard."""

MOST_PLAYS = 4
"""At a time; one more ends the oldest."""

View = tuple[object, str]
"""Where something is shown: a connection, and its name there."""


@dataclass(frozen=True, slots=True, eq=False)
class PlayTools:
    """What playing needs of other services; `report` logs a fault of ours."""

    previews: Callable[[], Awaitable[PreviewService]]
    sound: SoundDesk
    resources: Callable[[], Resources]
    capabilities: Callable[[], Awaitable[Capabilities]]
    events: EventHub
    report: Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True, eq=False)
class Asker:
    """Who asks for a play: what stands for its connection, what it may read, and the id of the request.

    `path` is the file that is asked for, if one is, as it may be read.
    """

    connection: object
    read: ReadAccess
    trace_id: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class _Playing:
    player: Player
    resource: Resource
    connection: object
    view: View | None
    gone: trio.Event = field(default_factory=trio.Event)


class PlayService:
    """Plays, each a task of `tasks` until it is over."""

    def __init__(self, tools: PlayTools, tasks: trio.Nursery) -> None:
        self._tools = tools
        self._tasks = tasks
        self._playing: dict[str, _Playing] = {}
        self._turns: dict[View, object] = {}

    @property
    def playing(self) -> tuple[str, ...]:
        """Ids of the plays of which anything is left."""
        return tuple(self._playing)

    async def play(self, request: PreviewPlay, asker: Asker) -> PreviewPlaying:
        """Begin a play; its stream is being made when this returns.

        Raises Cancelled (superseded) where a newer one of the view came meanwhile, InvalidParams, NothingToRender,
        NotSupported, EncoderUnavailable, and what setting the stage does.
        """
        if (request.project is None) == (request.path is None):
            raise InvalidParams(detail="exactly one of project and path", path="/project")
        speed = Fraction(repr(request.rate))
        if abs(speed) < SLOWEST:
            raise InvalidParams(detail=f"a play is no slower than {SLOWEST}", path="/rate")
        if not self._tools.sound.supervisor.passes_fds:
            raise NotSupported(what="preview.play on this system")
        with self._turn(_view(request, asker)) as check:
            return await self._prepare(request, asker, speed, check)

    @contextmanager
    def _turn(self, view: View | None) -> Iterator[Callable[[], None]]:
        """Be the newest of a view that begins; what is given raises Cancelled where another is that by now."""
        turn = object()
        if view is not None:
            self._turns[view] = turn

        def check() -> None:
            if view is not None and self._turns.get(view) is not turn:
                raise Cancelled(reason="superseded")

        try:
            yield check
        finally:
            if view is not None and self._turns.get(view) is turn:
                del self._turns[view]

    async def _prepare(
        self, request: PreviewPlay, asker: Asker, speed: Fraction, check: Callable[[], None]
    ) -> PreviewPlaying:
        previews = await self._tools.previews()
        scene = await _fetch(previews.stages, request, asker)
        sounds = speed > 0 and not request.muted
        encoders = (await self._tools.capabilities()).encoders
        picture = choose(request.codecs, encoders, sounds=sounds)
        asked = Asked(
            # Of an open project, which revision it was matters only to begin with.
            fetch=partial(_fetch, previews.stages, _unbound(request), asker),
            current=partial(_current, previews.stages),
            range=request.range,
            speed=speed,
            loops=request.loop,
            size=scene.seen.size(request.width, request.height),
            sounds=sounds,
            picture=picture,
            project_id=None if request.project is None else request.project.id,
            trace_id=asker.trace_id,
            # What is open is everybody's who asks for it by its id; all else is nobody's business but the asker's.
            audience=None if request.project is not None and request.project.id is not None else asker.connection,
        )
        course = first_course(scene.seen, asked, request.from_)
        scene.seen.check((course.start, course.start + 1))
        sources = Sources(_composing(previews.composer, asked.size), self._tools.sound)
        check()
        return self._begin(asked, Show(scene, course, 0), sources, asker.connection, _view(request, asker))

    def stop(self, play_id: str) -> PreviewInstant | None:
        """End a play and return where its reader was; None where it was over, or nobody read it."""
        playing = self._playing.get(play_id)
        if playing is None:
            return None
        at = playing.player.at()
        playing.player.stop("stopped")
        return at

    async def close(self) -> None:
        """End all plays, and wait until nothing of them is left."""
        for playing in self._playing.values():
            playing.player.stop("closed")
        for playing in tuple(self._playing.values()):
            await playing.gone.wait()

    def _make_room(self, connection: object) -> None:
        """End the oldest play for one more of a connection: one of its own, if it has any."""
        running = [playing for playing in self._playing.values() if not playing.player.over]
        if len(running) >= MOST_PLAYS:
            own = [playing for playing in running if playing.connection is connection]
            (own or running)[0].player.stop("superseded")

    def _begin(
        self, asked: Asked, show: Show, sources: Sources, connection: object, view: View | None
    ) -> PreviewPlaying:
        course, stage = show.course, show.scene.seen
        content_type = type_of(asked.picture, asked.size, course.pace, sounds=asked.sounds)
        live = Live(content_type)
        stand = Stand(sources, partial(self._encoding, asked, show), self._tools.events)
        player = Player(secrets.token_hex(8), asked, show, live, stand)
        for playing in self._playing.values():
            if view is not None and playing.view == view:
                playing.player.stop("superseded")
        self._make_room(connection)
        resource = self._tools.resources().offer_stream(live, width=asked.size[0], height=asked.size[1])
        self._playing[player.play_id] = _Playing(player, resource, connection, view)
        self._tasks.start_soon(self._run, player)
        at = show.instant(0)
        return PreviewPlaying(
            play_id=player.play_id,
            stream=resource,
            content_type=content_type,
            width=asked.size[0],
            height=asked.size[1],
            frame_rate=format_rate(course.pace),
            from_=at,
            media_time_origin=stage.time(at.frame),
        )

    async def _run(self, player: Player) -> None:
        try:
            await player.run()
        except Exception as error:  # noqa: BLE001 - a fault of ours in one play ends nothing else
            self._tools.report("a play failed", error)
        finally:
            playing = self._playing.pop(player.play_id)
            self._tools.resources().withdraw(playing.resource)
            playing.gone.set()

    def _encoding(self, asked: Asked, show: Show) -> AbstractAsyncContextManager[Encoder]:
        """Start the process that encodes a play."""
        stage, desk = show.scene.seen, self._tools.sound

        def build(pictures: str, floats: str | None) -> Command:
            return play_command(
                stage.timeline,
                stage.export,
                size=asked.size,
                rate=show.course.pace,
                source=pictures,
                sound=None if floats is None else PlaySound(floats, asked.speed),
                picture=asked.picture,
            )

        return open_encoder(build, desk.supervisor, desk.toolchain(), desk.folder, sounds=asked.sounds)


async def _fetch(stages: Stages, request: PreviewPlay, asker: Asker) -> Scene:
    """Set the stage as things are now: the one that is seen, and that which is heard, of the files themselves."""
    if asker.path is not None and request.path is not None:
        stage = await stages.of_file(asker.path, asker.read, shown=request.path)
        return Scene(stage, stage)
    if request.project is None:
        raise AssertionError("either a project is played or a file")
    while True:
        heard = await stages.of_project(request.project, asker.read)
        if request.media == "original":
            return Scene(heard, heard)
        seen = await stages.of_project(request.project, asker.read, media=request.media)
        # Edited in between, they would be two revisions.
        if seen.revision == heard.revision:
            return Scene(seen, heard)


def _current(stages: Stages, scene: Scene) -> bool:
    return stages.same(scene.seen) and (scene.heard is scene.seen or stages.same(scene.heard))


def _composing(composer: Composer, size: tuple[int, int]) -> Composing:
    @asynccontextmanager
    async def compose(stage: Stage, window: tuple[int, int]) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        stage.check(window)
        window, fed = await trio.to_thread.run_sync(composer.going, stage, window, size, "raw")
        async with composer.frames(stage, window, size=size, image="raw", fed=fed, standing=True) as frames:
            yield window[1], frames

    return compose


def _unbound(request: PreviewPlay) -> PreviewPlay:
    if request.project is None:
        return request
    return replace(request, project=replace(request.project, revision=None))


def _view(request: PreviewPlay, asker: Asker) -> View | None:
    return None if request.view is None else (asker.connection, request.view)
