"""Requests that must be refused, and the few that must not: rows for the guard's test.

In a request `{port}`, `{token}`, `{path}` (a resource that is there) and `{good}` (the right Host header) are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MALFORMED = frozenset({400, 421, 431, 501, 505})


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and the statuses that are right: with 200 the resource is to be served, with no other."""

    name: str
    request: str
    statuses: frozenset[int]


def row(name: str, request: str, *statuses: int) -> Row:
    return Row(name, request, frozenset(statuses))


GOOD_HOSTS = ("127.0.0.1:{port}", "localhost:{port}")

BAD_HOSTS = (
    "", "evil.example", "evil.example:{port}", "127.0.0.1", "localhost", "127.0.0.1:", "localhost:",
    "127.0.0.1:1", "localhost:1", "127.0.0.1:0{port}", "127.0.0.1:{port}0", "127.0.0.1:{port}:{port}", "127.0.0.1:+{port}",
    "127.0.0.1.evil.example:{port}", "localhost.evil.example:{port}", "evil.example.127.0.0.1:{port}",
    "127.0.0.1.nip.example:{port}", "7f000001.rebind.example:{port}", "localhost.:{port}", "localhost.localdomain:{port}",
    "127.1:{port}", "127.0.1:{port}", "127.0.0.2:{port}", "0.0.0.0:{port}", "0:{port}", "2130706433:{port}",
    "0x7f000001:{port}", "0x7f.0.0.1:{port}", "0177.0.0.1:{port}", "127.0.0.01:{port}", "[::1]:{port}", "[::]:{port}",
    "[::ffff:127.0.0.1]:{port}", "ip6-localhost:{port}", "evil@127.0.0.1:{port}", "127.0.0.1:{port}@evil.example",
    "127.0.0.1:{port}/", "127.0.0.1:{port}#", "127.0.0.1:{port}?", "http://127.0.0.1:{port}", "127.0.0.1:{port},evil.example",
    "evil.example,127.0.0.1:{port}", "127.0.0.1:{port} evil.example", "127.0.0.1%3A{port}", "*", "*:{port}", "_:{port}",
)  # fmt: skip


def hosts() -> Iterator[Row]:
    """Names that lead here are not the address: whoever owns one could read answers through a browser."""
    for host in GOOD_HOSTS:
        yield row(f"host {host}", f"GET {{path}} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", 200)
    for target, extra in (("{path}", ""), ("/rpc", "Authorization: Bearer {token}\r\n"), ("/", "")):
        for host in BAD_HOSTS:
            request = f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{extra}Connection: close\r\n\r\n"
            yield row(f"{target} host {host!r}", request, 421, 400)
    both = "Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"
    yield row("two hosts", f"GET {{path}} HTTP/1.1\r\n{both}\r\n", 400, 421)
    same = "Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}\r\n"
    yield row("the same host twice", f"GET {{path}} HTTP/1.1\r\n{same}\r\n", 400, 421)
    yield row("no host", "GET {path} HTTP/1.1\r\n\r\n", 400, 421)
    yield row("no host, old", "GET {path} HTTP/1.0\r\n\r\n", 421)
    yield row("forwarded", "GET {path} HTTP/1.1\r\nHost: evil\r\nX-Forwarded-Host: 127.0.0.1:{port}\r\n\r\n", 421)
    yield row("absolute, other host", "GET http://evil.example{path} HTTP/1.1\r\n{good}\r\n", 400, 421)
    yield row("absolute, own host", "GET http://127.0.0.1:{port}{path} HTTP/1.1\r\n{good}\r\n", 400, 421)
    yield row("absolute, host lies", "GET http://127.0.0.1:{port}{path} HTTP/1.1\r\nHost: evil\r\n\r\n", 421)


TOKENS = (
    "", "Bearer", "Bearer ", "Bearer x", "Bearer {token}x", "Bearer x{token}", "Bearer {half}", "Bearer {upper}",
    "Bearer {token} x", "Bearer {token},x", 'Bearer "{token}"', "Bearer={token}", "Bearer:{token}", "Basic {token}",
    "Token {token}", "Digest {token}", "bearer. {token}", "{token}", "Bearer null", "Bearer undefined", "Bearer *",
    "Bearer {token}%00", "Bearer \xff\xfe", "Bearer Bearer {token}", "Negotiate {token}", "Bearer " + "A" * 4000,
)  # fmt: skip


def tokens() -> Iterator[Row]:
    """The token counts in one place and one form."""
    for target in ("/rpc", "/metrics", "/nothing", "/"):
        get = f"GET {target} HTTP/1.1\r\n{{good}}"
        yield row(f"{target} without", f"{get}\r\n", 401)
        found = {"/rpc": 426, "/metrics": 503}.get(target, 404)
        yield row(f"{target} with", f"{get}Authorization: Bearer {{token}}\r\n\r\n", found)
        yield row(f"{target} with, in small letters", f"{get}authorization: bearer {{token}}\r\n\r\n", found)
        for given in TOKENS:
            yield row(f"{target} token {given[:40]!r}", f"{get}Authorization: {given}\r\n\r\n", 401)
    for header in (
        "Cookie: token={token}", "X-Token: {token}", "Proxy-Authorization: Bearer {token}", "X-Authorization: Bearer {token}",
        "Authentication: Bearer {token}", "Sec-WebSocket-Protocol: sidecar.v1, bearer.{token}",
        "Authorization: Bearer x\r\nAuthorization: Bearer {token}", "Authorization: Bearer {token}\r\nAuthorization: Bearer x",
    ):  # fmt: skip
        yield row(f"token as {header[:30]}", f"GET /nothing HTTP/1.1\r\n{{good}}{header}\r\n\r\n", 401)
    for query in (
        "token={token}",
        "access_token={token}",
        "bearer={token}",
        "authorization=Bearer%20{token}",
        "{token}",
    ):
        yield row(f"token in query {query}", f"GET /rpc?{query} HTTP/1.1\r\n{{good}}\r\n", 401)
    yield row("token in the path", "GET /rpc/{token} HTTP/1.1\r\n{good}\r\n", 401)
    yield row("token as fragment", "GET /rpc#{token} HTTP/1.1\r\n{good}\r\n", 400, 401)
    yield row("token as user", "GET http://{token}@127.0.0.1:{port}/rpc HTTP/1.1\r\n{good}\r\n", 400, 421)


def methods() -> Iterator[Row]:
    """Nothing here is changed by HTTP."""
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "LINK", "QUERY", "GETS", "X"):
        for target in ("{path}", "/rpc", "/"):
            request = f"{method} {target} HTTP/1.1\r\n{{good}}Authorization: Bearer {{token}}\r\n\r\n"
            yield row(f"{method} {target}", request, 405)
    yield row("CONNECT elsewhere", "CONNECT evil.example:443 HTTP/1.1\r\n{good}\r\n", 400, 405, 421)


def forgeries() -> Iterator[Row]:
    """What a browser sends for any page that asks it to."""
    for content in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json",
    ):
        for target in ("/rpc", "{path}", "/"):
            request = (
                f"POST {target} HTTP/1.1\r\n{{good}}Origin: http://evil.example\r\n"
                f"Content-Type: {content}\r\nContent-Length: 3\r\n\r\na=b"
            )
            yield row(f"form {content} to {target}", request, 405)
    for origin in (
        "http://evil.example", "null", "*", "tauri://localhost.evil", "tauri://localhost/", "TAURI://localhost", "http://localhost",
        "tauri://localhos", "xtauri://localhost", "tauri://localhost, http://evil.example", "http://127.0.0.1:{port}", "file://",
    ):  # fmt: skip
        yield row(
            f"/rpc from {origin}",
            f"GET /rpc HTTP/1.1\r\n{{good}}Origin: {origin}\r\nAuthorization: Bearer {{token}}\r\n\r\n",
            403,
        )
        asked = "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n"
        yield row(
            f"preflight from {origin}", f"OPTIONS {{path}} HTTP/1.1\r\n{{good}}Origin: {origin}\r\n{asked}\r\n", 403
        )
    yield row("preflight from nobody", "OPTIONS {path} HTTP/1.1\r\n{good}\r\n", 403)
    yield row(
        "preflight",
        "OPTIONS {path} HTTP/1.1\r\n{good}Origin: tauri://localhost\r\nAccess-Control-Request-Method: GET\r\n\r\n",
        204,
    )
    for method in ("POST", "PUT", "DELETE", ""):
        given = f"Origin: tauri://localhost\r\nAccess-Control-Request-Method: {method}\r\n"
        yield row(f"preflight for {method!r}", f"OPTIONS {{path}} HTTP/1.1\r\n{{good}}{given}\r\n", 405)
    yield row(
        "two origins",
        "GET /rpc HTTP/1.1\r\n{good}Origin: tauri://localhost\r\nOrigin: http://evil\r\nAuthorization: Bearer {token}\r\n\r\n",
        403,
    )


def capabilities() -> Iterator[Row]:
    """Only the path that was offered is a capability, to the letter."""
    for name, target in (
        ("as offered", "{path}"), ("with a query", "{path}?x=1"),
    ):  # fmt: skip
        yield row(f"path {name}", f"GET {target} HTTP/1.1\r\n{{good}}\r\n", 200)
    for target in (
        "{path}/", "{path}x", "{path}%00", "{path}/..", "/r{path}", "/r/", "/r//", "/r/x", "/r/../r/x", "{path_upper}",
        "{path_other}", "{path_cut}", "/r/{zeros}/file", "/r/{zeros}/frames/{key}/dGV4dC9wbGFpbg", "/r/%2e%2e/%2e%2e/etc/passwd",
        "/r/../../etc/passwd", "/r/..%2f..%2fetc%2fpasswd", "/r/....//....//etc/passwd", "/r/\\..\\..\\etc\\passwd",
        "/r/{zeros}/frames/..%2f..%2fcache.lock/dGV4dC9wbGFpbg", "/r/{zeros}/url.secret/{key}/dGV4dC9wbGFpbg", "{path_encoded}",
    ):  # fmt: skip
        yield row(f"path {target}", f"GET {target} HTTP/1.1\r\n{{good}}\r\n", 404)
    for target in ("/{path}", "/R/x", "/rpc/", "/rpc%00", "//rpc", "/./rpc", "/%72pc", "/r", "/RPC"):
        yield row(f"path {target}", f"GET {target} HTTP/1.1\r\n{{good}}\r\n", 401)


def malformed() -> Iterator[Row]:
    """What two parsers may read in two ways, and what no parser should have to hold."""
    get = "GET {path} HTTP/1.1\r\n{good}"
    for name, request in (
        ("length and chunks", get + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("two lengths", get + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
        ("a list of lengths", get + "Content-Length: 4, 5\r\n\r\nabcde"),
        ("negative length", get + "Content-Length: -1\r\n\r\n"),
        ("signed length", get + "Content-Length: +4\r\n\r\nabcd"),
        ("length in words", get + "Content-Length: four\r\n\r\nabcd"),
        ("length beyond all", get + "Content-Length: " + "9" * 40 + "\r\n\r\n"),
        ("a body", get + "Content-Length: 4\r\n\r\nabcd"),
        ("a body that waits for leave", get + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
        ("a body with leave", get + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nabcd"),
        ("chunks", get + "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"),
        ("chunks, hidden", get + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("chunks, twice", get + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ("chunks, identity", get + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"),
        ("chunks, tabbed", get + "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"),
        ("a request in a body", get + "Content-Length: 30\r\n\r\nGET /rpc HTTP/1.1\r\nHost: evil\r\n"),
        ("space before the colon", get + "X-Header : x\r\n\r\n"),
        ("no colon", get + "X-Header\r\n\r\n"),
        ("no name", get + ": x\r\n\r\n"),
        ("a folded header first", "GET {path} HTTP/1.1\r\n x: y\r\n{good}\r\n"),
        ("zero in a header", get + "X: a\x00b\r\n\r\n"),
        ("zero in the path", "GET {path}\x00 HTTP/1.1\r\n{good}\r\n"),
        ("return in a header", get + "X: a\rb\r\n\r\n"),
        ("two spaces", "GET  {path} HTTP/1.1\r\n{good}\r\n"),
        ("a tab", "GET\t{path}\tHTTP/1.1\r\n{good}\r\n"),
        ("space in the path", "GET {path} x HTTP/1.1\r\n{good}\r\n"),
        ("high bytes in the path", "GET {path}\xff HTTP/1.1\r\n{good}\r\n"),
        ("no version", "GET {path}\r\n\r\n"),
        ("version 0.9", "GET {path} HTTP/0.9\r\n{good}\r\n"),
        ("version 1.2", "GET {path} HTTP/1.2\r\n{good}\r\n"),
        ("version 2.0", "GET {path} HTTP/2.0\r\n{good}\r\n"),
        ("version 11", "GET {path} HTTP/11\r\n{good}\r\n"),
        ("no HTTP", "GET {path} ICY/1.1\r\n{good}\r\n"),
        ("HTTP/2 assumed", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("stars", "OPTIONS * HTTP/1.1\r\n{good}\r\n"),
        ("no slash", "GET x HTTP/1.1\r\n{good}\r\n"),
        ("authority", "GET 127.0.0.1:{port} HTTP/1.1\r\n{good}\r\n"),
        ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
        ("nonsense", "\x00\x01\x02\x03\r\n\r\n"),
        ("JSON", '{{"jsonrpc":"2.0","id":1,"method":"exit"}}\r\n\r\n'),
        ("a long path", "GET /" + "a" * 40_000 + " HTTP/1.1\r\n{good}\r\n"),
        ("a long header", get + "X: " + "a" * 40_000 + "\r\n\r\n"),
        ("a long name", get + "a" * 40_000 + ": x\r\n\r\n"),
        ("many headers", get + "".join(f"X-{number}: x\r\n" for number in range(4_000)) + "\r\n"),
        ("headers just too long", get + "X: " + "a" * 16_400 + "\r\n\r\n"),
        ("a header without end", get + "X: " + "a" * 200_000),
        ("a method without end", "G" * 200_000),
    ):
        yield Row(name, request, MALFORMED | {405})
    yield row(
        "HTTP/2 asked for",
        get + "Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n",
        200,
    )
    yield row("another upgrade", get + "Upgrade: TLS/1.0\r\nConnection: Upgrade, close\r\n\r\n", 200)
    yield row("expectations", get + "Expect: the-unexpected\r\n\r\n", 200, 417)
    yield row("an old client", "GET {path} HTTP/1.0\r\n{good}\r\n", 200)


def handshakes() -> Iterator[Row]:
    """WebSockets that are none, or are nobody's."""
    key = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    bearer = "Authorization: Bearer {token}\r\n"
    for name, extra, status in (
        ("without a token", "", 401),
        ("with a wrong one", "Authorization: Bearer x\r\n", 401),
        ("as protocol alone", "Sec-WebSocket-Protocol: bearer.{token}\r\n", 401),
        ("as another protocol", "Sec-WebSocket-Protocol: sidecar.v1, token.{token}\r\n", 401),
        ("as a wrong protocol", "Sec-WebSocket-Protocol: sidecar.v1, bearer.x\r\n", 401),
        ("as two protocols", "Sec-WebSocket-Protocol: sidecar.v1, bearer.{token}, bearer.x\r\n", 401),
        ("from elsewhere", "Origin: http://evil.example\r\n" + bearer, 403),
        ("from nowhere", "Origin: null\r\n" + bearer, 403),
        (
            "from elsewhere, by protocol",
            "Origin: http://evil.example\r\nSec-WebSocket-Protocol: sidecar.v1, bearer.{token}\r\n",
            403,
        ),
    ):
        yield row(f"socket {name}", f"GET /rpc HTTP/1.1\r\n{{good}}{key}{extra}\r\n", status)
    for target in ("/", "/other", "/metrics"):
        yield row(f"socket at {target}", f"GET {target} HTTP/1.1\r\n{{good}}{key}{bearer}\r\n", 404)
        yield row(f"socket at {target}, no token", f"GET {target} HTTP/1.1\r\n{{good}}{key}\r\n", 401)
    yield row("socket of a resource", f"GET {{path}} HTTP/1.1\r\n{{good}}{key}\r\n", 401)
    for host in ("evil.example", "127.0.0.1", "localhost.:{port}", "[::1]:{port}"):
        yield row(f"socket, host {host}", f"GET /rpc HTTP/1.1\r\nHost: {host}\r\n{key}{bearer}\r\n", 421)
    for name, changed in (
        ("another version", key.replace("13", "8")),
        ("no version", key.replace("Sec-WebSocket-Version: 13\r\n", "")),
        ("no key", key.split("Sec-WebSocket-Key", maxsplit=1)[0]),
        ("a body", key + "Content-Length: 3\r\n"),
    ):
        yield row(f"socket with {name}", f"GET /rpc HTTP/1.1\r\n{{good}}{changed}{bearer}\r\n", 400, 426)
    yield row("socket by POST", f"POST /rpc HTTP/1.1\r\n{{good}}{key}{bearer}\r\n", 405)
    yield row("socket, old", f"GET /rpc HTTP/1.0\r\n{{good}}{key}{bearer}\r\n", 400, 426)


def rows() -> list[Row]:
    """Return all of them."""
    return [
        *hosts(), *tokens(), *methods(), *forgeries(), *capabilities(), *malformed(), *handshakes(),
    ]  # fmt: skip
