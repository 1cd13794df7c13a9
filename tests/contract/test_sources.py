"""What every store promises of sources: their states, leases, budgets and notes."""

import asyncio
import random
from datetime import datetime, timedelta

import pytest

from bot.model import Outcome, Poll, Upstream
from bot.ports import OpenStore, Store
from tests.contract.rows import DAY, HOUR, MINUTE, NOW, SECOND

MS = timedelta(milliseconds=1)


async def reserve(store: Store, at: datetime, *, limit: int = 3, budget: str = "arxiv") -> datetime:
    """On a budget of one request in three seconds and `limit` a minute."""
    return await store.sources.reserve(budget, at, 3 * SECOND, MINUTE, limit)


# --- states --------------------------------------------------------------------------------------


async def test_a_subject_that_fails_says_since_when_and_why(store: Store) -> None:
    assert await store.sources.states() == []
    for minutes, outcome in ((0, Outcome.EMPTY), (1, Outcome.FAILED), (2, Outcome.FAILED)):
        at = NOW + minutes * MINUTE
        await store.papers.ingest(
            Poll(
                upstream=Upstream.HUGGING_FACE,
                subject="trending",
                observed_at=at,
                outcome=outcome,
                detail="no route" if outcome is Outcome.FAILED else "",
            ),
            at,
        )

    (state,) = await store.sources.states()

    assert (state.upstream, state.subject) == (Upstream.HUGGING_FACE, "trending")
    assert (state.last_poll_at, state.last_success_at) == (NOW + 2 * MINUTE, NOW)
    assert (state.failing_since, state.last_error) == (NOW + MINUTE, "no route")
    assert (state.last_outcome, state.papers) == (Outcome.FAILED, 0)


# --- leases --------------------------------------------------------------------------------------


async def test_a_lease_has_one_holder_who_may_renew_it(store: Store) -> None:
    sources = store.sources
    assert await sources.acquire("poll", "one", NOW, MINUTE)
    assert not await sources.acquire("poll", "two", NOW + MINUTE - MS, MINUTE)
    assert await sources.acquire("other", "two", NOW, MINUTE)
    assert await sources.acquire("poll", "one", NOW + 30 * SECOND, MINUTE)
    assert not await sources.acquire("poll", "two", NOW + MINUTE, MINUTE)

    assert await sources.acquire("poll", "two", NOW + 90 * SECOND, MINUTE)
    assert not await sources.acquire("poll", "one", NOW + 90 * SECOND, MINUTE)


async def test_only_its_holder_gives_a_lease_back(store: Store) -> None:
    await store.sources.acquire("poll", "one", NOW, MINUTE)

    await store.sources.give_back("poll", "two")
    assert not await store.sources.acquire("poll", "two", NOW, MINUTE)
    await store.sources.give_back("poll", "one")
    assert await store.sources.acquire("poll", "two", NOW, MINUTE)


# --- budgets -------------------------------------------------------------------------------------


async def test_a_free_budget_starts_now_and_the_next_after_the_interval(store: Store) -> None:
    assert await reserve(store, NOW) == NOW
    assert await reserve(store, NOW + SECOND) == NOW + 3 * SECOND
    assert await reserve(store, NOW + SECOND) == NOW + 6 * SECOND
    assert await reserve(store, NOW, budget="other") == NOW


async def test_a_window_never_holds_more_than_its_limit(store: Store) -> None:
    starts = [await reserve(store, NOW) for _ in range(7)]

    assert [(start - NOW) / SECOND for start in starts] == [0, 3, 6, 60, 63, 66, 120]


async def test_what_is_long_past_binds_nobody(store: Store) -> None:
    for _ in range(3):
        await reserve(store, NOW)

    assert await reserve(store, NOW + HOUR) == NOW + HOUR
    assert await reserve(store, NOW + HOUR) == NOW + HOUR + 3 * SECOND


async def test_an_interval_may_be_longer_than_the_window(store: Store) -> None:
    for at, expected in ((NOW, NOW), (NOW + 2 * MINUTE, NOW + HOUR)):
        assert await store.sources.reserve("slow", at, HOUR, MINUTE, 3) == expected


async def test_nothing_starts_while_the_budget_is_held(store: Store) -> None:
    await store.sources.hold("arxiv", NOW + 5 * MINUTE)
    await store.sources.hold("arxiv", NOW + MINUTE)  # a shorter hold does not end a longer one

    assert await reserve(store, NOW) == NOW + 5 * MINUTE
    assert await reserve(store, NOW) == NOW + 5 * MINUTE + 3 * SECOND
    assert await reserve(store, NOW, budget="other") == NOW
    assert await reserve(store, NOW + HOUR) == NOW + HOUR


async def test_a_part_of_a_millisecond_is_never_lost(store: Store) -> None:
    odd = NOW + timedelta(microseconds=1)

    assert await store.sources.reserve("odd", odd, timedelta(microseconds=1500), MINUTE, 9) == NOW + MS
    assert await store.sources.reserve("odd", odd, timedelta(microseconds=1500), MINUTE, 9) == NOW + 3 * MS
    await store.sources.hold("odd", NOW + HOUR + timedelta(microseconds=1))
    assert await reserve(store, NOW, budget="odd") == NOW + HOUR + MS


@pytest.mark.parametrize("seed", range(4))
async def test_bookings_keep_the_interval_the_window_and_the_holds(store: Store, seed: int) -> None:
    """Whatever the callers' rhythm, and no later than these three demand."""
    random_ = random.Random(seed)
    limit = random_.randint(1, 6)
    now, held = NOW, NOW
    starts: list[datetime] = []
    for _ in range(120):
        now += random_.choice([0, 0, 0, 1, 5, 40]) * random_.random() * SECOND
        if random_.random() < 0.05:
            held = max(held, now + random_.randint(-60, 120) * SECOND)
            await store.sources.hold("arxiv", held)

        start = await reserve(store, now, limit=limit)

        free = [now, held]
        if starts:
            free.append(starts[-1] + 3 * SECOND)
        if len(starts) >= limit:
            free.append(starts[-limit] + MINUTE)
        assert timedelta(0) <= start - max(free) < MS
        starts.append(start)


async def test_two_processes_share_leases_and_budgets(store: Store, open_store: OpenStore) -> None:
    async with open_store() as other:
        starts = await asyncio.gather(*(reserve(each, NOW) for each in [store, other] * 3))
        taken = await asyncio.gather(
            *(
                each.sources.acquire("poll", holder, NOW, MINUTE)
                for each, holder in [(store, "one"), (other, "two")]
            )
        )

    assert sorted((start - NOW) / SECOND for start in starts) == [0, 3, 6, 60, 63, 66]
    assert sorted(taken) == [False, True]


@pytest.mark.parametrize("back", [2 * MINUTE, 9 * HOUR, 400 * DAY])
async def test_a_clock_that_was_set_back_takes_its_bookings_along(store: Store, back: timedelta) -> None:
    """Neither is the budget blocked until the old time comes again, nor are the last requests forgotten."""
    for _ in range(4):
        await reserve(store, NOW)  # at 0, 3, 6 and 60 s

    assert await reserve(store, NOW - back) == NOW - back + 63 * SECOND
    assert await reserve(store, NOW - back + HOUR) == NOW - back + HOUR


async def test_callers_slightly_out_of_order_share_the_budget_as_if_in_order(store: Store) -> None:
    assert await reserve(store, NOW + 10 * SECOND) == NOW + 10 * SECOND
    assert await reserve(store, NOW) == NOW + 13 * SECOND
    assert await reserve(store, NOW + 5 * SECOND) == NOW + 16 * SECOND


# --- notes ---------------------------------------------------------------------------------------


async def test_a_note_is_kept_and_replaced(store: Store) -> None:
    assert await store.sources.note("etag") is None
    await store.sources.set_note("etag", "“one”")
    await store.sources.set_note("etag", "")

    assert await store.sources.note("etag") == ""
    await store.sources.set_note("etag", "two")
    assert await store.sources.note("etag") == "two"
    assert await store.sources.note("other") is None
