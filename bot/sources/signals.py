"""Numbers that an upstream tells one thing at a time: asked in a row, handed on in batches, ended politely.

Optional signals wait for nobody: where the budget is used up or the upstream is down, what was read so far
is handed on, and the rest is left for the next time.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog

from bot.errors import GarbledError, RateLimitedError, UnreachableError, UpstreamError, UpstreamRefusedError
from bot.model import Outcome, PaperReading, Poll, Upstream

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_BATCH: Final = 20  # questions a poll: at one a second, no reading is dated later than it was made by more
_MOST_IN_A_ROW: Final = 3  # questions refused one after another before it is not their own fault
_MOST_COUNTED: Final = 10**12  # beyond any number of stars or points there will be

Question = TypeVar("Question")


@dataclass(frozen=True, slots=True)
class Told:
    """What an upstream answered to one question."""

    observed_at: datetime
    readings: tuple[PaperReading, ...] = ()
    unchanged: bool = False  # it said that nothing changed
    spent: bool = False  # it said that this was its last answer for now
    note: tuple[str, str] | None = None  # to be kept, by its key, once the readings are stored


async def in_batches(
    upstream: Upstream,
    subject: str,
    questions: Sequence[Question],
    ask: Callable[[Question], Awaitable[Told]],
    now: Callable[[], datetime],
) -> AsyncGenerator[tuple[Poll, tuple[Told, ...]], None]:
    """Asks each question, and yields a poll with what it is made of for every twenty; one at least.

    A question that is refused, or whose answer is garbled, is skipped and logged. The rest is left out,
    and said to be in `detail`, as soon as the upstream cannot be reached, asks us to wait, knows our token
    not, or refuses three questions in a row.
    """
    if not questions:
        yield Poll(upstream=upstream, subject=subject, observed_at=now(), outcome=Outcome.EMPTY), ()
    answered = False
    for start in range(0, len(questions), _BATCH):
        batch = _Batch()
        for question in questions[start : start + _BATCH]:
            await batch.ask(ask, question)
            if batch.over:
                break
        answered = answered or bool(batch.told)
        left = len(questions) - start - len(batch.told) - len(batch.skipped)
        readings = tuple(reading for one in batch.told for reading in one.readings)
        poll = Poll(
            upstream=upstream,
            subject=subject,
            observed_at=max((one.observed_at for one in batch.told), default=now()),
            outcome=batch.outcome(answered=answered, left=left),
            readings=readings,
            skipped=len(batch.skipped),
            detail=batch.detail(left, len(questions)),
            ask_again_at=batch.ask_again_at,
        )
        yield poll, tuple(batch.told)
        if batch.over:
            return


class _Batch:
    """The answers to up to twenty questions, and what ended them early."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.skipped: list[UpstreamError] = []
        self._in_a_row = 0  # skipped
        self._stop: UpstreamError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more should be asked for now."""
        return self._stop is not None or self._spent

    @property
    def ask_again_at(self) -> datetime | None:
        return self._stop.until if self._stop is not None else None

    @property
    def _spent(self) -> bool:
        return bool(self.told) and self.told[-1].spent

    async def ask(self, ask: Callable[[Question], Awaitable[Told]], question: Question) -> None:
        try:
            self.told.append(await ask(question))
        except (RateLimitedError, UnreachableError) as error:
            self._stop = error
        except UpstreamError as error:
            _log.warning("A number could not be read.", about=str(question), error=str(error))
            self.skipped.append(error)
            self._in_a_row += 1
            if _concerns_all(error) or self._in_a_row == _MOST_IN_A_ROW:
                self._stop = error
        else:
            self._in_a_row = 0

    def outcome(self, *, answered: bool, left: int) -> Outcome:
        """How the poll ended; `answered`: this batch or one before it had an answer."""
        if self._stop or self.skipped or (self._spent and left):
            waits = isinstance(self._stop, RateLimitedError)
            return Outcome.PARTIAL if answered or waits else Outcome.FAILED
        if any(one.readings for one in self.told):
            return Outcome.OK
        return Outcome.UNCHANGED if any(one.unchanged for one in self.told) else Outcome.EMPTY

    def detail(self, left: int, total: int) -> str:
        parts = [str(self._stop)] if self._stop else []
        if self.skipped and self.skipped != [self._stop]:
            parts.append(f"{len(self.skipped)} could not be read, the last because {self.skipped[-1]}")
        if self.over and left:
            parts.append(f"{left} of {total} are left for the next time.")
        return " ".join(parts)


def _concerns_all(error: UpstreamError) -> bool:
    return isinstance(error, UpstreamRefusedError) and error.status == 401


# --- JSON ----------------------------------------------------------------------------------------


def json_object(upstream: Upstream, body: bytes) -> dict[str, Any]:
    """The JSON object that a body is. Raises `GarbledError` if it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GarbledError(upstream.label, "answered with something that is no JSON.") from error
    if not isinstance(value, dict):
        raise GarbledError(upstream.label, "answered with JSON of another shape than it documents.")
    return value


def count_of(value: object) -> int | None:
    """The number of things that a JSON value says there are, or `None` if it says no such number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_COUNTED:
        return value
    return None
