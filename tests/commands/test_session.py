"""The commands of a connection's life, with services that are just enough for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from protocol.commands import Empty
from protocol.commands.session import Caller, Initialize, Initialized, Roots
from protocol.errors import DependencyMissing, InvalidParams, UnsupportedProtocol
from protocol.openrpc import document, schema_hash
from sidecar.commands import session
from sidecar.commands.call import Call, Peer
from sidecar.commands.grant import Grant
from sidecar.ffmpeg.toolchain import Toolchain
from sidecar.services.events import EventHub
from sidecar.services.folders import Folders
from sidecar.services.loopback import Loopback, Scraping


@dataclass
class Logged:
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def logger(self) -> Logged:
        return self

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})


@dataclass
class FakeTools:
    toolchain: Toolchain | None = None

    async def look(self) -> Toolchain | None:
        return self.toolchain


@dataclass
class Fakes:
    folders: Folders
    tools: FakeTools = field(default_factory=FakeTools)
    instance_id: str = "instance"
    log: Logged = field(default_factory=Logged)
    events: EventHub = field(default_factory=EventHub)
    loopback: Loopback = field(default_factory=lambda: Loopback(lambda: 0))
    scraping: Scraping = field(default_factory=lambda: Scraping(None, token=True))
    begun: int = 0

    def begin(self) -> None:
        self.begun += 1


@pytest.fixture
def fakes(tmp_path: Path) -> Iterator[Fakes]:
    made = Fakes(Folders(tmp_path / "d", tmp_path / "c", tmp_path / "t", tmp_path / "l", "instance"))
    yield made
    made.loopback.close()


def a_call(fakes: Fakes, quit_: Callable[[], None] = lambda: None, primary: Peer | None = None) -> Call:
    async def drained() -> None:
        """Nothing else runs."""

    peer = Peer(wake=lambda: None, drain=drained, quit=quit_, primary=primary, phase="initializing")
    return Call(cast("Any", fakes), "trace", peer)


def params(**given: Any) -> Initialize:
    return Initialize(**{"protocol": 1, "client": Caller(name="shell", version="2"), **given})


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
    assert (wire["schemaMatches"], wire["ffmpeg"]) == (None, None)
    assert wire["http"] == {"origin": fakes.loopback.origin, "token": fakes.loopback.token}
    assert wire["granted"] == {"read": None, "write": None}
    assert (wire["features"]["render"], wire["features"]["http"]) == (False, True)
    assert (call.connection.phase, call.client, call.connection.process_id) == ("ready", "shell", 7)


async def test_the_ffmpeg_in_use(fakes: Fakes) -> None:
    fakes.tools.toolchain = Toolchain(path=Path("/f"), version="9.0.2", licence="GPL-3", source="bundled")
    said = await session.initialize(params(), a_call(fakes))
    assert said.ffmpeg is not None
    assert (said.ffmpeg.path, said.ffmpeg.version, said.ffmpeg.licence) == ("/f", "9.0.2", "GPL-3")
    assert said.features["render"] is True
    assert fakes.begun == 1


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


async def test_a_machine_without_a_loopback_network_serves_no_bytes(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Loopback) -> None:
        raise DependencyMissing(name="loopback network", detail="no such device")

    monkeypatch.setattr(Loopback, "_listen", refused)
    said = await session.initialize(params(), a_call(fakes))
    assert said.http is None
    assert said.features["http"] is False
    assert "no such device" in str(fakes.log.lines)


ORIGINS = ("tauri://localhost", "http://tauri.localhost", "app://-", "https://a.example:8443", "http://[::1]:3000")


async def test_pages_of_named_origins_may_read_what_is_served(fakes: Fakes) -> None:
    await session.initialize(params(allow_origins=list(ORIGINS)), a_call(fakes))
    assert fakes.loopback.origins == set(ORIGINS)


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "", "localhost", "http://", "http://*", "http://*.example", "http://a.example/", "http://a b",
     "http://a,http://b", "http://u@a", "HTTP://a", "http://a?x", "http://a#x", "http://a\r\nx: y"],
)  # fmt: skip
async def test_nobody_and_everybody_is_no_origin(fakes: Fakes, origin: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        await session.initialize(params(allow_origins=["http://a", origin]), a_call(fakes))
    assert caught.value.path == "/allowOrigins/1"
    assert fakes.loopback.origins == set()


async def test_a_connection_under_another_gets_no_more_than_that_one(fakes: Fakes, tmp_path: Path) -> None:
    primary = a_call(fakes).connection
    primary.grant = Grant(read=(tmp_path / "d", tmp_path / "c" / "deep"), write=())
    call = a_call(fakes, primary=primary)
    asked = Roots(read=[str(tmp_path / "d" / "in"), str(tmp_path / "c"), str(tmp_path / "t")], write=[str(tmp_path)])
    said = await session.initialize(params(roots=asked, allow_origins=["http://b"]), call)
    assert said.granted.read == [str(tmp_path / "d" / "in"), str(tmp_path / "c" / "deep")]
    assert said.granted.write == []
    assert fakes.loopback.origins == set()
    everything = a_call(fakes, primary=primary)
    assert (await session.initialize(params(), everything)).granted.read == [
        str(tmp_path / "d"),
        str(tmp_path / "c" / "deep"),
    ]
    free = a_call(fakes, primary=a_call(fakes).connection)
    assert (await session.initialize(params(roots=asked), free)).granted.write == [str(tmp_path)]


async def test_only_the_first_connection_says_that_the_sidecar_shuts_down(fakes: Fakes) -> None:
    heard = fakes.events.subscribe(["system"], wake=lambda: None)
    await session.shutdown(Empty(), a_call(fakes, primary=a_call(fakes).connection))
    assert heard.take() is None
    await session.shutdown(Empty(), a_call(fakes))
    assert heard.take() is not None


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
