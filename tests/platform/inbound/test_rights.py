"""Who may do what in Slack: members, guests, people of other organisations, administrators."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.people.model import Identity
from tests.clocks import StillClock
from tests.platform.slack_bot import SlackBot, Transport, slack_bot, text_of
from tests.servers.slack import BASE, Scene, SlackServer
from tests.servers.slack.faults import Fails
from tests.servers.slack.state import Team

GUESTS = ({"restricted": True}, {"ultra_restricted": True}, {"deleted": True})
KEPT = (
    "save 2511.00001",
    "subscribe attention",
    "settings zone=Asia/Tokyo",
    "channel add at=9:00",
    "my-data",
)


@pytest.fixture
async def asking(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> AsyncIterator[SlackBot]:
    """The bot, which may ask Slack for people."""
    token = slack.world.install(scene.team, (*BASE, "users:read"))
    async with slack_bot(
        slack, scene, clock, tmp_path, transport, slack_bot_token=token.value, slack_packs="people"
    ) as made:
        yield made


@pytest.mark.parametrize("traits", GUESTS, ids=lambda traits: next(iter(traits)))
async def test_guests_get_a_private_sentence_and_nothing_is_stored(
    asking: SlackBot, slack: SlackServer, scene: Scene, traits: dict[str, bool]
) -> None:
    guest = slack.world.add_user(scene.team, "U2", "gast", **traits)
    scene.channel.members.add(guest.id)
    for text in KEPT:
        asked = await slack.command("/papers", text, user=guest, channel=scene.channel)
        answer = await asked.message()
        assert "Nothing is stored of you" in text_of(answer)
        assert answer.only_for == guest.id
        assert asked.seen("view") == []
    found = await (await slack.command("/papers", "attention", user=guest, channel=scene.channel)).message()
    assert "Attention in Small Places" in text_of(found)  # they may search and read
    home = text_of(await (await slack.open_home(guest)).view("home"))
    assert "Attention in Small Places" in home
    assert "subscription" not in home
    assert await asking.store.people.accounts() == []
    assert await asking.store.destinations.list() == []


async def test_people_of_another_organisation_get_a_private_sentence(
    asking: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    await prove_strangers_store_nothing(asking, slack, scene)


async def test_so_do_they_where_slack_may_not_be_asked(
    bot: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    await prove_strangers_store_nothing(bot, slack, scene)


async def prove_strangers_store_nothing(bot: SlackBot, slack: SlackServer, scene: Scene) -> None:
    answer = await (
        await slack.command("/papers", "search attention", user=scene.maya, channel=scene.channel)
    ).message()
    shared = await (await slack.press(answer, "Share with all here", user=scene.maya)).message("public")
    stranger = slack.world.add_user(slack.world.add_team("T9", domain="else"), "U9", "stranger")
    scene.channel.members.add(stranger.id)
    for action in ("save:arxiv:2511.00001", "hide:arxiv:2511.00001"):
        pressed = await slack.press(shared, action, user=stranger)
        told = await pressed.message()
        assert told.only_for == stranger.id
        assert "Nothing is stored of you" in text_of(told)
    assert await bot.store.people.accounts() == []


async def test_full_members_manage_their_channels(asking: SlackBot, slack: SlackServer, scene: Scene) -> None:
    asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
    assert "Set up for #ml-papers" in text_of(await asked.message())
    ben = slack.world.add_user(scene.team, "U2", "ben")
    changed = await slack.command("/papers", "channel edit max=7", user=ben, channel=scene.channel)
    assert "max from 5 to 7" in text_of(await changed.message())
    shown = await slack.command("/papers", "channel show", user=ben, channel=scene.channel)
    assert "ben: Changed: max from 5 to 7" in text_of(await shown.message())  # who did it is on record


@pytest.mark.parametrize("transport", ["socket"], indirect=True)  # the clock is set
async def test_where_slack_cannot_be_asked_whom_it_told_of_before_counts_and_nobody_else(
    asking: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock
) -> None:
    save = ("/papers", "save 2511.00001")
    await (await slack.command(*save, user=scene.maya, channel=scene.channel)).message()
    ben = slack.world.add_user(scene.team, "U2", "ben")
    clock.set(clock.now() + timedelta(hours=1))
    slack.script.add("users.info", Fails("fatal_error"), Fails("fatal_error"))
    known = await (await slack.command(*save, user=scene.maya, channel=scene.channel)).message()
    assert "is on your list already" in text_of(known)
    unknown = await (await slack.command(*save, user=ben, channel=scene.channel)).message()
    assert "Nothing is stored of you" in text_of(unknown)
    assert [one.user for one, *_ in await asking.store.people.accounts()] == [scene.maya.id]


async def test_a_setting_narrows_it_to_administrators(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    token = slack.world.install(scene.team, (*BASE, "users:read"))
    boss = slack.world.add_user(scene.team, "U2", "boss", admin=True)
    async with slack_bot(
        slack,
        scene,
        clock,
        tmp_path,
        slack_bot_token=token.value,
        slack_packs="people",
        slack_managers="admins",
    ):
        asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
        assert "Only who may manage #ml-papers" in text_of(await asked.message())
        asked = await slack.command("/papers", "channel add at=9:00", user=boss, channel=scene.channel)
        assert "Set up for #ml-papers" in text_of(await asked.message())


async def test_whoever_became_a_guest_while_a_form_was_open_cannot_submit_it(
    asking: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    opened = await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
    form = await opened.view()
    scene.maya.restricted = True
    sent = await slack.submit(form, {"max": "3"}, user=scene.maya)
    assert "Only who may manage #ml-papers" in text_of(await sent.view())
    assert await asking.store.destinations.list() == []


@pytest.fixture
async def unsure(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> AsyncIterator[SlackBot]:
    """The bot where there may be guests, nothing tells them from members, and U7 is named as a manager."""
    async with slack_bot(
        slack, scene, clock, tmp_path, transport, slack_guests="possible", slack_managers=["U7"]
    ) as made:
        yield made


async def test_where_anybody_may_be_a_guest_nothing_is_stored_and_the_way_out_is_told(
    unsure: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    for text in KEPT[:-1]:
        answer = await (
            await slack.command("/papers", text, user=scene.maya, channel=scene.channel)
        ).message()
        told = text_of(answer)
        assert "Nothing is stored of you, since I cannot tell members from guests here" in told
        for way in ("PAPERBOY_SLACK_PACKS=people", "PAPERBOY_SLACK_GUESTS=none", f"you are {scene.maya.id}"):
            assert way in told
        assert answer.only_for == scene.maya.id
    found = await (
        await slack.command("/papers", "attention", user=scene.maya, channel=scene.channel)
    ).message()
    assert "Attention in Small Places" in text_of(found)
    for control in ("save:arxiv:2511.00001", "Share with all here", "Subscribe to it"):
        pressed = await slack.press(found, control, user=scene.maya)
        assert "Nothing is stored of you" in text_of(await pressed.message())
        assert pressed.seen("public") == []
    home = text_of(await (await slack.open_home(scene.maya)).view("home"))
    assert "I cannot tell members from guests here" in home
    assert "Attention in Small Places" in home
    assert await unsure.store.people.accounts() == []
    assert await unsure.store.destinations.list() == []


async def test_whom_the_setting_names_counts_as_a_member_all_the_same(
    unsure: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    named = slack.world.add_user(scene.team, "U7", "named")
    scene.channel.members.add(named.id)
    for text, answer in (("save 2511.00001", "is on your list"), ("channel add at=9:00", "Set up for")):
        asked = await slack.command("/papers", text, user=named, channel=scene.channel)
        assert answer in text_of(await asked.message())


async def test_where_there_are_no_guests_the_setting_still_says_who_manages(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    for managers, told in (
        ("U7", "Only who may manage #ml-papers"),
        ("admins", f"PAPERBOY_SLACK_MANAGERS: you are {scene.maya.id}"),
    ):
        async with slack_bot(slack, scene, clock, tmp_path / managers, slack_managers=managers) as bot:
            asked = await slack.command(
                "/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel
            )
            assert told in text_of(await asked.message())
            assert await bot.store.destinations.list() == []


def in_a_grid(slack: SlackServer) -> tuple[Team, Team]:
    group = slack.world.add_enterprise("E1")
    return (
        slack.world.add_team("T11", domain="north", enterprise=group),
        slack.world.add_team("T12", domain="south", enterprise=group),
    )


@pytest.mark.parametrize("org_wide", [True, False], ids=["org-wide", "one workspace"])
async def test_people_of_an_organisations_workspaces_are_its_own(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, org_wide: bool
) -> None:
    north, south = in_a_grid(slack)
    assert north.enterprise is not None
    token = slack.world.install(north.enterprise if org_wide else north, (*BASE, "users:read"))
    ada = slack.world.add_user(north, "U11", "ada")
    bo = slack.world.add_user(south, "U12", "bo")
    stranger = slack.world.add_user(slack.world.add_team("T9", domain="else"), "U9", "stranger")
    papers = slack.world.add_channel(north, "C11", "papers", members=[ada, bo, stranger])
    async with slack_bot(
        slack, scene, clock, tmp_path, slack_bot_token=token.value, slack_packs="people"
    ) as bot:
        answer = await (
            await slack.command("/papers", "search attention", user=ada, channel=papers)
        ).message()
        shared = await (await slack.press(answer, "Share with all here", user=ada)).message("public")
        mine = await (await slack.press(shared, "save:arxiv:2511.00001", user=bo)).message()
        assert "is on your list" in text_of(mine)
        theirs = await (await slack.press(shared, "save:arxiv:2511.00001", user=stranger)).message()
        assert "Nothing is stored of you" in text_of(theirs)
        tenant = "E1" if org_wide else "T11"
        assert [one for one, *_ in await bot.store.people.accounts()] == [Identity("slack", tenant, "U12")]


async def test_where_slack_may_not_be_asked_an_organisation_still_tells_its_people_from_strangers(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    north, south = in_a_grid(slack)
    assert north.enterprise is not None
    token = slack.world.install(north.enterprise)
    ada = slack.world.add_user(north, "U11", "ada")
    bo = slack.world.add_user(south, "U12", "bo")
    stranger = slack.world.add_user(slack.world.add_team("T9", domain="else"), "U9", "stranger")
    papers = slack.world.add_channel(north, "C11", "papers", members=[ada, bo, stranger])
    async with slack_bot(slack, scene, clock, tmp_path, slack_bot_token=token.value) as bot:
        asked = await slack.command("/papers", "search attention", user=ada, channel=papers)
        shared = await (await slack.press(await asked.message(), "Share with all here", user=ada)).message(
            "public"
        )
        for _ in range(2):
            theirs = await slack.press(shared, "save:arxiv:2511.00001", user=stranger)
            assert "Nothing is stored of you" in text_of(await theirs.message())
        mine = await (await slack.press(shared, "save:arxiv:2511.00001", user=bo)).message()
        assert "is on your list" in text_of(mine)
        assert len(slack.called("auth.teams.list")) == 1  # for a while it is remembered
        assert [one for one, *_ in await bot.store.people.accounts()] == [Identity("slack", "E1", "U12")]


async def test_whom_nothing_can_be_found_out_about_counts_as_a_guest(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    north, _ = in_a_grid(slack)
    assert north.enterprise is not None
    token = slack.world.install(north.enterprise)
    ada = slack.world.add_user(north, "U11", "ada")
    papers = slack.world.add_channel(north, "C11", "papers", members=[ada])
    slack.script.add("auth.teams.list", Fails("fatal_error"))
    async with slack_bot(slack, scene, clock, tmp_path, slack_bot_token=token.value) as bot:
        asked = await slack.command("/papers", "search attention", user=ada, channel=papers)
        pressed = await slack.press(await asked.message(), "Subscribe to it", user=ada)
        assert "Nothing is stored of you" in text_of(await pressed.message())
        assert await bot.store.people.accounts() == []
