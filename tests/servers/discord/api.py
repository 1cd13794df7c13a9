"""The door of the REST API: what a request says, and how it is answered."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from tests.servers.discord.guild import Guild
from tests.servers.discord.permissions import DIRECT, Permission
from tests.servers.discord.problems import Problem, nested
from tests.servers.discord.state import Body, Channel, Message, Role, User
from tests.servers.discord.world import World


class DiscordError(Exception):
    """An error as Discord answers it. With `fault` the app could have known: the test is to fail."""

    def __init__(
        self, status: int, code: int, message: str, *, fault: bool = False, errors: Body | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fault = fault
        self.errors = errors

    def shown(self) -> Body:
        body: Body = {"message": self.message, "code": self.code}
        return body | ({"errors": self.errors} if self.errors else {})


class InvalidFormError(DiscordError):
    """50035, for what no rule allows."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(400, 50035, "Invalid Form Body", fault=True, errors=nested(self.problems))


def insist(problems: Iterable[Problem]) -> None:
    """Raises `InvalidFormError` if there are any."""
    found = list(problems)
    if found:
        raise InvalidFormError(found)


def insist_token(world: World, headers: Mapping[str, str]) -> None:
    """Raises if the bot's token is not there."""
    if headers.get("Authorization") != f"Bot {world.token}":
        raise DiscordError(401, 0, "401: Unauthorized")


def no_access() -> DiscordError:
    return DiscordError(403, 50001, "Missing Access")


def no_permission() -> DiscordError:
    return DiscordError(403, 50013, "Missing Permissions")


def wrong_channel_type() -> DiscordError:
    return DiscordError(400, 50024, "Cannot execute action on this channel type")


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a request."""

    name: str
    content: bytes
    content_type: str


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One request, and what became of it."""

    method: str
    route: str  # as the specification writes it
    params: dict[str, str]  # of the path
    query: dict[str, Any]  # by the specification's types
    body: Any
    files: dict[str, File]
    at: datetime
    world: World
    status: int = 0  # of the answer; 0 where there was none
    code: int = 0  # of an error
    reply: Any = field(default=None, repr=False)

    @property
    def now(self) -> datetime:
        return self.world.now()

    @property
    def bot(self) -> User:
        return self.world.bot

    def channel(self, need: Permission = Permission.VIEW_CHANNEL) -> Channel:
        """The channel of the path, where the bot has what is needed. Raises what Discord says."""
        channel = self.world.channels.get(self.params["channel_id"])
        if channel is None:
            raise DiscordError(404, 10003, "Unknown Channel")
        allowed = self.allowed(channel)
        if Permission.VIEW_CHANNEL not in allowed:
            raise no_access()
        if need not in allowed:
            raise no_permission()
        return channel

    def allowed(self, channel: Channel) -> Permission:
        """What the bot may in a channel."""
        if channel.guild is None:
            return DIRECT
        self._insist_available(channel.guild)
        if not channel.guild.has_bot:
            return Permission(0)
        return channel.guild.may(channel.guild.me, channel)

    def message(self, channel: Channel) -> Message:
        message = channel.messages.get(self.params["message_id"])
        if message is None:
            raise DiscordError(404, 10008, "Unknown Message")
        return message

    def guild(self) -> Guild:
        """The server of the path, if the bot is in it."""
        guild = self.world.guilds.get(self.params["guild_id"])
        if guild is None or not guild.has_bot:
            raise DiscordError(404, 10004, "Unknown Guild")
        self._insist_available(guild)
        return guild

    def role(self, guild: Guild) -> Role:
        role = guild.roles.get(self.params["role_id"])
        if role is None:
            raise DiscordError(404, 10011, "Unknown Role")
        return role

    @staticmethod
    def _insist_available(guild: Guild) -> None:
        if guild.unavailable:
            raise DiscordError(503, 0, "503: Service Unavailable")


Run = Callable[[Call], Any]
"""Does what is asked for, and gives the answer's body; None where there is none."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route that the stand-in has."""

    run: Run
    status: int  # of an answer that is no error and has a body
    token: bool  # whether the bot's token is asked for


ROUTES: Final[dict[tuple[str, str], Route]] = {}


def route(method: str, template: str, *, status: int = 200, token: bool = True) -> Callable[[Run], Run]:
    """Declares a route, in the specification's words."""

    def declare(run: Run) -> Run:
        ROUTES[method, template] = Route(run, status, token)
        return run

    return declare


async def read_body(request: web.Request) -> tuple[Any, dict[str, File]]:
    """What a request says, and its files by field. Raises `ValueError` if it cannot be read."""
    if not request.can_read_body:
        return None, {}
    if request.content_type == "application/json":
        return json.loads(await request.read()), {}
    if request.content_type != "multipart/form-data":
        raise ValueError(f"a body of the type {request.content_type}")
    body: Any = None
    files: dict[str, File] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = File(value.filename, value.file.read(), value.content_type)
        elif name == "payload_json":
            body = json.loads(str(value))
        else:
            raise ValueError(f"a form with the field {name}")
    return body, files
