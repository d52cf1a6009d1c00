"""Range and conditions, by the tables of RFC 9110."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.transport.http.conditions import judged, range_holds
from sidecar.transport.http.ranges import requested
from tests.transport.http.asking import get
from tests.transport.http.site import open_site

SIZE = 1000

RANGES: list[tuple[str, Any]] = [
    ("bytes=0-0", (0, 1)),
    ("bytes=0-", (0, 1000)),
    ("bytes=0-999", (0, 1000)),
    ("bytes=0-1000", (0, 1000)),
    ("bytes=0-9999999999999999999", (0, 1000)),
    ("bytes=500-", (500, 1000)),
    ("bytes=999-", (999, 1000)),
    ("bytes=999-999", (999, 1000)),
    ("bytes=-1", (999, 1000)),
    ("bytes=-1000", (0, 1000)),
    ("bytes=-1001", (0, 1000)),
    ("bytes=-9999999999999999999", (0, 1000)),
    ("BYTES=10-19", (10, 20)),
    ("bytes = 10-19", (10, 20)),
    ("bytes= 10-19 ", (10, 20)),
    ("bytes=10-19,", (10, 20)),
    ("bytes=,,10-19", (10, 20)),
    ("bytes=1000-", "unsatisfiable"),
    ("bytes=1000-1001", "unsatisfiable"),
    ("bytes=9999999999999999999-", "unsatisfiable"),
    ("bytes=-0", "unsatisfiable"),
    ("bytes=1000-,2000-3000,-0", "unsatisfiable"),
    ("bytes=0-1,5-6", "whole"),
    ("bytes=0-1,2000-", "whole"),
    ("bytes=-1,-2", "whole"),
    ("bytes=5-4", "whole"),
    ("bytes=0-0,5-4", "whole"),
    ("bytes=", "whole"),
    ("bytes=,", "whole"),
    ("bytes=-", "whole"),
    ("bytes=--1", "whole"),
    ("bytes=1", "whole"),
    ("bytes=a-b", "whole"),
    ("bytes=0x1-0x2", "whole"),
    ("bytes=1-2-3", "whole"),
    ("bytes=+1-2", "whole"),
    ("bytes=1 -2", "whole"),
    ("bytes=\u0661-\u0662", "whole"),
    ("bytes=99999999999999999999-", "whole"),
    ("bytes", "whole"),
    ("seconds=0-1", "whole"),
    ("none", "whole"),
    ("", "whole"),
    ("bytes=" + ",".join(["0-0"] * 101), "whole"),
]


@pytest.mark.parametrize(("header", "expected"), RANGES)
def test_what_a_range_asks_for(header: str, expected: object) -> None:
    assert requested(header, SIZE) == expected


@pytest.mark.parametrize(("header", "expected"), [("bytes=0-", "unsatisfiable"), ("bytes=-5", "whole"), ("", "whole")])
def test_of_nothing_there_is_no_part(header: str, expected: str) -> None:
    assert requested(header, 0) == expected


@given(st.integers(0, 60), st.integers(0, 60) | st.none(), st.integers(0, 60) | st.none())
def test_a_range_is_what_slicing_gives(size: int, first: int | None, last: int | None) -> None:
    content = bytes(range(size))
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    found = requested(header, size)
    if first is None:
        expected = content[-last:] if last else b""
    else:
        expected = content[first:] if last is None else content[first : last + 1]
    if isinstance(found, tuple):
        assert content[found[0] : found[1]] == expected
        assert expected
    elif found == "unsatisfiable":
        assert expected == b""
    else:
        malformed = (first is None and last is None) or (first is not None and last is not None and last < first)
        assert malformed or size == 0


@given(st.text())
def test_no_header_is_too_strange(header: str) -> None:
    found = requested(header, SIZE)
    assert isinstance(found, str) or 0 <= found[0] < found[1] <= SIZE


CONDITIONS: list[tuple[dict[str, str], str]] = [
    ({}, "go"),
    ({"if-none-match": '"tag"'}, "notModified"),
    ({"if-none-match": 'W/"tag"'}, "notModified"),
    ({"if-none-match": "*"}, "notModified"),
    ({"if-none-match": '"other", "tag"'}, "notModified"),
    ({"if-none-match": '"other",W/"tag"'}, "notModified"),
    ({"if-none-match": '"other"'}, "go"),
    ({"if-none-match": "tag"}, "go"),
    ({"if-none-match": '"tag'}, "go"),
    ({"if-none-match": '"TAG"'}, "go"),
    ({"if-match": '"tag"'}, "go"),
    ({"if-match": "*"}, "go"),
    ({"if-match": '"other","tag"'}, "go"),
    ({"if-match": 'W/"tag"'}, "failed"),
    ({"if-match": '"other"'}, "failed"),
    ({"if-match": ""}, "failed"),
    ({"if-match": '"other"', "if-none-match": '"tag"'}, "failed"),
    ({"if-match": '"tag"', "if-none-match": '"tag"'}, "notModified"),
]


@pytest.mark.parametrize(("headers", "expected"), CONDITIONS)
def test_what_conditions_mean(headers: dict[str, str], expected: str) -> None:
    assert judged(headers, "tag") == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('"tag"', True),
        (' "tag" ', True),
        ('W/"tag"', False),
        ('"other"', False),
        ('"tag", "tag"', False),
        ("tag", False),
        ("*", False),
        ("Mon, 23 Nov 2026 14:00:00 GMT", False),
    ],
)
def test_a_range_of_other_bytes_is_none(condition: str, holds: bool) -> None:  # noqa: FBT001
    assert range_holds({"if-range": condition}, "tag") is holds
    assert range_holds({}, "tag")


ANSWERS: list[tuple[str, dict[str, str], int, bytes | None, str | None]] = [
    ("GET", {}, 200, b"0123456789", None),
    ("GET", {"Range": "bytes=2-4"}, 206, b"234", "bytes 2-4/10"),
    ("GET", {"Range": "bytes=-3"}, 206, b"789", "bytes 7-9/10"),
    ("GET", {"Range": "bytes=7-"}, 206, b"789", "bytes 7-9/10"),
    ("GET", {"Range": "bytes=10-"}, 416, b"", "bytes */10"),
    ("GET", {"Range": "bytes=0-1,3-4"}, 200, b"0123456789", None),
    ("GET", {"Range": "bytes=20-,30-"}, 416, b"", "bytes */10"),
    ("GET", {"Range": "bytes=oops"}, 200, b"0123456789", None),
    ("GET", {"Range": "bytes=2-4", "If-Range": "<tag>"}, 206, b"234", "bytes 2-4/10"),
    ("GET", {"Range": "bytes=2-4", "If-Range": '"old"'}, 200, b"0123456789", None),
    ("GET", {"Range": "bytes=20-", "If-Range": '"old"'}, 200, b"0123456789", None),
    ("GET", {"If-None-Match": "<tag>"}, 304, b"", None),
    ("GET", {"If-None-Match": "<tag>", "Range": "bytes=2-4"}, 304, b"", None),
    ("GET", {"If-None-Match": '"old"', "Range": "bytes=2-4"}, 206, b"234", "bytes 2-4/10"),
    ("GET", {"If-Match": '"old"'}, 412, b"", None),
    ("GET", {"If-Match": "<tag>"}, 200, b"0123456789", None),
    ("HEAD", {}, 200, b"", None),
    ("HEAD", {"Range": "bytes=2-4"}, 200, b"", None),
    ("HEAD", {"If-None-Match": "<tag>"}, 304, b"", None),
]


async def test_answers_over_a_socket(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        grown = tmp_path / "grown.bin"
        grown.write_bytes(b"0123456789")
        offers = {
            "immutable": site.services.resources.offer_bytes(b"0123456789", "text/x-digits"),
            "session": site.services.resources.offer_file(grown, "text/x-digits"),
        }
        for lifetime, resource in offers.items():
            assert (resource.lifetime, resource.bytes) == (lifetime, 10)
            path = site.path_of(resource.url)
            tag = (await get(site.port, path)).headers["etag"]
            for method, headers, status, body, span in ANSWERS:
                given = {name: value.replace("<tag>", tag) for name, value in headers.items()}
                answer = await get(site.port, path, given, method)
                about = (lifetime, method, headers)
                assert (answer.status, answer.body) == (status, body), about
                assert answer.headers.get("content-range") == span, about
                if status in {200, 206}:
                    length = 10 if method == "HEAD" else len(answer.body)
                    assert answer.headers["content-length"] == str(length), about
                    assert answer.headers["content-type"] == "text/x-digits", about
                    assert answer.headers["accept-ranges"] == "bytes", about
                if status in {200, 206, 304}:
                    assert answer.headers["etag"] == tag, about
                    kept = {"immutable": "private, max-age=31536000, immutable", "session": "private, no-cache"}
                    assert answer.headers["cache-control"] == kept[lifetime], about
                else:
                    assert answer.headers["cache-control"] == "no-store", about
                assert answer.headers["x-content-type-options"] == "nosniff", about
                assert answer.headers["cross-origin-resource-policy"] == "cross-origin", about
                assert answer.headers["vary"] == "Origin", about


async def test_what_grows_is_served_as_it_is_and_known_by_another_tag(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        grown = tmp_path / "grown.bin"
        grown.write_bytes(b"0123")
        path = site.path_of(site.services.resources.offer_file(grown, "a/b").url)
        before = await get(site.port, path)
        with grown.open("ab") as file:
            file.write(b"456789")
        after = await get(site.port, path, {"If-None-Match": before.headers["etag"]})
        assert (before.body, after.status, after.body) == (b"0123", 200, b"0123456789")
        tail = await get(site.port, path, {"Range": "bytes=4-", "If-Range": before.headers["etag"]})
        assert (tail.status, tail.body) == (200, b"0123456789")
