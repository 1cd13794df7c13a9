"""What people ask of the store. The contract common to all ports of the store stands in `bot.ports`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.model import Destination
from bot.people.model import (
    Account,
    Change,
    Identity,
    Installation,
    Mark,
    MarkedPaper,
    Person,
    Subscription,
    SubscriptionState,
)


class PeopleStore(Protocol):
    """People, their marks on papers, their subscriptions, and what is held of them."""

    async def find(self, identity: Identity) -> Person | None: ...

    async def of_recipient(self, recipient_id: str) -> Person | None: ...

    async def names(self, recipient_ids: Iterable[str]) -> Mapping[str, str]:
        """What those of these recipients who are people are called."""

    async def meet(self, identity: Identity, name: str, recipient_id: str, at: datetime) -> Person:
        """The person of that identity, with the name that their surface tells now; made with the
        recipient `recipient_id` if nobody has it.
        """

    async def set_zone(self, recipient_id: str, zone: str) -> None:
        """Remembers somebody's time zone. Raises `NotFoundError`."""

    # --- one person on several surfaces ----------------------------------------------------------

    async def offer_link(self, recipient_id: str, code: str, until: datetime, at: datetime) -> None:
        """Keeps a code, as a keyed digest, with which another account can be linked to this person until
        then. A person has one at a time; what has run out is dropped. Raises `NotFoundError`.
        """

    async def link_offered(self, code: str, at: datetime) -> Person | None:
        """Whose code that is; `None` if it has run out, was used, or never was one."""

    async def link(self, code: str, recipient_id: str, by: str, at: datetime) -> Person:
        """Makes one person of whoever offered the code and of `recipient_id`, in one transaction; the older
        stays. All that was the other's is theirs: accounts, ledger, marks, subscriptions, destinations, what
        is on its way. A digest that has not gone out is called off if it has a paper that the other was told
        of, or is about to be. Of two subscriptions to one search the active one stays, of two the older.

        Raises `InputError` if the code is not good (any more), `NotFoundError` if there is no such person,
        and `ConflictError` if it is their own, or both have an account on one surface.
        """

    async def unlink(self, recipient_id: str, surface: str, by: str, at: datetime) -> None:
        """Takes a person's account on one surface away: it is nobody's, until it is met again. What comes
        there ends; all else stays. Raises `NotFoundError` if there is none, `ConflictError` if it is the only
        one.
        """

    # --- marks on papers -------------------------------------------------------------------------

    async def mark(self, recipient_id: str, paper_id: int, mark: Mark, at: datetime) -> bool:
        """Marks a paper; whether it was not so marked before. Raises `NotFoundError` (no such
        paper or recipient).
        """

    async def unmark(self, recipient_id: str, paper_id: int, mark: Mark) -> bool:
        """Takes a mark back; whether there was one."""

    async def marked(self, recipient_id: str, mark: Mark, limit: int | None = None) -> Sequence[MarkedPaper]:
        """The papers so marked, the newest mark first."""

    async def hidden(self, recipient_ids: Iterable[str]) -> Mapping[str, frozenset[int]]:
        """The papers that each of these recipients hid; every one asked about has an entry."""

    # --- subscriptions ---------------------------------------------------------------------------

    async def subscribe(self, subscription: Subscription, destination: Destination) -> Subscription:
        """Stores a subscription on a destination of the same recipient, in one transaction; it speaks on
        those of its days that the destination's schedule has.

        A destination of that recipient, route, time and zone that is there already is used in its place,
        gets those days too (and is active again if it was paused or removed). One without days, for what
        comes as it appears, stands apart. Raises `ConflictError` if the recipient has a subscription to the
        same query already, `NotFoundError` if there is no such recipient.
        """

    async def subscriptions(self, recipient_id: str) -> Sequence[Subscription]:
        """All of a recipient's, in order of their making."""

    async def subscription(self, subscription_id: str) -> Subscription | None: ...

    async def subscribed(self, destination_ids: Iterable[str]) -> Mapping[str, Sequence[Subscription]]:
        """The active subscriptions of these destinations, in order of their making; every destination
        asked about has an entry.
        """

    async def searches(self, recipient_ids: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The queries of all subscriptions of each of these recipients, of those that rest too; every one
        asked about has an entry.
        """

    async def set_subscription_state(self, subscription_id: str, state: SubscriptionState) -> None:
        """Pauses or resumes. Raises `NotFoundError`."""

    async def change_subscription(self, subscription: Subscription) -> None:
        """Replaces its query, cadence, maximum, minimum, snooze, and since when its papers wait; when and
        where it speaks is `speak`'s. Raises `NotFoundError`, or `ConflictError` if the recipient has another
        subscription to that query.
        """

    async def speak(
        self,
        subscription: Subscription,
        destinations: Sequence[Destination],
        by: str,
        at: datetime,
    ) -> Subscription:
        """Changes the subscription, and lets it speak on these destinations alone, in this order, all as
        `subscribe` does it and in one transaction. One that is left without any subscription is removed.
        Raises what `change_subscription` does, and `ValueError` without destinations.
        """

    async def speak_on(self, subscription_id: str, destination: Destination) -> Subscription:
        """Adds one more, the last in order. Raises `NotFoundError`."""

    async def silence_on(self, subscription_id: str, destination_id: str, by: str, at: datetime) -> None:
        """Takes one away; a person's destination without any subscription is removed, and a subscription
        without any destination ended. Raises `NotFoundError`.
        """

    async def instant(self) -> Sequence[tuple[Subscription, Destination]]:
        """The active subscriptions that speak as papers appear, with each active destination of theirs:
        recipient by recipient, each one's in the order in which they were named.
        """

    async def wait(self, since: Mapping[str, datetime | None]) -> None:
        """Notes by subscription since when its papers wait, or that none do; those that are not there any
        more are passed over.
        """

    async def unsubscribe(self, subscription_id: str, by: str, at: datetime) -> None:
        """Ends it; a destination without any is removed with it. Raises `NotFoundError`."""

    # --- what is held of somebody ----------------------------------------------------------------

    async def held(self, recipient_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Everything that is stored of a person: rows by table, instants as ISO 8601, secrets left out."""

    async def forget(self, recipient_id: str, tombstones: Sequence[str], at: datetime) -> None:
        """Deletes all of it, queued and leased deliveries included: what a worker holds of it can no longer
        be sent. Channels that the person set up stay; their name goes from them.

        `tombstones` are keyed digests of their identities, kept also where no backup that is restored
        replaces them. Forgetting twice is forgetting once.
        """

    async def tombstones(self) -> Mapping[str, datetime]:
        """Every tombstone, with the instant of the last forgetting."""

    async def lost_tombstones(self) -> Mapping[str, datetime]:
        """Those that the data lack, or have of an earlier instant: a backup from before was restored."""

    async def bury(self, tombstones: Mapping[str, datetime]) -> None:
        """Notes that the data heed these tombstones (again)."""

    async def accounts(self) -> Sequence[Account]:
        """Every identity that is known: what a restored backup is compared with the tombstones by."""


class HistoryStore(Protocol):
    """Who changed what on destinations."""

    async def note(self, change: Change) -> None: ...

    async def changes(self, destination_id: str, limit: int) -> Sequence[Change]:
        """The newest first."""

    async def changed_by(self, by: str) -> Sequence[str]:
        """The ids of the destinations that somebody ever changed, in the order of the first changes."""


class InstallationStore(Protocol):
    """Organisations that installed the bot. The store is opened with the key that encrypts their secrets."""

    async def put(self, installation: Installation) -> None:
        """Stores it, or replaces that of the same surface and tenant (which restores one that was gone).

        What was paused because the installation was gone (see `gone`) goes on.
        """

    async def get(self, surface: str, tenant: str) -> Installation | None:
        """Also one that is gone. Raises `StorageError` if it was encrypted with another key."""

    async def list(self, surface: str) -> Sequence[Installation]: ...

    async def gone(self, surface: str, tenant: str, at: datetime) -> None:
        """It was removed or revoked: its destinations are paused, nothing is deleted yet."""

    async def purge(self, surface: str, gone_before: datetime) -> Sequence[str]:
        """Deletes installations that are gone since before that instant, with their destinations, people
        and all that is theirs; returns their tenants.
        """
