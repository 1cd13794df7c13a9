"""A Discord for the load: the tests' stand-in, which answers at once and looks at what it got afterwards.

To check a message against the specifications takes the stand-in some milliseconds, which it would take from
the bot on a small machine, and would count as the bot's. So what comes most, messages and answers, is kept as
it comes; `problems` then has the stand-in do all of it, in the same order and with its clock set to when it
came. Rate limits are Discord's own, from the first request on.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from adapters.discord.tree import slash
from benchmarks.discord_places import OTHER_CHANNELS, OTHER_ROLES, Server
from bot.commands.text import read_text
from tests.servers.discord.api import Call, Route, read_body
from tests.servers.discord.faults import VIA, answer
from tests.servers.discord.guild import Guild
from tests.servers.discord.interaction_state import Callback
from tests.servers.discord.permissions import PEOPLE as RIGHTS
from tests.servers.discord.rest_interactions import ORIGINAL, TOKEN
from tests.servers.discord.rest_messages import MESSAGES
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Body, Channel, ChannelType, Member, Role, User, stamp
from tests.servers.faults import utc_now

# What a request takes beyond the loopback: a guess at what it takes Discord, over the internet.
LATENCY: Final = 0.15  # seconds
A_SHARD: Final = 1_000  # servers, as Discord recommends
PEOPLE: Final = 2_000  # who type commands, each in a server of his own

_ANSWERED: Final = "/interactions/{interaction_id}/{interaction_token}/callback"
_FREQUENT: Final = {("POST", MESSAGES), ("POST", _ANSWERED), ("POST", TOKEN), ("PATCH", ORIGINAL)}
_PROMISES: Final = (Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE)


def shards(servers: int) -> int:
    """How many connections the gateway recommends to a bot in so many servers."""
    return -(-servers // A_SHARD)


class LoadedDiscord(DiscordServer):
    """All servers with their channels and people."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self._looking_back: datetime | None = None
        super().__init__(self._now)
        self.gateway.checks_events = False
        self.limits.measure()
        self.world.gateway.shards = shards(len(servers))
        self.people: list[tuple[User, Channel]] = []  # who types commands, and where
        self.digests: list[str] = []  # ids of the channels that are to get one
        self.posts: Counter[str] = Counter()  # by channel
        self.post_times: list[float] = []  # by the monotonic clock
        self.first_times: dict[str, float] = {}  # of the first answer to each interaction, by its token
        self.whole_times: dict[str, float] = {}  # of what was not only a promise
        self.limited = 0  # requests that were refused for their number
        self._kept: list[tuple[web.Request, Call, Route]] = []
        for one in servers:
            self._add(one)

    def _now(self) -> datetime:
        return self._looking_back or utc_now()

    def _add(self, one: Server) -> None:
        world = self.world
        owner = world.users.setdefault(self.world.application.owner.id, self.world.application.owner)
        guild = Guild(id=one.id, name=f"Server {one.number}", world=world, owner=owner, crowd=20_000)
        world.guilds[guild.id] = guild
        guild.roles[guild.id] = Role(id=guild.id, guild=guild, name="@everyone", permissions=RIGHTS)
        for number in range(1, OTHER_ROLES):
            role = Role(id=one.numbered(number), guild=guild, name=f"Role {number}", position=number)
            guild.roles[role.id] = role
        guild.members[world.bot.id] = Member(user=world.bot, guild=guild, joined_at=world.now())
        others = [one.numbered(200 + number) for number in range(OTHER_CHANNELS)]
        for position, id_ in enumerate([*one.channels, *others]):
            channel = Channel(
                id=id_, type=ChannelType.TEXT, name=f"channel-{position}", guild=guild, position=position
            )
            guild.channels[id_] = world.channels[id_] = channel
        self.digests += one.channels
        if len(self.people) < PEOPLE:
            user = User(id=one.numbered(300), name=f"person{one.number}")
            world.users[user.id] = user
            guild.members[user.id] = Member(user=user, guild=guild, joined_at=world.now())
            world.direct(user)  # which they have used before
            self.people.append((user, channel))

    # --- what people do --------------------------------------------------------------------------

    async def typed(self, text: str, *, user: User, channel: Channel) -> str:
        """Somebody types what would be this text elsewhere, option by option; the interaction's token."""
        reading = read_text(text)
        name = slash("papers", reading.command)
        exchange = await self.command(name, reading.values, user=user, channel=channel)
        return exchange.interaction.token

    # --- what the bot asks -----------------------------------------------------------------------

    async def _serve_call(
        self, request: web.Request, method: str, template: str, described: Route
    ) -> web.StreamResponse:
        if (method, template) in _FREQUENT:
            response = await self._take(request, method, template, described)
        else:
            response = await super()._serve_call(request, method, template, described)
        await asyncio.sleep(LATENCY)
        return response

    async def _take(
        self, request: web.Request, method: str, template: str, described: Route
    ) -> web.StreamResponse:
        """Keeps a request, and answers as if it were in order."""
        body, files = await read_body(request)
        call = Call(
            method=method, route=template, params=dict(request.match_info), query={}, body=body, files=files,
            at=self.now(), world=self.world,
        )  # fmt: skip
        self.keep(call)
        verdict = self.limits.ask(method, template, call.params)
        if verdict.refusal is not None:
            self.limited += 1
            call.status = 429
            return answer(429, verdict.refusal, {**VIA, **verdict.headers})
        call.status = described.status
        interaction = self.world.interactions.get(request.match_info.get("interaction_token", ""))
        if interaction is not None and not interaction.can_be_answered(call.at):
            problems = self._described(request, call)
            self._do(request, call, described, problems)
            return answer(call.status, call.reply, {**VIA, **verdict.headers})
        self._kept.append((request, call, described))
        reply = self._counted(call)
        self.changed()
        return answer(call.status, reply, {**VIA, **verdict.headers})

    def _counted(self, call: Call) -> Body:
        """Notes when what came; the answer to it."""
        at = time.monotonic()
        message = self._message(call)
        if call.route == MESSAGES:
            self.post_times.append(at)
            self.posts[call.params["channel_id"]] += 1
        elif call.route == _ANSWERED:
            token, kind = call.params["interaction_token"], Callback(call.body["type"])
            self.first_times[token] = at
            if kind not in _PROMISES:
                self.whole_times[token] = at
            return _told(call, kind, message)
        else:
            self.whole_times.setdefault(call.params["webhook_token"], at)
        return message

    def _message(self, call: Call) -> Body:
        """A new message, as far as anybody reads it."""
        return {
            "id": self.world.new_id(),
            "channel_id": call.params.get("channel_id") or "0",
            "type": 0,
            "author": self.world.bot.shown(),
            "content": "",
            "embeds": [],
            "components": [],
            "attachments": [],
            "flags": 0,
            "timestamp": stamp(call.at),
            "edited_timestamp": None,
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
        }

    # --- looking back ----------------------------------------------------------------------------

    def look_back(self) -> None:
        """Does everything that was kept, so that the world is as it had been."""
        self.gateway.sessions.clear()  # nobody is to be told
        for request, call, described in self._kept:
            self._looking_back = call.at
            self._do(request, call, described, self._described(request, call))
        self._looking_back = None
        self._kept.clear()

    def _described(self, request: web.Request, call: Call) -> list[Any]:
        call.query, problems = self.spec.typed(call.method, call.route, request.query)
        return [*problems, *self.spec.path_problems(call.route, request.match_info)]

    @property
    def once(self) -> int:
        """How many of the channels that were to get a digest have exactly one message; after `look_back`."""
        return sum(len(self.world.channels[one].messages) == 1 for one in self.digests)


def _told(call: Call, kind: Callback, message: Body) -> Body:
    """The answer to a first answer."""
    told = {"id": call.params["interaction_id"], "type": 2, "response_message_id": message["id"]}
    if kind is not Callback.MESSAGE:
        return {"interaction": told}
    return {"interaction": told, "resource": {"type": int(kind), "message": message}}
