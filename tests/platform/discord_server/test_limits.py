"""Rate limits of the loopback Discord, and how it goes wrong on demand."""

import asyncio
import json
import time
from datetime import timedelta

import aiohttp
import discord
import pytest

from tests.clocks import FakeClock
from tests.platform.discord_server.calls import error_of, send, text_channel
from tests.platform.discord_server.conftest import Scene, logged_in
from tests.servers.discord.faults import (
    Fails,
    Garble,
    Hang,
    Held,
    LoseReply,
    LoseRequest,
    RateLimited,
    Status,
)
from tests.servers.discord.rate_limits import Limit, RateLimits
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.rest_messages import MESSAGES
from tests.servers.faults import utc_now

BUCKETS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset-After")


async def test_the_headers_tell_of_the_bucket(rest: DiscordRest, clock: FakeClock, scene: Scene) -> None:
    rest.limits.measure()
    other = scene.guild.text_channel("other")
    headers = {"Authorization": f"Bot {rest.world.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def post(channel_id: str) -> aiohttp.ClientResponse:
            address = f"{rest.api_url}/channels/{channel_id}/messages"
            return await session.post(address, json={"content": "x"})

        first = await post(scene.papers.id)
        assert [first.headers[name] for name in BUCKETS] == ["5", "4", "5.000"]
        assert first.headers["Content-Type"] == "application/json"
        clock.advance(timedelta(seconds=2))
        for _ in range(4):
            last = await post(scene.papers.id)
        assert [last.headers[name] for name in BUCKETS] == ["5", "0", "3.000"]
        refused = await post(scene.papers.id)
        assert (refused.status, refused.headers["Retry-After"], refused.headers["Via"]) == (
            429,
            "4",
            "1.1 google",
        )
        assert refused.headers["X-RateLimit-Scope"] == "user"
        body = json.loads(await refused.read())
        assert (body["retry_after"], body["global"]) == (3.0, False)
        elsewhere = await post(other.id)
        assert elsewhere.headers["X-RateLimit-Bucket"] == refused.headers["X-RateLimit-Bucket"]
        assert elsewhere.status == 200
        clock.advance(timedelta(seconds=3))
        assert (await post(scene.papers.id)).status == 200
    assert rest.invalid == 1
    assert len(scene.papers.messages) == 6


def test_fifty_in_any_second_and_answers_to_interactions_besides(clock: FakeClock) -> None:
    limits = RateLimits(clock.now)
    limits.measure()

    def ask(number: int) -> bool:
        return limits.ask("POST", MESSAGES, {"channel_id": str(number)}).refusal is None

    assert all(ask(number) for number in range(25))
    clock.advance(timedelta(seconds=0.5))
    assert all(ask(number) for number in range(100, 125))
    verdict = limits.ask("POST", MESSAGES, {"channel_id": "200"})
    assert verdict.headers["X-RateLimit-Global"] == "true"
    assert verdict.refusal is not None
    assert (verdict.refusal["retry_after"], verdict.refusal["global"]) == (0.5, True)
    callback = "/interactions/{interaction_id}/{interaction_token}/callback"
    verdicts = [limits.ask("POST", callback, {"interaction_id": str(number)}) for number in range(60)]
    assert all(one.refusal is None for one in verdicts)
    clock.advance(timedelta(seconds=0.5))
    assert all(ask(number) for number in range(300, 325))
    assert not ask(400)


async def test_the_client_waits_for_its_bucket_without_being_refused() -> None:
    async with DiscordRest(utc_now) as rest, logged_in(rest) as client:
        channel = rest.world.guild().text_channel()
        rest.limits.set("POST", MESSAGES, Limit(2, timedelta(seconds=0.3)))
        began = time.monotonic()
        for _ in range(5):
            await send(client, channel.id, {"content": "x"})
        assert time.monotonic() - began >= 0.55
    assert [one.status for one in rest.called("POST", MESSAGES)] == [200] * 5


async def test_the_client_repeats_what_came_too_fast(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    rest.script.add("POST", MESSAGES, RateLimited(0.01), RateLimited(0.01, everywhere=True))
    await send(client, scene.papers.id, {"content": "x"})
    assert (len(scene.papers.messages), rest.script.pending) == (1, 0)
    client.http.max_ratelimit_timeout = 30.0
    rest.script.add("POST", MESSAGES, RateLimited(60))
    with pytest.raises(discord.RateLimited):
        await send(client, scene.papers.id, {"content": "x"})
    rest.script.add("POST", MESSAGES, RateLimited(banned=True))
    assert (await error_of(send(client, scene.papers.id, {"content": "x"})))[0] == 429


async def test_a_lost_request_is_not_done_and_a_lost_reply_is(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    channel = await text_channel(client, scene.papers.id)
    rest.script.add("POST", MESSAGES, LoseRequest(), LoseReply(), channel_id=scene.papers.id)
    for left in (0, 1):
        with pytest.raises(aiohttp.ClientConnectionError):
            await channel.send("x", nonce="k1")
        assert len(scene.papers.messages) == left
    await channel.send("x", nonce="k1")
    assert len(scene.papers.messages) == 1
    assert rest.script.pending == 0


async def test_answers_can_be_wrong_in_every_way(
    rest: DiscordRest, scene: Scene, client: discord.Client
) -> None:
    rest.script.add("POST", MESSAGES, Fails(403, 50013), Status(503), Garble())
    assert await error_of(send(client, scene.papers.id, {"content": "x"})) == (403, 50013)
    assert (await error_of(send(client, scene.papers.id, {"content": "x"})))[0] == 503
    assert scene.papers.messages == {}
    with pytest.raises(json.JSONDecodeError):
        await send(client, scene.papers.id, {"content": "x"})
    assert len(scene.papers.messages) == 1
    other = scene.guild.text_channel("other")
    rest.script.add("POST", MESSAGES, Fails(403, 50013), channel_id=other.id)
    await send(client, scene.papers.id, {"content": "x"})
    assert rest.script.pending == 1
    rest.script.clear()
    with pytest.raises(ValueError, match="no route"):
        rest.script.add("GET", "/nowhere", Garble())


async def test_a_request_can_hang_or_be_held(rest: DiscordRest, scene: Scene, client: discord.Client) -> None:
    held = Held()
    rest.script.add("POST", MESSAGES, held, Hang())
    first = asyncio.create_task(send(client, scene.papers.id, {"content": "held"}))
    await rest.until(lambda: rest.script.pending == 1)
    held.opened.set()
    await first
    second = asyncio.create_task(send(client, scene.papers.id, {"content": "hangs"}))
    await rest.until(lambda: len(scene.papers.messages) == 2)
    assert not second.done()
    second.cancel()
    await asyncio.wait([second])


async def test_it_serves_from_a_thread_too(clock: FakeClock) -> None:
    server = DiscordRest(clock.now)
    with server.in_thread():
        async with logged_in(server) as client:
            assert client.user is not None
        assert server.run(server.until(lambda: server.called("GET", "/users/@me")))
