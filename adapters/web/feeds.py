"""Feeds for feed readers: today's edition, searches, channels that allow it, and private ones."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from adapters.web.answers import Body, answer
from adapters.web.kept import KeptPage
from adapters.web.queries import asked_query
from bot.commands.turns import Turns
from bot.ports import Clock
from bot.reading.feeds import Feeds
from bot.view.feed import ATOM, JSON, Feed, atom, json_feed

_PUBLIC: Final = "public, max-age=300"
_PRIVATE: Final = "private, max-age=300"  # whoever has the address may read it, and no cache between

Write = Callable[[Feed], bytes]
_FORMS: Final[Mapping[str, tuple[Write, str]]] = {"atom": (atom, ATOM), "json": (json_feed, JSON)}


class FeedRoutes:
    """Handlers, one a kind of feed, each in both forms. Belongs to one event loop."""

    def __init__(self, feeds: Feeds, version: Callable[[], Awaitable[int]], clock: Clock) -> None:
        """`version` rises whenever today's edition might have changed."""
        self._feeds = feeds
        self._today = {form: KeptPage(partial(self._make_today, form), version, clock) for form in _FORMS}
        self._turns = Turns()  # what is not kept is made for few at once
        self._changed = Changed(clock)

    def routes(self) -> Sequence[web.RouteDef]:
        """Each has a name, by which it is known to be ours."""
        return [
            web.get("/feed.{form:atom|json}", self.today, name="feed"),
            web.get("/search.{form:atom|json}", self.search, name="search-feed"),
            web.get("/channel/{id}.{form:atom|json}", self.channel, name="channel-feed"),
            web.get("/private/{address}.{form:atom|json}", self.private, name="private-feed"),
        ]

    async def today(self, request: web.Request) -> web.Response:
        """What trends today, and what came up on the days before."""
        form = request.match_info["form"]
        return self._answer(request, "today", await self._today[form].get(), _PUBLIC)

    async def _make_today(self, form: str) -> Body:
        return await _written(await self._feeds.today(), form)

    async def search(self, request: web.Request) -> web.Response:
        """The newest papers that a query matches."""
        query = asked_query(request)
        async with self._turns.turn():
            feed = await self._feeds.search(query)
            body = await _written(feed, request.match_info["form"])
        return self._answer(request, feed.id, body, _PUBLIC)

    async def channel(self, request: web.Request) -> web.Response:
        """What was posted in a channel."""
        return await self._secret(request, self._feeds.channel, request.match_info["id"])

    async def private(self, request: web.Request) -> web.Response:
        """What somebody's subscriptions brought."""
        return await self._secret(request, self._feeds.private, request.match_info["address"])

    async def _secret(
        self, request: web.Request, make: Callable[[str], Awaitable[Feed]], name: str
    ) -> web.Response:
        """A feed for whoever has its address."""
        async with self._turns.turn():
            feed = await make(name)
            body = await _written(feed, request.match_info["form"])
        response = self._answer(request, feed.id, body, _PRIVATE)
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def _answer(self, request: web.Request, name: str, body: Body, keep: str) -> web.Response:
        """The feed, or that the reader has it already: by its tag, or by its date if none was sent."""
        changed = self._changed.since(f"{name} {body.content_type}", body.tag)
        response = answer(request, body, keep=keep)
        if hdrs.IF_NONE_MATCH not in request.headers:
            seen = request.if_modified_since
            if seen is not None and changed <= seen:
                headers = {
                    name: response.headers[name] for name in (hdrs.ETAG, hdrs.CACHE_CONTROL, hdrs.VARY)
                }
                response = web.Response(status=304, headers=headers)
        response.last_modified = changed
        return response


class Changed:
    """Since when feeds are as they are, as far as this process saw it. Forgets the ones least asked about."""

    def __init__(self, clock: Clock, remembered: int = 1_000) -> None:
        self._clock = clock
        self._remembered = remembered
        self._known: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    def since(self, name: str, tag: str) -> datetime:
        """When this version of the feed was first seen: whole seconds, as headers have them.

        A version that comes within the second of the one before it would pass for that one: it counts as
        the next second's.
        """
        known = self._known.get(name)
        at = self._clock.now().replace(microsecond=0)
        if known is not None:
            at = known[1] if known[0] == tag else max(at, known[1] + timedelta(seconds=1))
        self._known[name] = tag, at
        self._known.move_to_end(name)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return at


async def _written(feed: Feed, form: str) -> Body:
    """The feed in that form, made beside the event loop: some 100 kB are written and packed."""
    write, content_type = _FORMS[form]
    return await asyncio.to_thread(lambda: Body.of(write(feed), content_type))
