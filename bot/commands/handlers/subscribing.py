"""`subscribe` and `subscription edit`: a saved search is made or changed, previewed before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.commands.actions import Verb
from bot.commands.forecast import Forecast, forecast
from bot.commands.kept import Kept, chosen
from bot.commands.model import Actor, Call, Command, FormRequest, Kind, Press, Reply, Value
from bot.commands.offering import why_not_by_mail
from bot.commands.ports import Surface
from bot.commands.private_feed import NEW_ADDRESS, places_of, private_feed_words
from bot.commands.private_feed import SURFACE as FEED
from bot.commands.registry import BY_NAME
from bot.commands.services import RouteChoice, Services, way_name
from bot.commands.subscription_options import HERE
from bot.commands.text import format_call, read_text
from bot.commands.values import call_from_values, either, quoted
from bot.commands.view import button, buttons, by_form, moment, note, say, sentence, typed
from bot.commands.wish import Wish, difference, much_words, values_of, ways_words, when_words, wish_of
from bot.errors import ConflictError, InputError
from bot.model import Destination, Pool, Route
from bot.people.mailboxes import MAIL
from bot.people.model import Cadence, Person, Subscription, SubscriptionState
from bot.schedule.slots import next_slot
from bot.view.doc import Block, Button, Span

LIST: Final = button("My subscriptions", Verb.RUN, "subscriptions")
_SUBSCRIBE: Final = BY_NAME["subscribe"]
_EDIT: Final = BY_NAME["subscription edit"]


async def subscribe(call: Call, services: Services, surface: Surface) -> Reply:
    """Keeps a search, and says how much it would have brought last week."""
    wish = wish_of(call.arguments, await services.zone_of(call.actor))
    expected = await forecast(services, wish)
    if expected.flood and not call.sure:
        return _question(expected, format_call(call.command, call.arguments))
    person = await services.meet(call.actor, call.text("zone"))
    return await _subscribed(expected, person, call.actor, services, surface)


async def _subscribed(
    expected: Forecast, person: Person, actor: Actor, services: Services, surface: Surface
) -> Reply:
    """Makes it, and says what comes of it."""
    wish = expected.wish
    here = Route(surface=surface.name, address=await surface.direct_address(actor.identity))
    choices = await services.routes(person, here)
    ways = await _named(wish.routes, choices, person, services, surface)
    now = services.clock.now()
    places = [_place(services, person, way, wish, now) for way in ways]
    wanted = wish.applied(
        Subscription(
            id=services.ids.new(),
            recipient_id=person.recipient_id,
            query=wish.query,
            cadence=Cadence.DAILY,
            maximum=wish.maximum,
            destination_ids=tuple(place.id for place in places),
            state=SubscriptionState.ACTIVE,
            created_at=now,
        )
    )
    people = services.store.people
    try:
        kept = await people.subscribe(wanted, places[0])
    except ConflictError:
        return say(f"You are subscribed to {quoted(wish.query)} already.", *buttons(LIST))
    for place in places[1:]:
        kept = await people.speak_on(kept.id, place)
    when = when_words(wish.cadence, wish.schedule)
    return say(
        f"You are subscribed to {quoted(wish.query)}, {when}, {ways_words(places)}.",
        *_expected(expected, services.clock.now()),
        *_feed(places, services),
        *buttons(_show(wish.query), LIST, button("Take it back", Verb.UNSUBSCRIBE, kept.id)),
    )


async def subscribe_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form of a subscription, with what it would have brought where it is known already for what."""
    zone = await services.zone_of(call.actor)
    intro = "New papers that match come to you, none of them twice."
    query = call.values.get("query", "")
    command = await _offered(_SUBSCRIBE, call.actor, services, surface)
    if query:
        arguments = call_from_values(_SUBSCRIBE, {"query": query})
        intro = f"{(await forecast(services, wish_of(arguments, zone))).words} {intro}"
    form = FormRequest(command=command, values={"zone": zone, **call.values}, intro=intro)
    if query:
        return by_form(form, f"{intro} To subscribe, type ", typed(surface, f"subscribe {query}"), ".")
    example = typed(surface, _SUBSCRIBE.examples[1])
    return by_form(form, "Say what you want to hear of: ", example, ".")


async def subscribe_to(press: Press, services: Services, surface: Surface) -> Reply:
    """The form of a subscription to what a button holds."""
    call = Call(
        command=_SUBSCRIBE,
        arguments={},
        actor=press.actor,
        place=press.place,
        values={"query": press.argument},
    )
    return await subscribe_form(call, services, surface)


async def take_back(press: Press, services: Services, surface: Surface) -> Reply:
    """Subscribes again to what was just ended, as it was."""
    reading = read_text(f"{_SUBSCRIBE.name} {press.argument}")
    if reading.mistake is not None:
        raise InputError(reading.mistake)
    expected = await forecast(services, wish_of(reading.arguments, await services.zone_of(press.actor)))
    person = await services.meet(press.actor)
    had_feed = bool(await places_of(services.store, person))
    reply = await _subscribed(expected, person, press.actor, services, surface)
    if had_feed or not await places_of(services.store, person):
        return reply
    return replace(reply, doc=replace(reply.doc, blocks=(*reply.doc.blocks, note(NEW_ADDRESS))))


async def preview(values: Mapping[str, str], services: Services) -> list[str]:
    """What a subscription with these values would have brought, a line each. Raises `InputError`."""
    given = {name: text for name, text in values.items() if text and name in _NAMES}
    expected = await forecast(services, wish_of(call_from_values(_SUBSCRIBE, given), services.zone))
    return [line for line in (expected.words, expected.titles) if line]


_NAMES: Final = frozenset(option.name for option in _SUBSCRIBE.options)


# --- changing ------------------------------------------------------------------------------------


async def edit(call: Call, services: Services, surface: Surface) -> Reply:
    """Changes what is named of one subscription, and leaves the rest."""
    one = await chosen(services, call.actor, call.subject or call.text("number"), surface)
    changes = {name: text for name, text in call.values.items() if name != "number"}
    if not changes:
        return await edit_form(replace(call, subject=one.subscription.id), services, surface)
    before = values_of(one.subscription, one.places, surface.name)
    zone = await services.zone_of(call.actor)
    wish = wish_of(call_from_values(_SUBSCRIBE, before | changes), zone)
    expected = await forecast(services, wish)
    if wish.query != one.subscription.query and expected.flood and not call.sure:
        asked: dict[str, Value] = {**call.arguments, "number": one.subscription.id}
        return _question(expected, format_call(_EDIT, asked))
    places = await _places(call.actor, one, wish, services, surface)
    now = services.clock.now()
    try:
        kept = await services.store.people.speak(wish.applied(one.subscription), places, call.actor.name, now)
    except ConflictError:
        return say(f"You have another subscription to {quoted(wish.query)}.", *buttons(LIST))
    found = await Kept.of(services, kept)
    changed = difference(before, values_of(kept, found.places, surface.name))
    if not changed:
        return say(f"Your subscription to {quoted(kept.query)} is as it was.", *buttons(LIST))
    blocks: list[Block] = [
        sentence(
            Span(kept.query, strong=True),
            f": {when_words(wish.cadence, wish.schedule)}, {much_words(kept.maximum, kept.minimum)}, "
            f"{ways_words(found.places)}.",
        ),
        *_expected(expected, now),
        *_feed(found.places, services),
        *buttons(_show(wish.query) if wish.query != one.subscription.query else None, LIST),
    ]
    return say(f"Changed: {changed}.", *blocks)


async def edit_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form of a subscription that there is, as it stands."""
    one = await chosen(services, call.actor, call.subject or call.values.get("number", ""), surface)
    values = values_of(one.subscription, one.places, surface.name)
    command = await _offered(_EDIT, call.actor, services, surface, one.places)
    command = replace(command, options=tuple(option for option in command.options if option.name != "number"))
    typed_along = {name: text for name, text in call.values.items() if name != "number"}
    form = FormRequest(
        command=command,
        values={**values, **typed_along},
        intro=f"What is not changed stays as it is. Now: {one.words(services.clock.now())}",
        subject=one.subscription.id,
    )
    example = typed(surface, f"subscription edit {one.number} max=10 cadence=weekly days=fri")
    now = ", ".join(f"{name}={text}" for name, text in values.items())
    return by_form(form, f"It is set to {now}. To change it, type ", example, ".")


# --- parts ---------------------------------------------------------------------------------------


def _question(expected: Forecast, again: str) -> Reply:
    """Asks whether so much is really meant."""
    query = expected.wish.query
    return say(
        expected.words,
        note(expected.titles),
        *buttons(
            button("Subscribe all the same", Verb.SURE, again),
            button("Choose other words", Verb.SUBSCRIBE, query),
            _show(query),
        ),
    )


def _expected(expected: Forecast, now: datetime) -> list[Block]:
    """What it would have been last week, and when it comes next."""
    schedule = expected.wish.schedule
    blocks: list[Block] = [sentence(expected.words)]
    if expected.titles:
        blocks.append(note(expected.titles))
    if schedule.days:
        at = next_slot(schedule, now).at
        blocks.append(sentence("The first message can come ", moment(at, schedule.zone), "."))
    return blocks


def _feed(places: Sequence[Destination], services: Services) -> list[Block]:
    """Where to read a private feed, if it is one of the ways."""
    routes = [place.route for place in places if place.route.surface == FEED]
    return [sentence(private_feed_words(routes[0], services.page or ""))] if routes else []


def _show(query: str) -> Button | None:
    return (
        None if " sort:" in f" {query}" else button("Show what matches", Verb.RUN, f"search {query} sort:new")
    )


async def _offered(
    command: Command,
    actor: Actor,
    services: Services,
    surface: Surface,
    places: Sequence[Destination] = (),
) -> Command:
    """The command with the ways alone that there are for this person; without any to choose from if there is
    but one.
    """
    person = await services.find(actor)
    names = {way_name(place.route.surface) for place in places}
    if person is not None:
        names |= {choice.name for choice in await services.elsewhere(person, surface.name)}
    names = (names - {surface.name}) | {HERE}
    options = [
        replace(one, choices=tuple(name for name in one.choices if name in names))
        if one.kind is Kind.ROUTES
        else one
        for one in command.options
    ]
    if len(names) == 1:
        options = [one for one in options if one.kind is not Kind.ROUTES]
    return replace(command, options=tuple(options))


async def _named(
    names: Sequence[str],
    choices: Sequence[RouteChoice],
    person: Person,
    services: Services,
    surface: Surface,
) -> list[RouteChoice]:
    """The ways of these names. Raises `InputError` for one that there is not."""
    known = {choice.name: choice for choice in choices}
    known[HERE] = known[surface.name]
    for name in names:
        if name not in known:
            if name == way_name(MAIL):
                raise InputError(await why_not_by_mail(services.mail, person, surface))
            there = either(sorted({HERE, *(one for one in known if one != surface.name)}))
            raise InputError(f"There is no way to you by {name} yet. You can choose {there}.")
    return list({known[name].name: known[name] for name in names}.values())


def _place(services: Services, person: Person, way: RouteChoice, wish: Wish, now: datetime) -> Destination:
    """A destination for it. Its name says nothing of the person, for it stands in lists and logs."""
    number = services.ids.new()
    return Destination(
        id=number,
        recipient_id=person.recipient_id,
        name=f"{way.route.surface}:{number}",
        route=way.route,
        schedule=wish.schedule,
        pool=Pool.SUBSCRIPTIONS,
        maximum=wish.maximum,
        label=way.label,
        owner_id=person.recipient_id,
        active_from=now,
        created_at=now,
    )


async def _places(
    actor: Actor, one: Kept, wish: Wish, services: Services, surface: Surface
) -> list[Destination]:
    """Where it speaks after a change: by the ways that it had, as far as they are still named, and by new
    ones.
    """
    person = await services.meet(actor)
    had = [RouteChoice(route=place.route, label=place.label or place.route.surface) for place in one.places]
    names = [surface.name if name == HERE else name for name in wish.routes]
    if any(name not in {way.name for way in had} for name in names) or not had:
        here = Route(surface=surface.name, address=await surface.direct_address(actor.identity))
        offered = await services.routes(person, here)
        ways = await _named(names, [*offered, *had], person, services, surface)
    else:
        known = {way.name: way for way in had}
        ways = [known[name] for name in dict.fromkeys(names)]
    return [_place(services, person, way, wish, services.clock.now()) for way in ways]


__all__ = [
    "LIST",
    "edit",
    "edit_form",
    "preview",
    "subscribe",
    "subscribe_form",
    "subscribe_to",
    "take_back",
]
