"""`sidecar serve`: JSON-RPC on stdin and stdout until the client leaves."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

DESCRIPTION = "Serve an editor: JSON-RPC 2.0 on stdin and stdout, one message a line or framed by Content-Length."


def main(arguments: Sequence[str]) -> int:
    """Parse the options of `serve`, take the streams before anything else is imported, and serve."""
    options = _parser().parse_args(arguments)
    from sidecar.transport.main import run  # noqa: PLC0415 - it takes the streams before it imports the rest

    return run(record=options.record, settings=dict(options.set), front=options.web)


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return folder.absolute()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sidecar serve", description=DESCRIPTION)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="KEY=VALUE",
        help="a setting by its name on the wire; comes before environment and settings file",
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="write every message, both ways, to FILE")
    parser.add_argument(
        "--web", type=_folder, metavar="DIR", help="serve the front end in DIR by HTTP at /, on the loopback address"
    )
    return parser
