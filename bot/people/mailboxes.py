"""Mailboxes of people: what is known of them, and what is asked of the store. Every instant is UTC-aware.

A mailbox is an identity of its owner on the surface `email`: it is made when a mailed code comes back, and
goes when mail is stopped. So an address is somebody's only after they proved it to be theirs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bot.people.model import Identity

MAIL: Final = "email"  # the surface


def identity_of(address: str) -> Identity:
    """Whoever reads that mailbox; the address is in normal form (`bot.mail.address`)."""
    return Identity(MAIL, "", address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A confirmed address."""

    address: str
    recipient_id: str
    confirmed_at: datetime
    paused_at: datetime | None = None  # nothing arrives there since; None: as far as is known, all does
    paused_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCode:
    """A code that is about to be mailed to an address that somebody says is theirs."""

    recipient_id: str
    address: str
    digest: str  # of the code, keyed
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often codes may be asked for, and tried."""

    since: datetime  # codes asked before do not count any more, and are deleted
    of_person: int
    of_address: int


class MailboxStore(Protocol):
    """Addresses, and codes on their way to them."""

    async def ask(self, code: AskedCode, limits: Limits) -> bool:
        """Notes the code, in place of the one before; `False`, and nothing is noted, if that were too many.
        Raises `NotFoundError` if there is no such recipient.
        """

    async def confirm(
        self, recipient_id: str, digest: str, at: datetime, asked_since: datetime, most_wrong: int
    ) -> Mailbox | None:
        """Makes the address of the recipient's newest code theirs, if the digest is that code's; `None`, and
        the try is counted, if it is not, or if none can be tried any more.

        Mail that went to another address of theirs goes to this one, and what was paused there goes on; the
        other is nowhere any more. Raises `ConflictError` if the mailbox is somebody else's.
        """

    async def forget_codes(self, asked_before: datetime) -> None:
        """Deletes codes that nobody can use any more, and that no longer count."""

    async def of(self, recipient_id: str) -> Mailbox | None:
        """The mailbox of a person; of several the one confirmed last."""

    async def at(self, address: str) -> Mailbox | None: ...

    async def pause(self, address: str, why: str, at: datetime) -> bool:
        """Nothing arrives there: every destination of the address is paused. Whether that is news."""

    async def stop(self, address: str, by: str, at: datetime, tombstone: str) -> bool:
        """Takes the address away: its destinations are removed with what was to go there, and subscriptions
        that have no other way to speak end. Whether it was there.

        It is nowhere any more: codes on their way there are deleted, and messages and removed destinations
        stay without it.

        `tombstone` is a keyed digest of the address (`bot.people.tombstone.stopped`), kept also where no
        backup that is restored replaces it.
        """
