"""What a page may not do, over every command that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec.inspect
import pytest

from frontend.capabilities import METHODS, SETTINGS, Capabilities
from frontend.naming import BASE, FILE_EFFECTS, LISTS, READ, WRITTEN, in_document, named
from protocol.commands import COMMANDS, Command
from protocol.commands.settings import Settings
from protocol.errors import InvalidParams, PermissionDenied
from protocol.project import Project
from sidecar.effects import catalogue
from sidecar.effects.declarations import parameters_of

DENIED = {"exit", "ffmpeg.command", "initialize", "rpc.discover", "shutdown"}
"""What the shell keeps to itself, and what takes arguments of any shape."""

SUSPICIOUS = re.compile(r"path|file|folder|dir(?!ection)|output|root|url", re.IGNORECASE)

NO_PATHS = {"folder", "profile", "relativePaths"}
"""Folders of a bin, which are none on a disk; profiles of codecs; a choice."""


def members(kind: type) -> Iterator[tuple[str, msgspec.inspect.Type]]:
    """Every member, by its name on the wire, at any depth of a type."""
    seen: set[Any] = set()
    waiting: list[Any] = [msgspec.inspect.type_info(kind)]
    while waiting:
        here = waiting.pop()
        if isinstance(here, msgspec.inspect.StructType):
            if here.cls not in seen:
                seen.add(here.cls)
                for field in here.fields:
                    yield field.encode_name, field.type
                    waiting.append(field.type)
        elif isinstance(here, msgspec.inspect.UnionType):
            waiting += here.types
        elif isinstance(here, (msgspec.inspect.ListType, msgspec.inspect.VarTupleType)):
            waiting.append(here.item_type)
        elif isinstance(here, msgspec.inspect.DictType):
            waiting += [here.key_type, here.value_type]
        elif isinstance(here, msgspec.inspect.Metadata):
            waiting.append(here.type)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_allowed_or_denied_by_name(command: Command) -> None:
    capabilities = Capabilities()
    if command.name in DENIED:
        with pytest.raises(PermissionDenied, match=re.escape(command.name)):
            capabilities.check(command.name, {})
    else:
        capabilities.check(command.name, {})


@pytest.mark.parametrize("kind", [*(each.params for each in COMMANDS if each.name not in DENIED), Project])
def test_no_member_holds_a_path_that_nobody_looks_at(kind: type) -> None:
    known = {READ, WRITTEN, BASE, *LISTS}
    suspicious = {name for name, _ in members(kind) if SUSPICIOUS.search(name)}
    assert suspicious <= known | NO_PATHS


def test_every_file_of_an_effect_is_a_path_that_is_looked_at() -> None:
    every = [(kind.name, kind.parameters) for kind in catalogue().effects.values()]
    every += [(kind.name, kind.parameters) for kind in catalogue().transitions.values()]
    files = [(name, each.name) for name, kind in every for each in parameters_of(kind) if each.kind == "file"]
    assert files == [(name, READ) for name in FILE_EFFECTS]


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.name not in DENIED], ids=lambda each: each.name)
def test_no_command_takes_a_path_from_outside(command: Command, tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path / "in", write=True)
    names = {name for name, _ in members(command.params)} & {READ, WRITTEN, *LISTS}
    for name in names:
        for value in _spellings(tmp_path):
            params = {name: [value] if name in LISTS else value}
            for nested in (params, {"project": params}, {"inputs": [params]}, {"media": {"project": params}}):
                with pytest.raises(PermissionDenied):
                    capabilities.check(command.name, nested)
        inside = str(tmp_path / "in" / "a")
        capabilities.check(command.name, {name: [inside] if name in LISTS else inside})


def _spellings(folder: Path) -> list[str]:
    (folder / "in").mkdir(exist_ok=True)
    link = folder / "in" / "link"
    if not link.is_symlink():
        link.symlink_to("/etc")
    return [
        "/etc/passwd",
        f"{folder}/in/../out",
        f"{link}/passwd",
        "relative",
        "file:///etc/passwd",
        f"{folder}/inside",
    ]


def test_what_is_read_may_not_be_written(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path)
    capabilities.check("media.probe", {"path": str(tmp_path / "a")})
    for method, params in (
        ("render.start", {"output": str(tmp_path / "a")}),
        ("preview.gif", {"path": str(tmp_path / "b"), "output": str(tmp_path / "a")}),
        ("project.save", {"path": str(tmp_path / "a")}),
        ("project.save", {"path": tmp_path.as_uri()}),
    ):
        with pytest.raises(PermissionDenied, match="write"):
            capabilities.check(method, params)


def test_a_file_url_is_its_path(tmp_path: Path) -> None:
    capabilities = Capabilities()
    name = tmp_path / "snow ü#?.mp4"
    capabilities.allow(name)
    for text in (
        name.as_uri(),
        "file:" + name.as_uri()[len("file://") :],
        name.as_uri().replace("///", "//localhost/"),
    ):
        capabilities.check("media.probe", {"path": text})
    for text in (name.as_uri().replace("///", "//elsewhere/"), name.as_uri() + "%00"):
        with pytest.raises(PermissionDenied):
            capabilities.check("media.probe", {"path": text})


def test_settings_that_name_programs_folders_and_ports_are_not_the_pages() -> None:
    capabilities = Capabilities()
    every = {field.encode_name for field in msgspec.structs.fields(Settings)}
    assert every >= SETTINGS
    for key in every:
        if key in SETTINGS:
            capabilities.check("settings.set", {"settings": {key: 1}})
        else:
            with pytest.raises(PermissionDenied):
                capabilities.check("settings.set", {"settings": {key: 1}})
    assert {
        "ffmpegPath",
        "dataDir",
        "cacheDir",
        "tempDir",
        "httpPort",
        "metricsPort",
        "metricsToken",
    } <= every - SETTINGS


def settle(capabilities: Capabilities, method: str, params: dict[str, Any], result: dict[str, Any]) -> None:
    capabilities.sent(method, params)
    capabilities.answered(method, params, result)


def loaded(path: Path | str, project: dict[str, Any], project_id: str = "p") -> dict[str, Any]:
    return {"projectId": project_id, "project": project, "file": {"path": str(path)}}


def adding(path: str) -> dict[str, Any]:
    return {"projectId": "p", "patch": [{"op": "add", "path": "/media/1", "value": {"id": "n", "path": path}}]}


PROJECT = {
    "media": [{"id": "m", "path": "/a"}],
    "fonts": [{"path": "fonts/b"}],
    "tracks": [
        {
            "clips": [
                {"source": {"kind": "file", "path": "c"}, "effects": [{"type": "lut", "parameters": {"path": "/d"}}]}
            ]
        }
    ],
    "effects": [{"parameters": {"path": ""}}],
}


def test_paths_of_a_project_are_found_at_any_depth() -> None:
    found = set(in_document(PROJECT, "/base"))
    assert {each.path for each in found} == {"/a", "fonts/b", "c", "/d"}
    assert {each.base for each in found} == {"/base"}
    inline = set(named("preview.frame", {"project": {"inline": PROJECT, "basePath": "/other"}}))
    assert {each.base for each in inline} == {"/other"}


def test_relative_paths_start_where_the_project_does(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path / "clips")
    opening = {"project": {"media": [{"path": "clips/a.mp4"}]}, "basePath": str(tmp_path)}
    capabilities.check("project.open", opening)
    outside = {"project": {"media": [{"path": "clips/../b.mp4"}]}, "basePath": str(tmp_path)}
    for params in (outside, {**opening, "basePath": "."}, {"project": opening["project"]}):
        with pytest.raises(PermissionDenied):
            capabilities.check("project.open", params)
    settle(capabilities, "project.open", opening, {"projectId": "p", "project": opening["project"]})
    patch = [{"op": "add", "path": "/media/1", "value": {"id": "n", "path": "clips/c.mp4"}}]
    capabilities.check("project.update", {"projectId": "p", "patch": patch})
    with pytest.raises(PermissionDenied):
        capabilities.check("project.update", {"projectId": "q", "patch": patch})


def test_what_an_opened_project_shows_may_be_read(tmp_path: Path) -> None:
    capabilities = Capabilities()
    path = str(tmp_path / "film.json")
    capabilities.allow(path, write=True)
    settle(capabilities, "project.load", {"path": path}, loaded(path, PROJECT))
    for allowed in ("/a", str(tmp_path / "fonts" / "b"), str(tmp_path / "c")):
        capabilities.check("media.probe", {"path": allowed})
    for denied in ("/b", str(tmp_path), str(tmp_path / "fonts" / "x")):
        with pytest.raises(PermissionDenied):
            capabilities.check("media.probe", {"path": denied})
    with pytest.raises(PermissionDenied):
        capabilities.check("render.start", {"output": "/a"})


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/media/0/path", "value": "/etc/passwd"},
        {"op": "replace", "path": "", "value": PROJECT},
        {"op": "add", "path": "/media/-", "value": {"id": "x", "path": "/etc/passwd"}},
        {"op": "add", "path": "/metadata", "value": {"deep": [{"path": "/etc/passwd"}]}},
    ],
)
def test_a_patch_brings_in_no_path(operation: dict[str, Any]) -> None:
    with pytest.raises(PermissionDenied):
        Capabilities().check("project.update", {"projectId": "p", "patch": [operation]})


@pytest.mark.parametrize("op", ["move", "copy"])
def test_a_text_becomes_no_path_by_being_moved(op: str) -> None:
    capabilities = Capabilities()
    hidden = {"op": op, "from": "/tracks/0/clips/0/source/text", "path": "/media/0/path"}
    with pytest.raises(InvalidParams):
        capabilities.check("project.update", {"projectId": "p", "patch": [hidden]})
    capabilities.check("project.update", {"patch": [{"op": op, "from": "/media/1/path", "path": "/media/0/path"}]})
    capabilities.check("project.update", {"patch": [{"op": op, "from": "/tracks/0", "path": "/tracks/1"}]})
    capabilities.check("project.update", {"patch": [{"op": "replace", "path": "/name", "value": "/etc/passwd"}]})


@pytest.mark.parametrize("op", ["move", "copy"])
@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/metadata/path", "/media/0/path"),
        ("/metadata", "/media/0"),
        ("/media/0/metadata/deep", "/media/-"),
        ("/tracks/0/clips/0/source/fields/path", "/media/0/path"),
        ("/tracks/0/clips/0/effects/0/parameters/path", "/media/0/path"),
    ],
)
def test_what_may_have_any_name_becomes_no_path(op: str, source: str, target: str) -> None:
    capabilities = Capabilities()
    with pytest.raises(InvalidParams, match="out of"):
        capabilities.check("project.update", {"patch": [{"op": op, "from": source, "path": target}]})
    beside = source.replace("/0", "/1")
    capabilities.check("project.update", {"patch": [{"op": op, "from": source, "path": beside}]})


def test_a_base_among_what_a_project_carries_along_is_none(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path)
    decoy = {"metadata": {"basePath": str(tmp_path), "path": "passwd"}, "media": []}
    beside = {**decoy, "media": [{"path": "passwd", "basePath": str(tmp_path)}], "basePath": str(tmp_path)}
    requests: list[tuple[str, dict[str, Any]]] = []
    for project in (decoy, beside):
        requests += [
            ("project.open", {"project": project, "basePath": "/etc"}),
            ("project.open", {"project": {"inline": project, "basePath": str(tmp_path)}, "basePath": "/etc"}),
            ("preview.frame", {"project": {"inline": project, "basePath": "/etc"}}),
            ("preview.frame", {"project": {"inline": project}, "basePath": str(tmp_path)}),
            ("media.analyze", {"media": {"project": {"inline": project, "basePath": "/etc"}, "id": "m"}}),
            ("project.update", {"projectId": "p", "project": project}),
            ("project.update", {"projectId": "p", "patch": [{"op": "add", "path": "/media/-", "value": project}]}),
        ]
    settle(
        capabilities, "project.open", {"project": {}, "basePath": "/etc"}, {"projectId": "p", "project": {"media": []}}
    )
    for method, params in requests:
        with pytest.raises(PermissionDenied, match="passwd"):
            capabilities.check(method, params)
    capabilities.check("preview.frame", {"project": {"inline": decoy, "basePath": str(tmp_path)}})
    capabilities.check("media.analyze", {"media": {"project": {"inline": decoy, "basePath": str(tmp_path)}}})


def test_what_a_project_only_carries_along_is_not_allowed_by_opening_it(tmp_path: Path) -> None:
    capabilities = Capabilities()
    carried = {
        "metadata": {"path": "/1"},
        "tracks": [
            {
                "clips": [
                    {"source": {"kind": "title", "fields": {"path": "/2"}}, "metadata": {"deep": [{"path": "/3"}]}},
                    {"effects": [{"type": "blur", "parameters": {"path": "/4"}}]},
                    {"effects": [{"type": "lut", "parameters": {"path": "/5", "deep": {"path": "/6"}}}]},
                ]
            }
        ],
        "output": "/7",
    }
    settle(capabilities, "project.load", {"path": "/a.json"}, loaded(tmp_path / "a.json", carried))
    assert capabilities.roots()["read"] == ["/5"]


def test_relative_paths_start_where_the_file_is_once_links_are_followed(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path / "here")
    link = str(tmp_path / "here" / "film.json")
    settle(capabilities, "project.load", {"path": link}, loaded(tmp_path / "there" / "film.json", {}))
    with pytest.raises(PermissionDenied):
        capabilities.check("project.update", adding("clip.mp4"))
    capabilities.allow(tmp_path / "there")
    capabilities.check("project.update", adding("clip.mp4"))


def test_relative_paths_start_nowhere_while_that_may_change(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path)
    opening = {"project": {}, "basePath": str(tmp_path)}
    elsewhere = {"project": {}, "basePath": "/etc"}
    closing = {"projectId": "p", "discard": True}
    answer = {"projectId": "p", "project": {}}

    def judged(*, allowed: bool) -> None:
        if allowed:
            capabilities.check("project.update", adding("passwd"))
        else:
            with pytest.raises(PermissionDenied):
                capabilities.check("project.update", adding("passwd"))

    settle(capabilities, "project.open", opening, answer)
    judged(allowed=True)
    capabilities.sent("project.close", closing)
    judged(allowed=False)
    capabilities.refused("project.close", closing, "projectConflict")
    judged(allowed=True)
    capabilities.sent("project.close", closing)
    capabilities.sent("project.open", elsewhere)
    capabilities.answered("project.close", closing, {})
    judged(allowed=False)
    capabilities.answered("project.open", elsewhere, answer)
    judged(allowed=False)

    settle(capabilities, "project.open", opening, answer)
    capabilities.sent("project.open", elsewhere)
    judged(allowed=False)
    capabilities.refused("project.open", elsewhere, "cancelled")
    judged(allowed=True)
    # One that was cancelled may have been closed before.
    capabilities.sent("project.close", closing)
    capabilities.refused("project.close", closing, "cancelled")
    judged(allowed=False)
    settle(capabilities, "project.open", opening, answer)
    capabilities.lost()
    judged(allowed=False)


def test_an_answer_that_is_none_leaves_nothing_uncertain(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path)
    opening = {"project": {}, "basePath": str(tmp_path)}
    settle(capabilities, "project.open", opening, {"projectId": "p", "project": {}})
    with pytest.raises(KeyError):
        settle(capabilities, "project.open", opening, {})
    capabilities.check("project.update", adding("clip.mp4"))


@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("given", [{}, {"path": None}])
def test_a_save_without_a_path_writes_where_the_project_came_from(
    tmp_path: Path, given: dict[str, None], *, writable: bool
) -> None:
    capabilities = Capabilities()
    path = tmp_path / "film.json"
    capabilities.allow(path, write=writable)
    own = {"project": {"id": "p"}, **given}
    with pytest.raises(InvalidParams, match="needs a path"):
        capabilities.check("project.save", own)
    opening = {"path": str(path)}
    settle(capabilities, "project.load", opening, loaded(path, {}))
    for params in (own, {"project": {"path": str(path)}, **given}):
        if writable:
            capabilities.check("project.save", params)
        else:
            with pytest.raises(PermissionDenied, match="write"):
                capabilities.check("project.save", params)
    capabilities.sent("project.load", opening)
    with pytest.raises(InvalidParams):
        capabilities.check("project.save", own)
    capabilities.refused("project.load", opening, None)
    other = tmp_path / "other.json"
    capabilities.allow(other, write=True)
    elsewhere = {"project": {"id": "p"}, "path": str(other)}
    projects: list[dict[str, Any]] = [{"id": "p"}, {"path": str(path)}, {"inline": {}}]
    for project in projects:
        capabilities.check("project.save", {"project": project, "path": str(other)})
    settle(capabilities, "project.save", elsewhere, {"path": str(other)})
    capabilities.check("project.save", own)
    # What is saved elsewhere has its relative paths where they were.
    capabilities.allow(tmp_path)
    capabilities.check("project.update", adding("clip.mp4"))


def test_a_url_leads_to_one_place_only(tmp_path: Path) -> None:
    capabilities = Capabilities()
    capabilities.allow(tmp_path)
    escaped = str(tmp_path).strip("/").replace("/", "%2f")
    for text in (f"file:/../{escaped}%2fx/../../etc/passwd", f"{tmp_path.as_uri()}/a/../b"):
        with pytest.raises(PermissionDenied):
            capabilities.check("project.load", {"path": text})


def test_patches_that_are_none_name_nothing() -> None:
    assert list(named("project.update", {"patch": [1, {"path": 3}, {"op": "move", "from": 1}], "project": None})) == []
    assert set(named("project.update", {"patch": "x", "project": PROJECT})) == set(in_document(PROJECT, None))


def test_roots_are_told() -> None:
    capabilities = Capabilities()
    capabilities.allow("/b")
    capabilities.allow("/a", write=True)
    assert capabilities.roots() == {"read": ["/a", "/b"], "write": ["/a"]}


def test_globs_name_commands_that_are_there() -> None:
    names = {command.name for command in COMMANDS}
    assert all(any(re.fullmatch(glob.replace(".*", r"\..*"), name) for name in names) for glob in METHODS)
