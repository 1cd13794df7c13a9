"""Answers are made few at a time, in the order in which they were asked for."""

import asyncio
from datetime import timedelta

from bot.commands.turns import Turns

NEVER = timedelta(hours=1)


async def _pass(turns: Turns, let: asyncio.Event, entered: list[int], number: int) -> None:
    async with turns.turn():
        entered.append(number)
        await let.wait()


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_enter_than_there_is_room_for_and_the_first_to_come_is_next() -> None:
    turns, entered = Turns(2, NEVER), list[int]()
    lets = [asyncio.Event() for _ in range(4)]
    tasks = [asyncio.create_task(_pass(turns, let, entered, n)) for n, let in enumerate(lets)]
    await _settled()
    assert entered == [0, 1]
    lets[1].set()
    await _settled()
    assert entered == [0, 1, 2]
    for let in lets:
        let.set()
    await asyncio.gather(*tasks)
    assert entered == [0, 1, 2, 3]


async def test_who_takes_long_makes_room_once() -> None:
    turns, entered = Turns(1, timedelta(0)), list[int]()
    let, last = asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(_pass(turns, let, entered, number)) for number in range(2)]
    await _settled()
    last.set()
    await _pass(turns, last, entered, 2)  # comes in, though nobody before it has ended
    assert entered == [0, 1, 2]
    let.set()
    await asyncio.gather(*tasks)
    assert turns._free._value == 1  # who left twice would let two in


async def test_who_fails_or_is_cancelled_leaves() -> None:
    turns, entered = Turns(1, NEVER), list[int]()
    task = asyncio.create_task(_pass(turns, asyncio.Event(), entered, 0))
    await _settled()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    let = asyncio.Event()
    let.set()
    await _pass(turns, let, entered, 1)
    assert entered == [0, 1]
