"""The socket to Slack: opened, renewed, lost, refused; what is wrong is told once."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.clocks import FastClock, StillClock
from tests.contract.commands import NOW
from tests.platform.slack_bot import SlackBot, slack_bot, text_of
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.faults import Fails, Fault, LoseRequest
from tests.servers.slack.socket_mode import Reason


async def prove_it_hears(bot: SlackBot) -> None:
    scene = bot.scene
    asked = await bot.server.command("/papers", "attention", user=scene.maya, channel=scene.channel)
    assert asked.acknowledged
    assert "Attention in Small Places" in text_of(await asked.message())


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_new_connection_is_open_before_the_old_one_closes(
    on_socket: SlackBot, slack: SlackServer, reason: Reason
) -> None:
    (old,) = slack.socket.connections
    await slack.socket.disconnect(reason)
    await slack.until(lambda: slack.socket.opened == 2)
    await slack.until(lambda: old not in slack.socket.connections)
    assert len(slack.socket.connections) == 1
    await prove_it_hears(on_socket)


async def test_a_connection_that_breaks_is_made_anew(on_socket: SlackBot, slack: SlackServer) -> None:
    """With an address of its own: the loopback takes it for a violation where one is used twice."""
    slack.socket.connections[0].cut()
    await slack.until(lambda: slack.socket.opened == 2)
    await prove_it_hears(on_socket)


async def test_too_many_connections_are_told_once_and_asked_for_slowly(
    on_socket: SlackBot, slack: SlackServer, clock: StillClock
) -> None:
    with capture_logs() as logs:
        await slack.socket.disconnect("too_many_websockets")
        await slack.until(lambda: slack.socket.connections == [])
        assert slack.socket.opened == 1  # it waits before it asks again
        clock.set(clock.now() + timedelta(seconds=5))
        await slack.connected()
    errors = [one["event"] for one in logs if one["log_level"] == "error"]
    assert errors == ["Slack has as many connections of this app as it takes. Is another Paperboy running?"]
    await prove_it_hears(on_socket)


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ([Fails("invalid_auth")] * 3, "Slack refused the app-level token."),
        ([Fails("not_allowed_token_type")] * 3, "Slack refused the app-level token."),
        ([LoseRequest()] * 3, "Slack cannot be reached; trying again until it can."),
    ],
    ids=["refused", "of another kind", "unreachable"],
)
async def test_what_keeps_it_from_connecting_is_told_once_and_it_keeps_trying(
    slack: SlackServer, scene: Scene, tmp_path: Path, faults: Sequence[Fault], says: str
) -> None:
    slack.script.add("apps.connections.open", *faults)
    clock = FastClock(NOW, rate=200)
    with capture_logs() as logs:
        async with slack_bot(slack, scene, clock, tmp_path) as bot:
            assert slack.script.pending == 0
            await prove_it_hears(bot)
    assert clock.now() - NOW > timedelta(seconds=5 + 10 + 20)  # it asks less and less often
    (told,) = [one["event"] for one in logs if one["log_level"] == "error"]
    assert told.startswith(says)
