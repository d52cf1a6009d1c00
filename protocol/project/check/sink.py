"""Where the checks put what they find."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from protocol.problem import Problem
from protocol.project.check.codes import RULES

MAX_PROBLEMS = 10_001
"""One more than a client can ask for, so that a list cut short shows."""

_MAX_COMPARISONS = 50_000
_SHOWN = 80
_EXACT = 2**53

_MEANT = {"h265": "hevc", "x265": "hevc", "x264": "h264", "avc": "h264", "av01": "av1", "matroska": "mkv"}

Step = str | int


class Sink:
    """Collects problems; knows the project as sent, so that each problem names the things around it."""

    def __init__(self, raw: Any) -> None:
        self.problems: list[Problem] = []
        self.keyframes = 0
        self._raw = raw
        self._comparisons = 0

    @property
    def full(self) -> bool:
        """Whether no more problems are taken."""
        return len(self.problems) >= MAX_PROBLEMS

    def add(
        self,
        rule: str,
        pointer: str,
        message: str,
        *,
        ids: Sequence[str | None] | None = None,
        suggestion: str | None = None,
        **context: Any,
    ) -> None:
        """Note one problem. Without `ids` it concerns the innermost thing with an id on the way to `pointer`.

        `nearest` in the context becomes the suggestion where none is given. A problem's pointer always leads to
        something: for a member that is not written (its default, or its absence, is what is wrong) it is the owner's,
        and `absent` in the context is the member's.
        """
        if self.full:
            return
        known = RULES[rule]
        nearest = context.get("nearest")
        if suggestion is None and nearest is not None:
            suggestion = f"Use {shown(nearest)}"
        written, owner = self._resolve(pointer)
        if written != pointer:
            context["absent"] = pointer
        self.problems.append(
            Problem(
                severity=known.severity,
                code=known.code,
                pointer=written,
                ids=owner if ids is None else [id for id in ids if id is not None],
                message=message,
                suggestion=suggestion,
                context={"rule": rule, **context},
            )
        )

    def nearest(self, word: str, words: Collection[str]) -> str | None:
        """Return the word that was probably meant, or None; costly, so bounded for a whole project."""
        self._comparisons += len(words)
        if self._comparisons > _MAX_COMPARISONS or len(word) > _SHOWN:
            return None
        plain = {_plain(known): known for known in words}
        known = _MEANT.get(_plain(word))
        if known in plain.values():
            return known
        found = get_close_matches(_plain(word), plain, n=1, cutoff=0.6)
        return plain[found[0]] if found else None

    def _resolve(self, pointer: str) -> tuple[str, list[str]]:
        """Return the pointer as far as it leads in the project, and the id of the innermost thing on the way."""
        owner: list[str] = []
        written, at = "", self._raw
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(at, dict) and name in at:
                at = at[name]
            elif isinstance(at, list) and name.isdecimal() and int(name) < len(at):
                at = at[int(name)]
            else:
                break
            written = f"{written}/{step}"
            if isinstance(at, dict) and isinstance(at.get("id"), str):
                owner = [at["id"]]
        return written, owner


def pointer_of(path: Iterable[Step]) -> str:
    """Write a path as a JSON Pointer (RFC 6901)."""
    return "".join(f"/{step}" if isinstance(step, int) else f"/{escaped(step)}" for step in path)


def escaped(step: str) -> str:
    """Write one step of a JSON Pointer."""
    return step.replace("~", "~0").replace("/", "~1")


def shown(value: Any) -> str:
    """Write a value as a message shows it: JSON, cut where it is long."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _SHOWN else f'"{value[:_SHOWN]}…"'
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) >= _EXACT:
        return "a huge number"
    return f"{value:.12g}"


def brief(value: Any) -> Any:
    """Return a value as a problem's context carries it: numbers, words and short texts; null for the rest."""
    if isinstance(value, str):
        return value[:_SHOWN]
    if isinstance(value, int | float) and -_EXACT < value < _EXACT:
        return value
    return None


def _plain(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower()
