"""`sidecar doctor`: what is here, what is missing, and what to do about it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from protocol.commands.system import Health, SystemInfo
from sidecar.cli.engine import Engine, run
from sidecar.cli.exits import DONE, FAILED
from sidecar.cli.output import Output


def doctor(*, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """Check FFmpeg, encoders, fonts, GPU, disk and versions; exits with 1 if something has failed.

    Parameters
    ----------
    as_json
        Print the checks as JSON.
    """

    async def work(engine: Engine) -> int:
        info: SystemInfo = await engine.request("system.info")
        health: Health = await engine.request("system.health")
        output.result({"info": info, "health": health})
        output.table(("what", "value"), rows(info))
        output.line("")
        output.table(("check", "state", "detail"), [(c.name, c.state, c.detail) for c in health.checks])
        for check in health.checks:
            if check.advice is not None:
                output.line(f"{check.name}: {check.advice}", check.state)
        return FAILED if health.state == "failed" else DONE

    output = Output.choose(as_json=as_json)
    return run(work, output)


def rows(info: SystemInfo) -> list[tuple[str, str]]:
    """Versions and folders as rows."""
    lines = [
        ("sidecar", info.version),
        ("python", info.python),
        ("platform", f"{info.platform} {info.machine}, {info.cores} cores"),
        ("ffmpeg", f"{info.ffmpeg.version} ({info.ffmpeg.licence}) {info.ffmpeg.path}" if info.ffmpeg else "none"),
        ("data", info.paths.data),
        ("cache", info.paths.cache),
        ("temp", info.paths.temp),
        ("log", info.paths.log),
    ]
    return lines + [(name, version) for name, version in sorted(info.libraries.items())]
