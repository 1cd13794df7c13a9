"""What can be followed from a paper: more like it, or one of its authors."""

from bot.commands.actions import Verb
from bot.commands.model import Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import button, buttons, key_of, say
from bot.model import Paper
from bot.subscriptions.likeness import by_author, words_like
from bot.view.doc import Block

_MOST: int = 10  # authors to choose from


def following(paper: Paper) -> tuple[Block, ...]:
    """The row of a paper's answer. Pure."""
    words = words_like(paper)
    return buttons(
        button("Subscribe to more like it", Verb.SUBSCRIBE, words) if words is not None else None,
        button("Follow an author", Verb.AUTHORS, paper.key) if paper.authors else None,
    )


async def authors(press: Press, services: Services, surface: Surface) -> Reply:
    """Asks which of a paper's authors is to be followed."""
    paper = await services.paper(key_of(press.argument))
    some = [button(name, Verb.SUBSCRIBE, by_author(name)) for name in paper.authors[:_MOST]]
    return say(f"Whose papers do you want to hear of? {quoted(paper.title)} is by:", *buttons(*some))


__all__ = ["authors", "following"]
