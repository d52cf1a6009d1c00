"""Every version that was ever written is read: chains of pure functions, held true by golden files."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol.errors import UnsupportedSchema
from sidecar.services.migrations.chain import Chain, UnknownVersion
from sidecar.services.migrations.journal import JOURNAL
from sidecar.services.migrations.schema import PROJECT, migrate_project
from sidecar.services.migrations.settings import SETTINGS
from sidecar.services.projects.journal import read_journal
from sidecar.services.projects.reading import content_of, parse
from sidecar.services.settings import SettingsStore

GOLDEN = Path(__file__).parent / "golden"


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    return {"title" if key == "name" else key: value for key, value in document.items()}


def _counted(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "length": len(document["title"]), "schema": "timeline/3"}


CHAIN = Chain("thing", version=3, steps={1: _renamed, 2: _counted})


@pytest.mark.parametrize(
    ("version", "document"),
    [(1, {"name": "abc"}), (2, {"title": "abc"}), (3, {"title": "abc", "length": 3, "schema": "timeline/3"})],
)
def test_a_chain_leads_from_every_version_to_todays(version: int, document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    assert CHAIN.migrate(document, version) == {"title": "abc", "length": 3, "schema": "timeline/3"}
    assert document == before, "a step leaves what it is given as it was"


@pytest.mark.parametrize("version", [0, 4, -1])
def test_a_version_outside_the_chain_is_unknown(version: int) -> None:
    with pytest.raises(UnknownVersion) as caught:
        CHAIN.migrate({}, version)
    assert (caught.value.version, caught.value.known) == (version, 3)


def test_a_project_of_an_older_major_is_migrated_and_its_version_told() -> None:
    old = {"schema": "timeline/1.2", "name": "abc"}
    assert migrate_project(old, CHAIN) == ({"title": "abc", "length": 3, "schema": "timeline/3"}, "timeline/1.2")
    others: list[Any] = [
        {"schema": "timeline/3.1"},
        {"schema": "timeline/9"},
        {"schema": 1},
        {"schema": "other"},
        {},
        [],
    ]
    for passes in others:
        assert migrate_project(passes, CHAIN) == (passes, None)
    with pytest.raises(UnsupportedSchema) as caught:
        migrate_project({"schema": "timeline/0"})
    assert caught.value.needed == "timeline/0"


@pytest.mark.parametrize("chain", [SETTINGS, JOURNAL, PROJECT])
def test_every_version_of_every_kind_has_a_golden_file(chain: Chain) -> None:
    # No version 0 was ever written, so a chain of version n has n − 1 steps, and each version its file.
    assert sorted(chain.steps) == list(range(1, chain.version))
    kept = sorted(path.stem for path in GOLDEN.glob(f"{chain.kind}-*"))
    assert kept == [f"{chain.kind}-{version}" for version in range(1, chain.version + 1)]


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("settings-*")), ids=lambda path: path.name)
def test_settings_of_every_version_are_read(golden: Path, tmp_path: Path) -> None:
    shutil.copy(golden, tmp_path / "settings.json")
    store = SettingsStore(tmp_path / "settings.json")
    assert store.broken is None
    current = store.current
    assert (current.autosave_seconds, current.cache_dir, current.locale) == (5.0, "/var/cache/films", "ru")


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("journal-*")), ids=lambda path: path.name)
def test_journals_of_every_version_are_read(golden: Path) -> None:
    journal = read_journal(golden)
    assert journal is not None
    assert (journal.head.project_id, journal.head.path, journal.entry.revision) == ("golden", "/films/golden.json", 3)
    assert content_of(msgspec.json.decode(journal.entry.project)).project.name == "Second edit"


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("project-*")), ids=lambda path: path.name)
def test_projects_of_every_version_are_read(golden: Path) -> None:
    content = content_of(parse(golden.read_bytes()))
    assert [problem for problem in content.problems if problem.severity == "error"] == []
    assert (content.project.id, content.frames) == ("golden", 210)
