"""arXiv: its new listings, and what it says of papers asked for by id.

arXiv grants all machines of one operator one request per 3 seconds and one connection, over all its
interfaces together (info.arxiv.org/help/api/tou.html); the budget below is shared by both of them.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.errors import GarbledError, UpstreamError, UpstreamRefusedError
from bot.ids import arxiv_id_of
from bot.model import IdScheme, Outcome, PaperId, PaperReading, Poll, Upstream
from bot.ports import Clock
from bot.sources.arxiv_feed import (
    CATEGORY,
    ParsedFeed,
    SkippedEntry,
    parse_announcements,
    parse_query_feed,
    strongest,
)
from bot.sources.http import BudgetRule, HttpClient, Reply

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LOOKUP: Final = "lookup"
NEW: Final = "new:"
ARXIV_BUDGET: Final = BudgetRule(
    "arxiv", interval=timedelta(seconds=3), window=timedelta(minutes=1), limit=20, exclusive=True
)

_BATCH: Final = 100  # ids a question: their answer is some 250 kB, and their address below 2 kB
_MOST_BAD: Final = 3  # ids in one batch that may be wrong before it is the question that must be wrong
_LISTING_CAP: Final = 2_000  # entries that a listing shows at most
_NAMED: Final = 5  # ids that a detail spells out


@dataclass(frozen=True, slots=True)
class _Listing:
    """The announcements of some categories, from one answer or several."""

    readings: tuple[PaperReading, ...]
    skipped: tuple[SkippedEntry, ...]
    observed_at: datetime
    missing: tuple[str, ...] = ()  # a sentence for each thing that keeps it from being whole


@dataclass(frozen=True, slots=True)
class _Answer:
    """What arXiv said of a batch of ids."""

    feed: ParsedFeed
    observed_at: datetime
    refused: tuple[str, ...] = ()


class ArxivSource:
    """`bot.ports.Source` for arXiv.

    `api_url` is the address of the query interface, `rss_url` that of the new listings before the
    categories. A listing's ETag is kept in memory alone: the first poll after a start reads it whole.
    """

    def __init__(self, client: HttpClient, api_url: str, rss_url: str, clock: Clock) -> None:
        self._client = client
        self._api_url = api_url
        self._rss_url = rss_url.rstrip("/")
        self._clock = clock
        self._etags: dict[str, str] = {}

    @property
    def upstream(self) -> Upstream:
        return Upstream.ARXIV

    # --- new listings ----------------------------------------------------------------------------

    async def poll(self, subject: str) -> AsyncGenerator[Poll, None]:
        """Reads the current batch of announcements of `new:cs.AI+cs.CL`; one poll.

        A batch is empty on weekends and holidays. A listing ends at 2,000 entries: one of several
        categories that is full is asked for in halves, one of a single category is PARTIAL.
        Raises `ValueError` if the subject is none of ours.
        """
        categories = _categories(subject)
        etag = None
        try:
            reply = await self._ask_listing(categories, self._etags.get(subject))
            if reply.status == 304:
                yield self._poll(subject, reply.observed_at, Outcome.UNCHANGED)
                return
            listing = await self._whole(categories, reply)
            etag = None if listing.missing else reply.etag
        except UpstreamError as error:
            yield self._failed(subject, error)
            return
        yield self._listing_poll(subject, listing)
        # Only here is the batch stored; forgotten before, it would be asked for again.
        if etag is not None:
            self._etags[subject] = etag

    async def _ask_listing(self, categories: Sequence[str], etag: str | None) -> Reply:
        url = f"{self._rss_url}/{'+'.join(categories)}"
        return await self._client.get(Upstream.ARXIV, url, budget=ARXIV_BUDGET, etag=etag)

    async def _whole(self, categories: Sequence[str], reply: Reply) -> _Listing:
        # A full listing takes half a second to read: aside, so that nothing else waits for it.
        batch = await asyncio.to_thread(parse_announcements, reply.body)
        listing = _Listing(batch.readings, batch.skipped, reply.observed_at)
        if batch.entries < _LISTING_CAP:
            return listing
        if len(categories) == 1:
            return _Listing(
                batch.readings,
                batch.skipped,
                reply.observed_at,
                (f"arXiv shows at most {_LISTING_CAP:,} entries of {categories[0]}; there may be more.",),
            )
        middle = len(categories) // 2
        for half in (categories[:middle], categories[middle:]):
            try:
                part = await self._whole(half, await self._ask_listing(half, None))
            except UpstreamError as error:
                part = _Listing((), (), self._clock.now(), (f"{' '.join(half)} may be incomplete: {error}",))
            listing = _joined(listing, part)
        return listing

    def _listing_poll(self, subject: str, listing: _Listing) -> Poll:
        for entry in listing.skipped:
            _log.warning("Skipped an entry of a listing.", subject=subject, **_told(entry))
        detail = list(listing.missing)
        if listing.skipped:
            detail.append(f"{len(listing.skipped)} entries could not be read.")
        outcome = _outcome(listing.readings, bool(detail))
        return self._poll(
            subject,
            listing.observed_at,
            outcome,
            listing.readings,
            skipped=len(listing.skipped),
            detail=" ".join(detail),
        )

    # --- papers by id ----------------------------------------------------------------------------

    async def poll_ids(self, ids: Iterable[str]) -> AsyncGenerator[Poll, None]:
        """Asks for papers by their arXiv ids, in any form; one poll of subject `lookup` for each hundred.

        An id that arXiv does not know, or refuses as none, has a reading that says nothing beyond the id
        itself (`unknown_ids`): arXiv was asked, and need not be asked again. After a failure that would
        meet the next hundred too, the rest is not asked.
        """
        known = {text: arxiv_id_of(text) for text in ids}
        wanted = list(dict.fromkeys(found[0] for found in known.values() if found is not None))
        senseless = tuple(text for text, found in known.items() if found is None)
        batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
        if senseless and not batches:
            yield self._lookup_poll((), _Answer(ParsedFeed(()), self._clock.now(), senseless))
        for number, batch in enumerate(batches):
            try:
                answer = await self._ask(batch)
            except UpstreamError as error:
                yield self._failed(LOOKUP, error)
                if not isinstance(error, GarbledError):  # what garbles one answer may be in it alone
                    return
                continue
            yield self._lookup_poll(batch, answer, senseless if number == 0 else ())

    async def _ask(self, batch: Sequence[str]) -> _Answer:
        """What arXiv says of these ids. One that it takes for none spoils the answer to all, a 400:
        such a one is found by halving.
        """
        found: list[_Answer] = []
        refused: list[str] = []
        waiting = [list(batch)]
        while waiting:
            part = waiting.pop()
            try:
                found.append(await self._ask_once(part))
            except UpstreamRefusedError as error:
                if error.status != 400:
                    raise
                if len(part) > 1:
                    middle = len(part) // 2
                    waiting += [part[middle:], part[:middle]]
                    continue
                _log.warning("arXiv refused an id.", id=part[0], error=str(error))
                refused += part
                if len(refused) > _MOST_BAD:
                    raise
        return _Answer(
            ParsedFeed(
                tuple(reading for answer in found for reading in answer.feed.readings),
                tuple(entry for answer in found for entry in answer.feed.skipped),
            ),
            found[-1].observed_at if found else self._clock.now(),
            tuple(refused),
        )

    async def _ask_once(self, ids: Sequence[str]) -> _Answer:
        reply = await self._client.get(
            Upstream.ARXIV,
            self._api_url,
            budget=ARXIV_BUDGET,
            params={"id_list": ",".join(ids), "max_results": len(ids)},
        )
        return _Answer(parse_query_feed(reply.body), reply.observed_at)

    def _lookup_poll(self, asked: Sequence[str], answer: _Answer, senseless: Sequence[str] = ()) -> Poll:
        feed = answer.feed
        for entry in feed.skipped:
            _log.warning("Skipped an entry of a lookup.", **_told(entry))
        # Where an entry could not be read, nobody can say whether it was that of a missing id.
        answered = {reading.ids[0].value for reading in feed.readings}
        unknown = [] if feed.skipped else [one for one in asked if one not in answered]
        silent = list(dict.fromkeys([*unknown, *answer.refused, *senseless]))
        detail = [f"arXiv does not know {_listed(silent)}."] if silent else []
        if feed.skipped:
            detail.append(f"{len(feed.skipped)} entries could not be read.")
        return self._poll(
            LOOKUP,
            answer.observed_at,
            _outcome(feed.readings, bool(feed.skipped)),
            (*feed.readings, *(PaperReading(ids=(_arxiv(one),), title="") for one in silent)),
            skipped=len(feed.skipped),
            detail=" ".join(detail),
        )

    def _failed(self, subject: str, error: UpstreamError) -> Poll:
        return Poll(
            upstream=Upstream.ARXIV,
            subject=subject,
            observed_at=self._clock.now(),
            outcome=Outcome.FAILED,
            detail=str(error),
            ask_again_at=error.until,
        )

    def _poll(
        self,
        subject: str,
        observed_at: datetime,
        outcome: Outcome,
        readings: tuple[PaperReading, ...] = (),
        *,
        skipped: int = 0,
        detail: str = "",
    ) -> Poll:
        return Poll(
            upstream=Upstream.ARXIV,
            subject=subject,
            observed_at=observed_at,
            outcome=outcome,
            readings=readings,
            skipped=skipped,
            detail=detail,
        )


def unknown_ids(poll: Poll) -> tuple[PaperId, ...]:
    """The ids in a poll of `lookup` of which arXiv knows nothing."""
    return tuple(
        reading.ids[0] for reading in poll.readings if reading == PaperReading(ids=reading.ids, title="")
    )


def _categories(subject: str) -> list[str]:
    categories = subject.removeprefix(NEW).split("+")
    if not subject.startswith(NEW) or not all(map(CATEGORY.fullmatch, categories)):
        raise ValueError(f"{subject!r} is no subject of arXiv: they look like new:cs.AI+cs.CL")
    return categories


def _joined(one: _Listing, other: _Listing) -> _Listing:
    return _Listing(
        strongest((*one.readings, *other.readings)),
        tuple(dict.fromkeys((*one.skipped, *other.skipped))),
        max(one.observed_at, other.observed_at),
        one.missing + other.missing,
    )


def _outcome(readings: tuple[PaperReading, ...], incomplete: bool) -> Outcome:
    if incomplete:
        return Outcome.PARTIAL if readings else Outcome.FAILED
    return Outcome.OK if readings else Outcome.EMPTY


def _told(entry: SkippedEntry) -> dict[str, str]:
    return {"id": str(entry.paper_id or "unknown"), "reason": entry.reason}


def _arxiv(value: str) -> PaperId:
    return PaperId(IdScheme.ARXIV, value)


def _listed(ids: Sequence[str]) -> str:
    more = len(ids) - _NAMED
    names = ", ".join(one[:40] for one in ids[:_NAMED])
    return f"{names} and {more} more" if more > 0 else names
