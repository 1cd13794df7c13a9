"""What discord.py remembers of servers here: that they are there, what they are called, and their forums.

By itself it keeps all channels, threads and roles of all servers, some ten kilobytes a server. Nobody here
looks at them: an interaction brings along what it is about, and everything else is asked of Discord when it
counts. A forum is known so that a post in it is taken for the forum.
"""

from collections.abc import Mapping
from typing import Any, Final

from discord import ChannelType
from discord.state import AutoShardedConnectionState

FORUMS: Final = frozenset({ChannelType.forum, ChannelType.media})

# All other events that come with the intents change only what is not remembered.
_HEARD: Final = frozenset(
    {
        "READY",
        "RESUMED",
        "GUILD_CREATE",
        "GUILD_UPDATE",
        "GUILD_DELETE",
        "CHANNEL_CREATE",
        "CHANNEL_DELETE",
        "THREAD_DELETE",
        "INTERACTION_CREATE",
        "MESSAGE_CREATE",
    }
)
_LEFT_OUT: Final[Mapping[str, Any]] = {
    "roles": (),
    "threads": (),
    "members": (),
    "emojis": (),
    "stickers": (),
    "features": (),
    "voice_states": (),
    "presences": (),
    "stage_instances": (),
    "guild_scheduled_events": (),
    "soundboard_sounds": (),
    "description": None,
}
_FORUMS: Final = frozenset(one.value for one in FORUMS)


class Memory(AutoShardedConnectionState[Any]):
    """discord.py's memory, with little in it. A channel that is deleted is told of as
    `on_raw_channel_delete(guild_id, channel_id, name)`, since it was not known before.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parsers = {name: parser for name, parser in self.parsers.items() if name in _HEARD}

    def parse_guild_create(self, data: Any) -> None:
        super().parse_guild_create(_little_of(data))

    def parse_guild_update(self, data: Any) -> None:
        super().parse_guild_update(_little_of(data))

    def parse_channel_create(self, data: Any) -> None:
        if data["type"] in _FORUMS:
            super().parse_channel_create(data)

    def parse_channel_delete(self, data: Any) -> None:
        super().parse_channel_delete(data)
        self.dispatch("raw_channel_delete", int(data["guild_id"]), int(data["id"]), data["name"])


def _little_of(guild: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of a server, without what is not remembered."""
    little = {**guild, **{name: left for name, left in _LEFT_OUT.items() if name in guild}}
    if "channels" in guild:
        little["channels"] = [one for one in guild["channels"] if one["type"] in _FORUMS]
    return little
