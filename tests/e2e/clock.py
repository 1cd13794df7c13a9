"""A clock that runs at any speed: served on loopback to a process under test, and read by the test itself."""

import json
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class WorldClock:
    """An instant that stands still until it is told to run, so many seconds of its own to one real one."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._base = start
        self._since = time.monotonic()
        self._rate = 0.0

    def now(self) -> datetime:
        with self._lock:
            return self._read()

    def set(self, instant: datetime) -> None:
        with self._lock:
            self._base, self._since = instant, time.monotonic()

    def run(self, rate: float) -> None:
        """Runs on from the present instant; 0 stands still."""
        with self._lock:
            self._base, self._since = self._read(), time.monotonic()
            self._rate = rate

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {"now": self._read().isoformat(), "rate": self._rate}

    def _read(self) -> datetime:
        return self._base + timedelta(seconds=(time.monotonic() - self._since) * self._rate)


class ClockServer:
    """Serves a `WorldClock` as `GET /clock`, and notes who halts as `POST /halted/NAME`."""

    def __init__(self, clock: WorldClock) -> None:
        self.halted = threading.Event()
        halted = self.halted

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(200 if self.path == "/clock" else 404, json.dumps(clock.state()).encode())

            def do_POST(self) -> None:
                halted.set()
                self._answer(200, b"{}")

            def log_message(self, *_: object) -> None:
                """Nothing: a test's output is its own."""

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """A client that was killed while it asked is nothing to report."""
                if not isinstance(sys.exception(), ConnectionError):
                    super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on as it came

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def read_clock(url: str) -> tuple[datetime, float]:
    """The instant and the rate that a `ClockServer` tells; for the process under test."""
    with urllib.request.urlopen(f"{url}/clock", timeout=10) as reply:
        state = json.load(reply)
    return datetime.fromisoformat(state["now"]).astimezone(UTC), float(state["rate"])


def report_halt(url: str, name: str) -> None:
    """Tells the test that this process stands still now and may be killed."""
    request = urllib.request.Request(f"{url}/halted/{name}", data=b"", method="POST")
    urllib.request.urlopen(request, timeout=10).close()
