"""Ten recorded weeks, lived again by invented subscribers: a digest is what the search would have found then.

Subscribers want recorded topics, the frequent ones more of them. Every weekday at nine the planner writes
what is due; beside it an index that follows the store is asked for each search alone, and the judge decides.
"""

import csv
import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path

import pytest

from bot.model import WORKDAYS, DeliveryState, Destination, Paper, Schedule, Signal, Weekday, Window
from bot.people.model import Cadence, Identity, Subscription
from bot.ports import Store
from bot.search.match import compile_query, prepare
from bot.search.ports import Limits, Order, SearchIndex
from bot.search.query import Query, format_query, parse
from bot.sources.huggingface import poll_from_body
from bot.trending.replay import trending
from storage.index.index import open_index
from tests.contract.people import a_subscription, direct, meet
from tests.contract.test_all_recorded_lists import Recorded, recorded_lists
from tests.contract.test_planner import numbers, tick
from tests.shared import shared_file

FIRST = date(2025, 9, 22)  # a Monday
WEEKS = 10
NINE = time(9)
DAY = timedelta(days=1)
BEGIN = datetime.combine(FIRST, time(0), UTC)
MONDAYS = frozenset({Weekday.MON})


# --- who subscribes ------------------------------------------------------------------------------


def topics() -> tuple[list[str], list[int]]:
    """Recorded topics, and how often each was met, added up."""
    path = shared_file("data/search-known-item/topic_counts.tsv")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.reader(lines, delimiter="\t") if '"' not in row[0]]
    return [topic for topic, _ in rows], list(accumulate(int(count) for _, count in rows))


def wishes(count: int) -> list[list[str]]:
    """For each of so many subscribers one to three searches: a topic, as words or as a phrase, or two."""
    chance = random.Random(count)
    known, weights = topics()

    def topic() -> str:
        (found,) = chance.choices(known, cum_weights=weights)
        return found if chance.random() < 0.5 else f'"{found}"'

    def search() -> str:
        typed = topic() if chance.random() < 0.7 else f"{topic()} OR {topic()}"
        return format_query(parse(typed))

    return [list(dict.fromkeys(search() for _ in range(chance.randint(1, 3)))) for _ in range(count)]


async def subscribe(store: Store, count: int) -> list[tuple[Destination, list[Subscription]]]:
    """The subscribers, each with one place and all that speaks there, in order of its making."""
    chance = random.Random(count)
    made = []
    for number, queries in enumerate(wishes(count)):
        person = await meet(store, Identity("slack", "T1", f"U{number}"), at=BEGIN)
        place = direct(person, schedule=Schedule(NINE, WORKDAYS, "UTC"), active_from=BEGIN, created_at=BEGIN)
        some = []
        for order, query in enumerate(queries):
            weekly = chance.random() < 0.25
            wanted = a_subscription(
                person,
                place,
                query,
                id=f"{number}-{order}",
                cadence=Cadence.WEEKLY if weekly else Cadence.DAILY,
                days=MONDAYS if weekly else WORKDAYS,
                maximum=chance.choice((1, 3, 5, 20)),
                created_at=BEGIN - 30 * DAY + timedelta(seconds=order),
            )
            some.append(await store.people.subscribe(wanted, place))
        made.append((place, some))
    return made


# --- what the search would have returned -----------------------------------------------------------


class Asked:
    """The search at one instant. Each search is asked by itself."""

    def __init__(self, store: Store, index: SearchIndex, now: datetime) -> None:
        self._store = store
        self._index = index
        self._now = now
        self._scores: dict[int, float] | None = None
        self._found: dict[tuple[str, timedelta], list[str]] = {}

    async def find(self, query: str, reach: timedelta) -> list[str]:
        """The keys of what matches of the papers that came within `reach`, the best first."""
        if (query, reach) not in self._found:
            self._found[query, reach] = [paper.key for paper in await self._search(parse(query), reach)]
        return self._found[query, reach]

    async def _search(self, wanted: Query, reach: timedelta) -> list[Paper]:
        papers, now = self._store.papers, self._now
        shown = frozenset(await papers.first_shown(now - reach, now))
        hits = (await self._index.matching(wanted, Limits(now, len(shown) or 1, among=shown), Order.NEW)).hits
        found = await papers.get([hit.paper_id for hit in hits])
        signals = await papers.signals(found)
        judge = compile_query(wanted, now)
        matching = [
            paper
            for number, paper in found.items()
            if paper.first_seen_at > now - reach
            and judge(prepare(paper), signals.get(number, {}).get(Signal.UPVOTES))
        ]
        scores = await self._ranked()
        return sorted(
            matching, key=lambda one: (-scores.get(one.id, 0.0), -one.first_seen_at.timestamp(), one.key)
        )

    async def _ranked(self) -> dict[int, float]:
        if self._scores is None:
            week = await trending(self._store.papers, Window.WEEK, self._now, 1_000)
            self._scores = {entry.paper_id: entry.score for entry in week.entries}
        return self._scores


async def expected(asked: Asked, speaking: Sequence[Subscription], told: set[str]) -> list[str]:
    """What is new of it, under the first search that finds it, of each at most its maximum."""
    shown: dict[str, None] = {}
    for one in speaking:
        reach = 8 * DAY if one.cadence is Cadence.WEEKLY else 7 * DAY
        new = [key for key in await asked.find(one.query, reach) if key not in told and key not in shown]
        shown.update(dict.fromkeys(new[: one.maximum]))
    return list(shown)


# --- the replay ------------------------------------------------------------------------------------


def weeks() -> dict[date, list[Recorded]]:
    """The lists of the ten weeks by the day on which they were read; a few were read a day late."""
    found: dict[date, list[Recorded]] = {}
    for one in recorded_lists():
        found.setdefault(one.captured_at.date(), []).append(one)
    return {day: some for day, some in found.items() if FIRST <= day < FIRST + WEEKS * 7 * DAY}


async def replay(store: Store, folder: Path, count: int) -> None:
    subscribers = await subscribe(store, count)
    lists = weeks()
    told: dict[str, set[str]] = {place.recipient_id: set() for place, _ in subscribers}
    digests = papers = 0
    async with open_index(folder / "index", store.papers, None) as index:
        for day in (FIRST + n * DAY for n in range(WEEKS * 7)):
            for one in lists.get(day, ()):
                assert one.captured_at < datetime.combine(day, NINE, UTC)
                body = json.dumps(one.rows).encode()
                poll = poll_from_body(body, f"daily:{one.day}", one.captured_at)
                await store.papers.ingest(poll, one.captured_at)
            if day.weekday() >= len(WORKDAYS):
                continue
            now = datetime.combine(day, NINE, UTC)
            await index.catch_up()
            queued = await tick(store, now)
            newest = await store.outbox.list([DeliveryState.PENDING], queued)
            sent = {one.recipient_id: await numbers(store, one) for one in newest if one.created_at == now}
            assert len(sent) == queued
            asked = Asked(store, index, now)
            for place, some in subscribers:
                speaking = [one for one in some if list(Weekday)[day.weekday()] in one.days]
                wanted = await expected(asked, speaking, told[place.recipient_id])
                assert sent.get(place.recipient_id, []) == wanted, (day, [one.query for one in speaking])
                told[place.recipient_id].update(wanted)
                digests += bool(wanted)
                papers += len(wanted)
    print(f"{count} subscribers, {WEEKS} weeks: {digests} digests with {papers} papers")
    assert digests > count, "hardly anything came: this proves nothing"


async def test_ten_weeks_bring_a_hundred_subscribers_what_the_search_would_have_found(
    store: Store, tmp_path: Path
) -> None:
    await replay(store, tmp_path, 100)


@pytest.mark.soak
async def test_ten_weeks_bring_a_thousand_subscribers_what_the_search_would_have_found(
    store: Store, tmp_path: Path
) -> None:
    await replay(store, tmp_path, 1_000)
