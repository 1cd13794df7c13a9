"""Discord on loopback, whole: the REST API, the gateway, and what people do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.servers.discord import commands, controls, payloads
from tests.servers.discord.events import Event
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.interaction_state import InteractionType
from tests.servers.discord.interactions import Exchange, Modal
from tests.servers.discord.payloads import ImpossibleError, Resolved
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.state import Body, Channel, ChannelType, Message, User
from tests.servers.faults import utc_now

_GATEWAY = "/gateway/"
_RESUMING = "/gateway/resume/"


class DiscordServer(DiscordRest):
    """A stand-in for Discord: an async context manager, or `in_thread`.

    Set up `world`, start a client against `api_url` and `gateway_url`, and act as people do: `command`,
    `press`, `choose`, `submit`. Closing raises for what no specification describes, for requests that were
    refused though no test said `expect`, and for interactions that were never answered.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now, *, proving: bool = False) -> None:
        super().__init__(now, proving=proving)
        self.gateway = Gateway(self.world, self.violations, self.changed)
        self.silent: set[str] = set()  # ids of interactions that the test means not to be answered
        self._expected: set[int] = set()

    @property
    def gateway_url(self) -> str:
        return self.gateway.url

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get(_GATEWAY, self.gateway.serve),
            web.get(_RESUMING, self.gateway.serve),
        ]

    async def start(self) -> None:
        await super().start()
        self.world.gateway.url = f"{self.url.replace('http', 'ws', 1)}{_GATEWAY}"

    async def stop(self) -> None:
        self.gateway.drop()
        await super().stop()

    async def connected(self, sessions: int = 1) -> None:
        """Waits until the app has so many sessions with a connection."""
        await self.until(lambda: len(self.gateway.live) >= sessions)

    # --- what must not happen --------------------------------------------------------------------

    def expect(self, *codes: int) -> None:
        """The test means requests to be refused with these of Discord's codes, or statuses."""
        self._expected.update(codes)

    def check(self) -> None:
        super().check()
        refused = [
            f"{one.method} {one.route}: {one.status}, {one.code}"
            for one in self.calls
            if one.status >= 400 and one.status != 429 and not {one.status, one.code} & self._expected
        ]
        if refused:
            raise AssertionError(f"Discord refused what no test expected: {refused}")
        unanswered = [
            f"{one.type.name} {one.command}"
            for one in self.world.interactions.values()
            if (one.answer is None or one.deferred) and one.id not in self.silent
        ]
        if unanswered:
            raise AssertionError(f"Somebody waits for an answer in vain: {unanswered}")

    # --- what people do --------------------------------------------------------------------------

    async def command(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        *,
        user: User,
        channel: Channel,
        late: bool = False,
    ) -> Exchange:
        """Somebody types a command, as `papers-channel add`. Raises `ImpossibleError` for what Discord does
        not let them. With `late` the app hears of it when the time to answer is over.
        """
        line = commands.Line(self.world, name, user, channel)
        owners = commands.owners_of(self.world, line.command, user, channel)
        data = line.sent(options or {})
        return self._begin(
            InteractionType.COMMAND, data, owners, user=user, channel=channel, command=line.name, late=late
        )

    async def suggest(
        self,
        name: str,
        option: str,
        text: str,
        filled: Mapping[str, Any] | None = None,
        *,
        user: User,
        channel: Channel,
    ) -> Exchange:
        """Somebody is typing an option, with others filled in, and is offered something."""
        line = commands.Line(self.world, name, user, channel)
        owners = commands.owners_of(self.world, line.command, user, channel)
        data = line.typed(option, text, filled or {})
        return self._begin(
            InteractionType.AUTOCOMPLETE, data, owners, user=user, channel=channel, command=line.name
        )

    async def message_command(self, name: str, message: Message, *, user: User) -> Exchange:
        """Somebody uses a command of a message's menu."""
        channel = self._seen(message, user)
        command = commands.find(self.world, name, user, channel, commands.ON_MESSAGE)
        data: Body = {"id": command["id"], "name": name, "type": commands.ON_MESSAGE, "target_id": message.id}
        data["resolved"] = payloads.resolved_message(message)
        owners = commands.owners_of(self.world, command, user, channel)
        return self._begin(InteractionType.COMMAND, data, owners, user=user, channel=channel, command=name)

    async def press(self, message: Message, name: str, *, user: User, late: bool = False) -> Exchange:
        """Somebody presses a button, by its label or custom id."""
        channel = self._seen(message, user)
        data = controls.pressed(message.components, name)
        return self._use(message, data, user, channel, late=late)

    async def choose(self, message: Message, name: str, *values: Any, user: User) -> Exchange:
        """Somebody chooses in a select, by its placeholder or custom id: values or labels, or people, roles
        or channels.
        """
        channel = self._seen(message, user)
        data = controls.chosen(message.components, name, values, Resolved(user, channel))
        return self._use(message, data, user, channel)

    async def submit(self, modal: Modal, values: Mapping[str, Any] | None = None) -> Exchange:
        """Who has the form before them fills it in, by labels or custom ids, and submits it."""
        user, channel = modal.user, modal.channel
        payloads.member_of(user, channel)
        if modal.closed:
            raise ImpossibleError(f"{user.name} does not have {modal.form['title']!r} open.")
        data = controls.submitted(modal.form, values or {}, Resolved(user, channel))
        owners = payloads.owners(self.world, user, channel, (payloads.FOR_GUILD, payloads.FOR_USER))
        exchange = self._begin(
            InteractionType.MODAL, data, owners, user=user, channel=channel, message=modal.origin
        )
        modal.submissions.append(exchange.interaction)
        return exchange

    def offered(self, *, user: User, channel: Channel) -> list[str]:
        """The names of the slash commands that this person is offered here."""
        return [one["name"] for one in commands.visible(self.world, user, channel)]

    def between(self, other: User) -> Channel:
        """Direct messages of somebody with another person, where the bot is not."""
        return Channel(id=self.world.new_id(), type=ChannelType.DIRECT, recipient=other)

    # --- helpers ---------------------------------------------------------------------------------

    def _use(
        self, message: Message, data: Body, user: User, channel: Channel, *, late: bool = False
    ) -> Exchange:
        owners = (message.metadata or {}).get("authorizing_integration_owners") or payloads.owners(
            self.world, user, channel, (payloads.FOR_GUILD,)
        )
        return self._begin(
            InteractionType.COMPONENT, data, owners, user=user, channel=channel, message=message, late=late
        )

    def _begin(
        self, kind: InteractionType, data: Body, owners: dict[str, str], *, user: User, channel: Channel,
        message: Message | None = None, command: str = "", late: bool = False,
    ) -> Exchange:  # fmt: skip
        begun = self.world.interaction(
            kind, user=user, channel=channel, message=message, command=command, late=late
        )
        begun.only_user = str(payloads.FOR_GUILD) not in owners
        payload = payloads.interaction(self.world, begun, data, owners)
        guild_id = channel.guild.id if channel.guild is not None else None
        self.gateway.dispatch("INTERACTION_CREATE", Event(payload, guild_id))
        return Exchange(self, begun, payload)

    @staticmethod
    def _seen(message: Message, user: User) -> Channel:
        """The channel of a message. Raises `ImpossibleError` if this person does not see it."""
        channel = message.channel
        payloads.member_of(user, channel)
        there = message in channel.messages.values() or message in channel.ephemeral
        if not there or message.only_for not in (None, user):
            raise ImpossibleError(f"{user.name} does not see the message {message.id}.")
        return channel
