"""`account link` and `account unlink`: one person with accounts on several surfaces."""

from collections.abc import Iterable

from bot.commands.actions import Verb
from bot.commands.handlers.subscribing import LIST
from bot.commands.model import Call, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.text import format_call
from bot.commands.values import either, quoted
from bot.commands.view import button, buttons, counted, note, say, typed
from bot.errors import InputError
from bot.people.codes import GOOD_FOR, code_digest, new_code, read_code
from bot.people.model import Person
from bot.view.doc import Span

_MINUTES = GOOD_FOR.seconds // 60


async def link(call: Call, services: Services, surface: Surface) -> Reply:
    """Gives a code, or links the account whose code was typed."""
    text = call.text("code")
    if not text:
        return await _offer(call, services, surface)
    code, gives = read_code(text), typed(surface, "account link").shown
    if code is None:
        raise InputError(f"{quoted(text)} is no code. {gives} gives one, on your other account.")
    people, now = services.store.people, services.clock.now()
    digest = code_digest(services.key, code)
    other = await people.link_offered(digest, now)
    if other is None:
        raise InputError(
            f"That code is not good, or not any more: it serves once, within {_MINUTES} minutes. "
            f"{gives} gives a new one, on your other account."
        )
    person = await services.find(call.actor)
    if person is not None and person.recipient_id == other.recipient_id:
        raise InputError("That is your own code. Type it where you have your other account.")
    if not call.sure:
        sure = button("Both are mine: link them", Verb.SURE, format_call(call.command, call.arguments))
        return say(
            f"This code is of {quoted(other.name)} on {surfaces_of(other)}. Linked accounts are one person: "
            "what is stored of either can be seen, changed and deleted by both. Link it only if both are "
            "yours.",
            *buttons(sure),
        )
    person = await services.meet(call.actor)
    made = await people.link(digest, person.recipient_id, call.actor.name, now)
    some = counted(len(await people.subscriptions(made.recipient_id)), "subscription")
    return say(
        f"Linked: you are one person on {surfaces_of(made)}, with {some}, one list, and no paper twice.",
        *buttons(LIST, button("My settings", Verb.RUN, "settings")),
    )


async def unlink(call: Call, services: Services, surface: Surface) -> Reply:
    """Takes one of the linked accounts away, after a question."""
    person = await services.find(call.actor)
    surfaces = [] if person is None else _surfaces(person)
    if person is None or len(surfaces) == 1:
        gives = typed(surface, "account link").shown
        raise InputError(f"No other account of yours is linked. {gives} links one.")
    wanted = call.text("surface").lower()
    if wanted not in surfaces:
        raise InputError(f"You have no account on {quoted(wanted)} that I know of. Name {either(surfaces)}.")
    if not call.sure:
        kept = await services.store.people.subscriptions(person.recipient_id)
        ending = [one.query for one in kept if await _only_there(services, one.destination_ids, wanted)]
        ends = (
            f" {counted(len(ending), 'subscription')} that {'comes' if len(ending) == 1 else 'come'} nowhere "
            f"else {'ends' if len(ending) == 1 else 'end'} with it."
            if ending
            else ""
        )
        sure = button(
            f"Unlink {wanted.capitalize()}",
            Verb.SURE,
            format_call(call.command, call.arguments),
            danger=True,
        )
        return say(
            f"Your account on {wanted.capitalize()} will be somebody new: nothing comes there any more, and "
            f"your list, your subscriptions and what you were told of stay here.{ends}",
            *buttons(sure),
        )
    await services.store.people.unlink(person.recipient_id, wanted, call.actor.name, services.clock.now())
    return say(f"Your account on {wanted.capitalize()} is not linked any more.", *buttons(LIST))


def surfaces_of(person: Person) -> str:
    """`Slack`, `Discord and Slack`: where somebody is known. Pure."""
    *others, last = (surface.capitalize() for surface in _surfaces(person))
    return f"{', '.join(others)} and {last}" if others else last


async def _offer(call: Call, services: Services, surface: Surface) -> Reply:
    person = await services.meet(call.actor)
    code = new_code(services.key, services.ids.new())
    now = services.clock.now()
    await services.store.people.offer_link(
        person.recipient_id, code_digest(services.key, code), now + GOOD_FOR, now
    )
    warning = "Give it to nobody: whoever types it can see and delete what is stored of you."
    return say(
        [
            "Your code: ",
            Span(code, code=True),
            f". Within {_MINUTES} minutes, type it behind ",
            Span("account link", code=True),
            f" where you have your other account. {warning}",
        ],
        note(f"You are known on {surfaces_of(person)}."),
    )


def _surfaces(person: Person) -> list[str]:
    return sorted({identity.surface for identity in person.identities})


async def _only_there(services: Services, destinations: Iterable[str], surface: str) -> bool:
    places = [await services.store.destinations.by_name(one) for one in destinations]
    return all(place is None or place.route.surface == surface for place in places)


__all__ = ["link", "surfaces_of", "unlink"]
