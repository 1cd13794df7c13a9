"""A loopback Discord with one server in it, and our whole bot listening to it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.clocks import StillClock
from tests.contract.commands import NOW
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot, scene_in
from tests.servers.discord.api import Call
from tests.servers.discord.interaction_state import Callback
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Body
from tests.servers.discord.world import TOKEN

# What no log may hold: the token, and what people type in these tests.
SECRETS = (TOKEN, "attention", "cat:cs.CL", "zebra")


@pytest.fixture(autouse=True)
def nothing_is_told(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log and no output holds the token or what somebody typed."""
    yield
    printed = capsys.readouterr()
    told = f"{printed.out}\n{printed.err}\n{caplog.text}"
    assert [secret for secret in SECRETS if secret in told] == []


@pytest.fixture
def clock() -> StillClock:
    return StillClock(NOW)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """No message that we write through it calls anybody."""
    async with DiscordServer() as made:
        yield made
    sent = [body for call in made.calls if (body := _message(call)) is not None]
    assert [body for body in sent if any(body["allowed_mentions"].values())] == []


def _message(call: Call) -> Body | None:
    """The message that a request makes: in a channel, or as an answer to what somebody did."""
    body: Body = call.body if call.method == "POST" and isinstance(call.body, dict) else {}
    if call.route.endswith("/callback"):
        return body["data"] if body["type"] in {Callback.MESSAGE, Callback.UPDATE} else None
    return body if body.keys() & {"content", "components", "embeds"} else None


@pytest.fixture
def scene(server: DiscordServer) -> Scene:
    return scene_in(server)


@pytest.fixture
async def bot(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> AsyncIterator[DiscordBot]:
    del scene  # there before the bot listens
    async with discord_bot(server, clock, tmp_path / "home") as made:
        yield made
