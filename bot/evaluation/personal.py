"""Whether the personal order is better than the common one: saves that people with topics would have made.

A person cares for two topics, which nobody else does. Hugging Face's keywords of a paper say whether it has
them; the order sees titles and abstracts alone. They saved some papers of the earlier lists, and some that
everybody saves. On each later list that has papers of their topics, both orders are asked how far up these
stand. Pure: all is seeded.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any, Final

from bot.evaluation.measures import RESAMPLES, SEED, Found, Interval, bootstrap, mean
from bot.evaluation.split import Split, split_of
from bot.model import PaperReading, Signal
from bot.people.model import Mark
from bot.taste.model import Taught
from bot.taste.order import Floats, Space, Taste

if TYPE_CHECKING:
    from bot.search.ports import Encoder

SAVED: Final = (3, 10, 30)  # papers that a person saved so far
CUT: Final = 5  # places of a message
_TOPICS: Final = 2  # a person's
_HAVE: Final = (12, 150)  # papers, at least and at most, of a topic that somebody may care for
_EARLIER: Final = 0.6  # of a person's papers, from which the saved ones are taken
_ANYBODYS: Final = 4  # of so many papers of their topics one more is saved that leads a list
_LEADING: Final = 3  # papers of a list that everybody may save


@dataclass(frozen=True, slots=True)
class Row:
    """How far up the papers of people's topics stand, as means over people."""

    saved: int
    people: int
    lists: int
    recall: tuple[float, float]  # within the first `CUT`: common, personal
    reciprocal_rank: tuple[float, float]
    recall_gain: Interval
    reciprocal_rank_gain: Interval


def as_json(row: Row) -> dict[str, Any]:
    """A row as `--json` prints it."""

    def compared(figures: tuple[float, float], gain: Interval) -> dict[str, float]:
        return {"common": figures[0], "personal": figures[1], **gain._asdict()}

    return {
        "saved": row.saved,
        "people": row.people,
        "lists": row.lists,
        f"recall_{CUT}": compared(row.recall, row.recall_gain),
        "reciprocal_rank": compared(row.reciprocal_rank, row.reciprocal_rank_gain),
    }


@dataclass(frozen=True, slots=True)
class Lists:
    """Daily lists whose papers have keywords, each paper on its first one, the most upvotes first."""

    days: Mapping[date, Sequence[str]]  # ids
    keywords: Mapping[str, frozenset[str]]
    vectors: Floats
    rows: Mapping[str, int]  # of the vectors, by id


def laid_out(lists: Mapping[date, Sequence[PaperReading]], encoder: "Encoder") -> Lists:
    """The lists of which most papers have keywords, with the vectors of all their papers."""
    known: dict[str, PaperReading] = {}
    days: dict[date, list[str]] = {}
    for day, readings in sorted(lists.items()):
        if 2 * sum(bool(one.keywords) for one in readings) <= len(readings):
            continue
        fresh = [one for one in readings if one.ids[0].value not in known]
        known |= {one.ids[0].value: one for one in fresh}
        days[day] = [
            one.ids[0].value for one in sorted(fresh, key=lambda one: -one.signals.get(Signal.UPVOTES, 0))
        ]
    vectors = encoder.documents([(one.title, one.abstract) for one in known.values()])
    keywords = {name: frozenset(word.lower() for word in one.keywords) for name, one in known.items()}
    return Lists(days, keywords, vectors, {name: row for row, name in enumerate(known)})


def rows(lists: Lists, split: Split, *, resamples: int = RESAMPLES, seed: int = SEED) -> list[Row]:
    """A row for each number of saved papers, of people whose topics belong to that half."""
    counts = Counter(word for words in lists.keywords.values() for word in words)
    least, most = _HAVE
    topics = sorted(
        word
        for word, count in counts.items()
        if least <= count <= most and split in {Split.ALL, split_of(word)}
    )
    Random(seed).shuffle(topics)  # noqa: S311 - a simulation, not cryptography
    people = [frozenset(topics[at : at + _TOPICS]) for at in range(0, len(topics), _TOPICS)]
    return [_row(lists, people, saved, resamples, seed) for saved in SAVED]


def _row(lists: Lists, people: Sequence[frozenset[str]], saved: int, resamples: int, seed: int) -> Row:
    asked: list[tuple[list[Found], list[Found]]] = []
    for number, topics in enumerate(people):
        found = _asked(lists, topics, saved, Random(f"{seed} {number}"))  # noqa: S311 - as above
        if found[0]:
            asked.append(found)

    def recall(one: Found) -> float:
        return one.within(CUT) / min(CUT, one.wanted)

    def rank(one: Found) -> float:
        return one.reciprocal_rank

    figures = {
        measure: [(mean(common, measure), mean(personal, measure)) for common, personal in asked]
        for measure in (recall, rank)
    }
    gains = {
        measure: bootstrap([after - before for before, after in pairs], resamples=resamples, seed=seed)
        for measure, pairs in figures.items()
    }
    return Row(
        saved=saved,
        people=len(asked),
        lists=sum(len(common) for common, _ in asked),
        recall=_means(figures[recall]),
        reciprocal_rank=_means(figures[rank]),
        recall_gain=gains[recall],
        reciprocal_rank_gain=gains[rank],
    )


def _asked(lists: Lists, topics: frozenset[str], saved: int, draw: Random) -> tuple[list[Found], list[Found]]:
    """What both orders come to on each later list that has papers of these topics."""
    liked = {name for name, words in lists.keywords.items() if words & topics}
    by_day = {day: [name for name in names if name in liked] for day, names in lists.days.items()}
    have = [day for day, names in by_day.items() if names]
    split = have[int(len(have) * _EARLIER)] if have else date.max
    earlier = [name for day in have if day < split for name in by_day[day]]
    kept = draw.sample(earlier, min(saved, len(earlier)))
    leading = [name for day, names in lists.days.items() if day < split for name in names[:_LEADING]]
    kept += draw.sample(leading, min(len(kept) // _ANYBODYS, len(leading)))
    wanted = lists.vectors[[lists.rows[name] for name in dict.fromkeys(kept)]]
    taught = Taught({lists.rows[name]: Mark.SAVED for name in kept})
    common: list[Found] = []
    personal: list[Found] = []
    for day in have:
        if day >= split:
            numbers = [lists.rows[name] for name in lists.days[day]]
            right = {lists.rows[name] for name in by_day[day]}
            taste = Taste(Space(numbers, lists.vectors[numbers]), taught, wanted, lists.vectors[:0])
            common.append(_found(numbers, right))
            personal.append(_found(taste.ordered(numbers), right))
    return common, personal


def _found(order: Sequence[int], right: set[int]) -> Found:
    return Found(tuple(place for place, number in enumerate(order, 1) if number in right), len(right))


def _means(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    count = max(1, len(pairs))
    return sum(before for before, _ in pairs) / count, sum(after for _, after in pairs) / count


__all__ = ["CUT", "SAVED", "Lists", "Row", "as_json", "laid_out", "rows"]
