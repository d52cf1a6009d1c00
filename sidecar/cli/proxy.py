"""`sidecar proxy FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from protocol.commands.proxy import Proxy
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.fetching import saved, target_of
from sidecar.cli.output import Output
from sidecar.cli.words import size

WHY = {
    "small": "it is small enough itself",
    "still": "it is a still picture",
    "alpha": "what is transparent would be lost",
    None: "there is none yet",
}


def proxy(
    file: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    height: int | None = None,
    stream: int = 0,
    own: bool = False,
    look: bool = False,
    overwrite: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Make a small file that stands for one that is heavy to decode; it is kept in the cache.

    Parameters
    ----------
    file
        The media file.
    out
        Also write the proxy to this file.
    height
        Pixels of its height; the setting proxyHeight if not given.
    stream
        Which picture stream, from 0.
    own
        Make one even where the camera wrote a small file itself.
    look
        Only say what is there.
    overwrite
        Replace the file of --out if it is there.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        if out is not None:
            target_of(out, [str(file)], overwrite=overwrite)
        params: dict[str, Any] = {"videoStream": stream, "height": height, "adopt": not own, "make": not look}
        found: Proxy = await engine.request("media.proxy", path=str(file), **params)
        if out is not None and found.resource is not None:
            sources = [str(file), *([] if found.path is None else [found.path])]
            await saved(engine, found.resource, target_of(out, sources, overwrite=overwrite))
        output.result(found)
        output.table(("what", "value"), rows(found))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(found: Proxy) -> list[tuple[str, str]]:
    """What there is, as rows."""
    if found.resource is None:
        return [("proxy", "none"), ("why", WHY[found.reason])]
    lines = [("proxy", "the camera's own" if found.origin == "camera" else "cached" if found.cached else "made")]
    lines += [("file", found.path)] if found.path is not None else []
    return [
        *lines,
        ("picture", f"{found.width}×{found.height}, {found.frames} frames"),
        ("size", size(found.resource.bytes)),
    ]
