"""What people save in a channel counts there, once a manager wants it: from three on, never by name."""

from bot.commands.managing import here, log
from bot.commands.model import Call, Place, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.view import note, say, typed
from bot.model import Paper, Route
from bot.people.model import Person
from bot.taste.model import LEAST_PEOPLE, TEAM_SPAN
from bot.view.doc import Block


async def channel_team(call: Call, services: Services, surface: Surface) -> Reply:
    """Whether what people save in the channel counts there."""
    one = await here(services, surface, call.place)
    counted = call.text("count") == "yes"
    if counted is await services.store.taste.has_team(one.id):
        return say("That is how it is set already; nothing was changed.")
    await services.store.taste.set_team(one.id, services.clock.now(), counted=counted)
    name = one.label or call.place.name
    if not counted:
        await log(services, one, call.actor, "Saves made here do not count any more.")
        return say(f"Saves made in {name} do not count any more, and none of them is kept.")
    await log(services, one, call.actor, "Saves made here count.")
    return say(
        f"From now on papers that {LEAST_PEOPLE} people or more saved in {name} within {TEAM_SPAN.days} days "
        "come first here, and papers like them earlier. Nobody is named, and whoever saves one is told.",
        note("Each may keep their saves out of it: ", typed(surface, "settings team=no"), "."),
    )


async def counted_here(
    services: Services, surface: Surface, person: Person, paper: Paper, place: Place
) -> tuple[Block, ...]:
    """Counts a save for the channel where it was made, if it may; what the person is told of that."""
    if place.address is None or place.direct:
        return ()
    route = Route(surface=place.surface, address=place.address)
    now = services.clock.now()
    if not await services.store.taste.saved_at(route, paper.id, person.recipient_id, now):
        return ()
    keep_out = typed(surface, "settings team=no")
    return (note("It counts in this channel, without your name. ", keep_out, " keeps yours out of it."),)


async def saved_in(services: Services, place: Place) -> dict[int, int]:
    """How many people saved each paper in a channel, where that counts; none of fewer than three."""
    if place.address is None or place.direct:
        return {}
    one = await services.store.destinations.at(Route(surface=place.surface, address=place.address))
    if one is None:
        return {}
    since = services.clock.now() - TEAM_SPAN
    return dict((await services.store.taste.team([one.id], since)).get(one.id, {}))


__all__ = ["channel_team", "counted_here", "saved_in"]
