"""The loopback Slack, by Slack's own clients: it answers as Slack does, and refuses what it should."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.clocks import FakeClock
from tests.servers.slack import RECHECK, Scene, SlackServer, workspace

SECRET = "signing-secret-of-the-loopback"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))  # still, but near enough to now for signatures


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[SlackServer]:
    async with SlackServer(clock.now) as server:
        yield server


@pytest.fixture
def scene(slack: SlackServer) -> Scene:
    return workspace(slack)


def client_of(slack: SlackServer, token: str) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=f"{slack.api_url}/", retry_handlers=[])


@pytest.fixture
def client(slack: SlackServer, scene: Scene) -> AsyncWebClient:
    return client_of(slack, scene.token.value)


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_token_is_known_by_what_it_may(slack: SlackServer, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"]) == ("T1", "UT1BOT")
    assert answer.headers["x-oauth-scopes"] == "chat:write,commands,im:write"
    assert await error_of(client_of(slack, "").auth_test()) == "not_authed"
    assert await error_of(client_of(slack, "xoxb-unknown").auth_test()) == "invalid_auth"


async def test_a_message_stands_in_its_channel(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "digest", "event_payload": {"key": "k1"}}
    first = await client.chat_postMessage(channel="C1", text="one", metadata=metadata)
    second = await client.chat_postMessage(channel="C1", text="two", thread_ts=first["ts"])
    assert [one.text for one in scene.channel.top] == ["one"]
    assert [one.text for one in scene.channel.thread(first["ts"])] == ["two"]
    assert first["ts"] < second["ts"]
    assert scene.channel.top[0].metadata == metadata


async def test_history_needs_its_scope_and_shows_metadata_only_when_asked(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "digest", "event_payload": {"key": "k1"}}
    for number in range(3):
        await client.chat_postMessage(channel="C1", text=f"message {number}", metadata=metadata)
    assert await error_of(client.conversations_history(channel="C1")) == "missing_scope"
    reader = client_of(slack, slack.world.install(scene.team, [*scene.token.scopes, *RECHECK]).value)
    page = await reader.conversations_history(channel="C1", limit=2)
    assert [one["text"] for one in page["messages"]] == ["message 2", "message 1"]
    assert "metadata" not in page["messages"][0]
    rest = await reader.conversations_history(
        channel="C1", include_all_metadata=True, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [(one["text"], one["metadata"]) for one in rest["messages"]] == [("message 0", metadata)]
    oldest = scene.channel.top[0].ts
    later = await reader.conversations_history(channel="C1", oldest=oldest)
    assert len(later["messages"]) == 2
    assert (
        len((await reader.conversations_history(channel="C1", oldest=oldest, inclusive=True))["messages"])
        == 3
    )


async def test_direct_messages_are_opened_once(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    opened = await client.conversations_open(users="U1")
    assert (await client.conversations_open(users="U1"))["channel"]["id"] == opened["channel"]["id"]
    await client.chat_postMessage(channel=opened["channel"]["id"], text="hello")
    assert [one.text for one in slack.world.direct(scene.maya, scene.team.bot_user).messages] == ["hello"]


# --- both transports -----------------------------------------------------------------------------


def small_app(token: str, api_url: str) -> AsyncApp:
    """What a bot is at least: a command that acknowledges, and then answers by the response_url."""
    client = AsyncWebClient(token, base_url=f"{api_url}/", retry_handlers=[])
    app = AsyncApp(client=client, signing_secret=SECRET, process_before_response=False)

    @app.command("/papers")
    async def papers(ack: Any, respond: Any, command: dict[str, Any]) -> None:
        await ack()
        await respond(f"found {command['text']}")

    return app


@pytest.fixture(params=["socket", "http"])
async def app(request: pytest.FixtureRequest, slack: SlackServer, scene: Scene) -> AsyncIterator[AsyncApp]:
    """The small app, reachable in one of the two ways."""
    small = small_app(scene.token.value, slack.api_url)
    if request.param == "socket":
        handler = AsyncSocketModeHandler(
            small, scene.app_token.value, web_client=client_of(slack, scene.app_token.value)
        )
        await handler.connect_async()
        await slack.connected()
        yield small
        await handler.close_async()
    else:
        runner = aiohttp.web.AppRunner(small.web_app("/slack/events"))
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
        yield small
        await runner.cleanup()


async def test_a_command_is_acknowledged_and_answered(
    slack: SlackServer, scene: Scene, app: AsyncApp
) -> None:
    exchange = await slack.command("/papers", "search x", user=scene.maya, channel=scene.channel)
    assert exchange.seconds < 3
    answer = await exchange.message()
    assert (answer.text, answer.only_for) == ("found search x", "U1")
