"""`channel …`: the digest of the channel where it is typed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final

from bot.commands.actions import Verb
from bot.commands.channels import (
    applied,
    check_posting,
    destination_at,
    difference,
    feed_words,
    group_of,
    posting_words,
    preview_days,
    values_of,
)
from bot.commands.handlers.teaching import taught_blocks
from bot.commands.handlers.tried import tried
from bot.commands.managing import channel_of, here, log, managed, name_of
from bot.commands.model import Actor, Call, FormRequest, Reply
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME, offered
from bot.commands.services import Services, address_of
from bot.commands.text import format_call
from bot.commands.topics import topic_of
from bot.commands.values import quoted
from bot.commands.view import (
    button,
    buttons,
    by_form,
    capital,
    heading,
    moment,
    note,
    say,
    sentence,
    typed,
)
from bot.editions.digest import short_date
from bot.editions.preview import preview as preview_of
from bot.errors import ConflictError, InputError
from bot.model import (
    WORKDAYS,
    DeliveryState,
    Destination,
    DestinationState,
    Layout,
    Pool,
    Posting,
    Route,
    Schedule,
    Slot,
    SlotOutcome,
    Window,
)
from bot.schedule.growth import LISTS_USED, share_by_hour
from bot.schedule.pauses import pause as do_pause
from bot.schedule.pauses import resume as do_resume
from bot.schedule.slots import next_slot
from bot.schedule.standing import (
    Appointment,
    appointments,
    local,
    looks_words,
    next_appointment,
    papers_words,
    state_words,
    when_words,
)
from bot.schedule.zones import zone_info
from bot.sources.calendar import current_list_day
from bot.view.doc import Block, Button, Doc, with_code

_CHANGES: Final = 5  # of its history that are shown
_LOOKED_AT: Final = 10  # appointments
_DELETABLE: Final = 3  # of the digests posted then
_NINE: Final = time(9)
_DAY: Final = timedelta(days=1)


async def add(call: Call, services: Services, surface: Surface) -> Reply:
    """Sets up the channel's digest, once it is proved that posting there works."""
    place = call.place
    address = address_of(place)
    there = await destination_at(services.store, surface.name, address)
    if there is not None:
        return _already(there, services.clock.now())
    posting = _asked_posting(call)
    check_posting(posting, place)
    posting = await surface.prove_posting(place, posting, Layout(call.text("layout")))
    if surface.asks_twice(place) and not call.sure:
        return _question(call)
    person = await services.meet(call.actor, call.text("zone"))
    now = services.clock.now()
    base = Destination(
        id=services.ids.new(),
        recipient_id=services.ids.new(),
        name=f"{surface.name}:{address}",
        route=Route(surface=surface.name, address=address),
        schedule=Schedule(_NINE, WORKDAYS, person.zone or services.zone),
        label=place.name,
        owner_id=person.recipient_id,
        active_from=now,
        created_at=now,
    )
    made = replace(applied(base, call.arguments, group_of(surface, place)), posting=posting)
    days = await preview_days(services.store, services.rankings, made, now, services.tasting)
    try:
        await services.store.destinations.add(made, place.name)
    except ConflictError:  # somebody else was faster
        there = await destination_at(services.store, surface.name, address)
        if there is None:
            raise
        return _already(there, now)
    await log(services, made, call.actor, f"Set up: {when_words(made)}, {papers_words(made)}.")
    blocks: list[Block] = [
        sentence("Next digest: ", moment(next_slot(made.schedule, now).at, made.schedule.zone), ".")
    ]
    if made.feed:
        blocks.append(sentence(feed_words(made, services.page)))
    usual = await _usually_up(services, made)
    if usual is not None:
        blocks.append(note(usual))
    if len(made.schedule.days) == 1 and made.window is Window.DAY:
        wider = typed(surface, "channel edit window=week")
        blocks.append(note("It looks back over one day alone; ", wider, " takes the best of the week."))
    blocks += tried(made, days, surface)
    blocks += buttons(
        button("Post the first one now", Verb.FIRST, made.id),
        button("Change it", Verb.FORM, f"channel edit {made.id}"),
        button("Show what it would be", Verb.RUN, "channel preview"),
    )
    return say(
        f"Set up for {place.name}: {when_words(made)}, {papers_words(made)}{_filtered(made)}.", *blocks
    )


def _asked_posting(call: Call) -> Posting:
    """How a call wants messages to be put up."""
    return Posting(
        mention=call.text("mention"),
        publish=call.text("publish") == "yes",
        forum=call.place.forum,
        tag=call.text("tag"),
    )


def _question(call: Call) -> Reply:
    """Asks whether a digest is really meant for a place where everybody reads along."""
    again = button("Post it here all the same", Verb.SURE, format_call(call.command, call.arguments))
    return say(
        f"Everybody reads along in {call.place.name}. A channel of its own, such as #papers, keeps the "
        "digest for those who want it.",
        *buttons(again),
    )


def _already(there: Destination, now: datetime) -> Reply:
    how = f"{when_words(there)}, {papers_words(there)}"
    text = f"A digest is set up here already ({state_words(there, now)}): {how}."
    return say(
        text,
        *buttons(
            button("Change it", Verb.FORM, f"channel edit {there.id}"),
            button("Show it", Verb.RUN, "channel show"),
        ),
    )


async def add_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form that sets up a digest; it opens only where one can be."""
    address = address_of(call.place)
    there = await destination_at(services.store, surface.name, address)
    if there is not None:
        return _already(there, services.clock.now())
    await surface.prove_posting(call.place, Posting(forum=call.place.forum))
    command = offered(BY_NAME["channel add"], surface.name, surface.layouts)
    usual = {one.name: one.default for one in command.options if one.default is not None}
    zone = await services.zone_of(call.actor)
    form = FormRequest(
        command=command,
        values={**usual, "zone": zone, **call.values},
        intro=f"A digest of trending papers for {call.place.name}.",
    )
    example = typed(surface, f"channel add at=9:00 zone={zone}")
    return by_form(form, "Say when: ", example, " sets it up.")


async def show(call: Call, services: Services, surface: Surface) -> Reply:
    """How the digest is set up, by whom, and who changed it last."""
    one = await here(services, surface, call.place)
    now = services.clock.now()
    owner = await services.store.people.of_recipient(one.owner_id) if one.owner_id is not None else None
    title = f"The digest of {one.label or call.place.name}: {state_words(one, now)}"
    passed = await appointments(services.store, one, _LOOKED_AT)
    last = passed[0].record if passed else None
    next_at = next_appointment(one, last, now)
    blocks: list[Block] = [
        heading(title),
        sentence(f"{capital(when_words(one))}: {papers_words(one)}."),
        sentence(f"Only papers that match “{one.query}”." if one.query else "No filter."),
        sentence(f"{capital(looks_words(one))}."),
    ]
    if one.state_why:
        blocks.insert(1, sentence(*with_code(one.state_why)))
    posted = posting_words(await surface.named(call.place, one.posting))
    if posted:
        blocks.append(sentence(f"{capital(posted)}."))
    if one.group:
        blocks.append(sentence("A paper that fits another channel here better goes there alone."))
    if one.feed:
        blocks.append(sentence(feed_words(one, services.page)))
    if next_at is not None:
        blocks.append(sentence("Next digest: ", moment(next_at, one.schedule.zone), "."))
    if last is not None and last.outcome is SlotOutcome.QUEUED and last.detail:
        blocks.append(note(f"Last time {last.detail}."))
    by = f" by {owner.name}" if owner is not None else ""
    blocks.append(note(f"Set up{by} {local(one.created_at, one.schedule.zone, now)}."))
    for change in await services.store.history.changes(one.id, _CHANGES):
        who = await name_of(services, change.by)
        blocks.append(note(f"{local(change.at, one.schedule.zone, now)}, {who}: {change.what}"))
    paused = one.state is DestinationState.PAUSED
    blocks += buttons(
        button("Change it", Verb.FORM, f"channel edit {one.id}"),
        button("Go on posting", Verb.RUN, "channel resume")
        if paused
        else button("Pause it", Verb.RUN, "channel pause"),
        button("Show what it would be", Verb.RUN, "channel preview"),
    )
    blocks += [*await taught_blocks(services, one), *buttons(*_deletions(passed))]
    return Reply(doc=Doc(tuple(blocks), title))


def _deletions(passed: Sequence[Appointment]) -> list[Button | None]:
    """Buttons that delete the last digests that were posted, at once: each says which. Pure."""
    posted = [
        (short_date(one.record.slot.local_date), one.delivery.id)
        for one in passed
        if one.delivery is not None and one.delivery.state is DeliveryState.SENT
    ]
    return [
        button(f"Delete the digest of {day}", Verb.DELETE, delivery) for day, delivery in posted[:_DELETABLE]
    ]


async def edit(call: Call, services: Services, surface: Surface) -> Reply:
    """Changes what is named."""
    old = await _meant(call, services, surface)
    if not call.arguments:
        return await edit_form(call, services, surface)
    now = services.clock.now()
    if (zone := call.text("zone")) and zone != old.schedule.zone:
        await services.meet(call.actor, zone)
    new = await _edited(old, call, surface)
    if new == old:
        return say("That is how it is set already; nothing was changed.")
    place = channel_of(old, call.place)
    changed = difference(
        replace(old, posting=await surface.named(place, old.posting)),
        replace(new, posting=await surface.named(place, new.posting)),
    )
    if new.schedule != old.schedule:
        new = replace(new, active_from=max(old.active_from, now))
    await services.store.destinations.update(new)
    await log(services, new, call.actor, f"Changed: {changed}.")
    records = await services.store.destinations.slots(new.id, 1)
    next_at = next_appointment(new, records[0] if records else None, now)
    blocks: list[Block] = []
    if new.feed and not old.feed:
        blocks.append(sentence(feed_words(new, services.page)))
    if next_at is not None:
        blocks.append(sentence("Next digest: ", moment(next_at, new.schedule.zone), "."))
    blocks += buttons(button("Show what it would be", Verb.RUN, "channel preview"))
    return say(f"Changed: {changed}.", *blocks)


async def _edited(old: Destination, call: Call, surface: Surface) -> Destination:
    """The digest as the call wants it; how it is put up is proved if that changes. Raises `InputError`."""
    place = channel_of(old, call.place)
    new = applied(old, call.arguments, group_of(surface, place))
    if call.text("repeats") == "no" and not new.group:
        raise InputError("Papers are shared out within a server. Change that in the channel itself.")
    if (new.posting, new.layout) == (old.posting, old.layout):
        return new
    check_posting(new.posting, place)
    return replace(new, posting=await surface.prove_posting(place, new.posting, new.layout))


async def _meant(call: Call, services: Services, surface: Surface) -> Destination:
    """The digest that a form or a button names, wherever that was; else the one of this channel."""
    if call.subject:
        return await managed(services, surface, call.subject, call.actor, call.place)
    return await here(services, surface, call.place)


async def edit_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form with the digest as it is set."""
    one = await _meant(call, services, surface)
    example = typed(surface, BY_NAME["channel edit"].examples[1])
    how = f"{when_words(one)}, {papers_words(one)}{_filtered(one)}"
    command = offered(BY_NAME["channel edit"], surface.name, surface.layouts)
    known = {**values_of(one), "topic": topic_of(one.query) or "", **call.values}
    form = FormRequest(
        command=command,
        values={option.name: known[option.name] for option in command.options},
        intro=f"The digest of {one.label or call.place.name}.",
        subject=one.id,
    )
    return by_form(form, "Say what to change, such as ", example, f". Now it is: {how}.")


async def pause(call: Call, services: Services, surface: Surface) -> Reply:
    """Stops posting until it is resumed."""
    one = await here(services, surface, call.place)
    go_on = buttons(button("Go on posting", Verb.RESUME, one.id))
    if one.state is DestinationState.PAUSED:
        return say(f"It is {state_words(one, services.clock.now())} already.", *go_on)
    await do_pause(services.store, one, call.actor.name, services.clock.now())
    await log(services, one, call.actor, "Paused.")
    return say("Paused: nothing is posted here until it goes on.", *go_on)


async def resume(call: Call, services: Services, surface: Surface) -> Reply:
    """Goes on from the next appointment."""
    return await resumed(services, await here(services, surface, call.place), call.actor)


async def resumed(services: Services, one: Destination, actor: Actor) -> Reply:
    """Resumes it, whoever asked in whatever way."""
    if one.state is DestinationState.ACTIVE:
        return say("It is not paused.")
    now = services.clock.now()
    await do_resume(services.store, one, actor.name, now)
    await log(services, one, actor, "Resumed.")
    records = await services.store.destinations.slots(one.id, 1)
    next_at = next_appointment(
        replace(one, state=DestinationState.ACTIVE, active_from=now), records[0] if records else None, now
    )
    when = sentence("Next: ", moment(next_at, one.schedule.zone), ".") if next_at is not None else None
    return say(f"{capital(one.label) or 'It'} goes on, without a backlog.", *([when] if when else []))


async def remove(call: Call, services: Services, surface: Surface) -> Reply:
    """Asks whether the digest is to end."""
    one = await here(services, surface, call.place)
    sure = button("End this digest", Verb.REMOVE, one.id, danger=True)
    pausing = (
        None if one.state is DestinationState.PAUSED else button("Only pause it", Verb.RUN, "channel pause")
    )
    return say(
        f"This ends the digest of {one.label or call.place.name}. Its record stays.", *buttons(sure, pausing)
    )


async def preview(call: Call, services: Services, surface: Surface) -> Reply:
    """The very message that the channel would get now, for the person alone."""
    one = await here(services, surface, call.place)
    now = services.clock.now()
    day = now.astimezone(zone_info(one.schedule.zone)).date()
    made = await preview_of(services.store, one, Slot(day, now), now, tasting=services.tasting)
    if not made.elsewhere:
        return Reply(doc=made.doc)
    return Reply(doc=replace(made.doc, blocks=(*made.doc.blocks, note(f"{capital(made.elsewhere)}."))))


def _filtered(one: Destination) -> str:
    return f", only what matches {quoted(one.query)}" if one.query else ""


async def _usually_up(services: Services, one: Destination) -> str | None:
    """How much of a day's list is usually up at the chosen time; `None` if too few lists were watched."""
    if one.pool is Pool.ANNOUNCED:
        return None  # what arXiv announces comes all at once
    today = current_list_day(services.clock.now())
    growths = await services.store.papers.growth(today - 2 * LISTS_USED * _DAY, today - _DAY)
    share = share_by_hour(growths, one.schedule.zone, one.schedule.at)
    return share.sentence if share is not None else None
