"""Renders with copied parts, step by step as a job does it, in this process; and what their files then hold."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from sidecar.core.copying import CopySpan, Fit, Refusal, copy_spans, untouched
from sidecar.core.timeline import Timeline, output_span
from sidecar.ffmpeg.builder.cells import build_run
from sidecar.services.media.extract import extract
from sidecar.services.media.joins import check_copies
from sidecar.services.media.messages import Copied
from sidecar.services.media.packets import list_packets
from sidecar.services.render.cells import plan_cells
from sidecar.services.render.copies import Extracted, intra_profile
from sidecar.services.render.join import join
from sidecar.services.render.join_pieces import EncodedPiece, Piece
from tests.harness.commands import output_of
from tests.harness.media import ffmpeg, make_clip
from tests.harness.patience import PATIENCE
from tests.harness.rendering import RESOURCES, clip, project, timeline_of

NOISE = "noise=alls=5:allf=t"

BT709 = ("tv", "bt709", "bt709", "bt709")


def source(path: Path, *, options: Sequence[str] = (), **members: Any) -> Path:
    """Make a numbered clip of four seconds that can be copied: keyframes (IDR) every 12 frames, B-frames, BT.709.

    Some noise, which no encoder keeps as it is, tells copied frames from encoded ones.
    """
    quick = ["-preset", "superfast", "-crf", "24", "-sc_threshold", "0"] if "codec" not in members else []
    told: dict[str, Any] = {"seconds": 4, "gop": 12, "b_frames": 2, "color": BT709, "filters": NOISE} | members
    return make_clip(path, **told, options=[*quick, *options])


def copied(*clips: Mapping[str, Any], codec: str = "h264", container: str = "mp4", **members: Any) -> dict[str, Any]:
    """Write a project of one track whose export may copy."""
    export = {"container": container, "audio": None, "video": {"codec": codec, "preset": "fast", "quality": 100}}
    raw = project({"clips": list(clips)}, export=export)
    return raw | members


def shot(path: Path, start: float, duration: float, at: float = 0, **members: Any) -> dict[str, Any]:
    """A clip of a file, from `at` seconds of it on."""
    return clip(str(path), start, duration, sourceStart=at, **members)


def found(raw: Mapping[str, Any], base: Path) -> tuple[tuple[CopySpan, ...], tuple[Refusal, ...]]:
    """What a project copies, and why it does not copy the rest."""
    return found_in(timeline_of(raw, base))


def found_in(timeline: Timeline) -> tuple[tuple[CopySpan, ...], tuple[Refusal, ...]]:
    export = timeline.project.export
    span = output_span(timeline, export)
    seen = untouched(timeline, export, span)
    fit = Fit(export, span.frames, span.rate, intra_profile(export, span.rate))
    spans, refusals = copy_spans(seen.pieces, lambda key: list_packets(Path(key[0]), key[1]), fit)
    return spans, (*seen.refusals, *refusals)


@dataclass(frozen=True)
class Rendered:
    """A file with copied spans, their digests, and what checking them said."""

    path: Path
    spans: tuple[CopySpan, ...]
    refusals: tuple[Refusal, ...]
    digests: tuple[str, ...]
    checks: tuple[str | None, ...]


def render_copied(raw: Mapping[str, Any], base: Path, name: str, *, sound: Path | None = None) -> Rendered:
    """Encode what is not copied, join all, and check the copies."""
    timeline = timeline_of(raw, base)
    export = timeline.project.export
    span = output_span(timeline, export)
    spans, refusals = found_in(timeline)
    cells = plan_cells(timeline, export, RESOURCES, span, fingerprints=_Any(), ffmpeg="9", copies=spans)
    pieces: list[Piece] = []
    digests: dict[CopySpan, str] = {}
    for cell in cells:
        piece = base / f"{name}-{cell.index}.cell"
        if cell.copy is not None:
            taken = Extracted(cell.copy, piece, extracted(cell.copy, piece))
            digests[cell.copy] = taken.digest
            pieces.append(taken.piece)
        else:
            output_of(build_run(timeline, export, RESOURCES, [(cell.first, cell.end)], [str(piece)]), base)
            pieces.append(EncodedPiece(piece, cell.frames))
    target = base / name
    join(pieces, target, export, span, sound=sound)
    checks = tuple(checked(target, copy, digests[copy]) for copy in spans)
    return Rendered(target, spans, refusals, tuple(digests[copy] for copy in spans), checks)


def extracted(span: CopySpan, target: Path) -> str:
    """Write a span's packets, and return their digest."""
    (digest,) = extract(Path(span.path), [span], [target])
    return digest


def checked(output: Path, span: CopySpan, digest: str, *, decoded: bool = True) -> str | None:
    """Say what is wrong with a copied span of a file."""
    (wrong,) = check_copies(output, Path(span.path), [Copied(span, digest, decoded)])
    return wrong


class _Any(dict[str, str]):
    """A fingerprint for every path."""

    def __missing__(self, path: str) -> str:
        return path


def frame_hashes(path: Path, stream: int = 0) -> list[str]:
    """A hash of every frame that PyAV decodes, in order."""
    with av.open(str(path)) as container:
        return [
            hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()
            for frame in container.decode(container.streams.video[stream])
        ]


def ffmpeg_hashes(path: Path, *, seek: float | None = None) -> list[str]:
    """A hash of every frame that the bundled FFmpeg decodes, from `seek` seconds on; it must not complain."""
    before = [] if seek is None else ["-ss", f"{seek:.6f}"]
    done = subprocess.run(
        [ffmpeg(), "-nostdin", "-v", "warning", *before, "-i", f"file:{path}", "-map", "0:v:0", "-f", "framehash", "-"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return [line.rsplit(",", 1)[1].strip() for line in done.stdout.splitlines() if not line.startswith("#")]


def rules(refusals: Sequence[Refusal]) -> list[str]:
    return [refusal.rule for refusal in refusals]
