"""`teach` and `channel teach`: papers that somebody brings, so that the order is right from the first day."""

from collections.abc import Sequence
from typing import Final

from bot.commands.actions import Verb
from bot.commands.managing import here, log, managed
from bot.commands.model import Call, FormRequest, Press, Reply
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.view import button, buttons, by_form, counted, note, say, typed
from bot.model import Destination
from bot.people.model import Mark
from bot.taste.examples import Named, read_examples
from bot.taste.model import MOST_EXAMPLES
from bot.taste.teaching import Resolved, left_out, resolve
from bot.view.doc import Block, Button

_INTRO: Final = f"Up to {MOST_EXAMPLES} papers: links or ids, or a list as BibTeX, RIS, CSL-JSON or CSV."


async def teach(call: Call, services: Services, surface: Surface) -> Reply:
    """Papers that order what comes to the person."""
    named = read_examples(call.text("papers"))
    person = await services.meet(call.actor)
    found = await resolve(services.store, named, services.paper)
    kept = await services.store.taste.teach(person.recipient_id, found.papers, services.clock.now())
    has = f"You have {counted(kept, 'example')}: papers like them come earlier to you."
    return _taught(named, found, has, button("What your papers are ordered by", Verb.RUN, "taste"))


async def teach_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form for it."""
    command = BY_NAME["teach"]
    form = FormRequest(command=command, values=call.values, intro=_INTRO)
    return by_form(form, typed(surface, command.examples[0]), " teaches with papers that you name.")


async def channel_teach(call: Call, services: Services, surface: Surface) -> Reply:
    """Papers that order a channel's digest."""
    one = await _meant(call, services, surface)
    named = read_examples(call.text("papers"))
    found = await resolve(services.store, named, services.paper)
    kept = await services.store.taste.teach(one.recipient_id, found.papers, services.clock.now())
    if found.papers:
        await log(services, one, call.actor, f"Taught with {counted(len(found.papers), 'example')}.")
    has = f"{one.label or call.place.name} has {counted(kept, 'example')}: papers like them come first here."
    return _taught(named, found, has, _forget(one))


async def channel_teach_form(call: Call, services: Services, surface: Surface) -> Reply:
    """The form for it."""
    one = await _meant(call, services, surface)
    command = BY_NAME["channel teach"]
    form = FormRequest(command=command, values=call.values, intro=_INTRO, subject=one.id)
    return by_form(form, typed(surface, command.examples[0]), " teaches with papers that you name.")


async def reset_channel(press: Press, services: Services, surface: Surface) -> Reply:
    """Forgets a channel's examples."""
    one = await managed(services, surface, press.argument, press.actor, press.place)
    await services.store.taste.reset(one.recipient_id, services.clock.now())
    await log(services, one, press.actor, "Forgot its examples.")
    return say(f"{one.label or press.place.name} has no examples any more: its papers come by upvotes alone.")


async def taught_blocks(services: Services, one: Destination) -> Sequence[Block]:
    """What `channel show` says of a channel's examples, and whether its saves count; nothing of neither."""
    examples = await services.store.people.marked(one.recipient_id, Mark.EXAMPLE)
    team = await services.store.taste.has_team(one.id)
    saves = (note("What three people or more save here comes first."),) if team else ()
    if not examples:
        return saves
    return (
        *saves,
        note(f"Papers like its {counted(len(examples), 'example')} come first."),
        *buttons(_forget(one)),
    )


def _forget(one: Destination) -> Button | None:
    return button("Forget its examples", Verb.RESET, one.id, danger=True)


async def _meant(call: Call, services: Services, surface: Surface) -> Destination:
    """The digest that a form names, wherever that was; else the one of this channel."""
    if call.subject:
        return await managed(services, surface, call.subject, call.actor, call.place)
    return await here(services, surface, call.place)


def _taught(named: Named, found: Resolved, has: str, beside: Button | None) -> Reply:
    """What became of the papers that were named; `has` says how many examples there are now. Pure."""
    blocks = [note(line) for line in left_out(named, found)]
    if not found.papers:
        return say("None of these papers is stored here.", *blocks)
    return say(has, *blocks, *buttons(beside))


__all__ = ["channel_teach", "channel_teach_form", "reset_channel", "taught_blocks", "teach", "teach_form"]
