"""Short ways to write down what upstreams said, for tests that store it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.model import AnnounceType, IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream


def arxiv_id(number: int) -> PaperId:
    return PaperId(IdScheme.ARXIV, f"2511.{number:05}")


def daily(day: date, at: datetime, upvotes: Mapping[int, int]) -> Poll:
    """A daily list as it was read at `at`: upvotes by paper."""
    readings = tuple(
        PaperReading(
            ids=(arxiv_id(number),),
            title=f"Paper {number} on matter",
            abstract=f"We study {number}. It is good.",
            authors=("Ada Byron", "Bo Li"),
            announce_type=AnnounceType.LISTED,
            signals={Signal.UPVOTES: count},
        )
        for number, count in upvotes.items()
    )
    return Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{day}",
        observed_at=at,
        outcome=Outcome.OK if readings else Outcome.EMPTY,
        readings=readings,
    )


def failed(day: date, at: datetime) -> Poll:
    """A daily list that could not be read."""
    return Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{day}",
        observed_at=at,
        outcome=Outcome.FAILED,
        detail="Hugging Face could not be reached.",
    )


def looked_up(at: datetime, categories: Mapping[int, Sequence[str]]) -> Poll:
    """ArXiv's answer about these papers."""
    return Poll(
        upstream=Upstream.ARXIV,
        subject="lookup",
        observed_at=at,
        outcome=Outcome.OK,
        readings=tuple(
            PaperReading(ids=(arxiv_id(number),), title=f"Paper {number} on matter", categories=tuple(found))
            for number, found in categories.items()
        ),
    )


def announced(at: datetime, types: Mapping[int, AnnounceType]) -> Poll:
    """ArXiv's new listing."""
    return Poll(
        upstream=Upstream.ARXIV,
        subject="new:cs.AI",
        observed_at=at,
        outcome=Outcome.OK,
        readings=tuple(
            PaperReading(
                ids=(arxiv_id(number),),
                title=f"Paper {number} on matter",
                abstract=f"We study {number}.",
                categories=("cs.AI",),
                announce_type=announce_type,
            )
            for number, announce_type in types.items()
        ),
    )
