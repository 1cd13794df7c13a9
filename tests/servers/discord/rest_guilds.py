"""Servers: looked at, and left."""

from tests.servers.discord.api import Call, DiscordError, route
from tests.servers.discord.state import Body


@route("GET", "/guilds/{guild_id}")
def get_guild(call: Call) -> Body:
    guild = call.guild()
    counts = {"approximate_member_count": guild.member_count, "approximate_presence_count": 0}
    return guild.shown() | (counts if call.query.get("with_counts") else {})


@route("GET", "/guilds/{guild_id}/channels")
def get_channels(call: Call) -> list[Body]:
    """All of them, those that the bot does not see as well."""
    return [one.shown() for one in call.guild().channels.values()]


@route("GET", "/guilds/{guild_id}/roles")
def get_roles(call: Call) -> list[Body]:
    return [one.shown() for one in call.guild().roles.values()]


@route("GET", "/guilds/{guild_id}/roles/{role_id}")
def get_role(call: Call) -> Body:
    return call.role(call.guild()).shown()


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def get_member(call: Call) -> Body:
    member = call.guild().members.get(call.params["user_id"])
    if member is None:
        known = call.params["user_id"] in call.world.users
        raise DiscordError(404, *(10007, "Unknown Member") if known else (10013, "Unknown User"))
    return member.shown()


@route("GET", "/users/@me/guilds")
def get_my_guilds(call: Call) -> list[Body]:
    query = call.query
    guilds = [one for one in call.world.guilds.values() if one.has_bot]
    if "after" in query:
        guilds = [one for one in guilds if int(one.id) > int(query["after"])]
    if "before" in query:
        guilds = [one for one in guilds if int(one.id) < int(query["before"])]
    return [
        {
            "id": one.id,
            "name": one.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(int(one.may(one.me))),
            "features": ["COMMUNITY", "NEWS"],
            **({"approximate_member_count": one.member_count} if query.get("with_counts") else {}),
        }
        for one in guilds[: query.get("limit", 200)]
    ]


@route("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(call: Call) -> None:
    call.world.remove_bot(call.guild())
