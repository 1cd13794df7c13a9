"""A small bot of the real discord.py that does a little of everything."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Self

import discord
from discord import app_commands, ui

from adapters.discord.endpoints import SettledClient
from tests.clocks import FakeClock
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Body


class SmallBot(SettledClient):
    """Keeps the names of all events that the library tells of, with what they are about."""

    def __init__(self, server: DiscordServer, clock: FakeClock, **options: Any) -> None:
        intents = options.pop("intents", discord.Intents(guilds=True))
        super().__init__(
            api_url=server.api_url,
            gateway_url=options.pop("gateway_url", server.gateway_url),
            intents=intents,
            guild_ready_timeout=0.02,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            **options,
        )
        self.server = server
        self.clock = clock
        self.heard: list[tuple[str, Any]] = []
        self.tree = app_commands.CommandTree(self)
        self.tree.error(self._on_tree_error)
        self.register()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """As the library does; and who waits for the server looks again."""
        self.heard.append((event, args[0] if args else None))
        super().dispatch(event, *args, **kwargs)
        self.server.changed()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Instead of the library's rest of five seconds."""
        self.clock.advance(timedelta(seconds=5))

    def about(self, event: str) -> list[Any]:
        """What every event of that name was about."""
        return [about for name, about in self.heard if name == event]

    async def told(self, event: str, times: int = 1) -> Any:
        """Waits until an event came so many times, and gives what the last was about."""
        await self.server.until(lambda: len(self.about(event)) >= times)
        return self.about(event)[-1]

    async def _on_tree_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
    ) -> None:
        self.dispatch("failure", error.__cause__ or error)

    def register(self) -> None:
        """Makes its commands; this one has none."""


class Paper(ui.DynamicItem[ui.Button[Any]], template=r"p:(?P<paper>\w+)"):
    """A button that works in whatever message it stands, whoever sent it."""

    def __init__(self, paper: str) -> None:
        self.paper = paper
        super().__init__(ui.Button(label=f"Save {paper}", custom_id=f"p:{paper}"))

    @classmethod
    async def from_custom_id(
        cls, _: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(match["paper"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"saved {self.paper}", ephemeral=True)


class Form(ui.Modal, title="Watch a topic"):
    topic: ui.TextInput[Self] = ui.TextInput(label="Topic", max_length=20)
    place: ui.Label[Self] = ui.Label(text="Channel", component=ui.ChannelSelect(required=False))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        assert isinstance(self.place.component, ui.ChannelSelect)
        chosen = [one.name for one in self.place.component.values]
        await interaction.response.send_message(f"watching {self.topic.value} in {chosen}")


def _list(words: str) -> ui.LayoutView:
    """A message of Components V2 with a select and a button."""
    select: ui.Select[Any] = ui.Select(
        custom_id="which",
        placeholder="Choose a paper",
        options=[discord.SelectOption(label=one, value=one.lower()) for one in ("One", "Two")],
    )
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(ui.TextDisplay(words), ui.ActionRow(select), ui.ActionRow(Paper("abc").item)))
    return view


class Library(SmallBot):
    """With commands of each kind."""

    def register(self) -> None:
        self.add_dynamic_items(Paper)
        self.slept: asyncio.Event = asyncio.Event()
        everywhere = app_commands.AppInstallationType(guild=True, user=True)
        anywhere = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
        group = app_commands.Group(
            name="papers", description="Papers", allowed_installs=everywhere, allowed_contexts=anywhere
        )
        channels = app_commands.Group(
            name="papers-channel",
            description="Channels",
            guild_only=True,
            default_permissions=discord.Permissions(manage_channels=True),
        )

        @group.command(description="Search")
        @app_commands.choices(order=[app_commands.Choice(name="Newest", value="new")])
        async def search(
            interaction: discord.Interaction[Any],
            query: str,
            limit: app_commands.Range[int, 1, 10] = 5,
            order: str = "",
        ) -> None:
            await interaction.response.send_message(view=_list(f"{query} {limit} {order}"), ephemeral=True)

        @search.autocomplete("query")
        async def words(
            interaction: discord.Interaction[Any], current: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{current} models", value=f"{current}-models")]

        @group.command(description="Answers a second time")
        async def twice(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_message("once")
            interaction.response._response_type = None  # so that the library lets it
            await interaction.response.send_message("twice")

        @group.command(description="Says nothing")
        async def silent(interaction: discord.Interaction[Any]) -> None:
            pass

        @group.command(description="Takes its time")
        async def slow(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            await self.slept.wait()
            await interaction.followup.send("at last")
            await interaction.edit_original_response(content="better")
            await interaction.followup.send("and more", ephemeral=True)

        @group.command(description="Opens a form")
        async def watch(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.send_modal(Form())

        @channels.command(description="Adds a channel")
        async def add(
            interaction: discord.Interaction[Any],
            channel: discord.TextChannel,
            role: discord.Role,
            who: discord.Member | None = None,
        ) -> None:
            allowed = channel.permissions_for(channel.guild.me).send_messages
            name = who.display_name if who is not None else None
            await interaction.response.send_message(f"{channel.name} {role.name} {name} {allowed}")

        @self.tree.context_menu(name="Papers like this")
        async def similar(interaction: discord.Interaction[Any], message: discord.Message) -> None:
            await interaction.response.send_message(f"like {message.content}", ephemeral=True)

        self.tree.add_command(group)
        self.tree.add_command(channels)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        data: Body = dict(interaction.data or {})
        if data.get("custom_id") == "which":
            await interaction.response.edit_message(view=_list(f"chose {data['values']}"))


@asynccontextmanager
async def running(bot: SmallBot) -> AsyncIterator[asyncio.Task[None]]:
    """The bot, logged in and ready; gives the task in which it runs."""
    task = asyncio.create_task(bot.start(bot.server.world.token))
    try:
        await bot.told("ready")
        yield task
    finally:
        await bot.close()
        await asyncio.wait([task])
