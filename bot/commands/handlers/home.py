"""A person's own page on surfaces that have one: the day's papers, and all that is theirs, to be changed."""

from collections.abc import Iterable, Iterator

from bot.commands.actions import Verb
from bot.commands.handlers import lists, papers, subscriptions
from bot.commands.model import Actor, Call, Place, Reply, Standing
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.view import button, buttons, heading, sentence
from bot.model import Pool
from bot.schedule.standing import papers_words, state_words, when_words
from bot.view.doc import Actions, Block, Divider, Doc

_TITLE = "Paperboy"


async def home(actor: Actor, place: Place, services: Services, surface: Surface) -> Reply:
    """Today's papers, the person's subscriptions and saved papers, and the channels that they set up."""
    blocks: list[Block] = [*buttons(_SEARCH, _RUN_HELP)]
    parts = [("today", papers.today)]
    if actor.standing is Standing.MEMBER:
        parts += [("subscriptions", subscriptions.subscriptions), ("saved", lists.saved)]
    for name, handler in parts:
        call = Call(command=BY_NAME[name], arguments={}, actor=actor, place=place)
        blocks += [Divider(), *_without_search((await handler(call, services, surface)).doc.blocks)]
    blocks += await _channels(actor, services)
    return Reply(doc=Doc(tuple(blocks), _TITLE))


_SEARCH = button("Search papers", Verb.SEARCH)
_RUN_HELP = button("What you can do", Verb.RUN, "help")


def _without_search(blocks: Iterable[Block]) -> Iterator[Block]:
    """The page has the button once, on top."""
    for block in blocks:
        if isinstance(block, Actions):
            yield from buttons(*(one for one in block.buttons if one != _SEARCH))
        else:
            yield block


async def _channels(actor: Actor, services: Services) -> list[Block]:
    person = await services.find(actor)
    owned = await services.store.destinations.owned(person.recipient_id) if person is not None else ()
    channels = [one for one in owned if one.pool is not Pool.SUBSCRIPTIONS]
    if not channels:
        return []
    now = services.clock.now()
    blocks: list[Block] = [Divider(), heading("Channels that you set up")]
    for one in channels:
        name = one.label or one.name
        blocks.append(sentence(f"{name} ({state_words(one, now)}): {when_words(one)}, {papers_words(one)}."))
        blocks += buttons(button(f"Change {name}", Verb.FORM, f"channel edit {one.id}"))
    return blocks


__all__ = ["home"]
