"""What of the alerts outlives the process: a file in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from protocol.commands.alerts import AlertEvent, AlertRule, SetThresholds
from protocol.errors import SidecarError
from protocol.typed import ready
from sidecar.core.alerts.engine import AlertState, Phase
from sidecar.core.alerts.named import NAMED, Limits
from sidecar.services.monitoring.silencing import KeptSilence
from sidecar.services.monitoring.thresholds import Config, check_limits
from sidecar.services.monitoring.times import timestamp


class Kept(msgspec.Struct, frozen=True):
    """The file. Members that a later version added are ignored: it may be gone back from.

    `told` is the phase that subscribers know of each alert; None in files that are from before there were silences.
    """

    version: Literal[1]
    limits: dict[str, Limits]
    own: list[AlertRule]
    states: dict[str, AlertState]
    history: list[AlertEvent]
    told: dict[str, Phase] | None = None
    silences: list[KeptSilence] = []
    silence_count: int = 0


def read_alerts(path: Path) -> Kept | None:
    """Read what an earlier process left; None if it left nothing. Blocks.

    Raises ValueError for what means nothing, which is set aside; OSError where nobody knows what there is.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        kept = msgspec.json.decode(data, type=ready(Kept))
        _check(kept)
    except (ValueError, OverflowError, OSError, SidecarError) as error:
        # A time that no calendar has is an OSError of the system's.
        path.replace(path.with_name(f"{path.name}.broken"))
        raise ValueError(str(error)) from error
    return kept


def _check(kept: Kept) -> None:
    """Refuse what was not written by us: it may have been edited. Raises ValueError, OverflowError, OSError, InvalidParams."""
    for name, limits in kept.limits.items():
        if name in NAMED:
            check_limits(NAMED[name], limits)
    Config({**Config().limits, **kept.limits}, tuple(kept.own)).changed(SetThresholds())
    for state in kept.states.values():
        if (state.phase == "inactive") != (state.since is None):
            raise ValueError("an alert has no beginning, or one that is none has")
        for moment in (state.since, state.fired):
            if moment is not None:
                timestamp(moment)
    for silence in kept.silences:
        timestamp(silence.made)
        timestamp(silence.until)
