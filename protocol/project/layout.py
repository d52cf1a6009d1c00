"""Layouts: templates of cells, in fractions of the frame."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from protocol.model import Model
from protocol.project.words import AlignX, AlignY, Fit, Fraction01, HexColor, Id


class Border(Model):
    """A line around each cell, in project pixels."""

    width: Annotated[float, Meta(ge=0, le=1_000)] = 0.0
    color: HexColor = "#FFFFFF"


class Cell(Model):
    """A place for one clip; a polygon (points as fractions of the cell) cuts it further."""

    x: Fraction01
    y: Fraction01
    width: Fraction01
    height: Fraction01
    id: Id | None = None
    fit: Fit = "cover"
    align_x: AlignX = "center"
    align_y: AlignY = "center"
    polygon: Annotated[list[tuple[float, float]], Meta(min_length=3, max_length=64)] | None = None


class Template(Model):
    """A layout of the project's own."""

    id: Id
    cells: Annotated[list[Cell], Meta(min_length=1, max_length=64)]
    gap: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    border: Border = Border()
    background: HexColor | None = None
