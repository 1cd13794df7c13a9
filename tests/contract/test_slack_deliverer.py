"""The Slack deliverer against the loopback Slack: what goes out, and what becomes of threads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.slack.deliverer import EVENT_TYPE, SlackDeliverer
from adapters.slack.pace import A_CHANNEL, A_WORKSPACE
from bot.errors import DoubtfulError, NotAcceptedError, RefusedError
from bot.model import Layout
from bot.ports import Deliverer, Parcel
from bot.view.doc import Block, Button, Doc, Heading, Note, PaperCard, Span, to_json
from tests.clocks import FakeClock
from tests.contract.deliverers import NOW, OneToken, SlackBench, slack_bench
from tests.servers.slack.faults import (
    Fails,
    Fault,
    Garble,
    LoseReply,
    LoseRequest,
    RateLimited,
    Status,
)
from tests.servers.slack.pace import too_fast
from tests.servers.slack.state import Message

PATIENT = timedelta(seconds=60)
POST, HISTORY, REPLIES = "chat.postMessage", "conversations.history", "conversations.replies"


@pytest.fixture
async def slack() -> AsyncIterator[SlackBench]:
    """With the pack `recheck`."""
    async with slack_bench(PATIENT) as bench:
        yield bench
        assert bench.server.script.pending == 0
        assert too_fast(bench.server.posts) == []


@pytest.fixture
async def base() -> AsyncIterator[SlackBench]:
    """Without any pack."""
    async with slack_bench(PATIENT, recheck=False) as bench:
        yield bench
        assert bench.server.script.pending == 0
        assert too_fast(bench.server.posts) == []


def parcel(papers: int = 3, layout: Layout = Layout.COMPACT, *, words: int = 12) -> Parcel:
    cards = tuple(
        PaperCard(
            number=number,
            paper_key=f"arxiv:2508.{number:05}",
            title=Span(f"Paper {number} says", f"https://arxiv.org/abs/2508.{number:05}"),
            summary=(Span(f"A sentence on paper {number}, " + "word " * words),),
            summary_from="abstract",
            facts=(Span("41 upvotes in 6 h"),),
            menu=(
                Button("Save", f"save:arxiv:2508.{number:05}"),
                Button("Hide", f"hide:arxiv:2508.{number:05}"),
            ),
        )
        for number in range(1, papers + 1)
    )
    blocks: tuple[Block, ...] = (Heading((Span("Trending papers"),)), *cards, Note((Span("Small print."),)))
    return Parcel("d1", "digest-abc-2025-11-20", "T1/C1", to_json(Doc(blocks, "Trending")), NOW, 1, layout)


def head(bench: SlackBench) -> Message:
    (message,) = bench.channel.top
    return message


def thread(bench: SlackBench) -> list[Message]:
    return bench.channel.thread(head(bench).ts)


def whole(bench: SlackBench) -> str:
    """The receipt of the message with its thread."""
    return f"C1/{' '.join(message.ts for message in [head(bench), *thread(bench)])}"


def parts(bench: SlackBench) -> list[int]:
    """The numbers that the thread's messages carry."""
    return [(message.metadata or {})["event_payload"]["part"] for message in thread(bench)]


async def test_a_message_carries_its_key_and_unfurls_nothing(slack: SlackBench) -> None:
    receipt = await slack.deliverer.send(parcel())
    (sent,) = slack.server.called(POST)
    assert receipt == f"C1/{head(slack).ts}"
    assert sent["metadata"] == {
        "event_type": EVENT_TYPE,
        "event_payload": {"key": "digest-abc-2025-11-20"},
    }
    assert (sent["unfurl_links"], sent["unfurl_media"], sent["mrkdwn"]) == (False, False, False)
    assert all(f"Paper {number} says" in sent["text"] for number in (1, 2, 3))


async def test_what_a_message_has_no_room_for_goes_on_in_its_thread(slack: SlackBench) -> None:
    await slack.deliverer.send(parcel(40))
    assert len(slack.server.called(POST)) == len(thread(slack)) + 1 > 1
    assert parts(slack) == list(range(1, len(thread(slack)) + 1))
    text = "".join(message.text for message in [head(slack), *thread(slack)])
    assert all(f"Paper {number} says" in text for number in range(1, 41))


async def test_the_layout_of_a_thread_has_a_reply_a_paper(slack: SlackBench) -> None:
    assert await slack.deliverer.send(parcel(5, Layout.THREAD)) == whole(slack)
    assert parts(slack) == [1, 2, 3, 4, 5]
    assert [message.text for message in thread(slack)] == [f"Paper {number} says" for number in range(1, 6)]
    assert all(f"Paper {number} says" in head(slack).text for number in range(1, 6))


@pytest.mark.parametrize("fault", [LoseReply(), LoseRequest(), Status(500, accepts=True), Garble()])
async def test_a_doubtful_reply_is_looked_up_and_the_thread_completed(
    slack: SlackBench, fault: Fault
) -> None:
    slack.server.script.add(POST, None, None, fault)
    with pytest.raises(DoubtfulError):
        await slack.deliverer.send(parcel(4, Layout.THREAD))
    assert await slack.deliverer.find(parcel(4, Layout.THREAD)) == whole(slack)
    assert parts(slack) == [1, 2, 3, 4]


async def test_a_message_that_ended_with_its_head_is_completed(slack: SlackBench) -> None:
    """As after a kill: the head went out, and nobody was told."""
    slack.server.script.add(POST, LoseReply())
    with pytest.raises(DoubtfulError):
        await slack.deliverer.send(parcel(2, Layout.THREAD))
    assert thread(slack) == []
    await slack.deliverer.find(parcel(2, Layout.THREAD))
    assert parts(slack) == [1, 2]
    await slack.deliverer.find(parcel(2, Layout.THREAD))
    assert parts(slack) == [1, 2]


async def test_a_thread_that_cannot_be_completed_now_is_asked_about_again(slack: SlackBench) -> None:
    slack.server.script.add(POST, LoseReply(), LoseReply())
    with pytest.raises(DoubtfulError):
        await slack.deliverer.send(parcel(2, Layout.THREAD))
    with pytest.raises(NotAcceptedError):
        await slack.deliverer.find(parcel(2, Layout.THREAD))
    await slack.deliverer.find(parcel(2, Layout.THREAD))
    assert parts(slack) == [1, 2]


async def test_without_recheck_a_doubtful_reply_is_left_and_the_others_follow(base: SlackBench) -> None:
    base.server.script.add(POST, None, LoseRequest(), LoseReply())
    receipt = await base.deliverer.send(parcel(4, Layout.THREAD))
    assert parts(base) == [2, 3, 4]
    _, *known = thread(base)  # of the doubtful one nobody told the name
    assert receipt == f"C1/{' '.join(message.ts for message in [head(base), *known])}"


async def test_a_reply_that_slack_puts_off_follows_when_it_may(base: SlackBench) -> None:
    base.server.script.add(POST, None, RateLimited(5))
    began = base.clock.now()
    await base.deliverer.send(parcel(2, Layout.THREAD))
    assert parts(base) == [1, 2]
    assert base.clock.now() - began >= timedelta(seconds=5)


async def test_a_message_ends_in_time_though_its_thread_is_put_off_for_long(base: SlackBench) -> None:
    base.server.script.add(POST, None, RateLimited(300))
    began = base.clock.now()
    assert await base.deliverer.send(parcel(2, Layout.THREAD)) == f"C1/{head(base).ts}"
    assert thread(base) == []
    assert base.clock.now() - began < base.deliverer.request_timeout


async def test_a_thread_that_slack_refuses_takes_nothing_back(slack: SlackBench) -> None:
    slack.server.script.add(POST, None, Fails("restricted_action_thread_locked"))
    assert await slack.deliverer.send(parcel(3, Layout.THREAD)) == f"C1/{head(slack).ts}"
    assert thread(slack) == []


async def test_a_head_that_slack_puts_off_holds_the_workspace(slack: SlackBench) -> None:
    slack.server.script.add(POST, RateLimited(40))
    for _ in range(2):
        with pytest.raises(NotAcceptedError) as caught:
            await slack.deliverer.send(parcel())
        assert caught.value.retry_after == timedelta(seconds=40)
    assert len(slack.server.posts) == 1
    slack.clock.advance(timedelta(seconds=40))
    await slack.deliverer.send(parcel())


async def test_a_message_waits_for_its_turn_before_it_is_sent(slack: SlackBench) -> None:
    await slack.deliverer.ready(parcel())
    await slack.deliverer.send(parcel())
    second = replace(parcel(), delivery_id="d2", key="digest-abc-2025-11-21")
    await slack.deliverer.ready(second)
    assert len(slack.server.posts) == 1
    assert slack.clock.slept == [A_CHANNEL]
    await slack.deliverer.send(second)
    assert slack.clock.slept == [A_CHANNEL]


async def test_a_turn_that_was_not_used_is_given_back_when_its_message_comes_again(slack: SlackBench) -> None:
    for number in range(A_WORKSPACE - 1):
        await slack.deliverer.ready(
            replace(parcel(), delivery_id=f"other {number}", address=f"T1/C1X{number}")
        )
    for _ in range(2):
        await slack.deliverer.ready(parcel())
    with pytest.raises(NotAcceptedError):
        await slack.deliverer.ready(replace(parcel(), delivery_id="d2", address="T1/C2"))
    await slack.deliverer.send(parcel())
    assert len(slack.server.posts) == 1


async def test_a_message_is_found_behind_many_others(slack: SlackBench) -> None:
    await slack.deliverer.send(parcel())
    for number in range(450):
        slack.server.world.say(slack.channel, slack.maya, f"chatter {number}")
    assert await slack.deliverer.find(parcel()) is not None
    assert len(slack.server.called(HISTORY)) == 3


async def found_at_last(slack: SlackBench, asked: Parcel, *, questions: int) -> str | None:
    """What so many questions lead to, of which Slack puts off all but the last."""
    for _ in range(questions - 1):
        with pytest.raises(NotAcceptedError) as caught:
            await slack.deliverer.find(asked)
        assert caught.value.retry_after is not None
        slack.clock.advance(caught.value.retry_after)
    return await slack.deliverer.find(asked)


@pytest.mark.parametrize("there", [True, False])
async def test_a_channel_of_which_slack_lets_a_page_a_minute_be_read_is_read_to_its_end(
    slack: SlackBench, there: bool
) -> None:
    if there:
        await slack.deliverer.send(parcel())
    for number in range(2050):
        slack.server.world.say(slack.channel, slack.maya, f"chatter {number}")
    slack.server.script.add(HISTORY, *[None, RateLimited(60)] * 10)
    found = await found_at_last(slack, parcel(), questions=11)
    assert (found is not None) == there
    cursors = [call.get("cursor") for call in slack.server.called(HISTORY)]
    assert len(set(cursors)) == len(cursors) == 11  # each page once


async def test_a_thread_of_which_slack_lets_a_page_a_minute_be_read_is_completed(slack: SlackBench) -> None:
    slack.server.script.add(POST, None, None, LoseRequest())
    with pytest.raises(DoubtfulError):
        await slack.deliverer.send(parcel(2, Layout.THREAD))
    thread_ts = head(slack).ts
    for number in range(450):
        slack.server.world.say(slack.channel, slack.maya, f"chatter {number}", thread_ts=thread_ts)
    slack.server.script.add(REPLIES, *[None, RateLimited(60)] * 2)
    receipt = await found_at_last(slack, parcel(2, Layout.THREAD), questions=3)
    ours = [message for message in thread(slack) if message.metadata]
    assert receipt == f"C1/{' '.join(message.ts for message in [head(slack), *ours])}"
    assert [(message.metadata or {})["event_payload"]["part"] for message in ours] == [1, 2]
    assert len(slack.server.called(REPLIES)) == 3


async def test_a_message_that_went_out_since_is_looked_for_from_the_start(slack: SlackBench) -> None:
    """Somebody had it sent again, maybe by another process, while it was being looked for."""
    for number in range(450):
        slack.server.world.say(slack.channel, slack.maya, f"chatter {number}")
    slack.server.script.add(HISTORY, None, RateLimited(60))
    with pytest.raises(NotAcceptedError):
        await slack.deliverer.find(replace(parcel(), attempt=2))
    await slack.deliverer.send(replace(parcel(), attempt=2))
    assert await slack.deliverer.find(replace(parcel(), attempt=3)) == f"C1/{slack.channel.messages[-1].ts}"


async def test_a_cursor_that_slack_knows_no_more_makes_it_read_anew(slack: SlackBench) -> None:
    await slack.deliverer.send(parcel())
    for number in range(450):
        slack.server.world.say(slack.channel, slack.maya, f"chatter {number}")
    slack.server.script.add(HISTORY, None, RateLimited(60), Fails("invalid_cursor"))
    assert await found_at_last(slack, parcel(), questions=3) is not None
    begun = [call.get("cursor") is None for call in slack.server.called(HISTORY)]
    assert begun == [True, True, False, False]


async def test_what_others_wrote_is_not_taken_for_ours(slack: SlackBench) -> None:
    for forged in (
        None,
        {"event_type": "other", "event_payload": {"key": "digest-abc-2025-11-20"}},
        {"event_type": EVENT_TYPE, "event_payload": {"key": "digest-abc-2025-11-20", "part": 1}},
        {"event_type": EVENT_TYPE, "event_payload": {}},
    ):
        slack.server.world.say(slack.channel, slack.maya, "digest-abc-2025-11-20", metadata=forged)
    assert await slack.deliverer.find(parcel()) is None


@pytest.mark.parametrize(
    ("faults", "wait"),
    [
        ([RateLimited(60)], 60),
        ([Status(502)], 30),
        ([LoseReply(), LoseReply()], 30),  # aiohttp asks a question a second time by itself
        ([Garble()], 30),
        ([Fails("fatal_error")], 30),
    ],
)
async def test_a_question_that_fails_is_asked_again(
    slack: SlackBench, faults: list[Fault], wait: int
) -> None:
    slack.server.script.add(HISTORY, *faults)
    with pytest.raises(NotAcceptedError) as caught:
        await slack.deliverer.find(parcel())
    assert caught.value.retry_after == timedelta(seconds=wait)


async def test_history_that_may_not_be_read_is_a_refusal(slack: SlackBench) -> None:
    slack.server.script.add(HISTORY, Fails("missing_scope"))
    with pytest.raises(RefusedError, match="manifest") as caught:
        await slack.deliverer.find(parcel())
    assert caught.value.pause


@pytest.mark.parametrize("code", ["is_archived", "account_inactive", "token_revoked", "channel_not_found"])
async def test_what_somebody_has_to_mend_pauses(slack: SlackBench, code: str) -> None:
    slack.server.script.add(POST, Fails(code))
    with pytest.raises(RefusedError) as caught:
        await slack.deliverer.send(parcel())
    assert caught.value.pause
    assert code in str(caught.value)


async def test_a_channel_without_the_bot_says_how_to_invite_it(base: SlackBench) -> None:
    base.server.world.add_channel(base.channel.team, "C2", "elsewhere", bot=False)
    there = Parcel("d1", "k", "T1/C2", parcel().doc, NOW, 1)
    with pytest.raises(RefusedError, match="`/invite @paperboy`") as caught:
        await base.deliverer.send(there)
    assert caught.value.pause


class Gone:
    """Tokens of an installation that was removed."""

    async def token(self, tenant: str) -> str:
        raise RefusedError(f"The app was removed from {tenant}.", pause=True)


async def test_an_installation_that_is_gone_pauses_without_a_request(slack: SlackBench) -> None:
    deliverer: Deliverer = SlackDeliverer(Gone(), slack.clock, api_url=slack.server.api_url, recheck=True)
    with pytest.raises(RefusedError) as caught:
        await deliverer.send(parcel())
    assert caught.value.pause
    assert slack.server.calls == []


class Busy(FakeClock):
    """A clock on which everything takes long: it moves by 25 s whenever it is looked at."""

    def now(self) -> datetime:
        self.advance(timedelta(seconds=25))
        return super().now()


async def test_a_channel_that_cannot_be_read_in_time_is_read_later(slack: SlackBench) -> None:
    for number in range(450):
        slack.server.world.say(slack.channel, slack.maya, f"chatter {number}")
    token = OneToken(slack.secrets[0])
    deliverer = SlackDeliverer(token, Busy(NOW), api_url=slack.server.api_url, recheck=True)
    with pytest.raises(NotAcceptedError) as caught:
        await deliverer.find(parcel())
    assert caught.value.retry_after is not None
    assert len(slack.server.called(HISTORY)) < 3
    await deliverer.aclose()
