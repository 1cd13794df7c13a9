"""A Slack for the load: the tests' stand-in, which answers at once and looks at what it got only afterwards.

To check a message against the specifications takes the stand-in some milliseconds, which it would take from
the bot on a small machine, and would count as the bot's. So what comes most, posts and answers, is kept as it
comes; `problems` then says what was wrong with it.
"""

import asyncio
import time
from collections import Counter
from typing import Final

from aiohttp import web

from benchmarks.slack_places import ALL, Workspace
from tests.servers.slack import BASE, SlackServer, respond
from tests.servers.slack.api import read_arguments
from tests.servers.slack.pace import Posted, too_fast
from tests.servers.slack.state import Body, Channel, Token, User

# What a post and an answer take beyond the loopback: a guess at what it takes Slack, over the internet.
LATENCY: Final = 0.15  # seconds
_POST: Final = "chat.postMessage"


class LoadedSlack(SlackServer):
    """All workspaces with their channels and people."""

    def __init__(self) -> None:
        super().__init__()
        self.people: list[tuple[User, Channel]] = []  # who types commands, and where
        self.app_token = self.world.app_token()
        self.post_times: list[float] = []  # by the monotonic clock
        self.answer_times: dict[str, float] = {}  # of the first answer by each response_url
        self.served: Counter[str] = Counter()  # posts, by channel
        self._posts: list[tuple[str | None, Body]] = []  # tokens and arguments
        self._answers: list[tuple[str, Body]] = []  # response_urls and bodies
        for one in ALL:
            self._add(one)

    def _add(self, one: Workspace) -> None:
        team = self.world.add_team(one.tenant, domain=one.tenant.lower(), name=f"Workspace {one.number}")
        users = [self.world.add_user(team, user, user.lower()) for user in one.members]
        places = [
            self.world.add_channel(team, name, f"papers-{name.lower()}", members=users)
            for name in one.channels
        ]
        self.people += [(user, places[number % len(places)]) for number, user in enumerate(users)]
        self.world.tokens[one.token] = Token(value=one.token, scopes=frozenset(BASE), team=team)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"/api/{_POST}", self._post),
            web.post("/respond/{link}", self._answer),
            *(route for route in super().routes() if route.path != "/respond/{link}"),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        arguments, token = await read_arguments(request)
        known = self.world.tokens.get(token or "")
        self.posts.append(Posted(self.now(), known.bot_id if known else "", str(arguments.get("channel"))))
        self.post_times.append(time.monotonic())
        self._posts.append((token, arguments))
        self.served[str(arguments["channel"])] += 1
        self.changed()
        await asyncio.sleep(LATENCY)
        return web.json_response({"ok": True, "channel": arguments["channel"], "ts": self.world.new_ts()})

    async def _answer(self, request: web.Request) -> web.Response:
        link = request.match_info["link"]
        self._answers.append((link, await request.json()))
        self.answer_times.setdefault(link, time.monotonic())
        self.changed()
        await asyncio.sleep(LATENCY)
        return web.Response(text="ok")

    def problems(self) -> list[str]:
        """What was wrong with posts and answers, and where the pace was not kept."""
        problems = too_fast(self.posts)
        for value, arguments in self._posts:
            token, channel = self.world.tokens.get(value or ""), self.world.channels[arguments["channel"]]
            if token is None or not token.reaches(channel.team):
                problems.append(f"{channel.id} was posted to with another workspace's token")
            problems += self.spec.problems(_POST, self.spec.typed(_POST, arguments)[0])
        for link, body in self._answers:
            if link not in self.world.links:
                problems.append("an unknown response_url")
            problems += respond.problems(self.spec, body)
        return problems
