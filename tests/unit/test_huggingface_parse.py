"""Reading Hugging Face's lists: every age of the schema, every recorded body, and rows that are broken."""

import copy
import gzip
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import GarbledError
from bot.model import AnnounceType, IdScheme, Outcome, PaperId, Signal, Upstream
from bot.sources.huggingface import parse_daily, poll_from_body
from tests.servers.huggingface import Row, daily_row
from tests.shared import shared_file

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)
AGES = {
    "2024-03-12_oldschema": (9, {Signal.UPVOTES, Signal.COMMENTS}),
    "2024-05-28": (15, {Signal.UPVOTES, Signal.COMMENTS}),
    "2024-10-15": (19, {Signal.UPVOTES, Signal.COMMENTS}),
    "2025-03-12": (23, {Signal.UPVOTES, Signal.COMMENTS}),
    "2025-09-10": (11, {Signal.UPVOTES, Signal.COMMENTS, Signal.STARS}),
    "2026-02-10": (33, {Signal.UPVOTES, Signal.COMMENTS, Signal.STARS}),
    "2026-05-13": (50, {Signal.UPVOTES, Signal.COMMENTS, Signal.STARS}),
    "2026-08-21": (17, {Signal.UPVOTES, Signal.COMMENTS, Signal.STARS}),
}


def fixture(age: str) -> bytes:
    return shared_file(f"data/api-fixtures/hf-daily-papers/daily_papers_{age}.json").read_bytes()


@pytest.mark.parametrize(("age", "rows", "signals"), [(age, *facts) for age, facts in AGES.items()])
def test_every_age_of_the_schema_is_read_whole(age: str, rows: int, signals: set[Signal]) -> None:
    parsed = parse_daily(fixture(age))
    assert (len(parsed.readings), parsed.skipped) == (rows, 0)
    for reading, raw in zip(parsed.readings, json.loads(fixture(age)), strict=True):
        assert reading.ids == (PaperId(IdScheme.ARXIV, raw["paper"]["id"]),)
        assert reading.signals[Signal.UPVOTES] == raw["paper"]["upvotes"]
        assert reading.signals[Signal.COMMENTS] == raw["numComments"]
        assert reading.signals.get(Signal.STARS) == raw["paper"].get("githubStars")
        shown = [author for author in raw["paper"]["authors"] if not author["hidden"]]
        assert len(reading.authors) == len(shown)
        assert reading.announce_type is AnnounceType.LISTED
        assert "\n" not in reading.title + reading.abstract
        assert reading.abstract
    assert {signal for reading in parsed.readings for signal in reading.signals} == signals


def test_todays_form_gives_every_field() -> None:
    reading = parse_daily(fixture("2026-08-21")).readings[0]
    assert reading.title == "EnvHarness: Awakening Static Worlds for Agent Learning"
    assert reading.published_at == datetime(2026, 8, 20, tzinfo=UTC)
    assert reading.authors[0] == "Chengsong Huang"
    assert reading.ai_summary is not None
    assert reading.ai_summary.startswith("EnvHarness and EnvRigger dynamically")
    assert reading.ai_summary_model == "thinkingmachines/Inkling-Small"
    assert reading.keywords[:2] == ("LLM agents", "Environment Harness")
    assert reading.organization == "Google"
    assert reading.code_url == "https://github.com/google-research/envharness"
    assert reading.project_url == "https://envharness.com/"
    assert reading.thumbnail_url is not None
    assert reading.thumbnail_url.startswith("https://cdn-thumbnails.huggingface.co/")
    assert reading.signals == {Signal.UPVOTES: 163, Signal.COMMENTS: 1, Signal.STARS: 8}


def test_no_row_of_the_recorded_lists_is_lost() -> None:
    lists = rows = 0
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            captured_at = datetime.fromisoformat(record["captured_at"])
            captured_at = captured_at if captured_at.tzinfo else captured_at.replace(tzinfo=UTC)
            poll = poll_from_body(record["response"], f"daily:{record['list_date']}", captured_at)
            lists += 1
            rows += len(poll.readings)
            assert poll.outcome is Outcome.OK
            assert poll.list_date == date.fromisoformat(record["list_date"])
            assert poll.skipped == 0
            listed = [row["paper"]["id"] for row in record["response"]]
            assert [reading.ids[0].value for reading in poll.readings] == listed
            assert all(
                {Signal.UPVOTES, Signal.COMMENTS} <= set(reading.signals) and reading.published_at
                for reading in poll.readings
            )
    assert (lists, rows) == (417, 6112)


def test_a_poll_of_one_body_tells_its_outcome() -> None:
    full = poll_from_body([daily_row("2511.00001")], "daily:2025-11-20", NOON)
    assert (full.upstream, full.subject, full.observed_at) == (
        Upstream.HUGGING_FACE,
        "daily:2025-11-20",
        NOON,
    )
    assert full.outcome is Outcome.OK
    assert poll_from_body(b"[]", "daily:2025-11-22", NOON).outcome is Outcome.EMPTY
    some = poll_from_body([daily_row("2511.00001"), {"paper": {}}, 7], "daily:2025-11-20", NOON)
    assert (some.outcome, len(some.readings), some.skipped) == (Outcome.PARTIAL, 1, 2)
    assert some.detail == "2 rows could not be read: page 0, row 1: its id is missing."
    none = poll_from_body([{"paper": {}}], "daily:2025-11-20", NOON)
    assert (none.outcome, none.readings, none.skipped) == (Outcome.FAILED, (), 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html>",
        b'[{"paper": {"id"',
        b'{"error": "Internal"}',
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_list_is_garbled(body: bytes) -> None:
    with pytest.raises(GarbledError, match=r"^Hugging Face sent "):
        parse_daily(body)


def test_the_error_that_was_sent_instead_of_a_list_is_named() -> None:
    with pytest.raises(GarbledError, match="'Invalid date'"):
        parse_daily(b'{"error":"Invalid date"}')


@pytest.mark.parametrize(
    "subject",
    ["daily:2025-13-01", "daily:20251120", "daily:", "week:2025-W60", "month:2025-11-20", "new", ""],
)
def test_an_unknown_subject_is_a_bug(subject: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        poll_from_body(b"[]", subject, NOON)


def test_a_flat_row_is_read_like_a_wrapped_one() -> None:
    wrapped = daily_row("2511.00001", upvotes=7, githubStars=3)
    flat = wrapped["paper"] | {"numComments": wrapped["numComments"]}
    assert parse_daily([flat]).readings == parse_daily([wrapped]).readings


def test_a_key_may_stand_inside_or_outside() -> None:
    row = daily_row("2511.00001")
    row["upvotes"] = row["paper"].pop("upvotes") + 8
    row["paper"]["numComments"] = row.pop("numComments") + 2
    row["organization"] = {"name": "acme"}
    reading = parse_daily([row]).readings[0]
    assert reading.signals == {Signal.UPVOTES: 9, Signal.COMMENTS: 2}
    assert reading.organization == "acme"


def test_hidden_authors_are_left_out() -> None:
    row = daily_row(
        "2511.00001", authors=[{"name": "A", "hidden": True}, {"name": "B"}, {"name": "  "}, "C", {}]
    )
    assert parse_daily([row]).readings[0].authors == ("B",)


def test_zero_is_a_number_and_absence_is_none() -> None:
    row = daily_row("2511.00001", upvotes=0)
    del row["numComments"]
    assert parse_daily([row]).readings[0].signals == {Signal.UPVOTES: 0}


def test_text_is_cleaned_on_the_way_in() -> None:
    row = daily_row(
        "2511.00001v2",
        title="Fr\\'echet\n  distance \ud83d",
        summary="5\\% at\nhttps://x.org{https://x.org}.",
        projectPage=" https://x.org/a.",
        githubRepo="https://github.com/\nowner/name",
    )
    reading = parse_daily(json.dumps([row]).encode()).readings[0]
    assert reading.ids == (PaperId(IdScheme.ARXIV, "2511.00001"),)
    assert reading.title == "Fréchet distance \ufffd"
    assert reading.abstract == "5% at https://x.org"
    assert (reading.project_url, reading.code_url) == ("https://x.org/a", "https://github.com/owner/name")


def test_a_row_whose_id_is_not_arxivs_is_kept_without_an_id() -> None:
    reading = parse_daily([daily_row("a-blog-post", title="A report")]).readings[0]
    assert (reading.ids, reading.title) == ((), "A report")


# --- rows broken at random -----------------------------------------------------------------------

GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=20),
    st.just("9999-12-31T23:59:59-23:59"),
    st.lists(st.none() | st.integers() | st.text(max_size=5), max_size=3),
    st.dictionaries(st.sampled_from(["name", "fullname", "x"]), st.none() | st.integers(), max_size=2),
)
RELIED_UPON = {"id", "title"}


def rows_of_all_ages() -> list[Row]:
    return [row for age in AGES for row in json.loads(fixture(age))[:3]]


@given(data=st.data())
def test_a_row_survives_whatever_happens_to_its_optional_keys(data: st.DataObject) -> None:
    row = copy.deepcopy(data.draw(st.sampled_from(rows_of_all_ages())))
    expected = parse_daily([row]).readings[0]
    for part in (row["paper"], row):
        optional = sorted(set(part) - RELIED_UPON - {"paper"})
        for key in data.draw(st.sets(st.sampled_from(optional))):
            if data.draw(st.booleans()):
                del part[key]
            else:
                part[key] = data.draw(GARBAGE)
    parsed = parse_daily([row])
    assert parsed.problems == ()
    assert (parsed.readings[0].ids, parsed.readings[0].title) == (expected.ids, expected.title)
    assert all(type(n) is int and 0 <= n <= 10**12 for n in parsed.readings[0].signals.values())


@given(data=st.data(), key=st.sampled_from(sorted(RELIED_UPON)))
def test_a_row_without_an_id_or_title_is_counted_and_the_others_are_kept(
    data: st.DataObject, key: str
) -> None:
    rows = copy.deepcopy(rows_of_all_ages())
    place = data.draw(st.integers(0, len(rows) - 1))
    broken = rows[place]
    value = data.draw(GARBAGE.filter(lambda value: not (isinstance(value, str) and value.strip())))
    for part in (broken["paper"], broken):
        part[key] = value
    parsed = parse_daily(rows)
    assert len(parsed.readings) == len(rows) - 1
    assert len(parsed.problems) == 1
    assert parsed.problems[0].startswith(f"row {place}: its {key} is missing")


@given(row=GARBAGE | st.dictionaries(st.sampled_from(["paper", "id", "title", "authors"]), GARBAGE))
def test_no_row_is_too_strange_to_count(row: object) -> None:
    good = daily_row("2511.00001")
    parsed = parse_daily([good, row, good])
    assert parsed.rows == 3
    assert len(parsed.readings) >= 2


@given(cut=st.integers(0, 26_505))
def test_a_truncated_body_is_garbled_never_a_shorter_list(cut: int) -> None:
    with pytest.raises(GarbledError):
        parse_daily(fixture("2024-03-12_oldschema")[:cut])
