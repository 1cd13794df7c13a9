"""`subscriptions` and what is done with one that there is: paused, resumed, snoozed, ended."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from bot.commands.actions import Verb
from bot.commands.handlers.subscribing import LIST
from bot.commands.kept import Kept, kept_by, meant
from bot.commands.lastweek import last_week
from bot.commands.model import Actor, Call, Press, Reply
from bot.commands.offering import ADD
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.text import format_call
from bot.commands.values import ValuesError, call_from_values, quoted
from bot.commands.view import button, buttons, counted, heading, moment, note, say, sentence, typed
from bot.commands.wish import values_of
from bot.model import Destination, DestinationState
from bot.people.mailboxes import MAIL
from bot.people.model import Subscription, SubscriptionState
from bot.schedule.standing import local
from bot.schedule.until import parse_until
from bot.subscriptions.spans import looks_from, snoozed
from bot.view.doc import Block, Button, Doc, Span, with_code

_WITH_BUTTONS: Final = 8  # subscriptions of a list that have buttons of their own: some surfaces hold few
_ALL: Final = "all"
_SUBSCRIBE: Final = BY_NAME["subscribe"]


async def subscriptions(call: Call, services: Services, surface: Surface) -> Reply:
    """The person's subscriptions: when and how they come, when next, and how much each would have brought."""
    kept = await kept_by(services, call.actor)
    make = button("Subscribe to more" if kept else "Subscribe to a search", Verb.FORM, "subscribe")
    if not kept:
        example = typed(surface, _SUBSCRIBE.examples[0])
        return say(["You have no subscriptions. ", example, " makes one."], *buttons(make))
    now = services.clock.now()
    queries = [one.subscription.query for one in kept]
    matched = await last_week(services.store, services.search.index, services.clock, queries)
    title = f"You have {counted(len(kept), 'subscription')}"
    blocks: list[Block] = [heading(title)]
    for one, papers in zip(kept, matched, strict=True):
        count = f" {counted(len(papers), 'paper')} last week."
        parts: list[str | Span] = [
            Span(f"{one.number}. {one.subscription.query}", strong=True),
            *with_code(f": {one.words(now)}{count}"),
        ]
        next_at = one.next_at(now)
        if next_at is not None:
            parts += [" Next: ", moment(next_at, one.schedule.zone), "."]
        blocks.append(sentence(*parts))
        if one.number <= _WITH_BUTTONS:
            blocks += buttons(*_own(one, resting=_rests(one.subscription, services)))
    if len(kept) > _WITH_BUTTONS:
        first = _WITH_BUTTONS + 1
        example = typed(surface, f"subscription edit {first}")
        blocks.append(note("Those without buttons are changed by their numbers: ", example, "."))
    blocks += _unreached([place for one in kept for place in one.places], surface)
    blocks += buttons(make)
    return Reply(doc=Doc(tuple(blocks), title))


def _own(one: Kept, *, resting: bool) -> tuple[Button | None, ...]:
    """What can be done with one; it is named by its id, since numbers move."""
    number, name = one.number, one.subscription.id
    return (
        button(f"Change subscription {number}", Verb.FORM, f"subscription edit {name}"),
        button(f"Resume subscription {number}", Verb.RUN, f"subscription resume {name}")
        if resting
        else button(f"Pause subscription {number}", Verb.RUN, f"subscription pause {name}"),
        None
        if resting
        else button(f"Snooze subscription {number} for a week", Verb.RUN, f"subscription snooze {name} 1w"),
        button(f"End subscription {number}", Verb.UNSUBSCRIBE, name),
    )


def _unreached(places: Sequence[Destination], surface: Surface) -> list[Block]:
    """How what does not arrive goes on."""
    paused = {place.id: place for place in places if place.state is DestinationState.PAUSED}
    surfaces = {place.route.surface for place in paused.values()}
    blocks: list[Block] = []
    if MAIL in surfaces:
        blocks.append(note("Mail goes on once your address is confirmed anew: ", typed(surface, ADD), "."))
    blocks += buttons(
        *(
            button(f"Resume what comes by {place.label or place.route.surface}", Verb.RESUME, place.id)
            for place in paused.values()
            if place.route.surface != MAIL
        )
    )
    return blocks


def _rests(one: Subscription, services: Services) -> bool:
    return one.state is SubscriptionState.PAUSED or snoozed(one, services.clock.now())


# --- resting -------------------------------------------------------------------------------------


async def pause(call: Call, services: Services, surface: Surface) -> Reply:
    """Stops one, or all, until it is resumed."""

    async def work(one: Subscription) -> None:
        await services.store.people.set_subscription_state(one.id, SubscriptionState.PAUSED)

    some = await _each(call, services, surface, work)
    return say(
        f"{_named(some)} paused: nothing comes of {_it(some)} until you resume {_it(some)}.",
        *buttons(_back(call, some), LIST),
    )


async def resume(call: Call, services: Services, surface: Surface) -> Reply:
    """Ends a pause or a snooze."""

    async def work(one: Subscription) -> None:
        await services.store.people.change_subscription(replace(one, snoozed_until=None))
        await services.store.people.set_subscription_state(one.id, SubscriptionState.ACTIVE)

    some = await _each(call, services, surface, work)
    return say(f"{_named(some)} active again.", *buttons(LIST))


async def snooze(call: Call, services: Services, surface: Surface) -> Reply:
    """Rests one, or all, until a day; then comes what came meanwhile."""
    now = services.clock.now()
    zone = await services.zone_of(call.actor)
    until = parse_until(call.text("until"), now, zone)

    async def work(one: Subscription) -> None:
        since = one.waiting_since or looks_from(one, now)
        await services.store.people.change_subscription(
            replace(one, snoozed_until=until, waiting_since=since)
        )
        await services.store.people.set_subscription_state(one.id, SubscriptionState.ACTIVE)

    wanted = await _wanted(call, services, surface)
    if call.text("number").lower() == _ALL:  # whoever paused one did not mean it to wake by itself
        some = [one for one in wanted if one.subscription.state is not SubscriptionState.PAUSED]
    else:
        some = wanted
    if not some:
        return say("All of your subscriptions are paused, and stay so until you resume them.", *buttons(LIST))
    for one in some:
        await work(one.subscription)
    paused = len(wanted) - len(some)
    stay = f" {counted(paused, 'other')} {'stays' if paused == 1 else 'stay'} paused." if paused else ""
    return say(
        f"{_named(some, len(wanted))} snoozed until {local(until, zone, now)} ({zone}). Then comes what came "
        f"meanwhile.{stay}",
        *buttons(None if paused else _back(call, some), LIST),
    )


async def _each(
    call: Call, services: Services, surface: Surface, work: Callable[[Subscription], Awaitable[None]]
) -> list[Kept]:
    """Does this with the one that is named, or all; which they were. Raises `InputError`."""
    some = await _wanted(call, services, surface)
    for one in some:
        await work(one.subscription)
    return some


async def _wanted(call: Call, services: Services, surface: Surface) -> list[Kept]:
    """The one that is named, or all. Raises `InputError`."""
    kept = await kept_by(services, call.actor)
    wanted = call.text("number")
    return kept if wanted.lower() == _ALL and kept else [meant(kept, wanted, surface)]


def _named(some: Sequence[Kept], of: int = 0) -> str:
    """`Your subscription to “towels” is`, or `All of your subscriptions (3) are`; of more than these
    `3 of your subscriptions are`.
    """
    if len(some) == 1:
        return f"Your subscription to {quoted(some[0].subscription.query)} is"
    if len(some) < of:
        return f"{len(some)} of your subscriptions are"
    return f"All of your subscriptions ({len(some)}) are"


def _it(some: Sequence[Kept]) -> str:
    return "it" if len(some) == 1 else "them"


def _back(call: Call, some: Sequence[Kept]) -> Button | None:
    name = some[0].subscription.id if len(some) == 1 else _ALL
    return button(f"Resume {_it(some)}", Verb.RUN, f"subscription resume {name}")


# --- ending --------------------------------------------------------------------------------------


async def unsubscribe(call: Call, services: Services, surface: Surface) -> Reply:
    """Ends one of them by its number in the list, or all."""
    kept = await kept_by(services, call.actor)
    if not kept:
        return say("You have no subscriptions.")
    if call.text("number").lower() == _ALL:
        if not call.sure:
            sure = button("End all of them", Verb.SURE, f"unsubscribe {_ALL}", danger=True)
            return say(f"This ends all of your subscriptions ({len(kept)}), for good.", *buttons(sure, LIST))
        for one in kept:
            await _end(services, one.subscription, call.actor)
        return say(f"All of your subscriptions ({len(kept)}) have ended.")
    return await _ended(meant(kept, call.text("number"), surface), call.actor, services, surface)


async def end_this(press: Press, services: Services, surface: Surface) -> Reply:
    """Ends the one that a button names."""
    kept = await kept_by(services, press.actor)
    found = next((one for one in kept if one.subscription.id == press.argument), None)
    if found is None:
        return say("That subscription has ended already.")
    return await _ended(found, press.actor, services, surface)


async def _end(services: Services, one: Subscription, actor: Actor) -> None:
    await services.store.people.unsubscribe(one.id, actor.name, services.clock.now())


async def _ended(one: Kept, actor: Actor, services: Services, surface: Surface) -> Reply:
    await _end(services, one.subscription, actor)
    back = _again(one, surface)
    return say(f"Your subscription to {quoted(one.subscription.query)} has ended.", *buttons(back))


def _again(one: Kept, surface: Surface) -> Button | None:
    """Makes it once more, as it was; none if it spoke by a way that has no name here."""
    try:
        was = call_from_values(_SUBSCRIBE, values_of(one.subscription, one.places, surface.name))
    except ValuesError:
        return None
    behind = format_call(_SUBSCRIBE, was).removeprefix(_SUBSCRIBE.name).strip()
    return button("Subscribe again", Verb.RESUBSCRIBE, behind)
