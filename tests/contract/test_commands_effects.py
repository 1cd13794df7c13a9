"""What commands and buttons leave behind, beyond what they say."""

import asyncio
import csv
import io
import json
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from bot.commands.actions import Action, Verb
from bot.commands.channels import DayPreview, preview_days
from bot.commands.handlers.why import readings
from bot.commands.model import Place, Reply
from bot.commands.registry import BY_NAME
from bot.commands.services import Cooldown
from bot.model import (
    PLAIN_POSTING,
    DeliveryState,
    Destination,
    DestinationState,
    IdScheme,
    Layout,
    PaperId,
    Pool,
    Posting,
    QuietDay,
    Schedule,
    Series,
    Summaries,
    Weekday,
    Window,
)
from bot.people.tombstone import tombstone
from bot.view.doc import Actions, PaperCard, Span, from_json
from tests.clocks import StillClock
from tests.contract.commands import (
    ADA,
    ATTENTION,
    BEN,
    CHANNEL,
    DIRECT,
    HERE,
    KEY,
    NOW,
    Room,
    World,
    a_paper,
    buttons_of,
    cards_of,
    menu_of,
    text_of,
    titles_of,
)
from tests.contract.readings import at, poll
from tests.contract.rows import DAY, MINUTE, queue, quiet
from tests.contract.test_planner import planner_for

ALL = {
    "at": "8:15",
    "zone": "Asia/Tokyo",
    "days": "mon-wed",
    "filter": "cat:cs.RO",
    "max": "3",
    "floor": "2",
    "window": "week",
    "pool": "both",
    "layout": "cards",
    "summaries": "abstract",
    "quiet": "note",
}


# --- the channel's digest ------------------------------------------------------------------------


async def test_text_and_form_set_up_the_same_digest(world: World) -> None:
    command = BY_NAME["channel add"]
    done = await world.commands.submit(command, ALL, "", ADA, HERE, world.room)
    assert isinstance(done, Reply)
    (by_form,) = await world.store.destinations.list()
    await world.press(Action(Verb.REMOVE, by_form.id))
    await world.run("channel add " + " ".join(f"{name}='{value}'" for name, value in ALL.items()))
    (by_text,) = await world.store.destinations.list()
    for one in (by_form, by_text):
        assert one.schedule == Schedule(
            time(8, 15), frozenset({Weekday.MON, Weekday.TUE, Weekday.WED}), "Asia/Tokyo"
        )
        assert (one.query, one.maximum, one.floor) == ("cat:cs.RO", 3, 2)
        assert (one.window, one.pool) == (Window.WEEK, Pool.BOTH)
        assert (one.layout, one.summaries, one.quiet_day) == (
            Layout.CARDS,
            Summaries.ABSTRACT,
            QuietDay.NOTE,
        )
        assert (one.route.surface, one.route.address, one.label) == ("slack", CHANNEL, "#ml-papers")
        assert one.name == f"slack:{CHANNEL}"
    person = await world.store.people.find(ADA.identity)
    assert person is not None
    assert by_text.owner_id == person.recipient_id
    assert by_text.recipient_id != person.recipient_id, "a channel has a ledger of its own"
    assert person.zone == "Asia/Tokyo", "remembered for what comes next"


async def test_a_forms_mistakes_come_back_by_field(world: World) -> None:
    wrong = await world.commands.submit(
        BY_NAME["channel add"], ALL | {"at": "25:00", "filter": "author:"}, "", ADA, HERE, world.room
    )
    assert not isinstance(wrong, Reply)
    assert set(wrong) == {"at", "filter"}
    assert await world.store.destinations.list() == []


async def test_nothing_is_set_up_where_nothing_can_be_posted(world: World) -> None:
    world.room.posts = False
    for text in ("channel add", "channel add at=9:00"):
        reply = await world.run(text)
        assert text_of(reply) == "Type `/invite @Paperboy` in #ml-papers, then try again.\n"
        assert reply.form is None
    assert await world.store.destinations.list() == []
    assert await world.store.people.find(ADA.identity) is None


async def test_a_place_where_everybody_reads_along_is_asked_about_twice(world: World) -> None:
    world.room.general.add(CHANNEL)
    done = await world.commands.submit(BY_NAME["channel add"], ALL, "", ADA, HERE, world.room)
    assert isinstance(done, Reply)
    assert "Everybody reads along in #ml-papers." in text_of(done)
    assert await world.store.destinations.list() == []
    await world.press(buttons_of(done)["Post it here all the same"])
    (made,) = await world.store.destinations.list()
    assert made.query == "cat:cs.RO"


async def test_a_channel_has_a_feed_once_that_is_wanted_and_tells_its_address(world: World) -> None:
    one = await world.channel()
    assert not one.feed
    assert "feed" not in text_of(await world.run("channel show"))

    changed = text_of(await world.run("channel edit feed=yes"))
    assert changed.startswith("Changed: feed from no to yes.")
    sentence = (
        "Whoever has the address can follow it as a feed: "
        f"https://papers.example.org/channel/{one.id}.atom, or .json."
    )
    assert sentence in changed
    assert sentence in text_of(await world.run("channel show"))
    assert "feed" not in text_of(await world.run("channel edit max=3"))
    found = await world.store.destinations.by_name(one.id)
    assert found is not None
    assert found.feed

    hidden = replace(world, services=replace(world.services, page=None))
    assert "switched the web page off" in text_of(await hidden.run("channel show"))
    assert text_of(await world.run("channel edit feed=no")).startswith("Changed: feed from yes to no.")
    refused = text_of(await world.run("channel edit feed=yes", BEN))
    assert not (await world.channel()).feed, refused


async def test_of_two_who_set_up_one_channel_at_once_the_second_is_told(world: World) -> None:
    class Slow(Room):
        async def prove_posting(
            self, place: Place, posting: Posting = PLAIN_POSTING, layout: Layout = Layout.COMPACT
        ) -> Posting:
            await world.run("channel add at=10:00")  # while the platform is asked, somebody else is faster
            return posting

    done = await world.commands.run("channel add at=9:00", ADA, HERE, Slow())
    assert "A digest is set up here already (active): weekdays at 10:00" in text_of(done)
    assert len(await world.store.destinations.list()) == 1


async def test_a_digest_a_week_that_looks_back_a_day_is_told_of(world: World) -> None:
    said = text_of(await world.run("channel add days=fri"))
    assert "`/papers channel edit window=week` takes the best of the week." in said


async def test_the_form_to_edit_shows_what_is_set_and_leaves_the_rest(world: World) -> None:
    one = await world.channel()
    opened = await world.press(Action(Verb.FORM, f"channel edit {one.id}"), ADA, DIRECT)
    assert opened.form is not None
    assert opened.form.subject == one.id
    assert opened.form.values == {
        "at": "09:00", "zone": "Europe/Berlin", "days": "weekdays", "topic": "everything", "filter": "",
        "max": "5", "floor": "0", "window": "day", "pool": "trending", "layout": "compact",
        "summaries": "any", "quiet": "silent", "feed": "no",
    }  # fmt: skip
    values = {**opened.form.values, "max": "7"}
    done = await world.commands.submit(opened.form.command, values, one.id, ADA, DIRECT, world.room)
    assert isinstance(done, Reply)
    assert text_of(done).startswith("Changed: max from 5 to 7.")
    (change, *_) = await world.store.history.changes(one.id, 5)
    assert (change.by, change.what) == ("slack:T1/U-ADA", "Changed: max from 5 to 7.")


async def test_a_changed_time_makes_up_for_nothing(world: World) -> None:
    one = await world.channel()
    world.clock.set(NOW + timedelta(days=3))
    await world.run("channel edit at=7:00")
    changed = await world.store.destinations.by_name(one.id)
    assert changed is not None
    assert changed.active_from == NOW + timedelta(days=3)


async def test_the_first_digest_is_asked_for_once_more(world: World) -> None:
    one = await world.channel()
    await world.press(Action(Verb.FIRST, one.id))
    assert [served.id for served in world.served] == [one.id]


async def test_the_real_planner_queues_the_first_digest_once(world: World) -> None:
    planner = planner_for(world.store, world.clock)
    world.services = replace(world.services, serve_now=planner.serve_now)
    one = await world.channel()
    for _ in range(2):
        said = text_of(await world.press(Action(Verb.FIRST, one.id)))
        assert said == "It is on its way to #ml-papers.\n"
    (delivery,) = await world.store.outbox.list([DeliveryState.PENDING], 10)
    assert delivery.destination_id == one.id
    for action in actions_of(delivery.doc):
        said = text_of(await world.press(action))
        assert "Something went wrong" not in said, action
        assert "another version" not in said, action


async def test_a_digest_that_cannot_be_served_says_why(world: World) -> None:
    async def nothing(_: Destination) -> str | None:
        return "None of the 7 papers matched the filter."

    one = await world.channel()
    world.services = replace(world.services, serve_now=nothing)
    said = text_of(await world.press(Action(Verb.FIRST, one.id)))
    assert said == "There is nothing to post now. None of the 7 papers matched the filter.\n"


async def test_a_posted_digest_is_deleted_and_it_is_noted(world: World) -> None:
    one = await world.channel()
    paper = await paper_number(world)
    delivery = await queue(world.store, one, [paper], NOW)
    assert "nothing to delete" in text_of(await world.press(Action(Verb.DELETE, delivery.id)))
    (claimed,) = await world.store.outbox.claim("w", ["slack"], NOW, MINUTE, 1)
    await world.store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    await world.store.outbox.sent(claimed.id, claimed.fence, NOW, "1732.5")
    shown = buttons_of(await world.run("channel show"))
    assert shown["Delete the digest of Thu 20 Nov"] == str(Action(Verb.DELETE, delivery.id))
    await world.press(shown["Delete the digest of Thu 20 Nov"])
    assert world.room.deleted == [(CHANNEL, "1732.5")]
    (change, *_) = await world.store.history.changes(one.id, 5)
    assert change.what == "Deleted the digest posted Thu 20 Nov 13:00."


async def test_the_last_three_digests_can_be_deleted_if_they_were_posted(world: World) -> None:
    one = await world.channel()
    paper = await paper_number(world)
    for day in range(5):
        delivery = await queue(
            world.store, one, [paper] if not day else [], NOW - day * DAY, deliver_by=NOW + DAY
        )
        (claimed,) = await world.store.outbox.claim("w", ["slack"], NOW, MINUTE, 1)
        assert claimed.id == delivery.id
        if day == 1:  # it never went out
            await world.store.outbox.rejected(claimed.id, claimed.fence, NOW, "The channel is archived.")
            continue
        await world.store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
        await world.store.outbox.sent(claimed.id, claimed.fence, NOW, f"1732.{day}")
    labels = [label for label in buttons_of(await world.run("channel show")) if label.startswith("Delete")]
    assert labels == [f"Delete the digest of {day} Nov" for day in ("Thu 20", "Tue 18", "Mon 17")]


async def test_an_owner_settles_a_doubtful_message_from_their_direct_messages(world: World) -> None:
    one = await world.channel()
    delivery = await queue(world.store, one, [await paper_number(world)], NOW)
    (claimed,) = await world.store.outbox.claim("w", ["slack"], NOW, MINUTE, 1)
    await world.store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    await world.store.outbox.in_doubt(claimed.id, claimed.fence, NOW, "The line was cut.")
    world.room.managers.clear()  # whoever set it up is asked, whatever they may do now
    assert "Only who may manage" in text_of(await world.press(Action(Verb.AGAIN, delivery.id), BEN, DIRECT))
    done = await world.press(Action(Verb.AGAIN, delivery.id), ADA, DIRECT)
    assert done.replaces
    again = await world.store.outbox.get(delivery.id)
    assert again is not None
    assert again.state is DeliveryState.PENDING
    assert again.deliver_by == NOW + timedelta(hours=6)
    assert world.wakes == [None]


async def test_pausing_removing_and_status_agree(world: World) -> None:
    one = await world.channel()
    await world.run("channel pause")
    said = text_of(await world.run("status", BEN))
    assert "paused by Ada since Thu 20 Nov 13:00 (Europe/Berlin)" in said
    assert "Nothing comes while it is paused." in said
    await world.press(buttons_of(await world.run("channel remove"))["End this digest"])
    assert "No digest is set up for #ml-papers." in text_of(await world.run("status", BEN))
    gone = [found for found in await world.store.destinations.list(removed=True) if found.id == one.id]
    assert [found.state for found in gone] == [DestinationState.REMOVED]


async def test_status_tells_the_last_digest_and_why_there_was_none_since(world: World) -> None:
    one = await world.channel()
    await queue(
        world.store, one, [await paper_number(world)], NOW, doc='{"version":1,"fallback":"x","blocks":[]}'
    )
    await world.store.destinations.plan([quiet(one, date(2025, 11, 21))])
    world.clock.set(NOW + timedelta(days=1))
    said = text_of(await world.run("status", BEN))
    assert "Last digest: Thu 20 Nov 13:00 (Europe/Berlin), note waiting to be sent." in said
    assert "Fri 21 Nov 10:00: no digest: nothing fits" in said
    assert "Next: Mon 24 Nov 09:00 (Europe/Berlin)." in said


# --- what a filter would have brought --------------------------------------------------------------


async def test_the_last_days_are_tried_as_they_would_have_been_posted(world: World) -> None:
    second = poll(60 * 24, a_paper(6, 8), a_paper(7, 70), subject="daily:2025-11-21")
    later = poll(60 * 24 + 30, a_paper(6, 80), a_paper(7, 71), subject="daily:2025-11-21")
    for one in (second, later):
        await world.store.papers.ingest(one, one.observed_at)
    now = at(60 * 24 + 120)
    world.clock.set(now)
    channel = replace(
        await world.channel(), schedule=Schedule(time(7), frozenset(Weekday), "UTC"), maximum=2, query=""
    )
    days = await preview_days(world.store, world.services.rankings, channel, now)
    assert [one.day for one in days] == [date(2025, 11, day) for day in (21, 20, 19, 18, 17)]
    assert days[1] == DayPreview(
        date(2025, 11, 20), 7, ("Attention in Small Places", "Low-Rank Adapters for Maps"), days[1].tally
    )
    assert days[1].tally.matched == 7
    assert days[0].titles == ("Diffusion of Rain", "Robots that Read")
    assert [one.matches for one in days[2:]] == [0, 0, 0]
    robots = replace(channel, query="cat:cs.RO")
    filtered = await preview_days(world.store, world.services.rankings, robots, now)
    assert filtered[1].titles == ("Low-Rank Adapters for Maps", "Kernels for Flash Attention")


# --- searching -----------------------------------------------------------------------------------


async def test_pages_go_on_where_the_one_before_ended(world: World) -> None:
    first = await world.run("search the")
    assert [card.number for card in cards_of(first)] == [1, 2, 3, 4, 5]
    second = await world.press(buttons_of(first)["Next page"], BEN)
    assert cards_of(second)[0].number == 6
    assert not set(titles_of(first)) & set(titles_of(second))


async def test_the_words_that_were_found_stand_out(world: World) -> None:
    (card, *_) = cards_of(await world.run("search flash attention"))
    assert Span("flash", strong=True) in card.summary or Span("flash attention", strong=True) in card.summary


async def test_a_typing_error_is_mended_by_a_button(world: World) -> None:
    reply = await world.run("search studdy maps")
    label = "Did you mean study maps?"
    assert label in buttons_of(reply)
    assert "Low-Rank Adapters for Maps" in titles_of(await world.press(buttons_of(reply)[label]))


async def test_every_label_of_an_answer_is_one_of_its_kind(world: World) -> None:
    for text in ("today", "search attention", "saved", "subscriptions"):
        await world.run("save 2511.00001")
        reply = await world.run(text)
        labels = [label for card in cards_of(reply) for label in menu_of(card)] + list(buttons_of(reply))
        assert len(labels) == len(set(labels))
        assert all(2 <= len(card.menu) <= 5 for card in cards_of(reply)), "what a Slack menu can hold"


async def test_the_rest_of_a_ranking_is_behind_a_button(world: World) -> None:
    today = await world.run("today")
    more = await world.press(buttons_of(today)["Show the other 2"])
    assert len({*titles_of(today), *titles_of(more)}) == 7


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["bibtex", "ris", "csv", "json"])
async def test_a_list_is_exported_as_a_file(world: World, form: str) -> None:
    await world.run("save 2511.00001")
    reply = await world.run(f"export {form}")
    assert reply.attachment is not None
    assert "Attention in Small Places" in reply.attachment.content
    if form == "json":
        assert json.loads(reply.attachment.content)[0]["id"] == ATTENTION
    if form == "csv":
        assert next(csv.DictReader(io.StringIO(reply.attachment.content)))["id"] == ATTENTION


async def test_a_paper_saved_twice_is_on_the_list_once(world: World) -> None:
    await world.run("save 2511.00001")
    assert "already" in text_of(await world.run("save https://arxiv.org/abs/2511.00001"))
    assert titles_of(await world.run("saved")) == ["Attention in Small Places"]
    (card,) = cards_of(await world.run("saved"))
    await world.press(menu_of(card)["Remove paper 1 from my list"])
    assert "Your list is empty." in text_of(await world.run("saved"))


# --- subscriptions -------------------------------------------------------------------------------


async def test_a_subscription_is_a_destination_of_the_persons_own(world: World) -> None:
    await world.run("subscribe attention  OR adapters at=18:00 days=mon zone=Asia/Tokyo max=3")
    person = await world.store.people.find(ADA.identity)
    assert person is not None
    (kept,) = await world.store.people.subscriptions(person.recipient_id)
    assert (kept.query, kept.maximum) == ("attention OR adapters", 3)
    (own,) = await world.store.destinations.owned(person.recipient_id)
    assert own.recipient_id == person.recipient_id
    assert (own.pool, own.label, own.route.address) == (
        Pool.SUBSCRIPTIONS,
        "direct message",
        "T1/D-U-ADA",
    )
    assert own.schedule == Schedule(time(18), frozenset({Weekday.MON}), "Asia/Tokyo")
    assert "already" in text_of(await world.run("subscribe attention OR adapters"))


async def test_two_subscriptions_at_one_time_come_as_one_message(world: World) -> None:
    await world.run("subscribe attention")
    await world.run("subscribe adapters")
    person = await world.store.people.find(ADA.identity)
    assert person is not None
    assert len(await world.store.destinations.owned(person.recipient_id)) == 1


async def test_a_subscription_that_would_be_a_flood_or_nothing_says_what_helps(world: World) -> None:
    flood = text_of(await world.run("subscribe morning days=mon max=1"))
    assert "7 papers of the last seven days match it, far more than the 1 paper" in flood
    assert "upvotes:>10 makes it fewer" in flood
    nothing = text_of(await world.run("subscribe unheardof"))
    assert "No paper of the last seven days matches it." in nothing


async def test_a_subscription_to_everything_is_refused(world: World) -> None:
    assert "would be a flood" in text_of(await world.run('subscribe "" ('))
    assert await world.store.people.find(ADA.identity) is None


async def test_all_subscriptions_end_after_a_question(world: World) -> None:
    for query in ("attention", "adapters"):
        await world.run(f"subscribe {query}")
    asked = await world.run("unsubscribe all")
    assert "You have 2 subscriptions" in text_of(await world.run("subscriptions"))
    done = await world.press(buttons_of(asked)["End all of them"])
    assert "All of your subscriptions (2) have ended." in text_of(done)
    assert "You have no subscriptions." in text_of(await world.run("subscriptions"))


async def test_an_ended_subscription_is_taken_back_by_a_button(world: World) -> None:
    await world.run("subscribe attention")
    ended = await world.run("unsubscribe 1")
    await world.press(buttons_of(ended)["Subscribe again"])
    assert "1. attention" in text_of(await world.run("subscriptions"))
    assert "numbers them, 1 to 1" in text_of(await world.run("unsubscribe 7"))


async def test_the_form_of_a_subscription_is_filled_from_the_search_it_came_from(world: World) -> None:
    reply = await world.press(buttons_of(await world.run("search attention"))["Subscribe to it"])
    assert reply.form is not None
    assert dict(reply.form.values) == {"zone": "Europe/Berlin", "query": "attention"}
    assert "2 papers of the last seven days match it." in reply.form.intro


# --- what is stored of a person --------------------------------------------------------------------


async def test_my_data_is_all_of_it_and_forgetting_leaves_a_tombstone_alone(world: World) -> None:
    await world.run("save 2511.00001")
    await world.run("subscribe attention")
    await world.channel()
    data = await world.run("my-data")
    assert data.attachment is not None
    held: dict[str, Any] = json.loads(data.attachment.content)
    assert "attention" in json.dumps(held)
    done = await world.press(buttons_of(await world.run("forget-me"))["Delete all that is stored of me"])
    assert done.replaces
    assert await world.store.people.find(ADA.identity) is None
    assert list(await world.store.people.tombstones()) == [tombstone(KEY, ADA.identity)]
    assert "Nothing is stored of you" in text_of(await world.run("my-data"))
    assert len(await world.store.destinations.list()) == 1, "the channel's digest goes on"


def test_a_tombstone_tells_nothing_without_the_key() -> None:
    assert tombstone(KEY, ADA.identity) != tombstone(KEY, BEN.identity)
    assert tombstone(KEY, ADA.identity) != tombstone(b"another key", ADA.identity)
    assert len(tombstone(KEY, ADA.identity)) == 64


async def test_asking_stores_nothing(world: World) -> None:
    for text in (
        "today",
        "search attention",
        "saved",
        "subscriptions",
        "export",
        "my-data",
        "forget-me",
        "settings",
    ):
        await world.run(text)
    assert await world.store.people.find(ADA.identity) is None


# --- small laws ----------------------------------------------------------------------------------


async def test_many_who_ask_at_once_share_one_ranking(world: World) -> None:
    rankings = world.services.rankings
    first, second = await asyncio.gather(rankings.now(Window.DAY), rankings.now(Window.DAY))
    assert first is second
    world.clock.set(NOW + timedelta(seconds=15))
    assert await rankings.now(Window.DAY) is not first


def test_a_cooldown_is_one_persons_at_one_place() -> None:
    clock = StillClock(NOW)
    cooldown = Cooldown(clock)
    assert cooldown.enter(ADA.identity, "a") == timedelta()
    clock.set(NOW + timedelta(seconds=10))
    assert cooldown.enter(ADA.identity, "a") == timedelta(seconds=20)
    assert cooldown.enter(ADA.identity, "b") == timedelta()
    assert cooldown.enter(BEN.identity, "a") == timedelta()
    clock.set(NOW + timedelta(seconds=30))
    assert cooldown.enter(ADA.identity, "a") == timedelta()
    clock.set(NOW - timedelta(days=1))
    assert cooldown.enter(ADA.identity, "a") == timedelta(), "a clock that was set back locks nobody out"


def test_very_many_readings_are_told_by_their_first_and_last() -> None:
    points = [(1_763_600_000_000 + 60_000 * step, step) for step in range(40)]
    said = readings(Series.of(points), "UTC")
    assert said.startswith("0 (")
    assert "… 24 more changes …" in said
    assert said.rsplit(", ", 1)[1].startswith("39 (")


def actions_of(doc: str) -> list[str]:
    """What the buttons and menus of a stored message carry, each once; ruling out and hiding come last."""
    found: list[str] = []
    for block in from_json(doc).blocks:
        if isinstance(block, Actions):
            found += [one.action for one in block.buttons]
        elif isinstance(block, PaperCard):
            found += [one.action for one in block.menu]
    assert {Action.read(action) is not None for action in found} == {True}
    return sorted(set(found), key=lambda action: action.startswith(("ban:", "hide:")))


async def paper_number(world: World) -> int:
    """The number of a paper of the day."""
    return (await world.services.paper(PaperId(IdScheme.ARXIV, "2511.00001"))).id


async def test_what_a_search_looked_for_stands_out_in_title_and_abstract(world: World) -> None:
    card, *_ = cards_of(await world.run("search flash attention"))
    found = [card.title.text[start:stop] for start, stop in card.title_marks]
    assert found == ["Flash Attention"], "side by side, as one"
    assert "attention" in [span.text for span in card.summary if span.strong]
    assert not card.title.strong
    near, *_ = cards_of(await world.run("similar 2511.00004"))
    assert near.title_marks == ()
    assert near.title.strong, "nothing was looked for in it"
