"""A small app of the real slack-bolt that does a little of everything, reachable in both ways."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.platform.blocks import actions, button, modal, options, plain, section
from tests.servers.slack import SlackServer
from tests.servers.slack.state import Body

SECRET = "signing-secret-of-the-loopback"

# An input that the app fills with suggestions, and one that must be filled in.
FORM = modal(
    {
        "type": "input",
        "block_id": "zone",
        "optional": True,
        "label": plain("Zone"),
        "element": {
            "type": "external_select",
            "action_id": "zone_choice",
            "placeholder": plain("Zone"),
            "min_query_length": 1,
        },
    },
    {
        "type": "input",
        "block_id": "topic",
        "label": plain("Topic"),
        "element": {"type": "plain_text_input", "action_id": "topic_text", "max_length": 20},
    },
    {"block_id": "more"} | actions(button(action_id="deeper", text=plain("Deeper")))[0],
    callback_id="form",
    submit=plain("Save"),
    notify_on_close=True,
)  # fmt: skip
BERLIN: Body = options(1, "Berlin", "Europe/Berlin")[0]
NEXT = actions(button(action_id="next", text=plain("Next")))[0]


def app_of(client: AsyncWebClient, heard: list[Body]) -> AsyncApp:
    """A small app that does a little of everything, and keeps what it heard."""
    app = AsyncApp(client=client, signing_secret=SECRET)
    answer_commands(app)
    answer_forms(app, heard)

    @app.shortcut("similar")
    async def similar(ack: Any, shortcut: Body) -> None:
        await ack()
        heard.append(shortcut)

    @app.event("app_home_opened")
    async def home(event: Body, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section()]})

    @app.event("link_shared")
    async def links(event: Body, request: Any) -> None:
        heard.append(event | {"retry": request.headers.get("x-slack-retry-num")})

    @app.event("app_uninstalled")
    async def removed(event: Body) -> None:
        heard.append(event)

    return app


def answer_commands(app: AsyncApp) -> None:
    @app.command("/papers")
    async def papers(ack: Any, respond: Any, command: Body, client: AsyncWebClient) -> None:
        match command["text"]:
            case "form":
                await ack()
                await client.views_open(trigger_id=command["trigger_id"], view=FORM)
            case "at once":
                await ack("here")
            case text:
                await ack()
                await respond(text=f"found {text}", blocks=[section(), NEXT])

    @app.action("next")
    async def next_page(ack: Any, respond: Any) -> None:
        await ack()
        await respond("page 2", replace_original=True)

    @app.action("menu")
    async def menu(ack: Any, action: Body, body: Body, client: AsyncWebClient) -> None:
        await ack()
        chosen = action["selected_option"]["value"]
        await client.chat_postEphemeral(
            channel=body["channel"]["id"], user=body["user"]["id"], text=f"chose {chosen}"
        )


def answer_forms(app: AsyncApp, heard: list[Body]) -> None:
    @app.action("deeper")
    async def deeper(ack: Any, body: Body, client: AsyncWebClient) -> None:
        await ack()
        heard.append(body["view"]["state"]["values"])
        await client.views_push(trigger_id=body["trigger_id"], view=modal(title=plain("Deeper")))

    @app.options("zone_choice")
    async def zones(ack: Any) -> None:
        await ack(options=[BERLIN])

    @app.view("form")
    async def submitted(ack: Any, view: Body) -> None:
        values = view["state"]["values"]
        heard.append(values)
        if values["topic"]["topic_text"]["value"] == "nothing":
            await ack(response_action="errors", errors={"topic": "Say what."})
        else:
            await ack()

    @app.view_closed("form")
    async def closed(ack: Any, body: Body) -> None:
        await ack()
        heard.append({"closed": body["view"]["callback_id"]})


@asynccontextmanager
async def over_socket(app: AsyncApp, slack: SlackServer, client: AsyncWebClient) -> AsyncIterator[None]:
    """The app with one connection more; `client` has the app's token."""
    had = len(slack.socket.connections)
    handler: Any = AsyncSocketModeHandler(app, client.token, web_client=client)
    await handler.client.connect()
    await slack.connected(had + 1)
    try:
        yield
    finally:
        await handler.client.close()


@asynccontextmanager
async def over_http(app: AsyncApp, slack: SlackServer) -> AsyncIterator[None]:
    """The app at an address of its own, which Slack knows."""
    runner = web.AppRunner(app.web_app("/slack/events"))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
        yield
    finally:
        await runner.cleanup()
