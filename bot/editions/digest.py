"""From a share to a message: one `Doc` that reads at a glance."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.editions.share import Share
from bot.model import Destination, Edition, Paper, Ranked, Slot, SourceNote, Window
from bot.view.doc import Block, Doc, Heading, Note, PaperCard, Section, Span
from bot.view.text import short_authors, shorten

SUMMARY_LIMIT: Final = 120
_TITLES: Final = {
    Window.DAY: "Trending papers",
    Window.WEEK: "Trending papers of the week",
    Window.MONTH: "Trending papers of the month",
}
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])")


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a digest is for, and what its reader should know of that moment. Instants are UTC."""

    slot: Slot
    late: bool = False
    listed_today: int | None = None  # papers on today's list so far; None: no list of today is known
    next_at: datetime | None = None
    coverage: str | None = None  # what the store covers, while it is still being filled


class Cards:
    """The cards of one edition's papers: each is made once, however many messages show it."""

    def __init__(self, papers: Mapping[int, Paper]) -> None:
        self._papers = papers
        self._made: dict[tuple[int, bool], PaperCard] = {}

    def card(self, number: int, paper_id: int, entry: Ranked | None) -> PaperCard:
        """The paper's card with this number; `entry` is its place in the edition, if it is shown for that."""
        key = paper_id, entry is None
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = card(number, self._papers[paper_id], entry)
        return made if made.number == number else replace(made, number=number)


def digest(
    destination: Destination,
    edition: Edition,
    share: Share,
    papers: Mapping[int, Paper],
    occasion: Occasion,
    cards: Cards | None = None,
) -> Doc:
    """The message for one destination; `papers` holds every paper of `share`.

    Whoever makes many messages of one edition hands over its `cards`.
    """
    cards = cards or Cards(papers)
    zone = ZoneInfo(destination.schedule.zone)
    title = f"{_TITLES[edition.ranking.window]} · {short_date(occasion.slot.local_date)}"
    blocks: list[Block] = [Heading((Span(title, strong=True),))]
    blocks.extend(_openings(edition, share, occasion, zone))
    number = 0
    if share.trending:
        if share.announced:
            blocks.append(Section((Span("Trending"),)))
        for entry in share.trending:
            number += 1
            blocks.append(cards.card(number, entry.paper_id, entry))
    if share.announced:
        blocks.append(Section((Span("Newly announced on arXiv"),)))
        for paper_id in share.announced:
            number += 1
            blocks.append(cards.card(number, paper_id, None))
    blocks.append(Note((Span(_footer(destination, [papers[i] for i in share.papers], occasion, zone)),)))
    titles = "; ".join(papers[i].title for i in share.papers)
    return Doc(tuple(blocks), f"{title}: {titles}" if titles else title)


def note(destination: Destination, edition: Edition, reason: str, occasion: Occasion) -> Doc:
    """The message of a quiet day, where the destination wants one: no papers, and the true reason."""
    zone = ZoneInfo(destination.schedule.zone)
    title = f"{_TITLES[edition.ranking.window]} · {short_date(occasion.slot.local_date)}"
    text = f"No new papers for this place today. {reason}"
    return Doc(
        (
            Heading((Span(title, strong=True),)),
            Section((Span(text),)),
            Note((Span(_footer(destination, [], occasion, zone)),)),
        ),
        f"{title}: {text}",
    )


def card(number: int, paper: Paper, entry: Ranked | None) -> PaperCard:
    """One paper: its linked title, a summary that says whose it is, the reason, authors and code."""
    summary, summary_from = summary_of(paper)
    facts = [Span(entry.reasons[0])] if entry is not None and entry.reasons else []
    if paper.authors:
        facts.append(Span(short_authors(paper.authors)))
    if paper.organization:
        facts.append(Span(paper.organization))
    if entry is None and paper.categories:
        facts.append(Span(paper.categories[0]))
    if paper.code_url:
        facts.append(Span("code", url=paper.code_url))
    return PaperCard(
        number=number,
        paper_key=paper.key,
        title=Span(paper.title, url=paper.url, strong=True),
        summary=(Span(summary),) if summary else (),
        summary_from=summary_from,
        facts=tuple(facts),
    )


def summary_of(paper: Paper) -> tuple[str, str | None]:
    """At most 120 characters on the paper, ended at a word, and who wrote them."""
    if paper.ai_summary:
        model = f", {paper.ai_summary_model}" if paper.ai_summary_model else ""
        return shorten(paper.ai_summary, SUMMARY_LIMIT), f"Hugging Face's AI{model}"
    if paper.abstract:
        first = _SENTENCE_END.split(paper.abstract, maxsplit=1)[0]
        return shorten(first, SUMMARY_LIMIT), "abstract"
    return "", None


def short_date(day: date) -> str:
    """`Thu 20 Nov`, in English whatever the machine's locale."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def short_instant(instant: datetime, zone: ZoneInfo) -> str:
    """`Thu 20 Nov 09:00`, local."""
    local = instant.astimezone(zone)
    return f"{short_date(local.date())} {local:%H:%M}"


def source_note(source: SourceNote, zone: ZoneInfo) -> str:
    """What a reader is told of a source that could not be read."""
    since = short_instant(source.down_since, zone)
    return f"{source.upstream.label} could not be read since {since}; these are the papers known by then."


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _openings(edition: Edition, share: Share, occasion: Occasion, zone: ZoneInfo) -> list[Block]:
    shown = len(share.papers)
    sentences: list[str] = []
    if shown < share.available:
        sentences.append(f"{shown} of {share.available} papers that are new here.")
    if occasion.listed_today is not None and edition.ranking.window is Window.DAY:
        listed = occasion.listed_today
        sentences.append(
            f"{listed} {'paper is' if listed == 1 else 'papers are'} on today's list so far; "
            "those that rise later come next time."
        )
    if share.tally.undecided:
        count = share.tally.undecided
        sentences.append(
            f"{count} more {'waits' if count == 1 else 'wait'} until arXiv says what "
            f"{'it is' if count == 1 else 'they are'} about."
        )
    blocks: list[Block] = []
    if occasion.late:
        due = short_instant(occasion.slot.at, zone)
        blocks.append(Note((Span(f"This digest comes late: it was due {due}.", emphasis=True),)))
    blocks.extend(Note((Span(source_note(one, zone), emphasis=True),)) for one in edition.notes)
    if sentences:
        blocks.append(Section((Span(" ".join(sentences)),)))
    return blocks


def _footer(destination: Destination, papers: Sequence[Paper], occasion: Occasion, zone: ZoneInfo) -> str:
    parts: list[str] = []
    if any(paper.ai_summary for paper in papers):
        parts.append("Summaries by Hugging Face's AI.")
    if occasion.coverage:
        parts.append(occasion.coverage)
    if occasion.next_at is not None:
        parts.append(f"Next: {short_instant(occasion.next_at, zone)} ({destination.schedule.zone}).")
    return " ".join(parts)
