"""What the load of Slack is about: workspaces that installed the bot, and channels due at one minute.

As a process: `python -m benchmarks.slack_places HOME DUE`, an instant.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.slack.deliverer import SURFACE
from adapters.slack.tokens import Credentials
from bot.config import Settings
from bot.logs import configure_logs
from bot.model import EVERY_DAY, Destination, Route, Schedule
from bot.people.model import Hidden, Installation
from bot.secret import secret_key
from storage.sqlite.store import open_sqlite
from tests.servers.slack import BASE

WORKSPACES: Final = 50
CHANNELS: Final = 2_000
# One workspace is large, as in life: it has more channels than Slack lets be posted to in a minute.
LARGEST: Final = 400
MEMBERS: Final = 40  # who type commands, of each workspace

_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Workspace:
    """One that installed the bot."""

    number: int

    @property
    def tenant(self) -> str:
        return f"T{self.number:04}"

    @property
    def token(self) -> str:
        return f"xoxb-{self.tenant}"

    @property
    def channels(self) -> list[str]:
        if self.number == 0:
            numbers = range(LARGEST)
        else:
            numbers = range(LARGEST + self.number - 1, CHANNELS, WORKSPACES - 1)
        return [f"C{number:05}" for number in numbers]

    @property
    def members(self) -> list[str]:
        return [f"U{self.number:04}{number:02}" for number in range(MEMBERS)]


ALL: Final = tuple(map(Workspace, range(WORKSPACES)))


async def store_channels(home: Path, due: datetime) -> None:
    """Every workspace's installation, and a digest for every channel, first due at that whole minute."""
    settings = Settings.model_validate({"home": home})
    key = secret_key(settings, home).value
    schedule = Schedule(due.time(), EVERY_DAY, "UTC")
    async with open_sqlite(settings.database, secret_key=lambda: key) as store:
        for one in ALL:
            secret = Credentials(Hidden(one.token), f"U{one.tenant}BOT", frozenset(BASE)).to_secret()
            installation = Installation(
                surface=SURFACE,
                tenant=one.tenant,
                name=f"Workspace {one.number}",
                secret=secret,
                installed_by=one.members[0],
                installed_at=due - timedelta(days=1),
                state_at=due - timedelta(days=1),
            )
            await store.installations.put(installation)
            destinations = [
                Destination(
                    id=f"d{channel}",
                    recipient_id=f"r{channel}",
                    name=f"{SURFACE}:{one.tenant}/{channel}",
                    route=Route(surface=SURFACE, address=f"{one.tenant}/{channel}"),
                    schedule=schedule,
                    label=f"#papers-{channel.lower()}",
                    active_from=due - timedelta(minutes=1),
                    created_at=due - timedelta(minutes=1),
                )
                for channel in one.channels
            ]
            for first in range(0, len(destinations), _BATCH):
                some = destinations[first : first + _BATCH]
                await asyncio.gather(*(store.destinations.add(place, place.name) for place in some))


if __name__ == "__main__":
    configure_logs("error", "console")  # what is printed is what came of it
    asyncio.run(store_channels(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
    print(json.dumps({}))
