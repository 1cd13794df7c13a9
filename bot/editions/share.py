"""A destination's share of an edition: the best papers that match and that it was not told of. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from bot.model import Destination, Edition, Paper, Pool, Ranked
from bot.search.match import PreparedPaper, compile_query, prepare
from bot.search.query import parse

if TYPE_CHECKING:
    from bot.taste.order import Taste


@dataclass(frozen=True, slots=True)
class Tally:
    """How a share came about: of so many papers, so many were left at each step."""

    candidates: int = 0  # in the pool
    undecided: int = 0  # of them: their categories, which the filter asks for, are not known yet
    matched: int = 0  # of them: the filter certainly holds
    above_floor: int = 0  # of the matched
    told: int = 0  # of those above the floor: told before
    elsewhere: int = 0  # of those above the floor: not told here, but another channel of the group has them
    best: float | None = None  # the highest score of the matched trending papers


@dataclass(frozen=True, slots=True)
class Share:
    """What one destination gets, and how that came about."""

    trending: tuple[Ranked, ...]
    announced: tuple[int, ...]  # paper numbers
    available: int  # papers that could have been shown, these included
    tally: Tally
    others: tuple[int, ...] = ()  # numbers of those that could have been shown too, the best first
    elsewhere: tuple[int, ...] = ()  # numbers of those that another channel of the group has

    @property
    def papers(self) -> tuple[int, ...]:
        return (*(entry.paper_id for entry in self.trending), *self.announced)


@dataclass(frozen=True, slots=True)
class _Matching:
    """What a filter leaves of a pool, before floor, ledger and maximum."""

    trending: list[Ranked]
    announced: list[int]
    candidates: frozenset[int]
    undecided: frozenset[int]

    def without(self, hidden: frozenset[int]) -> "_Matching":
        """The same, as if these papers did not exist."""
        if hidden.isdisjoint(self.candidates):
            return self
        return _Matching(
            [entry for entry in self.trending if entry.paper_id not in hidden],
            [number for number in self.announced if number not in hidden],
            self.candidates - hidden,
            self.undecided - hidden,
        )


class Shelf:
    """One edition and what arXiv announced, laid out to be shared among many destinations.

    Each distinct filter is tested once, however many destinations have it.
    """

    def __init__(
        self,
        edition: Edition,
        announced: Sequence[int],
        papers: Mapping[int, Paper],
        prepared: dict[Paper, PreparedPaper] | None = None,
        upvotes: Mapping[int, int] | None = None,
        stars: Mapping[int, int] | None = None,
        list_days: Mapping[int, int] | None = None,
    ) -> None:
        """`papers` holds every paper of the edition and of `announced`; one that is missing is left out.

        Filters are tested as of the edition's slot. `upvotes` and `stars` have every paper's newest numbers
        by then, `list_days` the day (as a date ordinal) of its first daily list.
        Shelves whose papers overlap may have `prepared` in common: what was made ready for filters so far.
        """
        self.edition: Final = edition
        self.papers: Final = papers
        self._ranked = [entry for number, entry in edition.ranking.by_paper.items() if number in papers]
        known = sorted((number for number in set(announced) if number in papers), key=lambda n: papers[n].key)
        self._announced = known
        self._upvotes: Mapping[int, int] = {} if upvotes is None else upvotes
        self.stars: Final[Mapping[int, int]] = {} if stars is None else stars
        self._list_days: Mapping[int, int] = {} if list_days is None else list_days
        self._listed_on: dict[date, frozenset[int]] = {}
        self._prepared: dict[Paper, PreparedPaper] = {} if prepared is None else prepared
        self._tested: list[tuple[int, PreparedPaper]] = []  # every paper, once a filter was asked about
        self._verdicts: dict[str, dict[int, bool | None]] = {}
        self._known: dict[tuple[str, Pool], _Matching] = {}
        self._takes: dict[tuple[str, Pool, int], frozenset[int]] = {}
        self._primary: dict[str, frozenset[int]] = {}

    @property
    def numbers(self) -> frozenset[int]:
        """All papers on the shelf: those whose telling matters."""
        return frozenset((*(entry.paper_id for entry in self._ranked), *self._announced))

    def share(
        self,
        destination: Destination,
        told: frozenset[int],
        hidden: frozenset[int] = frozenset(),
        elsewhere: frozenset[int] = frozenset(),
        taste: "Taste | None" = None,
    ) -> Share:
        """The destination's papers: at most its maximum, and nothing to pad a thin day.

        Papers that are `hidden` from its recipient are no candidates; those that are `elsewhere` are for
        another channel of its group. The best come first, by its own `taste` where it has any. Raises
        `QueryError` if its filter is no query (they are checked when they are set).
        """
        matching = self._matching(destination.query, destination.pool).without(hidden)
        passed = [entry for entry in matching.trending if entry.score >= destination.floor]
        unavailable = told | elsewhere
        new_trending = [entry for entry in passed if entry.paper_id not in unavailable]
        new_announced = [number for number in matching.announced if number not in unavailable]
        shared = [
            number
            for number in (*(entry.paper_id for entry in passed), *matching.announced)
            if number in elsewhere and number not in told
        ]
        if taste is not None:
            ranked = {entry.paper_id: entry for entry in new_trending}
            new_trending = [ranked[number] for number in taste.ordered(tuple(ranked))]
            new_announced = taste.ordered(new_announced)
        first, second = _split(len(new_trending), len(new_announced), destination.maximum)
        above_floor = len(passed) + len(matching.announced)
        available = len(new_trending) + len(new_announced)
        return Share(
            trending=tuple(new_trending[:first]),
            announced=tuple(new_announced[:second]),
            available=available,
            others=(*(entry.paper_id for entry in new_trending[first:]), *new_announced[second:]),
            elsewhere=tuple(shared),
            tally=Tally(
                candidates=len(matching.candidates),
                undecided=len(matching.undecided),
                matched=len(matching.trending) + len(matching.announced),
                above_floor=above_floor,
                told=above_floor - available - len(shared),
                elsewhere=len(shared),
                best=max((entry.score for entry in matching.trending), default=None),
            ),
        )

    def takes(self, destination: Destination) -> frozenset[int]:
        """All papers that its pool, its filter and its floor leave. Raises `QueryError`."""
        wanted = (destination.query, destination.pool, destination.floor)
        known = self._takes.get(wanted)
        if known is None:
            matching = self._matching(destination.query, destination.pool)
            passed = (entry.paper_id for entry in matching.trending if entry.score >= destination.floor)
            known = self._takes[wanted] = frozenset((*passed, *matching.announced))
        return known

    def by_primary(self, query_text: str) -> frozenset[int]:
        """Of the papers that match a query, those that would if they had their primary category alone."""
        known = self._primary.get(query_text)
        if known is None:
            verdicts = self._test(query_text)
            test = compile_query(parse(query_text), self.edition.slot_at)
            known = self._primary[query_text] = frozenset(
                number
                for number, paper in self._tested
                if verdicts[number] and test(paper.of_primary(), self._upvotes.get(number))
            )
        return known

    def breadth(self, query_text: str) -> int:
        """How many papers on the shelf match a query."""
        return sum(verdict is True for verdict in self._test(query_text).values())

    def arrived(self, pool: Pool, since: datetime) -> int:
        """How many papers of that pool were first seen after `since`."""
        return sum(self.papers[number].first_seen_at > since for number in self._pool(pool))

    def listed_on(self, day: date) -> frozenset[int]:
        """The papers whose first daily list was that day's."""
        known = self._listed_on.get(day)
        if known is None:
            wanted = day.toordinal()
            found = (number for number in self.numbers if self._list_days.get(number) == wanted)
            known = self._listed_on[day] = frozenset(found)
        return known

    def _pool(self, pool: Pool) -> set[int]:
        numbers: set[int] = set()
        if pool is not Pool.ANNOUNCED:
            numbers.update(entry.paper_id for entry in self._ranked)
        if pool is not Pool.TRENDING:
            numbers.update(self._announced)
        return numbers

    def _matching(self, query_text: str, pool: Pool) -> _Matching:
        known = self._known.get((query_text, pool))
        if known is None:
            verdicts = self._test(query_text)
            ranked = self._ranked if pool is not Pool.ANNOUNCED else []
            among = frozenset(entry.paper_id for entry in ranked)
            announced = [
                number
                for number in (self._announced if pool is not Pool.TRENDING else [])
                if number not in among  # one that is ranked as well is shown with its score, or not at all
            ]
            known = self._known[query_text, pool] = _Matching(
                trending=[entry for entry in ranked if verdicts[entry.paper_id]],
                announced=[number for number in announced if verdicts[number]],
                candidates=among.union(announced),
                undecided=frozenset(n for n in (*among, *announced) if verdicts[n] is None),
            )
        return known

    def _test(self, query_text: str) -> Mapping[int, bool | None]:
        known = self._verdicts.get(query_text)
        if known is None:
            test = compile_query(parse(query_text), self.edition.slot_at)
            if not self._tested:
                self._tested = [(number, self._ready(self.papers[number])) for number in self.numbers]
            known = self._verdicts[query_text] = {
                number: test(paper, self._upvotes.get(number)) for number, paper in self._tested
            }
        return known

    def _ready(self, paper: Paper) -> PreparedPaper:
        ready = self._prepared.get(paper)
        if ready is None:
            ready = self._prepared[paper] = prepare(paper)
        return ready


def _split(trending: int, announced: int, maximum: int) -> tuple[int, int]:
    """How many of each pool fit in one digest: each is sure of half, and takes what the other leaves."""
    first = min(trending, maximum - min(announced, maximum // 2))
    return first, min(announced, maximum - first)
