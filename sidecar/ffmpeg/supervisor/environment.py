"""The environment that children get."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_DROPPED = {
    "FFREPORT",  # writes a log wherever it says
    "FREI0R_PATH",  # these three name folders of code to load
    "LADSPA_PATH",
    "LV2_PATH",
    "BASH_ENV",  # these two are scripts that a shell runs first
    "ENV",
    "AV_LOG_FORCE_COLOR",  # colours would stand between us and the words of stderr
    "AV_LOG_FORCE_256COLOR",
}
_DROPPED_PREFIXES = ("LD_", "DYLD_", "BASH_FUNC_")


def scrubbed(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return the environment without what makes FFmpeg load code, write files or use a network; HOME is `home`."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "HOME": str(home), "AV_LOG_FORCE_NOCOLOR": "1"}
