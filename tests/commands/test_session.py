"""The commands of a connection's life, with services that are just enough for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from protocol.commands import Empty
from protocol.commands.session import Client, Initialize, Initialized, Roots
from protocol.errors import UnsupportedProtocol
from protocol.openrpc import document, schema_hash
from sidecar.commands import session
from sidecar.commands.call import Call, Peer
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.events import EventHub
from sidecar.services.folders import Folders


@dataclass
class Logged:
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def logger(self) -> Logged:
        return self

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})


@dataclass
class Queue:
    begun: int = 0

    def begin(self) -> None:
        self.begun += 1


@dataclass
class Fakes:
    folders: Folders
    toolchain: Toolchain | None = None
    instance_id: str = "instance"
    log: Logged = field(default_factory=Logged)
    events: EventHub = field(default_factory=EventHub)
    render: Queue = field(default_factory=Queue)


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return Fakes(Folders(tmp_path / "d", tmp_path / "c", tmp_path / "t", tmp_path / "l", "instance"))


def a_call(fakes: Fakes, quit_: Callable[[], None] = lambda: None) -> Call:
    async def drained() -> None:
        """Nothing else runs."""

    peer = Peer(wake=lambda: None, drain=drained, quit=quit_, phase="initializing")
    return Call(cast("Any", fakes), "trace", peer)


def params(**given: Any) -> Initialize:
    return Initialize(**{"protocol": 1, "client": Client(name="shell", version="2"), **given})


async def test_initialize_says_what_this_is(fakes: Fakes, tmp_path: Path) -> None:
    call = a_call(fakes)
    said = await session.initialize(params(process_id=7), call)
    wire = msgspec.json.decode(msgspec.json.encode(said))
    assert set(wire) == {each.encode_name for each in msgspec.structs.fields(Initialized)}
    assert wire["server"] == {
        "name": "video-compiler-sidecar",
        "version": "0.1.0",
        "pid": os.getpid(),
        "instanceId": "instance",
        "platform": sys.platform,
    }
    assert wire["limits"] == {
        "messageBytes": 16_777_216,
        "batch": 100,
        "inFlight": 256,
        "progressPerSecond": 20,
        "openProjects": 16,
    }
    assert wire["paths"]["data"] == str(tmp_path / "d")
    assert wire["schemaHash"] == schema_hash()
    assert (wire["schemaMatches"], wire["ffmpeg"], wire["http"]) == (None, None, None)
    assert wire["granted"] == {"read": None, "write": None}
    assert wire["features"]["render"] is False
    assert (call.connection.phase, call.client, call.connection.process_id) == ("ready", "shell", 7)


async def test_the_ffmpeg_in_use(fakes: Fakes) -> None:
    fakes.toolchain = Toolchain(path=Path("/f"), version="9.0.2", licence="GPL-3", source="bundled")
    said = await session.initialize(params(), a_call(fakes))
    assert said.ffmpeg is not None
    assert (said.ffmpeg.path, said.ffmpeg.version, said.ffmpeg.licence) == ("/f", "9.0.2", "GPL-3")
    assert said.features["render"] is True
    assert fakes.render.begun == 1


@pytest.mark.parametrize(("given", "matches"), [(None, None), ("sha256:other", False), (schema_hash(), True)])
async def test_another_schema_is_a_log_line_and_no_error(fakes: Fakes, given: str | None, matches: bool | None) -> None:  # noqa: FBT001
    said = await session.initialize(params(schema_hash=given), a_call(fakes))
    assert said.schema_matches is matches
    assert fakes.log.lines[-1]["schema_matches"] is matches


async def test_roots_are_granted_resolved(fakes: Fakes, tmp_path: Path) -> None:
    call = a_call(fakes)
    (tmp_path / "link").symlink_to(tmp_path / "d")
    said = await session.initialize(params(roots=Roots(read=[str(tmp_path / "link")], write=[])), call)
    assert (said.granted.read, said.granted.write) == ([str(tmp_path / "d")], [])
    assert call.check_read(str(tmp_path / "d" / "x")) == tmp_path / "d" / "x"


async def test_another_protocol_is_refused(fakes: Fakes) -> None:
    call = a_call(fakes)
    with pytest.raises(UnsupportedProtocol) as caught:
        await session.initialize(params(protocol=2), call)
    assert caught.value.context() == {"wanted": 2, "served": [1]}
    assert call.connection.phase == "initializing"


async def test_a_shutdown_in_between_stays_a_shutdown(fakes: Fakes) -> None:
    call = a_call(fakes)
    call.connection.phase = "shuttingDown"
    await session.initialize(params(), call)
    assert call.connection.phase == "shuttingDown"


async def test_discover_answers_the_document_and_exit_quits(fakes: Fakes) -> None:
    quits: list[None] = []
    call = a_call(fakes, lambda: quits.append(None))
    assert await session.discover(Empty(), call) == document()
    await session.exit_(Empty(), call)
    assert quits == [None]
