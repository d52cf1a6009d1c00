"""The table of handlers against the table of commands."""

from __future__ import annotations

import msgspec
import pytest

import sidecar.commands.session as served
from protocol.commands import COMMANDS, TABLE
from protocol.commands.table import AREAS
from sidecar.commands.registry import HANDLERS, command


def test_every_command_of_the_table_has_its_handler() -> None:
    assert set(HANDLERS) == set(TABLE)
    assert [HANDLERS[each.name].command for each in COMMANDS] == list(COMMANDS)
    assert [each.name for each in COMMANDS] == [name for names in AREAS.values() for name in names]


def test_a_command_is_served_by_the_module_of_its_area() -> None:
    for area, names in AREAS.items():
        assert {HANDLERS[name].run.__module__ for name in names} == {f"sidecar.commands.{area}"}
    assert HANDLERS["initialize"].run is served.initialize


def test_a_name_is_taken_once_and_only_from_the_table() -> None:
    assert HANDLERS["initialize"].command is TABLE["initialize"]
    with pytest.raises(ValueError, match="initialize"):
        command("initialize")
    with pytest.raises(KeyError):
        command("no.such")
    assert "no.such" not in HANDLERS
    assert HANDLERS.get("no.such") is None


def test_what_names_a_project_imports_what_reads_it_before() -> None:
    named = [each.name for each in COMMANDS if "ProjectRef" in msgspec.json.schema(each.params).get("$defs", {})]
    assert {"preview.frame", "render.start", "cache.preload"} <= set(named)
    assert [name for name in named if not hasattr(HANDLERS[name].run, "__wrapped__")] == []
