"""The pace: one message a second a channel, 200 a minute a workspace, and no crowd in another's way."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.address import Address
from adapters.slack.pace import A_CHANNEL, A_MINUTE, A_WORKSPACE, PATIENCE, Pace
from bot.errors import NotAcceptedError
from tests.clocks import FakeClock
from tests.servers.slack.pace import Posted, too_fast

SECOND = timedelta(seconds=1)
FOR_EVER = timedelta(days=1)


def address(channel: int = 1, tenant: int = 1) -> Address:
    return Address(f"T{tenant}", f"C{tenant}X{channel}")


async def test_the_first_message_never_waits() -> None:
    clock = FakeClock()
    await Pace(clock).turn(address())
    assert clock.slept == []


async def test_a_channel_gets_one_message_a_second() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()
    for _ in range(4):
        await pace.turn(address())
    assert clock.now() - began == 3 * SECOND


async def test_other_channels_do_not_wait_for_it() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for channel in range(A_WORKSPACE):
        await pace.turn(address(channel))
    assert clock.slept == []


async def test_a_full_workspace_sends_what_is_over_back_with_the_time_to_return() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for channel in range(A_WORKSPACE):
        await pace.turn(address(channel))
        clock.advance(timedelta(milliseconds=10))
    with pytest.raises(NotAcceptedError) as caught:
        await pace.turn(address(A_WORKSPACE))
    assert caught.value.retry_after == A_MINUTE - A_WORKSPACE * timedelta(milliseconds=10)
    await pace.turn(address(1, tenant=2))  # another workspace goes on at once
    assert clock.slept == []
    clock.advance(caught.value.retry_after)
    await pace.turn(address(A_WORKSPACE))
    assert clock.slept == []


async def test_who_is_sent_back_takes_no_turn() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    pace.hold("T1", 2 * PATIENCE)
    for _ in range(3):
        with pytest.raises(NotAcceptedError):
            await pace.turn(address())
    clock.advance(2 * PATIENCE)
    await pace.turn(address())
    assert clock.slept == []


async def test_a_crowd_that_is_sent_back_returns_as_fast_as_the_workspace_takes_it() -> None:
    clock = FakeClock()
    pace = Pace(clock)

    async def fill() -> None:
        for channel in range(A_WORKSPACE):
            await pace.turn(address(channel))

    async def sent_back() -> timedelta | None:
        with pytest.raises(NotAcceptedError) as caught:
            await pace.turn(address(A_WORKSPACE))
        return caught.value.retry_after

    await fill()
    for number in range(1000):
        assert await sent_back() == A_MINUTE + number * A_MINUTE / A_WORKSPACE
    clock.advance(timedelta(hours=1))  # nobody returned; the next crowd does not stand behind those
    await fill()
    assert await sent_back() == A_MINUTE


async def test_a_turn_that_was_given_back_is_anothers() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    turns = [await pace.turn(address(channel)) for channel in range(A_WORKSPACE)]
    pace.give_back(address(0), turns[0])
    await pace.turn(address(A_WORKSPACE))
    with pytest.raises(NotAcceptedError):
        await pace.turn(address(A_WORKSPACE + 1))
    assert clock.slept == []


async def test_patience_is_waited_out() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()
    pace.hold("T1", PATIENCE)
    pace.hold("T1", SECOND)  # the longer wait counts
    await pace.turn(address())
    assert clock.now() - began == PATIENCE


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 250), st.integers(0, 700)), max_size=600))
def test_no_order_of_messages_is_too_fast(wishes: list[tuple[int, int, int]]) -> None:
    """Whenever messages come (workspace, channel, milliseconds after the one before), and from many tasks."""
    clock = FakeClock()
    pace = Pace(clock)
    began: datetime = clock.now()
    posts: list[Posted] = []

    async def post(tenant: int, channel: int) -> None:
        where = address(channel, tenant)
        at = pace._earliest(where, clock.now())
        await pace.turn(where, FOR_EVER)
        posts.append(Posted(at, where.tenant, where.channel))

    async def all_of_them() -> None:
        for tenant, channel, pause in wishes:
            clock.advance(timedelta(milliseconds=pause))
            await post(tenant % 2, channel)

    asyncio.run(all_of_them())
    assert began <= clock.now()
    assert too_fast(posts, slack=timedelta(0)) == []


async def test_what_was_long_on_its_way_counts_from_its_answer() -> None:
    """Slack may have counted it as late as that."""
    clock = FakeClock()
    pace = Pace(clock)
    turns = [await pace.turn(address(channel)) for channel in range(A_WORKSPACE)]
    clock.advance(5 * SECOND)
    for channel, turn in enumerate(turns):
        pace.ended(address(channel), turn)
    assert len(pace._workspaces["T1"]) == A_WORKSPACE  # none counts twice
    clock.advance(A_MINUTE - 5 * SECOND)
    began = clock.now()
    await pace.turn(address(1), FOR_EVER)
    assert clock.now() - began == 5 * SECOND


async def test_a_channel_rests_from_the_answer_on() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    turn = await pace.turn(address())
    clock.advance(2 * SECOND)
    pace.ended(address(), turn)
    await pace.turn(address())
    assert clock.slept == [SECOND]


async def test_two_thousand_channels_of_fifty_workspaces_are_served_without_a_wait() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    served: Counter[str] = Counter()
    for number in range(2000):
        where = address(number // 50, tenant=number % 50)
        await pace.turn(where)
        served[where.tenant] += 1
    assert clock.slept == []
    assert set(served.values()) == {40}


async def test_little_is_remembered_of_the_many_served() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    for number in range(5000):
        await pace.turn(address(number), FOR_EVER)
        clock.advance(timedelta(milliseconds=300))
    assert len(pace._channels) <= A_CHANNEL / timedelta(milliseconds=300) + 1
    assert len(pace._workspaces["T1"]) <= A_WORKSPACE + 1
