"""What can be followed from a paper: more like it, one of its authors, or their lab."""

from bot.commands.actions import Verb
from bot.commands.model import Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import button, buttons, key_of, say
from bot.model import Paper
from bot.search.names import name_words
from bot.subscriptions.likeness import from_lab, words_like
from bot.view.doc import Block

_MOST: int = 10  # authors to choose from


def following(paper: Paper) -> tuple[Block, ...]:
    """The row of a paper's answer. Pure."""
    words, lab = words_like(paper), paper.organization
    return buttons(
        button("Subscribe to more like it", Verb.SUBSCRIBE, words) if words is not None else None,
        button("Follow an author", Verb.AUTHORS, paper.key) if _authors(paper) else None,
        button("Follow the lab", Verb.SUBSCRIBE, from_lab(lab)) if lab and name_words(lab) else None,
    )


async def authors(press: Press, services: Services, surface: Surface) -> Reply:
    """Asks which of a paper's authors is to be followed."""
    paper = await services.paper(key_of(press.argument))
    some = [button(name, Verb.FOLLOW, f"{paper.key} {name}") for name in _authors(paper)[:_MOST]]
    return say(f"Whose papers do you want to hear of? {quoted(paper.title)} is by:", *buttons(*some))


def _authors(paper: Paper) -> list[str]:
    """Those who have a name; of some papers an upstream lists a dot as one."""
    return [name for name in paper.authors if name_words(name)]


__all__ = ["authors", "following"]
