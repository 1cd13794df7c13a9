"""A client that asks Discord and listens to nothing: logged in when it is first needed."""

import asyncio
from typing import Final

import aiohttp
import discord

from adapters.discord.endpoints import SettledClient
from bot.errors import NotAcceptedError

_WRONG: Final = "Discord does not know PAPERBOY_DISCORD_TOKEN. `paperboy setup discord` takes a new one."
_UNREACHED: Final = "Discord cannot be reached just now."


class Session:
    """One client for all that post and ask. Belongs to one event loop."""

    def __init__(self, token: str, api_url: str) -> None:
        self._token = token
        self._api_url = api_url
        self._client: SettledClient | None = None
        self._turn = asyncio.Lock()

    async def __call__(self) -> SettledClient:
        """The client. Raises `NotAcceptedError` where it cannot log in now."""
        if self._client is None:
            async with self._turn:
                if self._client is None:
                    self._client = await self._logged_in()
        return self._client

    async def _logged_in(self) -> SettledClient:
        client = SettledClient(
            api_url=self._api_url,
            gateway_url=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
        )
        trouble = None
        try:
            await client.login(self._token)
        except discord.LoginFailure:
            trouble = NotAcceptedError(_WRONG)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError):
            trouble = NotAcceptedError(_UNREACHED)
        if trouble is not None:  # raised out here: the library's own errors may show the token
            await client.close()
            raise trouble
        return client

    async def aclose(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.close()
