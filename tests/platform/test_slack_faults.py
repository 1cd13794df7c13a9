"""How the loopback Slack goes wrong on demand, and how it watches the pace."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.clocks import FakeClock
from tests.platform.calls import error_of
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.faults import Fails, Garble, Hang, LoseReply, LoseRequest, RateLimited, Status
from tests.servers.slack.pace import Posted, too_fast


async def test_a_lost_request_is_not_done_and_a_lost_reply_is(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    slack.script.add("chat.postMessage", LoseRequest(), LoseReply(), None)
    for left in (0, 1):
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.chat_postMessage(channel="C1", text="x")
        assert len(scene.channel.messages) == left
    await client.chat_postMessage(channel="C1", text="x")
    assert slack.script.pending == 0


async def test_answers_can_be_wrong_in_every_way(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    faults = (Fails("is_archived"), Status(503), Status(500, accepts=True), Garble())
    slack.script.add("chat.postMessage", *faults, channel="C1")
    assert await error_of(client.chat_postMessage(channel="C1", text="x")) == "is_archived"
    for _ in faults[1:]:
        with pytest.raises((SlackApiError, aiohttp.ContentTypeError)):
            await client.chat_postMessage(channel="C1", text="x")
    assert len(scene.channel.messages) == 2
    with pytest.raises(ValueError, match="never fails"):
        slack.script.add("chat.postMessage", Fails("user_not_found"))


async def test_a_rate_limit_says_how_long_to_wait(slack: SlackServer, client: AsyncWebClient) -> None:
    slack.script.add("chat.postMessage", RateLimited(0), RateLimited(30))
    client.retry_handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=0)]
    for seconds in ("0", "30"):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel="C1", text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == seconds


async def test_a_call_can_hang_until_the_end(
    slack: SlackServer, scene: Scene, client: AsyncWebClient
) -> None:
    slack.script.add("chat.postMessage", Hang())
    call = asyncio.create_task(client.chat_postMessage(channel="C1", text="x"))
    await slack.until(lambda: scene.channel.messages)
    assert not call.done()
    call.cancel()
    await asyncio.wait([call])


async def test_the_pace_is_watched(slack: SlackServer, client: AsyncWebClient, clock: FakeClock) -> None:
    for pause in (timedelta(seconds=1), timedelta(seconds=0.5), timedelta()):
        await client.chat_postMessage(channel="C1", text="x")
        clock.advance(pause)
    assert too_fast(slack.posts[:2]) == []
    assert too_fast(slack.posts) == ["C1: 0:00:00.500000 between two messages"]


def test_the_pace_of_a_whole_workspace_is_watched_too(clock: FakeClock) -> None:
    posts = [
        Posted(clock.now() + number * timedelta(seconds=0.29), "T1", f"C{number}") for number in range(201)
    ]
    assert too_fast(posts[:200]) == []
    assert too_fast(posts) == ["T1: 201 messages in 0:00:58"]
    elsewhere = Posted(posts[-1].at, "T2", "C201")
    assert too_fast([*posts[:200], elsewhere]) == []


async def test_it_serves_from_a_thread_too(clock: FakeClock) -> None:
    server = SlackServer(clock.now)
    with server.in_thread():
        token = server.world.install(server.world.add_team())
        answer = await AsyncWebClient(token.value, base_url=f"{server.api_url}/").auth_test()
        assert answer["ok"]
        assert server.run(server.until(lambda: server.called("auth.test"))) == [{}]
