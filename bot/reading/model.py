"""What is read: frozen values with all that a page or a feed shows, whoever renders them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.model import Paper, PaperSeries, Ranked, Signal, SourceNote, Window
from bot.reading.periods import Period
from bot.search.answer import Answer, Result
from bot.trending.explain import Usual


@dataclass(frozen=True, slots=True)
class Story:
    """One paper with its place, and what was read of it by the instant that the whole is of."""

    paper: Paper
    entry: Ranked | None
    series: PaperSeries | None  # None: nothing was ever read of it
    signals: Mapping[Signal, int]  # the newest number of each kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The trending papers of a period, or of now."""

    period: Period
    as_of: datetime
    since: datetime  # papers first listed, or risen, since then
    stories: tuple[Story, ...]  # best first
    notes: tuple[SourceNote, ...] = ()  # sources that could not be read
    sent_at: datetime | None = None  # the slot that this edition was frozen for; None: made for the reader
    live: bool = False  # of now, as against a page of the archive
    listed: int | None = None  # papers on the day's own list so far; None: not known, or no day
    remark: str = ""  # why the day's list has no papers, as a sentence
    nothing: str = ""  # why there is no story, as a sentence; empty if there are some
    earlier: Period | None = None  # the neighbours in the archive
    later: Period | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """When a paper was among the trending ones: its place in an edition, or at the end of a day."""

    day: date
    window: Window
    position: int
    of: int
    sent: bool  # in an edition that was frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPage:
    """One paper with all that is known of it."""

    story: Story
    as_of: datetime
    places: tuple[str, ...]  # a sentence a window: where it stands now, or why it does not
    usual: Usual | None  # what papers have at its age; None: not known, or too few to say
    compared: str  # the same as a sentence
    standings: tuple[Standing, ...]  # newest first
    similar: tuple[Result, ...]  # nearest first
    similar_notes: tuple[str, ...]  # why there are none, as sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what a query finds. With a `mistake` there is no answer."""

    query: str
    answer: Answer | None
    mistake: str = ""  # what is wrong with the query, as a sentence
    suggestion: str | None = None  # the nearest right query
    stories: Sequence[Story] = ()  # one for each result of the answer, in their order
    nothing: str = ""  # why there are no results, as a sentence


@dataclass(frozen=True, slots=True)
class Archive:
    """What there is to leaf through: the lists that are known, by month."""

    oldest: date | None
    newest: date | None
    papers: int
    lists: int
    today: date
