"""The stand-in's own server: the REST API."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.servers.discord import (
    rest_application,
    rest_channels,
    rest_commands,
    rest_guilds,
    rest_interactions,
    rest_messages,
    rest_threads,
    spec,
)
from tests.servers.discord.api import (
    ROUTES,
    Call,
    DiscordError,
    InvalidFormError,
    Route,
    insist,
    insist_token,
    read_body,
)
from tests.servers.discord.faults import VIA, Held, Script, answer, spoil
from tests.servers.discord.rate_limits import LimitedError, RateLimits, Verdict
from tests.servers.discord.world import World
from tests.servers.faults import utc_now
from tests.servers.platform import Platform

PREFIX = "/api/v10"
_DECLARED = (  # modules that declare routes
    rest_application,
    rest_channels,
    rest_commands,
    rest_guilds,
    rest_interactions,
    rest_messages,
    rest_threads,
)


class DiscordRest(Platform):
    """Discord's REST API on loopback.

    Set up `world`, and start a client against `api_url`. What no specification describes, and what the app
    could have known to be wrong, is refused as Discord does, and raised when the server is closed.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now, *, proving: bool = False) -> None:
        """With `proving` every answer is held against the specification, too."""
        super().__init__(now)
        self.world = World(now)
        self.world.changed = self.changed
        self.spec = spec.load()
        self.limits = RateLimits(now)
        self.script = Script(frozenset(ROUTES))
        self.calls: list[Call] = []  # in the order in which they came
        self._proving = proving

    @property
    def api_url(self) -> str:
        """The base address of the API, without a slash at its end."""
        return f"{self.url}{PREFIX}"

    def routes(self) -> list[web.RouteDef]:
        literal_first = sorted(ROUTES.items(), key=lambda one: one[0][1].count("{"))
        return [
            web.route(method, PREFIX + template, self._handler(method, template, described))
            for (method, template), described in literal_first
        ]

    # --- waiting and looking ---------------------------------------------------------------------

    def keep(self, call: Call) -> None:
        """Remembers a request, before it is done. To be overridden where there are too many to keep."""
        self.calls.append(call)

    def called(self, method: str, route: str, **params: str) -> list[Call]:
        """The requests of a route, in order; only those with these parameters in their path, if given."""
        return [
            one
            for one in self.calls
            if (one.method, one.route) == (method, route) and params.items() <= one.params.items()
        ]

    @property
    def invalid(self) -> int:
        """Answers of 401, 403 and 429: ten thousand in ten minutes would ban the address."""
        return sum(1 for one in self.calls if one.status in (401, 403, 429))

    def forgive(self) -> list[str]:
        """The violations up to now, which the test expected; they no longer count."""
        seen = list(self.violations)
        self.violations.clear()
        return seen

    # --- the API ---------------------------------------------------------------------------------

    def _handler(
        self, method: str, template: str, described: Route
    ) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._serve_call(request, method, template, described)

        return handle

    async def _serve_call(
        self, request: web.Request, method: str, template: str, described: Route
    ) -> web.StreamResponse:
        try:
            body, files = await read_body(request)
        except ValueError as error:
            raise self.refuse(f"{method} {template}: {error}") from error
        query, problems = self.spec.typed(method, template, request.query)
        problems += self.spec.path_problems(template, request.match_info)
        call = Call(
            method=method,
            route=template,
            params=dict(request.match_info),
            query=query,
            body=body,
            files=files,
            at=self.now(),
            world=self.world,
        )
        self.keep(call)
        fault = self.script.next(method, template, call.params)
        self.changed()
        if isinstance(fault, Held):
            await fault.opened.wait()
            fault = None
        verdict = Verdict({})
        if fault is None or fault.accepts:
            verdict = self.limits.ask(method, template, call.params)
            if verdict.refusal is not None:
                call.status, call.reply = 429, verdict.refusal
            else:
                verdict = self._do(request, call, described, problems) or verdict
        self.changed()
        if fault is not None:
            return await spoil(request, fault, self._stopping)
        return answer(call.status, call.reply, {**VIA, **verdict.headers})

    def _do(self, request: web.Request, call: Call, described: Route, problems: list[Any]) -> Verdict | None:
        """Does what a request asks for, and writes down the answer. A verdict is one that replaces that of
        the usual limits.
        """
        name = f"{call.method} {call.route}"
        try:
            if described.token:
                insist_token(self.world, request.headers)
            insist([*problems, *self.spec.body_problems(call.method, call.route, call.body)])
            call.reply = described.run(call)
            call.status = 204 if call.reply is None else described.status
        except DiscordError as error:
            call.status, call.code, call.reply = error.status, error.code, error.shown()
            if isinstance(error, InvalidFormError):
                self.violations.extend(f"{name}: {one}" for one in error.problems)
            elif error.fault:
                self.violations.append(f"{name}: {error}")
        except LimitedError as error:
            call.status, call.reply = 429, error.verdict.refusal
            return error.verdict
        except Exception as error:  # the client takes it for Discord's own failure; the test must not
            self.violations.append(f"the stand-in failed at {name}: {error!r}")
            raise
        if self._proving:
            said = call.reply
            if call.status >= 400:  # the codes in `errors` are words, which the specification has as numbers
                said = {name: value for name, value in said.items() if name != "errors"}
            wrong = self.spec.reply_problems(call.method, call.route, call.status, said)
            self.violations.extend(f"the answer to {name} is wrong: {one}" for one in wrong)
        return None
