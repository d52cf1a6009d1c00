"""An analysis in this process."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

from protocol.commands.analysis import Kind, Span
from sidecar.services.media.analysis.kinds import _SOUND
from sidecar.services.media.analysis.messages import Analyse, Findings, Found, Options
from sidecar.services.media.analysis.reading import analyse
from sidecar.services.media.messages import Item, pack, unpack


def measured(
    path: Path,
    *kinds: Kind,
    span: tuple[Fraction, Fraction] | None = None,
    options: Options | None = None,
    items: list[dict[str, Any]] | None = None,
) -> Findings:
    """Measure the first picture and sound of a file that begins at 0; `items` is given what is told meanwhile."""
    heard = set(_SOUND) & set(kinds)
    seen = set(kinds) - set(_SOUND)

    def send(item: Item) -> None:
        if items is not None:
            items.extend(unpack(item.body, Found).items)

    task = Analyse(
        os.fsencode(path),
        kinds=kinds,
        video=0 if seen else None,
        audio=0 if heard else None,
        origin=Fraction(0),
        span=span,
        options=options or Options(),
    )
    return unpack(pack(analyse(task, path, send)), Findings)


def seconds(spans: list[Span]) -> list[tuple[float, float]]:
    """Return spans in seconds."""
    return [(float(Fraction(span.from_)), float(Fraction(span.to))) for span in spans]
