"""The real HTTP client as the tests of sources use it: over loopback, with the clock they move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import aiohttp

from bot.ports import Clock, Store
from bot.sources.http import HttpClient


@asynccontextmanager
async def polite_client(
    store: Store, clock: Clock, *, holder: str = "test", patience: timedelta = timedelta(minutes=10)
) -> AsyncIterator[HttpClient]:
    """A client of its own session, its budgets in `store`."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield HttpClient(
            session,
            clock,
            store.sources,
            user_agent="Paperboy/0 (tests)",
            holder=holder,
            random=Random(7),
            patience=patience,
        )
