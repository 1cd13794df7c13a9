"""Invented people with subscriptions that are all due at one instant, and a week of recorded papers of arXiv.

Each has something to be told of.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.invented import SEED
from benchmarks.saved_searches import day_of_papers, searches
from bot.model import AnnounceType, Outcome, PaperReading, Poll, Upstream, Weekday, utc_ms
from bot.search.match import prepare
from bot.search.query import parse
from bot.search.sieve import Sieve
from storage.sqlite.store import open_sqlite

SLOT: Final = datetime(2025, 11, 21, 9, tzinfo=UTC)  # a Friday
PAPERS_A_DAY: Final = 315  # arXiv's median of a weekday in the recorded categories
_WEEKDAYS: Final = 5
_COMMON: Final = 1_000  # searches that many have
_DAY: Final = timedelta(days=1)
_EVERY_DAY: Final = json.dumps(list(Weekday))

_RECIPIENT: Final = "INSERT INTO recipients (id, name, created_at) VALUES (?, ?, ?)"
_DESTINATION: Final = """
    INSERT INTO destinations (
        id, recipient_id, name, surface, address, at, days, zone, query, "window", pool, maximum, floor,
        layout, quiet_day, state, active_from, created_at, label, owner_id
    ) VALUES (
        :id, :owner, :id, 'slack', :id, '09:00', :days, 'UTC', '', 'day', 'subscriptions', 5, 0, 'compact',
        'silent', 'active', :from, :from, 'direct message', :owner
    )
"""
_SUBSCRIPTION: Final = """
    INSERT INTO subscriptions (id, recipient_id, query, cadence, maximum, state, created_at, days)
    VALUES (?, ?, ?, 'daily', 5, 'active', ?, ?)
"""
_SPEAKS: Final = """
    INSERT INTO subscription_destinations (subscription_id, destination_id, position) VALUES (?, ?, 1)
"""


async def fill_with_people(path: Path, people: int) -> None:
    """Makes a store with a week of papers, and so many people who are due at `SLOT`: each with one to three
    searches, all different, and one that many have and that finds something.
    """
    async with open_sqlite(path) as store:
        for poll in _announcements():
            await store.papers.ingest(poll, poll.observed_at)
    with closing(sqlite3.connect(path)) as database, database:
        made_at = utc_ms(SLOT - 30 * _DAY)
        active_from = utc_ms(SLOT - timedelta(hours=1))
        database.executemany(_RECIPIENT, ((f"r{n}", f"person {n}", made_at) for n in range(people)))
        places = (
            {"id": f"d{n}", "owner": f"r{n}", "days": _EVERY_DAY, "from": active_from} for n in range(people)
        )
        database.executemany(_DESTINATION, places)
        wanted = list(_wanted(people))
        database.executemany(
            _SUBSCRIPTION, ((f"s{n}", f"r{who}", query, made_at + n, _EVERY_DAY) for n, who, query in wanted)
        )
        database.executemany(_SPEAKS, ((f"s{n}", f"d{who}") for n, who, _ in wanted))


def _wanted(people: int) -> Iterator[tuple[int, int, str]]:
    """Searches with their numbers, and whose they are."""
    random = Random(SEED)
    distinct = searches()
    papers = [prepare(one) for one in day_of_papers(_WEEKDAYS * PAPERS_A_DAY)]
    sieve = Sieve(papers, [None] * len(papers), SLOT)
    finding = (query for query in searches(SEED + 1) if sieve.sift(parse(query)).matching)
    common = list(islice(finding, _COMMON))
    number = count()
    for who in range(people):
        own = set(islice(distinct, random.randint(1, 3)))
        for query in sorted(own | {random.choice(common)}):
            yield next(number), who, query


def _announcements() -> Iterator[Poll]:
    """Recorded papers as arXiv's new listings of the last week's days."""
    papers = iter(day_of_papers(_WEEKDAYS * PAPERS_A_DAY))
    for day in range(_WEEKDAYS):
        yield Poll(
            upstream=Upstream.ARXIV,
            subject="new:cs.AI+cs.LG",
            observed_at=SLOT - timedelta(hours=5) - (_WEEKDAYS - 1 - day) * _DAY,
            outcome=Outcome.OK,
            readings=tuple(
                PaperReading(
                    ids=one.ids,
                    title=one.title,
                    abstract=one.abstract,
                    authors=one.authors,
                    categories=one.categories or (),
                    announce_type=AnnounceType.NEW,
                )
                for one in islice(papers, PAPERS_A_DAY)
            ),
        )


__all__ = ["PAPERS_A_DAY", "SLOT", "fill_with_people"]
