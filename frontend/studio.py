"""`studio`: the editor in a window of its own, or in a browser."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from frontend.browser import browse
from frontend.bundle import NotBuilt, bundle
from frontend.sidecar import start_command
from frontend.state import State, state_file
from frontend.supervise import Supervisor
from frontend.wire import Wire

CANNOT = 2
"""The exit code where there is nothing to show it with."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the editor and return once it is closed."""
    options = _parser().parse_args(arguments)
    project = None if options.project is None else options.project.absolute()
    try:
        static = bundle() if options.web is None else options.web
    except NotBuilt as error:
        return _cannot(str(error))
    if options.browser:
        return browse(static, project, options.root, open_browser=not options.no_open)
    reason = _no_window()
    return _cannot(reason) if reason else _window(static, project)


def _window(static: Path, project: Path | None) -> int:
    os.environ["QT_API"] = "pyside6"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium does not start otherwise; everybody else has its sandbox.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    early = [Wire(start_command(static, 0))]  # it starts while Qt is loaded
    try:
        from frontend.shell import Shell  # noqa: PLC0415 - a second of loading, and only here

        shell = Shell(State(state_file()), project)
        supervisor = Supervisor(lambda port: early.pop() if early else Wire(start_command(static, port)), shell)
        supervisor.start()
        try:
            shell.run()
        finally:
            supervisor.stop()
    finally:
        for wire in early:
            wire.ended()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of pywebview may wait for a window that is gone.
    os._exit(0)


def _no_window() -> str | None:
    """Return why no window can be opened here, None where one can."""
    missing = [name for name in ("webview", "qtpy", "PySide6") if find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)} missing: install the extra `shell`, or use `studio --browser`"
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & os.environ.keys():
        return "There is no screen to open a window on: use `studio --browser`"
    return None


def _cannot(reason: str) -> int:
    sys.stderr.write(f"studio: {reason}\n")
    return CANNOT


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return folder.absolute()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="studio", description="Edit films.")
    parser.add_argument("project", nargs="?", type=Path, help="a project to open")
    parser.add_argument("--browser", action="store_true", help="in an ordinary browser instead of a window")
    parser.add_argument("--no-open", action="store_true", help="with --browser: say the address, open nothing")
    parser.add_argument(
        "--root",
        action="append",
        default=[],
        type=_folder,
        metavar="DIR",
        help="with --browser: a folder that may be read and written, besides the home folder and this one",
    )
    parser.add_argument("--web", type=_folder, metavar="DIR", help="another page than the editor's")
    return parser
