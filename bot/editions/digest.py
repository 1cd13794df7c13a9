"""From a share to a message: one `Doc` that reads at a glance. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.editions.cards import AI as _AI
from bot.editions.cards import SUMMARY_LIMIT, Cards, actions, card, for_place, summary_of
from bot.editions.share import Share
from bot.model import Destination, Edition, Paper, Slot, SourceNote, Window
from bot.people.model import set_up_by
from bot.view.doc import Block, Doc, Heading, Note, PaperCard, Section, Span

__all__ = [
    "SUMMARY_LIMIT",
    "Cards",
    "Occasion",
    "card",
    "digest",
    "footer",
    "note",
    "openings",
    "short_date",
    "short_instant",
    "source_note",
    "summary_of",
]

_TITLES: Final = {
    Window.DAY: "Trending papers",
    Window.WEEK: "Trending papers of the week",
    Window.MONTH: "Trending papers of the month",
}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """When a digest is for, and what its reader should know of that moment. Instants are UTC."""

    slot: Slot
    late: bool = False
    listed_today: int | None = None  # papers on today's list so far; None: no list of today is known
    today: frozenset[int] = frozenset()  # numbers of papers whose first list is today's, as far as known
    next_at: datetime | None = None
    coverage: str | None = None  # what the store covers, while it is still being filled
    owner: str | None = None  # the name of whoever set the destination up; untrusted text


def digest(
    destination: Destination,
    edition: Edition,
    share: Share,
    papers: Mapping[int, Paper],
    occasion: Occasion,
    cards: Cards | None = None,
    why: Mapping[int, str] | None = None,
) -> Doc:
    """The message for one destination; `papers` holds every paper of `share`.

    Whoever makes many messages of one edition hands over its `cards`. `why` has the clauses that say why
    papers stand where they do in this place, by their numbers.
    """
    reasons = why or {}
    cards = cards or Cards(papers)
    zone = ZoneInfo(destination.schedule.zone)
    title = f"{_TITLES[edition.ranking.window]} · {short_date(occasion.slot.local_date)}"
    blocks: list[Block] = [Heading((Span(title, strong=True),))]
    blocks.extend(openings(occasion, edition.notes, zone))
    blocks.extend(_counts(edition, share, occasion, zone))
    shown: list[PaperCard] = []
    labelled = bool(share.trending and share.announced)
    parts = (("Trending", share.trending), ("Newly announced on arXiv", share.announced))
    for label, part in parts:
        if part and (labelled or part is share.announced):
            blocks.append(Section((Span(label),)))
        for one in part:
            paper_id, entry = (one, None) if isinstance(one, int) else (one.paper_id, one)
            reason = reasons.get(paper_id)
            made = cards.card(len(shown) + 1, paper_id, entry, destination.summaries, reason)
            shown.append(for_place(made, destination))
            blocks.append(shown[-1])
    blocks.append(actions(destination, share.others))
    blocks.append(footer(destination, shown, occasion, zone))
    titles = "; ".join(one.title.text for one in shown)
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
            footer(destination, [], occasion, zone),
        ),
        f"{title}: {text}",
    )


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
_FULL_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def openings(occasion: Occasion, notes: Sequence[SourceNote], zone: ZoneInfo) -> list[Block]:
    """What a reader must know before anything else: that it comes late, and what could not be read."""
    blocks: list[Block] = []
    if occasion.late:
        due = Span(short_instant(occasion.slot.at, zone), emphasis=True, instant=_unix(occasion.slot.at))
        late = Span("This digest comes late: it was due ", emphasis=True)
        blocks.append(Note((late, due, Span(".", emphasis=True))))
    blocks.extend(Note((Span(source_note(one, zone), emphasis=True),)) for one in notes)
    return blocks


def _counts(edition: Edition, share: Share, occasion: Occasion, zone: ZoneInfo) -> list[Block]:
    """How much was shown of how much there is."""
    sentences: list[str] = []
    shown = len(share.papers)
    listed = occasion.listed_today
    if listed is not None and edition.ranking.window is Window.DAY:
        if not share.announced and shown <= listed and occasion.today.issuperset(share.papers):
            whole = f"All {shown}" if shown == listed and shown > 1 else f"{shown} of {listed}"
            sentences.append(f"{whole} listed so far today. Late risers come {_next_time(occasion, zone)}.")
        else:
            sentences.extend(_of_new(share))
            sentences.append(
                f"{listed} {'paper is' if listed == 1 else 'papers are'} on today's list so far; "
                "those that rise later come next time."
            )
    else:
        sentences.extend(_of_new(share))
    if share.tally.undecided:
        count = share.tally.undecided
        sentences.append(
            f"{count} more {'waits' if count == 1 else 'wait'} until arXiv says what "
            f"{'it is' if count == 1 else 'they are'} about."
        )
    return [Section((Span(" ".join(sentences)),))] if sentences else []


def _of_new(share: Share) -> list[str]:
    shown = len(share.papers)
    return [f"{shown} of {share.available} papers that are new here."] if shown < share.available else []


def _next_time(occasion: Occasion, zone: ZoneInfo) -> str:
    """When the next digest comes, as people say it."""
    if occasion.next_at is None:
        return "next time"
    day = occasion.next_at.astimezone(zone).date()
    away = day - occasion.slot.local_date
    if away == _DAY:
        return "tomorrow"
    return f"on {_FULL_DAYS[day.weekday()]}" if timedelta() < away < 7 * _DAY else "next time"


def footer(destination: Destination, shown: Sequence[PaperCard], occasion: Occasion, zone: ZoneInfo) -> Note:
    """The small print: whose words these are, who set this up, and when the next one comes."""
    parts: list[str] = []
    if any(one.summary_from is not None and one.summary_from.startswith(_AI) for one in shown):
        parts.append(f"Summaries by {_AI}.")
    if occasion.coverage:
        parts.append(occasion.coverage)
    if occasion.owner:
        parts.append(set_up_by(occasion.owner))
    text = " ".join(parts)
    if occasion.next_at is None:
        return Note((Span(text),))
    words = f"{short_instant(occasion.next_at, zone)} ({destination.schedule.zone})"
    return Note(
        (
            Span(f"{text} Next: " if text else "Next: "),
            Span(words, instant=_unix(occasion.next_at)),
            Span("."),
        )
    )


def _unix(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp())
