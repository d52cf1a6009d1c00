"""Write every file that is derived from the tables, or say which are out of date.

`python -m protocol.generate` writes them; with `--check` it writes nothing and exits with 1 if one differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from protocol import markdown, openrpc, typescript

HASH = '''"""The hash of the contract, written by `python -m protocol.generate`: computing it takes longer than a start may."""

SCHEMA_HASH = "{hash}"
'''


def _schema_hash() -> str:
    return HASH.format(hash=openrpc.schema_hash())


FILES: dict[str, Callable[[], str]] = {
    "protocol/schema_hash.py": _schema_hash,
    "frontend/web/src/generated/client.ts": typescript.client,
    "docs/api.md": markdown.api,
    "docs/errors.md": markdown.errors,
}
"""Every generated file by its path from the root of the repository."""


def out_of_date(root: Path) -> list[str]:
    """Names of the files whose text is not what the tables say."""
    return [name for name, text in FILES.items() if _read(root / name) != text()]


def write(root: Path) -> list[str]:
    """Write the files that differ, and return their names."""
    names = out_of_date(root)
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name](), encoding="utf-8", newline="\n")
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when nothing is, or is left, out of date."""
    parser = argparse.ArgumentParser(prog="python -m protocol.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file differs")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the root of the repository")
    options = parser.parse_args(arguments)
    names = out_of_date(options.root) if options.check else write(options.root)
    verb = "out of date" if options.check else "written"
    for name in names:
        sys.stdout.write(f"{name}: {verb}\n")
    return 1 if options.check and names else 0


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
