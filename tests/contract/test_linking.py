"""What every store promises of one person's accounts on several surfaces."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlite_utils import Database

from bot.errors import ConflictError, InputError, NotFoundError, StaleLeaseError
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    DestinationState,
    Planned,
    Route,
    SlotOutcome,
    Weekday,
)
from bot.people.mailboxes import AskedCode, Limits
from bot.people.model import Cadence, Identity, Mark, MarkedPaper, Person, Subscription, SubscriptionState
from bot.ports import Store
from bot.taste.model import TasteChoices
from storage.sqlite.engine import Engine
from tests.contract.people import MAYA, a_subscription, an_installation, direct, meet
from tests.contract.rows import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SURFACES,
    add_destination,
    add_papers,
    digest,
    queue,
    stored,
)

AT_HOME = Identity("discord", "", "4711")
CODE = "a digest of a code"
WEBHOOK = Route(surface="webhook", address="https://example.org/maya")


async def two_accounts(store: Store) -> tuple[Person, Person]:
    """One person's accounts, not linked yet: Slack's was met a day before Discord's."""
    return await meet(store), await meet(store, AT_HOME, "maya#1", NOW + DAY)


async def link(store: Store, offers: Person, types: Person, code: str = CODE) -> Person:
    await store.people.offer_link(offers.recipient_id, code, NOW + DAY, NOW)
    return await store.people.link(code, types.recipient_id, "Maya", NOW)


async def subscribed(store: Store, person: Person, query: str = "towels", **changes: object) -> Subscription:
    """A subscription at their direct messages, which a webhook brings, as the tests' worker knows one."""
    place = direct(person)
    return await store.people.subscribe(a_subscription(person, place, query, **changes), place)


async def told(store: Store, person: Person, papers: Sequence[int]) -> frozenset[int]:
    return (await store.destinations.told([person.recipient_id], papers))[person.recipient_id]


async def place_of(store: Store, person: Person) -> Destination:
    """A destination of theirs that the tests' worker serves."""
    place = direct(person, route=WEBHOOK)
    await store.people.subscribe(a_subscription(person, place, f"of {person.recipient_id}"), place)
    return place


# --- codes ---------------------------------------------------------------------------------------


async def test_a_code_is_good_until_its_time_and_once(store: Store) -> None:
    slack, discord = await two_accounts(store)
    await store.people.offer_link(slack.recipient_id, CODE, NOW + 10 * MINUTE, NOW)

    assert await store.people.link_offered("another", NOW) is None
    assert await store.people.link_offered(CODE, NOW + 10 * MINUTE) is None
    found = await store.people.link_offered(CODE, NOW + 10 * MINUTE - timedelta(milliseconds=1))
    assert found == slack

    with pytest.raises(InputError, match="not any more"):
        await store.people.link(CODE, discord.recipient_id, "Maya", NOW + 10 * MINUTE)
    await store.people.link(CODE, discord.recipient_id, "Maya", NOW)
    assert await store.people.link_offered(CODE, NOW) is None
    with pytest.raises(InputError, match="not any more"):
        await store.people.link(CODE, discord.recipient_id, "Maya", NOW)


async def test_a_person_has_one_code_and_those_that_ran_out_are_dropped(store: Store, engine: Engine) -> None:
    slack, discord = await two_accounts(store)
    await store.people.offer_link(slack.recipient_id, "first", NOW + MINUTE, NOW)
    await store.people.offer_link(slack.recipient_id, "second", NOW + MINUTE, NOW)

    assert await store.people.link_offered("first", NOW) is None
    await store.people.offer_link(discord.recipient_id, "third", NOW + HOUR, NOW + MINUTE)

    assert await engine.read(lambda db: db["link_codes"].count) == 1
    with pytest.raises(NotFoundError):
        await store.people.offer_link("r-nobody", "fourth", NOW + HOUR, NOW)


async def test_nobody_links_themselves_or_two_accounts_of_one_surface(store: Store) -> None:
    slack, discord = await two_accounts(store)
    with pytest.raises(ConflictError, match="linked already"):
        await link(store, slack, slack)

    other = await meet(store, MAYA._replace(user="U2"), "Maya")
    with pytest.raises(ConflictError, match="an account on Slack"):
        await link(store, slack, other)
    both = await link(store, slack, discord)
    with pytest.raises(ConflictError, match="an account on Slack"):
        await link(store, other, both)
    with pytest.raises(NotFoundError):
        await store.people.link(CODE, "r-nobody", "Maya", NOW)


# --- what becomes one ----------------------------------------------------------------------------


@pytest.mark.parametrize("younger_offers", [False, True])
async def test_the_older_stays_whoever_offers(store: Store, younger_offers: bool) -> None:
    slack, discord = await two_accounts(store)
    await store.people.set_zone(discord.recipient_id, "Asia/Kathmandu")

    made = await link(store, *((discord, slack) if younger_offers else (slack, discord)))

    assert (made.recipient_id, made.identities, made.zone) == (
        slack.recipient_id,
        (AT_HOME, MAYA),
        "Asia/Kathmandu",
    )
    assert await store.people.of_recipient(discord.recipient_id) is None
    assert await store.people.find(MAYA) == made
    assert await store.people.find(AT_HOME) == replace(made, name="maya#1"), "as that surface calls them"


async def test_each_surface_may_call_them_otherwise_without_a_write_each_time(store: Store) -> None:
    await link(store, *(await two_accounts(store)))

    for name, identity in [("Maya L.", MAYA), ("maya#2", AT_HOME)]:
        assert (await store.people.meet(identity, name, "r-unused", NOW)).name == name
    for name, identity in [("Maya L.", MAYA), ("maya#2", AT_HOME)]:
        found = await store.people.find(identity)
        assert found is not None
        assert found.name == name


async def test_everything_that_refers_to_the_younger_comes_to_refer_to_the_older(
    store: Store, engine: Engine
) -> None:
    slack, discord = await two_accounts(store)
    place = direct(discord)
    await store.people.subscribe(a_subscription(discord, place), place)
    (paper,) = await add_papers(store, 1)
    await store.people.mark(discord.recipient_id, paper, Mark.SAVED, NOW)
    await queue(store, place, [paper])
    channel = await add_destination(store.destinations, owner_id=discord.recipient_id)
    notice = digest(channel, [], kind=DeliveryKind.NOTICE, recipient_id=discord.recipient_id).delivery
    assert notice is not None
    await store.outbox.post(replace(notice, id="m-notice", key="notice"), NOW)
    await store.people.offer_link(discord.recipient_id, "of the younger", NOW + DAY, NOW)
    await store.installations.put(an_installation())
    await store.taste.reset(discord.recipient_id, NOW)
    await store.taste.set_team(channel.id, NOW, counted=True)
    await store.taste.saved_at(channel.route, paper, discord.recipient_id, NOW)
    code = AskedCode(recipient_id=discord.recipient_id, address="a@example.org", digest="d", asked_at=NOW)
    await store.mailboxes.ask(code, Limits(since=NOW, of_person=1, of_address=1))

    def rows(db: Database) -> dict[tuple[str, str], int]:
        return {
            (table, str(key.column)): db.table(table).count_where(f'"{key.column}" = ?', ["r-4711"])
            for table in db.table_names()
            for key in db.table(table).foreign_keys
            if key.other_table == "recipients"
        }

    assert all((await engine.read(rows)).values()), "the younger has nothing in a table: add it"
    await link(store, slack, discord)

    assert not any((await engine.read(rows)).values()), "left behind: move it in `linking`"
    assert await store.people.held("r-4711") == {}
    held = await store.people.held(slack.recipient_id)
    expected = {"marks", "subscriptions", "destinations", "deliveries", "ledger"}
    assert expected | {"tastes", "team_saves", "mail_codes"} <= set(held)
    assert (await store.admin.check()).problems == ()


async def test_ledgers_and_marks_become_one(store: Store) -> None:
    slack, discord = await two_accounts(store)
    papers = await add_papers(store, 4)
    for person, some in ((slack, papers[:2]), (discord, papers[2:3])):
        place = direct(person)
        await store.people.subscribe(a_subscription(person, place), place)
        await queue(store, place, some)
    for person, paper, at in ((slack, 0, 2), (discord, 0, 1), (discord, 3, 3)):
        await store.people.mark(person.recipient_id, papers[paper], Mark.SAVED, NOW + at * HOUR)

    await link(store, slack, discord)

    assert await told(store, slack, papers) == set(papers[:3])
    assert await store.people.marked(slack.recipient_id, Mark.SAVED) == [
        MarkedPaper(papers[3], NOW + 3 * HOUR),
        MarkedPaper(papers[0], NOW + HOUR),
    ]


# --- nobody is told twice ------------------------------------------------------------------------


async def both_told(store: Store) -> tuple[list[int], Delivery, Delivery]:
    """Slack was told of papers 1 and 2, Discord a moment later of 2 and 3; nothing went out yet."""
    slack, discord = await two_accounts(store)
    papers = await add_papers(store, 3)
    first = await queue(store, await place_of(store, slack), papers[:2])
    place = direct(discord, route=replace(WEBHOOK, address="https://example.org/home"))
    await store.people.subscribe(a_subscription(discord, place, "home"), place)
    return papers, first, await queue(store, place, papers[1:], NOW + MINUTE)


async def test_of_two_that_wait_with_the_same_paper_the_later_is_called_off(store: Store) -> None:
    papers, first, second = await both_told(store)

    one = await link(store, *(await both_people(store)))

    assert (await stored(store, first)).state is DeliveryState.PENDING
    called_off = await stored(store, second)
    assert (called_off.state, called_off.recipient_id) == (DeliveryState.REJECTED, one.recipient_id)
    (slot,) = await store.destinations.slots(second.destination_id, 9)
    assert (slot.outcome, slot.detail) == (
        SlotOutcome.QUIET,
        "called off: accounts were linked, and another message has a paper of it",
    )
    assert await told(store, one, papers) == set(papers[:2]), "what it alone had comes with the next"


async def test_what_went_out_counts_more_than_what_waits(store: Store) -> None:
    papers, first, second = await both_told(store)
    for held in await store.outbox.claim("w", SURFACES, NOW + HOUR, MINUTE, 9):
        if held.id == second.id:
            await store.outbox.sending(held.id, held.fence, NOW, MINUTE)
            await store.outbox.sent(held.id, held.fence, NOW, "1")
        else:
            leased = held

    one = await link(store, *(await both_people(store)))

    assert (await stored(store, first)).state is DeliveryState.REJECTED
    with pytest.raises(StaleLeaseError):
        await store.outbox.sending(leased.id, leased.fence, NOW, MINUTE)
    assert await told(store, one, papers) == set(papers[1:])


async def test_what_may_be_out_is_left_to_its_worker(store: Store) -> None:
    papers, first, second = await both_told(store)
    for held in await store.outbox.claim("w", SURFACES, NOW + HOUR, MINUTE, 9):
        await store.outbox.sending(held.id, held.fence, NOW, MINUTE)

    one = await link(store, *(await both_people(store)))

    assert {(await stored(store, each)).state for each in (first, second)} == {DeliveryState.SENDING}
    assert await told(store, one, papers) == set(papers)
    assert (await store.admin.check()).problems == ()


async def both_people(store: Store) -> tuple[Person, Person]:
    slack, discord = await store.people.find(MAYA), await store.people.find(AT_HOME)
    assert slack is not None
    assert discord is not None
    return slack, discord


async def test_what_was_decided_for_the_younger_is_decided_again(store: Store) -> None:
    slack, discord = await two_accounts(store)
    place = await place_of(store, discord)
    papers = await add_papers(store, 2)
    planned = digest(place, papers[:1])
    announced = digest(place, papers[1:], NOW + DAY).delivery
    assert announced is not None

    await link(store, slack, discord)

    assert await store.destinations.plan([planned]) == [Planned.STALE]
    assert await store.outbox.announce(announced, NOW) is Planned.STALE
    await store.destinations.schedule_next([(place, NOW + DAY)])
    ((found, _),) = await store.destinations.due_before(NOW, 9)
    assert found.recipient_id == slack.recipient_id, "it is looked at again, as it is now"
    assert await store.destinations.slots(place.id, 9) == []


async def test_what_was_decided_for_somebody_who_is_forgotten_meanwhile_is_dropped(store: Store) -> None:
    person = await meet(store)
    place = await place_of(store, person)
    planned = digest(place, await add_papers(store, 1))

    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    assert await store.destinations.plan([planned]) == [Planned.TAKEN]


# --- subscriptions -------------------------------------------------------------------------------


async def test_of_two_subscriptions_to_one_search_the_older_stays_with_both_ways(store: Store) -> None:
    slack, discord = await two_accounts(store)
    first = await subscribed(store, slack, days=frozenset({Weekday.MON}))
    await subscribed(store, discord, created_at=NOW + DAY)
    other = await subscribed(store, discord, "robots", created_at=NOW + DAY)

    await link(store, slack, discord)

    kept, moved = await store.people.subscriptions(slack.recipient_id)
    assert kept == replace(first, destination_ids=("d-dm-UMAYA001", "d-dm-4711"))
    assert moved == replace(other, recipient_id=slack.recipient_id)
    assert (await store.admin.check()).problems == ()


async def test_the_one_that_is_not_paused_stays(store: Store) -> None:
    slack, discord = await two_accounts(store)
    paused = await subscribed(store, slack)
    await store.people.set_subscription_state(paused.id, SubscriptionState.PAUSED)
    going = await subscribed(store, discord, created_at=NOW + DAY)

    await link(store, slack, discord)

    (kept,) = await store.people.subscriptions(slack.recipient_id)
    assert (kept.id, kept.state) == (going.id, SubscriptionState.ACTIVE)
    assert kept.destination_ids == ("d-dm-4711", "d-dm-UMAYA001")


async def test_one_that_speaks_otherwise_takes_its_way_along(store: Store) -> None:
    slack, discord = await two_accounts(store)
    await subscribed(store, slack)
    place = direct(discord)
    place = replace(place, schedule=replace(place.schedule, days=frozenset()))
    as_it_appears = a_subscription(
        discord, place, cadence=Cadence.INSTANT, days=frozenset(), created_at=NOW + DAY
    )
    await store.people.subscribe(as_it_appears, place)

    await link(store, slack, discord)

    (kept,) = await store.people.subscriptions(slack.recipient_id)
    assert (kept.cadence, kept.destination_ids) == (Cadence.DAILY, ("d-dm-UMAYA001",))
    places = await store.destinations.list(removed=True)
    assert {one.id: one.state for one in places}["d-dm-4711"] is DestinationState.REMOVED


# --- and two again -------------------------------------------------------------------------------


async def test_an_account_goes_with_what_comes_there_and_nothing_else(store: Store) -> None:
    slack, discord = await two_accounts(store)
    here = await subscribed(store, slack)
    await subscribed(store, discord, "robots")
    both = await subscribed(store, slack, "sleep", created_at=NOW + MINUTE)
    await store.people.speak_on(
        both.id, direct(discord, id="d-2", name="d-2", recipient_id=slack.recipient_id)
    )
    (paper,) = await add_papers(store, 1)
    await store.people.mark(discord.recipient_id, paper, Mark.SAVED, NOW)
    waiting = await queue(store, direct(discord), [paper])
    await link(store, slack, discord)

    await store.people.unlink(slack.recipient_id, "discord", "Maya", NOW)

    kept = await store.people.subscriptions(slack.recipient_id)
    assert kept == [here, both]
    assert [one.id for one in await store.destinations.list()] == ["d-dm-UMAYA001"]
    assert (await stored(store, waiting)).state is DeliveryState.REJECTED
    assert [one.paper_id for one in await store.people.marked(slack.recipient_id, Mark.SAVED)] == [paper]
    assert await store.people.find(AT_HOME) is None
    again = await store.people.meet(AT_HOME, "maya#1", "r-new", NOW)
    assert set(await store.people.held(again.recipient_id)) == {"recipients", "identities"}
    assert (await store.admin.check()).problems == ()


async def test_the_only_account_stays(store: Store) -> None:
    slack = await meet(store)

    with pytest.raises(ConflictError, match="only account"):
        await store.people.unlink(slack.recipient_id, "slack", "Maya", NOW)
    with pytest.raises(NotFoundError, match="discord"):
        await store.people.unlink(slack.recipient_id, "discord", "Maya", NOW)


async def test_a_mailbox_that_is_taken_away_is_nobodys(store: Store) -> None:
    slack, _ = await two_accounts(store)
    code = AskedCode(recipient_id=slack.recipient_id, address="a@example.org", digest="d", asked_at=NOW)
    await store.mailboxes.ask(code, Limits(since=NOW, of_person=1, of_address=1))
    assert await store.mailboxes.confirm(slack.recipient_id, "d", NOW, NOW, most_wrong=1) is not None

    await store.people.unlink(slack.recipient_id, "email", "maya", NOW)

    assert await store.mailboxes.at("a@example.org") is None
    assert await store.people.find(MAYA) is not None


async def test_whoever_keeps_one_accounts_saves_out_of_a_channels_keeps_out_all(store: Store) -> None:
    slack, discord = await two_accounts(store)
    (paper,) = await add_papers(store, 1)
    channel = await add_destination(store.destinations, owner_id=slack.recipient_id)
    await store.taste.set_team(channel.id, NOW, counted=True)
    assert await store.taste.saved_at(channel.route, paper, slack.recipient_id, NOW)
    await store.taste.choose(discord.recipient_id, TasteChoices(for_you=True, counted=False))

    made = await link(store, slack, discord)

    assert await store.taste.choices(made.recipient_id) == TasteChoices(for_you=True, counted=False)
    assert "team_saves" not in await store.people.held(made.recipient_id)
