"""Short ways to write down what an upstream said. Minutes count from `T0`."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.model import (
    AnnounceType,
    IdScheme,
    ImportBatch,
    Outcome,
    PaperId,
    PaperReading,
    Poll,
    Signal,
    Upstream,
)
from bot.ports import PaperStore

T0: Final = datetime(2025, 11, 20, 6, tzinfo=UTC)  # a Thursday
DAILY: Final = "daily:2025-11-20"
ABSTRACT: Final = "We study how letters reach people who wait for them every single morning, rain or shine."


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def arxiv(number: int) -> PaperId:
    return PaperId(IdScheme.ARXIV, f"2511.{number:05}")


def doi(number: int) -> PaperId:
    return PaperId(IdScheme.DOI, f"10.1000/{number}")


def reading(*ids: PaperId, title: str = "", upvotes: int | None = None, **more: Any) -> PaperReading:
    """A row of a daily list, unless `announce_type` says otherwise; its title follows its first id."""
    more.setdefault("announce_type", AnnounceType.LISTED)
    if upvotes is not None:
        more["signals"] = {Signal.UPVOTES: upvotes}
    return PaperReading(ids=ids, title=title or f"On {ids[0]}", **more)


def described(*ids: PaperId, title: str, **more: Any) -> PaperReading:
    """What a lookup, or any source that is no list, says of a paper."""
    return reading(*ids, title=title, announce_type=None, **more)


def poll(
    minutes: float,
    *readings: PaperReading,
    subject: str = DAILY,
    upstream: Upstream = Upstream.HUGGING_FACE,
    outcome: Outcome | None = None,
    detail: str = "",
) -> Poll:
    return Poll(
        upstream=upstream,
        subject=subject,
        observed_at=at(minutes),
        outcome=outcome or (Outcome.OK if readings else Outcome.EMPTY),
        readings=readings,
        detail=detail,
    )


def lookup(minutes: float, *readings: PaperReading) -> Poll:
    return poll(minutes, *readings, subject="lookup", upstream=Upstream.ARXIV)


def batch(*readings: PaperReading, mark: int = 1, file: str = "a file") -> ImportBatch:
    """Papers that a person brings, and how far their file was read with them."""
    return ImportBatch(file=file, mark=mark, readings=readings)


async def take(papers: PaperStore, *polls: Poll) -> None:
    """Ingests the polls in this order, each stored a second after it was made."""
    for one in polls:
        await papers.ingest(one, one.observed_at + timedelta(seconds=1))
