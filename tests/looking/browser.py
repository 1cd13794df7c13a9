"""Headless Chromium by its own protocol (CDP): no driver, no download. Skips where it is not installed."""

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",  # containers have none to give
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
)
_PATIENCE: Final = 60.0  # seconds to start, and for each answer


def chromium() -> str:
    """The browser's path: `$CHROMIUM`, or a usual name. Skips the test where there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(
            "needs Chromium: none of " + ", ".join(_NAMES) + " is installed, and $CHROMIUM is not set"
        )
    return found


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._loads = 0  # pages that have loaded and were not waited for yet
        self.requested: list[str] = []  # every address that was asked for since `open`

    async def open(
        self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = False
    ) -> None:
        """Shows the page; returns when it has loaded."""
        phone = width < 600
        self.requested.clear()
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._loads = 0
        await self.call("Page.navigate", url=url)
        await self.loaded()

    async def picture(self, file: Path) -> None:
        """The whole page as PNG."""
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        await asyncio.to_thread(file.write_bytes, base64.b64decode(shot["data"]))

    async def evaluate(self, expression: str) -> Any:
        """What an expression is worth; promises are waited for. The page's own policy does not bind it."""
        result = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def press(self, key: str) -> None:
        """Presses a key and lets go of it."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of one call of the protocol."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            told = await self._next()
            if told.get("id") == number:
                assert "error" not in told, (method, told["error"])
                return told["result"]

    async def loaded(self) -> None:
        """Returns when the page that is on its way has loaded."""
        while not self._loads:
            await self._next()
        self._loads = 0

    async def _next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.receive_str(), _PATIENCE))
        if told.get("method") == "Network.requestWillBeSent":
            self.requested.append(told["params"]["request"]["url"])
        self._loads += told.get("method") == "Page.loadEventFired"
        return told


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Tab]:
    """A browser with nothing in it, whose profile lies in the folder; ends with the context."""
    profile = folder / "profile"
    process = await asyncio.create_subprocess_exec(
        chromium(),
        *_OPTIONS,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        address = await asyncio.wait_for(_address(process), _PATIENCE)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{address}/json/list") as answer:
                targets: Sequence[dict[str, Any]] = await answer.json()
            page = next(one for one in targets if one["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                await tab.call("Page.enable")
                await tab.call("Network.enable")
                yield tab
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """The HOST:PORT of the protocol, which the browser tells on its standard error."""
    assert process.stderr is not None
    async for line in process.stderr:
        if b"DevTools listening on ws://" in line:
            return line.decode().split("ws://")[1].partition("/")[0]
    raise AssertionError("Chromium ended before it listened")
