"""Pure validation of a project: every problem at once, without a look at files, fonts or encoders."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.problem import Problem
from protocol.project.check.codes import CODES, RULES, Rule
from protocol.project.check.ids import read_ids
from protocol.project.check.parts import read_parts
from protocol.project.check.rules import check_rules
from protocol.project.check.sink import Sink
from protocol.project.check.version import read_version
from protocol.project.timeline import Project

__all__ = ["CODES", "RULES", "Checked", "Rule", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation found.

    `project` is the decoded project wherever its shape allows one: every member is of its type and every time and
    rate can be read. It may still have errors (`valid` says so): numbers out of an animated range, overlaps, unknown
    references. `migrated_from` is the version that the project was written in, where that was an older one.
    """

    problems: list[Problem]
    project: Project | None
    migrated_from: str | None = None

    @property
    def valid(self) -> bool:
        """Whether no problem is an error."""
        return all(problem.severity != "error" for problem in self.problems)


def check(raw: object, *, migrated_from: str | None = None) -> Checked:
    """Validate a project given as JSON values (what decoding a JSON text gives).

    Everything wrong is found in one pass: a broken part is set aside, and the rules still judge the others. At most
    10,001 problems are listed. Raises InvalidProject for what is no project at all (no object, no schema), and
    UnsupportedSchema for a newer version; nothing else.
    """
    project = read_version(raw)
    sink = Sink(project)
    parts = read_parts(project, sink)
    ids = read_ids(project, sink)
    check_rules(parts, ids, sink)
    return Checked(sink.problems, parts.project, migrated_from)
