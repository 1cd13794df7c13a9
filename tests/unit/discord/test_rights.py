"""Permissions as Discord computes them: roles, then what the channel changes for all, roles, the member."""

from typing import Any

import discord
import pytest

from adapters.discord.rights import permissions_in

GUILD, OWNER, MAYA = "100", "1", "2"
EDITORS, MUTED = "201", "202"
SEND, VIEW = discord.Permissions(send_messages=True).value, discord.Permissions(view_channel=True).value
MANAGE = discord.Permissions(manage_channels=True).value
ADMINISTRATOR = discord.Permissions(administrator=True).value


def role(name: str, permissions: int) -> dict[str, Any]:
    return {"id": name, "permissions": str(permissions)}


def overwrite(name: str, *, member: bool = False, allow: int = 0, deny: int = 0) -> dict[str, Any]:
    return {"id": name, "type": 1 if member else 0, "allow": str(allow), "deny": str(deny)}


def permissions(
    *overwrites: dict[str, Any], user: str = MAYA, roles: tuple[str, ...] = (), everyone: int = VIEW | SEND
) -> discord.Permissions:
    there = [role(GUILD, everyone), role(EDITORS, MANAGE), role(MUTED, 0)]
    member = {"user": {"id": user}, "roles": list(roles)}
    return permissions_in(GUILD, OWNER, there, member, {"permission_overwrites": list(overwrites)})


def test_roles_add_up() -> None:
    assert permissions().value == VIEW | SEND
    assert permissions(roles=(EDITORS, MUTED)).value == VIEW | SEND | MANAGE


def test_the_owner_and_administrators_may_do_everything_whatever_the_channel_says() -> None:
    closed = overwrite(GUILD, deny=VIEW | SEND)
    assert permissions(closed, user=OWNER) == discord.Permissions.all()
    assert permissions(closed, everyone=ADMINISTRATOR) == discord.Permissions.all()


@pytest.mark.parametrize(
    ("overwrites", "sends"),
    [
        ([overwrite(GUILD, deny=SEND)], False),
        ([overwrite(GUILD, deny=SEND), overwrite(EDITORS, allow=SEND)], True),
        ([overwrite(MUTED, deny=SEND), overwrite(EDITORS, allow=SEND)], True),
        ([overwrite(MUTED, deny=SEND), overwrite(MAYA, member=True, allow=SEND)], True),
        ([overwrite(EDITORS, allow=SEND), overwrite(MAYA, member=True, deny=SEND)], False),
        ([overwrite("999", deny=SEND), overwrite("3", member=True, deny=SEND)], True),
    ],
)
def test_the_channel_changes_it_for_everyone_then_for_roles_then_for_the_member(
    overwrites: list[dict[str, Any]], sends: bool
) -> None:
    assert permissions(*overwrites, roles=(EDITORS, MUTED)).send_messages is sends


def test_who_does_not_see_a_channel_may_do_nothing_there() -> None:
    assert permissions(overwrite(GUILD, deny=VIEW), roles=(EDITORS,)) == discord.Permissions.none()
