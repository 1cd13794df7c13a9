"""A person's own page on surfaces that have one: the day's papers, and all that is theirs, to be changed."""

from collections.abc import Iterable, Iterator

from bot.commands.actions import Verb
from bot.commands.handlers import lists, papers, subscriptions
from bot.commands.model import Actor, Call, Place, Reply, Standing
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services
from bot.commands.view import button, buttons, heading, note, sentence
from bot.model import DestinationState, Pool
from bot.schedule.standing import papers_words, state_words, when_words
from bot.view.doc import Actions, Block, Divider, Doc, with_code

_TITLE = "Paperboy"


async def home(actor: Actor, place: Place, services: Services, surface: Surface) -> Reply:
    """Today's papers, the person's subscriptions and saved papers, and the channels that they manage."""
    blocks: list[Block] = [*buttons(_SEARCH, _RUN_HELP)]
    if actor.why:
        blocks.append(note(*with_code(actor.why)))
    parts = [("today", papers.today)]
    if actor.standing is Standing.MEMBER:
        parts += [("subscriptions", subscriptions.subscriptions), ("saved", lists.saved)]
    for name, handler in parts:
        call = Call(command=BY_NAME[name], arguments={}, actor=actor, place=place)
        blocks += [Divider(), *_without_search((await handler(call, services, surface)).doc.blocks)]
    if actor.standing is Standing.MEMBER:
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
    """Those that they set up, or changed the digest of; whether they still may is asked where they do it."""
    person = await services.find(actor)
    owned = await services.store.destinations.owned(person.recipient_id) if person is not None else ()
    found = {one.id: one for one in owned}
    for changed in await services.store.history.changed_by(str(actor.identity)):
        one = found.get(changed) or await services.store.destinations.by_name(changed)
        if one is not None and one.id == changed and one.state is not DestinationState.REMOVED:
            found[changed] = one
    channels = [one for one in found.values() if one.pool is not Pool.SUBSCRIPTIONS]
    if not channels:
        return []
    now = services.clock.now()
    blocks: list[Block] = [Divider(), heading("Channels that you manage")]
    for one in channels:
        name = one.label or one.name
        blocks.append(sentence(f"{name} ({state_words(one, now)}): {when_words(one)}, {papers_words(one)}."))
        paused = one.state is DestinationState.PAUSED
        blocks += buttons(
            button(f"Change {name}", Verb.FORM, f"channel edit {one.id}"),
            button(f"Resume {name}", Verb.RESUME, one.id) if paused else None,
        )
    return blocks


__all__ = ["home"]
