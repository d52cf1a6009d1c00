"""The other half of copying: of an untouched piece, the part whose packets stand for themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from protocol.project import Export
from protocol.project.formats import VIDEO_CODECS, video_codec
from sidecar.core.copying.refusals import Refusal
from sidecar.core.copying.untouched import Piece
from sidecar.core.packets import DAMAGED, HIDDEN, CopySpan, PacketTable, frame_order
from sidecar.core.source import unpack_stamps

PROFILES: dict[str, tuple[str, ...]] = {
    "h264": ("Constrained Baseline", "Baseline", "Main", "Constrained High", "High"),
    "hevc": ("Main", "Main 10"),
}
"""Profiles that are copied, from the least to the most that a player must be able to do."""

MOST = {"baseline": "Baseline", "main": "Main", "high": "High", "main10": "Main 10"}
"""The most that a stream may ask of a player, by the profile that the export names."""

ENCODER_SET = 16
"""Ids of parameter sets from here on are our encoder's."""

EXCESS = Fraction(3, 2)
"""A piece may be so many times as large as encoding it is thought to be."""

HOPELESS = 2
"""A file that is as many times as large as a copy may be, sound and all, has no piece that may be copied."""

ALONE = ("hevc", "ffv1")
"""Codecs whose streams cannot follow one another in one file: what decoding needs stands in its header, once."""

BITS_A_PIXEL = ((0, 0.01), (30, 0.03), (50, 0.05), (70, 0.1), (85, 0.2), (95, 0.4), (100, 1.0))
"""Bits a pixel that encoding gives H.264 by quality; straight lines between, HEVC two thirds of it.

A table, not what cells were measured to take: what is copied must not depend on what was rendered before.
"""


@dataclass(frozen=True, slots=True)
class Fit:
    """What packets have to fit into: the export, and its frames at their rate.

    `intra_profile` is the encoder's profile of a codec that has no
    choice of it, as its streams name it (PRORES "HQ", DNxHR "DNXHR SQ"); None for other codecs.
    """

    export: Export
    frames: int
    rate: Fraction
    intra_profile: str | None = None


def copy_spans(
    pieces: Sequence[Piece], tables: Callable[[tuple[str, int]], PacketTable | None], fit: Fit
) -> tuple[tuple[CopySpan, ...], tuple[Refusal, ...]]:
    """Find what of untouched pieces is copied, and for the others the reason.

    `tables` gives the packets of a piece's `key`; None where they could not be read.
    """
    spans: list[CopySpan] = []
    refusals: list[Refusal] = []
    for piece in pieces:
        table = tables(piece.key)
        found = "index" if table is None else _span(piece, table, fit)
        if isinstance(found, CopySpan):
            spans.append(found)
        else:
            refusals += [Refusal(pointer, found) for pointer in piece.pointers]
    if video_codec(fit.export) in ALONE and spans and not _alone(spans, fit.frames):
        refusals += [Refusal(pointer, "mixed") for span in spans for pointer in span.pointers]
        spans = []
    return tuple(spans), tuple(refusals)


def stream_rule(piece: Piece, table: PacketTable, fit: Fit) -> str | None:
    """Return why a stream as a whole does not fit into the output; None where it does."""
    codec, video = video_codec(fit.export), fit.export.video
    order = frame_order(table)
    if video is None or codec is None:
        return "noPicture"
    shape = (table.codec, table.pixel_format, table.width, table.height)
    unfit = {
        "index": order is None or (order.shown, order.first_pts) != (piece.video.frames, piece.video.first_pts),
        "damaged": any(kind & DAMAGED for kind in table.kinds),
        "form": table.form != ("lengths" if codec in ("h264", "hevc") else "frames"),
        "profile": not _profile_fits(table, codec, video.profile, fit.intra_profile),
        "tags": shape != (piece.video.codec, piece.video.pixel_format, piece.video.width, piece.video.height)
        or not says_bt709(table)
        or table.interlaced
        or not table.upright
        or table.pixel_aspect not in (0, 1),
        "setsChange": table.sets_change,
        "setsId": any(number >= ENCODER_SET for number in table.set_ids),
    }
    return next((rule for rule, holds in unfit.items() if holds), None)


def says_bt709(table: PacketTable) -> bool:
    """Whether a stream's own bits contradict BT.709 of limited range nowhere.

    What they leave open the container says, which is ours; and `item_rule` has seen that the file means the same.
    """
    spread, *others = table.tags
    return spread in (0, 1) and all(tag in (1, 2) for tag in others)


def hopeless(piece: Piece, fit: Fit) -> bool:
    """Whether a piece's file is so much too large that its packets need not be read to know."""
    facts, codec = piece.reading.facts, video_codec(fit.export)
    if codec is None or VIDEO_CODECS[codec].intra or not facts.duration:
        return False
    frames = max(1, int(facts.duration * fit.rate))
    return facts.bytes > HOPELESS * allowed_bytes(fit, piece.video.width, piece.video.height, frames)


def allowed_bytes(fit: Fit, width: int, height: int, frames: int) -> float:
    """Return how large so many frames may be to be copied."""
    video, codec = fit.export.video, video_codec(fit.export)
    if video is None:
        return 0.0
    (low, least), (high, most) = next(pair for pair in pairwise(BITS_A_PIXEL) if video.quality <= pair[1][0])
    bits = least + (most - least) * (video.quality - low) / (high - low)
    return float(EXCESS) * bits * width * height / 8 * (2 / 3 if codec == "hevc" else 1) * frames


def _span(piece: Piece, table: PacketTable, fit: Fit) -> CopySpan | str:
    """Return the part of a piece that is copied, or the rule by which none is."""
    rule = stream_rule(piece, table, fit)
    order, codec, video = frame_order(table), video_codec(fit.export), fit.export.video
    if rule is not None or order is None or codec is None or video is None:
        return rule or "index"
    begin = order.start_at(piece.source_first)
    end = order.end_before(piece.source_first + piece.end - piece.first)
    if begin is None or end is None or begin[0] >= end[0]:
        return "keyframes"
    if any(kind & HIDDEN for kind in table.kinds[begin[1] : end[1]]):
        return "index"
    frames = end[0] - begin[0]
    if 2 * frames < fit.rate and frames != fit.frames:
        return "short"
    size = order.size(begin[1], end[1])
    limited = not VIDEO_CODECS[codec].intra
    if limited and size > allowed_bytes(fit, table.width, table.height, frames):
        return "bitrate"
    own = [frame - begin[0] for frame in order.frames[begin[1] : end[1]]]
    if video.b_frames is not None and _longest_b_run(own) > video.b_frames:
        return "bFrames"
    first = piece.first + begin[0] - piece.source_first
    return CopySpan(
        first=first,
        end=first + frames,
        path=piece.reading.facts.path,
        fingerprint=piece.reading.facts.fingerprint,
        stream=piece.video.stream,
        packets=(begin[1], end[1]),
        source_first=begin[0],
        start=unpack_stamps(table.pts)[begin[1]],
        time_base=table.time_base,
        rate=fit.rate,
        codec=codec,
        sets=table.sets,
        bytes=size,
        delay=max(place - frame for place, frame in enumerate(own)),
        pointers=piece.pointers,
    )


def _profile_fits(table: PacketTable, codec: str, wanted: str | None, intra: str | None) -> bool:
    known = PROFILES.get(codec)
    if known is None:
        return intra is None or _plain(table.profile) == _plain(intra)
    if table.profile not in known:
        return False
    most = known[-1] if wanted is None else MOST.get(wanted)
    return most in known and known.index(table.profile) <= known.index(most)


def _plain(name: str) -> str:
    """Bring the encoder's and the decoder's name of a profile together: "dnxhr_sq", "DNXHR SQ"; "4444xq", "XQ"."""
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    return "4444xq" if plain == "xq" else plain


def _alone(spans: Sequence[CopySpan], frames: int) -> bool:
    """Whether spans fill an output without anything between, all with the same headers."""
    return sum(span.frames for span in spans) == frames and len({span.sets for span in spans}) == 1


def _longest_b_run(frames: Sequence[int]) -> int:
    """Return how many frames in a row, in decoding order, are shown before one that came already."""
    longest = run = 0
    highest = -1
    for frame in frames:
        run = run + 1 if frame < highest else 0
        highest = max(highest, frame)
        longest = max(longest, run)
    return longest
