"""What one would write first with discord.py: one channel after the other with `send`, answers when they are
there, and the library's usual memory. As a process of its own: `python -m benchmarks.discord_naive DUE`.

The store, the search, the commands and what messages look like are the program's.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import discord

from adapters.discord.endpoints import SettledClient
from adapters.discord.hearing import Interaction, heard
from adapters.discord.render import messages
from adapters.discord.surface import DiscordSurface
from adapters.discord.tree import Tree, synchronise
from bot.commands.model import Command, Completion, Option
from bot.commands.service import Commands
from bot.config import Settings
from bot.editions.preview import preview
from bot.logs import configure_logs
from bot.model import Route, Slot
from bot.people.model import Identity
from bot.ports import Store
from bot.system import RandomIds, SystemClock
from bot.view.doc import Doc
from bot.wiring import Surroundings, assemble, open_search
from bot.wiring.commands import command_services


class PlainBot(SettledClient):
    """Answers commands, and at one minute posts to all channels."""

    def __init__(self, settings: Settings, commands: Commands) -> None:
        super().__init__(
            api_url=settings.discord_api_url, gateway_url=None, intents=discord.Intents.default()
        )
        self._commands = commands
        self._tree = Tree(self, settings.discord_command, self)
        self._surface = DiscordSurface(self._itself, command=settings.discord_command)

    async def setup_hook(self) -> None:
        await synchronise(self, self._tree.payload)

    async def post(self, doc: Doc, channels: Sequence[int]) -> None:
        """Posts the same to each, one after the other."""
        for one in channels:
            channel = self.get_channel(one)
            assert isinstance(channel, discord.TextChannel)
            await channel.send(**messages(doc)[0].arguments())

    async def command(self, interaction: Interaction, command: Command, values: Mapping[str, str]) -> None:
        """Answers when the answer is there."""
        who = heard(interaction)
        reply = await self._commands.call(command, values, who.actor, who.place, self._surface.during(who))
        first, *others = messages(reply.doc)
        await interaction.response.send_message(**first.arguments(), ephemeral=True)
        for other in others:
            await interaction.followup.send(**other.arguments(), ephemeral=True)

    async def message(self, interaction: Interaction, menu: str) -> None:
        raise NotImplementedError  # nobody uses it here

    async def completions(
        self, interaction: Interaction, command: Command, option: Option, typed: str
    ) -> Sequence[Completion]:
        raise NotImplementedError  # as above

    async def outdated(self, interaction: Interaction) -> None:
        """An answer that Discord did not take any more."""

    async def _itself(self) -> discord.Client:
        return self


async def _run(due: datetime) -> None:
    settings = Settings.load(os.environ, Path.cwd())
    configure_logs("error", settings.log_format)
    around = Surroundings(SystemClock(), RandomIds(), random.Random(), sys.stdout)
    assert settings.discord_token is not None
    silent = settings.model_copy(update={"discord_token": None})
    async with assemble(silent, around) as parts, open_search(settings, parts.store, around) as search:
        services = command_services(
            settings, around, parts.store, search, parts.planner, lambda: None, direct=_nowhere, sharing=True
        )
        bot = PlainBot(settings, Commands(services))
        posting = asyncio.create_task(_post(bot, parts.store, due))
        running = asyncio.create_task(bot.start(settings.discord_token.get_secret_value()))
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()
        posting.cancel()
        await bot.close()
        await asyncio.gather(posting, running, return_exceptions=True)


async def _nowhere(_: Identity) -> Route | None:
    """The digests' owners are told nothing."""
    return None


async def _post(bot: PlainBot, store: Store, due: datetime) -> None:
    destinations = await store.destinations.list()
    plain = next(one for one in destinations if not one.query)
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
    made = await preview(store, plain, Slot(due.date(), due), due)
    await bot.post(made.doc, [int(one.route.address.rpartition("/")[2]) for one in destinations])


if __name__ == "__main__":
    asyncio.run(_run(datetime.fromisoformat(sys.argv[1])))
