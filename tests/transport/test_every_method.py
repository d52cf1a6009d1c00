"""Every method that is advertised, called with its documented example over a really spawned sidecar."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from protocol.commands import COMMANDS, TABLE
from protocol.commands.project import DEMO
from protocol.openrpc import document, schema_hash
from sidecar.cli.spawned import Remote, spawn
from tests.harness.media import make_clip

OPENS = "initialize"
ALONE = {OPENS, "shutdown", "exit", "events.subscribe", "project.open", "project.load", "media.concat", "preview.play"}
ALONE |= {"render.start", "settings.set", "cache.setLimits"}
"""What begins or ends something, or changes what comes after it."""


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that examples speak of: three seconds of picture and sound, and a project over them."""
    folder = tmp_path_factory.mktemp("material")
    make_clip(folder / "clip.mp4", seconds=3, audio="stereo")
    clip = {"id": "c1", "source": {"kind": "file", "path": "clip.mp4"}, "start": 0, "duration": 3}
    project = {**DEMO, "id": "file", "tracks": [{"id": "v1", "kind": "video", "clips": [clip]}]}
    (folder / "project.json").write_text(json.dumps(project), encoding="utf-8")
    return folder


@cache
def order(name: str) -> tuple[str, ...]:
    """The methods whose examples come before, and the method itself."""
    before = [step for other in TABLE[name].example.after for step in order(other)]
    return (*dict.fromkeys(before), name)


def result_of(remote: Remote, name: str) -> Any:
    result, failure = remote.request(name, TABLE[name].example.params)
    assert failure is None, (name, failure)
    return result


@contextmanager
def working(material: Path, folder: Path, *, initialize: bool = True) -> Iterator[Remote]:
    """Spawn a sidecar with folders of its own, in a folder that holds what examples speak of."""
    work = folder / "work"
    work.mkdir()
    for file in material.iterdir():
        (work / file.name).symlink_to(file)
    with pytest.MonkeyPatch.context() as patch:
        for setting in ("CONFIG_DIR", "DATA_DIR", "CACHE_DIR"):
            patch.setenv(f"SIDECAR_{setting}", str(folder / setting))
        patch.chdir(work)
        with spawn(initialize=initialize) as remote:
            yield remote


@pytest.fixture(scope="module")
def common(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Calls examples that leave a sidecar as it was, all over the same one: to start one takes longer than they do."""
    with ExitStack() as stack:
        started: list[Remote] = []

        def call(name: str) -> Any:
            if not started:
                started.append(stack.enter_context(working(material, tmp_path_factory.mktemp("common"))))
            return result_of(started[0], name)

        yield call


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_its_example_is_answered_as_its_schema_says(
    name: str, common: Callable[[str], Any], material: Path, tmp_path: Path
) -> None:
    if name in ALONE or TABLE[name].example.after:
        with working(material, tmp_path, initialize=name != OPENS) as remote:
            *_, result = [result_of(remote, step) for step in order(name)]
    else:
        result = common(name)
    contract = document()
    method = next(method for method in contract["methods"] if method["name"] == name)
    schema = {**method["result"]["schema"], "components": contract["components"]}
    jsonschema.validate(result, schema, cls=jsonschema.Draft202012Validator)
    # The schema lets members join; the type says that every one is there and none is unknown.
    typed = msgspec.convert(result, TABLE[name].result)
    assert msgspec.json.decode(msgspec.json.encode(typed)) == result


def test_what_is_discovered_is_the_table() -> None:
    with spawn(initialize=False) as remote:
        discovered, failure = remote.request("rpc.discover", {})
    assert failure is None
    assert discovered == document()
    assert [method["name"] for method in discovered["methods"]] == [command.name for command in COMMANDS]


def test_the_hash_is_that_of_the_table() -> None:
    params = {**TABLE[OPENS].example.params, "schemaHash": schema_hash()}
    with spawn(initialize=False) as remote:
        initialized, failure = remote.request(OPENS, params)
    assert failure is None
    assert (initialized["schemaHash"], initialized["schemaMatches"]) == (schema_hash(), True)
