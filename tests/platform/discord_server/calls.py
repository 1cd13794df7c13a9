"""Calling the loopback Discord with the real client."""

from collections.abc import Awaitable
from typing import Any

import discord
import pytest
from discord.http import Route


async def error_of(call: Awaitable[Any]) -> tuple[int, int]:
    """The status and the code that a call is answered with."""
    with pytest.raises(discord.HTTPException) as caught:
        await call
    return caught.value.status, caught.value.code


async def send(client: discord.Client, channel_id: str, body: dict[str, Any]) -> Any:
    """A message exactly as it is written here."""
    return await client.http.request(Route("POST", f"/channels/{channel_id}/messages"), json=body)


async def text_channel(client: discord.Client, channel_id: str) -> discord.TextChannel:
    channel = await client.fetch_channel(int(channel_id))
    assert isinstance(channel, discord.TextChannel)
    return channel


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def button(custom_id: str = "p:save", **traits: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Save", "custom_id": custom_id, **traits}


def select(count: int = 3, **traits: Any) -> dict[str, Any]:
    """Of so many options, unless others are given."""
    options = [{"label": f"Paper {number}", "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "p:choose", "options": options, **traits}


def text(content: str = "hello") -> dict[str, Any]:
    return {"type": 10, "content": content}


def v2(*components: dict[str, Any], **traits: Any) -> dict[str, Any]:
    return {"flags": 1 << 15, "components": list(components), **traits}
