"""Workspaces and organisations that install the bot by OAuth, each answered with its own token."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from adapters.slack.install import STATE_LIFE
from bot.people.model import Identity
from tests.clocks import StillClock
from tests.platform.inbound.installing import OAUTH, Browser, query_of
from tests.platform.slack_bot import SlackBot, Transport, slack_bot, text_of
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.state import Channel, Team, User


@pytest.fixture
async def many_on_socket(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> AsyncIterator[SlackBot]:
    """As `many`, where the clock may be set: what is signed is checked by the real one."""
    slack.world.revoke(scene.team)
    slack.world.redirects.append(f"{OAUTH['public_url']}/slack/oauth_redirect")
    async with slack_bot(slack, scene, clock, tmp_path, **OAUTH) as made:
        yield made


@pytest.fixture
async def many(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> AsyncIterator[SlackBot]:
    """The bot for whoever installs it; nobody has yet."""
    slack.world.revoke(scene.team)
    slack.world.redirects.append(f"{OAUTH['public_url']}/slack/oauth_redirect")
    async with slack_bot(slack, scene, clock, tmp_path, transport, **OAUTH) as made:
        yield made


def a_team(slack: SlackServer, number: int, enterprise: str | None = None) -> tuple[Team, User, Channel]:
    """Another workspace, with somebody in it and a channel."""
    org = slack.world.enterprises.get(enterprise or "") or (
        slack.world.add_enterprise(enterprise) if enterprise else None
    )
    team = slack.world.add_team(f"T{number}", domain=f"team{number}", name=f"Team {number}", enterprise=org)
    user = slack.world.add_user(team, f"U{number}", f"person{number}")
    return team, user, slack.world.add_channel(team, f"C{number}", "papers", members=[user])


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("paperboy.db*"))


def tokens_of(slack: SlackServer, team: Team) -> set[str]:
    return {one.value for one in slack.world.tokens.values() if one.trouble is None and one.reaches(team)}


def homes_published(slack: SlackServer, number: int) -> bool:
    return sum(one.kind == "home" for one in slack.world.log) == number


async def test_a_workspace_that_installs_it_is_answered(
    many: SlackBot, slack: SlackServer, scene: Scene, tmp_path: Path
) -> None:
    status, page = await Browser(many).install(slack, scene.team, scene.maya)
    assert (status, "Thank you" in page) == (200, True)
    asked = await slack.command("/papers", "subscribe attention", user=scene.maya, channel=scene.channel)
    assert "You are subscribed" in text_of(await asked.message())
    installed = await many.store.installations.get("slack", scene.team.id)
    assert installed is not None
    assert (installed.name, installed.installed_by) == ("Acme", scene.maya.id)
    stored = on_disk(tmp_path)
    (token,) = tokens_of(slack, scene.team)
    assert token in installed.secret
    assert token.encode() not in stored  # it is encrypted there
    assert "xoxb" not in repr(installed)


async def test_whoever_installs_it_is_known_for_a_member_where_others_may_be_guests(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    slack.world.revoke(scene.team)
    slack.world.redirects.append(f"{OAUTH['public_url']}/slack/oauth_redirect")
    ben = slack.world.add_user(scene.team, "U2", "ben")
    async with slack_bot(slack, scene, clock, tmp_path, **OAUTH, slack_guests="possible") as bot:
        await Browser(bot).install(slack, scene.team, scene.maya)
        for user, told in ((scene.maya, "Set up for #ml-papers"), (ben, "Nothing is stored of you")):
            asked = await slack.command("/papers", "channel add at=9:00", user=user, channel=scene.channel)
            assert told in text_of(await asked.message())


async def test_two_workspaces_side_by_side_each_with_its_own_token(
    many: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    other, bo, papers = a_team(slack, 2)
    for team, user in ((scene.team, scene.maya), (other, bo)):
        assert (await Browser(many).install(slack, team, user))[0] == 200
    for user, channel in ((scene.maya, scene.channel), (bo, papers)):
        asked = await slack.command("/papers", "subscribe attention", user=user, channel=channel)
        assert "You are subscribed" in text_of(await asked.message())
    identities = {str(one) for one, *_ in await many.store.people.accounts()}
    assert identities == {"slack:T1/U1", "slack:T2/U2"}
    addresses = {one.route.address for one in await many.store.destinations.list()}
    assert {one.split("/")[0] for one in addresses} == {"T1", "T2"}


async def test_an_installation_that_is_cancelled_leaves_nothing(
    many: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    slack.denies = True
    status, page = await Browser(many).install(slack, scene.team, scene.maya)
    assert status == 500 or "Thank you" not in page
    assert await many.store.installations.list("slack") == []


@pytest.mark.parametrize("how", ["forged", "old", "another browser", "again"])
async def test_only_the_browser_that_left_comes_back_and_once(
    many: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock, how: str
) -> None:
    browser = Browser(many)
    back = await browser.allow(await browser.begin(), slack, scene.team, scene.maya)
    if how == "forged":
        state = query_of(back)["state"]
        forged = f"{int(clock.now().timestamp())}.mine.{'0' * 64}"
        browser.cookies = dict.fromkeys(browser.cookies, forged)
        back = back.replace(state, forged)
    elif how == "old":
        clock.set(clock.now() + STATE_LIFE + timedelta(seconds=1))
    elif how == "another browser":
        browser = Browser(many)
    else:
        assert (await browser.come_back(back))[0] == 200
        slack.world.revoke(scene.team)
        assert len(await many.store.installations.list("slack")) == 1
    status, page = await browser.come_back(back)
    assert status >= 400
    assert "Thank you" not in page
    assert len(await many.store.installations.list("slack")) == (1 if how == "again" else 0)


async def test_whoever_never_installed_it_gets_no_answer_and_nothing_is_stored(
    many: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    slack.world.install(scene.team)  # by another app's way: we have no token of it
    await slack.command("/papers", "save 2511.00001", user=scene.maya, channel=scene.channel)
    await many.slack.finish()
    assert await many.store.people.accounts() == []


async def test_tokens_rotate_while_commands_come(
    many_on_socket: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock
) -> None:
    slack.world.rotation = True
    await Browser(many_on_socket).install(slack, scene.team, scene.maya)
    first = tokens_of(slack, scene.team)
    for day_part in range(1, 7):
        clock.set(clock.now() + timedelta(hours=4))
        for _ in range(4):
            await slack.open_home(scene.maya)
        await slack.until(partial(homes_published, slack, 4 * day_part))
        assert len(slack.called("views.publish")) == 4 * day_part  # none was refused and tried again
    later = tokens_of(slack, scene.team) - first
    assert later
    refreshed = [one for one in slack.called("oauth.v2.access") if one.get("grant_type") == "refresh_token"]
    assert len(refreshed) == len(later)


async def test_an_organisation_that_installs_it_is_one_tenant(many: SlackBot, slack: SlackServer) -> None:
    first, ada, papers = a_team(slack, 11, "E1")
    _, bo, notes = a_team(slack, 12, "E1")
    assert (await Browser(many).install(slack, slack.world.enterprises["E1"], ada))[0] == 200
    for user, channel in ((ada, papers), (bo, notes)):
        asked = await slack.command("/papers", "save 2511.00001", user=user, channel=channel)
        saved = await asked.message()
        assert "is on your list" in text_of(saved)
        pressed = await slack.press(saved, "Show my list", user=user)
        assert "Your list: 1 paper" in text_of(await pressed.message())
        assert "Your list: 1 paper" in text_of(await (await slack.open_home(user)).view("home"))
        assert await many.store.people.find(Identity("slack", "E1", user.id)) is not None
    installed = await many.store.installations.list("slack")
    assert [one.tenant for one in installed] == ["E1"]
    assert first.enterprise is not None


async def test_one_workspace_of_an_organisation_may_install_it_alone(
    many: SlackBot, slack: SlackServer
) -> None:
    team, ada, papers = a_team(slack, 11, "E1")
    assert (await Browser(many).install(slack, team, ada))[0] == 200
    asked = await slack.command("/papers", "save 2511.00001", user=ada, channel=papers)
    assert "is on your list" in text_of(await asked.message())
    assert await many.store.people.find(Identity("slack", "T11", ada.id)) is not None


async def test_without_a_signing_secret_nobody_can_speak_for_slack(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    """An installation's pages need the web server though Slack is heard over a socket."""
    async with slack_bot(slack, scene, clock, tmp_path, "socket", **OAUTH) as bot:
        assert bot.web is not None
        address = f"http://127.0.0.1:{bot.web.port}/slack/events"
        forged = {"command": "/papers", "text": "save 2511.00001", "team_id": "T1", "user_id": "U1"}
        async with aiohttp.ClientSession() as session, session.post(address, data=forged) as answer:
            assert answer.status == 404
