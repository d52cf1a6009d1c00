"""What a command writes: rich text on a terminal, plain lines in a pipe, or one JSON value."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from protocol.errors import InvalidProject, OutputExists, SidecarError

STYLES = {"error": "bold red", "failed": "bold red", "warning": "yellow", "ok": "green", "dim": "dim", "title": "bold"}
"""Styles of words that commands use, by the name of a state or a role."""

PIPE_COLUMNS = 80

ADVICE: dict[type[SidecarError], str] = {OutputExists: "Choose another name, or add --overwrite"}
"""What to do about errors where it is an option of the command."""

CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
"""How characters are written that a terminal acts upon: names and tags of files come from strangers."""

LINES = {**CONTROLS, 10: "\n"}
"""The same for texts of several lines."""

MOST_WRONGS = 20
"""Problems of a project that are listed under an error; `sidecar validate` lists all."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go. With `as_json` only `result` and `error` write to stdout, one JSON value in all."""

    as_json: bool
    terminal: bool

    @staticmethod
    def choose(*, as_json: bool) -> Output:
        """Write for whoever reads stdout: a terminal, or a pipe."""
        return Output(as_json, terminal=not as_json and sys.stdout.isatty())

    def line(self, text: str, style: str = "") -> None:
        """Write a line for people."""
        if self.as_json:
            return
        text = text.translate(LINES)
        if self.terminal:
            from rich.console import Console  # noqa: PLC0415 - only terminals pay for it
            from rich.text import Text  # noqa: PLC0415

            Console().print(Text(text, STYLES.get(style, style)), soft_wrap=True)
        else:
            sys.stdout.write(text + "\n")

    @property
    def width(self) -> int:
        """Columns that a drawing may take."""
        return shutil.get_terminal_size().columns if self.terminal else PIPE_COLUMNS

    def parts(self, parts: Iterable[tuple[str, str]]) -> None:
        """Write a line of texts, each in its style."""
        if self.as_json:
            return
        if not self.terminal:
            sys.stdout.write("".join(text for text, _ in parts).rstrip() + "\n")
            return
        from rich.console import Console  # noqa: PLC0415 - only terminals pay for it
        from rich.text import Text  # noqa: PLC0415

        Console().print(Text.assemble(*parts), soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write rows: a table on a terminal, fields between tabs in a pipe. A cell that names a state is coloured.

        Where there are none nothing is written.
        """
        rows = [[cell.translate(CONTROLS) for cell in row] for row in rows]
        if self.as_json or not rows:
            return
        if not self.terminal:
            sys.stdout.writelines("\t".join(row) + "\n" for row in rows)
            return
        from rich.console import Console  # noqa: PLC0415 - only terminals pay for it
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False)
        for heading in headings:
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell, STYLES.get(cell, "")) for cell in row))
        Console().print(table)

    def result(self, value: Any) -> None:
        """Write what the sidecar answered, if JSON was asked for."""
        if self.as_json:
            self._json(value)

    def error(self, error: SidecarError, trace_id: str) -> None:
        """Write an error: what happened, and what to do about it."""
        if self.as_json:
            self._json({"error": {"code": error.code, "message": error.message, "data": error.data(trace_id)}})
            return
        lines = [("error: " + error.message, "error")]
        lines += [(f"  because: {cause.message}", "") for cause in error.causes]
        lines += [(line, "") for line in _wrongs(error)]
        suggestion = ADVICE.get(type(error), error.suggestion)
        lines += [(f"  {suggestion}", "dim")] if suggestion else []
        self._stderr(lines)

    def _json(self, value: Any) -> None:
        text = msgspec.json.format(msgspec.json.encode(value), indent=2)
        sys.stdout.write(text.decode() + "\n")

    def _stderr(self, lines: list[tuple[str, str]]) -> None:
        lines = [(text.translate(LINES), style) for text, style in lines]
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - only terminals pay for it
            from rich.text import Text  # noqa: PLC0415

            console = Console(stderr=True)
            for text, style in lines:
                console.print(Text(text, STYLES.get(style, "")), soft_wrap=True)
        else:
            sys.stderr.writelines(text + "\n" for text, _ in lines)


def _wrongs(error: SidecarError) -> list[str]:
    """What of a project is wrong, a line each."""
    if not isinstance(error, InvalidProject):
        return []
    wrongs = [problem for problem in error.problems if problem["severity"] == "error"]
    lines = [
        f"  {problem['pointer'] or '/'}: {problem['message']}"
        + (f". {problem['suggestion']}" if problem["suggestion"] else "")
        for problem in wrongs[:MOST_WRONGS]
    ]
    more = len(wrongs) - MOST_WRONGS
    return [*lines, f"  and {more} more; `sidecar validate` lists all"] if more > 0 else lines
