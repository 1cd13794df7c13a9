"""`follow`: somebody's new papers, or a lab's. Of those who share a name it asks which one is meant."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.commands.actions import Verb
from bot.commands.handlers.subscribing import subscribe_to
from bot.commands.model import Actor, Call, Place, Press, Reply
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import button, buttons, counted, key_of, note, say, sentence
from bot.errors import InputError
from bot.model import Paper
from bot.search.match import compile_query, prepare
from bot.search.names import name_words
from bot.search.ports import Limits, Order
from bot.search.query import parse
from bot.subscriptions.likeness import by_author, from_lab
from bot.subscriptions.namesakes import Namesake, family_name, is_common, namesakes
from bot.view.doc import Block, Span
from bot.view.text import shorten

_MOST: Final = 6  # of those who share a name, to choose from
_LOOKED_AT: Final = 200  # papers, the newest
_LABS: Final = 3
_SHOWN: Final = 60  # characters of a title or a lab's name
_LABEL: Final = 70  # characters of a button
_WITH: Final = 3  # co-authors that are named


async def follow(call: Call, services: Services, surface: Surface) -> Reply:
    """Opens the form of a subscription to somebody's papers, or asks who is meant."""
    name = call.text("name")
    if not name_words(name):
        raise InputError(f"{quoted(name)} is no name.")
    people, labs = await asyncio.gather(_namesakes(services, name), _labs(services, name))
    if not people and not labs:
        return say(
            f"No paper that is stored is by {quoted(name)}, nor from a lab of that name. You can follow the "
            "name all the same.",
            *buttons(button("Follow it", Verb.SUBSCRIBE, by_author(name))),
        )
    if len(people) + len(labs) == 1:
        query = people[0].query if people else labs[0][1]
        return await _open(query, call.actor, call.place, services, surface)
    return _which(name, people, labs)


async def follow_author(press: Press, services: Services, surface: Surface) -> Reply:
    """The same for an author of a paper: whoever of that name it is by stands first."""
    key, _, name = press.argument.partition(" ")
    paper = await services.paper(key_of(key))
    people = await _namesakes(services, name)
    of_paper = [one for one in people if paper.id in {each.id for each in one.papers}]
    if not people or (len(people) == 1 and of_paper):
        query = people[0].query if people else by_author(name)
        return await _open(query, press.actor, press.place, services, surface)
    return _which(name, [*of_paper, *(one for one in people if one not in of_paper)], [])


def _which(name: str, people: Sequence[Namesake], labs: Sequence[tuple[str, str, int]]) -> Reply:
    """Asks who is meant, shown by what they publish, and with whom."""
    blocks: list[Block] = []
    for one in people[:_MOST]:
        blocks.append(sentence(Span(one.name, strong=True), f": {_told(one)}"))
        around = f" ({one.categories[0]})" if one.categories else ""
        blocks += buttons(button(shorten(f"Follow {one.name}{around}", _LABEL), Verb.SUBSCRIBE, one.query))
    for lab, query, papers in labs:
        blocks.append(sentence(Span(lab, strong=True), f": a lab, {counted(papers, 'paper')}."))
        blocks += buttons(button(shorten(f"Follow {lab}", _LABEL), Verb.SUBSCRIBE, query))
    if len(people) > _MOST:
        rest = counted(len(people) - _MOST, "other person bears", "other people bear")
        blocks.append(note(f"{rest} that name too. With more of the name there are fewer."))
    blocks += buttons(button(shorten(f"Follow every {name}", _LABEL), Verb.SUBSCRIBE, by_author(name)))
    return say(f"Whom do you mean by {quoted(name)}?", *blocks)


def _told(one: Namesake) -> str:
    """`7 papers, in cs.RO and cs.AI, with Bo Li. The newest: “Towels”.`"""
    parts = [counted(len(one.papers), "paper")]
    if one.categories:
        parts.append(f"in {' and '.join(one.categories[:2])}")
    if one.coauthors:
        parts.append(f"with {', '.join(one.coauthors[:_WITH])}")
    newest = one.papers[0]
    year = f" ({newest.published_at.year})" if newest.published_at is not None else ""
    return f"{', '.join(parts)}. The newest: “{shorten(newest.title, _SHOWN)}”{year}."


async def _open(query: str, actor: Actor, place: Place, services: Services, surface: Surface) -> Reply:
    return await subscribe_to(Press(argument=query, actor=actor, place=place), services, surface)


# --- what is stored ------------------------------------------------------------------------------


async def _namesakes(services: Services, name: str) -> list[Namesake]:
    theirs, everybodys = await asyncio.gather(
        _newest(services, by_author(name)), _newest(services, by_author(family_name(name)))
    )
    return await asyncio.to_thread(
        lambda: namesakes(name, theirs, common=is_common(family_name(name), everybodys))
    )


async def _labs(services: Services, name: str) -> list[tuple[str, str, int]]:
    """Labs of that name, with the search that follows each and its papers, those with most first."""
    papers = await _newest(services, from_lab(name))
    found = Counter(paper.organization for paper in papers if paper.organization)
    return [
        (shorten(lab, _SHOWN), from_lab(lab), count)
        for lab, count in found.most_common(_LABS)
        if name_words(lab)
    ]


async def _newest(services: Services, query: str) -> Sequence[Paper]:
    """The newest papers that match, as far as the index holds them."""
    now, wanted = services.clock.now(), parse(query)
    found = await services.search.index.matching(wanted, Limits(now, _LOOKED_AT), Order.NEW)
    papers = await services.store.papers.get([hit.paper_id for hit in found.hits])
    test = compile_query(wanted, now)
    return [one for one in papers.values() if test(prepare(one), None)]


__all__ = ["follow", "follow_author"]
