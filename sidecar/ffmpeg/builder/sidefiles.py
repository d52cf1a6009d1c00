"""The side files of one graph, gathered while it is built, and names that are taken once in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

from sidecar.ffmpeg.builder.command import SideFile


class SideFiles:
    """Files by name. A file that is added twice is one file."""

    def __init__(self) -> None:
        self._files: dict[str, SideFile] = {}
        self._names = 0

    def add(self, stem: str, suffix: str, content: bytes) -> str:
        """Keep content and return the plain name it will have, made of ASCII letters, digits, "-" and "."."""
        name = f"{stem}-{sha256(content).hexdigest()[:16]}.{suffix}"
        self._files[name] = SideFile(name, content)
        return name

    def made(self, stem: str, suffix: str, make: Callable[[], bytes], size: int, about: str) -> str:  # noqa: ARG002
        """Keep what `make` makes: `size` bytes, which `about` decides. Graphs that are not run need not make it."""
        content = make()
        if len(content) != size:
            raise AssertionError(f"{stem} has {len(content)} bytes, not {size}")
        return self.add(stem, suffix, content)

    def keep(self, files: Iterable[SideFile]) -> None:
        """Keep files that have their names already."""
        self._files.update((file.name, file) for file in files)

    def fresh(self, stem: str) -> str:
        """Return a name that no other filter of this graph has: the address of commands."""
        self._names += 1
        return f"{stem}{self._names}"

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def all(self) -> tuple[SideFile, ...]:
        """Return every file, in the order in which they were added."""
        return tuple(self._files.values())


class Sketched(SideFiles):
    """Side files of a graph that is looked at and not run: what is large is not made but described."""

    def made(self, stem: str, suffix: str, make: Callable[[], bytes], size: int, about: str) -> str:  # noqa: ARG002
        """Keep a line in place of the content."""
        return self.add(stem, suffix, f"{size} bytes of {stem}: {about}\n".encode())
