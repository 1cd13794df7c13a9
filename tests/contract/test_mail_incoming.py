"""What comes back by mail pauses or stops mail to its address, and the owner is told by chat, once."""

import random
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from bot.delivery.notices import Notifier
from bot.delivery.worker import Worker
from bot.errors import DeliveryError, DoubtfulError, RefusedError
from bot.mail.incoming import Incoming, Maildir
from bot.mail.service import Mail
from bot.model import DeliveryKind, DeliveryState, Destination, DestinationState, Route
from bot.people.mailboxes import MAIL
from bot.people.model import Identity, Person
from bot.ports import Ability, Store
from bot.system import RandomIds
from bot.view.doc import Doc, from_json
from bot.view.plain import to_plain
from tests.clocks import StillClock
from tests.contract.mails import KEY, MAYA, TOKEN, delivery_status, feedback, report
from tests.contract.people import MAYA as MAYA_IN_SLACK
from tests.contract.people import a_subscription, direct, meet
from tests.contract.rows import DAY, NOW, queue
from tests.contract.test_worker import Receiver

BOUNCE = report("delivery-status", delivery_status(code="smtp; 550 no such user"), "It failed.")
COMPLAINT = report("feedback-report", feedback("abuse"), "Spam.")
IN_SLACK = Route(surface="slack", address="T1/DMAYA")


class Mailed(Receiver):
    surface = "email"


async def to_maya(identity: Identity) -> Route | None:
    return IN_SLACK if identity == MAYA_IN_SLACK else None


class Reader:
    """Maya, subscribed twice by mail, and whatever takes in what comes back."""

    def __init__(self, store: Store, person: Person, places: list[Destination]) -> None:
        self.store = store
        self.person = person
        self.places = places
        self.clock = StillClock(NOW)
        self.notifier = Notifier(store, self.clock, RandomIds(), to_maya)
        self.incoming = Incoming(store, self.clock, KEY, self.notifier)

    async def states(self) -> set[DestinationState]:
        return {place.state for place in await self.store.destinations.list()}

    async def told(self) -> list[str]:
        """The notices that wait for the person."""
        waiting = await self.store.outbox.list([DeliveryState.PENDING], 100)
        notices = [one for one in waiting if one.kind is DeliveryKind.NOTICE]
        assert {one.route for one in notices} <= {IN_SLACK}
        return [to_plain(from_json(one.doc)) for one in notices]

    async def confirm(self) -> None:
        await _mail(self.store, self.clock).ask(self.person.recipient_id, MAYA)
        await _mail(self.store, self.clock).confirm(self.person.recipient_id, "123456")


def _mail(store: Store, clock: StillClock) -> Mail:
    async def post(_: str, doc: Doc) -> None:
        """Nobody reads it here."""

    return Mail(store.mailboxes, clock, KEY, lambda: "123456", post)


@pytest.fixture
async def reader(store: Store) -> Reader:
    person = await meet(store)
    mail = _mail(store, StillClock(NOW))
    await mail.ask(person.recipient_id, MAYA)
    await mail.confirm(person.recipient_id, "123456")
    places = []
    for number, query in enumerate(("towels", "robots")):
        place = direct(
            person,
            id=f"d-{number}",
            name=f"email:{number}",
            route=Route(surface=MAIL, address=MAYA),
            label="mail",
            owner_id=person.recipient_id,
        )
        place = replace(place, schedule=replace(place.schedule, at=time(9 + 9 * number)))
        await store.people.subscribe(a_subscription(person, place, query), place)
        places.append(place)
    return Reader(store, person, places)


@pytest.mark.parametrize(
    ("mail", "why"),
    [(BOUNCE, "A mail came back: 550 no such user."), (COMPLAINT, "A mail was called spam there.")],
)
async def test_what_came_back_pauses_all_mail_to_its_address_and_is_told_once(
    reader: Reader, mail: bytes, why: str
) -> None:
    delivery = await queue(reader.store, reader.places[0], [])
    for _ in range(2):
        await reader.incoming.take(mail)
    assert await reader.states() == {DestinationState.PAUSED}
    called_off = await reader.store.outbox.get(delivery.id)
    assert called_off is not None
    assert called_off.state is DeliveryState.REJECTED
    (told,) = await reader.told()
    assert why in told
    assert "`mail add`" in told
    assert MAYA not in told


async def test_after_a_new_confirmation_it_is_told_anew(reader: Reader) -> None:
    await reader.incoming.take(BOUNCE)
    reader.clock.set(NOW + DAY)
    await reader.confirm()
    assert await reader.states() == {DestinationState.ACTIVE}
    await reader.incoming.take(BOUNCE)
    assert await reader.states() == {DestinationState.PAUSED}
    assert len(await reader.told()) == 2


async def test_an_answer_that_asks_to_stop_stops(reader: Reader) -> None:
    said = await reader.incoming.take(f"From: x@example.net\r\nSubject: unsubscribe {TOKEN}\r\n\r\n".encode())
    assert MAYA not in said
    assert await reader.store.destinations.list() == []
    assert await reader.store.people.subscriptions(reader.person.recipient_id) == []
    assert await reader.told() == []


async def test_a_report_about_a_mailbox_that_is_gone_changes_nothing(reader: Reader) -> None:
    await reader.store.mailboxes.stop(MAYA, "a test", NOW, "digest")
    await reader.incoming.take(BOUNCE)
    assert await reader.told() == []


async def test_a_maildir_is_emptied_into_what_was_read(reader: Reader, tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.a").write_bytes(b"Subject: hello\r\n\r\n")
    (tmp_path / "new" / "2.b").write_bytes(BOUNCE)
    maildir = Maildir(tmp_path, reader.incoming, reader.clock)
    assert await maildir.look() == 2
    assert await maildir.look() == 0
    assert {file.name for file in (tmp_path / "cur").iterdir()} == {"1.a:2,S", "2.b:2,S"}
    assert await reader.states() == {DestinationState.PAUSED}


# --- what the server says at once ----------------------------------------------------------------


def worker(reader: Reader, *fails: DeliveryError) -> tuple[Worker, Mailed]:
    receiver = Mailed(Ability.NONE)
    receiver.script = [(error, False) for error in fails]
    made = Worker(
        reader.store.outbox,
        {MAIL: receiver},
        reader.clock,
        name="one",
        random_=random.Random(1),
        notifier=reader.notifier,
    )
    return made, receiver


async def test_a_final_no_pauses_all_mail_to_the_address(reader: Reader) -> None:
    await queue(reader.store, reader.places[0], [])
    made, _ = worker(reader, RefusedError("The mail server takes no mail for this address.", pause=True))
    await made.drain()
    assert await reader.states() == {DestinationState.PAUSED}
    (told,) = await reader.told()
    assert "takes no mail for this address. `mail add`" in told


async def test_of_a_doubt_the_person_is_asked_by_chat(reader: Reader) -> None:
    delivery = await queue(reader.store, reader.places[0], [])
    made, receiver = worker(reader, DoubtfulError("It broke off."))
    await made.drain()
    await made.drain()
    assert len(receiver.tries) == 1
    ended = await reader.store.outbox.get(delivery.id)
    assert ended is not None
    assert ended.state is DeliveryState.IN_DOUBT
    (told,) = await reader.told()
    assert "Did the digest arrive in your mailbox?" in told
