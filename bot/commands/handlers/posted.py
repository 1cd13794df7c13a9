"""Buttons of what was posted, and of notices to whoever set it up; each looks up the rights anew."""

from bot.commands.handlers.channel import resumed
from bot.commands.handlers.unreached import alike
from bot.commands.managing import log, managed
from bot.commands.model import Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import key_of, say
from bot.errors import InputError
from bot.model import Delivery, DeliveryState, DestinationState
from bot.people.model import Mark
from bot.schedule.standing import local


async def ban(press: Press, services: Services, surface: Surface) -> Reply:
    """Keeps a paper out of a channel's digests."""
    destination_id, _, key = press.argument.partition(" ")
    one = await managed(services, surface, destination_id, press.actor, press.place)
    paper = await services.paper(key_of(key))
    now = services.clock.now()
    if await services.store.people.mark(one.recipient_id, paper.id, Mark.HIDDEN, now):
        await log(services, one, press.actor, f"Ruled out {paper.key}.")
    return say(f"{quoted(paper.title)} will not be in digests of {one.label or one.name}.")


async def first(press: Press, services: Services, surface: Surface) -> Reply:
    """Posts the first digest at once."""
    one = await managed(services, surface, press.argument, press.actor, press.place)
    why_not = await services.serve_now(one)
    if why_not is not None:
        return say(f"There is nothing to post now. {why_not}")
    await log(services, one, press.actor, "Posted at once.")
    return say(f"It is on its way to {one.label or one.name}.")


async def resume(press: Press, services: Services, surface: Surface) -> Reply:
    """Goes on after a pause; of what did not arrive somewhere all goes on that is paused for it."""
    one = await managed(services, surface, press.argument, press.actor, press.place)
    for other in await alike(services, one):
        await resumed(services, other, press.actor)
    return await resumed(services, one, press.actor)


async def remove(press: Press, services: Services, surface: Surface) -> Reply:
    """Ends a digest, after the question."""
    one = await managed(services, surface, press.argument, press.actor, press.place)
    now = services.clock.now()
    await services.store.destinations.set_state(one.id, DestinationState.REMOVED, press.actor.name, now)
    await log(services, one, press.actor, "Removed.")
    return say(f"The digest of {one.label or one.name} has ended.", replaces=True)


async def delete(press: Press, services: Services, surface: Surface) -> Reply:
    """Deletes a posted digest. Its papers count as told: they do not come again."""
    delivery = await _delivery(services, press)
    one = await managed(services, surface, delivery.destination_id, press.actor, press.place)
    if delivery.state is not DeliveryState.SENT or delivery.receipt is None:
        raise InputError("That message was not posted, so there is nothing to delete.")
    await surface.delete(delivery.route.address, delivery.receipt)
    now = services.clock.now()
    when = local(delivery.finished_at or delivery.created_at, one.schedule.zone, now)
    await log(services, one, press.actor, f"Deleted the digest posted {when}.")
    return say("The digest is deleted. Its papers do not come again.")


async def arrived(press: Press, services: Services, surface: Surface) -> Reply:
    """A person's word that a doubtful message is there."""
    delivery = await _delivery(services, press)
    one = await managed(services, surface, delivery.destination_id, press.actor, press.place, owner_too=True)
    await services.store.outbox.resolve(delivery.id, services.clock.now(), arrived=True, by=press.actor.name)
    await log(services, one, press.actor, "Said that a doubtful digest had arrived.")
    return say("Good: it counts as arrived.", replaces=True)


async def again(press: Press, services: Services, surface: Surface) -> Reply:
    """A person's word that it is not there: it is sent again."""
    delivery = await _delivery(services, press)
    one = await managed(services, surface, delivery.destination_id, press.actor, press.place, owner_too=True)
    now = services.clock.now()
    await services.store.outbox.resend(delivery.id, now, now + services.late_limit)
    await log(services, one, press.actor, "Had a doubtful digest sent again.")
    services.queued()
    return say("It is sent again.", replaces=True)


async def _delivery(services: Services, press: Press) -> Delivery:
    found = await services.store.outbox.get(press.argument)
    if found is None:
        raise InputError("That message is not there any more.")
    return found
