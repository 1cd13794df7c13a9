"""The Discord deliverer against the loopback Discord: what goes out, and what becomes of all of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.discord import custom_ids
from adapters.discord.answers import UNKNOWN_BOT_WAIT
from adapters.discord.deliverer import KEY_WINDOW
from bot.errors import DoubtfulError, NotAcceptedError, RefusedError
from bot.model import Layout, Posting
from bot.ports import Ability, Parcel
from bot.view.doc import Block, Button, Doc, Heading, Note, PaperCard, Section, Span, to_json
from tests.contract.bench import NOW
from tests.contract.discord_bench import DiscordBench, discord_bench
from tests.discord_reading import every, glyphs_of
from tests.servers.discord.faults import (
    Fails,
    Fault,
    Garble,
    LoseReply,
    LoseRequest,
    RateLimited,
    Status,
)
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rate_limits import Limit
from tests.servers.discord.state import Channel, Message

PATIENT = timedelta(seconds=60)
KEY = "digest-abc-2025-11-20"
POST, THREADS = "/channels/{channel_id}/messages", "/channels/{channel_id}/threads"
CROSSPOST = "/channels/{channel_id}/messages/{message_id}/crosspost"
DOUBTS = [LoseReply(), LoseRequest(), Status(500), Status(502, accepts=True), Garble()]
COMPONENTS, NO_PREVIEWS = 1 << 15, 1 << 2


@pytest.fixture
async def discord() -> AsyncIterator[DiscordBench]:
    async with discord_bench(PATIENT) as bench:
        yield bench
        assert bench.server.script.pending == 0


@pytest.fixture
async def forum() -> AsyncIterator[DiscordBench]:
    async with discord_bench(PATIENT, forum=True) as bench:
        yield bench
        assert bench.server.script.pending == 0


def digest(papers: int = 3) -> Doc:
    cards = tuple(
        PaperCard(
            number=number,
            paper_key=f"arxiv:2508.{number:05}",
            title=Span(f"Paper {number} says", f"https://arxiv.org/abs/2508.{number:05}"),
            summary=(Span(f"A sentence on paper {number}, " + "word " * 20),),
            summary_from="abstract",
            facts=(Span("41 upvotes in 6 h"),),
            menu=(Button(f"Save {number}", f"save:arxiv:2508.{number:05}"),),
        )
        for number in range(1, papers + 1)
    )
    blocks: tuple[Block, ...] = (Heading((Span("Trending papers"),)), *cards, Note((Span("Small print."),)))
    return Doc(blocks, "Trending")


def parcel(
    bench: DiscordBench, papers: int = 3, layout: Layout = Layout.COMPACT, place: Channel | None = None
) -> Parcel:
    """For the bench's channel, or for another place."""
    address = bench.address
    if place is not None:
        address = f"{place.guild.id if place.guild is not None else '@me'}/{place.id}"
    return Parcel("d1", KEY, address, to_json(digest(papers)), NOW, 1, layout, bench.posting)


def there(channel: Channel) -> list[Message]:
    return list(channel.messages.values())


def text_of(*messages: Message) -> str:
    return "".join(glyph.character for message in messages for glyph in glyphs_of(message.components))


def parts(*messages: Message) -> list[int]:
    """Which parts of the delivery they are."""
    marks = {custom_ids.mark(KEY, number): number for number in range(50)}
    carried = [
        {custom_ids.mark_of(one.get("custom_id", "")) for one in every(message.components)}
        for message in messages
    ]
    return [marks[mark] for some in carried for mark in some if mark is not None]


# --- one message ---------------------------------------------------------------------------------


async def test_a_message_carries_its_mark_and_calls_nobody(discord: DiscordBench) -> None:
    receipt = await discord.deliverer.send(parcel(discord))
    (call,) = discord.server.called("POST", POST)
    (message,) = there(discord.channel)
    assert receipt == f"{discord.channel.id}/{message.id}"
    assert (call.body["nonce"], call.body["enforce_nonce"]) == (custom_ids.mark(KEY), True)
    assert call.body["flags"] == COMPONENTS | NO_PREVIEWS
    assert call.body["allowed_mentions"] == {"parse": []}
    assert parts(message) == [0]
    assert all(f"Paper{number}says" in text_of(message) for number in (1, 2, 3))


async def test_a_role_is_mentioned_and_nobody_else(discord: DiscordBench) -> None:
    role = discord.guild.role("readers", mentionable=True)
    posting = Posting(mention=role.id)
    await discord.deliverer.send(replace(parcel(discord, 30), posting=posting))
    first, *others = there(discord.channel)
    assert others
    assert first.mention_roles == [role.id]
    assert not any(one.mention_roles or one.mention_everyone or one.mentions for one in others)
    first_call, *other_calls = discord.server.called("POST", POST)
    assert first_call.body["allowed_mentions"] == {"parse": [], "roles": [int(role.id)]}
    assert all(one.body["allowed_mentions"] == {"parse": []} for one in other_calls)


async def test_embeds_come_with_their_buttons(discord: DiscordBench) -> None:
    await discord.deliverer.send(parcel(discord, 3, Layout.EMBEDS))
    (message,) = there(discord.channel)
    titles = [one["title"] for one in message.embeds if "title" in one]
    assert titles == [f"{number}\\. Paper {number} says" for number in (1, 2, 3)]
    assert parts(message) == [0]


async def test_what_a_message_has_no_room_for_follows_below(discord: DiscordBench) -> None:
    receipt = await discord.deliverer.send(parcel(discord, 40))
    messages = there(discord.channel)
    assert len(messages) > 1
    assert parts(*messages) == list(range(len(messages)))
    assert receipt == " ".join(f"{discord.channel.id}/{one.id}" for one in messages)
    assert all(f"Paper{number}says" in text_of(*messages) for number in range(1, 41))


@pytest.mark.parametrize(
    "fault", [LoseReply(), LoseRequest(), Status(500), Status(502, accepts=True), Garble()]
)
async def test_a_request_goes_out_once_whatever_becomes_of_it(discord: DiscordBench, fault: Fault) -> None:
    discord.spoil(fault)
    with pytest.raises(DoubtfulError):
        await discord.deliverer.send(parcel(discord))
    assert len(discord.server.called("POST", POST)) == 1
    await discord.deliverer.send(parcel(discord))
    assert len(there(discord.channel)) == 1


async def test_a_long_message_that_broke_off_is_completed_under_its_keys(discord: DiscordBench) -> None:
    discord.spoil(None, LoseReply())
    with pytest.raises(DoubtfulError):
        await discord.deliverer.send(parcel(discord, 40))
    await discord.deliverer.send(parcel(discord, 40))
    messages = there(discord.channel)
    assert parts(*messages) == list(range(len(messages)))


async def test_a_long_message_that_broke_off_is_completed_by_looking(discord: DiscordBench) -> None:
    discord.spoil(None, LoseRequest())
    with pytest.raises(DoubtfulError):
        await discord.deliverer.send(parcel(discord, 40))
    discord.pass_time(2 * discord.server.world.nonce_window)
    receipt = await discord.deliverer.find(parcel(discord, 40))
    messages = there(discord.channel)
    assert parts(*messages) == list(range(len(messages)))
    assert receipt == " ".join(f"{discord.channel.id}/{one.id}" for one in messages)


async def test_patience_in_the_middle_is_had(discord: DiscordBench) -> None:
    discord.spoil(None, RateLimited(7))
    await discord.deliverer.send(parcel(discord, 40))
    assert timedelta(seconds=7) in discord.clock.slept
    messages = there(discord.channel)
    assert parts(*messages) == list(range(len(messages)))


async def test_what_is_refused_in_the_middle_is_left_out(discord: DiscordBench) -> None:
    discord.server.expect(50013)
    discord.spoil(None, Fails(403, 50013))
    receipt = await discord.deliverer.send(parcel(discord, 40))
    (message,) = there(discord.channel)
    assert receipt == f"{discord.channel.id}/{message.id}"


async def test_a_message_with_nothing_to_press_is_found_too(discord: DiscordBench) -> None:
    quiet = Doc((Heading((Span("Trending"),)), Section((Span("No new papers today."),))), "Nothing")
    sent = replace(parcel(discord), doc=to_json(quiet))
    receipt = await discord.deliverer.send(sent)
    assert await discord.deliverer.find(sent) == receipt
    assert await discord.deliverer.find(replace(sent, key="digest-other")) is None


async def test_a_message_is_found_behind_many_others(discord: DiscordBench) -> None:
    maya = discord.guild.member("maya").user
    for number in range(150):
        discord.server.world.say(discord.channel, maya, f"talk {number}")
    receipt = await discord.deliverer.send(parcel(discord))
    discord.server.world.say(discord.channel, maya, "more talk")
    assert await discord.deliverer.find(parcel(discord)) == receipt
    assert len(discord.server.called("GET", POST)) == 2


async def test_what_others_wrote_with_our_mark_is_not_ours(discord: DiscordBench) -> None:
    maya = discord.guild.member("maya").user
    custom_id = custom_ids.button_id("search:", mark=custom_ids.mark(KEY))
    forged = [{"type": 1, "components": [{"type": 2, "style": 2, "label": "x", "custom_id": custom_id}]}]
    discord.server.world.application.reads_content = True
    discord.server.world.say(discord.channel, maya, "forged", components=forged)
    assert await discord.deliverer.find(parcel(discord)) is None


async def test_the_window_of_a_key_is_shorter_than_discords(discord: DiscordBench) -> None:
    can = discord.deliverer.abilities(parcel(discord))
    assert (can.ability, can.reads_back) == (Ability.KEY, True)
    assert can.key_window == KEY_WINDOW < discord.server.world.nonce_window


# --- threads -------------------------------------------------------------------------------------


async def test_the_layout_of_a_thread_has_a_message_a_paper(discord: DiscordBench) -> None:
    receipt = await discord.deliverer.send(parcel(discord, 3, Layout.THREAD))
    (head,) = there(discord.channel)
    assert receipt == f"{discord.channel.id}/{head.id}"
    assert head.thread is not None
    assert head.thread.name == "Trending papers"
    assert parts(*there(head.thread)) == [1, 2, 3]
    assert "Asentenceonpaper2" in text_of(*there(head.thread))
    assert "Asentence" not in text_of(head)


@pytest.mark.parametrize("fault", DOUBTS)
async def test_a_thread_that_broke_off_is_completed_by_looking(discord: DiscordBench, fault: Fault) -> None:
    discord.spoil(None, None, fault)
    sent = parcel(discord, 4, Layout.THREAD)
    with pytest.raises(DoubtfulError):
        await discord.deliverer.send(sent)
    discord.pass_time(2 * discord.server.world.nonce_window)
    await discord.deliverer.find(sent)
    (head,) = there(discord.channel)
    assert head.thread is not None
    assert parts(*there(head.thread)) == [1, 2, 3, 4]


async def test_a_head_without_its_thread_is_completed(discord: DiscordBench) -> None:
    discord.spoil(LoseReply())
    sent = parcel(discord, 2, Layout.THREAD)
    with pytest.raises(DoubtfulError):
        await discord.deliverer.send(sent)
    discord.server.expect(10003, 404)
    await discord.deliverer.find(sent)
    (head,) = there(discord.channel)
    assert head.thread is not None
    assert parts(*there(head.thread)) == [1, 2]


async def test_a_place_without_threads_takes_the_papers_itself(discord: DiscordBench) -> None:
    thread = discord.guild.thread(discord.channel)
    discord.server.expect(50024)
    await discord.deliverer.send(parcel(discord, 2, Layout.THREAD, thread))
    assert parts(*there(thread)) == [0, 1, 2]


async def test_without_the_permission_to_open_threads_the_list_stays_alone(discord: DiscordBench) -> None:
    for role in discord.guild.roles.values():
        discord.guild.allow(role, role.permissions & ~Permission.CREATE_PUBLIC_THREADS)
    await discord.deliverer.send(parcel(discord, 2, Layout.THREAD))
    (head,) = there(discord.channel)
    assert parts(head) == [0]


# --- direct messages -----------------------------------------------------------------------------


async def test_direct_messages_arrive_and_are_found(discord: DiscordBench) -> None:
    direct = discord.server.world.direct(discord.guild.member("maya").user)
    sent = parcel(discord, 2, Layout.THREAD, direct)
    receipt = await discord.deliverer.send(sent)
    assert parts(*there(direct)) == [0, 1, 2]
    assert await discord.deliverer.find(sent) == receipt
    assert await discord.deliverer.find(replace(sent, key="digest-other")) is None


async def test_closed_direct_messages_pause_and_say_what_to_do(discord: DiscordBench) -> None:
    maya = discord.guild.member("maya")
    direct = discord.server.world.direct(maya.user)
    maya.user.closed = True
    discord.server.expect(50007, 50278)
    with pytest.raises(RefusedError, match="no direct messages") as caught:
        await discord.deliverer.send(parcel(discord, place=direct))
    assert caught.value.pause
    discord.guild.leave(maya)
    with pytest.raises(RefusedError, match="no server is shared") as caught:
        await discord.deliverer.send(parcel(discord, place=direct))
    assert caught.value.pause


# --- forums --------------------------------------------------------------------------------------


async def test_a_digest_is_a_post_of_a_forum(forum: DiscordBench) -> None:
    receipt = await forum.deliverer.send(parcel(forum, 40))
    (post,) = forum.channel.threads
    assert post.name == "Trending papers"
    assert parts(*there(post)) == list(range(len(there(post))))
    assert len(there(post)) > 1
    assert receipt == f"{post.id}/{post.id}"


async def test_a_paper_is_a_post_of_a_forum_in_the_layout_of_a_thread(forum: DiscordBench) -> None:
    role = forum.guild.role("readers", mentionable=True)
    sent = replace(parcel(forum, 3, Layout.THREAD), posting=Posting(forum=True, mention=role.id))
    receipt = await forum.deliverer.send(sent)
    posts = sorted(forum.channel.threads, key=lambda one: int(one.id))
    assert [one.name for one in posts] == [f"Paper {number} says" for number in (1, 2, 3)]
    assert receipt == " ".join(f"{one.id}/{one.id}" for one in posts)
    assert [there(one)[0].mention_roles for one in posts] == [[role.id], [], []]


async def test_a_post_gets_the_tag_that_was_chosen(forum: DiscordBench) -> None:
    tagged = forum.guild.forum("tagged", ["digest", "other"], require_tag=True)
    tag = next(one for one in tagged.tags if one.name == "digest")
    sent = parcel(forum, place=tagged)
    with pytest.raises(RefusedError, match="asks for a tag") as caught:
        await forum.deliverer.send(sent)
    assert caught.value.pause
    await forum.deliverer.send(replace(sent, posting=Posting(forum=True, tag=tag.id)))
    (post,) = tagged.threads
    assert post.applied_tags == [tag.id]


@pytest.mark.parametrize(
    "fault", [LoseReply(), LoseRequest(), Status(500, accepts=True), Status(502), Garble()]
)
async def test_posts_that_broke_off_are_completed(forum: DiscordBench, fault: Fault) -> None:
    forum.spoil(None, fault)
    sent = parcel(forum, 3, Layout.THREAD)
    with pytest.raises(DoubtfulError):
        await forum.deliverer.send(sent)
    await forum.deliverer.find(sent)
    assert sorted(one.name for one in forum.channel.threads) == [
        f"Paper {number} says" for number in (1, 2, 3)
    ]


async def test_a_post_that_was_closed_meanwhile_is_found(forum: DiscordBench) -> None:
    forum.spoil(LoseReply())
    with pytest.raises(DoubtfulError):
        await forum.deliverer.send(parcel(forum))
    (post,) = forum.channel.threads
    forum.guild.archive(post)
    assert await forum.deliverer.find(parcel(forum)) == f"{post.id}/{post.id}"


async def test_posts_of_others_are_not_looked_into(forum: DiscordBench) -> None:
    forum.guild.thread(forum.channel, "theirs", owner=forum.guild.member("maya").user)
    assert await forum.deliverer.find(parcel(forum)) is None
    assert forum.server.called("GET", POST) == []


# --- announcements -------------------------------------------------------------------------------


def announced(bench: DiscordBench, news: Channel) -> Parcel:
    return replace(parcel(bench, place=news), posting=Posting(publish=True))


async def test_an_announcement_is_published_once(discord: DiscordBench) -> None:
    news = discord.guild.announcement_channel()
    discord.server.expect(40033)
    first = await discord.deliverer.send(announced(discord, news))
    assert await discord.deliverer.send(announced(discord, news)) == first
    assert await discord.deliverer.find(announced(discord, news)) == first
    (message,) = there(news)
    assert message.crossposted
    assert len(discord.server.world.crossposts[news.id]) == 1


@pytest.mark.parametrize("fault", [Fails(403, 50013), RateLimited(2000), Fails(404, 10008)])
async def test_a_failure_to_publish_repeats_nothing(discord: DiscordBench, fault: Fault) -> None:
    news = discord.guild.announcement_channel()
    discord.server.script.add("POST", CROSSPOST, fault)
    await discord.deliverer.send(announced(discord, news))
    (message,) = there(news)
    assert not message.crossposted
    assert len(discord.server.called("POST", POST)) == 1


@pytest.mark.parametrize("fault", [LoseReply(), LoseRequest()])
async def test_publishing_in_doubt_is_tried_again(discord: DiscordBench, fault: Fault) -> None:
    news = discord.guild.announcement_channel()
    discord.server.expect(40033)
    discord.server.script.add("POST", CROSSPOST, fault)
    await discord.deliverer.send(announced(discord, news))
    assert len(discord.server.world.crossposts[news.id]) == 1


async def test_what_was_not_published_is_when_it_is_found(discord: DiscordBench) -> None:
    news = discord.guild.announcement_channel()
    discord.spoil(LoseReply())
    with pytest.raises(DoubtfulError):
        await discord.deliverer.send(announced(discord, news))
    await discord.deliverer.find(announced(discord, news))
    (message,) = there(news)
    assert message.crossposted


# --- refusals and patience -----------------------------------------------------------------------


async def test_a_missing_permission_is_named(discord: DiscordBench) -> None:
    for role in discord.guild.roles.values():
        discord.guild.allow(role, role.permissions & ~Permission.SEND_MESSAGES)
    with pytest.raises(RefusedError, match="Send Messages") as caught:
        await discord.deliverer.send(parcel(discord))
    assert caught.value.pause


async def test_a_deleted_channel_pauses(discord: DiscordBench) -> None:
    sent = parcel(discord)
    discord.guild.delete_channel(discord.channel)
    discord.server.expect(10003)
    with pytest.raises(RefusedError, match="knows no such channel") as caught:
        await discord.deliverer.send(sent)
    assert caught.value.pause


async def test_an_archived_thread_opens_again_unless_it_is_locked(discord: DiscordBench) -> None:
    thread = discord.guild.thread(discord.channel)
    discord.guild.archive(thread)
    await discord.deliverer.send(parcel(discord, place=thread))
    assert not thread.archived
    discord.guild.archive(thread, locked=True)
    discord.server.expect(160005)
    with pytest.raises(RefusedError, match="locked") as caught:
        await discord.deliverer.send(replace(parcel(discord, place=thread), key="digest-abc-2025-11-21"))
    assert caught.value.pause


async def test_a_limit_on_all_holds_everybody_back(discord: DiscordBench) -> None:
    discord.spoil(RateLimited(9, everywhere=True))
    with pytest.raises(NotAcceptedError) as caught:
        await discord.deliverer.send(parcel(discord))
    assert caught.value.retry_after == timedelta(seconds=9)
    with pytest.raises(NotAcceptedError) as caught:
        await discord.deliverer.ready(parcel(discord))
    assert caught.value.retry_after == timedelta(seconds=9)
    discord.pass_time(timedelta(seconds=9))
    await discord.deliverer.ready(parcel(discord))


async def test_a_moments_patience_is_had_at_once_and_is_no_failure(discord: DiscordBench) -> None:
    discord.spoil(RateLimited(2, everywhere=True), RateLimited(0.25), RateLimited(0))
    began = discord.clock.now()
    await discord.deliverer.send(parcel(discord))
    assert len(there(discord.channel)) == 1
    waited = discord.clock.now() - began
    assert timedelta(seconds=2.25) <= waited < timedelta(seconds=2.5)


async def test_a_limit_on_one_channel_holds_nobody_else_back(discord: DiscordBench) -> None:
    discord.spoil(RateLimited(9))
    with pytest.raises(NotAcceptedError):
        await discord.deliverer.send(parcel(discord))
    await discord.deliverer.ready(parcel(discord))


async def test_an_address_that_is_shut_out_waits(discord: DiscordBench) -> None:
    discord.spoil(RateLimited(banned=True))
    with pytest.raises(NotAcceptedError):
        await discord.deliverer.send(parcel(discord))
    with pytest.raises(NotAcceptedError):
        await discord.deliverer.ready(parcel(discord))


async def test_an_unknown_token_waits_for_a_new_one(discord: DiscordBench) -> None:
    discord.server.world.token = "another"
    discord.server.expect(401)
    for _ in range(2):
        with pytest.raises(NotAcceptedError, match="token") as caught:
            await discord.deliverer.send(parcel(discord))
        assert caught.value.retry_after == UNKNOWN_BOT_WAIT
    with pytest.raises(NotAcceptedError):
        await discord.deliverer.ready(parcel(discord))


async def test_a_token_that_was_changed_meanwhile_waits(discord: DiscordBench) -> None:
    await discord.deliverer.send(parcel(discord))
    discord.server.world.token = "another"
    discord.server.expect(401)
    with pytest.raises(NotAcceptedError, match="token"):
        await discord.deliverer.send(replace(parcel(discord), key="digest-abc-2025-11-21"))
    with pytest.raises(NotAcceptedError):
        await discord.deliverer.ready(parcel(discord))


async def test_a_question_that_fails_is_asked_again(discord: DiscordBench) -> None:
    await discord.deliverer.send(parcel(discord))
    for fault in (Status(500), Status(502), Garble(), RateLimited(3)):
        discord.server.script.add("GET", POST, fault)
        with pytest.raises(NotAcceptedError):
            await discord.deliverer.find(parcel(discord))


async def test_a_channels_own_pace_is_the_librarys() -> None:
    """It waits for the channel's next turn behind a message; the receipt does not wait with it."""
    async with discord_bench(timedelta(seconds=1.5)) as hasty:
        hasty.server.limits.set("POST", POST, Limit(1, timedelta(seconds=30)))
        async with asyncio.timeout(20):
            receipt = await hasty.deliverer.send(parcel(hasty))
            assert receipt == f"{hasty.channel.id}/{there(hasty.channel)[0].id}"
            with pytest.raises(NotAcceptedError, match="no more messages just now"):
                await hasty.deliverer.send(replace(parcel(hasty), key="digest-abc-2025-11-21"))
        assert hasty.server.invalid == 0
