"""Digests of recorded days, as a destination in Slack would get them."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from bot.editions.preview import preview
from bot.model import EVERY_DAY, Destination, Layout, Route, Schedule, Slot
from bot.ports import Store
from bot.sources.huggingface import poll_from_body
from bot.view.doc import Doc
from storage.sqlite.store import open_sqlite
from tests.shared import shared_file

# Ten days of all kinds, long lists and short ones, each with how many papers at most.
DAYS: Final = {
    date(2024, 3, 12): 5,
    date(2024, 9, 3): 5,  # two papers on the list
    date(2024, 10, 10): 5,  # 46 of them
    date(2025, 1, 21): 3,  # one
    date(2025, 5, 28): 20,
    date(2025, 8, 19): 5,
    date(2025, 11, 20): 5,
    date(2025, 11, 25): 8,
    date(2025, 12, 2): 3,
    date(2025, 12, 31): 5,
}
_MADE_AT: Final = datetime(2024, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def recorded_store(folder: Path) -> AsyncIterator[Store]:
    """A store with every recorded daily list, read when it was captured."""
    async with open_sqlite(folder / "recorded.db") as store:
        with gzip.open(
            shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8"
        ) as lines:
            records = sorted(map(json.loads, lines), key=lambda one: str(one["captured_at"]))
        for record in records:
            at = datetime.fromisoformat(record["captured_at"])
            await store.papers.ingest(
                poll_from_body(record["response"], f"daily:{record['list_date']}", at), at
            )
        yield store


async def digest_of(store: Store, day: date, maximum: int, *, query: str = "", floor: int = 0) -> Doc:
    """The digest in the evening of that day, Berlin time; nobody was told anything before."""
    at = datetime.combine(day, time(20), UTC)
    destination = Destination(
        id="k3v9x2mq7abc",
        recipient_id="r1",
        name="slack:T1/C1",
        label="#ml-papers",
        route=Route(surface="slack", address="T1/C1"),
        schedule=Schedule(time(21), EVERY_DAY, "Europe/Berlin"),
        query=query,
        maximum=maximum,
        floor=floor,
        layout=Layout.COMPACT,
        active_from=_MADE_AT,
        created_at=_MADE_AT,
    )
    return (await preview(store, destination, Slot(day, at), at + timedelta(minutes=1), ledger=False)).doc
