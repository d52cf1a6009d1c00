"""Commands of waveforms."""

from __future__ import annotations

from protocol.commands.waveform import MediaWaveform, Waveform
from sidecar.commands.call import Call
from sidecar.commands.refs import media_file
from sidecar.commands.registry import command
from sidecar.services.media.spans import span_of


@command("media.waveform")
async def waveform(params: MediaWaveform, call: Call) -> Waveform:
    """Return peaks, telling of them as they come."""
    from sidecar.services.media.waveform.cutter import Asked  # noqa: PLC0415 - start-up time
    from sidecar.services.media.waveform.inline import Chunk, items_of  # noqa: PLC0415 - start-up time
    from sidecar.services.media.waveform.service import Listener  # noqa: PLC0415 - start-up time

    path = await media_file(params.path, call)
    report, listener = call.report, None
    if report is not None:

        def done(seconds: float, total: float | None) -> None:
            report({"kind": "report", "done": seconds, "total": total, "message": None})

        def chunks(found: list[Chunk]) -> None:
            report({"kind": "items", "items": items_of(found)})

        listener = Listener(done, chunks)
    asked = Asked(
        stream=params.audio_stream,
        span=span_of(params.range),
        samples_per_pixel=params.samples_per_pixel,
        mix=params.channels == "mix",
        bits=params.bits,
        inline=params.inline,
    )
    await call.progress({"kind": "begin", "title": "Reading the sound", "total": None})
    found = await call.services.waveforms.waveform(path, asked, shown=params.path, listener=listener)
    await call.progress({"kind": "end"})
    return found
