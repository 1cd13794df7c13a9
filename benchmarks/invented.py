"""Invented papers and lists, the same for the same seed: data in the shape of the real for the benchmarks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from bot.model import AnnounceType, IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream

SEED: Final = 20251120
FIRST_DAY: Final = date(2025, 11, 1)
CATEGORIES: Final = ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "cs.RO", "cs.SD", "stat.ML", "eess.AS")

# When a list is read, in hours from its opening. An hour before that it was read too, and was empty, so that
# the age of every paper is known.
READ_AT: Final = (0, 2, 5, 9, 13, 17, 21, 28, 52, 76, 100, 124)
# A list fills over its day: the share of its papers that come up at each of its first readings.
ARRIVING: Final = (0.44, 0.20, 0.14, 0.12, 0.10)
RISING: Final = 8  # readings over which a paper's upvotes rise, from its first on

# Abstracts in the recorded lists have some 1,300 characters, titles some 80.
_TITLE_WORDS: Final = 10
_ABSTRACT_WORDS: Final = 165
_SYLLABLES: Final = (
    "ba",
    "cor",
    "de",
    "fin",
    "gra",
    "hel",
    "ist",
    "jo",
    "kan",
    "lum",
    "mer",
    "nos",
    "pra",
    "tel",
)


def _vocabulary() -> tuple[str, ...]:
    """Words of one to three syllables."""
    once = _SYLLABLES
    twice = tuple(a + b for a in once for b in once)
    thrice = tuple(a + b for a in twice for b in once)
    return (*twice, *thrice)


VOCABULARY: Final = _vocabulary()
# Few words are frequent and most are rare, as in any language (Zipf's law).
_WEIGHTS: Final = tuple(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))


def sentences(random: Random, count: int) -> str:
    """About so many words in sentences."""
    made = []
    while count > 0:
        length = random.randint(12, 30)
        made.append(f"{words(random, length).capitalize()}.")
        count -= length
    return " ".join(made)


def words(random: Random, count: int) -> str:
    """So many words, the frequent ones often."""
    return " ".join(random.choices(VOCABULARY, cum_weights=_WEIGHTS, k=count))


@dataclass(frozen=True, slots=True)
class InventedPaper:
    """What does not change of a paper from one reading to the next."""

    number: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]

    @property
    def id(self) -> PaperId:
        return PaperId(IdScheme.ARXIV, f"25{11 + self.number // 100_000:02}.{self.number % 100_000:05}")


def papers(random: Random, first: int, count: int) -> list[InventedPaper]:
    """`count` papers, numbered from `first`."""
    return [
        InventedPaper(
            number=number,
            title=f"{words(random, _TITLE_WORDS)} {number}".capitalize(),
            abstract=sentences(random, _ABSTRACT_WORDS),
            authors=tuple(words(random, 2).title() for _ in range(random.randint(1, 8))),
            categories=tuple(random.sample(CATEGORIES, random.randint(1, 3))),
        )
        for number in range(first, first + count)
    ]


def opening(day: int) -> datetime:
    """When the n-th list, from 0, got its first paper."""
    return datetime.combine(FIRST_DAY + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=1)


def polls_of_lists(days: int, papers_a_day: int, seed: int = SEED) -> Iterator[Poll]:
    """Every reading of so many daily lists, one list after another: ten observations a paper.

    Eight are of upvotes that rise, one is of comments, and one of the stars of the paper's repository.
    """
    random = Random(seed)
    for day in range(days):
        listed = [_Listed(random, paper) for paper in papers(random, day * papers_a_day, papers_a_day)]
        yield _list(day, -1, ())
        for reading, hour in enumerate(READ_AT):
            yield _list(day, hour, [paper.read(random) for paper in listed if paper.arrives <= reading])


class _Listed:
    """One paper on its list, from reading to reading."""

    def __init__(self, random: Random, paper: InventedPaper) -> None:
        self._paper = paper
        self.arrives = random.choices(range(len(ARRIVING)), ARRIVING)[0]
        self._pull = random.paretovariate(1.2)  # most papers get few votes, some get very many
        self._rises = RISING
        self._upvotes = 0
        self._others = {Signal.COMMENTS: random.randint(1, 9), Signal.STARS: random.randint(0, 5_000)}

    def read(self, random: Random) -> PaperReading:
        if self._rises:
            self._rises -= 1
            self._upvotes += 1 + min(int(self._pull * 3 * random.random()), 400)
        return _reading(self._paper, AnnounceType.LISTED, {Signal.UPVOTES: self._upvotes} | self._others)


def announcement(listed: Sequence[InventedPaper], at: datetime) -> Poll:
    """ArXiv's new listing, with all of these papers."""
    return Poll(
        upstream=Upstream.ARXIV,
        subject="new:cs.AI+cs.LG",
        observed_at=at,
        outcome=Outcome.OK,
        readings=tuple(_reading(paper, AnnounceType.NEW, {}) for paper in listed),
    )


def _reading(paper: InventedPaper, why: AnnounceType, signals: Mapping[Signal, int]) -> PaperReading:
    return PaperReading(
        ids=(paper.id,),
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        categories=paper.categories,
        announce_type=why,
        signals=signals,
    )


def _list(day: int, hour: int, readings: Sequence[PaperReading]) -> Poll:
    return Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{FIRST_DAY + timedelta(days=day)}",
        observed_at=opening(day) + timedelta(hours=hour),
        outcome=Outcome.OK if readings else Outcome.EMPTY,
        readings=tuple(readings),
    )
