"""Every error that Slack documents has its outcome."""

import json
from datetime import timedelta

import pytest

from adapters.slack.answers import INVITE, failure_of, wait_asked
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError
from tests.shared import shared_file

METHODS = ("chat.postMessage", "conversations.history", "conversations.replies")


def documented() -> list[str]:
    """The codes that Slack's reference lists for what the deliverer calls."""
    codes: set[str] = set()
    for method in METHODS:
        codes |= set(
            json.loads(shared_file(f"specs/slack/api-ref/methods/{method}.json").read_text())["errors"]
        )
    return sorted(codes)


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
    ("code", "expected"),
    {
        "channel_not_found": "pause",
        "not_in_channel": "pause",
        "is_archived": "pause",
        "restricted_action": "pause",
        "account_inactive": "pause",
        "token_revoked": "pause",
        "invalid_auth": "pause",
        "missing_scope": "pause",
        "ekm_access_denied": "pause",
        "msg_blocks_too_long": "refuse",
        "msg_too_long": "refuse",
        "invalid_blocks": "refuse",
        "ratelimited": "again",
        "rate_limited": "again",
        "message_limit_exceeded": "again",
        "team_added_to_org": "again",
        "token_expired": "again",
        "fatal_error": "doubt",
        "internal_error": "doubt",
        "service_unavailable": "doubt",
    }.items(),
)
def test_each_error_has_its_outcome(code: str, expected: str) -> None:
    assert outcome(failure_of(code, 200, None)) == expected


def test_whatever_slack_documents_is_a_sentence() -> None:
    for code in documented():
        text = str(failure_of(code, 200, None))
        assert text[0].isupper()
        assert text.endswith(".")


def test_who_has_to_invite_the_bot_reads_what_to_type() -> None:
    for code in ("not_in_channel", "channel_not_found", "no_permission"):
        assert INVITE in str(failure_of(code, 200, None))


@pytest.mark.parametrize("status", [400, 403, 404, 407, 413])
def test_an_answer_of_something_else_than_slack_is_tried_again(status: int) -> None:
    assert outcome(failure_of(None, status, None)) == "again"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_of_slacks_leaves_doubt(status: int) -> None:
    assert outcome(failure_of(None, status, None)) == "doubt"
    assert outcome(failure_of("fatal_error", status, None)) == "doubt"


def test_a_503_that_says_when_to_come_back_took_nothing() -> None:
    error = failure_of(None, 503, "40")
    assert isinstance(error, NotAcceptedError)
    assert error.retry_after == timedelta(seconds=40)


@pytest.mark.parametrize("code", [None, 7, "", "Not a code", "x" * 61, "<script>"])
def test_what_cannot_be_read_leaves_doubt_and_is_not_repeated(code: object) -> None:
    error = failure_of(code, 200, None)
    assert outcome(error) == "doubt"
    assert str(code) not in str(error) or not code


def test_too_many_requests_wait_as_long_as_asked() -> None:
    for error in (failure_of("ratelimited", 429, "12"), failure_of("ratelimited", 200, "12")):
        assert isinstance(error, NotAcceptedError)
        assert error.retry_after == timedelta(seconds=12)
    at_once = failure_of("ratelimited", 429, "0")
    assert isinstance(at_once, NotAcceptedError)
    assert at_once.retry_after == timedelta(0)
    unsaid = failure_of("ratelimited", 429, None)
    assert isinstance(unsaid, NotAcceptedError)
    assert unsaid.retry_after is not None
    assert unsaid.retry_after > timedelta(seconds=10)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(" 7 ", 7), ("0", 0), ("999999999", 3600), ("-1", None), ("1.5", None), ("x", None), (None, None)],
)
def test_the_wait_is_read_from_the_header(header: str | None, seconds: int | None) -> None:
    assert wait_asked(header) == (None if seconds is None else timedelta(seconds=seconds))
