"""`search` and `similar`, their pages, and an answer shared with all in a place."""

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Final

from bot.commands.actions import Verb
from bot.commands.model import Call, FormRequest, Place, Press, Reply, Update
from bot.commands.ports import Surface
from bot.commands.registry import BY_NAME
from bot.commands.services import Services, address_of
from bot.commands.values import quoted
from bot.commands.view import (
    PAGE,
    button,
    buttons,
    by_form,
    counted,
    heading,
    key_of,
    note,
    result_card,
    say,
    sentence,
    titles,
    typed,
)
from bot.errors import InputError
from bot.model import Paper
from bot.search.answer import Answer, Result, Tier
from bot.search.fields import id_value
from bot.search.query import And, Field, FieldName, Or, Query
from bot.view.doc import Block, Doc, Section, Span, with_code

CLOSE: Final = "Close, but not every word"
_FIRST: Final = "-"  # the first page, which has no name
_PAGE_NAME: Final = re.compile(r"[0-9]{1,18}\.[0-9]{1,9}")  # the second number: results before it


async def search(call: Call, services: Services, surface: Surface) -> Reply:
    """The first page of what a query finds: what is known here at once, what upstreams find as it comes."""
    query = call.text("query")
    answers = services.search.live(query, limit=PAGE)
    first = await anext(answers)
    doc = await _first_page(services, call, query, first)
    if first.awaited:
        return Reply(doc=doc, later=partial(_later, services, call, query, first, answers))
    await answers.aclose()
    return Reply(doc=doc)


async def _later(
    services: Services, call: Call, query: str, before: Answer, answers: AsyncGenerator[Answer]
) -> AsyncGenerator[Update]:
    """The first page again, each time that an upstream has answered."""
    async with aclosing(answers):
        async for answer in answers:
            whole = await _first_page(services, call, query, answer)
            yield Update(whole=whole, news=_news(query, before, answer))
            before = answer


async def page(press: Press, services: Services, surface: Surface) -> Reply:
    """Another page of it."""
    name, query = _named_page(press.argument)
    answer = await services.search.search(query, limit=PAGE, page=name)
    return Reply(doc=await _page(services, press.place, query, answer, name))


async def share(press: Press, services: Services, surface: Surface) -> Reply:
    """An answer, shown to all in the place where it was asked for, as whoever shares it saw it: with what
    upstreams have found. It stays as it is, whatever they find later.
    """
    if not services.sharing:
        raise InputError("Sharing answers is switched off here.")
    address = address_of(press.place)
    if not await surface.may_post(press.actor, press.place):
        raise InputError(f"You cannot post in {press.place.name}, so nothing can be shared there by you.")
    name, query = _named_page(press.argument)
    if name is None:
        answer = await services.search.recalled(query, limit=PAGE)
    else:
        answer = await services.search.search(query, limit=PAGE, page=name)
    doc = await _page(services, press.place, query, answer, name, shared_by=press.actor.name)
    wait = services.shares.enter(press.actor.identity, address)
    if wait:
        seconds = -(-wait.total_seconds() // 1)
        raise InputError(f"You shared something here just now. Wait {seconds:.0f} s, then press again.")
    return Reply(doc=doc, shared=True)


async def similar(call: Call, services: Services, surface: Surface) -> Reply:
    """Papers near in meaning to one."""
    return await _similar(services, [await services.paper(call.paper("paper"))])


async def more_like_this(press: Press, services: Services, surface: Surface) -> Reply:
    """The same, from a button; several papers count together, those left out that nobody knows."""
    keys = [key_of(key) for key in press.argument.split()] or [key_of(press.argument)]
    if len(keys) == 1:
        return await _similar(services, [await services.paper(keys[0])])
    known: dict[int, Paper] = {}
    for key in keys:
        with suppress(InputError):
            found = await services.paper(key)
            known[found.id] = found
    if not known:
        raise InputError("None of these papers is stored here, and no source that could be asked knows them.")
    return await _similar(services, list(known.values()))


async def ask(press: Press, services: Services, surface: Surface) -> Reply:
    """The form of a search."""
    command = BY_NAME["search"]
    example = typed(surface, command.examples[0])
    return by_form(FormRequest(command=command), "Type what you are looking for: ", example, ".")


# --- pages ---------------------------------------------------------------------------------------


def _named_page(argument: str) -> tuple[str | None, str]:
    name, _, query = argument.partition(" ")
    if not query.strip() or not (name == _FIRST or _PAGE_NAME.fullmatch(name)):
        raise InputError("This button belongs to no search any more. Search again.")
    return (None if name == _FIRST else name), query


async def _first_page(services: Services, call: Call, query: str, answer: Answer) -> Doc:
    """The first page, and why it is one where that may surprise."""
    doc = await _page(services, call.place, query, answer, None)
    if call.note is None:
        return doc
    return replace(doc, blocks=(note(*with_code(call.note)), *doc.blocks))


async def _page(
    services: Services,
    place: Place,
    query: str,
    answer: Answer,
    name: str | None,
    *,
    shared_by: str | None = None,
) -> Doc:
    """A page of an answer; one that is shared has no buttons but its papers' own."""
    first = int(name.partition(".")[2]) if name is not None else 0
    blocks: list[Block] = [heading(_heading(answer, query, later=name is not None))]
    if shared_by is not None:
        blocks.append(note(f"Shared by {shared_by}."))
    if answer.did_you_mean is not None and shared_by is None:
        mended = button(f"Did you mean {answer.did_you_mean}?", Verb.RUN, f"search {answer.did_you_mean}")
        blocks += buttons(mended)
    blocks += [note(one) for one in answer.notes]
    if answer.awaited:
        blocks.append(note("What they find that is missing here follows."))
    if not answer.results:
        blocks.append(sentence(await _nothing(services, answer, later=name is not None)))
    blocks += _results(answer.results, first)
    if shared_by is None:
        more = button("Next page", Verb.PAGE, f"{answer.more} {query}") if answer.more is not None else None
        post = button("Share with all here", Verb.SHARE, f"{name or _FIRST} {query}")
        tell = button("Subscribe to it", Verb.SUBSCRIBE, query)
        others = services.sharing and place.address is not None and not place.direct
        shared = post if others and answer.results else None
        blocks += buttons(more, shared, None if _ids_alone(answer.query) else tell)
    found = titles(one.paper for one in answer.results)
    title = f"Search for {quoted(query)}"
    return Doc(tuple(blocks), f"{title}: {found}" if found else title)


def _news(query: str, before: Answer, answer: Answer) -> Doc | None:
    """What an answer has that the one before it lacks: the findings of an upstream, or that it has none."""
    shown = {one.paper.id for one in before.results}
    found = [one for one in answer.results if one.paper.id not in shown]
    blocks: list[Block] = []
    lines = list(answer.notes[len(before.notes) :])
    if found:
        by = " and ".join(dict.fromkeys(one.label for result in found for one in result.found_by))
        title = f"{by} found {counted(len(found), 'more paper')} for {quoted(query)}"
        blocks.append(heading(title))
        lines.insert(0, f"{title}: {titles(one.paper for one in found)}")
    blocks += [note(one) for one in answer.notes[len(before.notes) :]]
    blocks += _results(found, len(shown))
    return Doc(tuple(blocks), " ".join(lines)) if blocks else None


def _heading(answer: Answer, query: str, *, later: bool) -> str:
    if later:
        return f"More for {quoted(query)}"
    # The index counts its own; an upstream may have brought more.
    matching = max(answer.total, sum(one.tier is not Tier.CLOSE for one in answer.results))
    if not matching:
        return (
            f"No paper has every word of {quoted(query)}" if answer.results else f"Search for {quoted(query)}"
        )
    return f"{counted(matching, 'paper')} {'matches' if matching == 1 else 'match'} {quoted(query)}"


def _results(results: Sequence[Result], first: int) -> Iterator[Block]:
    close = False
    for number, one in enumerate(results, first + 1):
        if one.tier is Tier.CLOSE and not close:
            close = True
            yield Section((Span(CLOSE, strong=True),))
        yield result_card(number, one)


async def _nothing(services: Services, answer: Answer, *, later: bool) -> str:
    if later:
        return "There are no more papers."
    if answer.notes:  # they say what became of it: an index that is being built, an id that nobody knows
        return "Nothing was found so far."
    known = (await services.store.papers.coverage()).papers
    if not known:
        return "Nothing was fetched yet: the first papers come within minutes of the start."
    return f"Nothing was found among {counted(known, 'paper')}. Fewer words, or fewer conditions, find more."


def _ids_alone(query: Query) -> bool:
    parts = query.parts if isinstance(query, And | Or) else (query,)
    return bool(parts) and all(isinstance(one, Field) and one.name is FieldName.ID for one in parts)


# --- near in meaning -----------------------------------------------------------------------------


async def _similar(services: Services, like: Sequence[Paper]) -> Reply:
    answer = await services.search.similar([id_value(one.ids[0]) for one in like], limit=PAGE)
    named = quoted(like[0].title) if len(like) == 1 else f"these {len(like)} papers"
    title = f"Near in meaning to {named}"
    blocks: list[Block] = [heading(title), *(note(one) for one in answer.notes)]
    if len(like) > 1:
        blocks.insert(1, note("; ".join(one.title for one in like)))
    if not answer.results:
        return say("No other paper is near in meaning, as far as the index knows.")
    blocks += [result_card(number, one, why=False) for number, one in enumerate(answer.results, 1)]
    return Reply(doc=Doc(tuple(blocks), f"{title}: {titles(one.paper for one in answer.results)}"))
