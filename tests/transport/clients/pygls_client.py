"""A real pygls client: initialize, call, get an error, cancel. Prints what came as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from pygls.client import JsonRPCClient
from pygls.exceptions import JsonRpcException


def plain(value: Any) -> Any:
    """Turn the objects that pygls makes of JSON into JSON again."""
    if hasattr(value, "_asdict"):
        return {name: plain(each) for name, each in value._asdict().items()}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


async def outcome(request: Any) -> dict[str, Any]:
    try:
        return {"result": plain(await asyncio.wait_for(request, 20))}
    except JsonRpcException as error:
        return {"error": {"code": error.code, "kind": (plain(error.data) or {}).get("kind")}}


async def main(plan: dict[str, Any]) -> dict[str, Any]:
    client = JsonRPCClient()
    await client.start_io(*plan["command"])
    ask = client.protocol.send_request_async
    seen: dict[str, Any] = {
        "initialize": await outcome(ask("initialize", plan["initialize"])),
        "call": await outcome(ask(*plan["call"])),
        "error": await outcome(ask(*plan["error"])),
    }
    method, params = plan["slow"]
    slow = asyncio.wrap_future(client.protocol.send_request(method, params, msg_id="slow"))
    client.protocol.notify("$/cancelRequest", {"id": "slow"})
    seen["cancelled"] = await outcome(slow)
    seen["after"] = await outcome(ask(*plan["call"]))
    seen["shutdown"] = await outcome(ask("shutdown", {}))
    client.protocol.notify("exit", {})
    server = client._server
    assert server is not None
    seen["code"] = await asyncio.wait_for(server.wait(), 20)
    await client.stop()  # type: ignore[no-untyped-call]
    return seen


print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
