"""`sidecar play FILE`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import trio
from cyclopts import Parameter

from protocol.commands.preview.play import PreviewPlaying
from protocol.errors import DependencyMissing, Internal
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import target_of, written
from sidecar.cli.instants import instant_of
from sidecar.cli.output import Output
from sidecar.cli.raising import raised
from sidecar.cli.shown import source_of, sources_of

WEBM = 'video/webm; codecs="vp9,opus"'
MP4 = 'video/mp4; codecs="avc1.42E01E,mp4a.40.2"'
CODECS = {".webm": [WEBM], ".mp4": [MP4]}

PLAYERS = (
    ("mpv", ("--no-terminal", "--force-window=immediate", "-")),
    ("ffplay", ("-hide_banner", "-loglevel", "error", "-autoexit", "-i", "pipe:0")),
)
"""Programs that play what comes in, with their arguments; the first that is there is taken."""

STDOUT = Path("-")


def play(
    file: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o", allow_leading_hyphen=True)] = None,
    at: str = "0",
    rate: Annotated[float, Parameter(allow_leading_hyphen=True)] = 1.0,
    loop: bool = False,
    width: int | None = 640,
    muted: bool = False,
    overwrite: bool = False,
) -> int:
    """Play a project or a media file in mpv or ffplay, as it would be rendered.

    Parameters
    ----------
    file
        A project file or a media file.
    out
        Write the stream to this file instead, in real time: .webm, .mp4, or - for stdout (WebM).
    at
        Where to begin, in seconds (1.5, 1/3) or as a frame (37f).
    rate
        Times the usual speed, 0.05 to 4; below 0 backwards.
    loop
        Begin again at the end.
    width
        Pixels of the picture's width.
    muted
        Leave the sound out.
    overwrite
        Replace the file of --out if it is there.
    """

    async def work(engine: Engine) -> int:
        begin = instant_of(at, "at")
        player = None if out is not None else _player()
        source = await source_of(file)
        target = None
        if out is not None and out != STDOUT:
            target = target_of(out, [str(file), *await sources_of(engine, source)], overwrite=overwrite)
        codecs = [WEBM, MP4] if out is None else CODECS.get(out.suffix.lower(), [WEBM])
        asked = {"rate": rate, "loop": loop, "width": width, "muted": muted, "codecs": codecs}
        playing: PreviewPlaying = await engine.request("preview.play", **source, **{"from": begin}, **asked)
        async with aclosing(_parts(engine, playing)) as parts:
            if player is not None:
                await _to_player(player, parts)
            elif target is not None:
                await written(target, parts)
            else:
                await _to_stdout(parts)
        await engine.request("preview.stop", playId=playing.play_id)
        return DONE

    return run(work, Output.choose(as_json=False))


def _player() -> list[str]:
    for name, arguments in PLAYERS:
        found = shutil.which(name)
        if found is not None:
            return [found, *arguments]
    names = " nor ".join(name for name, _ in PLAYERS)
    raise DependencyMissing(
        name="a player", detail=f"neither {names} is found", suggestion="Install one, or write the stream with -o"
    )


async def _parts(engine: Engine, playing: PreviewPlaying) -> AsyncGenerator[bytes, None]:
    """Return the stream as it comes, without HTTP: it is this process that makes it. Raises why it was broken off."""
    live = engine.services.resources.live(urlsplit(playing.stream.url).path)
    reader = None if live is None else live.take()
    if reader is None:
        raise Internal(message="what was just offered cannot be read")
    with reader:
        try:
            while part := await reader.read():
                yield part
        except trio.BrokenResourceError:
            state: Any = engine.services.events.snapshot("play.state", job_id=playing.play_id)
            if state is not None and state.error is not None:
                raise raised(state.error) from None
            raise Internal(message="the play was broken off") from None


async def _to_player(command: list[str], parts: AsyncIterator[bytes]) -> None:
    """Give a player what comes, until it ends or is closed."""
    process = await trio.lowlevel.open_process(command, stdin=subprocess.PIPE)
    if process.stdin is None:
        raise AssertionError("a player has a pipe")
    try:
        async with process.stdin:
            async for part in parts:
                await process.stdin.send_all(part)
        await process.wait()
    except trio.BrokenResourceError:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()


async def _to_stdout(parts: AsyncIterator[bytes]) -> None:
    async for part in parts:
        await trio.to_thread.run_sync(sys.stdout.buffer.write, part)
        await trio.to_thread.run_sync(sys.stdout.buffer.flush)
