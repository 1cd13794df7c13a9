"""What the stand-in remembers: organisations, people, channels with their messages, tokens and views."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

TRIGGER_LIFE: Final = timedelta(seconds=3)
LINK_LIFE: Final = timedelta(minutes=30)
APP_ID: Final = "A0PAPERBOY"

Body = dict[str, Any]
"""JSON as Slack has it."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An organisation of an Enterprise Grid."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace."""

    id: str
    domain: str
    name: str
    enterprise: Enterprise | None = None

    @property
    def bot_user(self) -> str:
        """The app's own user here; one for a whole organisation."""
        return f"U{(self.enterprise or self).id}BOT"

    @property
    def bot_id(self) -> str:
        return f"B{(self.enterprise or self).id}"


@dataclass(slots=True, kw_only=True)
class User:
    """A person, as a workspace has them."""

    id: str
    team: Team
    name: str
    tz: str | None = "Europe/London"
    tz_offset: int = 0  # seconds
    restricted: bool = False  # a guest of several channels
    ultra_restricted: bool = False  # a guest of one
    admin: bool = False
    owner: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """A message, or with `only_for` what one person alone sees."""

    ts: str
    channel: "Channel"
    sender: str  # a user's id
    content: Body  # text, blocks, attachments, metadata, files, subtype
    bot: str | None = None  # the bot's id, if it is one's
    thread_ts: str | None = None
    only_for: str | None = None
    edits: int = 0

    @property
    def text(self) -> str:
        return str(self.content.get("text", ""))

    @property
    def blocks(self) -> list[Body]:
        return list(self.content.get("blocks") or [])

    @property
    def metadata(self) -> Body | None:
        return self.content.get("metadata")

    def shown(self, *, metadata: bool = False) -> Body:
        """As the Web API shows it."""
        body: Body = {"type": "message", "user": self.sender, "ts": self.ts, "text": self.text}
        if self.bot is not None:
            body |= {"bot_id": self.bot, "app_id": APP_ID, "team": self.channel.team.id}
        if self.thread_ts is not None:
            body["thread_ts"] = self.thread_ts
        if self.edits:
            body["edited"] = {"user": self.sender, "ts": self.ts}
        left = {"text"} if metadata else {"text", "metadata"}
        return body | {key: value for key, value in self.content.items() if key not in left and value}


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel or a direct message with the app (`user`)."""

    id: str
    team: Team
    name: str
    private: bool = False
    archived: bool = False
    general: bool = False
    read_only: bool = False  # only some may post, and the app is not among them
    shared_with: tuple[Team, ...] = ()
    user: str | None = None
    members: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)  # in the order of their ts
    ephemeral: list[Message] = field(default_factory=list)

    @property
    def kind(self) -> Literal["channels", "groups", "im"]:
        """As scopes begin."""
        return "im" if self.user is not None else "groups" if self.private else "channels"

    @property
    def top(self) -> list[Message]:
        """The messages that stand in the channel itself, threads left out."""
        return [one for one in self.messages if one.thread_ts in (None, one.ts)]

    def thread(self, ts: str) -> list[Message]:
        """The answers to a message."""
        return [one for one in self.messages if one.thread_ts == ts and one.ts != ts]

    def message(self, ts: str) -> Message | None:
        return next((one for one in self.messages if one.ts == ts), None)

    def seen_by(self, user: "User") -> list[Message]:
        """What somebody sees there that others do not."""
        return [one for one in self.ephemeral if one.only_for == user.id]


@dataclass(slots=True, kw_only=True)
class Token:
    """A bot's token, or an app's (`xapp-`)."""

    value: str
    scopes: frozenset[str]
    team: Team | None  # None: for a whole organisation, or an app's
    enterprise: Enterprise | None = None
    refresh: str | None = None
    expires: datetime | None = None
    trouble: str | None = None  # the error it is answered with: token_revoked, account_inactive, invalid_auth

    @property
    def bot_user(self) -> str:
        return f"U{self._owner}BOT"

    @property
    def bot_id(self) -> str:
        return f"B{self._owner}"

    @property
    def _owner(self) -> str:
        owner = self.enterprise or self.team
        assert owner is not None, "An app's token is nobody's bot."
        return owner.id

    def reaches(self, team: Team) -> bool:
        if self.team is not None:
            return self.team.id == team.id
        return self.enterprise is not None and team.enterprise == self.enterprise


@dataclass(slots=True, kw_only=True)
class View:
    """A modal or a home page that somebody has before them."""

    id: str
    team: Team
    user: str
    content: Body  # as the app made it
    version: int = 1
    root: str = ""
    previous: str | None = None

    @property
    def type(self) -> str:
        return str(self.content["type"])

    @property
    def blocks(self) -> list[Body]:
        return list(self.content["blocks"])

    @property
    def hash(self) -> str:
        return f"{self.version}.{self.id.lower()}"

    def shown(self, values: Body | None = None) -> Body:
        """As Slack shows it to the app; `values` is its state."""
        made: Body = {
            "id": self.id,
            "team_id": self.team.id,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "state": {"values": values or {}},
            "hash": self.hash,
            "clear_on_close": False,
            "notify_on_close": False,
            "root_view_id": self.root,
            "previous_view_id": self.previous,
            "app_id": APP_ID,
            "app_installed_team_id": self.team.id,
            "bot_id": self.team.bot_id,
        }
        return made | self.content


@dataclass(slots=True, kw_only=True)
class Trigger:
    """Leave to open one view, for a moment."""

    user: str
    team: Team
    until: datetime
    view: View | None = None  # in which it was given
    used: bool = False


@dataclass(slots=True, kw_only=True)
class File:
    """A file, once it was uploaded."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    shared_in: list[str] = field(default_factory=list)  # ids of channels


@dataclass(slots=True, kw_only=True)
class Link:
    """A `response_url`: leave to answer somebody a few times."""

    id: str
    user: User
    channel: Channel
    origin: Message | None  # the message whose control was pressed, or that a first answer made
    until: datetime
    uses: int = 0


@dataclass(slots=True, kw_only=True)
class Consent:
    """What somebody allowed, until the app fetches its token with the code."""

    where: Team | Enterprise
    user: User
    scopes: tuple[str, ...]
    redirect: str
    until: datetime


Kind = Literal["private", "public", "replaced", "deleted", "view", "home"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One change of what somebody sees, made by the app."""

    kind: Kind
    user: str | None  # who alone sees it, if not all do
    message: Message | None = None
    view: View | None = None
    link: str | None = None  # the response_url that it came by


class World:
    """Everything, and the one clock. Tests set it up and look at it; methods change it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.enterprises: dict[str, Enterprise] = {}
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.tokens: dict[str, Token] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}  # by user, the uppermost last
        self.homes: dict[str, View] = {}  # by user
        self.triggers: dict[str, Trigger] = {}
        self.files: dict[str, File] = {}
        self.unfurled: list[
            tuple[str, Body]
        ] = []  # the message's ts or the unfurl's id, and what was unfurled
        self.tickets: set[str] = set()  # for connections of Socket Mode that are not made yet
        self.scheduled: dict[str, tuple[Channel, int, Body]] = {}
        self.links: dict[str, Link] = {}
        self.redirects: list[str] = []  # the addresses that the app's manifest names
        self.rotation = False  # of tokens
        self.consents: dict[str, Consent] = {}  # by code
        self.log: list[Shown] = []
        self._last_ts = 0  # microseconds
        self._ids = 0

    # --- setting up ------------------------------------------------------------------------------

    def add_enterprise(self, enterprise_id: str = "E1", name: str = "Acme Group") -> Enterprise:
        return self.enterprises.setdefault(enterprise_id, Enterprise(enterprise_id, name))

    def add_team(
        self,
        team_id: str = "T1",
        *,
        domain: str = "acme",
        name: str = "Acme",
        enterprise: Enterprise | None = None,
    ) -> Team:
        return self.teams.setdefault(team_id, Team(team_id, domain, name, enterprise))

    def add_user(self, team: Team, user_id: str = "U1", name: str = "maya", **traits: Any) -> User:
        """`traits` are the fields of `User`."""
        return self.users.setdefault(user_id, User(id=user_id, team=team, name=name, **traits))

    def add_channel(
        self,
        team: Team,
        channel_id: str = "C1",
        name: str = "ml-papers",
        *,
        bot: bool = True,
        members: Iterable[User] = (),
        **traits: Any,
    ) -> Channel:
        """`traits` are the fields of `Channel`; with `bot` the app is a member."""
        channel = Channel(id=channel_id, team=team, name=name, members={one.id for one in members}, **traits)
        if bot:
            channel.members.add(team.bot_user)
        self.channels[channel_id] = channel
        return channel

    def install(
        self,
        where: Team | Enterprise,
        scopes: Iterable[str] = ("commands", "chat:write", "im:write"),
        *,
        expires_in: timedelta | None = None,
    ) -> Token:
        """Installs the app there and gives its token; one that expires can be refreshed."""
        number = self.new_id("")
        team = where if isinstance(where, Team) else None
        token = Token(
            value=f"xoxb-{where.id}-{number}" if expires_in is None else f"xoxe.xoxb-1-{where.id}-{number}",
            scopes=frozenset(scopes),
            team=team,
            enterprise=where.enterprise if isinstance(where, Team) else where,
            refresh=None if expires_in is None else f"xoxe-1-{where.id}-{number}",
            expires=None if expires_in is None else self.now() + expires_in,
        )
        self.tokens[token.value] = token
        return token

    def app_token(self, scopes: Iterable[str] = ("connections:write",)) -> Token:
        token = Token(value=f"xapp-1-{APP_ID}-{self.new_id('')}", scopes=frozenset(scopes), team=None)
        self.tokens[token.value] = token
        return token

    def revoke(self, where: Team | Enterprise, trouble: str = "token_revoked") -> list[Token]:
        """Every token of an installation is answered with this error from now on."""
        gone = [one for one in self.tokens.values() if (one.team or one.enterprise) == where]
        for token in gone:
            token.trouble = trouble
        return gone

    def say(self, channel: Channel, user: User, text: str, **content: Any) -> Message:
        """Somebody writes something."""
        message = Message(
            ts=self.new_ts(), channel=channel, sender=user.id, content={"text": text, **content}
        )
        channel.messages.append(message)
        return message

    # --- names -----------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids:06d}"

    def new_ts(self) -> str:
        """By the clock, and always later than the one before."""
        self._last_ts = max(self._last_ts + 1, int(self.now().timestamp() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_trigger(self, user: User, view: View | None = None) -> str:
        id_ = f"{self.new_id('')}.{self.new_id('')}.trigger"
        self.triggers[id_] = Trigger(user=user.id, team=user.team, until=self.now() + TRIGGER_LIFE, view=view)
        return id_

    def new_link(self, user: User, channel: Channel, origin: Message | None = None) -> Link:
        link = Link(
            id=self.new_id("link-"),
            user=user,
            channel=channel,
            origin=origin,
            until=self.now() + LINK_LIFE,
        )
        self.links[link.id] = link
        return link

    # --- what is seen ----------------------------------------------------------------------------

    def show_message(self, kind: Kind, message: Message, link: Link | None = None) -> None:
        user = message.only_for or message.channel.user
        self.log.append(Shown(kind=kind, user=user, message=message, link=link.id if link else None))

    def show_view(self, view: View) -> None:
        self.log.append(Shown(kind="home" if view.type == "home" else "view", user=view.user, view=view))

    # --- looking up ------------------------------------------------------------------------------

    def org_wide(self, team: Team) -> bool:
        """Whether the app stands in this workspace by an installation in the whole organisation."""
        reaching = [token for token in self.tokens.values() if token.trouble is None and token.reaches(team)]
        return bool(reaching) and all(token.team is None for token in reaching)

    def direct(self, user: User, bot_user: str) -> Channel:
        """The app's direct messages with somebody, opened if need be."""
        for channel in self.channels.values():
            if channel.user == user.id and bot_user in channel.members:
                return channel
        channel = Channel(
            id=self.new_id("D"),
            team=user.team,
            name="directmessage",
            user=user.id,
            members={user.id, bot_user},
        )
        self.channels[channel.id] = channel
        return channel
