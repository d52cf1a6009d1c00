"""What of the project file is not built yet: every such member, where it is changed from its default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from protocol.problem import Problem
from protocol.project import (
    AdjustmentSource,
    AudioTrack,
    Clip,
    FileSource,
    Keyframes,
    Project,
    SubtitleTrack,
    VideoTrack,
)
from sidecar.core.timeline.findings import not_supported
from sidecar.core.timeline.unsupported_export import export_unsupported

CONSTANT = "Use a constant"
NORMAL = 'Use "normal"'
_KINDS = {
    AdjustmentSource: "adjustment",
}


def unsupported(project: Project) -> list[Problem]:
    """List what a project uses that is not built, each an error `notSupported` with its place."""
    return [
        *_animated(project, "", ()),
        *(not_supported(f"/templates/{index}", "A layout template") for index in range(len(project.templates))),
        *(problem for index, track in enumerate(project.tracks) for problem in _track(track, f"/tracks/{index}")),
        *export_unsupported(project.export),
    ]


def _track(track: VideoTrack | AudioTrack | SubtitleTrack, pointer: str) -> Iterator[Problem]:
    ids = (track.id,)
    if isinstance(track, SubtitleTrack):
        return
    yield from _animated(track, pointer, ids)
    if isinstance(track, VideoTrack) and track.blend != "normal":
        yield not_supported(f"{pointer}/blend", f"Blend mode {track.blend}", suggestion=NORMAL, ids=ids)
    for index, clip in enumerate(track.clips):
        yield from _clip(clip, f"{pointer}/clips/{index}")


def _clip(clip: Clip, pointer: str) -> Iterator[Problem]:
    ids = (clip.id,)
    yield from _source(clip, f"{pointer}/source", ids)
    for owner, at in ((clip, ""), (clip.crop, "/crop"), (clip.transform, "/transform"), (clip.color, "/color")):
        yield from _animated(owner, pointer + at, ids)
    if clip.blend != "normal":
        yield not_supported(f"{pointer}/blend", f"Blend mode {clip.blend}", suggestion=NORMAL, ids=ids)
    if clip.layout is not None:
        yield not_supported(f"{pointer}/layout", "A layout", suggestion="Use transform and crop", ids=ids)


def _source(clip: Clip, pointer: str, ids: tuple[str | None, ...]) -> Iterator[Problem]:
    source = clip.source
    kind = _KINDS.get(type(source))
    if kind is not None:
        yield not_supported(f"{pointer}/kind", f"A source of kind {kind}", ids=ids)
    elif isinstance(source, FileSource) and source.on_error != "fail":
        what = f"Going on with {source.on_error} after an error of a file"
        yield not_supported(f"{pointer}/onError", what, suggestion='Use "fail"', ids=ids)


def _animated(owner: Any, pointer: str, ids: tuple[str | None, ...]) -> Iterator[Problem]:
    """Name the members of a struct that have keyframes."""
    # Not structs.fields: that reads the annotations anew at every call, seconds in a project of 10,000 clips.
    for name, written in zip(owner.__struct_fields__, owner.__struct_encode_fields__, strict=True):
        if isinstance(getattr(owner, name), Keyframes):
            what = f"{written} with keyframes"
            yield not_supported(f"{pointer}/{written}", what, suggestion=CONSTANT, ids=ids)
