"""What the load of Discord is about: servers that the bot is in, and channels due at one minute.

Of ten servers one has five topic channels that share papers out, five have one channel, and in four nobody
has set anything up. So there are as many channels as servers.

As a process: `python -m benchmarks.discord_places HOME CHANNELS DUE`, an instant.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from adapters.discord.offer import SURFACE
from bot.config import Settings
from bot.logs import configure_logs
from bot.model import EVERY_DAY, Destination, Route, Schedule
from bot.people.model import Hidden, Installation
from bot.secret import secret_key
from storage.sqlite.store import open_sqlite

T = TypeVar("T")

CHANNELS: Final = 10_000
TOPICS: Final = ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "cs.RO")
# What a server has besides, as every server has channels and roles.
OTHER_CHANNELS: Final = 12
OTHER_ROLES: Final = 10

_FIRST: Final = 300_000_000_000  # of the instants in the servers' ids: in 2024
_BATCH: Final = 250


@dataclass(frozen=True, slots=True)
class Server:
    """One that the bot is in. Its ids are snowflakes of one instant, apart by the last bits."""

    number: int

    @property
    def id(self) -> str:
        return self.numbered(0)

    @property
    def topics(self) -> tuple[str, ...]:
        """The filter of each of its digests."""
        match self.number % 10:
            case 0:
                return tuple(f"cat:{one}" for one in TOPICS)
            case 1 | 2 | 3 | 4 | 5:
                return ("",)
            case _:
                return ()

    @property
    def channels(self) -> list[str]:
        """Those with a digest, in the order of the topics."""
        return [self.numbered(100 + number) for number in range(len(self.topics))]

    def numbered(self, number: int) -> str:
        return str((_FIRST + self.number << 22) + number)


def servers(channels: int) -> list[Server]:
    """As many as have that many channels with a digest, a multiple of ten."""
    return list(map(Server, range(channels)))


def _destinations(server: Server, due: datetime) -> Iterator[Destination]:
    schedule = Schedule(due.time(), EVERY_DAY, "UTC")
    for channel, query in zip(server.channels, server.topics, strict=True):
        address = f"{server.id}/{channel}"
        yield Destination(
            id=f"d{channel}",
            recipient_id=f"r{channel}",
            name=f"{SURFACE}:{address}",
            route=Route(surface=SURFACE, address=address),
            schedule=schedule,
            query=query,
            group=f"{SURFACE}:{server.id}",
            label=f"#papers-{channel}",
            active_from=due - timedelta(minutes=1),
            created_at=due - timedelta(minutes=1),
        )


def _installation(server: Server, at: datetime) -> Installation:
    return Installation(
        surface=SURFACE,
        tenant=server.id,
        name=f"Server {server.number}",
        secret=Hidden(""),
        installed_by="",
        installed_at=at,
        state_at=at,
    )


async def store_channels(home: Path, channels: int, due: datetime) -> None:
    """Every server, and a digest for every channel, first due at that whole minute."""
    there = servers(channels)
    settings = Settings.model_validate({"home": home})
    key = secret_key(settings, home).value
    async with open_sqlite(settings.database, secret_key=lambda: key) as store:
        installed = [_installation(one, due - timedelta(days=1)) for one in there]
        await _each(store.installations.put, installed)
        places = [place for one in there for place in _destinations(one, due)]
        await _each(lambda place: store.destinations.add(place, place.name), places)


async def _each(write: Callable[[T], Awaitable[object]], some: Sequence[T]) -> None:
    for first in range(0, len(some), _BATCH):
        await asyncio.gather(*map(write, some[first : first + _BATCH]))


if __name__ == "__main__":
    configure_logs("error", "console")  # what is printed is what came of it
    asyncio.run(store_channels(Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])))
    print(json.dumps({}))
