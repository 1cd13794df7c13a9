"""`paperboy backtest`: on recorded days, and on what the bot itself observed."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation.own_days import LEAST_DAYS, own_days
from bot.model import AnnounceType, IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.ports import Store
from tests.cli import Cli
from tests.shared import shared_file

FIRST = date(2025, 11, 3)
MEASURED = ("spearman", "p_3", "p_5", "p_10", "coverage_5", "coverage_10")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


def opening(day: date) -> datetime:
    return datetime.combine(day, time(1), UTC)


def a_poll(day: date, at: datetime, upvotes: dict[int, int]) -> Poll:
    return Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{day}",
        observed_at=at,
        outcome=Outcome.OK,
        readings=tuple(
            PaperReading(
                ids=(PaperId(IdScheme.ARXIV, f"{day:%y%m}.{day.day:02}{number:03}"),),
                title=f"On Matter {number} of {day}",
                announce_type=AnnounceType.LISTED,
                signals={Signal.UPVOTES: value},
            )
            for number, value in upvotes.items()
        ),
    )


async def watch(store: Store, days: int) -> None:
    """Lists of eight papers each: paper 1 leads in the morning, and paper 9, which came later, in the end."""
    for day in (FIRST + timedelta(n) for n in range(days)):
        opened = opening(day)
        morning = {number: 9 - number for number in range(1, 9)}
        for after, upvotes in (
            (timedelta(0), dict.fromkeys(morning, 0)),
            (timedelta(hours=6), morning),
            (timedelta(hours=9), {**morning, 9: 4}),
            (timedelta(days=3), {number: 10 * value for number, value in morning.items()} | {9: 500}),
            (timedelta(days=9), {number: 1_000 + number for number in range(1, 10)}),  # too late to count
        ):
            await store.papers.ingest(a_poll(day, opened + after, upvotes), opened + after)


async def test_own_days_hold_the_morning_and_what_became_of_it(store: Store) -> None:
    await watch(store, 2)
    body = await own_days(store.papers, opening(FIRST) + timedelta(days=30))
    first, second = body.days
    assert (first.day, second.day) == (FIRST, FIRST + timedelta(days=1))
    assert first.as_of == opening(FIRST) + timedelta(hours=7)
    last = {paper.key: paper.signals[Signal.UPVOTES, Upstream.HUGGING_FACE].last for paper in first.papers}
    assert last == {f"arxiv:2511.03{number:03}": 9 - number for number in range(1, 9)}
    assert first.later == {
        **{key: 10.0 * value for key, value in last.items()},
        "arxiv:2511.03009": 500.0,
    }
    assert [batch.day for batch in second.batches] == [second.day, first.day]


async def test_a_list_that_has_not_settled_or_was_not_watched_is_no_day(store: Store) -> None:
    await watch(store, 2)
    late = FIRST - timedelta(days=30)
    filled = a_poll(late, opening(FIRST), dict.fromkeys(range(1, 9), 50))
    await store.papers.ingest(filled, filled.observed_at)
    body = await own_days(store.papers, opening(FIRST) + timedelta(days=7, hours=1))
    assert [one.day for one in body.days] == [FIRST]


def test_the_bots_own_observations_are_measured_once_there_are_enough(cli: Cli) -> None:
    cli.store(lambda store: watch(store, LEAST_DAYS))
    (row,) = (
        one
        for one in cli.json("backtest --no-recorded --split all --resamples 20")
        if one["formula"] == "paperboy"
    )
    assert (row["body"], row["days"], row["papers"], row["synthetic"]) == ("own", 10, 80, None)
    # The one that came later is first in the end, and was not there in the morning.
    assert [row[name] for name in MEASURED] == pytest.approx([1, 2 / 3, 4 / 5, 8 / 10, 4 / 5, 8 / 9])
    assert [row[f"{name}_gain"] for name in MEASURED] == [0] * 6


def test_too_few_own_observations_are_counted_and_told(cli: Cli) -> None:
    cli.store(lambda store: watch(store, 3))
    done = cli.run("backtest --no-recorded --json")
    assert done.stdout == "[]\n"
    assert done.stderr == (
        "Of this bot's own observations, 3 lists can be judged: watched from the first hours on, "
        "and 7 days old. It takes 10.\n"
    )


def test_no_database_is_made_to_look_at(cli: Cli) -> None:
    assert "0 lists can be judged" in cli.run("backtest --no-recorded").stderr
    assert not cli.database.exists()


def test_missing_or_broken_data_are_said_in_a_sentence(cli: Cli, tmp_path: Path) -> None:
    assert cli.fails(f"backtest --data {tmp_path / 'none'}").startswith("There is no folder")
    for name in ("hf-daily-papers/responses.jsonl.gz", "trending-backtest/early_late_pairs.csv.gz"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"no archive")
    assert "responses.jsonl.gz cannot be read as recorded days" in cli.fails(f"backtest --data {tmp_path}")


# --- recorded days -------------------------------------------------------------------------------


def recorded(cli: Cli, more: str) -> list[dict[str, Any]]:
    folder = shared_file("data")
    rows: list[dict[str, Any]] = cli.json(f"backtest --data {folder} --no-own {more}")
    return rows


def figure(table: list[dict[str, Any]], body: str, formula: str) -> dict[str, Any]:
    (row,) = (one for one in table if (one["body"], one["formula"]) == (body, formula))
    return row


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return recorded(Cli(tmp_path_factory.mktemp("home")), "--split all --resamples 400")


def test_the_known_figures_are_met(whole: list[dict[str, Any]]) -> None:
    """Measured independently: 0.860, and, where ties keep the list's own order, P@3 0.808 and P@5 0.836."""
    row = figure(whole, "later-count", "upvotes")
    assert row["days"] == 132
    assert row["spearman"] == pytest.approx(0.860, abs=0.0005)
    assert row["p_3"] == pytest.approx(0.808, abs=0.006)
    assert row["p_5"] == pytest.approx(0.836, abs=0.006)


def test_the_formula_in_use_is_nowhere_worse_than_upvotes(whole: list[dict[str, Any]]) -> None:
    mine = [one for one in whole if one["formula"] == "paperboy"]
    assert {one["body"] for one in mine} == {"later-count", "last-snapshot", "last-snapshot-stars"}
    told = {(one["body"], name): one[f"{name}_gain"] for one in mine for name in MEASURED}
    assert min(gain for gain in told.values() if gain is not None) >= 0


def test_no_other_formula_is_better_so_the_simplest_stays(whole: list[dict[str, Any]]) -> None:
    better = [
        (one["body"], one["formula"], name)
        for one in whole
        for name in MEASURED
        if one[f"{name}_gain_low"] is not None and one[f"{name}_gain_low"] > 0
    ]
    assert better == []


def test_series_that_were_made_up_are_named(whole: list[dict[str, Any]]) -> None:
    told = {one["body"]: one["synthetic"] for one in whole}
    assert told["later-count"] is told["last-snapshot"] is None
    assert told["last-snapshot-stars"].startswith("stars: ")
    assert {one["body"] for one in whole if "stars" in one["formula"]} == {"last-snapshot-stars"}


def test_a_sample_of_the_days_is_the_same_every_time(cli: Cli) -> None:
    line = "--days 12 --resamples 50 --split all"
    first = recorded(cli, line)
    assert {one["days"] for one in first} == {12}
    assert recorded(cli, line) == first
