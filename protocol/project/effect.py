"""An effect on a clip, a track or the project."""

from __future__ import annotations

from typing import Any

from protocol.model import Model
from protocol.project.words import Fraction01, Id
from protocol.time import Seconds


class Effect(Model):
    """Acts in [start, end) of its owner's clock, mixed with its input by `mix`."""

    type: str
    id: Id | None = None
    enabled: bool = True
    start: Seconds = 0
    end: Seconds | None = None
    mix: Fraction01 = 1.0
    parameters: dict[str, Any] = {}
