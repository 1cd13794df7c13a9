"""People: how surfaces know them, and the papers they marked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from bot.errors import NotFoundError
from bot.model import Destination, from_utc_ms, utc_ms
from bot.people.model import Account, Identity, Mark, MarkedPaper, Person, Subscription, SubscriptionState
from storage.sqlite import holding, linking, subscribing
from storage.sqlite.destinations import by_ids
from storage.sqlite.engine import Engine
from storage.sqlite.graves import buried, bury, graves_of
from storage.sqlite.planning import note_waits
from storage.sqlite.rows import named

__all__ = ["SqlitePeople"]

# What somebody was called before stays known, so that it can be forgotten with them.
_MEET: Final = """
    INSERT INTO identities (surface, tenant, user, recipient_id, name, met_at)
    VALUES (:surface, :tenant, :user, :recipient, :name, :at)
    ON CONFLICT (surface, tenant, user) DO UPDATE SET name = excluded.name, former = iif(
        name = excluded.name OR name IN (SELECT value FROM json_each(former)),
        former, json_insert(former, '$[#]', name)
    )
"""


class SqlitePeople:
    """`bot.people.ports.PeopleStore` on SQLite: a person is a recipient that has an identity."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._graves = graves_of(engine.path)

    async def find(self, identity: Identity) -> Person | None:
        return await self._engine.read(lambda db: _find(db, identity))

    async def of_recipient(self, recipient_id: str) -> Person | None:
        """The person who owns that recipient; `None` for a channel's."""
        return await self._engine.read(lambda db: _person(db, recipient_id))

    async def names(self, recipient_ids: Iterable[str]) -> Mapping[str, str]:
        """What those of these recipients who are people are called."""
        wanted = json.dumps(sorted(set(recipient_ids)))
        return await self._engine.read(lambda db: dict(db.execute(_NAMES, (wanted,)).fetchall()))

    async def meet(self, identity: Identity, name: str, recipient_id: str, at: datetime) -> Person:
        """The person of that identity, with this name; made if nobody has it."""
        known = await self.find(identity)  # most calls change nothing, and must not wait for the writer
        if known is not None and known.name == name:
            return known
        return await self._engine.write(lambda db: _meet(db, identity, name, recipient_id, utc_ms(at)))

    async def set_zone(self, recipient_id: str, zone: str) -> None:
        """Remembers somebody's time zone. Raises `NotFoundError`."""

        def work(db: Database) -> None:
            if not db.execute(
                "UPDATE recipients SET zone = ? WHERE id = ? AND id IN (SELECT recipient_id FROM identities)",
                (zone, recipient_id),
            ).rowcount:
                raise NotFoundError("person", recipient_id)

        await self._engine.write(work)

    # --- one person on several surfaces ----------------------------------------------------------

    async def offer_link(self, recipient_id: str, code: str, until: datetime, at: datetime) -> None:
        """Keeps a code until then, in place of the one that this person had."""
        await self._engine.write(lambda db: linking.offer(db, recipient_id, code, utc_ms(until), utc_ms(at)))

    async def link_offered(self, code: str, at: datetime) -> Person | None:
        """Whose code it is, if it is still good."""

        def work(db: Database) -> Person | None:
            found = linking.offered(db, code, utc_ms(at))
            return _person(db, found) if found is not None else None

        return await self._engine.read(work)

    async def link(self, code: str, recipient_id: str, by: str, at: datetime) -> Person:
        """Makes one person of two, of whom the older stays. Raises `InputError`."""

        def work(db: Database) -> Person:
            return _known(db, linking.link(db, code, recipient_id, by, utc_ms(at)))

        return await self._engine.write(work)

    async def unlink(self, recipient_id: str, surface: str, by: str, at: datetime) -> None:
        """Takes one account away. Raises `NotFoundError` or `ConflictError`."""
        await self._engine.write(lambda db: linking.unlink(db, recipient_id, surface, by, utc_ms(at)))

    # --- marks on papers -------------------------------------------------------------------------

    async def mark(self, recipient_id: str, paper_id: int, mark: Mark, at: datetime) -> bool:
        """Marks a paper; whether it was not so marked before. Raises `NotFoundError`."""

        def work(db: Database) -> bool:
            for table, what, number in (
                ("recipients", "recipient", recipient_id),
                ("papers", "paper", paper_id),
            ):
                if not db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (number,)).fetchone():  # noqa: S608 - two names of ours
                    raise NotFoundError(what, str(number))
            return bool(
                db.execute(
                    "INSERT INTO marks (recipient_id, mark, paper_id, marked_at) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (recipient_id, mark, paper_id, utc_ms(at)),
                ).rowcount
            )

        return await self._engine.write(work)

    async def unmark(self, recipient_id: str, paper_id: int, mark: Mark) -> bool:
        """Takes a mark back; whether there was one."""
        sql = "DELETE FROM marks WHERE recipient_id = ? AND paper_id = ? AND mark = ?"
        return await self._engine.write(
            lambda db: bool(db.execute(sql, (recipient_id, paper_id, mark)).rowcount)
        )

    async def marked(self, recipient_id: str, mark: Mark, limit: int | None = None) -> Sequence[MarkedPaper]:
        """The papers so marked, the newest mark first."""
        sql = (
            "SELECT paper_id, marked_at FROM marks WHERE recipient_id = ? AND mark = ?"
            " ORDER BY marked_at DESC, paper_id DESC LIMIT ?"
        )
        most = -1 if limit is None else limit
        rows = await self._engine.read(lambda db: db.execute(sql, (recipient_id, mark, most)).fetchall())
        return [MarkedPaper(paper_id, from_utc_ms(at)) for paper_id, at in rows]

    async def hidden(self, recipient_ids: Iterable[str]) -> Mapping[str, frozenset[int]]:
        """The papers that each of these recipients hid; every one asked about has an entry."""
        wanted = list(dict.fromkeys(recipient_ids))
        sql = (
            "SELECT recipient_id, paper_id FROM marks"
            " WHERE mark = ? AND recipient_id IN (SELECT value FROM json_each(?))"
        )
        rows = await self._engine.read(
            lambda db: db.execute(sql, (Mark.HIDDEN, json.dumps(wanted))).fetchall()
        )
        papers: dict[str, set[int]] = {recipient: set() for recipient in wanted}
        for recipient, paper in rows:
            papers[recipient].add(paper)
        return {recipient: frozenset(hidden) for recipient, hidden in papers.items()}

    # --- subscriptions ---------------------------------------------------------------------------

    async def subscribe(self, subscription: Subscription, destination: Destination) -> Subscription:
        """Stores a subscription on a destination of the same recipient: this one, or one like it.

        Raises `NotFoundError` if there is no such recipient (any more), or `ConflictError` if it has a
        subscription to the same query already.
        """
        return await self._engine.write(lambda db: subscribing.subscribe(db, subscription, destination))

    async def subscriptions(self, recipient_id: str) -> Sequence[Subscription]:
        """All of a recipient's, in order of their making."""
        return await self._engine.read(lambda db: subscribing.of_recipient(db, recipient_id))

    async def subscription(self, subscription_id: str) -> Subscription | None:
        return await self._engine.read(lambda db: subscribing.get(db, subscription_id))

    async def subscribed(self, destination_ids: Iterable[str]) -> Mapping[str, Sequence[Subscription]]:
        """The active subscriptions of these destinations; every one asked about has an entry."""
        wanted = list(dict.fromkeys(destination_ids))
        return await self._engine.read(lambda db: subscribing.of_destinations(db, wanted))

    async def searches(self, recipient_ids: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The queries of all subscriptions of each of these recipients, of those that rest too."""
        wanted = list(dict.fromkeys(recipient_ids))
        return await self._engine.read(lambda db: subscribing.searches(db, wanted))

    async def set_subscription_state(self, subscription_id: str, state: SubscriptionState) -> None:
        """Pauses or resumes. Raises `NotFoundError`."""
        await self._engine.write(lambda db: subscribing.set_state(db, subscription_id, state))

    async def change_subscription(self, subscription: Subscription) -> None:
        """Replaces what it looks for, how often and how much it speaks.

        Raises `NotFoundError`, or `ConflictError` if the recipient has another to that query.
        """
        await self._engine.write(lambda db: subscribing.change(db, subscription))

    async def speak(
        self, subscription: Subscription, destinations: Sequence[Destination], by: str, at: datetime
    ) -> Subscription:
        """Changes it, and lets it speak on these destinations alone, in this order."""
        return await self._engine.write(
            lambda db: subscribing.speak(db, subscription, destinations, by, utc_ms(at))
        )

    async def speak_on(self, subscription_id: str, destination: Destination) -> Subscription:
        """Adds one destination more, the last in order. Raises `NotFoundError`."""
        return await self._engine.write(lambda db: subscribing.speak_on(db, subscription_id, destination))

    async def silence_on(self, subscription_id: str, destination_id: str, by: str, at: datetime) -> None:
        """Takes one away, and ends what speaks nowhere any more. Raises `NotFoundError`."""
        await self._engine.write(
            lambda db: subscribing.silence_on(db, subscription_id, destination_id, by, utc_ms(at))
        )

    async def instant(self) -> Sequence[tuple[Subscription, Destination]]:
        """The active ones that speak as papers appear, with each active destination of theirs."""

        def work(db: Database) -> list[tuple[Subscription, Destination]]:
            found = subscribing.instant(db)
            places = by_ids(db, [place for _, place in found])
            return [(subscription, places[place]) for subscription, place in found]

        return await self._engine.read(work)

    async def wait(self, since: Mapping[str, datetime | None]) -> None:
        """Notes by subscription since when its papers wait, or that none do."""
        await self._engine.write(lambda db: note_waits(db, since))

    async def unsubscribe(self, subscription_id: str, by: str, at: datetime) -> None:
        """Ends it; a destination without any is removed with it. Raises `NotFoundError`."""
        await self._engine.write(lambda db: subscribing.unsubscribe(db, subscription_id, by, utc_ms(at)))

    # --- what is held of somebody ----------------------------------------------------------------

    async def held(self, recipient_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Everything that is stored of a person: rows by table; tables without any are left out."""
        return await self._engine.read(lambda db: holding.held(db, recipient_id))

    async def forget(self, recipient_id: str, tombstones: Sequence[str], at: datetime) -> None:
        """Deletes all of it, and leaves the tombstones: first those beside the database, so that whatever
        happens in between is made good when it is opened next.
        """
        marks = dict.fromkeys(tombstones, utc_ms(at))

        def work(db: Database) -> None:
            self._graves.add(marks)
            bury(db, marks)
            holding.erase(db, recipient_id)

        await self._engine.write(work)

    async def tombstones(self) -> Mapping[str, datetime]:
        """Every tombstone, the earliest first, with the instant of the last forgetting."""
        known, beside = await self._engine.read(lambda db: (buried(db), self._graves.read()))
        latest = {digest: max(known.get(digest, 0), beside.get(digest, 0)) for digest in {*known, *beside}}
        return {digest: from_utc_ms(at) for digest, at in sorted(latest.items(), key=lambda one: one[1])}

    async def lost_tombstones(self) -> Mapping[str, datetime]:
        """Those beside the database that it lacks, or has of an earlier instant."""
        known, beside = await self._engine.read(lambda db: (buried(db), self._graves.read()))
        return {digest: from_utc_ms(at) for digest, at in beside.items() if at > known.get(digest, -1)}

    async def bury(self, tombstones: Mapping[str, datetime]) -> None:
        """Notes that the database heeds these."""
        marks = {digest: utc_ms(at) for digest, at in tombstones.items()}
        await self._engine.write(lambda db: bury(db, marks))

    async def accounts(self) -> Sequence[Account]:
        """Every identity that is known."""
        sql = (
            "SELECT surface, tenant, user, recipient_id, met_at FROM identities"
            " ORDER BY surface, tenant, user"
        )
        rows = await self._engine.read(lambda db: db.execute(sql).fetchall())
        return [Account(Identity(*one), recipient, from_utc_ms(at)) for *one, recipient, at in rows]


def _find(db: Database, identity: Identity) -> Person | None:
    row = db.execute(
        "SELECT recipient_id, name FROM identities WHERE surface = ? AND tenant = ? AND user = ?", identity
    ).fetchone()
    if row is None:
        return None
    return replace(_known(db, row[0]), name=row[1])


def _known(db: Database, recipient_id: str) -> Person:
    person = _person(db, recipient_id)
    if person is None:
        raise AssertionError(recipient_id)
    return person


_NAMES: Final = """
    SELECT id, name FROM recipients
    WHERE id IN (SELECT value FROM json_each(?))
        AND EXISTS (SELECT 1 FROM identities WHERE recipient_id = recipients.id)
"""


def _person(db: Database, recipient_id: str) -> Person | None:
    identities = holding.identities_of(db, recipient_id)
    if not identities:
        return None
    (row,) = named(db, "SELECT * FROM recipients WHERE id = ?", (recipient_id,))
    return Person(
        recipient_id=recipient_id,
        name=row["name"],
        identities=identities,
        zone=row["zone"],
        created_at=from_utc_ms(row["created_at"]),
    )


def _meet(db: Database, identity: Identity, name: str, recipient_id: str, at: int) -> Person:
    known = _find(db, identity)
    recipient = recipient_id if known is None else known.recipient_id
    db.execute(
        "INSERT INTO recipients (id, name, created_at) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (recipient, name, at),
    )
    db.execute(_MEET, {**identity._asdict(), "recipient": recipient, "name": name, "at": at})
    return _known(db, recipient)
