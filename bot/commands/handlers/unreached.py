"""Direct messages that do not arrive: whoever they were for is told at the next command, with what to do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.commands.actions import Verb
from bot.commands.model import Actor, Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import DIRECT_MESSAGE, Services
from bot.commands.view import button, buttons, say, sentence
from bot.errors import InputError, PaperboyError
from bot.model import Destination, DestinationState, Pool, Route
from bot.people.mailboxes import MAIL
from bot.people.model import Change, Person
from bot.schedule.standing import local
from bot.view.doc import Block, with_code

_TOLD: Final = "Told that nothing arrives."
_LOOKED_AT: Final = 20  # changes of a destination


async def unreached(actor: Actor, services: Services, surface: Surface) -> Sequence[Block]:
    """What to say in front of an answer, once for each pause: that subscriptions do not arrive, and why."""
    person = await services.find(actor)
    if person is None:
        return ()
    now = services.clock.now()
    groups: dict[tuple[Route, str], list[Destination]] = {}
    for one in await services.store.destinations.owned(person.recipient_id):
        if _unreached(one, person) and not await _was_told(services, one):
            await services.store.history.note(Change(one.id, now, str(actor.identity), _TOLD))
            groups.setdefault((one.route, one.state_why), []).append(one)
    blocks: list[Block] = []
    for (route, why), group in groups.items():
        one = group[0]  # whose buttons are for all that `alike` finds
        by_mail = route.surface == MAIL  # which goes on once the address is confirmed anew
        name = "by mail" if by_mail else f"on {route.surface.capitalize()}"
        since = local(min(each.state_at or now for each in group), one.schedule.zone, now)
        ways = await _ways(person, one, services, surface)
        elsewhere = [
            button(f"Send them by {way.surface.capitalize()} instead", Verb.MOVE, f"{one.id} {way.surface}")
            for way in ways
        ]
        blocks.append(sentence(f"Your subscriptions {name} are paused since {since}. ", *with_code(why)))
        mine = button("My subscriptions", Verb.RUN, "subscriptions")
        again = None if by_mail else button("Resume them", Verb.RESUME, one.id)
        blocks += buttons(again, *(elsewhere or [mine]))
    return blocks


async def alike(services: Services, one: Destination) -> Sequence[Destination]:
    """What else of the same person is paused on the same route for the same reason: at other times of day."""
    person = None if one.owner_id is None else await services.store.people.of_recipient(one.owner_id)
    if person is None or not _unreached(one, person):
        return ()
    return [
        other
        for other in await services.store.destinations.owned(person.recipient_id)
        if _unreached(other, person)
        and (other.route, other.state_why) == (one.route, one.state_why)
        and other.id != one.id
    ]


async def move(press: Press, services: Services, surface: Surface) -> Reply:
    """Sends what comes to somebody's direct messages on one surface to those on another."""
    destination_id, _, wanted = press.argument.partition(" ")
    person = await services.find(press.actor)
    one = await services.store.destinations.by_name(destination_id)
    if person is None or one is None or one.recipient_id != person.recipient_id:
        raise InputError("Those subscriptions are not there any more.")
    route = next((way for way in await _ways(person, one, services, surface) if way.surface == wanted), None)
    if route is None:
        raise InputError(f"You have no direct messages on {wanted.capitalize()} that I know of.")
    now = services.clock.now()
    moved: dict[str, Destination] = {}
    for place in (one, *await alike(services, one)):
        number = services.ids.new()
        moved[place.id] = replace(
            place,
            id=number,
            name=f"{route.surface}:{number}",
            route=route,
            state=DestinationState.ACTIVE,
            active_from=now,
            created_at=now,
        )
    people = services.store.people
    for each in await people.subscriptions(person.recipient_id):
        if moved.keys() & set(each.destination_ids):
            known = [await services.store.destinations.by_name(name) for name in each.destination_ids]
            places = [moved.get(place.id, place) for place in known if place is not None]
            await people.speak(each, places, press.actor.name, now)
    where = f"{DIRECT_MESSAGE}s on {route.surface.capitalize()}"
    return say(f"What came there comes to your {where} from now on, without a backlog.")


def _unreached(one: Destination, person: Person) -> bool:
    """Whether it is somebody's own, and was paused because its surface refused to bring it."""
    return (
        one.pool is Pool.SUBSCRIPTIONS
        and one.recipient_id == person.recipient_id
        and one.state is DestinationState.PAUSED
        and one.state_why != ""
    )


async def _was_told(services: Services, one: Destination) -> bool:
    changes = await services.store.history.changes(one.id, _LOOKED_AT)
    told = max((change.at for change in changes if change.what == _TOLD), default=None)
    return told is not None and (one.state_at is None or told >= one.state_at)


async def _ways(person: Person, one: Destination, services: Services, surface: Surface) -> Sequence[Route]:
    """The person's direct messages on other surfaces, as far as they can be found now."""
    found: list[Route] = []
    for identity in person.identities:
        if identity.surface == one.route.surface:
            continue
        try:
            if identity.surface == surface.name:
                found.append(Route(surface=surface.name, address=await surface.direct_address(identity)))
            elif (route := await services.direct(identity)) is not None:
                found.append(route)
        except PaperboyError:  # no way just now
            continue
    return found
