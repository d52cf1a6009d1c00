"""A real python-lsp-jsonrpc client: initialize, call, get an error, cancel. Prints what came as JSON."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from typing import Any

from pylsp_jsonrpc.endpoint import Endpoint
from pylsp_jsonrpc.exceptions import JsonRpcException
from pylsp_jsonrpc.streams import JsonRpcStreamReader, JsonRpcStreamWriter


def outcome(future: Any) -> dict[str, Any]:
    try:
        return {"result": future.result(20)}
    except JsonRpcException as error:
        return {"error": {"code": error.code, "kind": (error.data or {}).get("kind")}}


def main(plan: dict[str, Any]) -> dict[str, Any]:
    numbers = itertools.count()
    last = 0

    def number() -> int:
        nonlocal last
        last = next(numbers)
        return last

    with subprocess.Popen(plan["command"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        endpoint = Endpoint({}, JsonRpcStreamWriter(server.stdin).write, number)
        listener = threading.Thread(target=JsonRpcStreamReader(server.stdout).listen, args=(endpoint.consume,))
        listener.start()
        seen: dict[str, Any] = {
            "initialize": outcome(endpoint.request("initialize", plan["initialize"])),
            "call": outcome(endpoint.request(*plan["call"])),
            "error": outcome(endpoint.request(*plan["error"])),
        }
        slow = endpoint.request(*plan["slow"])
        endpoint.notify("$/cancelRequest", {"id": last})
        seen["cancelled"] = outcome(slow)
        seen["after"] = outcome(endpoint.request(*plan["call"]))
        seen["shutdown"] = outcome(endpoint.request("shutdown"))
        endpoint.notify("exit")
        seen["code"] = server.wait(20)
        listener.join(20)
        endpoint.shutdown()
    return seen


print(json.dumps(main(json.loads(sys.argv[1]))))
