"""A loopback Slack with one workspace in it, and the real client of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.clocks import FakeClock
from tests.platform.calls import ClientOf
from tests.servers.slack import Scene, SlackServer, workspace


@pytest.fixture
def clock() -> FakeClock:
    """Still, but near enough to now for signatures, which the library checks by the real clock."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[SlackServer]:
    async with SlackServer(clock.now) as server:
        yield server


@pytest.fixture
def scene(slack: SlackServer) -> Scene:
    return workspace(slack)


@pytest.fixture
def client_of(slack: SlackServer) -> ClientOf:
    """The real client with a token, which repeats nothing by itself."""

    def client_with(token: str) -> AsyncWebClient:
        return AsyncWebClient(token, base_url=f"{slack.api_url}/", retry_handlers=[])

    return client_with


@pytest.fixture
def client(client_of: ClientOf, scene: Scene) -> AsyncWebClient:
    return client_of(scene.token.value)
