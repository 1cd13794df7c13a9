"""`Feeds`: what there is to subscribe to, made from what the page reads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from bot.commands.channels import feed_path
from bot.commands.private_feed import SURFACE as PRIVATE
from bot.commands.private_feed import private_feed_path
from bot.commands.rankings import Rankings
from bot.editions.cards import AI
from bot.errors import InputError, NotFoundError, QueryError
from bot.model import Destination, Paper, Pool, PostedDigest, Ranked, Route, Window
from bot.ports import Clock, Store
from bot.reading.periods import Period, period_of
from bot.reading.reading import Reading
from bot.search.answer import Tier
from bot.search.fields import FieldName, Sort
from bot.search.parts import named_papers
from bot.search.query import EVERYTHING, Field, Query, all_of, format_query, parse, unordered
from bot.view.doc import PaperCard, Span, from_json
from bot.view.feed import Feed, FeedEntry, lasting_id

DAYS: Final = 3  # before today whose papers are in the feed still
BEST: Final = 20  # papers of a day: as many as its page shows whole
FOUND: Final = 50  # papers of a search
DIGESTS: Final = 10  # of a channel, which gets one a day
MESSAGES: Final = 50  # of a private feed, which may get several a day
_MOMENT: Final = timedelta(milliseconds=1)


class Feeds:
    """May be called from any task of one event loop; changes nothing. Raises as `Reading` does.

    An entry is one paper, under the same id in every feed on every day. Without an address at which the world
    reaches Paperboy, feeds hold none of it: whoever reads one knows whom they asked.
    """

    def __init__(
        self, reading: Reading, store: Store, rankings: Rankings, clock: Clock, public_url: str | None
    ) -> None:
        self._reading = reading
        self._store = store
        self._rankings = rankings
        self._clock = clock
        self._public_url = public_url

    # --- today's edition -------------------------------------------------------------------------

    async def today(self) -> Feed:
        """What trends today, and what came up on the days before; see `came_up`."""
        days = [self._today]
        while len(days) < DAYS + 2:
            days.append(days[-1].preceding)
        found = came_up([(day, await self._best(day)) for day in days])
        papers = await self._store.papers.get(one.paper_id for _, one in found)
        entries = [
            _entry(paper, max(day.begins, paper.first_seen_at), "; ".join(one.reasons))
            for day, one in found
            if (paper := papers.get(one.paper_id)) is not None
        ]
        entries.sort(key=lambda one: one.updated, reverse=True)  # stable: of one instant the best stay first
        return self._feed(
            "Trending papers",
            f"The research papers that are rising, and why: today's, and those of the last {DAYS} days.",
            entries,
            days[0].begins,
            path="/feed",
            page="/",
        )

    async def _best(self, day: Period) -> list[Ranked]:
        """The best of the day's last edition, if one was frozen, then of the ranking now, or at its end."""
        edition = await self._store.editions.latest(Window.DAY, day.ends - _MOMENT)
        frozen = edition.ranking.entries if edition is not None and edition.slot_at >= day.begins else ()
        if day.ends > self._clock.now():
            last = await self._rankings.now(Window.DAY)
        else:
            last = await self._rankings.at(Window.DAY, day.ends - _MOMENT)
        return [*frozen[:BEST], *last.entries[:BEST]]

    # --- searches --------------------------------------------------------------------------------

    async def search(self, text: str) -> Feed:
        """The newest papers that match. Raises `InputError` with what is wrong with the query."""
        if not text.strip():
            raise InputError("A search's feed needs something to look for: put ?q= and a query behind it.")
        try:
            query = _newest_first(parse(text))
        except QueryError as error:
            raise InputError(str(error)) from error
        found = await self._reading.search(format_query(query), limit=FOUND)
        results = found.answer.results if found.answer is not None else ()
        entries = [_found_entry(one.paper, one.why) for one in results if one.tier is not Tier.CLOSE]
        asked = "?" + urlencode({"q": text})
        return self._feed(
            f"Papers for {text}",
            "The newest papers that match this search.",
            entries,
            self._today.begins,
            path="/search",
            page=f"/search{asked}",
            asked=asked,
        )

    # --- channels --------------------------------------------------------------------------------

    async def channel(self, destination_id: str) -> Feed:
        """What was posted in a channel. Raises `NotFoundError` unless that allows it."""
        one = await self._store.destinations.by_name(destination_id)
        if one is None or one.id != destination_id or not one.feed or one.pool is Pool.SUBSCRIPTIONS:
            raise NotFoundError("feed", destination_id, "It may have ended.")
        return self._feed(
            f"Papers posted in {one.label or one.name}",
            "The research papers that Paperboy posted there, and why.",
            await self._posted([one], DIGESTS),
            one.created_at,
            path=feed_path(one),
        )

    # --- private feeds ---------------------------------------------------------------------------

    async def private(self, address: str) -> Feed:
        """What somebody's subscriptions brought to their private feed. Raises `NotFoundError`."""
        route = Route(surface=PRIVATE, address=address)
        first = await self._store.destinations.at(route)
        if first is None:
            raise NotFoundError("feed", "of that address", "It may have ended, or have a new one.")
        places = [
            one for one in await self._store.destinations.owned(first.recipient_id) if one.route == route
        ]
        return self._feed(
            "New papers for you",
            "The research papers that your subscriptions brought.",
            await self._posted(places, MESSAGES),
            first.created_at,
            path=private_feed_path(address),
        )

    async def _posted(self, places: Sequence[Destination], limit: int) -> list[FeedEntry]:
        """The papers of the newest `limit` messages that arrived at these destinations, the newest first."""
        found = [digest for one in places for digest in await self._store.outbox.posted(one.id, limit)]
        posted = sorted(found, key=lambda digest: digest.posted_at, reverse=True)[:limit]
        papers = await self._store.papers.get({number for digest in posted for number in digest.papers})
        return [entry for digest in posted for entry in _posted_entries(digest, papers)]

    # --- shared ----------------------------------------------------------------------------------

    @property
    def _today(self) -> Period:
        return period_of(Window.DAY, self._clock.now().date())

    def _feed(
        self,
        title: str,
        description: str,
        entries: Sequence[FeedEntry],
        since: datetime,
        *,
        path: str,
        page: str | None = None,
        asked: str = "",
    ) -> Feed:
        """`since` is when it last changed if it has no entries; `path` lacks what names the form."""
        base = self._public_url
        return Feed(
            id=lasting_id(f"feed {base or ''}{path}{asked}"),
            title=title,
            description=description,
            updated=max((one.updated for one in entries), default=since),
            entries=tuple(entries),
            page=None if base is None or page is None else f"{base}{page}",
            atom_address=None if base is None else f"{base}{path}.atom{asked}",
            json_address=None if base is None else f"{base}{path}.json{asked}",
        )


# --- pure pieces ---------------------------------------------------------------------------------


def came_up(days: Sequence[tuple[Period, Sequence[Ranked]]]) -> list[tuple[Period, Ranked]]:
    """The best papers of some days, today first, each with the first day that has it among its best.

    Of `DAYS + 2` days the last one is there to compare with: what was up on it came up then or earlier, and
    has been in the feed. So a paper stays for `DAYS` days after the one on which it came up, under the date
    and with the reason of that day, and whoever asks once a day misses none and sees none twice.
    """
    found: dict[int, tuple[Period, Ranked]] = {}
    for day, best in reversed(days):
        for one in best:
            found.setdefault(one.paper_id, (day, one))
    compared = days[DAYS + 1][0]
    return [(day, one) for day, one in found.values() if day != compared]


def _newest_first(query: Query) -> Query:
    """The query in the order of a feed; papers that are named stand as they are."""
    if named_papers(query):
        return query
    return all_of(part for part in (unordered(query), Field(FieldName.SORT, Sort.NEW)) if part != EVERYTHING)


def _found_entry(paper: Paper, why: str) -> FeedEntry:
    published = paper.published_at or paper.first_seen_at
    return _entry(paper, published, why, updated=max(published, paper.first_seen_at))


def _posted_entries(digest: PostedDigest, papers: Mapping[int, Paper]) -> Iterator[FeedEntry]:
    """The papers of a digest in its order, with what it said of each; last those that it named by an id which
    they do not have any more.
    """
    told = [papers[number] for number in sorted(digest.papers & papers.keys())]
    by_key = {str(paper_id): paper for paper in told for paper_id in paper.ids}
    reasons: dict[int, str] = {}
    for card in from_json(digest.doc).blocks:
        if isinstance(card, PaperCard) and card.paper_key in by_key:
            reasons.setdefault(by_key[card.paper_key].id, " · ".join(fact.text for fact in card.facts))
    for number in dict.fromkeys([*reasons, *(paper.id for paper in told)]):
        yield _entry(papers[number], digest.posted_at, reasons.get(number, ""))


def _entry(paper: Paper, published: datetime, reason: str, updated: datetime | None = None) -> FeedEntry:
    return FeedEntry(
        id=lasting_id(f"paper {paper.key}"),
        title=paper.title,
        address=paper.url,
        published=published,
        updated=updated or published,
        reason=reason,
        summary=tuple(_summary(paper)),
        authors=paper.authors,
        categories=paper.categories or (),
    )


def _summary(paper: Paper) -> Iterator[tuple[Span, ...]]:
    """The abstract, or whoever's words stand for it, and where the code and the project are."""
    if paper.abstract:
        yield (Span(paper.abstract),)
    elif paper.ai_summary:
        yield Span(paper.ai_summary), Span(f" ({AI})")
    places = [
        Span(name, url=address)
        for name, address in (("Code", paper.code_url), ("Project", paper.project_url))
        if address
    ]
    if places:
        yield tuple(part for place in places for part in (Span(" · "), place))[1:]
