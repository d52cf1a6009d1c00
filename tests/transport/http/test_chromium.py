"""What a browser makes of it: pages that may, pages that may not, pictures, parts of films, WebSockets."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import trio

from tests.harness.chromium import CHROMIUM, run_script
from tests.harness.media import make_clip
from tests.harness.shell import INITIALIZE
from tests.transport.http.site import Site, open_site
from tests.transport.table import encoded

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fccfc0500f0004850180"
    "84a98c210000000049454e44ae426082"
)

SCRIPT = """
(async (at) => {
  const told = {};
  const attempt = async (name, work) => {
    try { told[name] = await work(); } catch (error) { told[name] = "refused"; }
  };
  const loaded = (element, event, url) => new Promise((done, failed) => {
    element.addEventListener(event, () => done(true), {once: true});
    element.addEventListener("error", () => failed(new Error(event)), {once: true});
    element.src = url;
  });
  const said = (protocols) => new Promise((done, failed) => {
    const socket = new WebSocket(at.rpc, protocols);
    socket.onerror = () => failed(new Error("socket"));
    socket.onopen = () => socket.send(at.initialize);
    socket.onmessage = (event) => { socket.close(); done(JSON.parse(event.data).result); };
  });
  await attempt("isolated", async () => crossOriginIsolated);
  await attempt("text", async () => (await fetch(at.text)).text());
  await attempt("part", async () => {
    const answer = await fetch(at.text, {headers: {Range: "bytes=0-3"}});
    return [answer.status, answer.headers.get("Content-Range"), await answer.text()];
  });
  await attempt("gone", async () => (await fetch(at.text.slice(0, -1))).status);
  await attempt("opaque", async () => (await fetch(at.text, {mode: "no-cors"})).type);
  await attempt("picture", async () => {
    const picture = new Image();
    await loaded(picture, "load", at.picture);
    return picture.naturalWidth;
  });
  await attempt("film", async () => {
    const film = document.createElement("video");
    film.muted = true;
    await loaded(film, "loadeddata", at.film);
    const shown = new Promise((done) => film.addEventListener("seeked", done, {once: true}));
    film.currentTime = film.duration - 0.1;
    await shown;
    return film.videoWidth;
  });
  await attempt("socket", async () => said(["sidecar.v1", "bearer." + at.token]));
  await attempt("socketWithoutToken", async () => said(["sidecar.v1"]));
  await attempt("posted", async () => (await fetch(at.text, {method: "POST", body: "x", mode: "no-cors"})).type);
  await attempt("elsewhere", async () => (await fetch("http://127.0.0.1:9/")).status);
  return JSON.stringify(told);
})
"""

SHOWN = {"picture": 1, "film": 160, "socketWithoutToken": "refused", "elsewhere": "refused"}
"""What no page is kept from, and what every page is."""

READ = {
    "text": "0123456789",
    "part": [206, "bytes 0-3/10", "0123"],
    "gone": 404,
    "socket": {"protocol": 1},
}
"""What only pages may do that were named."""


def front(folder: Path) -> Path:
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>-</title>")
    return folder


async def visit(page: str, site: Site, film: Path) -> dict[str, Any]:
    """Open a page and have it try all it can with what a site offers."""
    resources = site.services.resources
    given = {
        "text": resources.offer_bytes(b"0123456789", "text/plain").url,
        "picture": resources.offer_bytes(PIXEL, "image/png").url,
        "film": resources.offer_file(film, "video/mp4").url,
        "rpc": f"ws://127.0.0.1:{site.port}/rpc",
        "token": site.token,
        "initialize": encoded("initialize", INITIALIZE, 1).decode(),
    }
    told = await trio.to_thread.run_sync(run_script, page, f"{SCRIPT}({json.dumps(given)})")
    answer: dict[str, Any] = json.loads(told)
    return answer


async def plain(stream: trio.SocketStream) -> None:
    """Answer with a page that has no policy of its own."""
    page = b"<!doctype html><title>-</title>"
    await stream.receive_some(65_536)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n"
    await stream.send_all(head.encode() + page)


if CHROMIUM is not None:

    async def test_its_own_page_may_do_all(tmp_path: Path) -> None:
        film = make_clip(tmp_path / "film.mp4", size=(160, 96))
        async with open_site(tmp_path, front=front(tmp_path / "web")) as site:
            told = await visit(f"http://127.0.0.1:{site.port}/", site, film)
        assert told == {**SHOWN, **READ, "isolated": True, "opaque": "basic", "posted": "basic"}

    async def test_pages_of_other_origins_may_show_and_only_named_ones_read(tmp_path: Path) -> None:
        film = make_clip(tmp_path / "film.mp4", size=(160, 96))
        async with open_site(tmp_path) as site, trio.open_nursery() as nursery:
            (other,) = await nursery.start(partial(trio.serve_tcp, plain, 0, host="127.0.0.1"))
            page = f"http://127.0.0.1:{other.socket.getsockname()[1]}"
            stranger = await visit(page, site, film)
            site.services.loopback.allow([page])
            named = await visit(page, site, film)
            nursery.cancel_scope.cancel()
        shown = {**SHOWN, "isolated": False, "opaque": "opaque", "posted": "refused"}
        assert stranger == {**shown, **dict.fromkeys(READ, "refused")}
        assert named == {**shown, **READ}
