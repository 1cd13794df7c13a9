"""Invented papers and lists, the same for the same seed: data for the benchmarks, in the shape of the real."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from bot.model import AnnounceType, IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream

SEED: Final = 20251120
FIRST_DAY: Final = date(2025, 11, 1)
CATEGORIES: Final = ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "cs.RO", "cs.SD", "stat.ML", "eess.AS")

# When a list is read after its first paper came up, in hours. Before that it was read once, and was empty,
# so that the age of every paper is known.
READ_AT: Final = (1, 2, 4, 7, 11, 16, 22, 29)
EMPTY_AT: Final = 0

# Abstracts in the recorded lists have some 1,300 characters, titles some 80.
_TITLE_WORDS: Final = 10
_ABSTRACT_WORDS: Final = 165
_SYLLABLES: Final = ("ba", "cor", "de", "fin", "gra", "hel", "ist", "jo", "kan", "lum", "mer", "nos", "pra", "tel")


def _vocabulary() -> tuple[str, ...]:
    """Words of one to three syllables."""
    once = _SYLLABLES
    twice = tuple(a + b for a in once for b in once)
    thrice = tuple(a + b for a in twice for b in once)
    return (*twice, *thrice)


VOCABULARY: Final = _vocabulary()
# Few words are frequent and most are rare, as in any language (Zipf's law).
_WEIGHTS: Final = tuple(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))


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
            abstract=words(random, _ABSTRACT_WORDS),
            authors=tuple(words(random, 2).title() for _ in range(random.randint(1, 8))),
            categories=tuple(random.sample(CATEGORIES, random.randint(1, 3))),
        )
        for number in range(first, first + count)
    ]


def opening(day: int) -> datetime:
    """When the n-th list, from 0, got its first paper."""
    return datetime.combine(FIRST_DAY + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=1)


def month_of_polls(days: int, papers_a_day: int, seed: int = SEED) -> Iterator[Poll]:
    """Every reading of so many daily lists: ten observations a paper, eight of them upvotes that rise.

    One more is the number of comments, and one the stars that the list shows of a paper's repository.
    """
    random = Random(seed)
    for day in range(days):
        listed = papers(random, day * papers_a_day, papers_a_day)
        yield _list(day, EMPTY_AT - 1, ())
        upvotes = [0] * papers_a_day
        pull = [random.paretovariate(1.2) for _ in listed]  # most get few votes, some get very many
        for reading, hour in enumerate(READ_AT):
            upvotes = [
                before + 1 + min(int(force * random.random() * 3), 400)
                for before, force in zip(upvotes, pull, strict=True)
            ]
            yield _list(
                day,
                hour,
                [
                    _listed(paper, {Signal.UPVOTES: count} | (_others(random) if not reading else {}))
                    for paper, count in zip(listed, upvotes, strict=True)
                ],
            )


def announcement(listed: Sequence[InventedPaper], at: datetime) -> Poll:
    """ArXiv's new listing, with all of these papers."""
    return Poll(
        upstream=Upstream.ARXIV,
        subject="new:cs.AI+cs.LG",
        observed_at=at,
        outcome=Outcome.OK,
        readings=tuple(
            PaperReading(
                ids=(paper.id,),
                title=paper.title,
                abstract=paper.abstract,
                authors=paper.authors,
                categories=paper.categories,
                announce_type=AnnounceType.NEW,
            )
            for paper in listed
        ),
    )


def _others(random: Random) -> dict[Signal, int]:
    return {Signal.COMMENTS: random.randint(1, 9), Signal.STARS: random.randint(0, 5_000)}


def _listed(paper: InventedPaper, signals: dict[Signal, int]) -> PaperReading:
    return PaperReading(
        ids=(paper.id,),
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        categories=paper.categories,
        announce_type=AnnounceType.LISTED,
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
