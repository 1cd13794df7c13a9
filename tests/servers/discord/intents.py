"""Which events a session asked for, as Discord's list of intents says."""

from enum import IntFlag
from typing import Final


class Intent(IntFlag):
    """The gateway's intents, by Discord's bits."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


KNOWN: Final = Intent(sum(Intent))
PRIVILEGED: Final = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
NONE: Final = Intent(0)

_IN_GUILD: Final = {"GUILD_MEMBER": Intent.GUILD_MEMBERS, "MESSAGE": Intent.GUILD_MESSAGES}
_IN_DIRECT: Final = {"MESSAGE": Intent.DIRECT_MESSAGES, "CHANNEL": Intent.GUILDS}


def needed(event: str, *, in_guild: bool) -> Intent:
    """The intent without which an event is not sent; none for interactions and what concerns the session."""
    if event in ("READY", "RESUMED", "INTERACTION_CREATE", "USER_UPDATE"):
        return NONE
    if not in_guild:
        return next(intent for prefix, intent in _IN_DIRECT.items() if event.startswith(prefix))
    special = (intent for prefix, intent in _IN_GUILD.items() if event.startswith(prefix))
    return next(special, Intent.GUILDS)
