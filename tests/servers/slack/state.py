"""What the stand-in remembers, piece by piece: people, channels with their messages, tokens and views."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

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
    posters: Body | None = None  # the kinds of people and the people who may post; None: everybody
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

    def open_to(self, user: "User") -> bool:
        """Whether somebody may post here; others have no field to type in."""
        if self.posters is None or user.admin or user.owner:
            return True
        return user.id in self.posters.get("user", ())

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
    alternative: str  # what a picture shows, in words
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
