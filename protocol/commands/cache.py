"""The cache: what it holds, what it has saved, its limits, and what projects have in it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol.commands.command import Command, Empty, Example, Params
from protocol.commands.media import MediaInfo
from protocol.commands.settings import Bytes
from protocol.commands.shared import CacheKind, ProjectRef
from protocol.errors import (
    DiskFull,
    ErrorData,
    InvalidParams,
    InvalidProject,
    MediaNotFound,
    OutputUnwritable,
    PermissionDenied,
    ProjectNotFound,
    ProjectNotOpen,
    SettingsInvalid,
    Timeout,
    UnsupportedSchema,
)
from protocol.model import Result

Kinds = Annotated[list[CacheKind], Meta(min_length=1, max_length=9)]
Id = Annotated[str, Meta(min_length=1, max_length=128)]


class CacheTier(Result):
    """One tier: `bytes` as its limit counts them (in memory with all that an entry costs, on the disk in blocks of 4 KiB).

    `fragmentation`: on the disk 1 - stored / allocated; in memory 1 - accounted / resident growth since the tier was
    last empty, null where that cannot be told.
    """

    bytes: int
    limit: int
    entries: int
    fragmentation: float | None


class Window(Result):
    """How often, in the last 60 seconds, the last 60 minutes, and since the sidecar started."""

    minute: int
    hour: int
    total: int


class HitRatio(Result):
    """Hits of all lookups, 0 to 1; null where nothing was looked up."""

    minute: float | None
    hour: float | None
    total: float | None


class Quantiles(Result):
    """Durations in seconds since the sidecar started; `max` is exact, the others are within 2 %."""

    p50: float
    p95: float
    p99: float
    max: float
    samples: int


class CacheResponse(Result):
    """How long the cache took to hand over what it has, and to say that it has not; making it is no part of that."""

    hit: Quantiles | None
    miss: Quantiles | None


class Evictions(Result):
    """Entries that went: for a limit, because they were of no more use, damaged, or cleared."""

    limit: int
    stale: int
    corrupt: int
    cleared: int


class TierUse(Result):
    """What of a kind one tier holds."""

    entries: int
    bytes: int


class CacheKindStats(Result):
    """A kind: `entries` and `bytes` are those of both tiers together; `limit` is its quota in each tier, null for none.

    `pinned` are entries on the disk that some sidecar uses now, `negative` are failures that are remembered.
    `bytesSaved` and `secondsSaved` add up what was found instead of made.
    """

    entries: int
    bytes: int
    limit: int | None
    memory: TierUse
    disk: TierUse
    pinned: int
    hits: Window
    misses: Window
    hit_ratio: HitRatio
    response: CacheResponse
    evictions: Evictions
    bytes_saved: int
    seconds_saved: float
    negative: int


class TierState(Result):
    """What a tier holds of what it may."""

    bytes: int
    limit: int
    entries: int


class CacheChanged(Result):
    """Payload of cache.changed, at most once a second while entries come or go; evictions since the sidecar started."""

    memory: TierState
    disk: TierState
    evictions: Evictions


class CacheStatsQuery(Params, kw_only=True):
    """`kinds` null: all."""

    kinds: Kinds | None = None


class CacheStats(Result):
    """Both tiers now. Counts are this sidecar's own, the disk's content is shared by all."""

    at: str
    memory: CacheTier
    disk: CacheTier
    kinds: dict[CacheKind, CacheKindStats]


class CacheFloor(Result):
    """The least that the limits may be."""

    memory_bytes: int
    disk_bytes: int


class CacheLimits(Result):
    """Limits in bytes. `kinds` holds every kind: its quota in each tier, null for none."""

    memory_bytes: int
    disk_bytes: int
    min_free_disk_bytes: int
    kinds: dict[CacheKind, int | None]
    floor: CacheFloor


class CacheSetLimits(Params, kw_only=True):
    """New limits; those left out stay. A kind's null takes its quota away. Without `persist` until the sidecar ends."""

    memory_bytes: Bytes | None = None
    disk_bytes: Bytes | None = None
    min_free_disk_bytes: Bytes | None = None
    kinds: dict[CacheKind, Bytes | None] | None = None
    persist: bool = True


class CacheFreed(Result):
    """What went: entries, and bytes as the limits count them."""

    entries: int
    bytes: int


class CacheLimitsSet(Result):
    """The limits, which hold, but for what is in use: `over` is how many bytes on the disk are to go when they can."""

    limits: CacheLimits
    evicted: CacheFreed
    over: int


class CachedProject(Result):
    """A project that is open, or that entries carry the id of.

    `coverage` is the share of frames whose segment is cached, or copied from its source, by the last plan of what is
    open; null where there is none. `path` is where it was last heard to lie, null too where that is outside of the
    connection's roots.
    """

    project_id: str
    name: str
    path: str | None
    open: bool
    bytes: int
    entries: int
    segments: int
    coverage: float | None
    last_used: str | None


class CachedProjects(Result):
    """Projects, those used last first."""

    projects: list[CachedProject]


class CacheHasProject(Params, kw_only=True):
    """A project by its id or its file; exactly one."""

    project_id: Id | None = None
    path: str | None = None


class CacheProjectState(Result):
    """A project is cached when it is open or at least one entry carries its id."""

    cached: bool
    open: bool
    coverage: float | None
    bytes: int


class CacheMetadataQuery(Params, kw_only=True):
    """A media file."""

    path: str


class CacheMetadata(Result):
    """What the cache has of a file as it is now; `info` is what a probe found earlier, null if there was none.

    `kinds` are the entries that were made from the file at this path, whatever was in it.
    """

    path: str
    fingerprint: str
    info: MediaInfo | None
    kinds: dict[CacheKind, TierUse]


class CacheClear(Params, kw_only=True):
    """What is to go: all conditions that are given hold together; none: everything.

    `olderThan` is in seconds since the last use. With `dryRun` nothing goes.
    """

    kinds: Kinds | None = None
    project_id: Id | None = None
    path: str | None = None
    older_than: Annotated[float, Meta(ge=0, le=1e10)] | None = None
    dry_run: bool = False


class CacheCleared(Result):
    """What went, of both tiers. Of what was meant, entries stayed that are in use, or that other projects own too."""

    entries: int
    bytes: int
    in_use: int
    shared: int


class CachePreload(Params, kw_only=True):
    """Makes what is missing of these kinds, of the files that a project plays or of files by path; exactly one of both.

    `kinds` null: metadata, with the keyframes. Waveforms, filmstrips, analyses and proxies can be made ahead too, as
    their commands make them by default; filmstrips are pictures of the keyframes, at most 240.
    """

    project: ProjectRef | None = None
    paths: Annotated[list[str], Meta(min_length=1, max_length=10_000)] | None = None
    kinds: Kinds | None = None


class PreloadedFile(Result):
    """A file and a kind; `error` says why it could not be made."""

    path: str
    kind: CacheKind
    error: ErrorData | None


class CachePreloaded(Result):
    """Every file with every kind."""

    items: list[PreloadedFile]
    failed: int


class CacheVerify(Params, kw_only=True):
    """Reads entries on the disk through, at most `bytesPerSecond`; `repair` removes what is damaged."""

    kinds: Kinds | None = None
    repair: bool = True
    bytes_per_second: Annotated[int, Meta(ge=1_048_576, le=2**53 - 1)] = 268_435_456


class DamagedEntry(Result):
    """An entry whose file or head is not what was published."""

    kind: CacheKind
    key: str


class CacheVerified(Result):
    """How many entries were read, the bytes of the whole ones, and the damaged: all are counted, 1,000 are named."""

    checked: int
    bytes: int
    corrupt: int
    removed: int
    damaged: list[DamagedEntry]


COMMANDS = (
    Command(
        "cache.stats",
        CacheStatsQuery,
        CacheStats,
        "Measure the cache: what it holds, finds, misses, has saved and let go.",
        Example({"kinds": ["segments", "metadata"]}),
    ),
    Command("cache.limits", Empty, CacheLimits, "Return the limits of the cache.", Example({})),
    Command(
        "cache.setLimits",
        CacheSetLimits,
        CacheLimitsSet,
        "Change the limits of the cache; they hold when it returns.",
        Example({"memoryBytes": 134_217_728, "kinds": {"proxies": 4_294_967_296}, "persist": False}),
        raises=(InvalidParams, SettingsInvalid, DiskFull, OutputUnwritable),
    ),
    Command(
        "cache.projects", Empty, CachedProjects, "List the projects that the cache holds something for.", Example({})
    ),
    Command(
        "cache.hasProject",
        CacheHasProject,
        CacheProjectState,
        "Say whether a project is cached: open, or named by an entry.",
        Example({"projectId": "demo"}),
        raises=(InvalidParams, PermissionDenied),
    ),
    Command(
        "cache.metadata",
        CacheMetadataQuery,
        CacheMetadata,
        "Return what the cache knows of a media file, without probing it.",
        Example({"path": "clip.mp4"}, after=("media.probe",)),
        raises=(MediaNotFound, PermissionDenied),
    ),
    Command(
        "cache.clear",
        CacheClear,
        CacheCleared,
        "Remove entries by kind, project, file or age.",
        Example({"kinds": ["waveforms"], "olderThan": 604_800, "dryRun": True}),
        raises=(InvalidParams, PermissionDenied),
    ),
    Command(
        "cache.preload",
        CachePreload,
        CachePreloaded,
        "Make what is missing of a project's files, so that it is there when it is asked for. Items of progress are those of the result.",
        Example({"paths": ["clip.mp4"], "kinds": ["metadata"]}),
        raises=(
            InvalidParams,
            InvalidProject,
            ProjectNotFound,
            ProjectNotOpen,
            UnsupportedSchema,
            PermissionDenied,
        ),
        load="jobs",
        progress=True,
    ),
    Command(
        "cache.verify",
        CacheVerify,
        CacheVerified,
        "Read every entry on the disk through, and remove what is damaged.",
        Example({"kinds": ["metadata"]}),
        raises=(DiskFull, OutputUnwritable, Timeout),
        load="jobs",
        progress=True,
    ),
)
