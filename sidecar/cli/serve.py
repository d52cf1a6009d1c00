"""`sidecar serve`: JSON-RPC on stdin and stdout until the client leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

DESCRIPTION = "Serve an editor: JSON-RPC 2.0 on stdin and stdout, one message a line or framed by Content-Length."


def main(arguments: Sequence[str]) -> int:
    """Parse the options of `serve`, take the streams before anything else is imported, and serve."""
    from sidecar.transport.main import run  # noqa: PLC0415 - it takes the streams before it imports the rest

    if not arguments:
        return run()
    options = _parser().parse_args(arguments)
    return run(record=options.record, settings=dict(options.set), front=options.web)


def _setting(text: str) -> tuple[str, str]:
    import argparse  # noqa: PLC0415 - start-up time

    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _folder(text: str) -> Path:
    import argparse  # noqa: PLC0415 - start-up time

    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return folder.absolute()


def _parser() -> argparse.ArgumentParser:
    import argparse  # noqa: PLC0415 - start-up time

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
