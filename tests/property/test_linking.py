"""Two accounts with whatever on their way become one person: nobody is told twice, and nothing is lost."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Delivery, DeliveryState, Destination, Planned, Route
from bot.people.model import Identity, Person, SubscriptionState
from bot.ports import Store
from storage.sqlite.store import open_sqlite
from tests.contract.people import MAYA, a_subscription, direct, meet
from tests.contract.rows import DAY, NOW, SURFACES, add_papers, digest

PAPERS: Final = 4
OUT: Final = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.IN_DOUBT})
ACCOUNTS: Final = (MAYA, Identity("discord", "", "4711"))
LATER: Final = NOW + 50 * DAY  # everything is due, and no lease that was taken has run out


class Digest(NamedTuple):
    """A digest of one of the accounts, and how far it came."""

    account: int
    papers: frozenset[int]
    state: DeliveryState


class Saved(NamedTuple):
    """A subscription of one of them."""

    account: int
    query: str
    state: SubscriptionState


DIGESTS = st.lists(
    st.builds(
        Digest,
        st.integers(0, 1),
        st.frozensets(st.integers(1, PAPERS), min_size=1, max_size=3),
        st.sampled_from(DeliveryState),
    ),
    max_size=6,
)
SAVED = st.lists(
    st.builds(
        Saved, st.integers(0, 1), st.sampled_from(["towels", "robots"]), st.sampled_from(SubscriptionState)
    ),
    unique_by=lambda one: (one.account, one.query),
    max_size=4,
)


@settings(max_examples=60)
@given(DIGESTS, SAVED)
def test_nobody_is_told_twice_and_nothing_is_lost(digests: list[Digest], saved: list[Saved]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_link_and_check(Path(folder), digests, saved))


async def _link_and_check(folder: Path, digests: Sequence[Digest], saved: Sequence[Saved]) -> None:
    async with open_sqlite(folder / "paperboy.db") as store:
        people = [await meet(store, one, at=NOW + n * DAY) for n, one in enumerate(ACCOUNTS)]
        places = [await _place(store, person) for person in people]
        await add_papers(store, PAPERS)
        for one in saved:
            await _subscribe(store, people[one.account], places[one.account], one)
        written: dict[str, frozenset[int]] = {}  # the papers of each delivery
        for number, digest_ in enumerate(digests):
            delivery_id = await _bring(store, places[digest_.account], number, digest_)
            if delivery_id is not None:
                written[delivery_id] = digest_.papers
        out_before = await _told(store, written)

        await store.people.offer_link(people[1].recipient_id, "digest", NOW + DAY, NOW)
        linked = await store.people.link("digest", people[0].recipient_id, "Maya", NOW)
        assert (await store.admin.check()).problems == ()
        await _finish(store, written)

        told = await _told(store, written)
        assert all(count <= max(1, out_before[paper]) for paper, count in told.items()), "told twice"
        every = range(1, PAPERS + 1)
        ledger = (await store.destinations.told([linked.recipient_id], every))[linked.recipient_id]
        assert ledger == set(told), "what did not come is free for the next digest, and nothing else"
        kept = await store.people.subscriptions(linked.recipient_id)
        assert sorted(one.query for one in kept) == sorted({one.query for one in saved} | set(_OWN.values()))
        paused = {one.query for one in kept if one.state is SubscriptionState.PAUSED}
        going = {one.query for one in saved if one.state is SubscriptionState.ACTIVE}
        assert paused == {one.query for one in saved} - going, "what went on for one of them goes on"


# What each account has of its own, so that its way to people stays.
_OWN: Final = {"r-UMAYA001": "first", "r-4711": "second"}


async def _place(store: Store, person: Person) -> Destination:
    route = Route(surface="webhook", address=f"https://example.org/{person.recipient_id}")
    place = direct(person, route=route)
    await store.people.subscribe(a_subscription(person, place, _OWN[person.recipient_id]), place)
    return place


async def _subscribe(store: Store, person: Person, place: Destination, saved: Saved) -> None:
    made = await store.people.subscribe(a_subscription(person, place, saved.query), place)
    await store.people.set_subscription_state(made.id, saved.state)


async def _bring(store: Store, place: Destination, number: int, wanted: Digest) -> str | None:
    """Plans a digest and brings it so far; its id, or `None` if a paper of it was told there before."""
    planned = digest(place, sorted(wanted.papers), NOW + number * DAY, deliver_by=LATER)
    if await store.destinations.plan([planned]) != [Planned.STORED]:
        return None
    assert planned.delivery is not None
    if wanted.state is not DeliveryState.PENDING:
        for one in await store.outbox.claim("w", SURFACES, LATER, DAY, 99):
            if one.id == planned.delivery.id:
                await _work(store, one, wanted.state)
            else:
                await store.outbox.release(one.id, one.fence)
    return planned.delivery.id


async def _work(store: Store, one: Delivery, state: DeliveryState) -> None:
    """What a worker does with what it has leased, until it is in this state."""
    outbox = store.outbox
    if state in OUT:
        await outbox.sending(one.id, one.fence, LATER, DAY)
    if state is DeliveryState.SENT:
        await outbox.sent(one.id, one.fence, LATER, "1")
    elif state is DeliveryState.IN_DOUBT:
        await outbox.in_doubt(one.id, one.fence, LATER, "cut")
    elif state is DeliveryState.REJECTED:
        await outbox.rejected(one.id, one.fence, LATER, "refused")


async def _finish(store: Store, deliveries: Iterable[str]) -> None:
    """Workers go on with what they hold, and take what waits, as if nothing had happened."""
    await store.outbox.claim("w", SURFACES, LATER, DAY, 99)
    for delivery_id in deliveries:
        one = await store.outbox.get(delivery_id)
        if one is not None and one.state is DeliveryState.LEASED:
            await _work(store, one, DeliveryState.SENT)


async def _told(store: Store, deliveries: Mapping[str, frozenset[int]]) -> Counter[int]:
    """How often each paper went out, or may have."""
    found: Counter[int] = Counter()
    for delivery_id, papers in deliveries.items():
        one = await store.outbox.get(delivery_id)
        if one is not None and one.state in OUT:
            found.update(papers)
    return found
