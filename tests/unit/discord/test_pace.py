"""The pace of the outbox: below Discord's limit, and no crowd of refusals."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from adapters.discord.pace import A_SECOND, IN_ALL, PATIENCE, REFUSALS, REFUSALS_WITHIN, Pace
from bot.errors import NotAcceptedError
from tests.clocks import FakeClock

SECOND = timedelta(seconds=1)


async def test_the_first_message_never_waits() -> None:
    clock = FakeClock()
    await Pace(clock).turn()
    assert clock.slept == []


async def test_ten_thousand_channels_take_at_least_nine_tenths_of_discords_pace_and_never_all() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()
    for _ in range(10_000):
        await pace.turn()
    took = clock.now() - began
    assert 45 <= 10_000 / took.total_seconds() < 50
    assert A_SECOND == 47


async def test_patience_that_was_asked_for_is_had() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()
    pace.hold(PATIENCE)
    pace.hold(SECOND)  # the longer wait counts
    await pace.turn()
    assert clock.now() - began == PATIENCE


async def test_who_would_wait_long_is_sent_back_with_the_time_to_return() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    pace.hold(2 * PATIENCE)
    for _ in range(3):
        with pytest.raises(NotAcceptedError) as caught:
            await pace.turn()
        assert caught.value.retry_after == 2 * PATIENCE
    clock.advance(2 * PATIENCE)
    await pace.turn()
    assert clock.slept == []


async def test_many_refusals_stop_everything_until_they_are_old() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for _ in range(REFUSALS - 1):
        pace.refused()
    await pace.turn()
    clock.advance(SECOND)
    pace.refused()
    with pytest.raises(NotAcceptedError) as caught:
        await pace.turn()
    assert caught.value.retry_after == REFUSALS_WITHIN - SECOND
    clock.advance(REFUSALS_WITHIN)
    await pace.turn()


async def test_few_refusals_stop_nothing() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for _ in range(3 * REFUSALS):
        pace.refused()
        clock.advance(2 * REFUSALS_WITHIN / REFUSALS)
    await pace.turn()
    assert clock.slept == []


async def test_a_clock_that_is_set_back_holds_nobody_up() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    await pace.turn()
    clock.advance(timedelta(hours=-1))
    await pace.turn()
    assert sum(clock.slept, timedelta()) < SECOND


async def test_those_who_were_held_up_do_not_crowd_one_second() -> None:
    clock = LateClock()
    pace = Pace(clock)
    left = []
    for _ in range(500):
        await pace.turn(timedelta(minutes=1))
        await pace.leave()
        left.append(clock.now())
    for first, last in zip(left, left[IN_ALL:], strict=False):
        assert last - first >= SECOND


async def test_what_has_its_turn_heeds_patience_that_was_asked_for_since() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()
    await pace.turn()
    pace.hold(PATIENCE)
    await pace.leave()
    assert clock.now() - began == PATIENCE
    pace.hold(2 * PATIENCE)
    with pytest.raises(NotAcceptedError) as caught:
        await pace.leave()
    assert caught.value.retry_after == 2 * PATIENCE


async def test_requests_are_counted_when_they_leave_not_when_they_had_their_turn() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for _ in range(IN_ALL):
        await pace.turn()
    left = []
    for _ in range(IN_ALL):  # the machine was busy, and all want to leave now
        await pace.leave()
        left.append(clock.now())
    assert left[-1] - left[0] < SECOND
    assert min(last - first for first, last in pairwise(left)) >= SECOND / A_SECOND / 2
    await pace.leave()
    assert clock.now() - left[0] == SECOND


async def test_nobody_is_overtaken() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    left: list[int] = []

    async def leave(number: int) -> None:
        await pace.leave()
        left.append(number)

    await asyncio.gather(*(leave(number) for number in range(3 * IN_ALL)))
    assert left == list(range(3 * IN_ALL))


async def test_what_people_need_waits_for_nobody_and_counts() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()
    for _ in range(2 * IN_ALL):
        pace.passed()
    assert clock.slept == []
    await pace.turn()
    await pace.leave()
    assert clock.now() - began == SECOND


class LateClock(FakeClock):
    """A clock of a busy machine: each twentieth sleep lasts far too long."""

    async def sleep(self, duration: timedelta) -> None:
        late = timedelta(milliseconds=400) if len(self.slept) % 20 == 19 else timedelta()
        await super().sleep(duration + late)
