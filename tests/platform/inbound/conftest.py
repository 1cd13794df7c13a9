"""Our whole Slack, listening to the loopback one; and what it must never tell, whatever the test."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clocks import StillClock
from tests.contract.commands import NOW
from tests.platform.slack_bot import SECRET, SlackBot, Transport, slack_bot
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.oauth import CLIENT_SECRET

# What no log may hold: tokens and secrets, and what people type in these tests.
SECRETS = ("xoxb", "xapp", "xoxe", SECRET, CLIENT_SECRET, "attention", "cat:cs.CL", "zebra")


@pytest.fixture(autouse=True)
def nothing_is_told(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log and no output holds a token or what somebody typed."""
    yield
    printed = capsys.readouterr()
    told = f"{printed.out}\n{printed.err}\n{caplog.text}"
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest) -> Transport:
    return "socket" if request.param == "socket" else "http"


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> StillClock:
    """The day of the papers; where requests are signed, now: the library checks them by the real clock."""
    signed = "transport" in request.fixturenames and request.getfixturevalue("transport") == "http"
    return StillClock(datetime.now(UTC) if signed else NOW)


@pytest.fixture
async def bot(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> AsyncIterator[SlackBot]:
    async with slack_bot(slack, scene, clock, tmp_path, transport) as made:
        yield made


@pytest.fixture
async def on_socket(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> AsyncIterator[SlackBot]:
    async with slack_bot(slack, scene, clock, tmp_path) as made:
        yield made
