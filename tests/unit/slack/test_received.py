"""What is remembered of what Slack sent: its kind and the hour, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.slack.received import COMMANDS, INTERACTIONS, Received, kind_of, last_received
from bot.errors import StorageError
from tests.clocks import FakeClock


class Notes(dict[str, str]):
    """`adapters.slack.received.Notes` in memory."""

    full = False

    async def note(self, key: str) -> str | None:
        return self.get(key)

    async def set_note(self, key: str, value: str) -> None:
        if self.full:
            raise StorageError("The disk is full.")
        self[key] = value


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"command": "/papers", "text": "secret plans"}, COMMANDS),
        ({"type": "block_actions", "actions": []}, INTERACTIONS),
        ({"type": "view_submission", "view": {}}, INTERACTIONS),
        ({"type": "event_callback", "event": {"type": "link_shared", "links": []}}, "link_shared"),
    ],
)
def test_events_are_known_by_name_and_the_rest_by_their_way(body: dict[str, Any], kind: str) -> None:
    assert kind_of(body) == kind


async def test_a_kind_is_written_down_once_an_hour() -> None:
    clock, notes = FakeClock(), Notes()
    received = Received(notes, clock)
    assert await last_received(notes, COMMANDS) is None
    assert received.is_news(COMMANDS)
    await received.note(COMMANDS)
    assert await last_received(notes, COMMANDS) == clock.now()
    assert not received.is_news(COMMANDS)
    assert received.is_news(INTERACTIONS)
    clock.advance(timedelta(hours=1))
    assert received.is_news(COMMANDS)


def test_what_nobody_asks_about_is_not_written_down() -> None:
    assert not Received(Notes(), FakeClock()).is_news("message")


async def test_a_full_disk_keeps_nobody_from_an_answer() -> None:
    notes = Notes()
    notes.full = True
    await Received(notes, FakeClock()).note(COMMANDS)
    assert notes == {}
