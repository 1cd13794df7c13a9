"""The stand-in's own server: the Web API and every other address that Slack gives an app."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from tests.servers.faults import utc_now
from tests.servers.platform import Platform
from tests.servers.slack import chat, conversations, files, oauth, respond, spec, views
from tests.servers.slack.api import (
    METHODS,
    Call,
    Method,
    SlackError,
    admit,
    read_arguments,
    read_client,
    refusal,
)
from tests.servers.slack.faults import Held, Script, spoil
from tests.servers.slack.pace import Posted
from tests.servers.slack.socket_mode import SocketMode
from tests.servers.slack.state import Body, Enterprise, Team, Token, User
from tests.servers.slack.world import World

_DECLARED = (chat, conversations, files, oauth, views)  # modules that declare methods


class SlackWeb(Platform):
    """Slack on loopback, as far as an app calls it."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(now)
        self.world = World(now)
        self.spec = spec.load()
        self.script = Script(self.spec.errors)
        self.calls: list[tuple[str, Body]] = []  # method and arguments, as they came
        self.posts: list[Posted] = []
        self.socket = SocketMode(self.world, self.violations, self.changed)
        self.denies = False  # whether people refuse to install the app
        self.installer: tuple[Team | Enterprise, User] | None = None  # who is asked next, and for what

    @property
    def api_url(self) -> str:
        """The base address of the Web API, without a slash at its end."""
        return f"{self.url}/api"

    @property
    def authorize_url(self) -> str:
        return f"{self.url}/oauth/v2/authorize"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/{method}", self._api),
            web.post("/api/{method}", self._api),
            web.get("/link/", self.socket.serve),
            web.post("/respond/{link}", self._respond),
            web.post("/upload/v1/{file}", self._upload),
            web.get("/oauth/v2/authorize", self._authorize),
        ]

    async def stop(self) -> None:
        self._stopping.set()
        for connection in list(self.socket.connections):
            connection.cut()
        await super().stop()

    # --- waiting ---------------------------------------------------------------------------------

    async def connected(self, connections: int = 1) -> None:
        """Waits until the app has so many connections."""
        await self.until(lambda: len(self.socket.connections) >= connections)

    def called(self, method: str) -> list[Body]:
        """The arguments of every call of a method, in order."""
        return [arguments for name, arguments in self.calls if name == method]

    def forgive(self) -> list[str]:
        """The violations up to now, which the test expected; they no longer count."""
        seen = list(self.violations)
        self.violations.clear()
        return seen

    # --- the Web API -----------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        described = METHODS.get(name)
        if described is None or not self.spec.describes(name):
            self.violations.append(f"{name} is no method that the app may use")
            return web.json_response({"ok": False, "error": "unknown_method"})
        try:
            arguments, value = await read_arguments(request)
        except ValueError as error:
            raise self.refuse(f"{name}: {error}") from error
        fault = self.script.next(name, arguments)
        if isinstance(fault, Held):
            await fault.opened.wait()
            fault = None
        reply: Body = {}
        if fault is None or fault.accepts:
            reply = self._reply(request, name, described, arguments, value)
        token = self.world.tokens.get(value or "")
        if name == "chat.postMessage" and token is not None:
            self._time(token, arguments)
        self.changed()
        if fault is not None:
            return await spoil(request, fault, self._stopping)
        scopes = {"x-oauth-scopes": ",".join(sorted(token.scopes))} if token is not None else {}
        return web.json_response(reply, headers=scopes)

    def _reply(
        self, request: web.Request, name: str, described: Method, arguments: Body, value: str | None
    ) -> Body:
        typed, problems = self.spec.typed(name, arguments)
        self.calls.append((name, typed))
        try:
            token = admit(self.world, described, value)
            self._insist(name, problems + self.spec.problems(name, typed))
            call = Call(name, typed, token, read_client(request, arguments), self.world, self.url)
            return {"ok": True} | described.run(call)
        except SlackError as error:
            if error.error not in self.spec.errors(name):
                self.violations.append(f"{name} is not described as failing with {error.error}")
            return {"ok": False, "error": error.error} | error.beside
        except Exception as error:  # the client takes it for Slack's own failure; the test must not
            self.violations.append(f"the stand-in failed at {name}: {error!r}")
            raise

    def _insist(self, name: str, problems: list[str]) -> None:
        """Raises for a call that no specification describes, and keeps it in mind."""
        if problems:
            self.violations.extend(problems)
            raise refusal(self.spec, name, problems)

    def _time(self, token: Token, arguments: Body) -> None:
        owner = token.team or token.enterprise
        assert owner is not None, "chat.postMessage takes no app's token."
        self.posts.append(Posted(self.now(), owner.id, str(arguments.get("channel"))))

    # --- other addresses -------------------------------------------------------------------------

    async def _respond(self, request: web.Request) -> web.Response:
        link = self.world.links.get(request.match_info["link"])
        if link is None:
            raise self.refuse("an unknown response_url")
        body = await request.json()
        try:
            respond.use(self.world, link)
            problems = respond.problems(self.spec, body)
            if problems:
                self.violations.extend(problems)
                return web.json_response({"ok": False, "error": "invalid_blocks"}, status=400)
            respond.show(self.world, link, body)
        except SlackError as error:
            return web.json_response({"ok": False, "error": error.error}, status=404)
        finally:
            self.changed()
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        file = self.world.files.get(request.match_info["file"])
        if file is None:
            raise self.refuse("an upload that nobody announced")
        content = await request.read()
        if len(content) != file.length:
            raise self.refuse(f"an upload of {len(content)} bytes that was announced with {file.length}")
        file.content = content
        self.changed()
        return web.Response(text=f"OK - {len(content)}")

    async def _authorize(self, request: web.Request) -> web.Response:
        """The page where somebody is asked; here they answer at once, as the test has set up."""
        query = request.query
        if query.get("client_id") != oauth.CLIENT_ID:
            raise self.refuse(f"/oauth/v2/authorize for the client {query.get('client_id')!r}")
        redirect = query.get("redirect_uri") or next(iter(self.world.redirects), "")
        if redirect not in self.world.redirects:
            raise self.refuse(f"{redirect!r} is no redirect address of the app: {self.world.redirects}")
        assert self.installer is not None, "Say who is asked: slack.installer = (team, user)."
        where, user = self.installer
        answer = {"state": query.get("state", "")}
        if self.denies:
            answer["error"] = "access_denied"
        else:
            scopes = [one for one in query.get("scope", "").split(",") if one]
            answer["code"] = oauth.consent(
                self.world, where=where, user=user, scopes=scopes, redirect=redirect
            )
        raise web.HTTPFound(f"{redirect}?{urlencode(answer)}")
