"""The search of Hacker News on loopback, by Algolia's rules as far as they are documented."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from tests.servers.faults import StandIn, utc_now

Hit = dict[str, Any]

_PARAMETERS: Final = {
    "query",
    "tags",
    "restrictSearchableAttributes",
    "numericFilters",
    "page",
    "hitsPerPage",
}
_FILTER: Final = re.compile(r"created_at_i(<=|>=|<|>|=)[0-9]+")


class HackerNewsServer(StandIn):
    """`/api/v1/search` over the stories it is given.

    Words are split at every sign, as Algolia does, so that 2511.12345 also finds /2511/12345.
    """

    def __init__(self, stories: Iterable[Hit] = (), *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(now)
        self.stories = list(stories)

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/api/v1/search", self._search)]

    async def _search(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if len(query) != len(request.query) or not set(query) <= _PARAMETERS:
            raise self.refuse(f"/search with {sorted(request.query)}")
        for one in filter(None, query.get("numericFilters", "").split(",")):
            if not _FILTER.fullmatch(one):
                attribute = re.split("[<>=]", one)[0]
                problem = f"numericFilters: attribute {attribute!r} is not specified for filtering"
                return web.json_response({"message": problem, "status": 400}, status=400)
            raise self.refuse("numericFilters, which nobody here evaluates")
        page, size = (
            self._number(query, name, default) for name, default in (("page", 0), ("hitsPerPage", 20))
        )
        attribute = query.get("restrictSearchableAttributes", "")
        if attribute not in {"", "url", "title"}:
            raise self.refuse(f"restrictSearchableAttributes={attribute}")
        wanted = _words(query.get("query", ""))
        tags = [tag for tag in query.get("tags", "").split(",") if tag]
        found = [
            hit
            for hit in self.stories
            if set(tags) <= set(hit["_tags"])
            and wanted
            <= _words(" ".join(hit[name] or "" for name in ((attribute,) if attribute else ("title", "url"))))
        ]
        return web.json_response(
            {
                "hits": found[page * size : (page + 1) * size],
                "nbHits": len(found),
                "page": page,
                "nbPages": -(-len(found) // size),
                "hitsPerPage": size,
                "exhaustiveNbHits": True,
                "query": query.get("query", ""),
                "params": request.query_string,
                "processingTimeMS": 1,
            }
        )

    def _number(self, query: dict[str, str], name: str, default: int) -> int:
        text = query.get(name, str(default))
        if not re.fullmatch("[0-9]{1,4}", text):
            raise self.refuse(f"{name}={text}")
        return int(text)


def story(
    number: int, url: str | None, points: int | None = 1, comments: int | None = 0, title: str = "A story"
) -> Hit:
    """An invented hit in the recorded form."""
    return {
        "created_at": "2025-11-20T09:00:00.000Z",
        "title": title,
        "url": url,
        "author": "ada",
        "points": points,
        "story_text": None,
        "comment_text": None,
        "num_comments": comments,
        "story_id": None,
        "story_title": None,
        "story_url": None,
        "parent_id": None,
        "created_at_i": 1763629200,
        "relevancy_score": 0,
        "_tags": ["story", "author_ada", f"story_{number}"],
        "objectID": str(number),
    }


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
