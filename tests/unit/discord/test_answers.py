"""Every error of Discord's that a message can meet has its outcome."""

import json
from datetime import timedelta

import pytest

from adapters.discord.answers import LONGEST_WAIT, UNKNOWN_BOT_WAIT, failure_of, wait_asked
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError
from tests.shared import shared_file


def outcome(error: DeliveryError) -> str:
    match error:
        case NotAcceptedError():
            return "again"
        case DoubtfulError():
            return "doubt"
        case RefusedError(pause=pause):
            return "pause" if pause else "refuse"
    raise AssertionError(error)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, 10003, "pause"),
        (404, 10004, "pause"),
        (403, 50001, "pause"),
        (403, 50007, "pause"),
        (403, 50009, "pause"),
        (403, 50013, "pause"),
        (403, 50278, "pause"),
        (400, 40067, "pause"),
        (400, 50024, "pause"),
        (400, 50083, "pause"),
        (403, 160005, "pause"),
        (403, 99999, "pause"),
        (429, 40003, "again"),
        (400, 40003, "again"),
        (400, 160006, "again"),
        (403, 40333, "again"),
        (503, 130000, "doubt"),
        (400, 130000, "again"),
        (400, 50035, "refuse"),
        (400, 50006, "refuse"),
        (400, 200000, "refuse"),
        (400, 240000, "refuse"),
        (401, 0, "again"),
        (429, 0, "again"),
        (404, 0, "again"),
        (407, 0, "again"),
        (500, 0, "doubt"),
        (502, 0, "doubt"),
        (524, 0, "doubt"),
        (200, 0, "doubt"),
    ],
)
def test_each_error_has_its_outcome(status: int, code: int, expected: str) -> None:
    assert outcome(failure_of(status, code, None)) == expected


def test_whatever_discord_documents_is_a_sentence() -> None:
    schemas = json.loads(shared_file("specs/discord/openapi.json").read_text())["components"]["schemas"]
    codes = {
        value["const"]
        for schema in schemas.values()
        for value in schema.get("oneOf", ())
        if isinstance(value.get("const"), int) and 10_000 <= value["const"] < 1_000_000
    }
    for code in {*codes, *range(10_001, 10_020), *range(50_001, 50_040)}:
        text = str(failure_of(403, code, None))
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text


def test_a_missing_permission_is_named() -> None:
    assert "the permission Send Messages" in str(failure_of(403, 50013, None, "Send Messages"))
    assert "a permission" in str(failure_of(403, 50013, None))


def test_an_unknown_token_pauses_nobody_and_is_tried_seldom() -> None:
    error = failure_of(401, 0, None)
    assert isinstance(error, NotAcceptedError)
    assert error.retry_after == UNKNOWN_BOT_WAIT


def test_too_many_requests_wait_as_long_as_asked() -> None:
    asked, unsaid = failure_of(429, 0, "12.5"), failure_of(429, 0, None)
    assert isinstance(asked, NotAcceptedError)
    assert isinstance(unsaid, NotAcceptedError)
    assert asked.retry_after == timedelta(seconds=12.5)
    assert unsaid.retry_after is not None
    assert unsaid.retry_after > timedelta(seconds=10)


def test_asked_for_no_patience_at_all_nothing_waits() -> None:
    asked = failure_of(429, 0, "0.0")  # the last thousandths of a second, rounded
    assert isinstance(asked, NotAcceptedError)
    assert asked.retry_after == timedelta(0)


def test_a_503_that_says_when_to_come_back_took_nothing() -> None:
    error = failure_of(503, 0, "40")
    assert isinstance(error, NotAcceptedError)
    assert error.retry_after == timedelta(seconds=40)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (" 7 ", 7),
        ("0", 0),
        ("0.25", 0.25),
        ("-1", None),
        ("1e9", None),
        ("x", None),
        ("nan", None),
        (None, None),
    ],
)
def test_the_wait_is_read(header: str | None, seconds: float | None) -> None:
    assert wait_asked(header) == (None if seconds is None else timedelta(seconds=seconds))


def test_nobody_waits_for_ever() -> None:
    assert wait_asked("999999999") == LONGEST_WAIT
