"""All that the stand-in remembers, and how tests set it up."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from tests.servers.discord.guild import Guild
from tests.servers.discord.interaction_state import Interaction, InteractionType
from tests.servers.discord.permissions import PEOPLE, Permission
from tests.servers.discord.state import Body, Channel, ChannelType, Member, Message, MessageType, Role, User

EPOCH: Final = datetime(2015, 1, 1, tzinfo=UTC)  # of snowflakes
TOKEN: Final = "MTIzNDU2Nzg5.paperboy.loopback"
INVITED: Final = (  # what the bot may where a test says nothing else
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)

Event = Literal[
    "GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE",
    "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE",
    "THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE",
    "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE",
    "GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE",
    "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened, named as the gateway's event is, with what it is about."""

    event: Event
    guild: Guild | None = None
    channel: Channel | None = None
    message: Message | None = None
    member: Member | None = None
    role: Role | None = None


@dataclass(slots=True, kw_only=True)
class Application:
    """The app, as its developers set it up."""

    id: str
    name: str = "Paperboy"
    owner: User
    public: bool = True
    reads_content: bool = False  # the privileged intent is switched on
    verified: bool = False
    settings: Body = field(default_factory=dict)  # what the app set of itself


@dataclass(slots=True)
class GatewayInfo:
    """What `/gateway/bot` tells."""

    url: str = ""
    shards: int = 1
    starts_left: int = 1_000
    starts_reset_after: timedelta = timedelta(hours=24)
    max_concurrency: int = 1


class World:
    """Everything, and the one clock. Tests set it up and look at it; the server changes it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.token = TOKEN
        self.listeners: list[Callable[[Change], None]] = []  # told of every change, when it is done
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}  # with those where the bot is not
        self.channels: dict[str, Channel] = {}  # of all kinds, threads and direct messages too
        self.directs: dict[str, Channel] = {}  # by the person's id
        self.commands: dict[str | None, dict[str, Body]] = {}  # by guild, None the global ones; then by id
        self.user_installs: set[str] = set()  # ids of those who have the app for themselves
        self.interactions: dict[str, Interaction] = {}  # by token
        self.gateway = GatewayInfo()
        self.nonce_window = timedelta(minutes=5)  # how long "the past few minutes" are
        self.crossposts: dict[str, list[datetime]] = defaultdict(list)  # when, by channel's id
        self.direct_openings = 10  # of new direct messages in ten minutes, before it is too fast
        self.opened: list[datetime] = []  # when new direct messages were
        self.command_creations: dict[str | None, list[datetime]] = defaultdict(list)  # when, by guild
        self._nonces: dict[str, tuple[datetime, Message]] = {}
        self.changed: Callable[[], None] = lambda: None  # wakes those who wait for a change
        self._last_id = 0
        self.bot = self.user("Paperboy", bot=True)
        self.application = Application(id=self.bot.id, owner=self.user("operator"))

    # --- setting up ------------------------------------------------------------------------------

    def user(self, name: str = "maya", **traits: Any) -> User:
        """A person; `traits` are the fields of `User`."""
        user = User(id=self.new_id(), name=name, **traits)
        self.users[user.id] = user
        return user

    def guild(
        self,
        name: str = "Acme Lab",
        *,
        owner: User | None = None,
        allowed: Permission = INVITED,
        bot: bool = True,
        crowd: int = 0,
    ) -> Guild:
        """A server without channels; with `bot` the app was added to it and has `allowed`."""
        guild = Guild(
            id=self.new_id(), name=name, world=self, owner=owner or self.user(f"{name} owner"), crowd=crowd
        )
        guild.roles[guild.id] = Role(
            id=guild.id, guild=guild, name="@everyone", permissions=PEOPLE, position=0
        )
        guild.members[guild.owner.id] = Member(user=guild.owner, guild=guild, joined_at=self.now())
        self.guilds[guild.id] = guild
        if bot:
            self.add_bot(guild, allowed)
        return guild

    def add_bot(self, guild: Guild, allowed: Permission = INVITED) -> None:
        """Somebody adds the app to a server, or adds it again."""
        role = guild.role(self.application.name, allowed, managed=True)
        guild.members[self.bot.id] = Member(user=self.bot, guild=guild, joined_at=self.now(), roles=[role.id])
        self.tell("GUILD_CREATE", guild=guild)

    def remove_bot(self, guild: Guild) -> None:
        """Somebody removes the app from a server. Its commands there are gone, too."""
        (own,) = [one for one in guild.roles.values() if one.managed]
        del guild.members[self.bot.id]
        del guild.roles[own.id]
        self.commands.pop(guild.id, None)
        self.tell("GUILD_DELETE", guild=guild)

    def outage(self, guild: Guild, *, over: bool = False) -> None:
        """A server is not to be reached, or is again: GUILD_DELETE with `unavailable`, or GUILD_CREATE."""
        guild.unavailable = not over
        self.tell("GUILD_CREATE" if over else "GUILD_DELETE", guild=guild)

    def direct(self, user: User) -> Channel:
        """The bot's direct messages with somebody, opened if need be."""
        if user.id not in self.directs:
            channel = Channel(id=self.new_id(), type=ChannelType.DIRECT, recipient=user)
            self.channels[channel.id] = self.directs[user.id] = channel
        return self.directs[user.id]

    def say(self, channel: Channel, author: User, content: str, **traits: Any) -> Message:
        """Somebody writes something; `traits` are the fields of `Message`."""
        message = Message(
            id=self.new_id(), channel=channel, author=author, at=self.now(), content=content, **traits
        )
        self.post(message)
        return message

    def interaction(
        self,
        kind: InteractionType,
        *,
        user: User,
        channel: Channel,
        message: Message | None = None,
        command: str = "",
        late: bool = False,
    ) -> Interaction:
        """An interaction that may be answered from now on."""
        id_ = self.new_id()
        interaction = Interaction(
            id=id_,
            token=f"aW50ZXJhY3Rpb246{id_}",
            type=kind,
            user=user,
            channel=channel,
            guild=channel.guild,
            created_at=self.now(),
            message=message,
            command=command,
            late=late,
            only_user=channel.guild is not None and not channel.guild.has_bot,
        )
        self.interactions[interaction.token] = interaction
        return interaction

    # --- what happens ----------------------------------------------------------------------------

    def tell(self, event: Event, **about: Any) -> None:
        """`about` are the fields of `Change`."""
        change = Change(event=event, **about)
        for listener in list(self.listeners):
            listener(change)
        self.changed()

    def post(self, message: Message) -> None:
        """A message is there, for all or for one person alone."""
        channel = message.channel
        if message.only_for is not None:
            channel.ephemeral.append(message)
            self.changed()
            return
        channel.messages[message.id] = message
        if channel.is_thread and message.id != channel.id and message.type is not MessageType.THREAD_STARTER:
            channel.sent += 1
        self.tell("MESSAGE_CREATE", guild=channel.guild, channel=channel, message=message)

    def edited(self, message: Message) -> None:
        if message.only_for is None:
            about = {"guild": message.channel.guild, "channel": message.channel, "message": message}
            self.tell("MESSAGE_UPDATE", **about)
        self.changed()

    def delete(self, message: Message) -> None:
        """By whomever: the app, its author or a moderator."""
        channel = message.channel
        if message.only_for is not None:
            channel.ephemeral.remove(message)
            self.changed()
            return
        del channel.messages[message.id]
        self.tell("MESSAGE_DELETE", guild=channel.guild, channel=channel, message=message)

    def remember(self, nonce: str | int, message: Message) -> None:
        """A message of the bot's was made with this nonce."""
        self._nonces[str(nonce)] = (self.now(), message)

    def by_nonce(self, nonce: str | int) -> Message | None:
        """The message that the bot made with this nonce in the past few minutes, wherever it is."""
        made_at, message = self._nonces.get(str(nonce), (None, None))
        return message if made_at is not None and self.now() < made_at + self.nonce_window else None

    # --- names -----------------------------------------------------------------------------------

    def new_id(self) -> str:
        """A snowflake by the clock, always greater than the one before."""
        milliseconds = int((self.now() - EPOCH) / timedelta(milliseconds=1))
        self._last_id = max(self._last_id + 1, milliseconds << 22)
        return str(self._last_id)

    @staticmethod
    def made_at(snowflake: str) -> datetime:
        """The instant in a snowflake."""
        return EPOCH + timedelta(milliseconds=int(snowflake) >> 22)
