"""How a destination stands, in words: its state, and what became of its appointments."""

import shlex
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.cli.standing import Standing, next_words
from bot.model import (
    Delivery,
    DeliveryState,
    Destination,
    DestinationState,
    QuietReason,
    Route,
    Slot,
    SlotOutcome,
    SlotRecord,
)
from bot.schedule.standing import Appointment, happened, state_words
from bot.view.doc import Doc, Heading, PaperCard, Span, to_json
from tests.contract.rows import a_destination

NOW = datetime(2025, 11, 24, 8, 5, tzinfo=UTC)  # a Monday, 09:05 in Berlin
CARDS = (PaperCard(1, "arxiv:2511.1", Span("One")), PaperCard(2, "arxiv:2511.2", Span("Two")))
DIGEST = to_json(Doc(CARDS, "x"))
NOTE = to_json(Doc((Heading((Span("Nothing today"),)),), "x"))
SLOT = Slot(date(2025, 11, 24), datetime(2025, 11, 24, 8, tzinfo=UTC))
TEAM: Destination = a_destination()
SETTLE = "; settle it with `paperboy outbox resolve {}`"


def record(
    outcome: SlotOutcome, reason: QuietReason | None = None, detail: str = "", **more: Any
) -> SlotRecord:
    return SlotRecord(
        destination_id="d",
        slot=SLOT,
        outcome=outcome,
        reason=reason,
        detail=detail,
        recorded_at=SLOT.at,
        **more,
    )


def delivery(state: DeliveryState, **more: Any) -> Delivery:
    return Delivery(
        **{
            "id": "abc", "key": "k", "destination_id": "d", "recipient_id": "r", "route": TEAM.route,
            "doc": DIGEST, "state": state, "doubtful": False, "attempts": 1, "not_before": NOW,
            "deliver_by": NOW, "created_at": SLOT.at, **more,
        }
    )  # fmt: skip


QUEUED, LATE = record(SlotOutcome.QUEUED), record(SlotOutcome.QUEUED, late=True)
CUT, BUSY, GONE = "The line was cut.", "It said 503.", "It said 410."
NEXT_DAY = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("delivered", "said"),
    [
        (delivery(DeliveryState.SENT, finished_at=NOW), "digest of 2 papers sent 09:05"),
        (delivery(DeliveryState.SENT, finished_at=NEXT_DAY), "digest of 2 papers sent Tue 25 Nov 09:05"),
        (delivery(DeliveryState.SENT, finished_at=NOW, doc=NOTE), "note sent 09:05"),
        (delivery(DeliveryState.PENDING, attempts=0), "digest of 2 papers waiting to be sent"),
        (
            delivery(DeliveryState.PENDING, attempts=2, last_error=BUSY),
            "digest of 2 papers not sent yet after 2 tries (It said 503.)",
        ),
        (
            delivery(DeliveryState.LEASED, doubtful=True, last_error=CUT),
            "digest of 2 papers may have arrived (The line was cut.); that is being found out",
        ),
        (
            delivery(DeliveryState.IN_DOUBT, last_error=CUT),
            "digest of 2 papers in doubt (The line was cut.); settle it with `paperboy outbox resolve abc`",
        ),
        (
            delivery(DeliveryState.REJECTED, last_error=GONE),
            "digest of 2 papers not delivered (It said 410.)",
        ),
        (None, "digest written"),
    ],
)
def test_what_became_of_a_digest_is_said_in_words(delivered: Delivery | None, said: str) -> None:
    assert happened(Appointment(QUEUED, delivered), TEAM, NOW, SETTLE) == said
    assert happened(Appointment(LATE, delivered), TEAM, NOW, SETTLE) == f"{said}, late"


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (record(SlotOutcome.QUIET), "no digest"),
        (record(SlotOutcome.QUIET, QuietReason.WEEKEND), "no digest: weekend"),
        (record(SlotOutcome.QUIET, QuietReason.PAUSED, "Paused by Ada."), "no digest: Paused by Ada."),
        (record(SlotOutcome.MISSED), "missed"),
        (record(SlotOutcome.MISSED, QuietReason.AWAY, "Not running."), "missed: Not running."),
        (record(SlotOutcome.MISSED, QuietReason.NOT_DELIVERED, GONE), "not delivered: It said 410."),
    ],
)
def test_why_there_was_no_digest_is_said_in_words(passed: SlotRecord, said: str) -> None:
    assert happened(Appointment(passed, None), TEAM, NOW) == said


def test_a_state_without_its_circumstances_is_told_as_far_as_it_is_known() -> None:
    paused = a_destination(state=DestinationState.PAUSED)
    assert state_words(paused, NOW) == "paused"
    known = a_destination(state=DestinationState.PAUSED, state_by="Ada", state_at=NOW)
    assert state_words(known, NOW) == "paused by Ada since Mon 24 Nov 09:05 (Europe/Berlin)"


def test_a_surface_that_paused_it_is_named_and_its_reason_stands_by_itself() -> None:
    route = Route(surface="slack", address="T1/C1")
    paused = a_destination(
        route=route,
        state=DestinationState.PAUSED,
        state_by="Slack: The channel is archived: unarchive it.",
        state_at=NOW,
    )
    assert state_words(paused, NOW) == "paused by Slack since Mon 24 Nov 09:05 (Europe/Berlin)"
    assert paused.state_why == "The channel is archived: unarchive it."
    person = a_destination(route=route, state=DestinationState.PAUSED, state_by="Ada: the first")
    assert (person.state_who, person.state_why) == ("Ada: the first", "")


def test_a_name_with_blanks_is_quoted_where_it_is_to_be_typed() -> None:
    name = "it's ours"
    paused = a_destination(name, state=DestinationState.PAUSED)
    words = next_words(Standing(paused, "console", None, (), None, (), "", NOW))
    assert shlex.split(words.split("`")[1])[-1] == name
