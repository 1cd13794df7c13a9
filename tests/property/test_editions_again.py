"""An edition can be made again, bit for bit, whatever was read, and thinned out, since."""

import asyncio
import random
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.editions.make import edition_for
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
from storage.sqlite.store import open_sqlite

DAYS = (date(2025, 11, 19), date(2025, 11, 20))
START = datetime(2025, 11, 19, tzinfo=UTC)
PAPERS = 30  # a list: together many more than the 30 that "usual" takes
HOURS = 40


class World:
    """Numbers that only rise, as upstreams would show them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._comes = {
            n: chance.uniform(0, 8) if n < PAPERS else chance.uniform(20, 32) for n in range(2 * PAPERS)
        }
        self._pace = {n: chance.choice([1, 2, 9]) * chance.uniform(0.2, 2) for n in range(2 * PAPERS)}
        self._told: dict[tuple[int, Signal], int] = {}

    def poll(self, minutes: int) -> Poll:
        """One reading of one list, or of GitHub's stars."""
        at = START + timedelta(minutes=minutes, milliseconds=self._chance.randrange(60_000))
        hours = minutes / 60
        which = self._chance.choice([0, 0, 1, 1, 2])
        here = [
            n for n in range(2 * PAPERS)
            if self._comes[n] <= hours and (which == 2 or n // PAPERS == which)
        ]  # fmt: skip
        signal = Signal.STARS if which == 2 else Signal.UPVOTES
        readings = tuple(self._reading(n, signal, hours - self._comes[n], listed=which < 2) for n in here)
        if which == 2:
            return Poll(
                upstream=Upstream.GITHUB,
                subject="stars",
                observed_at=at,
                outcome=Outcome.OK,
                readings=readings,
            )
        return Poll(
            upstream=Upstream.HUGGING_FACE,
            subject=f"daily:{DAYS[which]}",
            observed_at=at,
            outcome=Outcome.OK if readings else Outcome.EMPTY,
            readings=readings,
        )

    def _reading(self, number: int, signal: Signal, age: float, *, listed: bool) -> PaperReading:
        value = int(age * self._pace[number] * (3 if signal is Signal.STARS else 1))
        value = self._told[number, signal] = max(value, self._told.get((number, signal), 0))
        return PaperReading(
            ids=(PaperId(IdScheme.ARXIV, f"2511.{number + 1:05}"),),
            title=f"On Matter {number}",
            announce_type=AnnounceType.LISTED if listed else None,
            signals={signal: value},
        )


async def frozen(store: Store, chance: random.Random, polls: int, editions: int) -> list[Edition]:
    """Editions of all windows, made between polls of some days."""
    world = World(chance)
    minutes = sorted(chance.sample(range(HOURS * 60), polls))
    at = sorted(chance.sample(range(1, HOURS * 60), editions))
    made: list[Edition] = []
    for minute in sorted({*minutes, *at}):
        if minute in minutes:
            poll = world.poll(minute)
            await store.papers.ingest(poll, poll.observed_at)
        if minute in at:
            # After that minute's poll, and between two milliseconds, as real clocks are.
            now = START + timedelta(minutes=minute, seconds=60, microseconds=321)
            made += [await edition_for(store, window, now, now) for window in Window]
    return made


async def made_again(
    seed: int, polls: int, editions: int, thinned: list[tuple[int, int]]
) -> tuple[list[Edition], int]:
    """Makes editions, thins the store out, and makes each of them again; also says how many readings went."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_sqlite(Path(folder) / "paperboy.db", readers=1) as store:
            made = await frozen(store, random.Random(seed), polls, editions)
            gone = 0
            for older_than, hourly_until in thinned:
                hour = timedelta(hours=1)
                gone += await store.papers.thin(START + older_than * hour, START + hourly_until * hour)
            for edition in made:
                assert (await verify(store, edition)).remade == edition.ranking
            return made, gone


@settings(max_examples=settings().max_examples * 3 // 20, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 1 << 32),
    st.integers(20, 150),
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), max_size=3),
)
def test_every_edition_is_made_again_bit_for_bit(
    seed: int, polls: int, editions: int, thinned: list[tuple[int, int]]
) -> None:
    asyncio.run(made_again(seed, polls, editions, thinned))


def test_the_world_has_what_the_law_is_about() -> None:
    """Else it could hold for want of anything to thin out."""
    made, gone = asyncio.run(made_again(7, 150, 4, [(50, 40)]))
    reasons = [reason for edition in made for entry in edition.ranking.entries for reason in entry.reasons]
    assert gone > 100
    assert sum("the usual" in reason for reason in reasons) > 10
    assert sum(reason.startswith("+") for reason in reasons) > 10
