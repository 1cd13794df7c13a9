"""Which new papers a person's subscriptions match. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from bot.editions.cards import Cards
from bot.editions.share import Tally
from bot.errors import QueryError
from bot.model import Paper, Ranked
from bot.people.model import Subscription
from bot.search.match import PreparedPaper, prepare
from bot.search.query import parse
from bot.search.sieve import Sieve, ones
from bot.subscriptions.spans import REACH, looks_from

if TYPE_CHECKING:
    from bot.taste.order import Taste


@dataclass(frozen=True, slots=True)
class Part:
    """What one subscription adds to a message."""

    subscription: Subscription
    papers: tuple[int, ...]  # at most its maximum, the best first
    available: int  # papers that it could have shown, these included


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person gets at one slot, and how that came about."""

    parts: tuple[Part, ...]  # in order of the subscriptions, those without papers left out
    others: tuple[int, ...]  # numbers of papers that could have been shown too
    tally: Tally
    unreadable: tuple[QueryError, ...] = ()  # queries of a version that knew other words
    waiting: tuple[Part, ...] = ()  # too few for their subscriptions' minimum
    for_you: tuple[int, ...] = ()  # that no search of the person's matches, and that resemble what they keep

    @property
    def papers(self) -> tuple[int, ...]:
        return (*(number for part in self.parts for number in part.papers), *self.for_you)


def waits(subscriptions: Iterable[Subscription], choice: Choice, now: datetime) -> dict[str, datetime | None]:
    """What is to be noted of those that were asked for that choice: since when papers wait for more, and
    that others have spoken for all that waited. Pure.
    """
    waiting = {part.subscription.id for part in choice.waiting}
    return {
        one.id: looks_from(one, now) if one.id in waiting else None
        for one in subscriptions
        if (one.id in waiting) == (one.waiting_since is None)
    }


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """What one query says of every paper that came lately."""

    matching: tuple[int, ...]  # the best first
    undecided: frozenset[int]


class Arrivals:
    """The papers that came lately, laid out for many people: each distinct query is tested once."""

    def __init__(
        self,
        papers: Mapping[int, Paper],
        now: datetime,
        ranked: Mapping[int, Ranked],
        *,
        upvotes: Mapping[int, int] | None = None,
        stars: Mapping[int, int] | None = None,
        prepared: dict[Paper, PreparedPaper] | None = None,
    ) -> None:
        """`papers` came before readers within `REACH` of `now`; `ranked` has the week's ranking, by paper.

        `prepared` is what was made ready for queries so far, here or elsewhere.
        """
        self.papers: Final = papers
        self.ranked: Final = ranked
        self._now = now
        self._upvotes: Mapping[int, int] = {} if upvotes is None else upvotes
        self._stars = stars
        self._prepared: dict[Paper, PreparedPaper] = {} if prepared is None else prepared
        self._order = sorted(papers, key=self._place)
        self._seen = sorted(paper.first_seen_at for paper in papers.values())
        self._verdicts: dict[str, _Verdicts] = {}
        self._cards: Cards | None = None

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.papers)

    def cards(self) -> Cards:
        """The papers' cards."""
        if self._cards is None:
            self._cards = Cards(self.papers, self._stars, self.ranked, personal=True)
        return self._cards

    def lay_out(self) -> None:
        """Makes the papers ready for queries, which takes most of the time: a second for some thousand."""
        _ = self._sieve

    def choose(
        self,
        subscriptions: Sequence[Subscription],
        told: frozenset[int],
        hidden: frozenset[int] = frozenset(),
        taste: "Taste | None" = None,
        for_you: int = 0,
        searches: Iterable[str] = (),
    ) -> Choice:
        """What these subscriptions of one person bring: each paper once, under the first that has it.

        How far each looks back, `looks_from` says. Where there are fewer than its minimum, they wait. Papers
        that are `hidden` are no candidates. The best of each come first: by the person's `taste`, where
        anything is known of it. Whoever wants such a section gets up to `for_you` papers more: never alone,
        and none that one of `searches` matches, the queries of all of the person's subscriptions.
        """
        parts: list[Part] = []
        others: list[int] = []
        shown: set[int] = set()
        matched: set[int] = set()
        undecided: set[int] = set()
        unreadable: list[QueryError] = []
        waiting: list[Part] = []
        since = self._now
        for one in subscriptions:
            try:
                verdicts = self._test(one.query)
            except QueryError as error:
                unreadable.append(error)
                continue
            start = looks_from(one, self._now)
            since = min(since, start)
            found = [n for n in verdicts.matching if n not in hidden and self._since(n, start)]
            undecided.update(n for n in verdicts.undecided if n not in hidden and self._since(n, start))
            matched.update(found)
            new = [n for n in found if n not in told and n not in shown]
            if taste is not None:
                new = taste.ordered(new)
            papers = new[: one.maximum]
            if 0 < len(new) < one.minimum:
                waiting.append(Part(one, tuple(papers), len(new)))
                continue
            shown.update(papers)
            others.extend(new[one.maximum :])
            if papers:
                parts.append(Part(one, tuple(papers), len(new)))
        candidates = self.arrived(since) - sum(n in self.papers and self._since(n, since) for n in hidden)
        return Choice(
            tuple(parts),
            tuple(n for n in dict.fromkeys(others) if n not in shown),
            Tally(
                candidates=candidates,
                undecided=len(undecided - matched),
                matched=len(matched),
                above_floor=len(matched),
                told=len(matched & told),
            ),
            tuple(unreadable),
            tuple(waiting),
            self._for_you(told | hidden, searches, taste, for_you) if parts else (),
        )

    def _for_you(
        self, without: frozenset[int], searches: Iterable[str], taste: "Taste | None", limit: int
    ) -> tuple[int, ...]:
        if not limit or taste is None or not taste.choices.for_you:
            return ()
        for query in searches:
            with suppress(QueryError):
                without = without.union(self._test(query).matching)
        start = self._now - REACH
        return tuple(
            taste.best([n for n in self._order if n not in without and self._since(n, start)], limit)
        )

    def arrived(self, since: datetime) -> int:
        """How many of the papers were first seen after `since`."""
        return len(self._seen) - bisect_right(self._seen, since)

    def _since(self, number: int, start: datetime) -> bool:
        return self.papers[number].first_seen_at > start

    def _place(self, number: int) -> tuple[float, float, str]:
        """The order of papers: by score, then the newest, then by key."""
        entry, paper = self.ranked.get(number), self.papers[number]
        return (-entry.score if entry else 0.0, -paper.first_seen_at.timestamp(), paper.key)

    def _test(self, query: str) -> _Verdicts:
        known = self._verdicts.get(query)
        if known is None:
            found = self._sieve.sift(parse(query))
            known = self._verdicts[query] = _Verdicts(
                tuple(self._order[place] for place in ones(found.matching)),
                frozenset(self._order[place] for place in ones(found.undecided)),
            )
        return known

    @cached_property
    def _sieve(self) -> Sieve:
        """The papers in their order, the best first."""
        upvotes = [self._upvotes.get(number) for number in self._order]
        return Sieve([self._ready(number) for number in self._order], upvotes, self._now)

    def _ready(self, number: int) -> PreparedPaper:
        paper = self.papers[number]
        ready = self._prepared.get(paper)
        if ready is None:
            ready = self._prepared[paper] = prepare(paper)
        return ready
