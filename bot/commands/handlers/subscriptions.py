"""`subscribe`, `subscriptions` and `unsubscribe`: searches that are kept and come by direct message."""

from collections.abc import Sequence
from datetime import time
from typing import Final

from bot.commands.actions import Verb
from bot.commands.lastweek import last_week
from bot.commands.model import Actor, Call, FormRequest, Press, Reply
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.values import call_from_values, quoted
from bot.commands.view import button, buttons, by_form, counted, heading, moment, note, say, sentence, typed
from bot.errors import ConflictError, InputError
from bot.model import WORKDAYS, Destination, Paper, Pool, Route, Schedule
from bot.people.model import Cadence, Subscription, SubscriptionState
from bot.schedule.standing import next_appointment, when_words
from bot.schedule.zones import format_days, format_time
from bot.search.query import EVERYTHING, format_query, parse
from bot.view.doc import Block, Doc, Span

LABEL: Final = "direct message"  # what people call the place where their subscriptions come
_LIST: Final = button("My subscriptions", Verb.RUN, "subscriptions")
_SHOWN: Final = 3  # titles of last week's matches
_FAR_TOO_MANY: Final = 3  # times what may come
_ENDS: Final = 20  # that have a button to end them; more fit in no row


async def subscribe(call: Call, services: Services, surface: Surface) -> Reply:
    """Keeps a search, and says how much it would have brought last week."""
    query = parse(call.text("query"))
    if query == EVERYTHING:
        raise InputError("Say what you want to hear of: a subscription to everything would be a flood.")
    normal = format_query(query)
    address = await surface.direct_address(call.actor.identity)
    person = await services.meet(call.actor, call.text("zone"))
    days, at, maximum = call.arguments["days"], call.arguments["at"], call.arguments["max"]
    assert isinstance(at, time)  # noqa: S101 - which kind an option is of is declared beside it
    assert isinstance(days, frozenset)  # noqa: S101 - as above
    assert isinstance(maximum, int)  # noqa: S101 - as above
    schedule = Schedule(at, days, person.zone or services.zone)
    now = services.clock.now()
    destination = Destination(
        id=services.ids.new(),
        recipient_id=person.recipient_id,
        name=f"{surface.name}:{address} {format_time(at)} {format_days(days)} {schedule.zone}",
        route=Route(surface=surface.name, address=address),
        schedule=schedule,
        pool=Pool.SUBSCRIPTIONS,
        maximum=maximum,
        label=LABEL,
        owner_id=person.recipient_id,
        active_from=now,
        created_at=now,
    )
    wanted = Subscription(
        id=services.ids.new(),
        recipient_id=person.recipient_id,
        query=normal,
        cadence=Cadence.DAILY,
        maximum=maximum,
        destination_ids=(destination.id,),
        state=SubscriptionState.ACTIVE,
        created_at=now,
    )
    (matched,) = await last_week(services.store, services.search.index, services.clock, [normal])
    try:
        kept = await services.store.people.subscribe(wanted, destination)
    except ConflictError:
        return say(f"You are subscribed to {quoted(normal)} already.", *buttons(_LIST))
    used = await services.store.destinations.by_name(kept.destination_ids[0]) or destination
    next_at = next_appointment(used, None, now)
    blocks: list[Block] = [sentence(_forecast(matched, maximum, len(days)))]
    if matched:
        blocks.append(note("; ".join(one.title for one in matched[:_SHOWN])))
    if next_at is not None:
        blocks.append(sentence("The first message can come ", moment(next_at, schedule.zone), "."))
    blocks += buttons(
        button("Show what matches", Verb.RUN, f"search {normal} sort:new")
        if " sort:" not in f" {normal}"
        else None,
        _LIST,
        button("Take it back", Verb.UNSUBSCRIBE, kept.id),
    )
    return say(f"You are subscribed to {quoted(normal)}, {when_words(used)}, by {LABEL}.", *blocks)


def _forecast(matched: Sequence[Paper], maximum: int, days: int) -> str:
    """How much it would have been, with a remedy where that is far too much, or nothing. Pure."""
    if not matched:
        return (
            "No paper of the last seven days matches it. That may be right; fewer words, or OR between them, "
            "find more."
        )
    match = "matches" if len(matched) == 1 else "match"
    told = f"{counted(len(matched), 'paper')} of the last seven days {match} it"
    if len(matched) > _FAR_TOO_MANY * maximum * days:
        return (
            f"{told}, far more than the {counted(maximum, 'paper')} a message can hold: you would get the "
            "newest of them only. Another word, a cat: or upvotes:>10 makes it fewer."
        )
    return f"{told}."


async def subscribe_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form of a subscription."""
    zone = await services.zone_of(call.actor)
    intro = "New papers that match come by direct message, none of them twice."
    query = call.values.get("query", "")
    if query:
        normal = format_query(parse(query))
        (matched,) = await last_week(services.store, services.search.index, services.clock, [normal])
        intro = f"{_forecast(matched, 5, len(WORKDAYS))} {intro}"
    values = {"zone": zone, **call.values}
    form = FormRequest(command=BY_NAME["subscribe"], values=values, intro=intro)
    if query:
        return by_form(form, f"{intro} To subscribe, type ", typed(surface, f"subscribe {query}"), ".")
    example = typed(surface, BY_NAME["subscribe"].examples[1])
    return by_form(form, "Say what you want to hear of: ", example, ".")


async def subscriptions(call: Call, services: Services, surface: Surface) -> Reply:
    """The person's subscriptions, when they come, and how much each brought last week."""
    kept = await _kept(services, call.actor)
    if not kept:
        example = typed(surface, BY_NAME["subscribe"].examples[0])
        make = button("Subscribe to a search", Verb.FORM, "subscribe")
        return say(["You have no subscriptions. ", example, " makes one."], *buttons(make))
    matched = await last_week(
        services.store, services.search.index, services.clock, [one.query for one in kept]
    )
    title = f"You have {counted(len(kept), 'subscription')}"
    blocks: list[Block] = [heading(title)]
    for number, (one, papers) in enumerate(zip(kept, matched, strict=True), 1):
        places = [await services.store.destinations.by_name(found) for found in one.destination_ids]
        when = "; ".join(when_words(place) for place in places if place is not None)
        paused = " Paused." if one.state is SubscriptionState.PAUSED else ""
        brought = counted(len(papers), "match", "matches")
        how = f": {when}, at most {one.maximum}. {brought} last week.{paused}"
        blocks.append(sentence(Span(f"{number}. {one.query}", strong=True), how))
    ends = [
        button(f"End subscription {number}", Verb.UNSUBSCRIBE, one.id)
        for number, one in enumerate(kept[:_ENDS], 1)
    ]
    blocks += buttons(*ends, button("Subscribe to more", Verb.FORM, "subscribe"))
    return Reply(doc=Doc(tuple(blocks), title))


async def unsubscribe(call: Call, services: Services, surface: Surface) -> Reply:
    """Ends one of them by its number in the list, or all."""
    kept = await _kept(services, call.actor)
    wanted = call.text("number").lower().removeprefix("#").rstrip(".")
    if not kept:
        return say("You have no subscriptions.")
    if wanted == "all":
        for one in kept:
            await _end(services, one, call.actor)
        return say(f"All of your subscriptions ({len(kept)}) have ended.")
    if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(kept)):
        raise InputError(
            f"There is no subscription {quoted(call.text('number'))}. "
            f"{typed(surface, 'subscriptions').shown} numbers them, 1 to {len(kept)}."
        )
    return await _ended(services, kept[int(wanted) - 1], call.actor)


async def end_this(press: Press, services: Services, surface: Surface) -> Reply:
    """Ends the one that a button names."""
    kept = await _kept(services, press.actor)
    found = next((one for one in kept if one.id == press.argument), None)
    return (
        await _ended(services, found, press.actor) if found else say("That subscription has ended already.")
    )


async def take_back(press: Press, services: Services, surface: Surface) -> Reply:
    """Subscribes again to what was just ended, at the usual time."""
    command = BY_NAME["subscribe"]
    arguments = call_from_values(command, {"query": press.argument})
    return await subscribe(
        Call(command=command, arguments=arguments, actor=press.actor, place=press.place), services, surface
    )


async def subscribe_to(press: Press, services: Services, surface: Surface) -> Reply:
    """The form of a subscription to what a button holds."""
    call = Call(
        command=BY_NAME["subscribe"],
        arguments={},
        actor=press.actor,
        place=press.place,
        values={"query": press.argument},
    )
    return await subscribe_form(call, services, surface)


async def _kept(services: Services, actor: Actor) -> Sequence[Subscription]:
    person = await services.find(actor)
    return [] if person is None else await services.store.people.subscriptions(person.recipient_id)


async def _end(services: Services, one: Subscription, actor: Actor) -> None:
    await services.store.people.unsubscribe(one.id, actor.name, services.clock.now())


async def _ended(services: Services, one: Subscription, actor: Actor) -> Reply:
    await _end(services, one, actor)
    back = button("Subscribe again", Verb.RESUBSCRIBE, one.query)
    return say(f"Your subscription to {quoted(one.query)} has ended.", *buttons(back))
