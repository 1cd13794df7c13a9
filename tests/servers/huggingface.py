"""Hugging Face Papers on loopback: replays recorded rows, and refuses what its API does not describe."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from aiohttp import web

from tests.servers.faults import StandIn, rate_limited, utc_now

Row = dict[str, Any]

_LIST_PARAMETERS: Final = {"date", "week", "month", "submitter", "sort", "p", "limit"}
_WINDOW: Final = timedelta(minutes=5)


class Seen(NamedTuple):
    """What a daily list shows from one instant on."""

    since: datetime
    rows: Sequence[Row]


class HuggingFaceServer(StandIn):
    """`/api/daily_papers`, `/api/papers/search` and `/api/papers/{id}` over the lists it is given.

    A list is its rows, or a script of what it shows from which instant on; before the first it is
    empty, as on a holiday. The order is kept, as recorded. A day of which nothing is known is empty too,
    unless `unknown_day` names a status to answer with. As the real one, it counts requests in
    fixed windows of five minutes of `now` and answers 429 beyond the limit.
    """

    def __init__(
        self,
        lists: Mapping[date, Sequence[Row] | Sequence[Seen]],
        *,
        now: Callable[[], datetime] = utc_now,
        unknown_day: int | None = None,
        request_limit: int | None = None,
    ) -> None:
        super().__init__(now)
        self._scripts: dict[date, list[Seen]] = {}
        for day, rows in lists.items():
            self.show(day, rows)
        self._unknown_day = unknown_day
        self._request_limit = request_limit
        self._moves: dict[date, deque[Sequence[Row]]] = {}
        self._counted: tuple[int, int] = (0, 0)  # window, requests in it

    def show(self, day: date, rows: Sequence[Row] | Sequence[Seen]) -> None:
        """Sets what a day's list shows from now on."""
        script = [seen for seen in rows if isinstance(seen, Seen)]
        plain = [row for row in rows if not isinstance(row, Seen)]
        self._scripts[day] = script or [Seen(datetime.min.replace(tzinfo=self.now().tzinfo), plain)]

    def move_under_paging(self, day: date, *versions: Sequence[Row]) -> None:
        """After each page of that day's list that is served, the list becomes the next version."""
        self._moves[day] = deque(versions)

    def rows(self, day: date) -> list[Row]:
        """What the list of that day shows at this instant."""
        shown = [seen.rows for seen in self._scripts.get(day, ()) if seen.since <= self.now()]
        return list(shown[-1]) if shown else []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/daily_papers", self._counting(self._daily)),
            web.get("/api/papers/search", self._counting(self._search)),
            web.get("/api/papers/{id:[^/]+|[a-z-]+/[0-9]+}", self._counting(self._paper)),
        ]

    # --- the three endpoints ---------------------------------------------------------------------

    def _daily(self, request: web.Request) -> web.Response:
        query = self._query(request, _LIST_PARAMETERS)
        page = self._number(query, "p", 0, 0, 10**6)
        limit = self._number(query, "limit", 50, 1, 100)
        if len({"date", "week", "month"} & set(query)) > 1:
            raise self.refuse("more than one of date, week and month")
        if query.get("sort", "publishedAt") not in {"publishedAt", "trending"}:
            raise self.refuse(f"sort={query['sort']}")
        days = self._days(query)
        if self._unknown_day and days is not None and not set(days) & set(self._scripts):
            return web.json_response({"error": "No such list"}, status=self._unknown_day)
        rows = self._merged(sorted(self._scripts, reverse=True) if days is None else days)
        if "submitter" in query:
            rows = [row for row in rows if row.get("submittedBy", {}).get("user") == query["submitter"]]
        if query.get("sort") == "trending":
            rows.sort(
                key=lambda row: row["paper"].get("githubStars", 0) + row["paper"]["upvotes"], reverse=True
            )
        answer = web.json_response(rows[page * limit : (page + 1) * limit])
        for day in days or ():
            if self._moves.get(day):
                self.show(day, self._moves[day].popleft())
        return answer

    def _search(self, request: web.Request) -> web.Response:
        query = self._query(request, {"q", "limit"})
        limit = self._number(query, "limit", 20, 1, 120)
        if not 1 <= len(query.get("q", "")) <= 250:
            raise self.refuse("q must have 1 to 250 characters")
        words = query["q"].lower().split()
        found = [
            row
            for row in self._merged(self._scripts)
            if all(word in f"{row['paper']['title']} {row['paper']['summary']}".lower() for word in words)
        ]
        return web.json_response(found[:limit])

    def _paper(self, request: web.Request) -> web.Response:
        self._query(request, set())
        for row in self._merged(self._scripts):
            if row["paper"]["id"] == request.match_info["id"]:
                linked: Row = {f"linked{kind}": [] for kind in ("Models", "Datasets", "Spaces")}
                totals = {f"numTotal{kind}": 0 for kind in ("Models", "Datasets", "Spaces")}
                return web.json_response(row["paper"] | linked | totals)
        return web.json_response({"error": "Paper not found"}, status=404)

    # --- what they share -------------------------------------------------------------------------

    def _counting(self, answer: Callable[[web.Request], web.Response]) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            limit = self._request_limit or (1000 if "Authorization" in request.headers else 500)
            window, left = divmod(self.now().timestamp(), _WINDOW.total_seconds())
            count = self._counted[1] + 1 if self._counted[0] == window else 1
            self._counted = (int(window), count)
            seconds = int(_WINDOW.total_seconds() - left)
            if count > limit:
                refusal = rate_limited(seconds)
                return web.Response(status=refusal.status, body=refusal.body, headers=refusal.headers)
            response = answer(request)
            response.headers["RateLimit"] = f'"api";r={limit - count};t={seconds}'
            response.headers["RateLimit-Policy"] = f'"fixed window";"api";q={limit};w=300'
            return response

        return handler

    def _query(self, request: web.Request, known: set[str]) -> dict[str, str]:
        unknown = set(request.query) - known
        if unknown or len(request.query) != len(set(request.query)):
            raise self.refuse(f"{request.path} with {sorted(request.query)}")
        return dict(request.query)

    def _number(self, query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
        text = query.get(name, str(default))
        if not re.fullmatch("[0-9]+", text) or not least <= int(text) <= most:
            raise self.refuse(f"{name}={text}")
        return int(text)

    def _days(self, query: Mapping[str, str]) -> list[date] | None:
        """The days that a list covers, or `None` for all."""
        name = next((name for name in ("date", "week", "month") if name in query), None)
        if name is None:
            return None
        shape = {"date": r"\d{4}-\d{2}-\d{2}", "week": r"\d{4}-W\d{2}", "month": r"\d{4}-\d{2}"}[name]
        ending = {"date": "", "week": "-1", "month": "-01"}[name]
        try:
            first = date.fromisoformat(query[name] + ending)
        except ValueError:
            first = None
        if first is None or not re.fullmatch(shape, query[name]):
            raise self.refuse(f"{name}={query[name]}")
        if name == "month":
            return [day for n in range(31) if (day := first + timedelta(n)).month == first.month]
        return [first + timedelta(n) for n in range(7 if name == "week" else 1)]

    def _merged(self, days: Iterable[date]) -> list[Row]:
        """The rows of several lists, each paper once; of one list, just as it is."""
        days = list(days)
        if len(days) == 1:
            return self.rows(days[0])
        rows = {row["paper"]["id"]: row for day in days for row in self.rows(day)}
        return sorted(rows.values(), key=lambda row: row["paper"]["upvotes"], reverse=True)


def daily_row(paper_id: str, title: str = "", **inner: Any) -> Row:
    """An invented row in today's form; keywords go into `paper`."""
    title = title or f"A paper numbered {paper_id}"
    paper = {
        "id": paper_id,
        "title": title,
        "summary": f"What {paper_id} says.",
        "authors": [{"_id": "0", "name": "Ada Lovelace", "hidden": False}],
        "publishedAt": "2025-11-19T17:59:59.000Z",
        "upvotes": 1,
    }
    return {
        "paper": paper | inner,
        "title": title,
        "publishedAt": "2025-11-19T12:59:59.000Z",
        "numComments": 0,
    }
