"""A front end's files: what is below its folder, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trio

from sidecar.transport.http.front import file_names
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE
from tests.transport.http.asking import get
from tests.transport.http.site import open_site
from tests.transport.http.socketing import RefusedError, connect

SECRET = b"outside"


def built(tmp_path: Path) -> Path:
    """Make a front end, and around and inside it what must not be served."""
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "index.html").write_text("<title>page</title>")
    (folder / "assets" / "app-1a2b.js").write_text("script()")
    (folder / "assets" / "é x.svg").write_text("<svg/>")
    (folder / "assets" / "noname").write_bytes(b"\x00")
    for secret in (
        tmp_path / "secret.txt",
        folder / ".env",
        folder / ".git" / "config",
        folder / "assets" / ".hidden.js",
    ):
        secret.write_bytes(SECRET)
    (folder / "assets" / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "assets" / "up").symlink_to(tmp_path)
    (folder / "assets" / "dot.txt").symlink_to(folder / ".env")
    (folder / "assets" / "in.js").symlink_to(folder / "assets" / "app-1a2b.js")
    (folder / "assets" / "loop").symlink_to(folder / "assets" / "loop")
    os.mkfifo(folder / "assets" / "pipe")
    return folder


SERVED = {
    "/": ("text/html; charset=utf-8", b"<title>page</title>"),
    "/index.html": ("text/html; charset=utf-8", b"<title>page</title>"),
    "/?view=1#x": ("text/html; charset=utf-8", b"<title>page</title>"),
    "/assets/app-1a2b.js": ("text/javascript; charset=utf-8", b"script()"),
    "/assets/%61pp-1a2b.js": ("text/javascript; charset=utf-8", b"script()"),
    "/assets%2Fapp-1a2b.js": ("text/javascript; charset=utf-8", b"script()"),
    "/assets/in.js": ("text/javascript; charset=utf-8", b"script()"),
    "/assets/%C3%A9%20x.svg": ("image/svg+xml", b"<svg/>"),
    "/assets/noname": ("application/octet-stream", b"\x00"),
}

REFUSED = (
    "/secret.txt", "/../secret.txt", "/./../secret.txt", "/assets/../../secret.txt", "//secret.txt", "/..//secret.txt",
    "/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/.%2e/secret.txt", "/%2e./secret.txt", "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/..\\secret.txt", "/%5c..%5csecret.txt",
    "/%252e%252e/secret.txt", "/%252e%252e%252fsecret.txt", "/..%252fsecret.txt", "/%c0%ae%c0%ae/secret.txt", "/%c0%af",
    "/%e0%80%ae%e0%80%ae/secret.txt", "/..%c0%afsecret.txt", "/%uff0e%uff0e/secret.txt", "/%ef%bc%8e%ef%bc%8e/secret.txt",
    "/....//secret.txt", "/..;/secret.txt", "/..%00/secret.txt", "/index.html%00", "/index.html%00.js", "/%00", "/%0a", "/%7f",
    "/index.html/", "/index.html/.", "/assets", "/assets/", "/assets/.", "/assets/..", "/.", "/..", "/./index.html",
    "/.env", "/%2eenv", "/.git/config", "/.git", "/assets/.hidden.js", "/assets/out.txt", "/assets/up/secret.txt",
    "/assets/dot.txt", "/assets/loop", "/assets/pipe", "/C:/secret.txt", "/C%3A%5Csecret.txt", "/index.html::$DATA", "/index.html:x",
    "/file:///etc/passwd", "/etc/passwd", "/proc/self/environ", "/~root", "/missing.js", "/metrics/", "/rpcx", "/%ff", "/%", "/%2",
    "/" + "a/" * 300, "/" + "a" * 300,
)  # fmt: skip


async def test_what_is_served_and_what_is_not(tmp_path: Path) -> None:
    async with open_site(tmp_path, front=built(tmp_path)) as site:
        for path, (content_type, body) in SERVED.items():
            answer = await get(site.port, path.split("#", maxsplit=1)[0])
            assert (answer.status, answer.body) == (200, body), path
            assert answer.headers["content-type"] == content_type, path
            policy = answer.headers["content-security-policy"]
            assert policy.split(";")[0] == "default-src 'self'", path
            assert "'unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert answer.headers["cross-origin-resource-policy"] == "same-origin", path
            assert "access-control-allow-origin" not in answer.headers, path
        for path in REFUSED:
            answer = await get(site.port, path)
            assert answer.status == 404, path
            assert SECRET not in answer.body, path
        # What is the site's own is not the front end's.
        assert (await get(site.port, "/metrics")).status == 401
        assert (await get(site.port, "/healthz")).body == b"ok\n"


async def test_files_are_asked_for_again_and_not_sent_again(tmp_path: Path) -> None:
    folder = built(tmp_path)
    async with open_site(tmp_path, front=folder) as site:
        first = await get(site.port, "/")
        assert first.headers["cache-control"] == "private, no-cache"
        tag = {"If-None-Match": first.headers["etag"]}
        assert (await get(site.port, "/", tag)).status == 304
        (folder / "index.html").write_text("<title>newer</title>")
        assert (await get(site.port, "/", tag)).status == 200
        head = await get(site.port, "/", None, "HEAD")
        assert (head.status, head.headers["content-length"], head.body) == (200, "20", b"")


async def test_its_own_pages_may_speak_and_read(tmp_path: Path) -> None:
    async with open_site(tmp_path, front=built(tmp_path)) as site:
        path = site.path_of(site.services.resources.offer_bytes(b"bytes", "a/b").url)
        bearer = {"Authorization": f"Bearer {site.token}"}
        for name in ("127.0.0.1", "localhost"):
            own = {"Origin": f"http://{name}:{site.port}"}
            assert (await get(site.port, path, own)).headers["access-control-allow-origin"] == own["Origin"]
            async with connect(site.port, headers={**bearer, **own}) as socket:
                assert "result" in await socket.call("initialize", INITIALIZE)
        for origin in (f"http://localhost:{site.port + 1}", f"https://localhost:{site.port}", "http://localhost"):
            with pytest.raises(RefusedError) as caught:
                async with connect(site.port, headers={**bearer, "Origin": origin}):
                    """Somebody else's page."""
            assert caught.value.status == 403


async def test_the_guard_stands_before_it(tmp_path: Path) -> None:
    async with open_site(tmp_path, front=built(tmp_path)) as site:
        assert (await get(site.port, "/", {"Host": "evil.example"})).status == 421
        assert (await get(site.port, "/", None, "POST")).status == 405
        assert (await get(site.port, "/rpc")).status == 401
        assert (await get(site.port, "/r/x")).status == 404


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"/", ("index.html",)),
        (b"/a/b.js", ("a", "b.js")),
        (b"/a%20b", ("a b",)),
        (b"/%D1%8F.js", ("\u044f.js",)),
        (b"/a/../b", None),
        (b"/a//b", None),
        (b"/.a", None),
        (b"/a/", None),
        (b"/a%0db", None),
        (b"/a%e2%80%ae", None),
        (b"/a\\b", None),
        (b"/%ff", None),
    ],
)
def test_names_of_a_path(raw: bytes, names: tuple[str, ...] | None) -> None:
    assert file_names(raw) == names


async def test_a_large_file_is_read_in_parts(tmp_path: Path) -> None:
    folder = built(tmp_path)
    with (folder / "film.mp4").open("wb") as file:
        file.truncate(20 << 30)
        file.seek(-4, os.SEEK_END)
        file.write(b"tail")
    async with open_site(tmp_path, front=folder) as site:
        with trio.fail_after(PATIENCE):
            answer = await get(site.port, "/film.mp4", {"Range": "bytes=-1048576"})
        assert (answer.status, len(answer.body), answer.body[-4:]) == (206, 1 << 20, b"tail")
        assert answer.headers["content-range"] == f"bytes {(20 << 30) - (1 << 20)}-{(20 << 30) - 1}/{20 << 30}"
