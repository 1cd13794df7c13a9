"""A private feed with the outbox that it is read from: the bench does the worker's part of each delivery."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.feed.deliverer import SURFACE, FeedDeliverer
from bot.errors import RefusedError
from bot.model import PLAIN_POSTING, DeliveryState, Destination, NewDelivery, Planned, Pool, Route
from bot.ports import Deliverer, Parcel, Store
from bot.view.doc import from_json
from bot.view.plain import to_plain
from bot.view.text import control_free
from storage.sqlite.store import open_sqlite
from tests.contract.bench import NOW, Arrived, Trouble
from tests.contract.rows import MINUTE, add_destination, add_papers

_ADDRESS: Final = "3fk29dkqp1z7m4c8x0b5n6v2"
_MOST: Final = 30  # messages


class _Worked:
    """A deliverer whose messages are written, leased and recorded as the worker does it."""

    def __init__(self, inner: FeedDeliverer, store: Store, place: Destination, papers: list[int]) -> None:
        self._inner = inner
        self._store = store
        self._place = place
        self._papers = papers  # not told of yet
        self._alone = asyncio.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, parcel: Parcel) -> str:
        async with self._alone:
            at = NOW + timedelta(seconds=_MOST - len(self._papers))
            if await self._store.outbox.announce(self._delivery(parcel, at), at) is not Planned.STORED:
                return await self._inner.send(parcel)  # its key is known, and nothing is recorded twice
            (claimed,) = await self._store.outbox.claim("w", [SURFACE], at, MINUTE, 1)
            await self._store.outbox.sending(claimed.id, claimed.fence, at, MINUTE)
            try:
                receipt = await self._inner.send(parcel)
            except RefusedError as error:
                await self._store.outbox.rejected(claimed.id, claimed.fence, at, str(error))
                raise
            await self._store.outbox.sent(claimed.id, claimed.fence, at, receipt)
            return receipt

    def _delivery(self, parcel: Parcel, at: datetime) -> NewDelivery:
        return NewDelivery(
            id=parcel.delivery_id,
            key=parcel.key,
            destination_id=self._place.id,
            recipient_id=self._place.recipient_id,
            route=Route(surface=SURFACE, address=parcel.address),
            doc=parcel.doc,
            papers=(self._papers.pop(),),
            deliver_by=at + 6 * 60 * MINUTE,
        )


class FeedBench:
    address = _ADDRESS
    secrets = (_ADDRESS,)
    normal: Final = {_ADDRESS: _ADDRESS, f" {_ADDRESS}\n": _ADDRESS}
    impossible = ("", "short", _ADDRESS.upper(), f"{_ADDRESS}/..", "https://example.org/feed.atom")
    posting = PLAIN_POSTING
    is_terminal = False
    troubles = frozenset[Trouble]()  # nothing is sent anywhere

    def __init__(self, deliverer: Deliverer, store: Store, place: Destination) -> None:
        self.deliverer = deliverer
        self._store = store
        self._place = place

    def cause(self, trouble: Trouble) -> None:
        raise AssertionError(f"{trouble} cannot befall a feed.")

    def pass_time(self, duration: timedelta) -> None:
        """A feed has no clock."""

    def forbid_asking(self) -> None:
        pytest.skip("it can always be asked")

    def shown(self, text: str) -> str:
        return " ".join(control_free(text).split())

    async def arrived(self) -> list[Arrived]:
        """What the feed is made of; both lists have the newest first."""
        posted = await self._store.outbox.posted(self._place.id, _MOST)
        recorded = await self._store.outbox.list([DeliveryState.SENT], _MOST)
        found = [
            Arrived(delivery.key, to_plain(from_json(one.doc), None))
            for one, delivery in zip(posted, recorded, strict=True)
        ]
        return found[::-1]

    async def under_way(self) -> None:
        raise AssertionError("Nothing is ever under way to a feed.")


@contextlib.asynccontextmanager
async def feed_bench(patience: timedelta) -> AsyncIterator[FeedBench]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_sqlite(Path(folder) / "paperboy.db") as store:
            route = Route(surface=SURFACE, address=_ADDRESS)
            place = await add_destination(store.destinations, "feed", route=route, pool=Pool.SUBSCRIPTIONS)
            papers = await add_papers(store, _MOST)
            inner = FeedDeliverer(store.outbox, timeout=patience)
            yield FeedBench(_Worked(inner, store, place, papers), store, place)


__all__ = ["FeedBench", "feed_bench"]
