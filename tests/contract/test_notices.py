"""Owners are told once what went wrong at their destinations, and what to do; nobody is told of notices."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from bot.delivery.notices import WORTH_TELLING, Direct, Notifier
from bot.delivery.policy import Doubt
from bot.delivery.worker import Worker
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError, UnreachableError
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    DestinationState,
    Pool,
    Route,
    utc_ms,
)
from bot.people.model import Identity
from bot.ports import Ability, Deliverer, Store
from bot.system import RandomIds
from bot.view.doc import Actions, from_json
from bot.view.plain import to_plain
from tests.clocks import StillClock
from tests.contract.people import MAYA, meet
from tests.contract.rows import DAY, MINUTE, NOW, add_destination, add_papers, digest, queue
from tests.contract.test_worker import Receiver

DIRECT: Final = Route(surface="slack", address="T1/DMAYA")
GONE: Final = RefusedError("The channel #ml-papers is archived.", pause=True)
LOST: Final = DoubtfulError("The answer got lost.")


class Slack(Receiver):
    surface = "slack"


async def to_maya(identity: Identity) -> Route | None:
    assert identity == MAYA
    return DIRECT


async def nowhere(_: Identity) -> Route | None:
    return None


async def unreachable(_: Identity) -> Route | None:
    raise UnreachableError("Slack", "could not be reached.")


def worker_for(
    store: Store,
    receiver: Deliverer,
    clock: StillClock | None = None,
    direct: Direct = to_maya,
    parallel: int = 8,
) -> Worker:
    clock = clock or StillClock(NOW)
    notifier = Notifier(store, clock, RandomIds(), direct)
    chance = random.Random(1)
    return Worker(
        store.outbox,
        {"slack": receiver},
        clock,
        name="one",
        random_=chance,
        parallel=parallel,
        notifier=notifier,
    )


async def a_channel(store: Store, name: str = "channel", *, owned: bool = True) -> Destination:
    person = await meet(store)
    return await add_destination(
        store.destinations,
        name,
        route=Route(surface="slack", address=f"T1/{name}"),
        label="#ml-papers",
        owner_id=person.recipient_id if owned else None,
    )


async def deliver(
    store: Store, channel: Destination, *errors: DeliveryError, direct: Direct = to_maya
) -> tuple[Delivery, list[Delivery]]:
    """Sends one digest that fails so; how it ended, and the notices there are."""
    delivery = await queue(store, channel, await add_papers(store, 1))
    receiver = Slack(Ability.NONE)
    receiver.script = [(error, False) for error in errors]
    await worker_for(store, receiver, direct=direct).drain()
    ended = await store.outbox.get(delivery.id)
    assert ended is not None
    return ended, await notices(store)


async def notices(store: Store) -> list[Delivery]:
    every = await store.outbox.list(list(DeliveryState), 99)
    return [one for one in every if one.kind is DeliveryKind.NOTICE]


def pressed(notice: Delivery) -> dict[str, str]:
    """What its buttons do, by label."""
    return {
        button.label: button.action
        for block in from_json(notice.doc).blocks
        if isinstance(block, Actions)
        for button in block.buttons
    }


async def test_a_doubt_asks_the_owner_whether_it_arrived(store: Store) -> None:
    channel = await a_channel(store)

    ended, (notice,) = await deliver(store, channel, LOST)

    assert ended.state is DeliveryState.IN_DOUBT
    assert (notice.route, notice.recipient_id, notice.state) == (DIRECT, "r-UMAYA001", DeliveryState.SENT)
    assert notice.deliver_by == NOW + WORTH_TELLING
    text = to_plain(from_json(notice.doc))
    assert text.startswith("Did the digest arrive in #ml-papers?")
    assert "The answer got lost." in text
    assert pressed(notice) == {"It arrived": f"arrived:{ended.id}", "Send it again": f"again:{ended.id}"}
    (found,) = await store.destinations.list()
    assert found.state is DestinationState.ACTIVE


async def test_what_is_sent_again_and_in_doubt_again_is_asked_about_again(store: Store) -> None:
    channel = await a_channel(store)
    ended, _ = await deliver(store, channel, LOST)
    for resends in (1, 2):
        await store.outbox.resend(ended.id, NOW, NOW + DAY)
        receiver = Slack(Ability.NONE)
        receiver.script = [(LOST, False)]
        await worker_for(store, receiver).drain()

        found = await store.outbox.get(ended.id)
        assert found is not None
        assert (found.state, found.resends) == (DeliveryState.IN_DOUBT, resends)
        told = await notices(store)
        assert len(told) == 1 + resends
        assert all(pressed(one)["Send it again"] == f"again:{ended.id}" for one in told)


async def test_what_nothing_can_reach_is_paused_and_its_owner_told_how_to_go_on(store: Store) -> None:
    channel = await a_channel(store)

    ended, (notice,) = await deliver(store, channel, GONE)

    assert ended.state is DeliveryState.REJECTED
    (found,) = await store.destinations.list()
    assert (found.state, found.state_by) == (
        DestinationState.PAUSED,
        "Slack: The channel #ml-papers is archived.",
    )
    assert "The channel #ml-papers is archived. Nothing more is posted there" in to_plain(
        from_json(notice.doc)
    )
    assert pressed(notice) == {"Resume this digest": f"resume:{channel.id}"}
    assert notice.state is DeliveryState.SENT, "it goes out though its destination is paused"


async def test_an_ordinary_refusal_and_a_success_tell_nobody(store: Store) -> None:
    for number, errors in enumerate([(RefusedError("The message is too long."),), ()]):
        channel = await a_channel(store, f"channel-{number}")
        _, told = await deliver(store, channel, *errors)
        assert told == []
        assert {one.state for one in await store.destinations.list()} == {DestinationState.ACTIVE}


async def test_an_owner_is_told_once_of_a_pause_however_many_messages_failed(store: Store) -> None:
    channel = await a_channel(store)
    papers = await add_papers(store, 3)
    for number, paper in enumerate(papers):
        await queue(store, channel, [paper], NOW - number * DAY, deliver_by=NOW + DAY)
    receiver = Slack(Ability.NONE)
    receiver.script = [(GONE, False)]

    await worker_for(store, receiver, parallel=1).drain()

    assert len(await notices(store)) == 1
    assert len(receiver.tries) == 2, "the digest that failed, and the notice; the others were called off"


async def test_a_worker_that_dies_before_the_end_is_written_tells_no_second_time(store: Store) -> None:
    channel = await a_channel(store)
    await queue(store, channel, await add_papers(store, 1))
    (held,) = await store.outbox.claim("dying", ["slack"], NOW, MINUTE, 1)
    await store.outbox.sending(held.id, held.fence, NOW, MINUTE)
    clock = StillClock(NOW)
    await Notifier(store, clock, RandomIds(), to_maya).ending(held, Doubt("The answer got lost."))

    clock.set(NOW + 5 * MINUTE)
    await worker_for(store, Slack(Ability.NONE), clock).drain()

    ended = await store.outbox.get(held.id)
    assert ended is not None
    assert ended.state is DeliveryState.IN_DOUBT
    assert len(await notices(store)) == 1


async def test_nor_does_one_that_dies_once_the_destination_is_paused(store: Store) -> None:
    channel = await a_channel(store)
    await queue(store, channel, await add_papers(store, 1))
    (held,) = await store.outbox.claim("dying", ["slack"], NOW, MINUTE, 1)
    await store.outbox.sending(held.id, held.fence, NOW, MINUTE)
    clock = StillClock(NOW)
    end = Doubt("The channel #ml-papers is archived.", pause=True)
    await Notifier(store, clock, RandomIds(), to_maya).ending(held, end)

    clock.set(NOW + 5 * MINUTE)
    await worker_for(store, Slack(Ability.NONE), clock).drain()

    assert len(await notices(store)) == 2, "the question and the news, each once"


async def test_whoever_resumes_a_digest_is_told_when_it_is_paused_again(store: Store) -> None:
    channel = await a_channel(store)
    notifier = Notifier(store, StillClock(NOW), RandomIds(), to_maya)
    await deliver(store, channel, GONE)
    for days in (1, 2):
        later = NOW + days * DAY
        await store.destinations.set_state(channel.id, DestinationState.ACTIVE, "maya", later)
        for _ in range(2):
            await notifier.lost(channel.route, "The channel #ml-papers was deleted.")
        assert len(await notices(store)) == 1 + days


@pytest.mark.parametrize("error", [LOST, GONE])
async def test_nobody_is_told_about_a_notice(store: Store, error: DeliveryError) -> None:
    channel = await a_channel(store)
    receiver = Slack(Ability.NONE)
    receiver.script = [(error, False)]
    made = digest(channel, [], recipient_id="r-UMAYA001", kind=DeliveryKind.NOTICE).delivery
    assert made is not None
    await store.outbox.post(replace(made, route=DIRECT), NOW)

    await worker_for(store, receiver).drain()

    (only,) = await notices(store)
    assert only.state.final
    (found,) = await store.destinations.list()
    assert found.state is DestinationState.ACTIVE, "the channel can be reached: its owner cannot"


@pytest.mark.parametrize("direct", [nowhere, unreachable])
async def test_an_owner_who_cannot_be_reached_stops_nothing(store: Store, direct: Direct) -> None:
    channel = await a_channel(store)

    ended, told = await deliver(store, channel, GONE, direct=direct)

    assert (ended.state, told) == (DeliveryState.REJECTED, [])


async def test_a_pause_needs_no_owner(store: Store) -> None:
    channel = await a_channel(store, owned=False)

    ended, told = await deliver(store, channel, GONE)

    assert (ended.state, told) == (DeliveryState.REJECTED, [])
    (found,) = await store.destinations.list()
    assert found.state is DestinationState.PAUSED


async def test_nobody_is_told_at_the_address_that_is_broken(store: Store) -> None:
    person = await meet(store)
    mine = await add_destination(store.destinations, "mine", route=DIRECT, owner_id=person.recipient_id)

    _, told = await deliver(store, mine, GONE)

    assert told == []


async def test_whoever_subscribed_is_asked_about_a_doubt_where_it_was_to_arrive(store: Store) -> None:
    person = await meet(store)
    mine = await add_destination(
        store.destinations,
        "mine",
        route=DIRECT,
        label="direct message on Slack",
        pool=Pool.SUBSCRIPTIONS,
        owner_id=person.recipient_id,
    )

    ended, (notice,) = await deliver(store, mine, LOST)

    assert (ended.state, notice.route) == (DeliveryState.IN_DOUBT, DIRECT)
    assert to_plain(from_json(notice.doc)).startswith("Did the digest arrive in your direct messages?")


async def test_a_refusal_after_a_doubt_is_both(store: Store) -> None:
    channel = await a_channel(store)
    delivery = await queue(store, channel, await add_papers(store, 1), deliver_by=NOW + DAY)
    receiver = Slack(Ability.KEY)
    receiver.script = [(LOST, False), (GONE, False)]
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    await worker.drain()
    clock.set(NOW + timedelta(minutes=20))
    await worker.drain()

    ended = await store.outbox.get(delivery.id)
    assert ended is not None
    assert ended.state is DeliveryState.IN_DOUBT
    assert sorted(one.key for one in await notices(store)) == [
        f"notice-doubt-{delivery.id}",
        f"notice-paused-{channel.id}-{utc_ms(channel.created_at)}",
    ]


async def test_what_may_still_work_tells_nobody(store: Store) -> None:
    channel = await a_channel(store)

    ended, told = await deliver(store, channel, NotAcceptedError("Slack is busy."))

    assert (ended.state, told) == (DeliveryState.PENDING, [])


async def test_a_place_that_is_gone_pauses_its_digest_and_tells_the_owner_once(store: Store) -> None:
    channel = await a_channel(store)
    notifier = Notifier(store, StillClock(NOW), RandomIds(), to_maya)

    for _ in range(2):
        await notifier.lost(channel.route, "The channel #ml-papers was deleted.")
    await notifier.lost(Route(surface="slack", address="T1/C-OTHER"), "Nothing of ours.")

    (found,) = await store.destinations.list()
    assert (found.state, found.state_by) == (
        DestinationState.PAUSED,
        "Slack: The channel #ml-papers was deleted.",
    )
    await worker_for(store, Slack(Ability.NONE)).drain()
    (notice,) = await notices(store)
    assert "The channel #ml-papers was deleted. Nothing more is posted" in to_plain(from_json(notice.doc))
