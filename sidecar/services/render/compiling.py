"""From a resolved timeline to what makes its file: cells with their keys, or the processes that write it whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from protocol.project import Export
from protocol.project.formats import audio_codec
from sidecar.core.budget import check_limit
from sidecar.core.copying import CopySpan
from sidecar.core.keys import plan_key
from sidecar.core.timeline import OutputSpan, Timeline
from sidecar.core.timeline.joining import joined
from sidecar.effects.analyses import question, wanted
from sidecar.ffmpeg.builder.render import Track, build_render, encode_command
from sidecar.ffmpeg.builder.resources import Resources
from sidecar.ffmpeg.builder.sound.export import Levelling
from sidecar.ffmpeg.builder.staged import Stages, share_out
from sidecar.services.render.cells import Cell, in_cells, plan_cells
from sidecar.services.render.encoded_sound import SoundPlan, plan_sound


@dataclass(frozen=True, slots=True)
class Draft:
    """A timeline and how it is exported; `fingerprints` of the sources by path, `ffmpeg` the version in use."""

    timeline: Timeline
    export: Export
    resources: Resources
    span: OutputSpan
    fingerprints: Mapping[str, str]
    ffmpeg: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """What makes the file. `key` changes if and only if the file would; `sound` is what is made beside cells.

    With cells, `stages` say nothing of how anything is shared out.
    """

    stages: Stages
    cells: tuple[Cell, ...]
    key: str
    sound: SoundPlan | None = None


def compile_draft(draft: Draft, copies: Sequence[CopySpan] = ()) -> Compiled:
    """Compile a timeline; `copies` are what of its output is copied.

    Meant for a thread; raises ResourceLimit for an instant that no process can take, LimitExceeded for a size that no
    file can have.
    """
    draft = replace(draft, timeline=joined(draft.timeline))
    draft = replace(draft, resources=replace(draft.resources, analysis_keys=analysis_keys(draft)))
    if not in_cells(draft.export):
        check_limit(draft.export, draft.span.frames, draft.span.frames / draft.span.rate)
        stages = share_out(draft.timeline, draft.export, draft.resources)
        command = build_render(draft.timeline, draft.export, target="-", resources=draft.resources, sketch=True)
        return Compiled(stages, (), plan_key(command, draft.fingerprints, draft.ffmpeg))
    stages = Stages(draft.timeline, draft.export, draft.resources, ())
    cells = plan_cells(
        draft.timeline,
        draft.export,
        draft.resources,
        draft.span,
        fingerprints=draft.fingerprints,
        ffmpeg=draft.ffmpeg,
        copies=copies,
    )
    sound = None
    if audio_codec(draft.export) is not None:
        sound = plan_sound(stages, draft.span, draft.fingerprints, draft.ffmpeg)
    return Compiled(stages, cells, _joined_key(draft, cells, None if sound is None else sound.key), sound)


def analysis_keys(draft: Draft) -> dict[str, str]:
    """Key what the timeline's effects must know of whole clips, by the pointer of the effect."""
    keys: dict[str, str] = {}
    resources = draft.resources
    for asked in wanted(draft.timeline, resources.catalogue):
        built = question(asked, draft.timeline, replace(resources, analysis_keys=keys))
        if built is not None:
            command, size = built
            about = command, size, asked.analysis.version, asked.analysis.before
            keys[asked.pointer] = plan_key(about, draft.fingerprints, draft.ffmpeg)
    return keys


def _joined_key(draft: Draft, cells: tuple[Cell, ...], sound: str | None) -> str:
    """Key a file that is joined of cells: those, the sound, and what stands beside them."""
    beside = encode_command(
        None,
        draft.timeline,
        draft.export,
        draft.span,
        draft.resources,
        target="-",
        track=Track("mix", Levelling()),
        sketch=True,
    )
    picture = tuple((cell.key, cell.frames) for cell in cells)
    return plan_key((picture, sound, beside), draft.fingerprints, draft.ffmpeg)
