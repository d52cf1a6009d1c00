"""The part of validation that needs the world: files, fonts, encoders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import trio

from protocol.commands.ffmpeg import Capabilities
from protocol.errors import FfmpegNotFound, MediaNotFound, SidecarError
from protocol.problem import Problem, Severity
from protocol.project import AudioTrack, Export, FileSource, Project, VideoTrack
from protocol.project.formats import CONTAINERS
from sidecar.core.source import SourceFacts
from sidecar.services.projects.paths import media_path

CheckRead = Callable[[str], Path]
Look = Literal["none", "cached", "probe"]
AT_ONCE = 4


class MediaFacts(Protocol):
    """What validation asks of the media service."""

    async def facts(self, path: Path, *, decoded: bool = False) -> SourceFacts:
        """Probe a file, `decoded` every picture of it; raises the errors of media."""

    def known_facts(self, path: Path) -> SourceFacts | None:
        """Return what an earlier probe of the file as it is now found, without reading it."""


class FontFindings(Protocol):
    """What the font service says of a project, as far as validation goes."""

    @property
    def problems(self) -> list[Problem]:
        """Families that are missing, characters that no font has."""


class FontsOf(Protocol):
    """What validation asks of the font service."""

    async def for_project(self, project: Project, base: Path | None, check_read: CheckRead) -> FontFindings:
        """Say what the text of a project is drawn with, and what is not as it asked."""


@dataclass(frozen=True, slots=True)
class Use:
    """A file as a project names it: where, for which clips, and for which that go on where it is damaged."""

    pointers: list[str] = field(default_factory=list)
    clips: list[str] = field(default_factory=list)
    tolerant: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MediaFindings:
    """What looking at the files found; `sources` are keyed by the path as it is written."""

    problems: list[Problem]
    sources: dict[str, SourceFacts]
    checked: int
    missing: list[str]


def uses_of(project: Project) -> dict[str, Use]:
    """Return every path of a media file as it is written, with the places and clips that use it."""
    uses: dict[str, Use] = {}
    by_id = {}
    for index, entry in enumerate(project.media):
        by_id[entry.id] = entry.path
        uses.setdefault(entry.path, Use()).pointers.append(f"/media/{index}/path")
    for pointer, clip_id, source in _file_sources(project):
        path = source.path or by_id.get(source.media or "")
        if path is None:
            continue
        use = uses.setdefault(path, Use())
        use.clips.append(clip_id)
        if source.on_error != "fail":
            use.tolerant.append(clip_id)
        if source.path is not None:
            use.pointers.append(f"{pointer}/source/path")
    return uses


async def look_at_media(
    project: Project, base: Path | None, look: Look, media: MediaFacts, check_read: CheckRead
) -> MediaFindings:
    """Look at the files of a project: at what is known of them, or at themselves."""
    found = MediaFindings([], {}, 0, [])
    if look == "none":
        return found
    looked = {}
    limiter = trio.CapacityLimiter(AT_ONCE)

    uses = uses_of(project)

    async def one(written: str) -> None:
        async with limiter:
            decoded = bool(uses[written].tolerant)
            looked[written] = await _look_at(written, base, look, media, check_read, decoded=decoded)

    async with trio.open_nursery() as nursery:
        for written in uses:
            nursery.start_soon(one, written)
    for written, use in uses.items():
        outcome = looked[written]
        if isinstance(outcome, SourceFacts):
            found.sources[written] = outcome
        elif outcome is not None:
            # A file that no clip plays does not keep the project from being rendered.
            severity: Severity = "error" if use.clips else "warning"
            found.problems.append(of_error(outcome, use.pointers[0], use.clips, severity=severity))
            if isinstance(outcome, MediaNotFound):
                found.missing.append(written)
    checked = sum(outcome is not None for outcome in looked.values())
    return MediaFindings(found.problems, found.sources, checked, found.missing)


async def _look_at(
    written: str, base: Path | None, look: Look, media: MediaFacts, check_read: CheckRead, *, decoded: bool
) -> SourceFacts | SidecarError | None:
    try:
        path = located(written, base, check_read)
        if not await trio.to_thread.run_sync(path.is_file):
            return MediaNotFound(path=str(path))
        if look != "probe":
            return media.known_facts(path)
        return await media.facts(path, decoded=True) if decoded else await media.facts(path)
    except SidecarError as error:
        return error


def located(written: str, base: Path | None, check_read: CheckRead) -> Path:
    """Return where a path of a project leads; raises MediaNotFound, MediaUnsupported or PermissionDenied."""
    path = media_path(written, base)
    if path is None:
        raise MediaNotFound(
            path=written,
            message=f"{written} is relative, and the project has no folder",
            suggestion="Name its folder as basePath, or write absolute paths",
        )
    return check_read(str(path))


def source_problems(project: Project, sources: Mapping[str, SourceFacts]) -> list[Problem]:
    """Return what clips ask of their files that the files do not have."""
    from sidecar.core.timeline import range_problems, resolve  # noqa: PLC0415 - start-up time

    return range_problems(resolve(project, sources))


async def export_problems(export: Export, capabilities: Callable[[], Awaitable[Capabilities]]) -> list[Problem]:
    """Return what of the export settings the FFmpeg in use cannot write."""
    try:
        can = await capabilities()
    except FfmpegNotFound as error:
        return [of_error(error, "/export", ())]
    return list(_unwritable(export, can))


def _unwritable(export: Export, can: Capabilities) -> Iterator[Problem]:
    support = next((each for each in can.containers if each.container == export.container), None)
    if support is None or not support.muxer:
        yield _unavailable("/export/container", export.container, None)
        return
    facts = CONTAINERS[export.container]
    video, audio = export.video, export.audio
    codecs: tuple[tuple[str, str | None, Mapping[str, bool]], ...] = (
        ("video", (video.codec or next(iter(facts.video), None)) if video is not None else None, support.video),
        ("audio", (audio.codec or next(iter(facts.audio), None)) if audio is not None else None, support.audio),
    )
    for kind, codec, supported in codecs:
        if codec is not None and not supported.get(codec, True):
            nearest = next((each for each, works in supported.items() if works), None)
            yield _unavailable(f"/export/{kind}/codec", codec, nearest)


def _unavailable(pointer: str, name: str, nearest: str | None) -> Problem:
    from sidecar.core.timeline.findings import finding  # noqa: PLC0415 - start-up time

    return finding(
        "encoderUnavailable",
        pointer,
        f"This FFmpeg cannot write {name}",
        suggestion=None if nearest is None else f"It can write {nearest}",
        encoder=name,
        nearest=nearest,
    )


def of_error(error: SidecarError, pointer: str, ids: Sequence[str], *, severity: Severity = "error") -> Problem:
    """Return a typed error as a problem: the kind is the code."""
    return Problem(
        severity=severity,
        code=error.kind,
        pointer=pointer,
        ids=list(ids),
        message=error.message,
        suggestion=error.suggestion,
        context=error.context(),
    )


def _file_sources(project: Project) -> Iterator[tuple[str, str, FileSource]]:
    for at, track in enumerate(project.tracks):
        if isinstance(track, VideoTrack | AudioTrack):
            for place, clip in enumerate(track.clips):
                if isinstance(clip.source, FileSource):
                    yield f"/tracks/{at}/clips/{place}", clip.id or "", clip.source
