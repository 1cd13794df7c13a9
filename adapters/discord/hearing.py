"""Who did something in Discord, where, and what a message says: read from what Discord sent. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import discord

from adapters.discord.address import DIRECT, Address
from adapters.discord.memory import FORUMS
from adapters.discord.offer import SURFACE
from bot.commands.model import Actor, Place
from bot.people.model import Identity

Interaction = discord.Interaction[Any]

_NEWS: Final = discord.ChannelType.news
_TARGET: Final = re.compile(r"\]\(\s*<?(https?://[^\s>)]+)")
_SAID: Final = frozenset({"content", "url", "title", "description", "name", "value", "text"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that somebody did, and what they and we may do where they did it, as Discord told."""

    actor: Actor
    place: Place
    permissions: discord.Permissions  # the person's
    ours: discord.Permissions


def heard(interaction: Interaction) -> Heard:
    """Reads an interaction of any kind."""
    user = interaction.user
    actor = Actor(identity=Identity(SURFACE, "", str(user.id)), name=user.display_name)
    return Heard(actor, _place(interaction), interaction.permissions, interaction.app_permissions)


def _place(interaction: Interaction) -> Place:
    channel, guild = interaction.channel, interaction.guild_id
    if guild is None:
        # Direct messages between the person and us, not those with others where they use us.
        if interaction.context.dm_channel and channel is not None:
            return direct_place(channel.id)
        return Place(surface=SURFACE, tenant="", address=None, name="this conversation")
    if not interaction.is_guild_integration() or channel is None:  # the person took us along
        return Place(surface=SURFACE, tenant="", address=None, name="this server")
    if isinstance(channel, discord.Thread):
        parent = channel.parent
        if parent is None or parent.type not in FORUMS:
            return _in_guild(guild, channel.id, channel.name)
        channel = parent  # what is set up in a post of a forum is meant for the forum
    name = str(getattr(channel, "name", None) or "this channel")
    return _in_guild(
        guild,
        channel.id,
        f"#{name}",
        forum=channel.type in FORUMS,
        announcements=channel.type is _NEWS,
    )


def direct_place(channel: int) -> Place:
    """Somebody's direct messages with us."""
    address = str(Address(DIRECT, str(channel)))
    return Place(surface=SURFACE, tenant="", address=address, name="your direct messages", direct=True)


def _in_guild(guild: int, channel: int, name: str, **more: bool) -> Place:
    address = str(Address(str(guild), str(channel)))
    return Place(surface=SURFACE, tenant=str(guild), address=address, name=name, **more)


def tags_at(interaction: Interaction) -> list[str]:
    """The names of the tags of the forum in whose post somebody is."""
    channel = interaction.channel
    forum = channel.parent if isinstance(channel, discord.Thread) else None
    return [one.name for one in forum.available_tags] if isinstance(forum, discord.ForumChannel) else []


def texts_of(message: Mapping[str, Any]) -> str:
    """All that a message says and links to, also in embeds, components and what it forwards: a text to find
    papers in.
    """
    kept = ("content", "embeds", "components", "message_snapshots")
    said = "\n".join(_collected({name: message.get(name) for name in kept}))
    return "\n".join([_TARGET.sub("] ", said), *_TARGET.findall(said)])


def _collected(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str) and name in _SAID:
                yield inner
            else:
                yield from _collected(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _collected(inner)


__all__ = ["Heard", "Interaction", "direct_place", "heard", "tags_at", "texts_of"]
