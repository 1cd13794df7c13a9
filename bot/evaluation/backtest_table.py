"""The back-test's figures: for people a table and a verdict, for programs one object a row. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from bot.evaluation.backtest import MEASURES, Body, Row
from bot.evaluation.formulas import BASELINE, CHOSEN
from bot.evaluation.measures import Interval
from bot.evaluation.split import Split

_NAMES: Final = {
    "spearman": "Spearman",
    "p_3": "P@3",
    "p_5": "P@5",
    "p_10": "P@10",
    "coverage_5": "coverage of 5",
    "coverage_10": "coverage of 10",
}


def as_json(row: Row) -> dict[str, Any]:
    """A row for programs; a stable form. What a body does not tell, and what is not compared, is null."""
    figures = {name: round(row.figures[name], 6) if name in row.figures else None for name in MEASURES}
    gains = {
        f"{name}_{part}": None if gain is None else round(value, 6)
        for name in MEASURES
        for gain in (row.gains.get(name),)
        for part, value in zip(("gain", "gain_low", "gain_high"), gain or (0.0, 0.0, 0.0), strict=True)
    }
    return {
        "body": row.body.name,
        "formula": row.formula,
        "split": row.split.value,
        "days": row.days,
        "papers": row.papers,
        "synthetic": row.body.synthetic or None,
        **figures,
        **gains,
    }


def columns(body: Body) -> list[str]:
    """The heads of the table of one body."""
    return ["formula", *(_NAMES[name] for name in body.measures)]


def cells(row: Row) -> list[str]:
    """A row for people: each figure, and its difference from upvotes."""
    return [row.formula, *(_cell(row.figures[name], row.gains.get(name)) for name in row.body.measures)]


def sections(table: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows by body and split, each group with its heading."""
    groups: dict[str, list[Row]] = {}
    for row in table:
        half = "all days" if row.split is Split.ALL else f"the half to {row.split}"
        heading = f"{row.body.name}: {row.days:,} days, {row.papers:,} papers, {half}"
        groups.setdefault(heading, []).append(row)
    yield from groups.items()


def notes(body: Body) -> Iterator[str]:
    """What a reader of a body's figures must know of it."""
    yield f"{body.name}: judged by {body.later}."
    if body.synthetic:
        yield f"{body.name}: synthetic {body.synthetic}."


def verdicts(table: Sequence[Row]) -> Iterator[str]:
    """Where an interval leaves no doubt: whether the formula in use is anywhere worse than upvotes, and which
    is anywhere better.
    """
    worse = [
        f"{_NAMES[name]} of {row.body.name}, {_half(row)}"
        for row in table
        if row.formula == CHOSEN
        for name, gain in row.gains.items()
        if gain.high < 0
    ]
    if any(row.formula == CHOSEN for row in table):
        told = f"worse than {BASELINE} by {'; '.join(worse)}" if worse else f"nowhere worse than {BASELINE}"
        yield f"The formula in use ({CHOSEN}) is {told}."
    better = [
        f"{row.formula} by {_NAMES[name]} of {row.body.name}, {_half(row)}"
        for row in table
        for name, gain in row.gains.items()
        if gain.low > 0
    ]
    told = f"Better than {BASELINE} is {'; '.join(better)}" if better else f"None is better than {BASELINE}"
    yield f"{told}, as far as the intervals tell."


def _half(row: Row) -> str:
    return "all days" if row.split is Split.ALL else f"the half to {row.split}"


def _cell(figure: float, gain: Interval | None) -> str:
    difference = "" if gain is None else f" {gain.difference:+.3f} [{gain.low:+.3f} {gain.high:+.3f}]"
    return f"{figure:.3f}{difference}"


__all__ = ["as_json", "cells", "columns", "notes", "sections", "verdicts"]
