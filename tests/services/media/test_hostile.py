"""Files that mean harm, or are no media at all."""

from __future__ import annotations

import os
import socket
import struct
import zlib
from pathlib import Path

import pytest

from protocol.errors import (
    MediaEncrypted,
    MediaNotFound,
    MediaUnreadable,
    MediaUnsupported,
    PermissionDenied,
    SidecarError,
)
from sidecar.services.media.fingerprint import fingerprint
from sidecar.services.media.messages import IndexLevel
from sidecar.services.media.paths import local_path
from sidecar.services.media.reader import probe_file
from tests.harness.media import make_clip, run_ffmpeg


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "a.mp4", audio="mono", gop=5)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}/a.ts\n"),
        ("b.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}/a.ts\n"),
        ("c.mp4", "ffconcat version 1.0\nfile sibling.mp4\n"),
        ("d.ffconcat", "ffconcat version 1.0\nfile {url}/a.mp4\n"),
        ("e.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"),
        ("f.mpd", '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}/</BaseURL></MPD>'),
        ("g.xml", '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"/>'),
        ("h.asx", "[Reference]\nRef1={url}/a.wmv\n"),
    ],
)
def test_playlists_lead_nowhere(tmp_path: Path, clip: Path, name: str, text: str) -> None:
    (tmp_path / "sibling.mp4").write_bytes(clip.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (tmp_path / name).write_text(text.format(url=f"http://127.0.0.1:{port}", port=port))
        with pytest.raises((MediaUnsupported, MediaUnreadable)):
            probe_file(tmp_path / name, "full")
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("name", ["-i.mp4", "-vf movie=x.mp4", "%d.png", "a%03d.jpg", "x'[];,:.mp4", "http:a.mp4", " "])
def test_names_are_just_names(tmp_path: Path, clip: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix in (".png", ".jpg"):
        made = make_clip(tmp_path / f"made{path.suffix}")
        made.rename(path)
    else:
        path.write_bytes(clip.read_bytes())
    info = probe_file(path, "keyframes").info
    assert info.video[0].width == 192
    assert info.path == str(path)


def test_only_regular_files(tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "fifo.mp4"
    os.mkfifo(fifo)
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    file = tmp_path / "file.mp4"
    file.write_bytes(clip.read_bytes())
    for path in (tmp_path, fifo, Path("/dev/zero"), loop, file / "below.mp4", tmp_path / ("x" * 300), tmp_path / "no"):
        with pytest.raises(MediaNotFound):
            probe_file(path)
        with pytest.raises(MediaNotFound):
            fingerprint(path)
    link = tmp_path / "link.mp4"
    link.symlink_to(file)
    assert probe_file(link).info.video
    with pytest.raises(MediaUnreadable):
        probe_file(Path("nul\0.mp4"))

    def refuse(*_: object) -> int:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionDenied):
        fingerprint(file)


def test_what_is_no_media(tmp_path: Path) -> None:
    for name, content in (
        ("empty.mp4", b""),
        ("junk.mp4", bytes(range(256)) * 64),
        ("text.mov", b"hello, world\n" * 100),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises((MediaUnreadable, MediaUnsupported)) as caught:
            probe_file(tmp_path / name)
        assert str(tmp_path / name) in caught.value.message


def test_cut_and_damaged_files_are_errors_or_described(tmp_path: Path, clip: Path) -> None:
    whole = clip.read_bytes()
    for length in (8, 200, len(whole) // 2):
        path = tmp_path / f"{length}.mp4"
        path.write_bytes(whole[:length])
        with pytest.raises(MediaUnreadable):
            probe_file(path)
    for seed in range(40):
        damaged = bytearray(whole)
        for step in range(20):
            damaged[(seed * 7919 + step * 104_729) % len(damaged)] ^= 1 + (seed * 31 + step) % 255
        path = tmp_path / "damaged.mp4"
        path.write_bytes(damaged)
        try:
            probe_file(path, "full")
        except SidecarError:
            continue


def test_a_picture_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises((MediaUnsupported, MediaUnreadable)):
        probe_file(tmp_path / "bomb.png", "full")


def test_encrypted_pictures_and_sounds(tmp_path: Path, clip: Path) -> None:
    key = "00112233445566778899aabbccddeeff"
    scheme = ["-c", "copy", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key]
    locked = tmp_path / "locked.mp4"
    run_ffmpeg(["-i", str(clip), *scheme, str(locked)])
    levels: tuple[IndexLevel, ...] = ("none", "full")
    for level in levels:
        with pytest.raises(MediaEncrypted):
            probe_file(locked, level)
    song = tmp_path / "song.mp4"
    run_ffmpeg(["-i", str(clip), "-vn", *scheme, str(song)])
    with pytest.raises(MediaEncrypted):
        probe_file(song)


def test_nothing_to_play(tmp_path: Path) -> None:
    (tmp_path / "s.srt").write_text("1\n00:00:00,100 --> 00:00:01,000\nHello\n")
    run_ffmpeg(["-i", str(tmp_path / "s.srt"), str(tmp_path / "s.mkv")])
    with pytest.raises(MediaUnsupported):
        probe_file(tmp_path / "s.mkv")


def test_paths_as_clients_write_them() -> None:
    assert local_path("/a b/c.mp4") == Path("/a b/c.mp4")
    assert local_path("file:///a%20b/%25.mp4") == Path("/a b/%.mp4")
    assert local_path("file://localhost/a.mp4") == Path("/a.mp4")
    assert local_path("FILE:/a.mp4") == Path("/a.mp4")
    assert local_path("file:/a?b#c.mp4") == Path("/a?b#c.mp4")
    assert local_path("file:///a b#c?d/e\tf\n.mp4") == Path("/a b#c?d/e\tf\n.mp4")
    assert local_path("file://localhost/a?b.mp4") == Path("/a?b.mp4")
    assert local_path("100%20.mp4") == Path("100%20.mp4")
    assert os.fsencode(local_path("file:///%ff.mp4")) == b"/\xff.mp4"
    for wrong in ("", "a\0b", "file://host/a.mp4", "file://[/a.mp4", "file:", "file:///a%00b"):
        with pytest.raises(MediaUnsupported):
            local_path(wrong)
