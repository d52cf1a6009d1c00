"""`sidecar cache`: what is cached, its limits, and what is to go."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from protocol.commands.cache import (
    CacheCleared,
    CachedProjects,
    CacheKindStats,
    CacheLimits,
    CacheLimitsSet,
    CachePreloaded,
    CacheStats,
    CacheVerified,
)
from protocol.commands.shared import CacheKind
from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE, FAILED
from sidecar.cli.output import Output
from sidecar.cli.words import size

Action = Literal["stats", "projects", "limits", "clear", "verify", "preload"]
Words = dict[str, Any]

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SPANS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def cache(
    action: Action = "stats",
    /,
    *paths: str,
    kind: list[CacheKind] | None = None,
    project: str | None = None,
    older_than: str | None = None,
    dry_run: bool = False,
    everything: Annotated[bool, Parameter(name="--all")] = False,
    keep: bool = False,
    memory: str | None = None,
    disk: str | None = None,
    min_free: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Show what the cache holds, change its limits, clear it, read it through, or fill it ahead.

    Parameters
    ----------
    action
        stats; projects; limits, and with --memory, --disk, --min-free new ones; clear by --kind, --project, --older-than
        and FILE together, or --all; verify (damaged entries go, unless --keep); preload FILEs.
    paths
        For clear: one media file whose entries are meant. For preload: the files.
    kind
        Only this kind; may be given several times.
    project
        For clear: the id of a project. What other projects own too stays theirs.
    older_than
        For clear: not used for so long: 90s, 30m, 12h, 7d, 4w; a bare number is seconds.
    dry_run
        For clear: only say what would go.
    everything
        For clear: no condition at all.
    keep
        For verify: leave damaged entries where they are.
    memory
        For limits: how much may be kept in memory, in bytes or as 500M, 2G (of 1024).
    disk
        For limits: how much may be kept on the disk, likewise.
    min_free
        For limits: how much of the disk stays free for others, likewise.
    as_json
        Print JSON.
    """
    output = Output.choose(as_json=as_json)

    async def work(engine: Engine) -> int:
        kinds: Words = {} if kind is None else {"kinds": kind}
        if action == "clear":
            which = _which(kinds, project, older_than, paths, everything=everything)
            return await _clear(engine, output, {**which, "dryRun": dry_run})
        if action == "limits":
            given = {"memoryBytes": memory, "diskBytes": disk, "minFreeDiskBytes": min_free}
            return await _limits(
                engine, output, {name: amount(text) for name, text in given.items() if text is not None}
            )
        if action == "preload":
            return await _preload(engine, output, {**kinds, "paths": list(paths)})
        if action == "verify":
            return await _verify(engine, output, {**kinds, "repair": not keep})
        shown: Callable[[Engine, Output, Words], Coroutine[Any, Any, int]] = _stats if action == "stats" else _projects
        return await shown(engine, output, kinds)

    return run(work, output)


async def _stats(engine: Engine, output: Output, params: Words) -> int:
    found: CacheStats = await engine.request("cache.stats", **params)
    output.result(found)
    output.table(
        ("tier", "used", "limit", "entries", "fragmentation"),
        [
            (name, size(tier.bytes), size(tier.limit), str(tier.entries), share(tier.fragmentation))
            for name, tier in (("disk", found.disk), ("memory", found.memory))
        ],
    )
    output.line("")
    output.table(
        ("kind", "entries", "bytes", "quota", "in use", "hits", "misses", "saved"),
        [kind_row(name, stats) for name, stats in found.kinds.items()],
    )
    return DONE


def kind_row(name: str, stats: CacheKindStats) -> tuple[str, ...]:
    """A kind as a row; without a quota there is a dash."""
    quota = "-" if stats.limit is None else size(stats.limit)
    counts = (stats.pinned, stats.hits.total, stats.misses.total)
    return (name, str(stats.entries), size(stats.bytes), quota, *map(str, counts), f"{stats.seconds_saved:.0f} s")


async def _projects(engine: Engine, output: Output, _params: Words) -> int:
    found: CachedProjects = await engine.request("cache.projects")
    output.result(found)
    output.table(
        ("project", "name", "entries", "bytes", "last used", "file"),
        [
            (each.project_id, each.name, str(each.entries), size(each.bytes), each.last_used or "-", each.path or "-")
            for each in found.projects
        ],
    )
    return DONE


async def _limits(engine: Engine, output: Output, params: Words) -> int:
    if params:
        changed: CacheLimitsSet = await engine.request("cache.setLimits", **params)
        output.result(changed)
        limits = changed.limits
        output.line(f"{changed.evicted.entries} entries went, {size(changed.evicted.bytes)}")
        if changed.over:
            output.line(f"{size(changed.over)} more are in use and go later", "warning")
    else:
        limits = await engine.request("cache.limits")
        output.result(limits)
    output.table(("limit", "bytes", "at least"), limit_rows(limits))
    return DONE


def limit_rows(limits: CacheLimits) -> list[tuple[str, str, str]]:
    """Limits as rows, quotas of kinds too where there are any."""
    return [
        ("memory", size(limits.memory_bytes), size(limits.floor.memory_bytes)),
        ("disk", size(limits.disk_bytes), size(limits.floor.disk_bytes)),
        ("left free", size(limits.min_free_disk_bytes), "-"),
        *((kind, size(quota), "-") for kind, quota in limits.kinds.items() if quota is not None),
    ]


async def _clear(engine: Engine, output: Output, params: Words) -> int:
    found: CacheCleared = await engine.request("cache.clear", **params)
    output.result(found)
    verb = "would go" if params["dryRun"] else "went"
    output.line(f"{found.entries} entries {verb}, {size(found.bytes)}")
    if found.in_use or found.shared:
        output.line(f"{found.in_use} stay because they are in use, {found.shared} because other projects own them too")
    return DONE


async def _verify(engine: Engine, output: Output, params: Words) -> int:
    found: CacheVerified = await engine.request("cache.verify", **params)
    output.result(found)
    output.line(f"{found.checked} entries read, {size(found.bytes)}; {found.corrupt} damaged, {found.removed} removed")
    output.table(("kind", "key"), [(each.kind, each.key) for each in found.damaged])
    return FAILED if found.corrupt > found.removed else DONE


async def _preload(engine: Engine, output: Output, params: Words) -> int:
    if not params["paths"]:
        raise InvalidParams(detail="name the files that are meant", path="/paths")
    found: CachePreloaded = await engine.request("cache.preload", **params)
    output.result(found)
    rows = [
        (each.path, each.kind, "ok" if each.error is None else f"failed: {each.error.kind}") for each in found.items
    ]
    output.table(("file", "kind", "state"), rows)
    return FAILED if found.failed else DONE


def _which(
    kinds: Words, project: str | None, older_than: str | None, paths: tuple[str, ...], *, everything: bool
) -> Words:
    """Return what is to be cleared, by wire names; raises InvalidParams when nothing or too much is named."""
    if len(paths) > 1:
        raise InvalidParams(detail="one file at a time", path="/path")
    given = {"projectId": project, "path": paths[0] if paths else None}
    which = {**kinds, **{name: value for name, value in given.items() if value is not None}}
    if older_than is not None:
        which["olderThan"] = span(older_than)
    if bool(which) == everything:
        raise InvalidParams(detail="name what is to go (--kind, --project, --older-than, FILE), or --all", path="")
    return which


def amount(text: str) -> int:
    """Read bytes: 1048576, 500M, 2GiB. Raises InvalidParams."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", text.strip().lower())
    if found is None:
        raise InvalidParams(detail=f"{text!r} is no number of bytes", path="")
    return int(float(found[1]) * _UNITS[found[2]])


def span(text: str) -> float:
    """Read a span of time: 90, 30m, 12h, 7d, 4w. Raises InvalidParams."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw]?)", text.strip().lower())
    if found is None:
        raise InvalidParams(detail=f"{text!r} is no span of time", path="")
    return float(found[1]) * _SPANS[found[2]]


def share(value: float | None) -> str:
    """A share as per cent; a dash where it was not measured."""
    return "-" if value is None else f"{value:.0%}"
