"""When the page that everybody gets is made anew."""

import asyncio
from datetime import timedelta

import pytest

from adapters.web.answers import Body
from adapters.web.kept import KeptPage
from bot.errors import BusyError
from tests.clocks import FakeClock

SECOND = timedelta(seconds=1)


class Press:
    """Prints numbered pages; a number is the version of what they are made of."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.version = 1
        self.asked = 0  # how often the version was asked for
        self.printed = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken = False
        self.page = KeptPage(self.print, self.ask, self.clock)

    async def print(self) -> Body:
        await self.gate.wait()
        if self.broken:
            raise BusyError("paperboy.db")
        self.printed += 1
        return Body.of(f"{self.printed}".encode())

    async def ask(self) -> int:
        self.asked += 1
        return self.version

    async def get(self) -> str:
        return (await self.page.get()).plain.decode()


async def test_it_is_kept_while_nothing_changes_for_a_minute() -> None:
    press = Press()
    assert await press.get() == "1"
    press.clock.advance(59 * SECOND)
    assert await press.get() == "1"
    press.clock.advance(SECOND)
    assert await press.get() == "2"


async def test_a_change_is_seen_within_fifteen_seconds_and_asked_for_no_more_often() -> None:
    press = Press()
    await press.get()
    press.version = 2
    asked = press.asked
    press.clock.advance(14 * SECOND)
    assert (await press.get(), press.asked) == ("1", asked)
    press.clock.advance(SECOND)
    assert await press.get() == "2"


async def test_of_many_who_come_at_once_one_waits_and_the_others_get_the_last_one() -> None:
    press = Press()
    await press.get()
    press.version = 2
    press.clock.advance(16 * SECOND)
    press.gate.clear()
    first = asyncio.create_task(press.get())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [await press.get() for _ in range(5)] == ["1"] * 5
    press.gate.set()
    assert await first == "2"
    assert press.printed == 2


async def test_one_that_is_too_old_is_shown_to_nobody() -> None:
    press = Press()
    await press.get()
    press.clock.advance(timedelta(minutes=11))
    press.gate.clear()
    both = [asyncio.create_task(press.get()) for _ in range(2)]
    await asyncio.sleep(0)
    press.gate.set()
    assert await asyncio.gather(*both) == ["2", "2"]
    assert press.printed == 2


async def test_a_failure_is_told_and_the_next_one_tries_again() -> None:
    press = Press()
    press.broken = True
    with pytest.raises(BusyError):
        await press.get()
    press.broken = False
    assert await press.get() == "1"


async def test_a_clock_that_was_set_back_keeps_no_page_of_the_future() -> None:
    press = Press()
    await press.get()
    press.clock.advance(-timedelta(hours=1))
    assert await press.get() == "2"
