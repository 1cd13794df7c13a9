"""Rehearsals that broke off in Slack are called off long before anybody could see one."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError

from adapters.slack.address import Address
from adapters.slack.api import FAILURES, Api
from adapters.slack.rehearsal import Rehearsals
from adapters.slack.tokens import OwnToken
from adapters.slack.workspaces import Workspaces
from tests.clocks import FakeClock
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.faults import Fails, LoseReply, LoseRequest

PLACE = Address("T1", "C1")
MANY = 101  # more than a page holds


@pytest.fixture
async def api(slack: SlackServer) -> AsyncIterator[Api]:
    made = Api(slack.api_url)
    yield made
    await made.aclose()


def rehearsals(api: Api, token: str, clock: FakeClock) -> Rehearsals:
    tokens = OwnToken(api, token)
    return Rehearsals(api, tokens, Workspaces(api, tokens, clock), clock)


async def test_nothing_stays_behind(slack: SlackServer, scene: Scene, api: Api, clock: FakeClock) -> None:
    await rehearsals(api, scene.token.value, clock).rehearse(PLACE)
    assert slack.world.scheduled == {}
    assert scene.channel.messages == []


async def test_what_stayed_planned_is_called_off_later(
    slack: SlackServer, scene: Scene, api: Api, clock: FakeClock
) -> None:
    """However it broke off; and what another app of that token planned is not ours."""
    ours = rehearsals(api, scene.token.value, clock)
    slack.script.add("chat.scheduleMessage", LoseReply())
    with pytest.raises(FAILURES):
        await ours.rehearse(PLACE)
    slack.script.add("chat.deleteScheduledMessage", LoseRequest())
    await ours.rehearse(PLACE)
    assert len(slack.world.scheduled) == 2
    (text,) = {str(content["text"]) for _, _, content in slack.world.scheduled.values()}
    assert "please delete it" in text  # should nobody ever call it off
    soon = int((clock.now() + timedelta(days=1)).timestamp())
    other = await api.client(scene.token.value).chat_scheduleMessage(channel="C1", text="x", post_at=soon)

    assert await ours.clear_up("T1") == 2
    assert list(slack.world.scheduled) == [other["scheduled_message_id"]]
    assert await ours.clear_up("T1") == 0


async def test_however_many_they_are(slack: SlackServer, scene: Scene, api: Api, clock: FakeClock) -> None:
    ours = rehearsals(api, scene.token.value, clock)
    slack.script.add("chat.deleteScheduledMessage", *[Fails("fatal_error")] * MANY)
    for _ in range(MANY):
        await ours.rehearse(PLACE)
    assert await ours.clear_up("T1") == MANY
    assert slack.world.scheduled == {}


async def test_a_whole_organisation_is_cleared_up_workspace_by_workspace(
    slack: SlackServer, api: Api, clock: FakeClock
) -> None:
    group = slack.world.add_enterprise("E1")
    token = slack.world.install(group)
    ours = rehearsals(api, token.value, clock)
    slack.script.add("chat.deleteScheduledMessage", LoseRequest(), LoseRequest())
    for number in ("1", "2"):
        team = slack.world.add_team(f"T1{number}", domain=f"part{number}", enterprise=group)
        slack.world.add_channel(team, f"C1{number}")
        await ours.rehearse(Address("E1", f"C1{number}"))
    assert await ours.clear_up("E1") == 2
    assert slack.world.scheduled == {}


async def test_where_the_bot_may_not_post_it_says_so(
    slack: SlackServer, scene: Scene, api: Api, clock: FakeClock
) -> None:
    scene.channel.archived = True
    with pytest.raises(SlackApiError, match="is_archived"):
        await rehearsals(api, scene.token.value, clock).rehearse(PLACE)
    assert slack.world.scheduled == {}
