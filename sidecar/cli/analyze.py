"""`sidecar analyze FILE`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

from cyclopts import Parameter

from protocol.commands.analysis import Analysis, Curve, Kind, Spans
from protocol.commands.media import MediaInfo
from protocol.errors import InvalidParams
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE
from sidecar.cli.instants import seconds_range
from sidecar.cli.output import Output
from sidecar.cli.words import exact

KINDS: tuple[Kind, ...] = get_args(Kind)
BARS = "▁▂▃▄▅▆▇█"
MOST = 12
"""Cuts or spans that are listed of each kind."""


def analyze(
    file: Path,
    /,
    *,
    kinds: str | None = None,
    range_: Annotated[str | None, Parameter(name="--range")] = None,
    interval: float = 1.0,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int:
    """Measure a file: cuts, black, freezes, silence, loudness, sharpness, motion, interlacing, borders, bitrate.

    Parameters
    ----------
    file
        The media file.
    kinds
        Only these, with commas between them: scenes, black, freeze, silence, loudness, sharpness, motion,
        interlacing, crop, bitrate. All that the file has something for without it.
    range_
        Only FROM:TO, in seconds (1.5:4, 1/3:2).
    interval
        Seconds between the points of sharpness, motion and bitrate.
    as_json
        Print the answer as JSON.
    """

    async def work(engine: Engine) -> int:
        wanted = await _wanted(engine, file, kinds)
        span = seconds_range(range_)
        found: Analysis = await engine.request(
            "media.analyze", path=str(file), kinds=wanted, range=span, interval=interval
        )
        output.result(found)
        output.table(("what", "value"), list(rows(found, output.width)))
        return DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


async def _wanted(engine: Engine, file: Path, kinds: str | None) -> list[str]:
    if kinds is not None:
        wanted = [kind.strip() for kind in kinds.split(",")]
        unknown = [kind for kind in wanted if kind not in KINDS]
        if unknown:
            detail = f"{unknown[0]!r} is not measured; what is: {', '.join(KINDS)}"
            raise InvalidParams(detail=detail, path="/kinds")
        return wanted
    info: MediaInfo = await engine.request("media.probe", path=str(file))
    seen = {"scenes", "black", "freeze", "sharpness", "motion", "interlacing", "crop"} if info.video else set()
    heard = {"silence", "loudness"} if info.audio else set()
    return [kind for kind in KINDS if kind in seen | heard | {"bitrate"}]


def rows(found: Analysis, width: int) -> Iterator[tuple[str, str]]:
    """What was found, as rows."""
    if found.scenes is not None:
        cuts = [
            f"{exact(cut.time)}" + (f" (frame {cut.frame})" if cut.frame is not None else "")
            for cut in found.scenes.cuts
        ]
        yield "cuts", _listed(cuts)
    for name, spans in (("black", found.black), ("freeze", found.freeze), ("silence", found.silence)):
        if spans is not None:
            yield name, _spans(spans)
    if found.loudness is not None:
        heard = found.loudness
        yield "loudness", _measured(heard.integrated, "LUFS") + f", range {_measured(heard.range, 'LU')}"
        yield "true peak", _measured(heard.true_peak, "dBTP")
        loudest = f"momentary {_measured(heard.momentary_maximum, 'LUFS')}"
        yield "loudest", f"{loudest}, short-term {_measured(heard.short_term_maximum, 'LUFS')}"
    for name, curve, scale, unit in (
        ("sharpness", found.sharpness, 1.0, ""),
        ("motion", found.motion, 100.0, "%"),
        ("bitrate", found.bitrate, 1e-6, "Mbit/s"),
    ):
        if curve is not None:
            yield name, _curve(curve, scale, unit, width - 40)
    if found.interlacing is not None:
        scan = found.interlacing
        told = f"{scan.progressive} progressive, {scan.tff} top first, {scan.bff} bottom first"
        yield "scan", f"{scan.verdict} ({told}, {scan.undetermined} undetermined)"
    if found.crop is not None:
        crop = found.crop
        yield "inside borders", f"{crop.width}×{crop.height} at {crop.x},{crop.y}"
    if found.cached:
        yield "known before", ", ".join(found.cached)


def _spans(spans: Spans) -> str:
    return _listed([f"{exact(span.from_)}–{exact(span.to)}" for span in spans.spans])


def _listed(texts: list[str]) -> str:
    if not texts:
        return "none"
    more = f", and {len(texts) - MOST} more" if len(texts) > MOST else ""
    return f"{len(texts)}: {', '.join(texts[:MOST])}{more}"


def _measured(value: float | None, unit: str) -> str:
    return "none" if value is None else f"{value:.1f} {unit}"


def _curve(curve: Curve, scale: float, unit: str, width: int) -> str:
    if curve.mean is None or curve.maximum is None:
        return "nothing to measure"
    told = f"mean {curve.mean * scale:.3g}, highest {curve.maximum * scale:.3g} {unit}".rstrip()
    return f"{told}  {bars([point.value for point in curve.points], max(8, width))}"


def bars(values: list[float], width: int) -> str:
    """Draw values as bars, at most `width` of them, the highest as high as can be."""
    count = min(width, len(values))
    parts = [values[len(values) * place // count : len(values) * (place + 1) // count] for place in range(count)]
    means = [sum(part) / len(part) for part in parts]
    top = max(means, default=0.0)
    return "".join(BARS[min(len(BARS) - 1, int(mean / top * len(BARS)))] if top > 0 else BARS[0] for mean in means)
