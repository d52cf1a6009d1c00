"""`/metrics`, `/healthz`, `/readyz`: who is answered what, on the site's own port and on theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from protocol.errors import Timeout
from sidecar.services.loopback import Loopback, Scraping
from sidecar.services.monitoring.readiness import Reason
from sidecar.transport.http import health, metrics
from sidecar.transport.http.metrics import accepted
from tests.harness.patience import PATIENCE
from tests.transport.http.asking import Answer, exchange, get, parsed
from tests.transport.http.site import Site, open_site

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
"""What Prometheus 2.42 sends."""

PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", "text"),
        ("*/*", "text"),
        ("text/html,*/*;q=0.8", "text"),
        ("application/json", "text"),
        ("application/*", "text"),
        (PROMETHEUS, "openmetrics"),
        (PROMETHEUS_3, "openmetrics"),
        ("Application/OpenMetrics-Text", "openmetrics"),
        ("application/openmetrics-text, text/plain", "openmetrics"),
        ("application/openmetrics-text;q=0.5, text/plain;q=0.6", "text"),
        ("application/openmetrics-text;q=0.5, text/*;q=0.4", "openmetrics"),
        ("application/openmetrics-text;q=0.5, text/plain;q=0.1, */*", "openmetrics"),
        ("application/openmetrics-text;q=0, */*", "text"),
        ("application/openmetrics-text;q=2, text/plain;q=0.1", "text"),
        ("application/openmetrics-text;version=0.0.1", "text"),
        ('application/openmetrics-text;version="1.0.0"', "openmetrics"),
        (";;,,q=1;=", "text"),
    ],
)
def test_the_form_is_chosen_as_it_is_asked_for(header: str, form: str) -> None:
    assert accepted(header) == form


def bearer(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.token}"}


async def test_metrics_take_the_token(tmp_path: Path) -> None:
    async with open_site(tmp_path, origins=["tauri://localhost"]) as site:
        monitoring = site.services.monitoring
        assert (await get(site.port, "/metrics", bearer(site))).status == 503
        monitoring.begun = True
        page = await get(site.port, "/metrics", {**bearer(site), "Origin": "tauri://localhost"})
        assert (page.status, page.body, page.headers["content-type"]) == (200, b"up 1\n", "text/plain")
        assert page.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in page.headers
        head = await get(site.port, "/metrics", bearer(site), "HEAD")
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "5")
        asked = {**bearer(site), "Accept": PROMETHEUS}
        assert (await get(site.port, "/metrics", asked)).headers["content-type"] == "openmetrics/plain"
        assert (await get(site.port, "/metrics")).status == 401
        assert (await get(site.port, "/metrics/", bearer(site))).status == 404
        assert (await get(site.port, "/metrics?name=x", bearer(site))).status == 200
        assert (await get(site.port, "/metrics", {**bearer(site), "Host": "evil.example"})).status == 421
        counts = site.services.meter.http
        assert (counts["metrics", "2xx"], counts["metrics", "5xx"]) == (4, 1)
        assert (counts["metrics", "4xx"], counts["other", "4xx"]) == (2, 1)
        site.services.scraping = Scraping(None, token=False)
        assert (await get(site.port, "/metrics")).status == 200


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what is kept be kept for as long as a test takes."""
    for part in (metrics, health):
        monkeypatch.setattr(part, "KEPT_SECONDS", PATIENCE)


@pytest.mark.usefixtures("lasting")
async def test_two_who_scrape_at_once_cost_one(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        monitoring = site.services.monitoring
        monitoring.begun, monitoring.gate = True, trio.Event()
        pages: list[Answer] = []

        async def scrape() -> None:
            pages.append(await get(site.port, "/metrics", bearer(site)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(scrape)
            nursery.start_soon(scrape)
            with trio.fail_after(PATIENCE):
                while not monitoring.asked:  # noqa: ASYNC110 - the fake tells nobody that it was asked
                    await trio.sleep(0.01)
            monitoring.gate.set()
        assert [page.body for page in pages] == [b"up 1\n", b"up 1\n"]
        assert monitoring.asked == ["text"]


async def test_what_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        monitoring = site.services.monitoring
        monitoring.begun, monitoring.error = True, Timeout(operation="metrics", seconds=2)
        page = await get(site.port, "/metrics", bearer(site))
        assert (page.status, page.body) == (503, b"metrics took longer than 2 s\n")
        monitoring.error = None
        assert (await get(site.port, "/metrics", bearer(site))).status == 200


async def test_what_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in (metrics, health):
        monkeypatch.setattr(part, "LONGEST", 0.05)
    async with open_site(tmp_path) as site:
        monitoring = site.services.monitoring
        monitoring.begun, monitoring.gate = True, trio.Event()
        page = await get(site.port, "/metrics", bearer(site))
        assert (page.status, page.body) == (503, b"it takes too long\n")
        ready = await get(site.port, "/readyz")
        assert (ready.status, ready.body) == (503, b"it takes too long to find out\n")
        assert (await get(site.port, "/healthz")).status == 200


async def test_health_is_told_to_everybody_and_paths_only_to_those_who_have_the_token(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        alive = await get(site.port, "/healthz")
        assert (alive.status, alive.body) == (200, b"ok\n")
        assert site.services.monitoring.asked == []
        ready = await get(site.port, "/readyz")
        assert (ready.status, ready.body) == (200, b"ready\n")
    async with open_site(tmp_path / "other") as site:
        site.services.monitoring.reasons = [
            Reason("a folder cannot be written", "/home/me: no"),
            Reason("FFmpeg is away"),
        ]
        told = await get(site.port, "/readyz")
        assert (told.status, told.body) == (503, b"a folder cannot be written\nFFmpeg is away\n")
        told = await get(site.port, "/readyz", bearer(site))
        assert told.body == b"a folder cannot be written: /home/me: no\nFFmpeg is away\n"
        assert site.services.meter.http["readyz", "5xx"] == 2


@asynccontextmanager
async def open_both(folder: Path, *, token: bool) -> AsyncIterator[tuple[Site, int]]:
    own = Loopback(lambda: 0)
    port = own.port
    async with open_site(folder, scraping=Scraping(own, token=token)) as site:
        site.services.monitoring.begun = True
        yield site, port
    own.close()


@pytest.mark.usefixtures("lasting")
async def test_on_their_own_port_there_is_nothing_else(tmp_path: Path) -> None:
    async with open_both(tmp_path, token=False) as (site, port):
        assert port != site.port
        assert (await get(port, "/metrics")).status == 200
        assert (await get(port, "/healthz")).status == 200
        assert (await get(port, "/readyz")).status == 200
        offered = site.path_of(site.services.resources.offer_bytes(b"secret", "text/plain").url)
        for path in ("/", "/rpc", "/nothing", offered):
            assert (await get(port, path, bearer(site))).status == 404, path
        assert (await get(port, "/metrics", method="OPTIONS")).status == 405
        assert (await get(port, "/metrics", method="POST")).status == 405
        assert (await get(port, "/metrics", {"Host": f"127.0.0.1:{site.port}"})).status == 421
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        key = {**upgrade, "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
        assert (await get(port, "/metrics", key)).status == 404
        assert (await get(site.port, "/metrics")).status == 200
        # Which pages were kept is one thing for both.
        assert site.services.monitoring.asked == ["text", "ready"]


async def test_their_own_port_takes_the_token_unless_it_is_said(tmp_path: Path) -> None:
    async with open_both(tmp_path, token=True) as (site, port):
        assert (await get(port, "/metrics")).status == 401
        assert (await get(port, "/metrics", bearer(site))).status == 200
        await site.server.close(0)
        with trio.fail_after(PATIENCE):
            await site.closed.wait()
        with pytest.raises(OSError):
            await exchange(port, b"GET /healthz HTTP/1.1\r\n\r\n")


async def test_a_connection_may_ask_again(tmp_path: Path) -> None:
    async with open_both(tmp_path, token=False) as (_site, port):
        asked = f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        last = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        first = parsed(await exchange(port, (asked + last).encode()))
        assert (first.status, first.body) == (200, b"up 1\n")
        assert parsed(first.rest).body == b"ok\n"
