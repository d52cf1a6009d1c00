"""Makes what is missing of files before it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import trio

from protocol.commands.cache import CachePreloaded, PreloadedFile
from protocol.errors import InvalidParams, SidecarError
from protocol.progress import Begin, End, Items, Progress, Report
from sidecar.services.access import ReadAccess
from sidecar.services.cache.kinds import Kind

Maker = Callable[[Path, str, ReadAccess], Awaitable[object]]
"""Makes what a kind holds of a file (its absolute path, and the path as results name it), unless it is there.

The access says which of the files that belong to it may be read."""

AT_ONCE = 4

Located = Path | SidecarError


async def preload(
    files: Mapping[str, Located],
    kinds: Sequence[Kind],
    makers: Mapping[Kind, Maker],
    tell: Callable[[Progress], Awaitable[None]],
    *,
    read: ReadAccess,
    trace_id: str,
) -> CachePreloaded:
    """Make what is missing of `files`, by the paths that results name; a file that fails does not stop the others.

    Raises InvalidParams for a kind that cannot be made ahead. Cancelled, what was made stays.
    """
    for place, kind in enumerate(kinds):
        if kind not in makers:
            offered = ", ".join(sorted(makers))
            raise InvalidParams(detail=f"{kind} cannot be preloaded; these can: {offered}", path=f"/kinds/{place}")
    wanted = [(shown, kind) for kind in dict.fromkeys(kinds) for shown in files]
    done: dict[tuple[str, Kind], PreloadedFile] = {}
    limiter = trio.CapacityLimiter(AT_ONCE)
    await tell(Begin(title="Preloading", total=len(wanted)))

    async def one(shown: str, kind: Kind) -> None:
        error: SidecarError | None = None
        async with limiter:
            try:
                await _make(files[shown], shown, makers[kind], read)
            except SidecarError as failure:
                error = failure
        data = None if error is None else error.data(trace_id)
        done[shown, kind] = PreloadedFile(path=shown, kind=kind, error=data)
        await tell(Items(items=[msgspec.to_builtins(done[shown, kind])]))
        await tell(Report(done=len(done), total=len(wanted), message=shown))

    async with trio.open_nursery() as nursery:
        for shown, kind in wanted:
            nursery.start_soon(one, shown, kind)
    await tell(End())
    items = [done[each] for each in wanted]
    return CachePreloaded(items=items, failed=sum(item.error is not None for item in items))


async def _make(located: Located, shown: str, maker: Maker, read: ReadAccess) -> None:
    if isinstance(located, SidecarError):
        raise located
    await maker(located, shown, read)
