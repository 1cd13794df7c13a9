"""An edition can be made again, bit for bit, whatever was read, learnt late, merged and thinned out since."""

import asyncio
import random
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.editions.make import EDITION_SIZE, made_of
from bot.editions.verify import verify
from bot.model import (
    AnnounceType,
    Edition,
    IdScheme,
    Outcome,
    PaperId,
    PaperReading,
    Poll,
    Signal,
    Upstream,
    Window,
)
from bot.ports import Store
from bot.trending.replay import trending
from storage.sqlite.store import open_sqlite

DAYS = (date(2025, 11, 19), date(2025, 11, 20))
START = datetime(2025, 11, 19, tzinfo=UTC)
PAPERS = 30  # a list: together many more than the 30 that "usual" takes
HOURS = 40


class World:
    """Numbers that only rise, as upstreams would show them, and papers that nobody knows to be one yet."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._comes = {
            n: chance.uniform(0, 8) if n < PAPERS else chance.uniform(20, 32) for n in range(2 * PAPERS)
        }
        self._pace = {n: chance.choice([1, 2, 9]) * chance.uniform(0.2, 2) for n in range(2 * PAPERS)}
        self._told: dict[tuple[int, Signal], int] = {}

    def poll(self, minutes: int) -> Poll:
        """One reading of one list, or of GitHub's stars, or arXiv's word on some papers."""
        at = START + timedelta(minutes=minutes, milliseconds=self._chance.randrange(60_000))
        hours = minutes / 60
        which = self._chance.choice([0, 0, 1, 1, 2, 3])
        here = [n for n in range(2 * PAPERS) if self._comes[n] <= hours and _stands(n, which)]
        if which == 3:
            known = tuple(self._reading(n, {}, _ids(n), listed=False) for n in self._some(here))
            return _poll(Upstream.ARXIV, "lookup", at, known)
        signal = Signal.STARS if which == 2 else Signal.UPVOTES
        readings = tuple(
            self._reading(
                n, {signal: self._value(n, signal, hours)}, [_ids(n)[(n + which) % 2]], listed=which < 2
            )
            for n in here
        )
        if which == 2:
            return _poll(Upstream.GITHUB, "stars", at, readings)
        return _poll(Upstream.HUGGING_FACE, f"daily:{DAYS[which]}", at, readings)

    def _value(self, number: int, signal: Signal, hours: float) -> int:
        grown = int((hours - self._comes[number]) * self._pace[number] * (3 if signal is Signal.STARS else 1))
        value = self._told[number, signal] = max(grown, self._told.get((number, signal), 0))
        return value

    def _some(self, numbers: list[int]) -> list[int]:
        """Of two thirds of the papers it is never told that they are one: they can be thinned out."""
        numbers = [number for number in numbers if number % 3 == 0]
        return self._chance.sample(numbers, min(3, len(numbers)))

    def _reading(
        self, number: int, signals: dict[Signal, int], ids: list[PaperId], *, listed: bool
    ) -> PaperReading:
        return PaperReading(
            ids=tuple(ids),
            title=f"On Matter {number}",
            announce_type=AnnounceType.LISTED if listed else None,
            signals=signals,
        )


def _stands(number: int, which: int) -> bool:
    """Some papers of the first list stand in the second too."""
    return which >= 2 or number // PAPERS == which or (which == 1 and number % 5 == 0)


def _ids(number: int) -> list[PaperId]:
    """The two ids of a paper: each list knows it by one of them, and stars by one, until arXiv tells both."""
    return [
        PaperId(IdScheme.ARXIV, f"2511.{number + 1:05}"),
        PaperId(IdScheme.DOI, f"10.1000/{number + 1}"),
    ]


def _poll(upstream: Upstream, subject: str, at: datetime, readings: tuple[PaperReading, ...]) -> Poll:
    outcome = Outcome.OK if readings else Outcome.EMPTY
    return Poll(upstream=upstream, subject=subject, observed_at=at, outcome=outcome, readings=readings)


@dataclass(frozen=True)
class Life:
    """How a store comes about. Polls that are late are stored at any later time, or never."""

    seed: int
    polls: int
    editions: int
    late: float = 0.0  # the share of the polls
    thinned: tuple[tuple[int, int], ...] = ()  # hours from the start


class Making:
    """A store into which polls come, in order and late, while editions are made."""

    def __init__(self, store: Store, life: Life) -> None:
        self._store = store
        self._life = life
        self._chance = random.Random(life.seed)
        self._waiting: list[Poll] = []
        self.made: list[Edition] = []  # as they were when they were frozen
        self.merges = 0

    async def run(self) -> None:
        world, chance = World(self._chance), self._chance
        minutes = sorted(chance.sample(range(HOURS * 60), self._life.polls))
        at = sorted(chance.sample(range(1, HOURS * 60), self._life.editions))
        for minute in sorted({*minutes, *at}):
            if minute in minutes:
                self._waiting.append(world.poll(minute))
                if chance.random() >= self._life.late:
                    await self._take(self._waiting.pop())
            if minute in at:
                # After that minute's poll, and between two milliseconds, as real clocks are.
                now = START + timedelta(minutes=minute, seconds=60, microseconds=321)
                self.made += [await self._edition(window, now) for window in Window]
            await self._meanwhile()

    async def _edition(self, window: Window, now: datetime) -> Edition:
        """What `edition_for` does, with polls between its steps."""
        editions, papers = self._store.editions, self._store.papers
        revision = await editions.begin(now)
        await self._meanwhile()
        ranking, notes = await made_of(papers.as_stood(revision), window, now)
        await self._meanwhile()
        edition = await editions.freeze(now, ranking, notes, revision)
        assert unnumbered(edition) == unnumbered(replace(edition, ranking=ranking))
        return edition

    async def _meanwhile(self) -> None:
        """Perhaps a poll that waits is stored."""
        if self._waiting and self._chance.random() < self._life.late:
            await self._take(self._waiting.pop(self._chance.randrange(len(self._waiting))))

    async def _take(self, poll: Poll) -> None:
        self.merges += (await self._store.papers.ingest(poll, poll.observed_at)).merged


def unnumbered(edition: Edition) -> tuple[object, ...]:
    """What an edition says, without the numbers of its papers, which follow them through merges."""
    entries = tuple(replace(entry, paper_id=0) for entry in edition.ranking.entries)
    return entries, edition.notes


@dataclass(frozen=True)
class Seen:
    """What came to pass while the law was held against a store."""

    made: list[Edition]
    merges: int
    thinned: int
    moved: int  # editions that come out otherwise of what stands by now


async def made_again(life: Life) -> Seen:
    """Makes editions, thins the store out, and makes each of them again."""
    hour = timedelta(hours=1)
    with tempfile.TemporaryDirectory() as folder:
        async with open_sqlite(Path(folder) / "paperboy.db", readers=1) as store:
            making = Making(store, life)
            await making.run()
            thinned = 0
            for older_than, hourly_until in life.thinned:
                thinned += await store.papers.thin(START + older_than * hour, START + hourly_until * hour)
            moved = 0
            for made in making.made:
                frozen, as_of = made.ranking, made.ranking.as_of
                edition = await store.editions.get(frozen.window, made.slot_at)
                assert edition is not None
                assert unnumbered(edition) == unnumbered(made)
                assert (await verify(store, edition)).remade == edition
                moved += await trending(store.papers, frozen.window, as_of, EDITION_SIZE) != edition.ranking
            return Seen(making.made, making.merges, thinned, moved)


lives = st.builds(
    Life,
    seed=st.integers(0, 1 << 32),
    polls=st.integers(20, 150),
    editions=st.integers(1, 4),
    late=st.sampled_from([0.0, 0.1, 0.3]),
    thinned=st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), max_size=3).map(tuple),
)


@settings(max_examples=settings().max_examples * 3 // 20, suppress_health_check=[HealthCheck.too_slow])
@given(lives)
def test_every_edition_is_made_again_bit_for_bit(life: Life) -> None:
    asyncio.run(made_again(life))


def test_the_world_has_what_the_law_is_about() -> None:
    """Else it could hold for want of anything to merge, to be late, or to thin out."""
    orderly, late = (asyncio.run(made_again(Life(7, 150, 4, share, ((50, 40),)))) for share in (0, 0.2))
    reasons = [
        reason for edition in orderly.made for entry in edition.ranking.entries for reason in entry.reasons
    ]
    assert orderly.thinned > 50
    assert orderly.merges > 5
    assert late.thinned > 0
    assert late.merges > 2
    assert late.moved > 5
    assert sum("the usual" in reason for reason in reasons) > 10
    assert sum(reason.startswith("+") for reason in reasons) > 10
