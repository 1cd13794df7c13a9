"""What an interaction tells the app, whoever began it and where."""

from collections.abc import Iterable
from typing import Final

from tests.servers.discord.guild import Guild
from tests.servers.discord.interaction_state import Interaction
from tests.servers.discord.permissions import Permission
from tests.servers.discord.state import Body, Channel, Member, Message, Role, User
from tests.servers.discord.world import World

IN_GUILD, WITH_BOT, ELSEWHERE = (
    0,
    1,
    2,
)  # contexts: a server, the bot's direct messages, other private channels
FOR_GUILD, FOR_USER = 0, 1  # what the app can be installed for
UPLOAD_LIMIT: Final = 10 * 2**20  # bytes
_PRIVATELY: Final = (  # what an app has outside servers, as documented
    Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE
)


class ImpossibleError(AssertionError):
    """Something that Discord would not let this person do here."""


def context_of(world: World, user: User, channel: Channel) -> int:
    if channel.guild is not None:
        return IN_GUILD
    return WITH_BOT if world.directs.get(user.id) is channel else ELSEWHERE


def owners(world: World, user: User, channel: Channel, kinds: Iterable[int]) -> dict[str, str]:
    """For whom the app is installed that may be used here, of the `kinds` that a command supports."""
    found = {}
    guild = channel.guild
    if FOR_GUILD in kinds:
        if guild is not None and guild.has_bot:
            found[str(FOR_GUILD)] = guild.id
        elif guild is None and context_of(world, user, channel) == WITH_BOT:
            found[str(FOR_GUILD)] = "0"
    if FOR_USER in kinds and user.id in world.user_installs:
        found[str(FOR_USER)] = user.id
    return found


def member_of(user: User, channel: Channel) -> Member | None:
    """Somebody as a member of the channel's server. Raises `ImpossibleError` for who does not see it."""
    guild = channel.guild
    if guild is None:
        return None
    member = guild.members.get(user.id)
    if member is None or Permission.VIEW_CHANNEL not in guild.may(member, channel):
        raise ImpossibleError(f"{user.name} does not see the channel {channel.name}.")
    return member


def interaction(world: World, begun: Interaction, data: Body, integration_owners: dict[str, str]) -> Body:
    """The whole of what INTERACTION_CREATE says."""
    user, channel, guild = begun.user, begun.channel, begun.guild
    body: Body = {
        "id": begun.id,
        "application_id": world.application.id,
        "type": int(begun.type),
        "token": begun.token,
        "version": 1,
        "data": data,
        "channel_id": channel.id,
        "channel": _channel(channel, user),
        "context": context_of(world, user, channel),
        "authorizing_integration_owners": integration_owners,
        "app_permissions": str(int(_of_app(guild, channel))),
        "locale": user.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": UPLOAD_LIMIT,
    }
    if begun.message is not None:
        body["message"] = begun.message.shown()
    member = member_of(user, channel)
    if guild is None or member is None:
        return body | {"user": user.shown()}
    return body | {
        "guild_id": guild.id,
        "guild": {"id": guild.id, "locale": guild.locale, "features": guild.shown()["features"]},
        "guild_locale": guild.locale,
        "member": member.shown() | {"permissions": _allowed(member, channel)},
    }


class Resolved:
    """The objects that an interaction speaks of by their ids."""

    def __init__(self, user: User, channel: Channel) -> None:
        """Channels show what `user` may in them."""
        self._who = user
        self._where = channel
        self.body: Body = {}

    def add(self, thing: User | Member | Role | Channel) -> str:
        """Gives the id. Raises `ImpossibleError` for what is not in this server."""
        guild = self._where.guild
        match thing:
            case Role():
                if guild is None or thing.id not in guild.roles:
                    raise ImpossibleError(f"{thing.name} is no role here.")
                return self._keep("roles", thing.id, thing.shown())
            case Channel():
                if guild is None or thing.guild is not guild:
                    raise ImpossibleError(f"{thing.name} is no channel here.")
                return self._keep("channels", thing.id, _channel(thing, self._who))
            case Member():
                return self._user(thing.user)
        return self._user(thing)

    def _user(self, user: User) -> str:
        member = self._where.guild.members.get(user.id) if self._where.guild is not None else None
        if member is not None:
            left_out = ("user", "mute", "deaf")
            shown = {key: value for key, value in member.shown().items() if key not in left_out}
            self._keep("members", user.id, shown | {"permissions": _allowed(member, self._where)})
        return self._keep("users", user.id, user.shown())

    def _keep(self, kind: str, id_: str, shown: Body) -> str:
        self.body.setdefault(kind, {})[id_] = shown
        return id_


def resolved_message(message: Message) -> Body:
    return {"messages": {message.id: message.shown()}}


def _channel(channel: Channel, user: User) -> Body:
    """A channel as interactions show it: without what it allows whom, but with what this person may."""
    left_out = ("permission_overwrites", "available_tags", "template")
    shown = {key: value for key, value in channel.shown().items() if key not in left_out}
    guild = channel.guild
    if guild is None:
        return shown
    return shown | {"permissions": _allowed(guild.members[user.id], channel)}


def _allowed(member: Member, channel: Channel) -> str:
    return str(int(member.guild.may(member, channel)))


def _of_app(guild: Guild | None, channel: Channel) -> Permission:
    if guild is None or not guild.has_bot:
        return _PRIVATELY
    return guild.may(guild.me, channel)
