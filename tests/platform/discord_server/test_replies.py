"""The replies of the loopback Discord have every key without which discord.py breaks, as was measured."""

import io
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import discord
import pytest

from tests.platform.discord_server.calls import button, row, send, text_channel
from tests.platform.discord_server.conftest import Scene
from tests.servers.discord.api import Call
from tests.servers.discord.interaction_state import InteractionType
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.rest_messages import MESSAGES
from tests.shared import shared_file


def missing(reply: Any, key: str) -> Iterator[str]:
    """Where a key such as `a[].b` is not there; `[]` is each element of a list, which has some."""
    name, _, rest = key.partition(".")
    plain = name.removesuffix("[]")
    if plain and (not isinstance(reply, dict) or plain not in reply):
        yield plain
        return
    inner = reply[plain] if plain else reply
    if not name.endswith("[]"):
        yield from missing(inner, rest) if rest else ()
        return
    if not inner:
        yield f"nothing in {plain}"
    for one in inner:
        yield from missing(one, rest) if rest else ()


@pytest.mark.parametrize(
    ("reply", "key", "gone"),
    [
        ({"a": {"b": 1}}, "a.b", []),
        ({"a": {}}, "a.b", ["b"]),
        ([{"b": 1}, {}], "[].b", ["b"]),
        ({"a": []}, "a[].b", ["nothing in a"]),
        ({}, "a[].b", ["a"]),
    ],
)
def test_what_is_missing_is_found(reply: Any, key: str, gone: list[str]) -> None:
    assert list(missing(reply, key)) == gone


async def test_no_key_is_missing_without_which_the_client_breaks(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    application = int(rest.world.application.id)
    await channel.send(embed=discord.Embed(title="papers"))
    await send(client, scene.papers.id, {"content": "x", "components": [row(button())]})
    await channel.send(file=discord.File(io.BytesIO(b"x"), "a.bib"))
    await (await client.fetch_user(int(scene.maya.user.id))).create_dm()
    await (await client.fetch_guild(int(scene.guild.id))).fetch_member(int(scene.maya.user.id))
    command = {
        "name": "papers",
        "description": "Papers",
        "options": [{"type": 3, "name": "topic", "description": "Which"}],
    }
    await client.http.bulk_upsert_global_commands(application, [command])
    typed = rest.world.interaction(
        InteractionType.COMMAND, user=scene.maya.user, channel=scene.papers, command="papers"
    )
    async with aiohttp.ClientSession() as session:
        address = f"{rest.api_url}/interactions/{typed.id}/{typed.token}/callback?with_response=1"
        await session.post(address, json={"type": 4, "data": {"content": "x"}})

    def last(method: str, route: str) -> Call:
        return rest.called(method, route)[-1]

    embed, pressable, file = rest.called("POST", MESSAGES)
    replies = {
        "message object in REST replies (embed)": embed,
        "message object in REST replies (button)": pressable,
        "message object in REST replies (file)": file,
        "POST /interactions/../callback?with_response=1 reply": last(
            "POST", "/interactions/{interaction_id}/{interaction_token}/callback"
        ),
        "GET /users/@me": last("GET", "/users/@me"),
        "GET /oauth2/applications/@me": last("GET", "/oauth2/applications/@me"),
        "PUT /applications/{id}/commands reply": last("PUT", "/applications/{application_id}/commands"),
        "POST /users/@me/channels reply": last("POST", "/users/@me/channels"),
        "GET /guilds/../members/..": last("GET", "/guilds/{guild_id}/members/{user_id}"),
    }
    mandatory = json.loads(shared_file("specs/discord/discordpy_mandatory_keys.json").read_text())
    events = {name for name in mandatory if name.split(" ")[0].replace("_", "").isupper() and "/" not in name}
    assert set(replies) == set(mandatory) - events
    gone = {
        f"{name}: {key} ({found})"
        for name, call in replies.items()
        for key in mandatory[name]
        for found in missing(call.reply, key)
    }
    assert gone == set()
