"""JSON-RPC over a WebSocket: the dispatcher of stdio, with a connection of its own."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import trio
from wsproto.extensions import PerMessageDeflate

from protocol.framing import MAX_MESSAGE
from sidecar.services.events import Subscription
from sidecar.transport.http.rpc import SESSIONS
from sidecar.transport.http.token import PROTOCOL
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE
from tests.transport.http.site import Site, open_site
from tests.transport.http.socketing import RefusedError, Socket, connect

PAGE = "app://-"


def bearer(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.token}"}


async def begun(socket: Socket, name: str, id: int) -> None:
    """Start a request that never ends, and return once it runs."""
    await socket.ask("wait", {"name": name, "progressToken": id}, id)
    assert (await socket.receive())["method"] == "$/progress"


async def test_a_whole_session_of_a_page(tmp_path: Path) -> None:
    async with open_site(tmp_path, origins=[PAGE]) as site:
        protocols = [PROTOCOL, f"bearer.{site.token}"]
        async with connect(site.port, protocols=protocols, headers={"Origin": PAGE}) as socket:
            assert socket.protocol == PROTOCOL
            assert (await socket.call("echo", {"x": 1}))["error"]["code"] == -32002
            assert (await socket.call("initialize", INITIALIZE))["result"] == {"protocol": 1}
            assert (await socket.call("initialize", INITIALIZE, 2))["error"]["code"] == -32600
            assert (await socket.call("echo", {"x": "é\u2028😀"}, "a"))["result"] == {"x": "é\u2028😀"}
            assert (await socket.call("nowhere", {}, 3))["error"]["code"] == -32601
            steps = {"values": [{"kind": "report", "done": 1, "total": 2, "message": None}], "progressToken": "p"}
            assert (await socket.call("steps", steps, 4))["result"] is None
            assert socket.told.pop()["params"]["value"]["done"] == 1
            await begun(socket, "long", 5)
            await socket.ask("$/cancelRequest", {"id": 5}, msgspec.UNSET)
            assert (await socket.answer(5))["error"]["code"] == -32800
            batch = '[{"jsonrpc":"2.0","id":6,"method":"echo","params":{}},{"jsonrpc":"2.0","id":7,"method":"sum","params":[1,2]}]'
            await socket.send(batch)
            assert {each["id"] for each in await socket.receive()} == {6, 7}
            await socket.send("{not JSON")
            assert (await socket.receive())["error"]["code"] == -32700


async def test_events_come_by_it(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, connect(site.port, headers=bearer(site)) as socket:
        await socket.call("initialize", INITIALIZE)
        name = (await socket.call("events.subscribe", {"topics": ["log"]}, 2))["result"]["subscription"]
        site.services.events.publish("log", {"line": 1})
        event = await socket.receive()
        assert (event["method"], event["params"]["subscription"]) == ("$/event", name)
        assert event["params"]["payload"] == {"line": 1}
        assert (await socket.call("events.unsubscribe", {"subscription": name}, 3))["result"] == {}


async def test_who_leaves_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_site(tmp_path) as site:
        ended: list[str] = []
        unsubscribe = site.services.events.unsubscribe

        def noted(subscription: Subscription) -> None:
            unsubscribe(subscription)
            ended.append(subscription.name)

        monkeypatch.setattr(site.services.events, "unsubscribe", noted)
        async with connect(site.port, headers=bearer(site)) as socket:
            await socket.call("initialize", INITIALIZE)
            name = (await socket.call("events.subscribe", {"topics": ["log"]}, 2))["result"]["subscription"]
            await begun(socket, "left alone", 3)
        with trio.fail_after(PATIENCE):
            while site.server._sessions or site.server._lines:  # noqa: ASYNC110 - no event says that all have left
                await trio.sleep(0.01)
        assert ended == [name]
        assert len(site.services.left) == 1


async def test_two_connections_are_two(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, connect(site.port, headers=bearer(site)) as one:
        async with connect(site.port, headers=bearer(site)) as two:
            await one.call("initialize", INITIALIZE)
            assert (await two.call("echo", {}))["error"]["code"] == -32002
            await two.call("initialize", INITIALIZE)
            await begun(one, "gate", 9)
            await two.ask("$/cancelRequest", {"id": 9}, msgspec.UNSET)
            assert (await two.call("exit", {}, 10))["result"] == {}
            assert await two.closed() == 1000
        site.services.gate("gate").set()
        assert (await one.answer(9))["result"] == {"name": "gate"}


async def test_shutdown_is_of_one_connection_unless_it_is_the_first(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path) as site,
        connect(site.port, headers=bearer(site)) as one,
        connect(site.port, headers=bearer(site)) as two,
    ):
        await one.call("initialize", INITIALIZE)
        await two.call("initialize", INITIALIZE)
        assert (await one.call("shutdown", {}, 2))["result"] == {}
        assert (await one.call("echo", {}, 3))["error"]["data"]["kind"] == "shuttingDown"
        assert (await two.call("echo", {}, 3))["result"] == {}
        site.primary.phase = "shuttingDown"
        assert (await two.call("echo", {}, 4))["error"]["data"]["kind"] == "shuttingDown"
        with pytest.raises(RefusedError) as caught:
            async with connect(site.port, headers=bearer(site)):
                """Nobody comes in any more."""
        assert caught.value.status == 503


async def test_before_stdio_is_ready_nobody_is(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        for phase in ("new", "initializing"):
            site.primary.phase = phase
            with pytest.raises(RefusedError) as caught:
                async with connect(site.port, headers=bearer(site)):
                    """Too early."""
            assert caught.value.status == 503


async def test_bytes_are_no_messages(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, connect(site.port, headers=bearer(site)) as socket:
        await socket.call("initialize", INITIALIZE)
        await socket.send(b'{"jsonrpc":"2.0","id":2,"method":"echo","params":{}}')
        assert await socket.closed() == 1003
        assert socket.told == []


@pytest.mark.parametrize("more", [1, 1 << 20])
async def test_a_message_may_be_as_large_as_over_stdio_and_no_larger(tmp_path: Path, more: int) -> None:
    async with open_site(tmp_path) as site, connect(site.port, headers=bearer(site)) as socket:
        await socket.call("initialize", INITIALIZE)
        frame = len('{"jsonrpc":"2.0","method":"echo","id":2,"params":{"x":""}}')
        text = "x" * (MAX_MESSAGE - frame)
        assert (await socket.call("echo", {"x": text}, 2))["result"] == {"x": text}
        socket.told.clear()
        await socket.ask("echo", {"x": text + more * "y"}, 3)
        assert await socket.closed() == 1009
        assert [each["error"]["data"]["kind"] for each in socket.told] == ["messageTooLarge"]


async def test_what_is_counted_is_bytes(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, connect(site.port, headers=bearer(site)) as socket:
        await socket.call("initialize", INITIALIZE)
        await socket.ask("echo", {"x": "é" * (MAX_MESSAGE // 2)}, 2)
        assert await socket.closed() == 1009
        assert socket.told[0]["error"]["data"]["kind"] == "messageTooLarge"


async def test_nothing_is_compressed(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        offered = [PerMessageDeflate()]
        async with connect(site.port, headers=bearer(site), extensions=[*offered]) as socket:
            assert socket.extensions == []
            await socket.call("initialize", INITIALIZE)


async def test_there_is_an_end_to_how_many(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, trio.open_nursery() as nursery:
        opened = 0
        some = trio.Event()

        async def stay() -> None:
            nonlocal opened
            async with connect(site.port, headers=bearer(site)):
                opened += 1
                if opened == SESSIONS:
                    some.set()
                await trio.sleep_forever()

        for _ in range(SESSIONS):
            nursery.start_soon(stay)
        with trio.fail_after(PATIENCE):
            await some.wait()
        with pytest.raises(RefusedError) as caught:
            async with connect(site.port, headers=bearer(site)):
                """One too many."""
        assert caught.value.status == 503
        nursery.cancel_scope.cancel()


async def test_who_does_not_read_answers_is_not_asked_more(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, connect(site.port, headers=bearer(site)) as socket:
        await socket.call("initialize", INITIALIZE)
        number = 40
        text = "x" * 1_000_000

        async def ask_all() -> None:
            for index in range(number):
                await socket.ask("echo", {"x": text}, index)

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask_all)
                await trio.sleep(0.2)
                seen = {(await socket.receive())["id"] for _ in range(number)}
        assert seen == set(range(number))
