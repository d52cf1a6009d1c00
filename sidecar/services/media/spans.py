"""Ranges of a file as clients write them."""

from __future__ import annotations

from fractions import Fraction

from protocol.commands.reading import SecondsRange
from protocol.errors import InvalidParams
from protocol.time import parse_seconds


def span_of(written: SecondsRange | None) -> tuple[Fraction, Fraction] | None:
    """Read a range; raises InvalidParams for times that are none, and for a range that ends before it begins."""
    if written is None:
        return None
    try:
        begin, end = parse_seconds(written.from_), parse_seconds(written.to)
    except ValueError as error:
        raise InvalidParams(detail=str(error), path="/range") from error
    if end < begin:
        raise InvalidParams(detail="the range ends before it begins", path="/range/to")
    return begin, end
