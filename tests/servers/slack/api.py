"""The Web API's door: who calls, with what, and whether they may."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from aiohttp import web

from tests.servers.slack.spec import Spec
from tests.servers.slack.state import Body, Channel, Token, User
from tests.servers.slack.world import World


class SlackError(Exception):
    """`ok: false` with this error, and what else stands beside it."""

    def __init__(self, error: str, **beside: Any) -> None:
        super().__init__(error)
        self.error = error
        self.beside = beside


@dataclass(frozen=True, slots=True)
class Call:
    """One call whose token and arguments were found to be in order."""

    method: str
    arguments: Body
    token: Token | None  # None where a method needs none
    client: tuple[str, str] | None  # client id and secret
    world: World
    url: str  # the server's own

    @property
    def bot(self) -> Token:
        assert self.token is not None, f"{self.method} is declared to need no token."
        return self.token

    def need(self, scope: str) -> None:
        """Raises missing_scope."""
        if scope not in self.bot.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.bot.scopes)))

    def channel(self, name: str = "channel", error: str = "channel_not_found") -> Channel:
        """The channel that an argument names, if the token's owner can see it at all."""
        channel = self.world.channels.get(str(self.arguments.get(name, "")))
        if channel is None or not any(map(self.bot.reaches, (channel.team, *channel.shared_with))):
            raise SlackError(error)
        if channel.kind != "channels" and self.bot.bot_user not in channel.members:
            raise SlackError(error)
        return channel

    def user(self, name: str, error: str = "user_not_found") -> User:
        """The person whom an argument names, if they are seen from there."""
        user = self.world.users.get(str(self.arguments.get(name, "")))
        if user is None or not (self.bot.reaches(user.team) or self._shares_channel(user)):
            raise SlackError(error)
        return user

    def _shares_channel(self, user: User) -> bool:
        return any(
            user.id in channel.members and any(map(self.bot.reaches, (channel.team, *channel.shared_with)))
            for channel in self.world.channels.values()
        )


@dataclass(frozen=True, slots=True)
class Method:
    """A method that the stand-in has."""

    run: Callable[[Call], Body]
    scope: str | None
    token: Literal["bot", "app", "none"]


METHODS: Final[dict[str, Method]] = {}


def method(
    name: str,
    *,
    scope: str | None = None,
    token: Literal["bot", "app", "none"] = "bot",  # noqa: S107 - a kind of token, not one
) -> Callable[[Callable[[Call], Body]], Callable[[Call], Body]]:
    """Declares a method with the scope it needs. What the scope depends on, the method asks itself."""

    def declare(run: Callable[[Call], Body]) -> Callable[[Call], Body]:
        METHODS[name] = Method(run, scope, token)
        return run

    return declare


async def read_arguments(request: web.Request) -> tuple[Body, str | None]:
    """What a request says, however it says it, and its token. Raises `ValueError` if it cannot be read."""
    arguments: Body = dict(request.query)
    if request.can_read_body:
        arguments |= _read_body(await request.text(), request.content_type)
    token = arguments.pop("token", None)
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        token = header.removeprefix("Bearer ")
    return arguments, token


def _read_body(text: str, content_type: str) -> Body:
    if content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text, keep_blank_values=True))
    if content_type != "application/json" or not text.startswith("{"):
        raise ValueError(f"a body of the type {content_type} that holds no arguments")
    body: Body = json.loads(text)
    return body


def read_client(request: web.Request, arguments: Body) -> tuple[str, str] | None:
    """The client's id and secret, as a header or among the arguments."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name, secret
    if "client_id" in arguments and "client_secret" in arguments:
        return str(arguments["client_id"]), str(arguments["client_secret"])
    return None


def admit(world: World, described: Method, value: str | None) -> Token | None:
    """The token of a call. Raises what Slack says to one that is not in order."""
    if described.token == "none":
        return None
    if not value:
        raise SlackError("not_authed")
    token = world.tokens.get(value)
    if token is None:
        raise SlackError("invalid_auth")
    if (described.token == "app") != value.startswith("xapp-"):
        raise SlackError("not_allowed_token_type")
    if token.trouble is not None:
        raise SlackError(token.trouble)
    if token.expires is not None and token.expires <= world.now():
        raise SlackError("token_expired")
    if described.scope is not None and described.scope not in token.scopes:
        raise SlackError("missing_scope", needed=described.scope, provided=",".join(sorted(token.scopes)))
    return token


def refusal(spec: Spec, name: str, problems: list[str]) -> SlackError:
    """What Slack says to a call that is wrong in itself."""
    listed = spec.errors(name)
    if any("no_text" in one for one in problems) and "no_text" in listed:
        return SlackError("no_text")
    if any("msg_too_long" in one for one in problems):
        return SlackError("msg_too_long")
    if any("blocks" in one for one in problems) and "invalid_blocks" in listed:
        return SlackError("invalid_blocks", response_metadata={"messages": problems})
    return SlackError("invalid_arguments", response_metadata={"messages": problems})
