"""What a daily post leaves out: recorded pages of most of a year, replayed against the real ranking.

The recording holds ranks, no numbers, so the upvotes here are synthetic, and only they: the median that was
recorded at that rank some 7 hours into a list, growing with the square root of the list's age. The one list
recorded twice within its life grew faster (120 to 164 upvotes from hour 17 to hour 28; the root gives 154).
"""

import csv
import gzip
import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import median

import pytest

from bot.model import Batch, PaperSeries, Series, Signal, Upstream, Window, utc_ms
from bot.trending.rank import rank
from tests.shared import shared_file

HOURS_INTO_THE_LIST = 7


@dataclass
class Page:
    """One list as it was seen again and again: (instant, ids in order of rank)."""

    day: date
    snapshots: list[tuple[datetime, list[str]]] = field(default_factory=list)


def recorded_pages() -> list[Page]:
    """The pages in order. One that mostly repeats the page before (a weekend's) is still that page."""
    snapshots: dict[datetime, list[str]] = defaultdict(list)
    with gzip.open(shared_file("data/hf-rank-snapshots/rank_snapshots.csv.gz"), "rt") as lines:
        for row in csv.DictReader(lines):  # in order of rank within a snapshot
            snapshots[datetime.fromisoformat(row["snapshot_at"])].append(row["paper_id"])
    pages: list[Page] = []
    before: set[str] = set()
    for seen_at, ids in sorted(snapshots.items()):
        if not pages or len(before & set(ids)) <= min(len(before), len(ids)) / 2:
            pages.append(Page(seen_at.date()))
        pages[-1].snapshots.append((seen_at, ids))
        before = set(ids)
    return pages


def recorded_upvotes() -> list[float]:
    """The median upvotes at rank 1, 2, … of the lists that were read 7 hours into their day."""
    by_rank: dict[int, list[int]] = defaultdict(list)
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt") as lines:
        for line in lines:
            body = json.loads(line)
            opened = datetime.combine(date.fromisoformat(body["list_date"]), time(0), UTC)
            age = datetime.fromisoformat(body["captured_at"]) - opened
            if age // timedelta(hours=1) == HOURS_INTO_THE_LIST:
                upvotes = sorted((row["paper"]["upvotes"] for row in body["response"]), reverse=True)
                for position, value in enumerate(upvotes, 1):
                    by_rank[position].append(value)
    return [median(by_rank[position]) for position in sorted(by_rank)]


def replay(pages: list[Page], table: list[float], size: int) -> tuple[int, int]:
    """Posts once a day at the first snapshot from 05:00 UTC on; returns (papers of final top fives, of
    those not shown by the next day's post).
    """
    told: dict[str, date] = {}
    readings: Mapping[str, list[tuple[int, int]]] = defaultdict(list)
    first_list: dict[str, date] = {}
    posts: list[date] = []
    for number, page in enumerate(pages):
        opened = datetime.combine(page.day, time(0), UTC)
        for seen_at, ids in page.snapshots:
            growth = math.sqrt(max((seen_at - opened) / timedelta(hours=HOURS_INTO_THE_LIST), 0))
            for position, key in enumerate(ids):
                first_list.setdefault(key, page.day)
                value = round(table[min(position, len(table) - 1)] * growth)
                readings[key].append((utc_ms(seen_at), max(value, 1)))
            if seen_at.hour >= 5 and (not posts or posts[-1] < seen_at.date()):
                posts.append(seen_at.date())
                batches = [
                    Batch(one.day, one.snapshots[0][0], len(one.snapshots[0][1]))
                    for one in reversed(pages[max(number - 1, 0) : number + 1])
                ]
                recent = [
                    PaperSeries(
                        index,
                        key,
                        points[0][0],
                        None,
                        first_list[key].toordinal(),
                        points[-1][0],
                        {(Signal.UPVOTES, Upstream.HUGGING_FACE): Series.of(points)},
                    )
                    for index, (key, points) in enumerate(readings.items())
                    if first_list[key] >= page.day - timedelta(days=7)
                ]
                ranking = rank(recent, [], batches, Window.DAY, seen_at, size=len(recent))
                unseen = [entry.key for entry in ranking.entries if entry.key not in told]
                told.update(dict.fromkeys(unseen[:size], seen_at.date()))
    papers = missed = 0
    for page in pages[:-1]:
        following = [day for day in posts if day > page.day]
        if following and page.day in posts:
            for key in page.snapshots[-1][1][:5]:
                papers += 1
                missed += key not in told or told[key] > following[0]
    return papers, missed


@pytest.mark.parametrize(("size", "at_most"), [(5, 0.05), (10, 0.01)])
def test_hardly_a_paper_of_a_final_top_five_is_left_out_by_the_next_post(size: int, at_most: float) -> None:
    papers, missed = replay(recorded_pages(), recorded_upvotes(), size)
    assert papers > 1_000
    assert missed / papers <= at_most, f"{missed} of {papers} papers ({missed / papers:.2%})"
    print(f"{size} papers a post: {missed} of {papers} papers of final top fives left out")
