"""The guard matrix, over real sockets: every request is answered as it must be, and shows nothing that it must not."""

from __future__ import annotations

import re
from pathlib import Path

import trio

from tests.harness.patience import PATIENCE
from tests.transport.http.asking import Answer, exchange, get, parsed
from tests.transport.http.matrix import Row, rows
from tests.transport.http.site import Site, open_site

SECRET = b"what is offered to those who have its URL"
ORIGIN = "tauri://localhost"


def filled(row: Row, site: Site, path: str) -> bytes:
    """Fill a row's request in; it asks for the connection to be closed unless it says something of its own."""
    proof, key = path.split("/")[2], path.split("/")[4]
    values = {
        "port": str(site.port),
        "token": site.token,
        "half": site.token[:-1],
        "upper": site.token.swapcase(),
        "path": path,
        "path_upper": path.replace(proof, proof.upper()) if proof.upper() != proof else f"{path}A",
        "path_other": path.replace(proof, proof[:-1] + ("0" if proof[-1] != "0" else "1")),
        "path_cut": path[:-1],
        "path_encoded": path.replace("/frames/", "/%66rames/"),
        "zeros": "0" * 32,
        "key": key,
        "good": f"Host: 127.0.0.1:{site.port}\r\nConnection: close\r\n",
    }
    filled = re.sub(r"\{(\w+)\}", lambda match: values[match[1]], row.request).replace("{{", "{").replace("}}", "}")
    return filled.encode("latin-1")


async def test_every_request_is_answered_as_it_must_be(tmp_path: Path) -> None:
    table = rows()
    assert len(table) >= 200
    assert len({row.name for row in table}) == len(table)
    async with open_site(tmp_path, origins=[ORIGIN]) as site:
        path = site.path_of(site.services.resources.offer_bytes(SECRET, "text/plain").url)
        wrong: list[str] = []
        for row in table:
            data = await exchange(site.port, filled(row, site, path))
            wrong += [f"{row.name}: {fault}" for fault in faults(row, data)]
        assert wrong == []
        # Whatever came before, the next one is served.
        assert (await get(site.port, path)).body == SECRET
        with trio.fail_after(PATIENCE):
            while site.server._lines:  # noqa: ASYNC110 - no event says that all have left
                await trio.sleep(0.01)


def faults(row: Row, data: bytes) -> list[str]:
    """Say what is wrong with an answer."""
    try:
        answer = parsed(data, head=row.request.startswith("HEAD"))
    except (AssertionError, ValueError) as error:
        return [f"no answer to be read: {error!r}"]
    if answer.status == 0:
        return [] if row.statuses & {400, 431} and 200 not in row.statuses else ["closed without a word"]
    found = []
    if answer.status not in row.statuses:
        found.append(f"{answer.status}, not {sorted(row.statuses)}")
    if answer.rest:
        found.append("two answers to one request")
    if (SECRET in data) != (answer.status == 200):
        found.append("shows what it must not" if SECRET in data else "shows nothing")
    return found + unsafe(answer)


def unsafe(answer: Answer) -> list[str]:
    """Say which headers let somebody do what they must not."""
    found = []
    if answer.headers.get("access-control-allow-origin") not in {None, ORIGIN}:
        found.append("another page may read it")
    if "access-control-allow-credentials" in answer.headers or "server" in answer.headers:
        found.append("says too much")
    if answer.body and answer.headers.get("x-content-type-options") != "nosniff":
        found.append("a body that may be taken for something else")
    return found


async def test_named_pages_may_read_and_others_may_only_show(tmp_path: Path) -> None:
    async with open_site(tmp_path, origins=[ORIGIN, "http://b.example:81"]) as site:
        path = site.path_of(site.services.resources.offer_bytes(SECRET, "text/plain").url)
        for origin in (ORIGIN, "http://b.example:81"):
            named = await get(site.port, path, {"Origin": origin})
            assert (named.status, named.headers["access-control-allow-origin"]) == (200, origin)
            assert "Content-Range" in named.headers["access-control-expose-headers"]
            gone = await get(site.port, path[:-1], {"Origin": origin})
            assert (gone.status, gone.headers["access-control-allow-origin"]) == (404, origin)
        for origin in ("http://evil.example", "null"):
            shown = await get(site.port, path, {"Origin": origin})
            assert (shown.status, shown.body) == (200, SECRET)
            assert "access-control-allow-origin" not in shown.headers
            assert shown.headers["vary"] == "Origin"


async def test_a_preflight_says_what_may_be_asked(tmp_path: Path) -> None:
    async with open_site(tmp_path, origins=[ORIGIN]) as site:
        path = site.path_of(site.services.resources.offer_bytes(SECRET, "text/plain").url)
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "range",
            "Access-Control-Request-Private-Network": "true",
        }
        answer = await get(site.port, path, asked, "OPTIONS")
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
        assert "range" in answer.headers["access-control-allow-headers"].lower()
        assert answer.headers["access-control-allow-private-network"] == "true"
        assert answer.headers["vary"] == "Origin"


async def test_answers_are_counted_by_route_and_class(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        path = site.path_of(site.services.resources.offer_bytes(SECRET, "text/plain").url)
        for _ in range(3):
            assert (await get(site.port, path)).status == 200
        assert (await get(site.port, path[:-1])).status == 404
        assert (await get(site.port, "/anything")).status == 401
        assert (await get(site.port, "/rpc")).status == 401
        answer = parsed(await exchange(site.port, f"GET {path} HTTP/1.1\r\nHost: elsewhere\r\n\r\n".encode()))
        assert answer.status == 421
        assert site.services.meter.http == {
            ("resources", "2xx"): 3,
            ("resources", "4xx"): 2,
            ("other", "4xx"): 1,
            ("rpc", "4xx"): 1,
        }
