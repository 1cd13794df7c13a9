"""Recorded days for the back-test: a data folder's files as series, as the bot would have observed them."""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.errors import GarbledError, InputError
from bot.evaluation.backtest import LEAST_PAPERS, Body, Day
from bot.evaluation.corpora import DataFolder
from bot.model import Batch, PaperReading, PaperSeries, Series, Signal, Upstream, Window, utc_ms
from bot.sources.huggingface import poll_from_body
from bot.trending.windows import window_start

_UPVOTES: Final = (Signal.UPVOTES, Upstream.HUGGING_FACE)
_STARS: Final = (Signal.STARS, Upstream.HUGGING_FACE)
_COMMENTS: Final = (Signal.COMMENTS, Upstream.HUGGING_FACE)
T = TypeVar("T")

_RECENT: Final = timedelta(days=4)  # a list before this is not the one before: some were not recorded


@dataclass(frozen=True, slots=True)
class _List:
    """One daily list as it was read once."""

    day: date
    read_at: datetime
    submitted: Mapping[
        str, datetime
    ]  # by arXiv id, when each came on the list, at its day's beginning or later
    readings: Mapping[str, PaperReading]


def recorded(folder: DataFolder) -> Iterator[Body]:
    """The recorded bodies. Raises `InputError` if a file is missing or cannot be read."""
    lists = _read(folder.lists, _lists)
    yield _later_count(lists, _read(folder.pairs, _pairs))
    snapshots = _read(folder.snapshots, _last_snapshots)
    body = _last_snapshot(lists, snapshots)
    yield body
    yield _with_stars(body, lists)


def recorded_lists(folder: DataFolder) -> Mapping[date, Sequence[PaperReading]]:
    """The papers of each recorded list. Raises `InputError` if the file is missing or cannot be read."""
    return {day: tuple(one.readings.values()) for day, one in _read(folder.lists, _lists).items()}


# --- bodies --------------------------------------------------------------------------------------


def _later_count(lists: Mapping[date, _List], pairs: Mapping[date, list[dict[str, str]]]) -> Body:
    """An early reading of a list against the upvotes that its papers had weeks to months later."""
    days = []
    for day, found in sorted(pairs.items()):
        if len(found) < LEAST_PAPERS:
            continue
        # What was read at all was read together, one day of 136 excepted, of which the later reading counts.
        as_of = max(_instant(row["early_at"]) for row in found)
        submitted = lists[day].submitted if day in lists else {}
        papers = tuple(
            _paper(
                number,
                row["paper_id"],
                day,
                submitted.get(row["paper_id"], _opening(day)),
                as_of,
                {_UPVOTES: int(row["early_upvotes"]), _COMMENTS: int(row["early_comments"] or 0)},
            )
            for number, row in enumerate(found)
        )
        later = {_key(row["paper_id"]): float(row["late_upvotes"]) for row in found}
        days.append(Day(day, as_of, _batches(lists, day, papers), papers, later))
    return Body("later-count", "the upvotes weeks to months later", tuple(days), ("spearman", "p_3", "p_5"))


def _last_snapshot(lists: Mapping[date, _List], snapshots: Mapping[date, Sequence[str]]) -> Body:
    """The morning's reading of a list against the order of the page at the day's last snapshot."""
    days = []
    for day, one in sorted(lists.items()):
        last = snapshots.get(day, ())
        standing = sum(key in one.readings for key in last)
        if one.read_at.date() != day or standing < max(LEAST_PAPERS, len(one.readings) / 2):
            continue  # read on another day; or the page still, or again, showed another list
        papers = tuple(
            _paper(
                number,
                arxiv_id,
                day,
                one.submitted[arxiv_id],
                one.read_at,
                {
                    (signal, Upstream.HUGGING_FACE): value
                    for signal, value in reading.signals.items()
                    if signal is not Signal.STARS
                },
            )
            for number, (arxiv_id, reading) in enumerate(one.readings.items())
        )
        later = {_key(arxiv_id): -float(place) for place, arxiv_id in enumerate(last)}
        days.append(Day(day, one.read_at, _batches(lists, day, papers), papers, later))
    measures = ("spearman", "p_3", "p_5", "p_10", "coverage_5", "coverage_10")
    return Body("last-snapshot", "the page's order at the day's last snapshot", tuple(days), measures)


def _with_stars(body: Body, lists: Mapping[date, _List]) -> Body:
    """The days of which stars were read, each repository's growth made up from that one reading."""
    days = []
    for day in body.days:
        since = window_start(Window.DAY, day.as_of, day.batches)
        readings = lists[day.day].readings
        papers = tuple(
            replace(
                paper,
                signals={**paper.signals, **_grown(readings[paper.key.partition(":")[2]], since, day.as_of)},
            )
            for paper in day.papers
        )
        if any(_STARS in paper.signals for paper in papers):
            days.append(replace(day, papers=papers))
    return replace(
        body,
        name="last-snapshot-stars",
        days=tuple(days),
        synthetic="stars: from none at the paper's publication evenly to the one number that was read",
    )


def _grown(reading: PaperReading, since: datetime, as_of: datetime) -> dict[tuple[Signal, Upstream], Series]:
    stars, published_at = reading.signals.get(Signal.STARS), reading.published_at
    if stars is None or published_at is None or published_at >= as_of:
        return {}
    points = {utc_ms(published_at): 0, utc_ms(as_of): stars}
    if published_at < since:
        points[utc_ms(since)] = round(stars * ((since - published_at) / (as_of - published_at)))
    return {_STARS: Series.of(sorted(points.items()))}


# --- series --------------------------------------------------------------------------------------


def _paper(
    number: int,
    arxiv_id: str,
    day: date,
    submitted: datetime,
    as_of: datetime,
    numbers: Mapping[tuple[Signal, Upstream], int],
) -> PaperSeries:
    """A paper seen to come on the list when it was submitted there, and read once."""
    at = utc_ms(as_of)
    return PaperSeries(
        paper_id=number,
        key=_key(arxiv_id),
        first_seen_at=min(utc_ms(submitted), at),
        seen_after=None,
        list_day=day.toordinal(),
        polled_at=at,
        signals={signal: Series.of([(at, value)]) for signal, value in numbers.items()},
    )


def _batches(lists: Mapping[date, _List], day: date, papers: Sequence[PaperSeries]) -> tuple[Batch, ...]:
    """The list, opened when its first paper came, and the one before it as far as that was recorded."""
    opened = datetime.fromtimestamp(min(paper.first_seen_at for paper in papers) / 1000, UTC)
    own = Batch(day, opened, len(papers))
    earlier = max((one for one in lists if day - _RECENT <= one < day), default=None)
    if earlier is None or not lists[earlier].submitted:
        return (own,)
    submitted = lists[earlier].submitted
    return (own, Batch(earlier, min(submitted.values()), len(submitted)))


def _key(arxiv_id: str) -> str:
    return f"arxiv:{arxiv_id}"


def _opening(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


# --- files ---------------------------------------------------------------------------------------


def _lists(lines: Iterable[str]) -> dict[date, _List]:
    """The lists by day; of one that was read twice the earlier reading."""
    found: dict[date, _List] = {}
    for body in map(json.loads, lines):
        day, read_at, rows = (
            date.fromisoformat(body["list_date"]),
            _instant(body["captured_at"]),
            body["response"],
        )
        if day in found and found[day].read_at <= read_at:
            continue
        poll = poll_from_body(rows, f"daily:{day}", read_at)
        found[day] = _List(
            day,
            read_at,
            {row["paper"]["id"]: max(_submitted(row), _opening(day)) for row in rows},
            {reading.ids[0].value: reading for reading in poll.readings},
        )
    return found


def _submitted(row: Mapping[str, Any]) -> datetime:
    """When a paper came on the list: newer bodies say so, older ones where newer ones have its arXiv date."""
    return _instant(row["paper"].get("submittedOnDailyAt") or row["publishedAt"])


def _pairs(lines: Iterable[str]) -> dict[date, list[dict[str, str]]]:
    found: dict[date, list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader(lines):
        found[date.fromisoformat(row["day"])].append(row)
    return found


def _last_snapshots(lines: Iterable[str]) -> dict[date, list[str]]:
    """The ids in the order of each day's last snapshot."""
    found: dict[date, tuple[datetime, list[str]]] = {}
    for row in csv.DictReader(lines):  # in order of rank within a snapshot
        at = _instant(row["snapshot_at"])
        if at.date() not in found or found[at.date()][0] < at:
            found[at.date()] = (at, [])
        if found[at.date()][0] == at:
            found[at.date()][1].append(row["paper_id"])
    return {day: ids for day, (_, ids) in found.items()}


def _read(path: Path, parse: Callable[[Iterable[str]], T]) -> T:
    """What a compressed file says. Raises `InputError` if it is not what it should be."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            return parse(lines)
    except (OSError, EOFError, ValueError, KeyError, TypeError, GarbledError) as error:
        raise InputError(
            f"{path} cannot be read as recorded days ({type(error).__name__}: {error})."
        ) from error


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


__all__ = ["recorded", "recorded_lists"]
