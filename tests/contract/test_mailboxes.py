"""What every store promises of mailboxes: an address that is forgotten is nowhere any more."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time
from enum import Enum, auto
from pathlib import Path
from typing import Final

import pytest

from bot.errors import ConflictError
from bot.model import Delivery, DeliveryState, Destination, Route, Schedule
from bot.people.mailboxes import MAIL, AskedCode, Limits
from bot.people.model import Person
from bot.ports import OpenStore, Store
from tests.contract.people import BEN, a_subscription, direct, meet
from tests.contract.rows import DAY, MINUTE, NOW, a_destination, add_papers, queue, stored

HERS: Final = "lindqvist@example.org"
NEW: Final = "maya@example.net"
LIMITS: Final = Limits(since=NOW - DAY, of_person=6, of_address=3)


class Fate(Enum):
    """What became of a message."""

    SENT = auto()
    IN_DOUBT = auto()
    REJECTED = auto()
    DOUBTFUL = auto()  # it may have arrived, and waits for its turn to be given up
    SENDING = auto()  # it is out, and nobody has heard of it yet


async def ask(store: Store, person: Person, address: str, at: datetime = NOW) -> bool:
    code = AskedCode(recipient_id=person.recipient_id, address=address, digest=f"for {at}", asked_at=at)
    return await store.mailboxes.ask(code, LIMITS)


async def confirm(store: Store, person: Person, address: str = HERS, at: datetime = NOW) -> None:
    assert await ask(store, person, address, at)
    assert await store.mailboxes.confirm(person.recipient_id, f"for {at}", at, at, most_wrong=5)


async def subscribed(store: Store, person: Person, name: str, hour: int) -> Destination:
    """What comes by mail at that hour, under that name."""
    schedule = Schedule(time(hour), a_destination().schedule.days, "Europe/Berlin")
    route = Route(surface=MAIL, address=HERS)
    place = direct(person, id=f"d-{name}", name=name, route=route, schedule=schedule, label="mail")
    await store.people.subscribe(a_subscription(person, place, query=name), place)
    return place


async def a_reader(store: Store) -> tuple[Person, dict[Fate, Delivery]]:
    """Somebody with a mailbox, messages there of every fate, and a destination there that was removed."""
    person = await meet(store)
    await confirm(store, person)
    place, removed = await subscribed(store, person, "mail", 9), await subscribed(store, person, "gone", 18)
    papers = await add_papers(store, len(Fate) + 1)
    for number in range(len(Fate)):
        await queue(store, place, papers[number : number + 1], NOW - number * DAY)
    claimed = await store.outbox.claim("w", [MAIL], NOW, MINUTE, 9)
    fates = dict(zip(Fate, claimed, strict=True))
    for fate, held in fates.items():
        await store.outbox.sending(held.id, held.fence, NOW, MINUTE)
        match fate:
            case Fate.SENT:
                await store.outbox.sent(held.id, held.fence, NOW, "receipt")
            case Fate.IN_DOUBT:
                await store.outbox.in_doubt(held.id, held.fence, NOW, "Nobody knows.")
            case Fate.REJECTED:
                await store.outbox.rejected(held.id, held.fence, NOW, "The server wants none.")
            case Fate.DOUBTFUL:
                await store.outbox.retry(held.id, held.fence, NOW + DAY, "It was cut.", doubtful=True)
            case Fate.SENDING:
                pass
    await queue(store, removed, papers[-1:])
    await store.people.unsubscribe(f"s-{person.recipient_id}-gone", "Maya", NOW)
    await ask(store, await meet(store, BEN, "Ben"), HERS)
    return person, fates


async def by_stopping(store: Store, _: Person) -> None:
    assert await store.mailboxes.stop(HERS, "Maya", NOW, "keyed digest")


async def by_another_address(store: Store, person: Person) -> None:
    await confirm(store, person, NEW, NOW + MINUTE)


async def by_unlinking(store: Store, person: Person) -> None:
    await store.people.unlink(person.recipient_id, MAIL, "Maya", NOW)


async def by_forgetting(store: Store, person: Person) -> None:
    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)


@pytest.mark.parametrize("ending", [by_stopping, by_another_address, by_unlinking, by_forgetting])
async def test_nothing_of_a_forgotten_address_is_in_any_file(
    open_store: OpenStore, tmp_path: Path, ending: Callable[[Store, Person], Awaitable[None]]
) -> None:
    async with open_store() as store:
        person, _ = await a_reader(store)
    assert holding(tmp_path, b"lindqvist") != []

    async with open_store() as store:
        await ending(store, person)

    assert holding(tmp_path, b"lindqvist") == []


def holding(folder: Path, words: bytes) -> list[str]:
    return [file.name for file in folder.iterdir() if words in file.read_bytes()]


async def test_what_was_mailed_to_a_stopped_address_stays_told_and_never_goes_again(store: Store) -> None:
    person, fates = await a_reader(store)
    told = await store.destinations.told([person.recipient_id], range(99))

    await by_stopping(store, person)

    for fate, delivery in fates.items():
        left = await stored(store, delivery)
        assert (left.key, left.route) == (delivery.key, Route(surface=MAIL, address="")), fate
    assert await store.destinations.told([person.recipient_id], range(99)) == told
    for fate in (Fate.IN_DOUBT, Fate.REJECTED):
        with pytest.raises(ConflictError, match="cannot be sent again: mail to its address was stopped"):
            await store.outbox.resend(fates[fate].id, NOW, NOW + DAY)
    settled = await store.outbox.resolve(fates[Fate.IN_DOUBT].id, NOW, arrived=True, by="Maya")
    assert settled.state is DeliveryState.SENT


async def test_what_can_still_go_out_goes_to_the_address_that_took_the_place(store: Store) -> None:
    person, fates = await a_reader(store)

    await by_another_address(store, person)

    addresses = {fate: (await stored(store, delivery)).route.address for fate, delivery in fates.items()}
    assert addresses == {**dict.fromkeys(Fate, NEW), Fate.SENT: ""}
    again = await store.outbox.resend(fates[Fate.REJECTED].id, NOW, NOW + DAY)
    assert again.route.address == NEW


async def test_to_stop_mail_lets_nobody_ask_for_more_codes_to_others(store: Store) -> None:
    person = await meet(store)
    await confirm(store, person)
    assert [await ask(store, person, "ben@example.org") for _ in range(4)] == [True, True, True, False]

    await by_stopping(store, person)

    assert not await ask(store, person, "ben@example.org")
