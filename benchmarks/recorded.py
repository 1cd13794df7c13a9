"""A month of recorded daily lists, read from the folder `shared` beside the checkout."""

import gzip
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import ROOT
from bot.sources.huggingface import poll_from_body
from storage.sqlite.store import open_sqlite

BODIES: Final = ROOT.parent / "shared" / "data" / "hf-daily-papers" / "responses.jsonl.gz"
ABSENT: Final = f"needs {BODIES.relative_to(ROOT.parent)} beside the checkout"
MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RecordedList:
    """One body of `GET /api/daily_papers?date=…`, and when it was read."""

    day: date
    captured_at: datetime
    rows: list[dict[str, Any]]


def newest_month() -> list[RecordedList]:
    """The recorded lists of the last 30 days that there are, in order. The file must be there."""
    with gzip.open(BODIES, "rt", encoding="utf-8") as lines:
        lists = [
            RecordedList(
                date.fromisoformat(body["list_date"]),
                datetime.fromisoformat(body["captured_at"]),
                body["response"],
            )
            for body in map(json.loads, lines)
        ]
    newest = max(one.day for one in lists)
    return sorted((one for one in lists if one.day > newest - MONTH), key=lambda one: one.captured_at)


async def ingest(database: Path, lists: list[RecordedList]) -> None:
    """Takes the lists in as the bot does."""
    async with open_sqlite(database) as store:
        for one in lists:
            body = json.dumps(one.rows).encode()
            await store.papers.ingest(
                poll_from_body(body, f"daily:{one.day}", one.captured_at), one.captured_at
            )
