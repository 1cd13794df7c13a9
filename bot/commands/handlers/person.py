"""What is stored of a person: `settings`, `my-data`, `forget-me`."""

import json

from bot.commands.actions import Verb
from bot.commands.handlers.account import surfaces_of
from bot.commands.model import Attachment, Call, FormRequest, Press, Reply
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.view import button, buttons, counted, heading, note, say, sentence, typed
from bot.people.model import Mark
from bot.people.tombstone import tombstones
from bot.taste.model import TasteChoices
from bot.view.doc import Block, Doc, with_code

_NOTHING = "Nothing is stored of you here."


async def settings(call: Call, services: Services, surface: Surface) -> Reply:
    """Remembers the person's time zone, and what they want beside their subscriptions."""
    zone, for_you, team = call.text("zone"), call.text("for_you"), call.text("team")
    if not zone and not for_you and not team:
        return await settings_form(call, services, surface)
    person = await services.meet(call.actor, zone)
    lines = []
    if zone:
        lines.append(f"Your time zone is {zone}. It counts for what you set up from now on.")
    if for_you or team:
        old = await services.store.taste.choices(person.recipient_id)
        new = TasteChoices(
            for_you=for_you == "yes" if for_you else old.for_you,
            counted=team == "yes" if team else old.counted,
        )
        await services.store.taste.choose(person.recipient_id, new)
        lines += _chosen(new)
    return say(" ".join(lines))


async def settings_form(call: Call, services: Services, surface: Surface) -> Reply:
    """What is remembered of the person, and the form that changes it."""
    person = await services.find(call.actor)
    zone = await services.zone_of(call.actor)
    known = (
        f"Your time zone: {zone}"
        if person is not None and person.zone
        else f"Your time zone: {zone}, not set yet"
    )
    blocks: list[Block] = [heading("Your settings"), sentence(f"{known}.")]
    choices = TasteChoices()
    if person is not None:
        people = services.store.people
        choices = await services.store.taste.choices(person.recipient_id)
        blocks += map(sentence, _chosen(choices))
        saved = await people.marked(person.recipient_id, Mark.SAVED)
        hidden = await people.marked(person.recipient_id, Mark.HIDDEN)
        kept = await people.subscriptions(person.recipient_id)
        blocks.append(
            note(
                f"Remembered of you: {counted(len(saved), 'saved paper')}, "
                f"{counted(len(hidden), 'hidden paper')}, {counted(len(kept), 'subscription')}. "
                f"You are known on {surfaces_of(person)}."
            )
        )
        mailbox = None if services.mail is None else await services.mail.of(person.recipient_id)
        if mailbox is not None:
            paused = f", paused: {mailbox.paused_why}" if mailbox.paused_at is not None else "."
            blocks.append(sentence(f"Your mail address: {mailbox.address}", *with_code(paused)))
    example = typed(surface, "settings zone=Europe/Berlin")
    blocks.append(note("To change your time zone, type ", example, "."))
    blocks.append(note(typed(surface, "taste"), " says what your papers are ordered by."))
    chosen = {"for_you": choices.for_you, "team": choices.counted}
    shown = {"zone": zone, **{name: "yes" if one else "no" for name, one in chosen.items()}}
    form = FormRequest(command=BY_NAME["settings"], values={**shown, **call.values})
    return Reply(doc=Doc(tuple(blocks), f"{known}."), form=form)


def _chosen(choices: TasteChoices) -> tuple[str, str]:
    """What somebody chose, in sentences."""
    has = "have" if choices.for_you else "do not have"
    may = "may count there, without your name" if choices.counted else "counts nowhere"
    return (
        f"Your messages {has} a section of papers near what you keep that no subscription of yours matches.",
        f"What you save in a channel {may}.",
    )


async def my_data(call: Call, services: Services, surface: Surface) -> Reply:
    """Everything that is stored of the person, as a file."""
    person = await services.find(call.actor)
    if person is None:
        return say(_NOTHING)
    held = await services.store.people.held(person.recipient_id)
    rows = sum(len(table) for table in held.values())
    content = json.dumps(held, indent=2, ensure_ascii=False, default=str) + "\n"
    deletes = typed(surface, "forget-me")
    made = say([f"All that is stored of you: {counted(rows, 'row')}. ", deletes, " deletes it."])
    return Reply(
        doc=made.doc,
        attachment=Attachment(name="my-data.json", media_type="application/json", content=content),
    )


async def forget_me(call: Call, services: Services, surface: Surface) -> Reply:
    """Asks whether everything is to be deleted."""
    if await services.find(call.actor) is None:
        return say(_NOTHING)
    sure = button("Delete all that is stored of me", Verb.FORGET, danger=True)
    return say(
        "This deletes your list, your subscriptions, your settings and whatever is on its way to you. "
        "Channels that you set up go on, without your name. It cannot be undone.",
        *buttons(sure),
    )


async def forget(press: Press, services: Services, surface: Surface) -> Reply:
    """Deletes it."""
    person = await services.find(press.actor)
    if person is None:
        return say(_NOTHING, replaces=True)
    marks = tombstones(services.key, person.identities)
    await services.store.people.forget(person.recipient_id, marks, services.clock.now())
    return say("All that was stored of you is deleted.", replaces=True)
