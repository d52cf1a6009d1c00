"""Write docs/monitoring/ out of the tables of families, series and thresholds, or say what is out of date.

`python -m sidecar.services.monitoring.generate` writes; with `--check` it writes nothing and exits with 1 if a file differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sidecar.services.monitoring.dashboard import dashboard_text
from sidecar.services.monitoring.rules import rules_text
from sidecar.services.monitoring.tables import metrics_page

FILES: dict[str, Callable[[], str]] = {
    "docs/monitoring/metrics.md": metrics_page,
    "docs/monitoring/dashboard.json": dashboard_text,
    "docs/monitoring/rules.yml": rules_text,
}
"""Every generated file by its path from the root of the repository."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when nothing is, or is left, out of date."""
    parser = argparse.ArgumentParser(prog="python -m sidecar.services.monitoring.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file differs")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the root of the repository")
    options = parser.parse_args(arguments)
    differs = [name for name, text in FILES.items() if _read(options.root / name) != text()]
    for name in differs:
        if not options.check:
            path = options.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FILES[name](), encoding="utf-8", newline="\n")
        sys.stdout.write(f"{name}: {'out of date' if options.check else 'written'}\n")
    return 1 if options.check and differs else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
