"""Raw video streams: nothing in them says when a frame is shown, so they are refused, and by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import MediaUnsupported
from tests.harness.desk import opened
from tests.harness.media import make_clip, run_ffmpeg

STREAMS = {"a.m2v": "mpeg2video", "a.m1v": "mpeg1video", "a.m4v": "mpeg4", "a.h264": "libx264", "a.hevc": "libx265"}


@pytest.mark.trio
async def test_a_stream_without_a_container_is_refused(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mp4", seconds=0.4)
    async with opened(tmp_path) as desk:
        for name, codec in STREAMS.items():
            path = tmp_path / name
            kind = (
                "m4v" if name == "a.m4v" else path.suffix[1:].replace("m2v", "mpeg2video").replace("m1v", "mpeg1video")
            )
            run_ffmpeg(["-i", str(source), "-an", "-c:v", codec, "-f", kind, str(path)])
            with pytest.raises(MediaUnsupported, match="without a container"):
                await desk.ask("media.probe", path=str(path))
            with pytest.raises(MediaUnsupported):
                await desk.ask("preview.batch", path=str(path), count=1)
