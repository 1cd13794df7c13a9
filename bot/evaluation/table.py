"""The figures as rows: for people a table, for programs one object a row. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from bot.evaluation.cases import CaseSet
from bot.evaluation.measures import Found, Interval, Measure, compare, mean
from bot.evaluation.pages import CUTS
from bot.evaluation.split import Split
from bot.search.answer import Mode

MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "recall_1": lambda found: found.recall(1),
        "recall_10": lambda found: found.recall(10),
        "recall_100": lambda found: found.recall(100),
        "mrr": lambda found: found.reciprocal_rank,
    }
)
_COMPARED: Final = ("recall_1", "recall_10", "mrr")


@dataclass(frozen=True, slots=True)
class Measured:
    """One set of questions, put to one body of papers in several modes."""

    corpus: str
    papers: int
    asked: CaseSet
    answers: Mapping[Mode, tuple[Found, ...]]  # one for each case, in their order
    refused: int = 0  # questions that the query language takes for a mistake: found by nobody


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one set, split and mode; `gains` are over lexical search on the same questions."""

    measured: Measured
    split: Split
    mode: Mode
    found: tuple[Found, ...]
    figures: Mapping[str, float]
    gains: Mapping[str, Interval]


def rows(measured: Measured, splits: Sequence[Split]) -> Iterator[Row]:
    """A row for each split that has questions, and each mode."""
    for split in splits:
        places = [
            place
            for place, case in enumerate(measured.asked.cases)
            if split is Split.ALL or case.split is split
        ]
        answers = {mode: tuple(found[place] for place in places) for mode, found in measured.answers.items()}
        plain = answers.get(Mode.LEXICAL)
        for mode, found in answers.items():
            if not found:
                continue
            compared = plain is not None and mode is not Mode.LEXICAL and len(found) > 1
            yield Row(
                measured,
                split,
                mode,
                found,
                figures={name: mean(found, measure) for name, measure in MEASURES.items()},
                gains={name: compare(found, plain, MEASURES[name]) for name in _COMPARED}
                if plain is not None and compared
                else {},
            )


def as_json(row: Row) -> dict[str, Any]:
    """A row for programs; a stable form. Differences are null where there is nothing to compare."""
    measured, asked = row.measured, row.measured.asked
    gains = {
        f"{name}_{part}": None if gain is None else round(value, 6)
        for name in _COMPARED
        for gain in (row.gains.get(name),)
        for part, value in zip(("gain", "gain_low", "gain_high"), gain or (0.0, 0.0, 0.0), strict=True)
    }
    counted = {f"found_{cut}": within(row, cut) for cut in CUTS} if _is_page(row) else {}
    return {
        "set": asked.name,
        "mode": row.mode.value,
        "n": len(row.found),
        **{name: round(value, 6) for name, value in row.figures.items()},
        "split": row.split.value,
        "corpus": measured.corpus,
        "papers": measured.papers,
        **gains,
        "left_out": asked.left_out,
        "shared": asked.shared,
        "refused": measured.refused,
        "right": sum(found.wanted for found in row.found),
        **counted,
    }


COLUMNS: Final = (
    "set", "mode", "n", "recall@1", "@10", "@100", "MRR", "@10 over lexical", "MRR over lexical",
)  # fmt: skip
PAGE_COLUMNS: Final = ("mode", "papers of the page", *(f"in the first {cut}" for cut in CUTS))


def cells(row: Row) -> list[str]:
    """A row for people."""
    figures = [f"{row.figures[name]:.3f}" for name in MEASURES]
    gains = [_gain(row.gains.get(name)) for name in ("recall_10", "mrr")]
    return [row.measured.asked.name, row.mode.value, f"{len(row.found):,}", *figures, *gains]


def page_cells(row: Row) -> list[str]:
    """The row of the saved page for people: counts say more than shares."""
    right = sum(found.wanted for found in row.found)
    return [row.mode.value, str(right), *(str(within(row, cut)) for cut in CUTS)]


def within(row: Row, cut: int) -> int:
    """How many right papers stand among the first `cut` results, all questions together."""
    return sum(found.within(cut) for found in row.found)


def sections(table: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of the table proper by papers searched and split, each group with its heading."""
    groups: dict[str, list[Row]] = {}
    for row in table:
        if not _is_page(row):
            half = "all questions" if row.split is Split.ALL else f"the half to {row.split}"
            groups.setdefault(f"{row.measured.corpus}: {row.measured.papers:,} papers, {half}", []).append(
                row
            )
    yield from groups.items()


def page_rows(table: Sequence[Row]) -> list[Row]:
    """The rows of the saved page."""
    return [row for row in table if _is_page(row)]


def notes(sets: Sequence[Measured]) -> Iterator[str]:
    """What a reader of the figures must know of them."""
    for one in sets:
        where, asked = f"{one.corpus}, {one.asked.name}", one.asked
        if asked.left_out:
            yield f"{where}: {_questions(asked.left_out)} left out, whose paper is not among those searched."
        if asked.shared:
            begin = "begins" if asked.shared == 1 else "begin"
            yield f"{where}: {_questions(asked.shared)} {begin} other titles too, which count as wrong."
        if one.refused:
            yield f"{where}: {_questions(one.refused)} refused as mistakes of the query language."


def _is_page(row: Row) -> bool:
    return row.measured.asked.depth == max(CUTS)


def _questions(count: int) -> str:
    return f"{count:,} question{'' if count == 1 else 's'}"


def _gain(gain: Interval | None) -> str:
    return "" if gain is None else f"{gain.difference:+.3f} [{gain.low:+.3f} {gain.high:+.3f}]"


__all__ = [
    "COLUMNS",
    "PAGE_COLUMNS",
    "Measured",
    "Row",
    "as_json",
    "cells",
    "notes",
    "page_cells",
    "page_rows",
    "rows",
    "sections",
]
