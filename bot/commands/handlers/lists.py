"""A person's own list: `save`, `saved`, `export`, and hiding papers."""

from bot.commands.actions import Verb
from bot.commands.exports import FORMATS
from bot.commands.handlers.papers import show_others
from bot.commands.handlers.team import counted_here
from bot.commands.model import Actor, Attachment, Call, Place, Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import (
    PAGE,
    button,
    buttons,
    counted,
    heading,
    key_of,
    paper_card,
    say,
    titles,
    typed,
)
from bot.model import Paper, PaperId
from bot.people.model import Mark
from bot.view.doc import Doc


async def save(call: Call, services: Services, surface: Surface) -> Reply:
    """Puts a paper on the person's list."""
    return await _saved(services, surface, call.actor, call.place, call.paper("paper"))


async def save_this(press: Press, services: Services, surface: Surface) -> Reply:
    """The same, from a button."""
    return await _saved(services, surface, press.actor, press.place, key_of(press.argument))


async def unsave(press: Press, services: Services, surface: Surface) -> Reply:
    """Takes it off again."""
    paper = await services.paper(key_of(press.argument))
    person = await services.find(press.actor)
    if person is None or not await services.store.people.unmark(person.recipient_id, paper.id, Mark.SAVED):
        return say(f"{quoted(paper.title)} is not on your list.")
    await services.store.taste.unsaved(person.recipient_id, paper.id)
    back = button("Put it back", Verb.SAVE, paper.key)
    return say(f"{quoted(paper.title)} is off your list.", *buttons(back))


async def saved(call: Call, services: Services, surface: Surface) -> Reply:
    """The person's list, the newest first."""
    papers = await _list(services, call.actor)
    if not papers:
        hint = typed(surface, "save 1706.03762")
        return say(["Your list is empty. ", hint, ", or the menu beside a paper, puts one on it."])
    shown, rest = papers[: 2 * PAGE], papers[2 * PAGE :]
    title = f"Your list: {counted(len(papers), 'paper')}"
    cards = [paper_card(number, one, saved=True) for number, one in enumerate(shown, 1)]
    more = show_others([one.id for one in rest])
    export = button("Export as BibTeX", Verb.RUN, "export bibtex")
    return Reply(doc=Doc((heading(title), *cards, *buttons(more, export)), f"{title}: {titles(shown)}"))


async def export(call: Call, services: Services, surface: Surface) -> Reply:
    """The person's list as a file."""
    papers = await _list(services, call.actor)
    if not papers:
        return say("Your list is empty, so there is nothing to export.")
    form = FORMATS[call.text("format")]
    file = Attachment(name=f"papers.{form.ending}", media_type=form.media_type, content=form.write(papers))
    made = say(f"Your list as {form.name}: {counted(len(papers), 'paper')}.")
    return Reply(doc=made.doc, attachment=file)


async def hide(press: Press, services: Services, surface: Surface) -> Reply:
    """Never shows the paper to this person again, unless asked for."""
    paper = await services.paper(key_of(press.argument))
    person = await services.meet(press.actor)
    await services.store.people.mark(person.recipient_id, paper.id, Mark.HIDDEN, services.clock.now())
    undo = button("Show it again", Verb.UNHIDE, paper.key)
    text = f"{quoted(paper.title)} is hidden for you: it comes up only where you ask for it."
    return say(text, *buttons(undo, button("Less like it", Verb.LESS, paper.key)))


async def unhide(press: Press, services: Services, surface: Surface) -> Reply:
    """Takes that back."""
    paper = await services.paper(key_of(press.argument))
    person = await services.find(press.actor)
    if person is not None:
        await services.store.people.unmark(person.recipient_id, paper.id, Mark.HIDDEN)
    return say(f"{quoted(paper.title)} is shown to you again.")


async def _saved(
    services: Services, surface: Surface, actor: Actor, place: Place, paper_id: PaperId
) -> Reply:
    paper = await services.paper(paper_id)
    person = await services.meet(actor)
    new = await services.store.people.mark(person.recipient_id, paper.id, Mark.SAVED, services.clock.now())
    text = f"{quoted(paper.title)} is on your list{'' if new else ' already'}."
    told = await counted_here(services, surface, person, paper, place)
    undo = button("Remove it", Verb.UNSAVE, paper.key)
    return say(text, *told, *buttons(undo, button("Show my list", Verb.RUN, "saved")))


async def _list(services: Services, actor: Actor) -> list[Paper]:
    person = await services.find(actor)
    if person is None:
        return []
    marked = await services.store.people.marked(person.recipient_id, Mark.SAVED)
    known = await services.store.papers.get(one.paper_id for one in marked)
    return [known[one.paper_id] for one in marked if one.paper_id in known]
