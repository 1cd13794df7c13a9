"""Upstreams that are asked while a person waits, answering when the test lets them."""

import asyncio
from collections.abc import Sequence

from bot.model import PaperReading, Upstream


class Waited:
    """`bot.search.ports.SearchedUpstream`: answers every search alike, once it is let."""

    def __init__(self, upstream: Upstream, readings: Sequence[PaperReading] | None) -> None:
        """`None`: it cannot be asked."""
        self.upstream = upstream
        self.asked: list[str] = []
        self.let = asyncio.Event()
        self._readings = readings

    async def search(self, text: str, limit: int) -> Sequence[PaperReading] | None:
        self.asked.append(text)
        await self.let.wait()
        return None if self._readings is None else self._readings[:limit]
