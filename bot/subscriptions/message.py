"""From what a person's subscriptions match to one message. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from bot.editions.cards import Cards, actions
from bot.editions.digest import Occasion, footer, openings, short_date
from bot.model import Destination, SourceNote
from bot.subscriptions.matching import Choice, Part
from bot.view.doc import Block, Doc, Heading, PaperCard, Section, Span

FOR_YOU: Final = 3  # papers of the section that resembles what somebody keeps
_TITLE: Final = "New papers for you"


def message(
    destination: Destination,
    choice: Choice,
    cards: Cards,
    occasion: Occasion,
    notes: Sequence[SourceNote] = (),
    why: Mapping[int, str] | None = None,
) -> Doc:
    """The message of one slot: a section a subscription, headed by its query, each paper once.

    `why` has the clauses that say why papers stand where they do for this person, by their numbers.
    """
    reasons = why or {}
    zone = ZoneInfo(destination.schedule.zone)
    title = heading(occasion)
    blocks: list[Block] = [Heading((Span(title, strong=True),)), *openings(occasion, notes, zone)]
    shown: list[PaperCard] = []
    parts = [(_headed(part), part.papers) for part in choice.parts]
    if choice.for_you:
        parts.append((_FOR_YOU, choice.for_you))
    for head, papers in parts:
        blocks.append(head)
        for paper_id in papers:
            entry, reason = cards.entry(paper_id), reasons.get(paper_id)
            shown.append(cards.card(len(shown) + 1, paper_id, entry, destination.summaries, reason))
            blocks.append(shown[-1])
    blocks.append(actions(destination, choice.others))
    blocks.append(footer(destination, shown, occasion, zone))
    titles = "; ".join(one.title.text for one in shown)
    return Doc(tuple(blocks), f"{title}: {titles}" if titles else title)


def quiet_message(destination: Destination, reason: str, occasion: Occasion) -> Doc:
    """The message of a day that brought nothing, where the person wants one: the true reason."""
    zone = ZoneInfo(destination.schedule.zone)
    title, text = heading(occasion), f"Nothing new matches your subscriptions today. {reason}"
    blocks = (
        Heading((Span(title, strong=True),)),
        Section((Span(text),)),
        actions(destination, ()),
        footer(destination, [], occasion, zone),
    )
    return Doc(blocks, f"{title}: {text}")


def too_few(choice: Choice) -> str:
    """Why papers wait that match: a sentence."""
    papers = sum(part.available for part in choice.waiting)
    least = min(part.subscription.minimum for part in choice.waiting)
    found = "1 new paper matches" if papers == 1 else f"{papers} new papers match"
    wait = "it waits" if papers == 1 else "they wait"
    if len(choice.waiting) == 1:
        return f"{found}, and a message needs {least}; {wait} for more."
    return f"{found}, too few for what your subscriptions want in a message; {wait} for more."


def heading(occasion: Occasion) -> str:
    """`New papers for you · Thu 20 Nov`."""
    return f"{_TITLE} · {short_date(occasion.slot.local_date)}"


_FOR_YOU: Final = Section((Span("For you", strong=True), Span(": near what you keep, of any topic")))


def _headed(part: Part) -> Section:
    return Section((Span(part.subscription.query, strong=True), Span(_count(part))))


def _count(part: Part) -> str:
    shown = len(part.papers)
    if shown < part.available:
        return f": {shown} of {part.available} new papers"
    return f": {shown} new paper{'' if shown == 1 else 's'}"
