"""What orders a person's papers: `taste`, and the buttons that teach it."""

from typing import Final

from bot.commands.actions import Verb
from bot.commands.handlers.searching import more_like_this
from bot.commands.handlers.teaching import reset_channel
from bot.commands.model import Call, Press, Reply, Standing
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import button, buttons, counted, heading, key_of, note, say, sentence
from bot.people.model import Mark
from bot.view.doc import Block, Doc

_TITLE: Final = "What your papers are ordered by"
_NAMES: Final = {
    Mark.SAVED: "that you saved",
    Mark.LIKED: "that you wanted more like",
    Mark.EXAMPLE: "that you named as examples",
    Mark.DISLIKED: "that you wanted less like",
    Mark.HIDDEN: "that you hid",
}
_NOTHING: Final = (
    "Nothing is learnt of you: papers come to you in the order that all see. Papers that you save, hide, or "
    "want more or less like change that; so do examples that you name."
)
_TEACH: Final = button("Teach with examples", Verb.FORM, "teach")


async def taste(call: Call, services: Services, surface: Surface) -> Reply:
    """From which papers the order of what comes to the person is learnt, and how to have it forgotten."""
    person = await services.find(call.actor)
    known = None
    if person is not None:
        known = (await services.store.taste.taught([person.recipient_id])).get(person.recipient_id)
    if known is None:
        return say(_NOTHING, *buttons(_TEACH))
    marks = [*known.wanted.values(), *known.unwanted.values()]
    lines = [
        sentence(f"{counted(marks.count(mark), 'paper')} {words}.")
        for mark, words in _NAMES.items()
        if mark in marks
    ]
    section = (
        button("No section “For you”", Verb.RUN, "settings for_you=no")
        if known.choices.for_you
        else button("A section “For you” in my messages", Verb.RUN, "settings for_you=yes")
    )
    blocks: list[Block] = [
        heading(_TITLE),
        sentence("What your subscriptions bring comes in an order of your own, learnt from:"),
        *lines,
        note("The newest 200 that you want more of count, and the newest 200 against. Nothing else teaches."),
        *buttons(_TEACH, section, button("Forget what was learnt", Verb.RESET, danger=True)),
    ]
    return Reply(doc=Doc(tuple(blocks), _TITLE))


async def more(press: Press, services: Services, surface: Surface) -> Reply:
    """Shows papers like this one, and remembers that the person wants more of them: a guest's is not."""
    reply = await more_like_this(press, services, surface)
    if press.actor.standing is not Standing.MEMBER:
        return reply
    paper = await services.paper(key_of(press.argument))
    await _remember(press, services, paper.id, Mark.LIKED, instead_of=Mark.DISLIKED)
    blocks = (
        note("Remembered: papers like it come earlier in what comes to you."),
        *buttons(button("Take that back", Verb.NEITHER, paper.key)),
    )
    return Reply(doc=Doc((*reply.doc.blocks, *blocks), reply.doc.fallback))


async def less(press: Press, services: Services, surface: Surface) -> Reply:
    """Remembers that the person wants less like this one."""
    paper = await services.paper(key_of(press.argument))
    await _remember(press, services, paper.id, Mark.DISLIKED, instead_of=Mark.LIKED)
    return say(
        f"Papers like {quoted(paper.title)} come later in what comes to you.",
        *buttons(button("Take that back", Verb.NEITHER, paper.key)),
    )


async def neither(press: Press, services: Services, surface: Surface) -> Reply:
    """Takes either back."""
    paper = await services.paper(key_of(press.argument))
    person = await services.find(press.actor)
    if person is not None:
        for mark in (Mark.LIKED, Mark.DISLIKED):
            await services.store.people.unmark(person.recipient_id, paper.id, mark)
    return say(f"{quoted(paper.title)} teaches nothing any more.")


async def reset(press: Press, services: Services, surface: Surface) -> Reply:
    """Forgets what was learnt: of the person, or of the channel whose destination the button names."""
    if press.argument:
        return await reset_channel(press, services, surface)
    person = await services.find(press.actor)
    if person is None:
        return say(_NOTHING)
    papers = await services.store.taste.reset(person.recipient_id, services.clock.now())
    teach = "paper teaches" if papers == 1 else "papers teach"
    return say(
        f"Forgotten: {papers} {teach} nothing any more, and papers come to you in the order that all see. "
        "Your list, and what you hid, stay as they are."
    )


async def _remember(press: Press, services: Services, paper_id: int, mark: Mark, *, instead_of: Mark) -> None:
    person = await services.meet(press.actor)
    people = services.store.people
    await people.unmark(person.recipient_id, paper_id, instead_of)
    await people.mark(person.recipient_id, paper_id, mark, services.clock.now())


__all__ = ["less", "more", "neither", "reset", "taste"]
