"""A channel's digest, set up in Slack: proved, previewed, asked about twice where everybody reads along."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.deliverer import SlackDeliverer
from adapters.slack.forms import PREVIEW
from bot.model import Layout
from bot.ports import Parcel
from bot.view.doc import Doc, PaperCard, Span, to_json
from tests.clocks import FakeClock, StillClock
from tests.contract.rows import NOW, queue
from tests.platform.slack_bot import SlackBot, Transport, slack_bot, text_of
from tests.servers.slack import BASE, Scene, SlackServer
from tests.servers.slack.controls import controls
from tests.servers.slack.faults import LoseReply
from tests.servers.slack.state import View

BERLIN = {"text": {"type": "plain_text", "text": "Europe/Berlin", "emoji": False}, "value": "Europe/Berlin"}


@pytest.fixture
async def managed(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path, transport: Transport
) -> AsyncIterator[SlackBot]:
    """The bot, where maya may manage channels."""
    async with slack_bot(slack, scene, clock, tmp_path, transport, slack_managers=[scene.maya.id]) as made:
        yield made


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        ({"members": {"U1"}}, "Type `/invite @paperboy` here, then do this again."),
        ({"private": True, "members": {"U1"}}, "Type `/invite @paperboy` here, then do this again."),
        ({"archived": True}, "This channel is archived. Unarchive it, then do this again."),
        ({"read_only": True}, "Ask an administrator to allow apps to post here, then do this again."),
    ],
    ids=["not invited", "private", "archived", "read-only"],
)
async def test_it_is_proved_that_posting_works_before_it_says_yes(
    managed: SlackBot, slack: SlackServer, scene: Scene, traits: dict[str, object], says: str
) -> None:
    for name, value in traits.items():
        setattr(scene.channel, name, value)
    for text in ("channel add", "channel add at=9:00"):
        asked = await slack.command("/papers", text, user=scene.maya, channel=scene.channel)
        assert says in text_of(await asked.message())
        assert asked.seen("view") == []
    assert await managed.store.destinations.list() == []
    assert slack.world.scheduled == {}
    assert scene.channel.messages == []


async def test_with_its_pack_it_joins_public_channels(
    slack: SlackServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    token = slack.world.install(scene.team, (*BASE, "channels:join"))
    hall = slack.world.add_channel(scene.team, "C2", "hall", bot=False, members=[scene.maya])
    den = slack.world.add_channel(scene.team, "C3", "den", bot=False, private=True, members=[scene.maya])
    async with slack_bot(
        slack,
        scene,
        clock,
        tmp_path,
        slack_bot_token=token.value,
        slack_packs="join",
        slack_managers=[scene.maya.id],
    ):
        asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=hall)
        assert "Set up for #hall" in text_of(await asked.message())
        assert token.bot_user in hall.members
        asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=den)
        assert "Type `/invite @paperboy` here" in text_of(await asked.message())


async def test_a_rehearsal_whose_calling_off_gets_no_answer_is_called_off_all_the_same(
    managed: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    slack.script.add("chat.deleteScheduledMessage", LoseReply())
    asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
    assert "Set up for #ml-papers" in text_of(await asked.message())
    assert slack.world.scheduled == {}


@pytest.mark.parametrize("transport", ["socket"], indirect=True)  # the clock is set
async def test_a_rehearsal_that_broke_off_is_called_off_by_the_running_bot(
    managed: SlackBot, slack: SlackServer, scene: Scene, clock: StillClock
) -> None:
    slack.script.add("chat.scheduleMessage", LoseReply())
    asked = await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
    assert "Slack cannot be reached just now." in text_of(await asked.message())
    assert await managed.store.destinations.list() == []
    assert len(slack.world.scheduled) == 1
    clock.set(clock.now() + timedelta(minutes=10))
    await slack.until(lambda: not slack.world.scheduled)


@pytest.mark.parametrize("name", ["general", "announcements", "all-acme"])
async def test_where_everybody_reads_along_it_asks_twice(
    managed: SlackBot, slack: SlackServer, scene: Scene, name: str
) -> None:
    channel = slack.world.add_channel(scene.team, "C2", name, members=[scene.maya])
    asked = await slack.command("/papers", "channel add at=9:00 max=3", user=scene.maya, channel=channel)
    question = await asked.message()
    assert f"Everybody reads along in #{name}" in text_of(question)
    assert await managed.store.destinations.list() == []
    sure = await slack.press(question, "Post it here all the same", user=scene.maya)
    assert f"Set up for #{name}" in text_of(await sure.message())
    (made,) = await managed.store.destinations.list()
    assert made.maximum == 3


async def test_the_form_asks_twice_too(managed: SlackBot, slack: SlackServer, scene: Scene) -> None:
    channel = slack.world.add_channel(scene.team, "C2", "general", members=[scene.maya])
    form = await (await slack.command("/papers", "channel add", user=scene.maya, channel=channel)).view()
    sent = await slack.submit(form, {"max": "3", "zone": BERLIN}, user=scene.maya)
    question = await sent.view()
    assert "Everybody reads along in #general" in text_of(question)
    sure = await slack.press(question, "Post it here all the same", user=scene.maya)
    assert "Set up for #general" in text_of(await sure.view())
    (made,) = await managed.store.destinations.list()
    assert (made.maximum, made.schedule.zone) == (3, "Europe/Berlin")
    assert made.route.address == "T1/C2"


@pytest.mark.parametrize("transport", ["socket"], indirect=True)  # by the clock of the day of the papers
async def test_the_filter_is_previewed_and_what_was_typed_stays(
    managed: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    form = await (
        await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
    ).view()
    assert "Press Enter to see" in text_of(form)
    intro = text_of(form).split(".")[0]
    looked = await slack.press(
        form, PREVIEW, user=scene.maya, value="cat:cs.RO", filled={"max": "7", "zone": BERLIN, "at": "12:30"}
    )
    shown = await looked.view()
    assert "Thu 20 Nov: 3 papers, such as “Low-Rank Adapters for Maps”" in text_of(shown)
    assert text_of(shown).startswith(intro)  # what stands above stays too
    typed = inputs(shown)
    assert typed["filter"]["initial_value"] == "cat:cs.RO"
    assert typed["max"]["initial_value"] == "7"
    assert typed["at"]["initial_time"] == "12:30"
    assert typed["zone"]["initial_option"] == BERLIN
    wrong = await slack.press(shown, PREVIEW, user=scene.maya, value="after:tuesdayish")
    assert "after:" in text_of(await wrong.view())
    sent = await slack.submit(shown, {"filter": "cat:cs.RO"}, user=scene.maya)
    assert "Set up for #ml-papers: weekdays at 12:30 (Europe/Berlin)" in text_of(await sent.view())


def inputs(view: View) -> dict[str, dict[str, object]]:
    return {str(one.block["block_id"]): one.element for one in controls(view.blocks)}


async def test_every_mistake_stands_at_its_input(managed: SlackBot, slack: SlackServer, scene: Scene) -> None:
    form = await (
        await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
    ).view()
    sent = await slack.submit(form, {"filter": "after:tuesdayish", "max": "99"}, user=scene.maya)
    assert sent.said["response_action"] == "errors"
    assert set(sent.said["errors"]) == {"filter", "max"}


async def test_what_follows_a_form_acts_where_the_form_was_opened(
    managed: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    form = await (
        await slack.command("/papers", "channel add", user=scene.maya, channel=scene.channel)
    ).view()
    done = await (await slack.submit(form, {}, user=scene.maya)).view()
    assert "Next digest: " in text_of(done)
    preview = await slack.press(done, "Show what it would be", user=scene.maya)
    shown = await preview.view()
    assert shown.previous == done.id
    await slack.close(shown, user=scene.maya)
    first = await slack.press(done, "Post the first one now", user=scene.maya)
    told = await first.view()
    assert "It is on its way to #ml-papers" in text_of(told)
    await slack.close(told, user=scene.maya)
    assert [one.label for one in managed.world.served] == ["#ml-papers"]
    change = await (await slack.press(done, "Change it", user=scene.maya)).view()
    changed = await slack.submit(change, {"max": "9"}, user=scene.maya)
    assert "max from 5 to 9" in text_of(await changed.view())


async def test_a_direct_message_has_no_channel_to_manage(
    managed: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    direct = slack.world.direct(scene.maya, scene.token.bot_user)
    asked = await slack.command("/papers", "channel add", user=scene.maya, channel=direct)
    assert "That is for a channel." in text_of(await asked.message())


@pytest.mark.parametrize("transport", ["socket"], indirect=True)  # by the clock of the day of the papers
async def test_a_posted_digest_is_deleted_with_its_thread(
    managed: SlackBot, slack: SlackServer, scene: Scene
) -> None:
    await (
        await slack.command("/papers", "channel add at=9:00", user=scene.maya, channel=scene.channel)
    ).message()
    (one,) = await managed.store.destinations.list()
    titles = [Span(f"Paper {number}") for number in (1, 2, 3)]
    cards = tuple(
        PaperCard(number, f"arxiv:2511.{number:05}", title) for number, title in enumerate(titles, 1)
    )
    doc = to_json(Doc(cards, "Trending"))
    planned = await queue(managed.store, one, [1], doc=doc)
    (claimed,) = await managed.store.outbox.claim("w", ["slack"], NOW, timedelta(minutes=1), 1)
    await managed.store.outbox.sending(claimed.id, claimed.fence, NOW, timedelta(minutes=1))
    parcel = Parcel(planned.id, planned.key, one.route.address, doc, NOW, 1, Layout.THREAD)
    deliverer = SlackDeliverer(managed.slack.tokens, FakeClock(NOW), api_url=slack.api_url, recheck=False)
    receipt = await deliverer.send(parcel)
    await deliverer.aclose()
    await managed.store.outbox.sent(claimed.id, claimed.fence, NOW, receipt)
    chatter = slack.world.say(scene.channel, scene.maya, "Nice!")
    assert len(scene.channel.messages) == 5

    shown = await slack.command("/papers", "channel show", user=scene.maya, channel=scene.channel)
    label = "Delete the digest of Thu 20 Nov"
    deleted = await slack.press(await shown.message(), label, user=scene.maya)
    assert "The digest is deleted." in text_of(await deleted.message())
    assert scene.channel.messages == [chatter]
    again = await slack.press(await shown.message(), label, user=scene.maya)  # what is gone is no error
    assert "The digest is deleted." in text_of(await again.message())
