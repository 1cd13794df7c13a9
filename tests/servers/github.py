"""GitHub's REST API on loopback, as far as "Get a repository" goes."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from aiohttp import web

from tests.servers.faults import StandIn, utc_now

_ACCEPTED: Final = {"application/vnd.github+json", "application/vnd.github.v3+json"}
_DOCS: Final = "https://docs.github.com/rest/repos/repos#get-a-repository"
_HOUR: Final = timedelta(hours=1)
_ANONYMOUS: Final = 60
_WITH_TOKEN: Final = 5_000


class GitHubServer(StandIn):
    """`/repos/{owner}/{name}` and `/repositories/{id}`, with ETags, renames, and the hourly limit.

    A window of the limit begins with its first request. With a token, a 304 is not counted.
    """

    def __init__(
        self,
        stars: Mapping[str, int] = {},
        *,
        token: str | None = None,
        now: Callable[[], datetime] = utc_now,
        limit: int | None = None,
    ) -> None:
        super().__init__(now)
        self._token = token
        self._limit = limit
        self._numbers: dict[str, int] = {}  # by name in lower case, old names too
        self._names: dict[int, str] = {}
        self._stars: dict[int, int] = {}
        self._gone: dict[str, int] = {}  # status by name
        self._window: tuple[datetime, int] | None = None  # its end, requests in it
        for name, count in stars.items():
            self.star(name, count)

    def star(self, name: str, count: int) -> None:
        """Sets the stars of a repository, which exists from now on."""
        number = self._numbers.setdefault(name.lower(), 100_000 + len(self._numbers))
        self._names.setdefault(number, name)
        self._stars[number] = count

    def rename(self, old: str, new: str) -> None:
        """From now on the old name answers 301."""
        number = self._numbers[old.lower()]
        self._numbers[new.lower()] = number
        self._names[number] = new

    def remove(self, name: str, status: int = 404) -> None:
        """From now on that name answers 404, or 451 where a court has it blocked."""
        self._gone[name.lower()] = status

    def restore(self, name: str) -> None:
        """Ends `remove`."""
        del self._gone[name.lower()]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/repos/{owner}/{name}", self._counting(self._by_name)),
            web.get("/repositories/{number:[0-9]+}", self._counting(self._by_number)),
        ]

    # --- answers ---------------------------------------------------------------------------------

    def _by_name(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        gone = self._gone.get(name.lower())
        if gone == 451:
            return _message(451, "Repository access blocked", block={"reason": "dmca"})
        number = self._numbers.get(name.lower())
        if gone is not None or number is None:
            return _message(404, "Not Found")
        if self._names[number].lower() != name.lower():
            moved = f"{self.url}/repositories/{number}"
            return _message(301, "Moved Permanently", headers={"Location": moved}, url=moved)
        return self._repository(request, number)

    def _by_number(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        return self._repository(request, number) if number in self._stars else _message(404, "Not Found")

    def _repository(self, request: web.Request, number: int) -> web.Response:
        body = repository_body(self._names[number], number, self._stars[number])
        etag = f'W/"{sha256(repr(body).encode()).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.json_response(body, headers={"ETag": etag})

    # --- manners ---------------------------------------------------------------------------------

    def _counting(self, answer: Callable[[web.Request], web.Response]) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            self._check(request)
            authorization = request.headers.get("Authorization")
            if authorization is not None and authorization != f"Bearer {self._token}":
                return _message(401, "Bad credentials")
            known = authorization is not None
            limit = self._limit or (_WITH_TOKEN if known else _ANONYMOUS)
            reset, used = self._window or (self.now() + _HOUR, 0)
            if self.now() >= reset:
                reset, used = self.now() + _HOUR, 0
            if used >= limit:
                response = _message(403, "API rate limit exceeded for 127.0.0.1.")
            else:
                response = answer(request)
                used += 0 if known and response.status == 304 else 1
            self._window = reset, used
            response.headers.update(
                {
                    "X-RateLimit-Limit": str(limit),
                    "X-RateLimit-Remaining": str(limit - used),
                    "X-RateLimit-Used": str(used),
                    "X-RateLimit-Reset": str(-int(-reset.timestamp() // 1)),
                    "X-RateLimit-Resource": "core",
                }
            )
            return response

        return handler

    def _check(self, request: web.Request) -> None:
        """The real one answers a request without a User-Agent with a 403."""
        if request.query:
            raise self.refuse(f"{request.path} with {sorted(request.query)}")
        if not request.headers.get("User-Agent"):
            raise self.refuse("a request without a User-Agent")
        if request.headers.get("Accept") not in _ACCEPTED:
            raise self.refuse(f"Accept: {request.headers.get('Accept')}")
        if not re.fullmatch(r"Bearer \S+", request.headers.get("Authorization", "Bearer x")):
            raise self.refuse("an Authorization that is no bearer's")


def secondary_limit(seconds: int = 60) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of the limit that GitHub sets for too much at once."""
    return 403, b'{"message": "You have exceeded a secondary rate limit."}', {"Retry-After": str(seconds)}


def repository_body(name: str, number: int, stars: int) -> dict[str, Any]:
    """The fields of a recorded repository that tell one from another."""
    owner, _, short = name.partition("/")
    return {
        "id": number,
        "name": short,
        "full_name": name,
        "private": False,
        "owner": {"login": owner, "type": "User"},
        "html_url": f"https://github.com/{name}",
        "description": None,
        "fork": False,
        "url": f"https://api.github.com/repos/{name}",
        "stargazers_count": stars,
        "watchers_count": stars,
        "forks_count": 0,
        "archived": False,
        "disabled": False,
    }


def _message(
    status: int, message: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> web.Response:
    body = {"message": message, "documentation_url": _DOCS, **more}
    return web.json_response(body, status=status, headers=headers)
