"""`today`, `trending`, `paper`, and the papers that a message had no room for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.commands.actions import Verb
from bot.commands.handlers.from_papers import following
from bot.commands.handlers.team import saved_in
from bot.commands.model import Call, Place, Press, Reply
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
    moment,
    note,
    paper_buttons,
    paper_card,
    say,
    sentence,
    titles,
    typed,
)
from bot.editions.digest import card as digest_card
from bot.editions.digest import short_date, source_note
from bot.editions.make import source_notes, upvotes_of
from bot.errors import InputError
from bot.model import Paper, Ranked, Ranking, Signal, Window
from bot.people.model import Mark
from bot.schedule.desk import Desk
from bot.schedule.zones import zone_info
from bot.search.match import compile_query, prepare
from bot.search.query import parse
from bot.taste.reasons import saved_here
from bot.view.doc import Block, Button, Doc, Note, Section, Span

_MOST_OTHERS: Final = 50  # papers that one button names
_MOST_AUTHORS: Final = 20
_NAMES: Final = {
    Signal.UPVOTES: ("upvote", "upvotes"),
    Signal.COMMENTS: ("comment", "comments"),
    Signal.STARS: ("GitHub star", "GitHub stars"),
    Signal.HN_POINTS: ("point on Hacker News", "points on Hacker News"),
    Signal.HN_COMMENTS: ("comment on Hacker News", "comments on Hacker News"),
    Signal.CITATIONS: ("citation", "citations"),
}

_WHEN: Final = {Window.DAY: "today", Window.WEEK: "this week", Window.MONTH: "this month"}

_Place = tuple[Ranked, Paper]


async def today(call: Call, services: Services, surface: Surface) -> Reply:
    """The day's papers, how far the day has come, and three hints."""
    zone = await services.zone_of(call.actor)
    now = services.clock.now()
    listed = await Desk(services.store).listed_today(now)
    found = await _places(services, call, await services.rankings.now(Window.DAY), "")
    title = f"Trending papers · {short_date(now.astimezone(zone_info(zone)).date())}"
    blocks: list[Block] = [heading(title)]
    if found and listed is not None:
        are = "paper is" if listed == 1 else "papers are"
        blocks.append(sentence(f"{listed} {are} on today's list so far; late risers come tomorrow."))
    blocks += await _outages(services, zone)
    blocks += await _cards(services, call.place, found)
    if not found:
        blocks.append(sentence(await _nothing(services, "today")))
    blocks += buttons(_rest(found), button("Search papers", Verb.SEARCH))
    hints = [typed(surface, one) for one in ("flash attention", "subscribe diffusion", "help")]
    blocks.append(
        note(
            "Try ",
            hints[0],
            " to search, ",
            hints[1],
            " to be told of new ones, ",
            hints[2],
            " for all else.",
        )
    )
    return _reply(title, blocks, found)


async def trending(call: Call, services: Services, surface: Surface) -> Reply:
    """What trends in a window, all or what matches a topic."""
    window, topic = Window(call.text("window")), call.text("topic")
    ranking = await services.rankings.now(window)
    found = await _places(services, call, ranking, topic)
    zone = await services.zone_of(call.actor)
    title = f"Trending papers of the {window}{f': {quoted(topic)}' if topic else ''}"
    blocks: list[Block] = [
        heading(title),
        note("First listed, or risen, since ", moment(ranking.since, zone), "."),
        *await _outages(services, zone),
    ]
    blocks += await _cards(services, call.place, found)
    if not found:
        blocks.append(sentence(await _nothing(services, _WHEN[window], topic)))
    blocks += buttons(
        _rest(found),
        button("Search all papers for it", Verb.RUN, f"search {topic}") if topic else None,
        button("Subscribe to it", Verb.SUBSCRIBE, topic) if topic else None,
    )
    return _reply(title, blocks, found)


async def paper(call: Call, services: Services, surface: Surface) -> Reply:
    """One paper with all that is known of it."""
    return await _details(services, await services.paper(call.paper("paper")))


async def show_paper(press: Press, services: Services, surface: Surface) -> Reply:
    """The same, chosen from a message; from a digest, whose destination stands behind the paper, with what a
    manager can do about it there.
    """
    key, _, destination_id = press.argument.partition(" ")
    more = [button("Less like it", Verb.LESS, key), button("Hide it for me", Verb.HIDE, key)]
    if destination_id:
        more.append(button("Not for this channel", Verb.BAN, f"{destination_id} {key}"))
    one = await services.paper(key_of(key))
    person = await services.find(press.actor)
    marked = [] if person is None else await services.store.people.marked(person.recipient_id, Mark.SAVED)
    return await _details(services, one, more, saved=one.id in {mark.paper_id for mark in marked})


def card(one: Paper) -> Doc:
    """One paper in short and without a number, as where a link to it was posted. Pure."""
    made = digest_card(1, one, None)
    summary = (*made.summary, Span(f" ({made.summary_from})")) if made.summary else ()
    facts = [span for fact in made.facts for span in (Span(" · "), fact)][1:]
    blocks: list[Block] = [Section((made.title,))]
    if summary:
        blocks.append(Section(summary))
    if facts:
        blocks.append(Note(tuple(facts)))
    return Doc(tuple(blocks), one.title)


async def others(press: Press, services: Services, surface: Surface) -> Reply:
    """Papers that a message had no room for, by their numbers in the store."""
    try:
        numbers = [int(one) for one in press.argument.split(",")]
    except ValueError:
        raise InputError("This button names no papers any more.") from None
    hidden = await services.hidden(press.actor)
    known = await services.store.papers.get(numbers)
    there = [known[number] for number in numbers if number in known and number not in hidden]
    if not there:
        return say("There are no more papers.")
    shown, rest = there[: 2 * PAGE], there[2 * PAGE :]
    signals = await services.store.papers.signals([one.id for one in shown])
    title = counted(len(there), "more paper")
    cards = [paper_card(number, one, signals=signals.get(one.id)) for number, one in enumerate(shown, 1)]
    more = buttons(show_others([one.id for one in rest]))
    return Reply(doc=Doc((heading(title), *cards, *more), f"{title}: {titles(shown)}"))


def show_others(numbers: Sequence[int]) -> Button | None:
    """A button that shows these papers; none if there are none."""
    some = numbers[:_MOST_OTHERS]
    if not some:
        return None
    label = "Show the other one" if len(some) == 1 else f"Show the other {len(some)}"
    return button(label, Verb.OTHERS, ",".join(map(str, some)))


# --- a ranking -----------------------------------------------------------------------------------


async def _places(services: Services, call: Call, ranking: Ranking, topic: str) -> list[_Place]:
    """The ranking's papers that match the topic and that the person did not hide; what several people saved
    in the channel where it is asked comes first.
    """
    known = await services.store.papers.get(entry.paper_id for entry in ranking.entries)
    hidden = await services.hidden(call.actor)
    found = [
        (entry, known[entry.paper_id])
        for entry in ranking.entries
        if entry.paper_id in known and entry.paper_id not in hidden
    ]
    team = await saved_in(services, call.place)
    found.sort(key=lambda one: -team.get(one[1].id, 0))
    if not topic:
        return found
    upvotes = await upvotes_of(services.store, known, ranking.as_of)
    test = compile_query(parse(topic), ranking.as_of)
    return [(entry, one) for entry, one in found if test(prepare(one), upvotes.get(one.id))]


async def _cards(services: Services, place: Place, found: Sequence[_Place]) -> list[Block]:
    shown = found[:PAGE]
    signals = await services.store.papers.signals([one.id for _, one in shown])
    team = await saved_in(services, place)
    cards: list[Block] = []
    for number, (entry, one) in enumerate(shown, 1):
        card = paper_card(number, one, entry, signals=signals.get(one.id))
        here = (Span(saved_here(team[one.id])),) if one.id in team else ()
        cards.append(replace(card, facts=(*here, *card.facts)))
    return cards


def _rest(found: Sequence[_Place]) -> Button | None:
    return show_others([one.id for _, one in found[PAGE:]])


def _reply(title: str, blocks: Sequence[Block], found: Sequence[_Place]) -> Reply:
    named = titles(one for _, one in found[:PAGE])
    return Reply(doc=Doc(tuple(blocks), f"{title}: {named}" if named else title))


async def _outages(services: Services, zone: str) -> list[Block]:
    notes = source_notes(await services.store.sources.states())
    return [note(source_note(one, zone_info(zone))) for one in notes]


async def _nothing(services: Services, when: str, topic: str = "") -> str:
    """Why there is nothing to show."""
    coverage = await services.store.papers.coverage()
    if not coverage.papers:
        return "Nothing was fetched yet: the first papers come within minutes of the start."
    if topic:
        return f"Nothing that trends {when} matches {quoted(topic)}."
    return f"Nothing trends {when}, as far as was observed: {counted(coverage.papers, 'paper')} are known."


# --- one paper -----------------------------------------------------------------------------------


async def _details(
    services: Services, one: Paper, more: Sequence[Button | None] = (), *, saved: bool = False
) -> Reply:
    signals = (await services.store.papers.signals([one.id])).get(one.id, {})
    names = ", ".join(one.authors[:_MOST_AUTHORS])
    if len(one.authors) > _MOST_AUTHORS:
        names += f" and {len(one.authors) - _MOST_AUTHORS} more"
    numbers = ", ".join(
        f"{value:,} {_NAMES[signal][value != 1]}" for signal, value in signals.items() if signal in _NAMES
    )
    published = "" if one.published_at is None else f"{one.published_at.day} {one.published_at:%b %Y}"
    facts = [
        Span(published),
        Span(", ".join(one.categories or ())),
        Span(one.organization or ""),
        Span(numbers),
        Span("code" if one.code_url else "", one.code_url),
        Span("project" if one.project_url else "", one.project_url),
        Span(one.comment or ""),
        Span(one.journal_ref or ""),
        Span(one.key),
    ]
    parts = [part for fact in facts if fact.text for part in (Span(" · "), fact)][1:]
    blocks: list[Block] = [heading(Span(one.title, one.url, strong=True))]
    if names:
        blocks.append(note(names))
    if one.ai_summary:
        model = f", {one.ai_summary_model}" if one.ai_summary_model else ""
        blocks.append(sentence(Span(f"Hugging Face's AI{model}: ", emphasis=True), one.ai_summary))
    if one.abstract:
        blocks.append(sentence(Span("Abstract: ", emphasis=True), one.abstract))
    blocks += [note(*parts), *buttons(*paper_buttons(one.key, saved=saved), *more), *following(one)]
    return Reply(doc=Doc(tuple(blocks), one.title))
