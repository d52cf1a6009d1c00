"""A sidecar that answers with what it was asked, in the order in which it was asked, and serves the page of the tests."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec

from sidecar.transport.http.front import HEADERS

PAGE = Path(__file__).with_name("page")


class Handler(SimpleHTTPRequestHandler):
    """Serves under the policy of the sidecar's own pages."""

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Standard error is for what goes wrong."""


def main() -> None:
    """Serve until the input ends, at the port that is named; `gone`: say where, and end before anybody comes."""
    gone = "gone" in sys.argv
    port = 0 if gone else int(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(PAGE)))
    if gone:
        server.server_close()
    else:
        Thread(target=server.serve_forever, daemon=True).start()
    http = {"origin": f"http://127.0.0.1:{server.server_port}", "token": "secret"}
    heard: Counter[str] = Counter()
    subscribed: list[str] = []
    for line in sys.stdin.buffer:
        message = msgspec.json.decode(line)
        method, params = message["method"], message["params"]
        heard[method] += 1
        if method == "initialize":
            result: Any = {"schemaHash": "", "http": http, "granted": None, "limits": {"inFlight": 100_000}}
            if gone:
                say({"id": message["id"], "result": result})
                return
        elif method == "events.subscribe":
            subscribed.append(f"s{heard[method]}")
            result = {"subscription": subscribed[-1], "seq": 0, "snapshots": {}}
        elif method == "system.health":
            for name in subscribed:
                say({"method": "$/event", "params": {"subscription": name, "topic": "log", "seq": 1, "payload": {}}})
            result = {}
        elif method == "events.unsubscribe":
            subscribed.remove(params["subscription"])
            result = {}
        elif method == "metrics.snapshot":
            result = heard
        else:
            result = {**params, **({"count": heard.total()} if "count" in params else {})}
        if "id" in message and "hold" not in params:
            say({"id": message["id"], "result": result})


def say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode({"jsonrpc": "2.0", **message}) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
