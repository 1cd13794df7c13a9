"""The kill run by mail, of which no server drops repeats and no mailbox can be asked: no digest comes twice,
and what may be missing is listed as doubtful. A sample of it runs among all ways to people:
`test_people_kill_run.py`.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time as time_of_day
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from bot.mail.service import Mail
from bot.model import WORKDAYS, Destination, Pool, Route, Schedule
from bot.people.mailboxes import MAIL
from bot.people.model import Cadence, Identity, Subscription, SubscriptionState
from bot.ports import Store
from bot.system import SystemClock
from bot.view.doc import Doc
from storage.sqlite.store import open_sqlite
from tests.e2e.killing import (
    HALTS,
    SECRET,
    Appointment,
    Place,
    World,
    check_store,
    run_through,
    slots_of,
    world_around,
)
from tests.servers.smtp import Fault, SmtpStandIn, in_thread

# Half of what goes wrong with a mail is the worst that can: it is taken, and nobody hears of it.
FAULTS: Final = (Fault.LOSE_REPLY, Fault.LOSE_REPLY, Fault.GARBLE, Fault.LOSE_REQUEST)
GREYLISTED: Final = "450 4.7.1 Greylisted, come back in 5 seconds"
PLACES: Final = (
    Place("berlin", time_of_day(8), "Europe/Berlin"),
    Place("tokyo", time_of_day(9), "Asia/Tokyo"),
    Place("new-york", time_of_day(8), "America/New_York"),
    Place("noon", time_of_day(12)),
)
MANY: Final = (  # most kills leave a mail in doubt, which is not tried again and cannot be killed again
    *PLACES,
    Place("london", time_of_day(7), "Europe/London"),
    Place("sydney", time_of_day(9), "Australia/Sydney"),
    Place("denver", time_of_day(9), "America/Denver"),
    Place("mumbai", time_of_day(10), "Asia/Kolkata"),
)


@dataclass
class MailWorld:
    """The world with a mail server in it, which lives on while the program dies."""

    world: World
    server: SmtpStandIn

    def set_up(self, places: tuple[Place, ...]) -> None:
        asyncio.run(self._store(places))

    async def _store(self, places: tuple[Place, ...]) -> None:
        """For each place somebody whose mailbox is confirmed, and who is subscribed by it."""
        now = self.world.clock.now()
        async with open_sqlite(self.world.database, secret_key=SECRET.encode) as store:
            for place in places:
                who = Identity("slack", "T1", f"U{place.name}")
                person = await store.people.meet(who, place.name, f"reader-of-{place.name}", now)
                address = f"{place.name}@example.org"
                await confirm(store, person.recipient_id, address)
                made = Destination(
                    id=f"id-of-{place.name}",
                    recipient_id=person.recipient_id,
                    name=place.name,
                    route=Route(surface=MAIL, address=address),
                    schedule=Schedule(place.at, WORKDAYS, place.zone),
                    pool=Pool.SUBSCRIPTIONS,
                    label="mail",
                    owner_id=person.recipient_id,
                    active_from=now,
                    created_at=now,
                )
                wanted = Subscription(
                    id=f"subscription-of-{place.name}",
                    recipient_id=person.recipient_id,
                    query="model OR learning OR data",
                    cadence=Cadence.DAILY,
                    maximum=5,
                    days=WORKDAYS,
                    destination_ids=(made.id,),
                    state=SubscriptionState.ACTIVE,
                    created_at=now - timedelta(days=1),
                )
                await store.people.subscribe(wanted, made)


def arrivals(server: SmtpStandIn) -> Counter[str]:
    """How often each digest lies in a mailbox, by its key."""
    names = (str(taken.message["Message-ID"]).strip("<>").partition("@")[0] for taken in server.taken)
    return Counter(name.rpartition(".")[0] for name in names)


async def confirm(store: Store, recipient_id: str, address: str) -> None:
    """Makes an address somebody's, as if they had typed the code that came there."""

    async def post(_: str, doc: Doc) -> None:
        """The code is known here."""

    mail = Mail(store.mailboxes, SystemClock(), SECRET.encode(), lambda: "123456", post)
    await mail.ask(recipient_id, address)
    await mail.confirm(recipient_id, "123456")


def mail_settings(server: SmtpStandIn) -> dict[str, str]:
    return {
        "PAPERBOY_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "PAPERBOY_MAIL_FROM": "Paperboy <papers@papers.example>",
        "PAPERBOY_MAIL_PER_MINUTE": "6000",
    }


@contextmanager
def mail_world(folder: Path) -> Iterator[MailWorld]:
    with world_around(folder) as world, in_thread() as server:
        world.settings |= mail_settings(server)
        yield MailWorld(world, server)


def kill_run(run: MailWorld, places: tuple[Place, ...], kills: int, seed: int) -> list[Appointment]:
    chance = random.Random(seed)
    run.set_up(places)

    def spoil(_: Appointment) -> None:
        if not run.server.faults and chance.random() < 0.5:
            run.server.faults.append(chance.choice(FAULTS))
        if not run.server.answers["RCPT"] and chance.random() < 0.3:
            run.server.answers["RCPT"].append(GREYLISTED)

    def heal() -> None:
        run.server.faults.clear()
        run.server.answers["RCPT"].clear()

    slots = slots_of(places)
    halts = (*HALTS, "retry:before", "retry:after", "in_doubt:before", "in_doubt:after")
    run_through(run.world, slots, kills, chance, halts=halts, spoil=spoil, heal=heal)
    print(f"{run.world.kills} kills in {run.world.lives} lives: {dict(run.world.halts)}")
    return slots


def check(run: MailWorld, slots: list[Appointment]) -> None:
    states = dict(run.world.rows("SELECT key, state FROM deliveries WHERE kind = 'digest'"))
    arrived = arrivals(run.server)
    assert {f"digest-id-of-{slot.destination}-{slot.day}" for slot in slots} == states.keys()
    assert set(arrived.values()) == {1}, f"came twice: {arrived.most_common(3)}"
    assert arrived.keys() <= states.keys()
    for key, state in states.items():
        assert state in {"sent", "in_doubt"}
        assert state == "in_doubt" or arrived[key] == 1, f"{key} is missing, and nobody knows"
    assert "in_doubt" in states.values(), "nothing was ever in doubt: this proves nothing"
    check_store(run.world)


@pytest.mark.soak
def test_a_hundred_kills_and_more_bring_no_mail_twice(tmp_path: Path) -> None:
    with mail_world(tmp_path) as run:
        check(run, kill_run(run, MANY, 300, seed=8))
        assert run.world.kills >= 100
