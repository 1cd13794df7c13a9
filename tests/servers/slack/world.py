"""All that the stand-in remembers, and how tests set it up."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from tests.servers.slack.state import (
    APP_ID,
    Body,
    Channel,
    Consent,
    Enterprise,
    File,
    Kind,
    Link,
    Message,
    Shown,
    Team,
    Token,
    Trigger,
    User,
    View,
)

TRIGGER_LIFE: Final = timedelta(seconds=3)
LINK_LIFE: Final = timedelta(minutes=30)


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
        self.unfurls: dict[str, Message] = {}  # by the id that comes with the event of shared links
        self.unfurled: list[tuple[str, Body]] = []  # the message's ts, and the cards
        self.tickets: set[str] = set()  # for connections of Socket Mode that are not made yet
        self.scheduled: dict[str, tuple[Channel, int, Body]] = {}
        self.links: dict[str, Link] = {}
        self.redirects: list[str] = []  # the addresses that the app's manifest names
        self.rotation = False  # of tokens
        self.dead_links = False  # whether addresses for answers serve no more when they arrive
        self.late_triggers = False  # whether triggers have run out when they arrive
        self.consents: dict[str, Consent] = {}  # by code
        self.log: list[Shown] = []
        self._last_ts = 0  # microseconds
        self._ids = 0

    # --- setting up ------------------------------------------------------------------------------

    def add_enterprise(self, enterprise_id: str = "E1", name: str = "Acme Group") -> Enterprise:
        self.enterprises[enterprise_id] = Enterprise(enterprise_id, name)
        return self.enterprises[enterprise_id]

    def add_team(
        self,
        team_id: str = "T1",
        *,
        domain: str = "acme",
        name: str = "Acme",
        enterprise: Enterprise | None = None,
    ) -> Team:
        self.teams[team_id] = Team(team_id, domain, name, enterprise)
        return self.teams[team_id]

    def add_user(self, team: Team, user_id: str = "U1", name: str = "maya", **traits: Any) -> User:
        """`traits` are the fields of `User`."""
        self.users[user_id] = User(id=user_id, team=team, name=name, **traits)
        return self.users[user_id]

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

    def say(
        self, channel: Channel, user: User, text: str, *, thread_ts: str | None = None, **content: Any
    ) -> Message:
        """Somebody writes something, to a thread if one is given."""
        message = Message(
            ts=self.new_ts(),
            channel=channel,
            sender=user.id,
            thread_ts=thread_ts,
            content={"text": text, **content},
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
        until = self.now() + (timedelta() if self.late_triggers else TRIGGER_LIFE)
        self.triggers[id_] = Trigger(user=user.id, team=user.team, until=until, view=view)
        return id_

    def new_link(self, user: User, channel: Channel, origin: Message | None = None) -> Link:
        link = Link(
            id=self.new_id("link-"),
            user=user,
            channel=channel,
            origin=origin,
            until=self.now() + (timedelta() if self.dead_links else LINK_LIFE),
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
