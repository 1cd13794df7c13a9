"""`status`: the last digest, why there was none since, and what comes next, for everybody who reads along."""

from typing import Final

from bot.commands.channels import destination_at
from bot.commands.model import Call, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.view import capital, heading, moment, note, say, sentence, typed
from bot.editions.digest import source_note
from bot.editions.make import source_notes
from bot.model import Destination, DestinationState, SlotOutcome
from bot.schedule.standing import (
    Appointment,
    appointments,
    happened,
    local,
    next_appointment,
    papers_words,
    state_words,
    when_words,
)
from bot.schedule.zones import zone_info
from bot.view.doc import Block, Doc, with_code

_LOOKED_AT: Final = 20  # appointments
_SHOWN: Final = 5  # without a digest, since the last one


async def status(call: Call, services: Services, surface: Surface) -> Reply:
    """Of this channel's digest; in a direct message, of the person's own."""
    place = call.place
    if place.direct:
        person = await services.find(call.actor)
        found = [] if person is None else await services.store.destinations.owned(person.recipient_id)
        mine = [one for one in found if person is not None and one.recipient_id == person.recipient_id]
        if not mine:
            subscribe = typed(surface, "subscribe")
            return say(["Nothing comes to you here yet. ", subscribe, " changes that."])
    else:
        there = (
            None
            if place.address is None
            else await destination_at(services.store, surface.name, place.address)
        )
        if there is None:
            add = typed(surface, "channel add")
            return say(
                [f"No digest is set up for {place.name}. Who may manage it sets one up with ", add, "."]
            )
        mine = [there]
    blocks: list[Block] = []
    for one in mine:
        blocks += await _standing(services, one)
    notes = source_notes(await services.store.sources.states())
    blocks += [note(source_note(one, zone_info(mine[0].schedule.zone))) for one in notes]
    title = f"Digest for {mine[0].label or place.name}: {state_words(mine[0], services.clock.now())}"
    return Reply(doc=Doc((heading(title), *blocks), title))


async def _standing(services: Services, one: Destination) -> list[Block]:
    now = services.clock.now()
    passed = await appointments(services.store, one, _LOOKED_AT)
    zone = one.schedule.zone
    blocks: list[Block] = [sentence(f"{capital(when_words(one))}: {papers_words(one)}.")]
    last, since = last_digest(passed)
    if last is not None:
        blocks.append(
            sentence("Last digest: ", moment(last.record.slot.at, zone), f", {happened(last, one, now)}.")
        )
    elif not passed:
        blocks.append(sentence("No appointment has passed yet."))
    else:
        blocks.append(sentence("There was no digest yet."))
    blocks += [
        note(*with_code(f"{local(each.record.slot.at, zone, now)}: {happened(each, one, now)}"))
        for each in since[:_SHOWN]
    ]
    if one.state is DestinationState.PAUSED:
        blocks.append(sentence("Nothing comes while it is paused. ", *with_code(one.state_why)))
    next_at = next_appointment(one, passed[0].record if passed else None, now)
    if next_at is not None:
        blocks.append(sentence("Next: ", moment(next_at, zone), "."))
    return blocks


def last_digest(passed: tuple[Appointment, ...]) -> tuple[Appointment | None, tuple[Appointment, ...]]:
    """The last appointment that brought a message, and those after it; the newest first. Pure."""
    for index, one in enumerate(passed):
        if one.record.outcome is SlotOutcome.QUEUED:
            return one, passed[:index]
    return None, passed
