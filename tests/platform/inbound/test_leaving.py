"""The app is removed: what was set up waits for seven days, comes back on return, and is purged after."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.slack import GRACE
from bot.model import DestinationState
from bot.people.model import Identity, InstallationState
from tests.clocks import StillClock
from tests.platform.inbound.installing import OAUTH, Browser
from tests.platform.slack_bot import SlackBot, slack_bot, text_of
from tests.servers.platform import PATIENCE
from tests.servers.slack import Scene, SlackServer


@pytest.fixture
async def installed(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> AsyncIterator[SlackBot]:
    """The bot in Acme, with maya's subscription, a channel's digest, and another one that maya paused."""
    slack.world.revoke(scene.team)
    slack.world.redirects.append(f"{OAUTH['public_url']}/slack/oauth_redirect")
    async with slack_bot(slack, scene, clock, tmp_path, **OAUTH) as bot:
        await Browser(bot).install(slack, scene.team, scene.maya)
        resting = slack.world.add_channel(scene.team, "C2", "resting", members=[scene.maya])
        for text, channel in (
            ("subscribe attention", scene.channel),
            ("save 2511.00001", scene.channel),
            ("channel add at=9:00", scene.channel),
            ("channel add at=9:00", resting),
            ("channel pause", resting),
        ):
            await (await slack.command("/papers", text, user=scene.maya, channel=channel)).message()
        yield bot


async def states(bot: SlackBot) -> dict[str, DestinationState]:
    return {one.label: one.state for one in await bot.store.destinations.list()}


async def until_state(bot: SlackBot, state: InstallationState) -> None:
    """The event's work is behind its acknowledgement."""
    await bot.slack.finish()
    found = await bot.store.installations.get("slack", bot.scene.team.id)
    assert found is not None
    assert found.state is state


BEFORE = {
    "direct message": DestinationState.ACTIVE,
    "#ml-papers": DestinationState.ACTIVE,
    "#resting": DestinationState.PAUSED,
}


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UT1BOT"]}}]
)
async def test_what_was_set_up_is_paused_and_comes_back_with_the_app(
    installed: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock, event: dict[str, Any]
) -> None:
    assert await states(installed) == BEFORE
    slack.world.revoke(scene.team)
    await slack.event(event, team=scene.team)
    await until_state(installed, InstallationState.GONE)
    assert set((await states(installed)).values()) == {DestinationState.PAUSED}
    assert await installed.store.people.find(Identity("slack", "T1", "U1")) is not None  # nothing is deleted
    clock.set(clock.now() + GRACE - timedelta(hours=7))
    await Browser(installed).install(slack, scene.team, scene.maya)
    assert await states(installed) == BEFORE  # exactly those that its going had paused
    asked = await slack.command("/papers", "saved", user=scene.maya, channel=scene.channel)
    assert "Your list: 1 paper" in text_of(await asked.message())


async def test_after_seven_days_nothing_of_it_is_left(
    installed: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock
) -> None:
    store = installed.store
    before = {one.id for one in await store.destinations.list()}
    assert before
    await slack.uninstall(scene.team)
    await until_state(installed, InstallationState.GONE)
    gone_at = clock.now()
    for hours in (6, 24, 24 * 6):  # the purge looks every six hours
        clock.set(gone_at + timedelta(hours=hours))
        assert await store.installations.get("slack", "T1") is not None
    clock.set(gone_at + GRACE)
    async with asyncio.timeout(PATIENCE):
        while await store.installations.list("slack"):  # until the role has had its turn
            clock.set(clock.now() + timedelta(hours=6))
    assert await store.destinations.list() == []
    assert await store.people.accounts() == []
    assert [one for id_ in before if (one := await store.destinations.by_name(id_))] == []


async def test_tokens_of_people_are_none_of_ours(
    installed: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    await slack.event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}, team=scene.team)
    await until_state(installed, InstallationState.ACTIVE)


async def test_an_event_that_comes_after_the_return_ends_nothing(
    installed: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock
) -> None:
    removed = await slack.uninstall(scene.team)
    await until_state(installed, InstallationState.GONE)
    clock.set(clock.now() + timedelta(minutes=3))
    await Browser(installed).install(slack, scene.team, scene.maya)
    late = {**removed.payload, "event_id": "EvLATE"}
    await slack.transport.send(late)
    await until_state(installed, InstallationState.ACTIVE)
    assert await states(installed) == BEFORE


async def test_with_a_token_of_the_operators_own_the_log_says_what_to_do(
    on_socket: SlackBot, slack: SlackServer, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    await slack.uninstall(scene.team)
    await on_socket.slack.finish()
    assert "Install it again, and set the new token" in capsys.readouterr().out
