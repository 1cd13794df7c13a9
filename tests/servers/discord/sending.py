"""How a message is made or changed out of what the app sends."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from tests.servers.discord.api import Call, DiscordError, File, insist, no_permission
from tests.servers.discord.message_rules import TEXT, every, message_problems, whole_problems
from tests.servers.discord.permissions import ALL, Permission
from tests.servers.discord.problems import Problem
from tests.servers.discord.state import SUPPRESS_EMBEDS, Body, Channel, Message, User
from tests.servers.discord.world import World

_MENTION: Final = re.compile(r"<@!?(\d+)>|<@&(\d+)>|@(everyone|here)")
_THUMBNAIL: Final = 11
_UNSAID: Final[dict[int, Body]] = {  # by type of component, what holds where nothing else is said
    **{select: {"min_values": 1, "max_values": 1, "disabled": False} for select in (3, 5, 6, 7, 8)},
    _THUMBNAIL: {"description": None, "spoiler": False},
    14: {"spacing": 1, "divider": True},
    17: {"accent_color": None, "spoiler": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that was found to be in order."""

    content: str
    embeds: list[Body]
    components: list[Body]
    attachments: list[Body]
    flags: int
    mentions: list[User]
    mention_roles: list[str]
    mention_everyone: bool

    def fill(self, message: Message) -> None:
        """The message says this from now on."""
        message.content = self.content
        message.embeds = self.embeds
        message.components = self.components
        message.attachments = self.attachments
        message.flags = self.flags
        message.mentions = self.mentions
        message.mention_roles = self.mention_roles
        message.mention_everyone = self.mention_everyone


def draft(
    world: World,
    channel: Channel,
    body: Body,
    files: Mapping[str, File],
    *,
    allowed: Permission = ALL,
    ephemeral: bool = False,
    before: Message | None = None,
) -> Draft:
    """What `body` makes of a new message, or of `before`. Raises what Discord says to one that is not right.

    `allowed` is what its author may in the channel, `ephemeral` whether it may be for one person alone.
    """
    insist(message_problems(body, ephemeral=ephemeral))
    content = _or_before(body, "content", before.content if before else "", "")
    embeds = _or_before(body, "embeds", before.embeds if before else [], [])
    components = _or_before(body, "components", before.components if before else [], [])
    flags = _flags(body, before)
    attachments = _attachments(world, channel, body, files, before)
    insist(whole_problems(content, embeds, components, flags))
    if not (content.strip() or embeds or components or attachments):
        raise DiscordError(400, 50006, "Cannot send an empty message", fault=True)
    if (embeds and Permission.EMBED_LINKS not in allowed) or (
        files and Permission.ATTACH_FILES not in allowed
    ):
        raise no_permission()
    shown = [_shown(one, world) for one in components] if "components" in body else components
    _number(shown)
    told = _mentions(world, channel, [content, *_texts(components)], body.get("allowed_mentions"), allowed)
    return Draft(
        content=content,
        embeds=[{"type": "rich"} | _embed(one) for one in embeds],
        components=shown,
        attachments=attachments,
        flags=flags,
        mentions=told[0],
        mention_roles=told[1],
        mention_everyone=told[2],
    )


def new_message(call: Call, channel: Channel, made: Draft, **traits: Any) -> Message:
    """A message of the bot's; it is not in the channel yet. `traits` are further fields of `Message`."""
    message = Message(
        id=traits.pop("id", None) or call.world.new_id(),
        channel=channel,
        author=call.bot,
        at=call.now,
        **traits,
    )
    made.fill(message)
    return message


def change(call: Call, message: Message, made: Draft) -> Message:
    made.fill(message)
    message.edited_at = call.now
    call.world.edited(message)
    return message


def _or_before(body: Body, name: str, before: Any, nothing: Any) -> Any:
    """What the body says, null being nothing; what was there before if it does not say."""
    return (body[name] or nothing) if name in body else before


def _flags(body: Body, before: Message | None) -> int:
    said: int = body.get("flags") or 0
    if before is None:
        return said
    return said | (before.flags & ~SUPPRESS_EMBEDS if "flags" in body else before.flags)


def _attachments(
    world: World, channel: Channel, body: Body, files: Mapping[str, File], before: Message | None
) -> list[Body]:
    """Those that stay, and those that come."""
    there = {one["id"]: one for one in (before.attachments if before else [])}
    described = body.get("attachments")
    if described is None:
        return [*there.values(), *(_attachment(world, channel, one, {}) for one in files.values())]
    made = []
    for place, one in enumerate(described):
        name = f"files[{one['id']}]"
        if str(one["id"]) in there:
            made.append(there[str(one["id"])])
        elif name in files:
            made.append(_attachment(world, channel, files[name], one))
        else:
            insist(
                [Problem(("attachments", place), f"neither a file of this request nor one before: {name}")]
            )
    return made


def _attachment(world: World, channel: Channel, file: File, described: Body) -> Body:
    id_ = world.new_id()
    name = described.get("filename") or file.name
    body: Body = {"id": id_, "filename": name, "size": len(file.content), "content_type": file.content_type}
    for key, host in (("url", "cdn.discordapp.com"), ("proxy_url", "media.discordapp.net")):
        body[key] = f"https://{host}/attachments/{channel.id}/{id_}/{name}"
    return body | ({"description": described["description"]} if described.get("description") else {})


def _embed(embed: Body) -> Body:
    """As Discord gives it back: what was null is gone."""
    kept = {name: value for name, value in embed.items() if value not in (None, [])}
    if "fields" in kept:
        kept["fields"] = [{"inline": False} | one for one in kept["fields"]]
    return kept


def _shown(component: Body, world: World) -> Body:
    """As Discord gives it back: what was null is gone, and what was left out is said."""
    shown: Body = _without_nulls(component)
    for _, one in every([shown]):
        said = _UNSAID.get(one["type"], {})
        if one["type"] == _THUMBNAIL:
            one["media"] = {"id": world.new_id(), "proxy_url": one["media"]["url"]} | one["media"]
        for name, value in said.items():
            one.setdefault(name, value)
    return shown


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _number(components: Iterable[Body]) -> None:
    """Each component has an id; those that have none yet get the next free one."""
    found = [one for _, one in every(list(components))]
    taken = {one["id"] for one in found if one.get("id")}
    free = (number for number in count(1) if number not in taken)
    for one in found:
        if not one.get("id"):
            one["id"] = next(free)


def _texts(components: Iterable[Body]) -> list[str]:
    return [one["content"] for _, one in every(list(components)) if one["type"] == TEXT]


def _mentions(
    world: World, channel: Channel, texts: Iterable[str], wanted: Body | None, allowed: Permission
) -> tuple[list[User], list[str], bool]:
    """Who is told: of those whom the text names, the ones that `wanted` allows. Without it, all."""
    parse = {"users", "roles", "everyone"} if wanted is None else set(wanted.get("parse") or [])
    named_users = {str(one) for one in (wanted or {}).get("users") or []}
    named_roles = {str(one) for one in (wanted or {}).get("roles") or []}
    users: dict[str, User] = {}
    roles: dict[str, None] = {}
    everyone = False
    for user_id, role_id, all_ in _MENTION.findall("\n".join(texts)):
        if user_id in world.users and ("users" in parse or user_id in named_users):
            users[user_id] = world.users[user_id]
        role = channel.guild.roles.get(role_id) if channel.guild is not None else None
        may = role is not None and (role.mentionable or Permission.MENTION_EVERYONE in allowed)
        if may and ("roles" in parse or role_id in named_roles):
            roles[role_id] = None
        everyone = everyone or bool(all_ and "everyone" in parse and Permission.MENTION_EVERYONE in allowed)
    return list(users.values()), list(roles), everyone
