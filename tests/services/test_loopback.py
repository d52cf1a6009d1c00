"""The loopback socket: bound when it is needed, to 127.0.0.1 alone."""

from __future__ import annotations

import os
import socket

import pytest

from protocol.errors import DependencyMissing, SettingsInvalid
from sidecar.services.logger import Logger
from sidecar.services.loopback import CHOSEN, Loopback, Scraping, open_loopback, open_scraping


async def test_it_listens_from_the_first_need() -> None:
    asked: list[None] = []

    def port() -> int:
        asked.append(None)
        return 0

    loopback = Loopback(port)
    assert not loopback.bound.is_set()
    assert asked == []
    origin = loopback.origin
    assert loopback.bound.is_set()
    assert origin == f"http://127.0.0.1:{loopback.port}"
    assert loopback.listener.getsockname() == ("127.0.0.1", loopback.port)
    assert len(asked) == 1
    with socket.create_connection(("127.0.0.1", loopback.port), 60):
        loopback.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(origin.rsplit(":", maxsplit=1)[1])), 60)


async def test_a_taken_port_means_another_one_and_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        told: list[tuple[int, int]] = []
        loopback = Loopback(lambda: wanted, lambda *ports: told.append(ports))
        assert loopback.port != wanted
        assert told == [(wanted, loopback.port)]
        loopback.close()


async def test_a_port_that_is_fixed_is_this_one_or_none() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with open_scraping(taken.getsockname()[1], token=False) as scraping:
            assert scraping.own is not None
            with pytest.raises(DependencyMissing):
                _ = scraping.own.port
            assert not scraping.own.bound.is_set()
    with open_scraping(0, token=True) as scraping:
        assert scraping == Scraping(None, token=True)


async def test_a_port_can_be_asked_for_again_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        wanted = free.getsockname()[1]
    for _ in range(2):
        told: list[tuple[int, int]] = []
        loopback = Loopback(lambda: wanted, lambda *ports, told=told: told.append(ports))
        if loopback.port != wanted:  # somebody else has taken it meanwhile
            loopback.close()
            return
        client = socket.create_connection(("127.0.0.1", wanted), 60)
        served, _ = loopback.listener.accept()
        served.close()  # the side that closes first is the one whose port the system remembers
        client.close()
        loopback.close()
        assert told == []


async def test_no_loopback_network_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_given: object) -> None:
        raise OSError(99, "no such address")

    monkeypatch.setattr("sidecar.services.loopback._bound", refused)
    for port in (0, 1234):
        loopback = Loopback(lambda port=port: port)  # type: ignore[misc]
        with pytest.raises(DependencyMissing):
            _ = loopback.origin
        loopback.close()


async def test_every_token_is_another() -> None:
    tokens = {Loopback(lambda: 0).token for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)


async def test_who_starts_it_may_choose_the_token_and_children_do_not_inherit_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Logger(lambda *_: None)
    token = "t" * 43
    monkeypatch.setenv(CHOSEN, token)
    with open_loopback(lambda: 0, log) as loopback:
        assert loopback.token == token
        assert CHOSEN not in os.environ
    with open_loopback(lambda: 0, log) as loopback:
        assert len(loopback.token) >= 43
        assert loopback.token != token
    monkeypatch.setenv(CHOSEN, "guess")
    with pytest.raises(SettingsInvalid, match=CHOSEN), open_loopback(lambda: 0, log):
        pass
