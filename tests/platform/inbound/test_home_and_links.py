"""The App Home, the shortcuts, what is shared from a form's answer, links, and files."""

from pathlib import Path

import pytest

from bot.commands.services import SHARE_EVERY
from tests.clocks import StillClock
from tests.platform.slack_bot import SlackBot, slack_bot, text_of
from tests.plots import PICTURE
from tests.servers.slack import BASE, Scene, SlackServer

LINKS = ("https://arxiv.org/abs/2511.00001", "https://huggingface.co/papers/2511.00002")
UNKNOWN = "https://arxiv.org/abs/2511.09999"


async def test_the_home_has_all_that_is_somebodys_and_changes_with_it(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    maya = scene.maya
    async with slack_bot(slack, scene, clock, tmp_path, slack_managers=[maya.id]) as bot:
        for text in ("save 2511.00003", "subscribe attention", "channel add at=9:00"):
            await (await slack.command("/papers", text, user=maya, channel=scene.channel)).message()
        home = await (await slack.open_home(maya)).view("home")
        said = text_of(home)
        for part in (
            "Trending papers · Thu 20 Nov",
            "You have 1 subscription",
            "Your list: 1 paper",
            "Channels that you manage",
            "#ml-papers (active)",
        ):
            assert part in said
        ended = await slack.press(home, "End subscription 1", user=maya)
        assert "has ended" in text_of(await ended.view())
        home = await ended.view("home")
        assert "You have no subscriptions" in text_of(home)
        change = await (await slack.press(home, "Change #ml-papers", user=maya)).view()
        await bot.slack.finish()
        sent = await slack.submit(change, {"max": "9"}, user=maya)
        assert "max from 5 to 9" in text_of(await sent.view())
        assert "at most 9" in text_of(await sent.view("home"))
        subscribe = await (await slack.press(home, "Subscribe to a search", user=maya)).view()
        await bot.slack.finish()  # the page that the press before made anew is no answer to what follows
        kept = await slack.submit(subscribe, {"query": "rain"}, user=maya)
        assert "You are subscribed to “rain”" in text_of(await kept.view())
        assert "1. rain" in text_of(await kept.view("home"))


async def test_the_home_has_the_channels_that_others_set_up_and_somebody_changed(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    maya, bo = scene.maya, slack.world.add_user(scene.team, "U2", "bo")
    scene.channel.members.add(bo.id)
    async with slack_bot(slack, scene, clock, tmp_path, slack_managers=[maya.id, bo.id]):
        home = await (await slack.open_home(bo)).view("home")
        for who, text in ((maya, "channel add at=9:00"), (bo, "channel pause")):
            await (await slack.command("/papers", text, user=who, channel=scene.channel)).message()
        assert "Channels that you manage" not in text_of(home)
        home = await (await slack.open_home(bo)).view("home")
        assert "Channels that you manage #ml-papers (paused by bo" in text_of(home)
        resumed = await slack.press(home, "Resume #ml-papers", user=bo)
        assert "#ml-papers goes on" in text_of(await resumed.view())
        assert "#ml-papers (active)" in text_of(await resumed.view("home"))
        asked = await slack.command("/papers", "channel remove", user=maya, channel=scene.channel)
        await (await slack.press(await asked.message(), "End this digest", user=maya)).message("replaced")
        home = await (await slack.open_home(bo)).view("home")
        assert "Channels that you manage" not in text_of(home)


async def test_every_subscription_can_be_ended_from_the_home(on_socket: SlackBot) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    for number in range(7):
        text = f"subscribe zebra{number}"
        await (await slack.command("/papers", text, user=maya, channel=channel)).message()
    home = await (await slack.open_home(maya)).view("home")
    ended = await slack.press(home, "End subscription 7", user=maya)
    assert "has ended" in text_of(await ended.view())
    assert "You have 6 subscriptions" in text_of(await ended.view("home"))


async def test_what_is_pressed_upon_the_home_opens_upon_each_other(on_socket: SlackBot) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    home = await (await slack.open_home(maya)).view("home")
    why = await (await slack.press(home, "why:arxiv:2511.00001", user=maya)).view()
    like = await (await slack.press(why, "More like it", user=maya)).view()
    saved = await (await slack.press(like, "save:arxiv:2511.00004", user=maya)).view()
    assert [one.id for one in slack.world.modals[maya.id]] == [why.id, like.id, saved.id]
    listed = await (await slack.press(saved, "Show my list", user=maya)).view()  # no room for a fourth
    assert listed.id == saved.id
    assert "Your list: 1 paper" in text_of(listed)


async def test_what_comes_too_late_for_slack_is_announced_in_time(on_socket: SlackBot) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    home = await (await slack.open_home(maya)).view("home")
    slack.world.late_triggers = True
    pressed = await slack.press(home, "save:arxiv:2511.00001", user=maya)
    refreshed = await pressed.view("home")  # no modal can open any more; the home shows what was done
    assert "Your list: 1 paper" in text_of(refreshed)


async def test_a_search_of_the_form_is_shared_where_it_was_opened(
    on_socket: SlackBot, clock: StillClock
) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    today = await (await slack.command("/papers", "", user=maya, channel=channel)).message()
    form = await (await slack.press(today, "Search papers", user=maya)).view()
    found = await (await slack.submit(form, {"query": "attention"}, user=maya)).view()
    shared = await slack.press(found, "Share with all here", user=maya)
    assert "It is posted in #ml-papers." in text_of(await shared.view())
    (public,) = channel.messages
    assert "Attention in Small Places" in text_of(public)
    channel.members.discard(on_socket.scene.token.bot_user)
    clock.set(clock.now() + SHARE_EVERY)
    again = await slack.press(found, "Share with all here", user=maya)
    assert "/invite @paperboy" in text_of(await again.view())


async def test_a_search_from_anywhere_offers_no_place_to_share_in(on_socket: SlackBot) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    form = await (await slack.shortcut("search_papers", user=maya)).view()
    found = await (await slack.submit(form, {"query": "attention"}, user=maya)).view()
    assert "Attention in Small Places" in text_of(found)
    assert "Share" not in text_of(found)


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ("lunch?", "That message names no paper."),
        (f"read {LINKS[0]}!", "Near in meaning to “Attention in Small Places”"),
        (f"<{LINKS[0]}|this>, <{LINKS[1]}>", "Near in meaning to these 2 papers"),
        (f"{LINKS[1]} and {UNKNOWN}", "Near in meaning to “Low-Rank Adapters for Maps”"),
        (UNKNOWN, "2511.09999 is not stored here"),
    ],
)
async def test_papers_like_a_message(on_socket: SlackBot, said: str, answers: str) -> None:
    slack, maya = on_socket.server, on_socket.scene.maya
    message = slack.world.say(on_socket.scene.channel, maya, said)
    found = await slack.message_shortcut("papers_like_this", message, user=maya)
    answer = await found.message()
    assert answer.only_for == maya.id
    assert answers in text_of(answer)


async def test_papers_like_those_of_a_digest_whose_links_stand_in_its_blocks(on_socket: SlackBot) -> None:
    slack, maya, channel = on_socket.server, on_socket.scene.maya, on_socket.scene.channel
    answer = await (await slack.command("/papers", "search maps", user=maya, channel=channel)).message()
    shared = await (await slack.press(answer, "Share with all here", user=maya)).message("public")
    found = await slack.message_shortcut("papers_like_this", shared, user=maya)
    assert "Near in meaning to" in text_of(await found.message())


async def test_links_to_papers_unfold_and_what_nobody_knows_is_asked_for_once(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    token = slack.world.install(scene.team, (*BASE, "links:read", "links:write"))
    async with slack_bot(
        slack, scene, clock, tmp_path, slack_bot_token=token.value, slack_packs="links"
    ) as bot:
        for _ in range(2):
            text = f"{LINKS[0]} {LINKS[1]} {UNKNOWN} https://arxiv.org/list/cs.CL/recent"
            message = slack.world.say(scene.channel, scene.maya, text)
            await slack.share_links(message, text.split())
            await bot.slack.finish()
            ts, cards = slack.world.unfurled[-1]
            assert ts == message.ts
            assert set(cards) == set(LINKS)
            assert "Attention in Small Places" in str(cards[LINKS[0]])
        assert bot.fetched == ["2511.09999"]
        alone = slack.world.say(scene.channel, scene.maya, UNKNOWN)
        await slack.share_links(alone, [UNKNOWN])
        await bot.slack.finish()
        assert len(slack.world.unfurled) == 2


@pytest.mark.parametrize("scopes", [("files:write",), ()], ids=["as a file", "as text"])
@pytest.mark.parametrize(
    ("text", "name", "holds"),
    [("export", "papers.bib", "Attention in Small Places"), ("my-data", "my-data.json", '"slack"')],
)
async def test_what_is_exported_comes_by_direct_message(
    slack: SlackServer,
    scene: Scene,
    clock: StillClock,
    tmp_path: Path,
    scopes: tuple[str, ...],
    text: str,
    name: str,
    holds: str,
) -> None:
    token = slack.world.install(scene.team, (*BASE, *scopes))
    async with slack_bot(slack, scene, clock, tmp_path, slack_bot_token=token.value):
        for typed in ("save 2511.00001", text):
            asked = await slack.command("/papers", typed, user=scene.maya, channel=scene.channel)
            answer = await asked.message()
        assert "It is in your direct messages with me." in text_of(answer)
        direct = slack.world.direct(scene.maya, token.bot_user)
        if scopes:
            (file,) = slack.world.files.values()
            assert (file.name, file.shared_in) == (name, [direct.id])
            assert holds in (file.content or b"").decode()
        else:
            assert holds in "".join(text_of(one) for one in direct.messages)
            assert name in direct.messages[0].text


async def test_the_plot_comes_behind_why_with_its_alternative(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    token = slack.world.install(scene.team, (*BASE, "files:write"))
    async with slack_bot(slack, scene, clock, tmp_path, slack_bot_token=token.value) as bot:
        asked = await slack.command("/papers", "why 2511.00001", user=scene.maya, channel=scene.channel)
        answer = await asked.message()
        await bot.slack.finish()
        assert "place 1 of 7" in text_of(answer)
        assert "Its plot is in your direct messages with me." in text_of(await asked.message(nth=1))
        (file,) = slack.world.files.values()
        direct = slack.world.direct(scene.maya, token.bot_user)
        assert (file.name, file.shared_in) == ("arxiv-2511.00001.png", [direct.id])
        assert file.content == PICTURE
        assert file.alternative == "“Attention in Small Places”. Upvotes rose from 18 to 90 in 4 h."


async def test_what_is_asked_in_the_home_tells_of_its_plot_where_it_answers(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    token = slack.world.install(scene.team, (*BASE, "files:write"))
    async with slack_bot(slack, scene, clock, tmp_path, slack_bot_token=token.value) as bot:
        home = await (await slack.open_home(scene.maya)).view("home")
        asked = await slack.press(home, "Why paper 1 trends", user=scene.maya)
        assert "place 1 of 7" in text_of(await asked.view())
        whole = text_of(await asked.view(nth=1))
        assert "place 1 of 7" in whole
        assert "Its plot is in your direct messages with me." in whole
        await bot.slack.finish()
        (file,) = slack.world.files.values()
        assert file.content == PICTURE


async def test_without_the_pack_nothing_is_drawn(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with slack_bot(slack, scene, clock, tmp_path) as bot:
        asked = await slack.command("/papers", "why 2511.00001", user=scene.maya, channel=scene.channel)
        assert "place 1 of 7" in text_of(await asked.message())
        await bot.slack.finish()
        assert bot.painter.drawn == []
        assert slack.world.files == {}


async def test_a_plot_that_cannot_be_sent_is_told(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    token = slack.world.install(scene.team, (*BASE, "files:write"))
    async with slack_bot(slack, scene, clock, tmp_path, slack_bot_token=token.value) as bot:
        scene.maya.deleted = True  # so that no direct message opens
        asked = await slack.command("/papers", "why 2511.00001", user=scene.maya, channel=scene.channel)
        await asked.message()
        await bot.slack.finish()
        assert "The plot could not be sent to you." in text_of(await asked.message(nth=1))


async def test_a_file_that_cannot_be_sent_is_told(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with slack_bot(slack, scene, clock, tmp_path):
        await (
            await slack.command("/papers", "save 2511.00001", user=scene.maya, channel=scene.channel)
        ).message()
        scene.maya.deleted = True  # so that no direct message opens
        asked = await slack.command("/papers", "export", user=scene.maya, channel=scene.channel)
        assert "The file could not be sent to you." in text_of(await asked.message())
