"""How Slack calls us over HTTP: requests that it signs, and the pages of an installation."""

from collections.abc import Sequence

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request

from adapters.slack.app import SlackApp
from adapters.slack.install import INSTALL_PATH
from adapters.slack.manifest import EVENTS_PATH, REDIRECT_PATH


def routes(app: SlackApp) -> Sequence[web.RouteDef]:
    """What the web server answers for Slack: signed requests, where they can be told from forged ones, and
    with OAuth an installation's pages.
    """

    async def events(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await app.bolt.async_dispatch(await to_bolt_request(request)))

    found = [web.post(EVENTS_PATH, events)] if app.verifies else []
    flow = app.oauth
    if flow is not None:

        async def install(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

        async def redirect(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))

        found += [web.get(INSTALL_PATH, install), web.get(REDIRECT_PATH, redirect)]
    return found
