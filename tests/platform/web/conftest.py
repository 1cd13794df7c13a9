"""A day of seven papers, served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.ports import Store
from storage.sqlite.store import open_sqlite
from tests.clocks import StillClock
from tests.contract.commands import NOW, fill
from tests.platform.web.serving import Served, served


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "paperboy.db") as opened:
        yield opened


@pytest.fixture
async def page(store: Store, tmp_path: Path) -> AsyncIterator[Served]:
    await fill(store)
    async with served(store, tmp_path, StillClock(NOW)) as running:
        yield running


@pytest.fixture
async def reader() -> AsyncIterator[aiohttp.ClientSession]:
    async with browsing() as session:
        yield session


@asynccontextmanager
async def browsing() -> AsyncIterator[aiohttp.ClientSession]:
    """A session that keeps no cookies: whoever sets one is seen in the headers."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
