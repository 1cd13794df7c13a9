"""Walking through an installation as a browser does."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from yarl import URL

from tests.platform.slack_bot import SlackBot
from tests.servers.slack import SlackServer
from tests.servers.slack.oauth import CLIENT_ID, CLIENT_SECRET
from tests.servers.slack.state import Enterprise, Team, User

PUBLIC = "https://papers.example.org"
OAUTH: dict[str, Any] = {
    "slack_client_id": CLIENT_ID,
    "slack_client_secret": CLIENT_SECRET,
    "public_url": PUBLIC,
}


@dataclass
class Browser:
    """Somebody's browser: keeps cookies, and follows redirects one by one."""

    bot: SlackBot
    cookies: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> str:
        """The page of an installation; gives the address of Slack's page that its button leads to."""
        status, text, location = await self._get("/slack/install")
        if location:
            return location
        assert status == 200
        return "http" + text.split('href="http')[1].split('"')[0].replace("&amp;", "&")

    async def allow(self, address: str, server: SlackServer, where: Team | Enterprise, user: User) -> str:
        """Slack's page, where somebody presses Allow (or Cancel); gives the address that Slack sends to."""
        server.installer = where, user
        async with (
            aiohttp.ClientSession() as session,
            session.get(URL(address, encoded=True), allow_redirects=False) as answer,
        ):
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def come_back(self, address: str) -> tuple[int, str]:
        """Our own page at the end."""
        assert address.startswith(f"{PUBLIC}/slack/oauth_redirect?")
        status, text, _ = await self._get(address.removeprefix(PUBLIC))
        return status, text

    async def install(self, server: SlackServer, where: Team | Enterprise, user: User) -> tuple[int, str]:
        """All of it."""
        return await self.come_back(await self.allow(await self.begin(), server, where, user))

    async def _get(self, path: str) -> tuple[int, str, str]:
        assert self.bot.web is not None
        address = URL(f"http://127.0.0.1:{self.bot.web.port}{path}", encoded=True)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie} if cookie else {}
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(address, headers=headers, allow_redirects=False) as answer,
        ):
            for name, morsel in answer.cookies.items():
                self.cookies[name] = morsel.value
            return answer.status, await answer.text(), answer.headers.get("Location", "")


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
