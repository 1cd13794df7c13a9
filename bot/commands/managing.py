"""Whose destination something is, who may change it, and the record of who did."""

from bot.commands.channels import destination_at
from bot.commands.model import Actor, Place
from bot.commands.ports import Surface
from bot.commands.services import Services, address_of
from bot.commands.view import typed
from bot.errors import InputError
from bot.model import Destination, Pool
from bot.people.model import Change, Identity


async def here(services: Services, surface: Surface, place: Place) -> Destination:
    """The digest of this channel. Raises `InputError` if there is none."""
    found = await destination_at(services.store, surface.name, address_of(place))
    if found is None:
        add = typed(surface, "channel add").shown
        raise InputError(f"No digest is set up for {place.name}. {add} does it.")
    return found


async def managed(
    services: Services,
    surface: Surface,
    destination_id: str,
    actor: Actor,
    place: Place,
    *,
    owner_too: bool = False,
) -> Destination:
    """The destination that a button names, if the actor may manage its channel, or it is their own.

    Whoever set it up counts too where `owner_too`: they are told what became of it. Raises `InputError`.
    """
    found = await services.store.destinations.by_name(destination_id)
    if found is None or found.id != destination_id or found.route.surface != surface.name:
        raise InputError("That digest is not there any more.")
    person = await services.find(actor)
    if person is not None and found.recipient_id == person.recipient_id:
        return found
    if owner_too and person is not None and found.owner_id == person.recipient_id:
        return found
    channel = channel_of(found, place)
    if found.pool is Pool.SUBSCRIPTIONS or not await surface.may_manage(actor, channel):
        raise InputError(f"Only who may manage {channel.name} can do that.")
    return found


def channel_of(one: Destination, place: Place) -> Place:
    """The channel of a digest, named from some place: that very one, or all that is known of another."""
    if place.address == one.route.address:
        return place
    return Place(
        surface=place.surface,
        tenant=place.tenant,
        address=one.route.address,
        name=one.label or one.name,
        forum=one.posting.forum,
        announcements=one.posting.publish,
    )


async def log(services: Services, one: Destination, actor: Actor, what: str) -> None:
    """Notes who changed what; `what` is a sentence that names nobody. Whoever did is known from now on, until
    they are forgotten, so that the record can name them.
    """
    await services.meet(actor)
    await services.store.history.note(Change(one.id, services.clock.now(), str(actor.identity), what))


async def name_of(services: Services, by: str) -> str:
    """The name of whoever a change was made by, if they are still known."""
    surface, _, rest = by.partition(":")
    tenant, slash, user = rest.rpartition("/")
    person = await services.store.people.find(Identity(surface, tenant, user)) if slash else None
    return person.name if person is not None else "somebody" if slash else by
