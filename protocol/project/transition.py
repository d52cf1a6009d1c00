"""A transition between clips that touch, or at the free end of one."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from protocol.model import Model
from protocol.project.animated import Easing
from protocol.project.words import Id
from protocol.time import Seconds


class Transition(Model):
    """Covers D frames around, after or before the cut; a missing side is transparency."""

    type: str
    duration: Seconds
    id: Id | None = None
    from_: Id | None = field(default=None, name="from")
    to: Id | None = None
    align: Literal["center", "start", "end"] = "center"
    easing: Easing = "linear"
    audio: Literal["constantPower", "linear", "cut"] = "constantPower"
    parameters: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
