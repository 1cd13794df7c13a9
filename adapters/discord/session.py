"""A client that asks Discord and listens to nothing: logged in when it is first needed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import aiohttp
import discord

from adapters.discord.endpoints import SettledClient
from bot.errors import ConfigError, NotAcceptedError

_T = TypeVar("_T")

_WRONG: Final = "Discord does not know the bot's token. `paperboy setup discord` takes a new one."
_UNREACHED: Final = "Discord cannot be reached. Check the network between here and Discord, then try again."


class Session:
    """One client for all that ask. Belongs to one event loop."""

    def __init__(self, token: str, api_url: str, asking: Callable[[], None] | None = None) -> None:
        """`asking` is called at each request."""
        self._asking = asking
        self._token = token
        self._api_url = api_url
        self._client: SettledClient | None = None
        self._turn = asyncio.Lock()

    async def __call__(self) -> SettledClient:
        """The client. Raises `ConfigError` for a token that Discord does not know, `NotAcceptedError` where
        it cannot be asked now.
        """
        async with self._turn:
            if self._client is None:
                self._client = await self._logged_in()
            return self._client

    async def _logged_in(self) -> SettledClient:
        client = SettledClient(
            api_url=self._api_url,
            gateway_url=None,
            asking=self._asking,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
        )
        trouble: Exception | None = None
        try:
            await asked(client.login(self._token))
        except discord.LoginFailure:
            trouble = ConfigError(_WRONG)
        except NotAcceptedError as error:
            trouble = error
        if trouble is not None:  # raised out here: the library's own errors may show the token
            await client.close()
            raise trouble
        return client

    async def aclose(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.close()


@asynccontextmanager
async def signed_in(token: str, api_url: str) -> AsyncIterator[SettledClient]:
    """A client for a few questions. Raises what `Session` does."""
    session = Session(token, api_url)
    try:
        yield await session()
    finally:
        await session.aclose()


async def asked(answer: Awaitable[_T]) -> _T:
    """What Discord answers. Raises `NotAcceptedError` where it does not."""
    try:
        return await answer
    except discord.HTTPException as error:
        trouble = NotAcceptedError(f"Discord answered with the error {error.code or error.status}.")
    except (aiohttp.ClientError, TimeoutError, OSError):
        trouble = NotAcceptedError(_UNREACHED)
    raise trouble
