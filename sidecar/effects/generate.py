"""Write docs/effects.md out of the catalogue, or say that it is out of date.

`python -m sidecar.effects.generate` writes it; with `--check` it writes nothing and exits with 1 if it differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sidecar.effects.discovery import catalogue
from sidecar.effects.documents import effects_page

PAGE = "docs/effects.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when nothing is, or is left, out of date."""
    parser = argparse.ArgumentParser(prog="python -m sidecar.effects.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the page differs")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the root of the repository")
    options = parser.parse_args(arguments)
    path, text = options.root / PAGE, effects_page(catalogue())
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    if not options.check:
        path.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{PAGE}: {'out of date' if options.check else 'written'}\n")
    return 1 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
