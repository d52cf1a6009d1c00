"""Commands that the tests of processes run."""

from __future__ import annotations

from sidecar.ffmpeg.builder.command import Command, Output
from sidecar.ffmpeg.builder.graph import Input, InputStream, node

NULL = (("f", "null"),)


def encode(
    target: str = "file:out.nut", *, seconds: float = 1, size: str = "64x64", codec: str = "libx264", **options: str
) -> Command:
    """Encode a test pattern; options replace those given here by name."""
    given = {"c:v": codec, "f": "nut", **options}
    picture = node("testsrc2", medium="video", size=size, rate=25, duration=float(seconds))
    return Command((Output((picture,), tuple(given.items()), target),))


def endless(target: str = "file:out.nut") -> Command:
    """Encode for ever, slowly enough to leave the machine to others."""
    picture = node("testsrc2", medium="video", size="64x64", rate=25)
    return Command(
        (Output((node("realtime", picture),), (("c:v", "ffv1"), ("flush_packets", "1"), ("f", "nut")), target),)
    )


def read(
    *urls: str, options: tuple[tuple[str, str | None], ...] = (), globals_: tuple[tuple[str, str | None], ...] = ()
) -> Command:
    """Decode the first stream of each file into nothing."""
    streams = tuple(InputStream(Input(url, options), "video", 0) for url in urls)
    return Command((Output(streams, NULL, "-"),), globals_=globals_)
