"""Who may share an answer in a channel: whoever may post there, as far as Slack lets that be known."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.render import blocks_of
from bot.commands.services import SHARE_EVERY
from bot.view.doc import Actions, Button, Doc
from tests.clocks import StillClock
from tests.platform.calls import ClientOf
from tests.platform.slack_bot import SlackBot, slack_bot, text_of
from tests.servers.slack import BASE, Scene, SlackServer
from tests.servers.slack.exchange import Exchange
from tests.servers.slack.state import Message, User, View

DIGEST = Doc((Actions((Button("Search papers", "search:"),)),), "Trending papers")
CHANNELS = ("channels:read", "groups:read")
SHARE = "Share with all here"
UNTOLD = "I cannot tell whether you may post in #ml-papers. Type `/papers search …` there"
ADMINS = {"type": ["admin"]}


@asynccontextmanager
async def bot_with(
    slack: SlackServer, scene: Scene, clock: StillClock, folder: Path, *, packs: Sequence[str] = ()
) -> AsyncIterator[SlackBot]:
    """The bot with these packs, which Slack lets it have."""
    rights = {"people": ("users:read",), "channels": CHANNELS}
    token = slack.world.install(scene.team, (*BASE, *(scope for pack in packs for scope in rights[pack])))
    async with slack_bot(
        slack, scene, clock, folder, slack_bot_token=token.value, slack_packs=list(packs)
    ) as made:
        yield made


@pytest.fixture
async def digest(client_of: ClientOf, scene: Scene) -> Message:
    """A digest in #ml-papers, its buttons as we post them."""
    posted = await client_of(scene.token.value).chat_postMessage(
        channel=scene.channel.id, text=DIGEST.fallback, blocks=blocks_of(DIGEST)
    )
    found = scene.channel.message(str(posted["ts"]))
    assert found is not None
    return found


async def searched(slack: SlackServer, below: Message, user: User) -> View:
    """What the search finds whose form the button of a message opens."""
    form = await (await slack.press(below, "Search papers", user=user)).view()
    return await (await slack.submit(form, {"query": "attention"}, user=user)).view()


async def told(shared: Exchange) -> str:
    """What whoever shared from a view is told."""
    return text_of(await shared.view())


async def test_who_may_not_post_shares_nothing_by_the_buttons_of_a_digest(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, digest: Message
) -> None:
    scene.channel.posters = ADMINS
    async with bot_with(slack, scene, clock, tmp_path):
        found = await searched(slack, digest, scene.maya)
        assert UNTOLD in await told(await slack.press(found, SHARE, user=scene.maya))
        assert scene.channel.messages == [digest]


async def test_who_typed_a_command_there_shares_its_answer_its_pages_and_its_forms(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    maya = scene.maya
    async with bot_with(slack, scene, clock, tmp_path):
        first = await (
            await slack.command("/papers", "search morning", user=maya, channel=scene.channel)
        ).message()
        second = await (await slack.press(first, "Next page", user=maya)).message()
        public = await (await slack.press(second, SHARE, user=maya)).message("public")
        assert "More for “morning”" in text_of(public)
        clock.set(clock.now() + SHARE_EVERY)
        today = await (await slack.command("/papers", "", user=maya, channel=scene.channel)).message()
        found = await searched(slack, today, maya)
        assert "It is posted in #ml-papers." in await told(await slack.press(found, SHARE, user=maya))


async def test_what_is_shared_gives_nobody_else_the_right_to(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with bot_with(slack, scene, clock, tmp_path):
        answer = await (
            await slack.command("/papers", "search attention", user=scene.maya, channel=scene.channel)
        ).message()
        public = await (await slack.press(answer, SHARE, user=scene.maya)).message("public")
        marks = [{str(block["block_id"])[:5] for block in one.blocks} for one in (answer, public)]
        assert marks[0] == {"spoke"}
        assert "spoke" not in marks[1]


async def test_administrators_may_post_everywhere(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, digest: Message
) -> None:
    scene.channel.posters = ADMINS
    boss = slack.world.add_user(scene.team, "U2", "boss", admin=True)
    async with bot_with(slack, scene, clock, tmp_path, packs=["people"]):
        for user, answer in ((scene.maya, UNTOLD), (boss, "It is posted in #ml-papers.")):
            found = await searched(slack, digest, user)
            assert answer in await told(await slack.press(found, SHARE, user=user))


@pytest.mark.parametrize(
    ("channel", "answer"),
    [
        ({}, "It is posted in #ml-papers."),
        ({"posters": {"type": ["admin"], "user": ["U1"]}}, "It is posted in #ml-papers."),
        ({"posters": ADMINS}, "You cannot post in #ml-papers"),
        ({"posters": {"type": ["ra"]}}, UNTOLD),
        ({"general": True}, UNTOLD),
        ({"members": {"UT1BOT"}}, "You cannot post in #ml-papers"),
        ({"private": True}, "It is posted in #ml-papers."),
    ],
    ids=["open", "named", "administrators", "a kind", "general", "not there", "private"],
)
async def test_with_the_pack_slack_tells_who_may_post(
    slack: SlackServer,
    scene: Scene,
    clock: StillClock,
    tmp_path: Path,
    digest: Message,
    channel: dict[str, Any],
    answer: str,
) -> None:
    for name, value in channel.items():
        setattr(scene.channel, name, value)
    async with bot_with(slack, scene, clock, tmp_path, packs=["channels"]):
        found = await searched(slack, digest, scene.maya)
        assert answer in await told(await slack.press(found, SHARE, user=scene.maya))


async def test_a_digest_is_changed_from_elsewhere_by_who_is_in_its_channel(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with bot_with(slack, scene, clock, tmp_path, packs=["channels", "people"]) as bot:
        asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
        await asked.message()
        home = await (await slack.open_home(scene.maya)).view("home")
        form = await (await slack.press(home, "Change #ml-papers", user=scene.maya)).view()
        scene.channel.members.discard(scene.maya.id)
        sent = await slack.submit(form, {"max": "9"}, user=scene.maya)
        assert "Only who may manage #ml-papers can do that." in text_of(await sent.view())
        (kept,) = await bot.store.destinations.list()
        assert kept.maximum == 5
        scene.channel.members.add(scene.maya.id)
        form = await (await slack.press(home, "Change #ml-papers", user=scene.maya)).view()
        sent = await slack.submit(form, {"max": "9"}, user=scene.maya)
        assert "max from 5 to 9" in text_of(await sent.view())


async def test_a_channel_that_slack_no_longer_shows_can_still_be_given_up(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    scene.channel.private = True
    async with bot_with(slack, scene, clock, tmp_path, packs=["channels", "people"]):
        asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
        await asked.message()
        home = await (await slack.open_home(scene.maya)).view("home")
        form = await (await slack.press(home, "Change this channel", user=scene.maya)).view()
        scene.channel.members.discard(scene.token.bot_user)
        sent = await slack.submit(form, {"max": "9"}, user=scene.maya)
        assert "max from 5 to 9" in text_of(await sent.view())
