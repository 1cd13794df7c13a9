"""What somebody may do in a channel, computed from what Discord tells of server, member and channel. Pure.

As Discord documents it under Permissions: roles add up, the channel's overwrites change that for everyone,
then for the roles together, then for the member. A thread has the permissions of its channel.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import discord

Json = Mapping[str, Any]

_MEMBER: Final = 1  # the type of an overwrite for a member; 0 is one for a role


def permissions_in(
    guild_id: str, owner_id: str, roles: Iterable[Json], member: Json, channel: Json
) -> discord.Permissions:
    """The permissions of a member in a channel, which is no thread."""
    user = str(member["user"]["id"])
    if user == owner_id:
        return discord.Permissions.all()
    held = {guild_id, *map(str, member["roles"])}  # the role of everyone has the server's own id
    value = 0
    for role in roles:
        if str(role["id"]) in held:
            value |= int(role["permissions"])
    if discord.Permissions(value).administrator:
        return discord.Permissions.all()
    overwrites = list(channel.get("permission_overwrites") or ())
    for names, of_members in (({guild_id}, False), (held - {guild_id}, False), ({user}, True)):
        some = [
            one
            for one in overwrites
            if str(one["id"]) in names and (int(one["type"]) == _MEMBER) is of_members
        ]
        allow, deny = 0, 0
        for one in some:
            allow |= int(one["allow"])
            deny |= int(one["deny"])
        value = value & ~deny | allow
    found = discord.Permissions(value)
    return found if found.view_channel else discord.Permissions.none()
