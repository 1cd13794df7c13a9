"""`Feeds`: what there is to subscribe to, made from what the page reads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from bot.commands.channels import feed_path
from bot.editions.cards import AI
from bot.errors import InputError, NotFoundError, QueryError
from bot.model import Paper, Pool, PostedDigest, Window
from bot.ports import Clock, Store
from bot.reading.model import Issue, Story
from bot.reading.periods import Period, period_of
from bot.reading.reading import Reading
from bot.search.answer import Tier
from bot.search.fields import FieldName, Sort
from bot.search.parts import named_papers
from bot.search.query import EVERYTHING, Field, Query, all_of, format_query, parse, unordered
from bot.view.doc import PaperCard, Span, from_json
from bot.view.feed import Feed, FeedEntry, lasting_id

DAYS: Final = 3  # before today whose papers are in the feed still
BEST: Final = 20  # papers of a day: those that its page shows whole
FOUND: Final = 50  # papers of a search
DIGESTS: Final = 10  # of a channel, which gets one a day


class Feeds:
    """May be called from any task of one event loop; changes nothing. Raises `StorageError` as `Reading` does.

    An entry is one paper, under the same id in every feed on every day. Without an address at which the world
    reaches Paperboy, feeds hold none of it: whoever reads one knows whom they asked.
    """

    def __init__(self, reading: Reading, store: Store, clock: Clock, public_url: str | None) -> None:
        self._reading = reading
        self._store = store
        self._clock = clock
        self._public_url = public_url

    # --- today's edition -------------------------------------------------------------------------

    async def today(self) -> Feed:
        """What trends today, and what came up on the days before; see `came_up`."""
        issues = [await self._reading.today()]
        for _ in range(DAYS + 1):
            try:
                issues.append(await self._reading.period(issues[-1].period.preceding))
            except NotFoundError:  # nothing is known of that time
                break
        entries = [
            _entry(story.paper, max(day.begins, story.paper.first_seen_at), "; ".join(_reasons(story)))
            for day, story in came_up(issues)
        ]
        entries.sort(key=lambda one: one.updated, reverse=True)  # stable: of one instant the best stay first
        return self._feed(
            "Trending papers",
            f"The research papers that are rising, and why: today's, and those of the last {DAYS} days.",
            entries,
            issues[0].period.begins,
            path="/feed",
            page="/",
        )

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
        posted = await self._store.outbox.posted(one.id, DIGESTS)
        papers = await self._store.papers.get({number for digest in posted for number in digest.papers})
        entries = [entry for digest in posted for entry in _posted_entries(digest, papers)]
        return self._feed(
            f"Papers posted in {one.label or one.name}",
            "The research papers that Paperboy posted there, and why.",
            entries,
            one.created_at,
            path=feed_path(one),
        )

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


def came_up(issues: Sequence[Issue]) -> list[tuple[Period, Story]]:
    """The best papers of some days, today first, each with the first day that has it among its best.

    Of `DAYS + 2` days the last one is there to compare with: what was up on it came up then or earlier, and
    has been in the feed. So a paper stays for `DAYS` days after the one on which it came up, under the date
    and with the reason of that day, and whoever asks once a day misses none and sees none twice.
    """
    found: dict[int, tuple[Period, Story]] = {}
    for issue in reversed(issues):
        for story in issue.stories[:BEST]:
            found.setdefault(story.paper.id, (issue.period, story))
    compared = issues[DAYS + 1].period if len(issues) > DAYS + 1 else None
    return [one for one in found.values() if one[0] != compared]


def _newest_first(query: Query) -> Query:
    """The query in the order of a feed; papers that are named stand as they are."""
    if named_papers(query):
        return query
    return all_of(part for part in (unordered(query), Field(FieldName.SORT, Sort.NEW)) if part != EVERYTHING)


def _reasons(story: Story) -> tuple[str, ...]:
    return story.entry.reasons if story.entry is not None else ()


def _found_entry(paper: Paper, why: str) -> FeedEntry:
    published = paper.published_at or paper.first_seen_at
    return _entry(paper, published, why, updated=max(published, paper.first_seen_at))


def _posted_entries(digest: PostedDigest, papers: Mapping[int, Paper]) -> Iterator[FeedEntry]:
    """The papers of a digest in its order, with what it said of each."""
    cards = [block for block in from_json(digest.doc).blocks if isinstance(block, PaperCard)]
    by_key = {card.paper_key: card for card in cards}
    for number in sorted(digest.papers & papers.keys()):
        paper = papers[number]
        card = next((by_key[key] for key in map(str, paper.ids) if key in by_key), None)
        facts = " · ".join(fact.text for fact in card.facts) if card is not None else ""
        yield _entry(paper, digest.posted_at, facts)


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
        yield tuple(places)
