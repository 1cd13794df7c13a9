"""Messages in a personal order: what is near what somebody marked comes first, and says why."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.editions.preview import preview
from bot.model import AnnounceType, Outcome, PaperReading, Poll, Signal, Slot, Upstream
from bot.people.model import Cadence, Mark, Person, SubscriptionState
from bot.ports import Store
from bot.schedule.instants import Instants
from bot.schedule.planner import Planner
from bot.system import RandomIds
from bot.taste.model import TasteChoices
from bot.taste.order import Floats
from bot.taste.tasting import Tasting
from bot.view.doc import PaperCard, from_json
from bot.view.plain import to_plain
from storage.index.index import open_index
from tests.clocks import StillClock
from tests.contract.people import BEN, MAYA, a_subscription, direct, meet
from tests.contract.test_planner import FRI, NINE, THU, WED, add, at, deliveries, nothing
from tests.polls import arxiv_id

TOWELS, RAIN = "towels", "rain"
SAVED = {51: TOWELS, 52: RAIN}
LISTED = {1: RAIN, 2: "letters", 3: TOWELS, 4: "chess", 5: TOWELS, 6: "soup"}


class Topics:
    """`bot.search.ports.Encoder`: every topic of these papers is a direction of its own."""

    name = "topics-1"
    _topics = tuple(sorted({*SAVED.values(), *LISTED.values()}))
    dimensions = len(_topics)

    def documents(self, texts: Sequence[tuple[str, str]]) -> Floats:
        return self.queries([abstract for _, abstract in texts])

    def queries(self, texts: Sequence[str]) -> Floats:
        return np.array([[text == topic for topic in self._topics] for text in texts], np.float32)

    def rest(self) -> None:
        """It holds nothing."""


def reading(number: int, words: str, upvotes: int) -> PaperReading:
    return PaperReading(
        ids=(arxiv_id(number),),
        title=f"Study {number}: {words}",
        abstract=words,
        announce_type=AnnounceType.LISTED,
        signals={Signal.UPVOTES: upvotes},
    )


async def listed(store: Store, papers: dict[int, str], when: datetime) -> None:
    """A day's list, watched from before its first papers on; the first has the most upvotes."""
    for moment, readings in (
        (when - timedelta(hours=1), ()),
        (when, tuple(reading(number, words, 90 - number) for number, words in papers.items())),
    ):
        poll = Poll(
            upstream=Upstream.HUGGING_FACE,
            subject=f"daily:{when.date()}",
            observed_at=moment,
            outcome=Outcome.OK if readings else Outcome.EMPTY,
            readings=readings,
        )
        await store.papers.ingest(poll, moment)


async def number_of(store: Store, number: int) -> int:
    paper = await store.papers.find(arxiv_id(number))
    assert paper is not None
    return paper.id


@pytest.fixture
async def tasting(store: Store, tmp_path: Path) -> AsyncIterator[Tasting]:
    """Wednesday's list, and Thursday's, which the index knows."""
    await listed(store, SAVED, at(WED, 1))
    await listed(store, LISTED, at(THU, 1))
    async with open_index(tmp_path / "index", store.papers, Topics()) as index:
        await index.catch_up()
        yield Tasting(store, index)


async def tick(store: Store, tasting: Tasting, now: datetime) -> None:
    planner = Planner(
        store,
        StillClock(now),
        RandomIds(),
        late_limit=timedelta(hours=6),
        refresh_limit=timedelta(seconds=120),
        refresh=nothing,
        queued=lambda: None,
        tasting=tasting,
    )
    await planner.start()
    await planner.tick()
    await planner.aclose()


async def subscribed(store: Store, person: Person, **changes: Any) -> None:
    place = direct(person, schedule=NINE, active_from=at(THU, 0))
    usual: dict[str, Any] = {"query": "study", "created_at": at(THU, 0.5) + timedelta(1)}
    made = a_subscription(person, place, **usual | changes)
    await store.people.subscribe(made, place)


async def shown(store: Store) -> dict[str, list[PaperCard]]:
    """The cards of each recipient's message."""
    return {
        one.recipient_id: [block for block in from_json(one.doc).blocks if isinstance(block, PaperCard)]
        for one in await deliveries(store)
    }


def places(cards: Sequence[PaperCard]) -> list[int]:
    return [int(card.paper_key[-5:]) for card in cards]


def why(cards: Sequence[PaperCard]) -> dict[int, str]:
    """What each card says of what it resembles."""
    found = {int(card.paper_key[-5:]): card.facts[0].text for card in cards}
    return {number: text for number, text in found.items() if text.startswith("Resembles")}


async def test_a_message_comes_in_an_order_of_ones_own_that_says_why(store: Store, tasting: Tasting) -> None:
    maya, ben = await meet(store, MAYA), await meet(store, BEN)
    await store.people.mark(maya.recipient_id, await number_of(store, 51), Mark.SAVED, at(WED, 2))
    for person in (maya, ben):
        await subscribed(store, person)

    await tick(store, tasting, at(THU, 9))

    cards = await shown(store)
    assert places(cards["r-UMAYA001"]) == [3, 5, 1, 2, 4]
    saved = f"Resembles “Study 51: {TOWELS}”, which you saved"
    assert why(cards["r-UMAYA001"]) == {3: saved, 5: saved}
    assert places(cards["r-UBEN0001"]) == [1, 2, 3, 4, 5], "who marked nothing sees the common order"
    assert why(cards["r-UBEN0001"]) == {}
    menu = [button.label for button in cards["r-UBEN0001"][0].menu]
    assert menu[-1] == "Less like paper 1"


async def test_less_like_it_and_hides_count_against(store: Store, tasting: Tasting) -> None:
    maya, ben = await meet(store, MAYA), await meet(store, BEN)
    await store.people.mark(maya.recipient_id, await number_of(store, 52), Mark.DISLIKED, at(WED, 2))
    await store.people.mark(ben.recipient_id, await number_of(store, 51), Mark.HIDDEN, at(WED, 2))
    for person in (maya, ben):
        await subscribed(store, person)

    await tick(store, tasting, at(THU, 9))

    cards = await shown(store)
    assert places(cards["r-UMAYA001"]) == [2, 3, 4, 5, 6], "the first of all is not among the five any more"
    assert places(cards["r-UBEN0001"]) == [1, 2, 4, 6, 3]


async def test_what_was_reset_teaches_nothing(store: Store, tasting: Tasting) -> None:
    maya = await meet(store)
    await store.people.mark(maya.recipient_id, await number_of(store, 51), Mark.LIKED, at(WED, 2))
    await store.taste.reset(maya.recipient_id, at(WED, 3))
    await subscribed(store, maya)

    await tick(store, tasting, at(THU, 9))

    assert places((await shown(store))["r-UMAYA001"]) == [1, 2, 3, 4, 5]


async def test_whoever_wants_it_gets_a_section_of_what_no_subscription_matches(
    store: Store, tasting: Tasting
) -> None:
    maya, ben = await meet(store, MAYA), await meet(store, BEN)
    for person in (maya, ben):
        await store.people.mark(person.recipient_id, await number_of(store, 51), Mark.SAVED, at(WED, 2))
        await subscribed(store, person, query="letters OR 3")
    await store.taste.choose(maya.recipient_id, TasteChoices(for_you=True))
    (place,) = [one for one in await store.destinations.list() if one.recipient_id == maya.recipient_id]
    slot = Slot(THU, at(THU, 9))
    seen = await preview(store, place, slot, slot.at, tasting=tasting)

    await tick(store, tasting, at(THU, 9))

    cards = await shown(store)
    assert places(cards["r-UMAYA001"]) == [3, 2, 5]
    assert why(cards["r-UMAYA001"])[5] == "Resembles “Study 51: towels”, which you saved"
    assert places(cards["r-UBEN0001"]) == [3, 2]
    assert list(seen.papers) == [await number_of(store, one) for one in (3, 2, 5)]
    (mine,) = [one for one in await deliveries(store) if one.recipient_id == maya.recipient_id]
    assert "For you: near what you keep, of any topic" in to_plain(from_json(mine.doc))
    told = await store.destinations.told([maya.recipient_id], seen.papers)
    assert told[maya.recipient_id] == frozenset(seen.papers), "what the section showed is told, too"


async def test_the_section_takes_nothing_from_a_subscription_that_speaks_later_or_rests(
    store: Store, tasting: Tasting
) -> None:
    maya = await meet(store)
    await store.people.mark(maya.recipient_id, await number_of(store, 51), Mark.SAVED, at(WED, 2))
    await store.taste.choose(maya.recipient_id, TasteChoices(for_you=True))
    await subscribed(store, maya, query="letters")
    weekly = direct(maya, id="d-2", name="later", schedule=replace(NINE, at=time(18)), active_from=at(THU, 0))
    kept = a_subscription(maya, weekly, TOWELS, created_at=at(FRI, 1), cadence=Cadence.WEEKLY)
    await store.people.subscribe(kept, weekly)
    (place,) = [one for one in await store.destinations.list() if one.schedule == NINE]
    slot = Slot(THU, at(THU, 9))

    for state in SubscriptionState:
        await store.people.set_subscription_state(kept.id, state)
        seen = await preview(store, place, slot, slot.at, tasting=tasting)
        numbers = {await number_of(store, one) for one in (3, 5)}
        assert not numbers.intersection(seen.papers), f"those of a subscription that is {state}"
    await tick(store, tasting, at(THU, 9))

    assert not {3, 5}.intersection(places((await shown(store))["r-UMAYA001"]))


async def test_the_section_never_makes_a_message_and_has_nothing_hidden_or_told(
    store: Store, tasting: Tasting
) -> None:
    maya = await meet(store)
    await store.people.mark(maya.recipient_id, await number_of(store, 51), Mark.SAVED, at(WED, 2))
    await store.people.mark(maya.recipient_id, await number_of(store, 3), Mark.HIDDEN, at(WED, 2))
    await store.taste.choose(maya.recipient_id, TasteChoices(for_you=True))
    await subscribed(store, maya, query="unheardof")

    await tick(store, tasting, at(THU, 9))
    assert await shown(store) == {}

    place = direct(maya, schedule=NINE, active_from=at(THU, 0))
    await store.people.subscribe(a_subscription(maya, place, "chess", created_at=at(THU, 1)), place)
    await listed(store, {7: "chess"}, at(FRI, 1))
    await tick(store, tasting, at(FRI, 9))
    assert places((await shown(store))["r-UMAYA001"])[:1] == [4]
    assert 3 not in places((await shown(store))["r-UMAYA001"]), "it was hidden"


async def test_what_comes_as_it_appears_has_the_order_too(store: Store, tasting: Tasting) -> None:
    maya = await meet(store)
    await store.people.mark(maya.recipient_id, await number_of(store, 51), Mark.SAVED, at(WED, 2))
    await subscribed(store, maya, cadence=Cadence.INSTANT, created_at=at(THU, 0), maximum=2)
    role = Instants(
        store,
        StillClock(at(THU, 2)),
        RandomIds(),
        late_limit=timedelta(hours=6),
        queued=lambda: None,
        tasting=tasting,
    )

    assert await role.look() == 1

    cards = (await shown(store))["r-UMAYA001"]
    assert places(cards) == [3, 5]
    assert set(why(cards)) == {3, 5}


async def test_examples_order_a_channels_digest_and_what_was_banned_alone_does_not(
    store: Store, tasting: Tasting
) -> None:
    taught = await add(store, "taught", maximum=3, active_from=at(THU, 0))
    banned = await add(store, "banned", maximum=3, active_from=at(THU, 0))
    for channel in (taught, banned):
        await store.people.mark(channel.recipient_id, await number_of(store, 52), Mark.HIDDEN, at(WED, 2))
    await store.people.mark(taught.recipient_id, await number_of(store, 51), Mark.EXAMPLE, at(WED, 2))
    slot = Slot(THU, at(THU, 9))
    seen = await preview(store, taught, slot, slot.at, tasting=tasting)

    await tick(store, tasting, at(THU, 9))

    cards = await shown(store)
    assert places(cards[taught.recipient_id]) == [3, 5, 51], "the example itself was never told here"
    assert why(cards[taught.recipient_id])[3].endswith("one of this channel's examples")
    assert places(cards[banned.recipient_id])[:2] == [1, 2], (
        "that one paper is not wanted says nothing of others"
    )
    assert list(seen.papers) == [await number_of(store, one) for one in (3, 5, 51)]


async def test_what_three_people_saved_in_a_channel_comes_first_there_and_then_what_is_like_it(
    store: Store, tasting: Tasting
) -> None:
    here = await add(store, "here", maximum=4, active_from=at(THU, 0))
    there = await add(store, "there", maximum=4, active_from=at(THU, 0))
    for one in (here, there):
        await store.taste.set_team(one.id, at(WED, 1), counted=True)
    for user in ("U1", "U2", "U3"):
        person = await meet(store, MAYA._replace(user=user))
        for paper in (51, 4):
            await store.taste.saved_at(
                here.route, await number_of(store, paper), person.recipient_id, at(WED, 2)
            )
        if user != "U3":
            await store.taste.saved_at(
                there.route, await number_of(store, 51), person.recipient_id, at(WED, 2)
            )

    await tick(store, tasting, at(THU, 9))

    cards = await shown(store)
    assert places(cards[here.recipient_id]) == [4, 51, 3, 5]
    facts = {int(card.paper_key[-5:]): card.facts[0].text for card in cards[here.recipient_id]}
    assert facts[4] == facts[51] == "Saved by 3 people here"
    assert facts[3] == "Resembles “Study 51: towels”, which people here saved"
    assert places(cards[there.recipient_id])[:2] == [1, 2], "two people are too few to be told of"


async def test_an_index_that_knows_no_meaning_leaves_the_common_order(store: Store, tmp_path: Path) -> None:
    await listed(store, SAVED, at(WED, 1))
    await listed(store, LISTED, at(THU, 1))
    maya = await meet(store)
    await store.people.mark(maya.recipient_id, await number_of(store, 51), Mark.SAVED, at(WED, 2))
    await subscribed(store, maya)
    async with open_index(tmp_path / "index", store.papers, None) as index:
        await index.catch_up()
        await tick(store, Tasting(store, index), at(THU, 9))
    assert places((await shown(store))["r-UMAYA001"]) == [1, 2, 3, 4, 5]
