"""Every recorded daily list, of every age of the schema, through client, poller and store: no row is lost."""

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.model import IdScheme, Outcome, PaperId, Poll, Signal, Upstream
from bot.ports import Store
from bot.sources.agenda import Habits, agenda, lists_to_load
from bot.sources.huggingface import HuggingFaceSource, poll_from_body
from bot.sources.poller import Poller, Sources
from storage.sqlite.store import open_sqlite
from tests.clocks import FakeClock
from tests.contract.clients import polite_client
from tests.contract.test_poller import live
from tests.servers.huggingface import HuggingFaceServer, Row
from tests.shared import shared_file

DAY = timedelta(days=1)
LISTS = 417
AGES = 8
CUT_AT = 50  # rows: what a request without a limit gets


@dataclass(frozen=True)
class Recorded:
    """One body as it was captured."""

    day: date
    captured_at: datetime
    rows: list[Row]

    @property
    def upvotes(self) -> dict[str, int]:
        return {row["paper"]["id"]: row["paper"]["upvotes"] for row in self.rows}


def recorded_lists() -> list[Recorded]:
    """The long series, in order of capture."""
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        found = [
            Recorded(
                date.fromisoformat(record["list_date"]),
                datetime.fromisoformat(record["captured_at"]),
                record["response"],
            )
            for record in map(json.loads, lines)
        ]
    return sorted(found, key=lambda one: one.captured_at)


def schema_ages() -> list[Recorded]:
    """One body of each age of the schema, named after its day; captured, for all we know, at noon."""
    found = []
    for path in sorted(shared_file("data/api-fixtures/hf-daily-papers").glob("daily_papers_*.json")):
        day = date.fromisoformat(path.stem.split("_")[2])
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        found.append(Recorded(day, noon, json.loads(path.read_text(encoding="utf-8"))))
    return found


@pytest.fixture(scope="module")
def recorded() -> list[Recorded]:
    found = sorted([*recorded_lists(), *schema_ages()], key=lambda one: one.captured_at)
    assert len(found) == LISTS + AGES
    return found


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "paperboy.db"


def expected(recorded: list[Recorded]) -> set[tuple[date, str]]:
    """Which papers stood in which lists, counted in the bodies themselves."""
    return {(one.day, row["paper"]["id"]) for one in recorded for row in one.rows}


def listed(database: Path) -> set[tuple[date, str]]:
    """The same as the database has it."""
    with closing(sqlite3.connect(database)) as opened:
        rows = opened.execute(
            "SELECT substr(subject, 7), value FROM listings JOIN subjects ON subjects.id = subject_id"
            " JOIN paper_ids ON paper_ids.paper_id = listings.paper_id AND scheme = 'arxiv'"
            " WHERE subject LIKE 'daily:%'"
        )
        return {(date.fromisoformat(day), value) for day, value in rows}


async def check(store: Store, database: Path, recorded: list[Recorded], as_of: datetime) -> None:
    """Every listing and every paper is there, whole, with the last number that was read of it."""
    assert listed(database) == expected(recorded)
    last = {paper: count for one in recorded for paper, count in one.upvotes.items()}
    assert (await store.papers.coverage()).papers == len(last)
    numbers = {}
    for value in last:
        paper = await store.papers.find(PaperId(IdScheme.ARXIV, value))
        assert paper is not None
        assert paper.title
        assert paper.abstract
        assert paper.authors
        numbers[paper.id] = value
    series = await store.papers.series_of(numbers, as_of)
    upvotes = {
        numbers[one.paper_id]: one.signals[Signal.UPVOTES, Upstream.HUGGING_FACE].last for one in series
    }
    assert upvotes == last


async def test_every_recorded_body_is_taken_in_whole(database: Path, recorded: list[Recorded]) -> None:
    async with open_sqlite(database) as store:
        for one in recorded:
            poll = poll_from_body(one.rows, f"daily:{one.day}", one.captured_at)
            assert (poll.outcome, poll.skipped, len(poll.readings)) == (Outcome.OK, 0, len(one.upvotes))
            await store.papers.ingest(poll, one.captured_at)
        await check(store, database, recorded, recorded[-1].captured_at)


async def test_a_first_start_fills_the_store_with_half_a_year_of_recorded_lists(
    database: Path, recorded: list[Recorded]
) -> None:
    half = [one for one in recorded if date(2025, 7, 1) <= one.day <= date(2025, 12, 31)]
    lists: dict[date, dict[str, Row]] = {}
    for one in half:
        lists.setdefault(one.day, {}).update({row["paper"]["id"]: row for row in one.rows})
    oldest, newest = min(lists), max(lists)
    clock = FakeClock(datetime(newest.year, newest.month, newest.day, 12, tzinfo=UTC))
    habits = Habits(poll_every=timedelta(hours=1), backfill_from=oldest)
    polls: list[Poll] = []
    shown = {day: list(rows.values()) for day, rows in lists.items()}
    async with (
        HuggingFaceServer(shown, now=clock.now) as server,
        open_sqlite(database) as store,
        polite_client(store, clock) as client,
    ):

        def poller() -> Poller:
            made = Poller(store, Sources(HuggingFaceSource(client, server.url)), clock, habits, holder="test")
            made.on_poll(polls.append)
            return made

        # Stopped half-way, then begun again.
        await live(lambda: len(polls) > 90, poller())
        assert lists_to_load(agenda(await store.sources.states(), habits, clock.now())) > 60
        await live(lambda: polls[-1].subject == f"daily:{oldest}", poller())
        assert lists_to_load(agenda(await store.sources.states(), habits, clock.now())) == 0
        await check(store, database, half, clock.now())
    assert len(half) > 90
    assert {poll.outcome for poll in polls} == {Outcome.OK, Outcome.EMPTY}
    assert sum(poll.skipped for poll in polls) == 0


async def test_every_age_of_the_schema_comes_through_the_wire_whole(database: Path) -> None:
    ages = schema_ages()
    clock = FakeClock(ages[-1].captured_at)
    async with (
        HuggingFaceServer({one.day: one.rows for one in ages}, now=clock.now) as server,
        open_sqlite(database) as store,
        polite_client(store, clock) as client,
    ):
        source = HuggingFaceSource(client, server.url)
        for one in ages:
            async for poll in source.poll(f"daily:{one.day}"):
                await store.papers.ingest(poll, clock.now())
        await check(store, database, ages, clock.now())


def test_the_recordings_are_what_they_are_said_to_be(recorded: list[Recorded]) -> None:
    series = recorded_lists()
    days = [one.day for one in series]
    assert len(set(days)) < len(days) == LISTS  # some lists were captured more than once
    assert max(len(one.rows) for one in series) == CUT_AT
    assert len(schema_ages()) == AGES
