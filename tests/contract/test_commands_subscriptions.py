"""Subscriptions by command, form and button, alike on every surface; what is edited on one shows on all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.terminal.surface import TerminalSurface, person, place
from bot.commands.actions import Action, Verb
from bot.commands.model import Actor, Kind, Place, Reply
from bot.commands.ports import Surface
from bot.commands.private_feed import offer_of
from bot.commands.registry import BY_NAME
from bot.commands.services import RouteChoice
from bot.model import (
    EVERY_DAY,
    WORKDAYS,
    Destination,
    DestinationState,
    IdScheme,
    PaperId,
    Route,
    Schedule,
    Weekday,
)
from bot.people.model import Cadence, Identity, Person, Subscription, SubscriptionState
from bot.ports import Store
from bot.search.query import format_query, parse
from bot.search.service import Search
from storage.index.index import open_index
from tests.contract.commands import (
    ADA,
    ATTENTION,
    BEN,
    DIRECT,
    HERE,
    NOW,
    Room,
    World,
    a_paper,
    buttons_of,
    fill,
    text_of,
)
from tests.contract.readings import poll
from tests.contract.rows import DAY

MAIL = Route(surface="email", address="ada@example.org")
ON_DISCORD = Identity("discord", "", "55")


async def mine(world: World, actor: Actor = ADA) -> list[tuple[Subscription, list[Destination]]]:
    """Somebody's subscriptions with their places."""
    known = await world.store.people.find(actor.identity)
    kept = [] if known is None else await world.store.people.subscriptions(known.recipient_id)
    places = {one.id: one for one in await world.store.destinations.list()}
    return [(one, [places[name] for name in one.destination_ids]) for one in kept]


async def only(world: World) -> tuple[Subscription, list[Destination]]:
    (found,) = await mine(world)
    return found


async def mailed(_: Person) -> Sequence[RouteChoice]:
    return [RouteChoice(route=MAIL, label="mail")]


@pytest.fixture
def with_mail(world: World) -> World:
    world.services = replace(world.services, offers=[mailed])
    return world


# --- on every surface ----------------------------------------------------------------------------

SURFACES: Mapping[str, tuple[Surface, Actor, Place]] = {
    "slack": (Room(), ADA, HERE),
    "discord": (
        Room("discord"),
        Actor(identity=ON_DISCORD, name="Ada", zone="Europe/Berlin"),
        replace(HERE, surface="discord", tenant="7"),
    ),
    "terminal": (TerminalSurface(), replace(person("ada"), zone="Europe/Berlin"), place()),
}


@pytest.mark.parametrize("name", SURFACES)
async def test_a_subscription_lives_alike_on_every_surface(world: World, name: str) -> None:
    surface, actor, where = SURFACES[name]

    async def typed(text: str) -> str:
        return text_of(await world.commands.run(text, actor, where, surface))

    made = await typed("subscribe attention cadence=weekly days=wed,fri at=8:00 max=3 min=2")
    assert (
        "You are subscribed to “attention”, weekly, wed at 08:00 (Europe/Berlin), by direct message." in made
    )
    assert "The first message can come Wed 26 Nov 08:00 (Europe/Berlin)." in made
    listed = await typed("subscriptions")
    assert "weekly, wed at 08:00 (Europe/Berlin), 2 to 3 papers a message, by direct message." in listed
    assert "2 papers last week. Next: Wed 26 Nov 08:00 (Europe/Berlin)." in listed
    assert "Changed: cadence from weekly to daily, min from 2 to 1, days from wed to mon,thu." in await typed(
        "subscription edit 1 cadence=daily days=mon,thu min=1"
    )
    assert "snoozed until Mon 1 Dec" in await typed("subscription snooze 1 2025-12-01")
    listed = await typed("subscriptions")
    assert "Snoozed until Mon 1 Dec 00:00; then comes what came meanwhile." in listed
    assert "Next: Mon 1 Dec 08:00" in listed
    assert "is paused" in await typed("subscription pause 1")
    assert "Paused: nothing comes of it until you resume it. 2 papers last week.\n" in await typed(
        "subscriptions"
    )
    assert "active again" in await typed("subscription resume 1")
    form = await world.commands.run("subscription edit 1", actor, where, surface)
    assert form.form is not None
    assert dict(form.form.values) == {
        "query": "attention", "cadence": "daily", "max": "3", "min": "1", "route": "here", "at": "08:00",
        "zone": "Europe/Berlin", "days": "mon,thu",
    }  # fmt: skip
    done = await world.commands.submit(
        form.form.command, {**form.form.values, "max": "9"}, form.form.subject, actor, where, surface
    )
    assert isinstance(done, Reply)
    assert text_of(done).startswith("Changed: max from 3 to 9.")
    assert "has ended" in await typed("unsubscribe 1")
    assert await mine(world, actor) == []


async def test_what_is_edited_on_one_surface_shows_on_another(with_mail: World, engine: Any) -> None:
    world = with_mail
    known = await world.services.meet(ADA)
    row = (*ON_DISCORD, known.recipient_id)
    await engine.write(
        lambda db: db.execute(
            "INSERT INTO identities (surface, tenant, user, recipient_id) VALUES (?, ?, ?, ?)", row
        )
    )
    await world.run("subscribe attention")
    surface, actor, where = SURFACES["discord"]

    changed = await world.commands.run("subscription edit 1 max=2 route=here,email", actor, where, surface)

    assert "route from slack to here,mail" in text_of(changed)
    listed = text_of(await world.run("subscriptions"))
    assert "at most 2, by direct message, else by mail." in listed
    _, places = await only(world)
    assert [one.route.surface for one in places] == ["discord", "email"]
    form = await world.run("subscription edit 1")
    assert form.form is not None
    assert form.form.values["route"] == "discord,mail"


# --- what is made --------------------------------------------------------------------------------


async def test_as_papers_appear_has_no_time(world: World) -> None:
    made = text_of(await world.run("subscribe attention cadence=instant"))
    assert "You are subscribed to “attention”, as papers appear, by direct message." in made
    assert "can come" not in made
    kept, (there,) = await only(world)
    assert (kept.cadence, kept.days, there.schedule.days) == (Cadence.INSTANT, frozenset(), frozenset())
    assert "as papers appear, at most 5, by direct message. 2 papers last week.\n" in text_of(
        await world.run("subscriptions")
    )
    await world.run("subscription edit 1 cadence=daily")
    kept, (there,) = await only(world)
    assert there.schedule == Schedule(time(9), WORKDAYS, "Europe/Berlin")
    assert kept.days == WORKDAYS


async def test_what_is_due_at_one_time_on_one_route_is_one_place_whatever_the_days(world: World) -> None:
    await world.run("subscribe attention days=mon,tue")
    await world.run("subscribe adapters cadence=weekly days=fri")
    ((one, (place_of_one,)), (two, (place_of_two,))) = await mine(world)
    assert place_of_one.id == place_of_two.id
    assert place_of_one.schedule.days == {Weekday.MON, Weekday.TUE, Weekday.FRI}
    assert one.days == {Weekday.MON, Weekday.TUE}
    assert two.days == {Weekday.FRI}
    await world.run("subscription edit 2 days=sun")
    assert (await mine(world))[0][1][0].schedule.days == {Weekday.MON, Weekday.TUE, Weekday.SUN}


async def test_far_too_much_is_asked_about_before_it_is_made(world: World) -> None:
    asked = await world.run("subscribe morning days=mon max=1")
    said = text_of(asked)
    assert "7 papers of the last seven days match it, far more than the 1 paper a message can hold" in said
    assert "you would get the best 1 of a week. Another word, a cat: or upvotes:>10 makes it fewer." in said
    assert "Robots that Read; Diffusion of Rain" in said
    assert await mine(world) == []
    assert await world.store.people.find(ADA.identity) is None, "a question stores nothing"

    made = await world.press(buttons_of(asked)["Subscribe all the same"])
    assert "You are subscribed to “morning”, mon at 09:00" in text_of(made)
    kept, _ = await only(world)
    assert kept.maximum == 1


async def test_too_much_and_too_little_are_told_with_a_remedy_and_made(world: World) -> None:
    much = text_of(await world.run("subscribe morning days=mon max=5"))
    assert "7 papers of the last seven days match it, more than the 5 that may come in a week." in much
    few = text_of(await world.run("subscribe attention min=3"))
    assert "2 papers of the last seven days match it, and a message needs 3: they would wait for more." in few
    none = text_of(await world.run("subscribe unheardof"))
    assert "No paper of the last seven days matches it." in none
    assert "fewer words, or OR between them, find more" in none
    assert len(await mine(world)) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subscribe attention min=6", "A message of at most 5 papers never has 6"),
        ("subscribe attention route=email", "Mail is not set up here."),
        ("subscribe attention route=feed", "There is no way to you by feed yet. You can choose here."),
        ("subscribe attention route=pigeon", "“pigeon” is not among the choices."),
        ("subscription edit 1", "You have no subscriptions."),
        ("subscription pause 4", "You have no subscriptions."),
        ("subscription snooze 1 soon", "'soon' is no day."),
    ],
)
async def test_what_cannot_be_is_told_and_stores_nothing(world: World, text: str, said: str) -> None:
    assert said in text_of(await world.run(text))
    assert await mine(world) == []


# --- routes --------------------------------------------------------------------------------------


async def test_a_route_is_offered_only_where_it_is_there(world: World) -> None:
    await world.services.meet(ADA)
    alone = await world.run("subscribe")
    assert alone.form is not None
    assert all(one.kind is not Kind.ROUTES for one in alone.form.command.options)

    world.services = replace(world.services, offers=[mailed])
    both = await world.run("subscribe")
    assert both.form is not None
    (route,) = [one for one in both.form.command.options if one.kind is Kind.ROUTES]
    assert route.choices == ("here", "mail")


async def test_several_routes_are_kept_in_their_order(with_mail: World) -> None:
    made = text_of(await with_mail.run("subscribe attention route=mail,here"))
    assert "by mail, else by direct message." in made
    assert "ada@example.org" not in made
    _, places = await only(with_mail)
    assert [(one.route.surface, one.label) for one in places] == [
        ("email", "mail"),
        ("slack", "direct message"),
    ]
    assert all("ada@" not in one.name for one in places), "names stand in logs"
    await with_mail.run("subscription edit 1 route=here")
    _, places = await only(with_mail)
    assert [one.route.surface for one in places] == ["slack"]


async def test_direct_messages_that_are_paused_are_listed_so_and_resumed_there(world: World) -> None:
    await world.run("subscribe attention")
    _, (place,) = await only(world)
    refused = "Slack: It takes no messages for you."
    await world.store.destinations.set_state(place.id, DestinationState.PAUSED, refused, NOW)
    listed = await world.run("subscriptions")
    assert "by direct message (paused: It takes no messages for you)." in text_of(listed)
    assert "Next: " not in text_of(listed)
    await world.press(buttons_of(listed)["Resume what comes by direct message"], place=DIRECT)
    again = text_of(await world.run("subscriptions"))
    assert "paused" not in again
    assert "Next: " in again


async def test_a_route_that_is_gone_stays_until_it_is_changed(with_mail: World) -> None:
    await with_mail.run("subscribe attention route=email")
    with_mail.services = replace(with_mail.services, offers=[])
    await with_mail.run("subscription edit 1 max=2")
    _, (there,) = await only(with_mail)
    assert there.route == MAIL


# --- resting -------------------------------------------------------------------------------------


async def test_a_snooze_remembers_since_when_papers_wait(world: World) -> None:
    await world.run("subscribe attention")
    world.clock.set(NOW + DAY)
    await world.run("subscription snooze 1 1w")
    kept, _ = await only(world)
    assert kept.waiting_since == NOW - DAY, "it was made then, and looks back a day"
    assert kept.snoozed_until is not None
    assert kept.snoozed_until - world.clock.now() < timedelta(days=7)
    world.clock.set(NOW + 2 * DAY)
    await world.run("subscription snooze 1 2w")
    await world.run("subscription resume 1")
    again, _ = await only(world)
    assert (again.snoozed_until, again.waiting_since) == (None, kept.waiting_since)


async def test_all_rest_and_go_on_together(world: World) -> None:
    for query in ("attention", "adapters"):
        await world.run(f"subscribe {query}")
    rested = await world.run("subscription pause all")
    assert "All of your subscriptions (2) are paused: nothing comes of them" in text_of(rested)
    assert {one.state for one, _ in await mine(world)} == {SubscriptionState.PAUSED}
    await world.press(buttons_of(rested)["Resume them"])
    assert {one.state for one, _ in await mine(world)} == {SubscriptionState.ACTIVE}


async def test_the_buttons_of_a_list_name_a_subscription_whatever_its_number_becomes(world: World) -> None:
    for query in ("attention", "adapters"):
        await world.run(f"subscribe {query}")
    listed = buttons_of(await world.run("subscriptions"))
    await world.run("unsubscribe 1")
    await world.press(listed["Pause subscription 2"])
    (kept, _) = await only(world)
    assert (kept.query, kept.state) == ("adapters", SubscriptionState.PAUSED)
    resting = buttons_of(await world.run("subscriptions"))
    assert "Resume subscription 1" in resting
    assert "Snooze subscription 1 for a week" not in resting
    opened = await world.press(listed["Change subscription 2"], place=DIRECT)
    assert opened.form is not None
    assert opened.form.subject == kept.id
    assert "number" not in {one.name for one in opened.form.command.options}


async def test_nobody_changes_what_is_anothers(world: World) -> None:
    await world.run("subscribe attention")
    kept, _ = await only(world)
    await world.services.meet(BEN)
    for text in ("pause", "resume", "snooze {} 1w", "edit {} max=1"):
        line = f"subscription {text.format(kept.id)}" if "{" in text else f"subscription {text} {kept.id}"
        assert "You have no subscriptions." in text_of(await world.run(line, BEN))
    assert await only(world) == (kept, (await only(world))[1])


async def test_another_subscription_to_the_same_search_is_refused(world: World) -> None:
    for query in ("attention", "adapters"):
        await world.run(f"subscribe {query}")
    said = text_of(await world.run("subscription edit 2 query=attention"))
    assert "You have another subscription to “attention”." in said
    assert [one.query for one, _ in await mine(world)] == ["attention", "adapters"]
    assert "is as it was" in text_of(await world.run("subscription edit 2 max=5"))
    assert "Say which one. `/papers subscriptions` numbers them, 1 to 2." in text_of(
        await world.run("subscription edit max=3")
    )


async def test_an_edit_that_brings_far_too_much_is_asked_about(world: World) -> None:
    await world.run("subscribe attention days=mon max=1")
    asked = await world.run("subscription edit 1 query=morning")
    assert "far more than the 1 paper" in text_of(asked)
    done = await world.press(buttons_of(asked)["Subscribe all the same"])
    assert "Changed: query from attention to morning." in text_of(done)


# --- previews, and from papers -------------------------------------------------------------------


async def test_a_form_shows_what_last_week_would_have_brought(world: World) -> None:
    lines = await world.commands.preview(BY_NAME["subscribe"], {"query": "attention", "max": "5"})
    assert lines[0] == "2 papers of the last seven days match it."
    assert "Attention in Small Places" in lines[1]
    edited = BY_NAME["subscription edit"]
    (said,) = await world.commands.preview(edited, {"query": "unheardof", "number": "1"})
    assert said.startswith("No paper of the last seven days matches it.")
    assert "needs what you want to hear of" in (await world.commands.preview(edited, {"max": "3"}))[0]


async def test_what_the_index_does_not_hold_yet_is_counted_too(world: World) -> None:
    await world.run("subscribe attention")
    ids = (PaperId(IdScheme.ARXIV, "2511.00008"),)
    late = poll(250, a_paper(1, 90), a_paper(4, 5, ids=ids, title="Attention at Sea"))
    await world.store.papers.ingest(late, late.observed_at)
    assert (await world.services.search.index.state()).behind
    for query, count in (("attention", 3), ("adapters", 1), ("sea", 1)):
        lines = await world.commands.preview(BY_NAME["subscribe"], {"query": query})
        assert lines[0].startswith(f"{count} paper"), query
    assert "3 papers last week." in text_of(await world.run("subscriptions"))


async def test_while_there_is_no_index_last_week_is_known_all_the_same(store: Store, tmp_path: Path) -> None:
    await fill(store)
    async with open_index(tmp_path / "index", store.papers, None) as index:
        world = World.over(store, lambda clock: Search(store.papers, index, clock))
        lines = await world.commands.preview(BY_NAME["subscribe"], {"query": "attention"})
        assert lines[0] == "2 papers of the last seven days match it."


async def test_more_like_a_paper_and_its_authors_are_subscribed_to_in_words(world: World) -> None:
    row = buttons_of(await world.press(Action(Verb.PAPER, ATTENTION)))
    opened = await world.press(row["Subscribe to more like it"])
    assert opened.form is not None
    query = opened.form.values["query"]
    assert query == format_query(parse(query))
    assert query == "(attention OR places OR small) cat:cs.CL"

    asked = await world.press(row["Follow an author"])
    assert list(buttons_of(asked)) == ["Ada Byron", "Bo Li"]
    followed = await world.press(buttons_of(asked)["Bo Li"])
    assert followed.form is not None
    assert followed.form.values["query"] == 'author:"Bo Li"'


async def test_a_made_subscription_speaks_every_day_that_was_named(world: World) -> None:
    await world.run("subscribe attention days=daily")
    kept, (there,) = await only(world)
    assert kept.days == there.schedule.days == EVERY_DAY


async def test_a_snooze_of_all_leaves_paused_ones_paused(world: World) -> None:
    for query in ("attention", "adapters", "speech"):
        await world.run(f"subscribe {query}")
    await world.run("subscription pause 2")
    reply = await world.run("subscription snooze all 1w")
    assert "2 of your subscriptions are snoozed until" in text_of(reply)
    assert "1 other stays paused." in text_of(reply)
    assert "Resume them" not in buttons_of(reply), "it would wake what was paused"
    found = [one for one, _ in await mine(world)]
    assert [one.state is SubscriptionState.PAUSED for one in found] == [False, True, False]
    assert [one.snoozed_until is None for one in found] == [False, True, False]

    await world.run("subscription pause all")
    stay = text_of(await world.run("subscription snooze all 1w"))
    assert "All of your subscriptions are paused, and stay so until you resume them." in stay
    await world.run("subscription snooze 2 1w")
    assert (await mine(world))[1][0].state is SubscriptionState.ACTIVE, "the one that is named"


# --- private feeds -------------------------------------------------------------------------------


@pytest.fixture
def with_feeds(world: World) -> World:
    world.services = replace(world.services, offers=[offer_of(world.store, world.services.ids)])
    return world


async def test_a_private_feed_is_one_for_all_that_goes_there(with_feeds: World) -> None:
    reply = await with_feeds.run("subscribe attention route=feed")
    await with_feeds.run("subscribe adapters route=here,feed at=18:00")

    (_, [first]), (_, [direct, second]) = await mine(with_feeds)
    assert first.route == second.route
    assert (first.route.surface, direct.route.surface) == ("feed", "slack")
    address = f"https://papers.example.org/private/{first.route.address}.atom"
    assert f"Your private feed: {address}, or .json." in text_of(reply)
    assert address in text_of(await with_feeds.run("my-feed"))
    assert address not in text_of(await with_feeds.run("my-feed", BEN)), "it is nobody else's"
    assert first.route.address not in text_of(await with_feeds.run("subscriptions"))
    await with_feeds.run("subscribe attention route=feed", BEN)
    (_, [bens]) = (await mine(with_feeds, BEN))[0]
    assert bens.route.address != first.route.address


async def test_a_subscription_that_is_taken_back_is_as_it_was(with_feeds: World) -> None:
    with_feeds.services = replace(with_feeds.services, offers=[*with_feeds.services.offers, mailed])
    query = '"at=9 in the morning" OR author:"Bo Li"'
    await with_feeds.run(f"subscribe {query} cadence=weekly days=fri at=18:30 zone=Asia/Tokyo max=7 min=2")
    await with_feeds.run("subscription edit 1 route=mail,feed,here")
    await with_feeds.run("settings zone=Europe/Paris")
    before, places = await only(with_feeds)
    ended = await with_feeds.run("unsubscribe 1")
    assert await mine(with_feeds) == []

    again = await with_feeds.press(buttons_of(ended)["Subscribe again"])

    kept, back = await only(with_feeds)
    new = {"id", "destination_ids", "created_at"}
    was, now = ({k: v for k, v in asdict(one).items() if k not in new} for one in (before, kept))
    assert was == now
    assert [one.schedule for one in back] == [one.schedule for one in places]
    assert [one.route.surface for one in back] == ["email", "feed", "slack"]
    assert "This address is new, and nothing is found at the one before any more." in text_of(again)
    assert back[1].route.address != places[1].route.address
    assert "Europe/Paris" in text_of(await with_feeds.run("settings")), "whose clocks count elsewhere stays"


async def test_one_that_spoke_by_a_way_without_a_name_here_ends_all_the_same(
    world: World, engine: Any
) -> None:
    surface, actor, where = SURFACES["terminal"]
    await world.commands.run("subscribe attention", actor, where, surface)
    known = await world.services.meet(actor)
    row = (ADA.identity.surface, ADA.identity.tenant, ADA.identity.user, known.recipient_id)
    await engine.write(
        lambda db: db.execute(
            "INSERT INTO identities (surface, tenant, user, recipient_id) VALUES (?, ?, ?, ?)", row
        )
    )
    ended = await world.run("unsubscribe 1")
    assert "has ended" in text_of(ended)
    assert buttons_of(ended) == {}


async def test_a_feed_that_others_keep_stays_where_it_was(with_feeds: World) -> None:
    for query in ("attention", "adapters"):
        await with_feeds.run(f"subscribe {query} route=feed")
    ended = await with_feeds.run("unsubscribe 1")
    again = await with_feeds.press(buttons_of(ended)["Subscribe again"])
    assert "address is new" not in text_of(again)
    (_, [one]), (_, [other]) = await mine(with_feeds)
    assert one.route == other.route


async def test_a_feed_gets_another_address_and_ends_with_its_last_subscription(with_feeds: World) -> None:
    await with_feeds.run("subscribe attention route=feed")
    (_, [before]) = await only(with_feeds)
    told = await with_feeds.press(buttons_of(await with_feeds.run("my-feed"))["Give it another address"])
    (_, [after]) = await only(with_feeds)

    assert after.route.address != before.route.address
    assert after.route.address in text_of(told)
    assert "nothing is found at the one before any more" in text_of(told)

    await with_feeds.run("subscription edit 1 route=here")
    assert "You have no private feed yet." in text_of(await with_feeds.run("my-feed"))


async def test_without_the_web_page_there_is_no_feed(world: World) -> None:
    world.services = replace(world.services, page=None)
    assert "switched the web page off" in text_of(await world.run("my-feed"))
    assert "There is no way to you by feed yet." in text_of(await world.run("subscribe attention route=feed"))
