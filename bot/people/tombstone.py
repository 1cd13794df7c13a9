"""What is kept of somebody who asked to be forgotten, and of an address that wants no more mail: nothing that
says whose it was.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import NamedTuple

from bot.people.mailboxes import MAIL, MailboxStore
from bot.people.model import Identity
from bot.people.ports import PeopleStore


def tombstone(key: bytes, identity: Identity) -> str:
    """A keyed digest of the identity: whoever lacks the secret key cannot tell whose it is, nor try names."""
    return _digest(key, "forgotten", *identity)


def tombstones(key: bytes, identities: Iterable[Identity]) -> list[str]:
    """Those of all accounts of one person."""
    return [tombstone(key, identity) for identity in identities]


def stopped(key: bytes, address: str) -> str:
    """The same of a mail address, in normal form, that wants no more mail; nothing else of its owner goes."""
    return _digest(key, "stopped", address)


def _digest(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()


class HeededAgain(NamedTuple):
    """What a restored backup had brought back."""

    people: int = 0  # forgotten again
    addresses: int = 0  # stopped again, of others


async def heed_again(people: PeopleStore, mailboxes: MailboxStore, key: Callable[[], bytes]) -> HeededAgain:
    """Forgets whoever a restored backup brought back, and stops mail that it set going again.

    Whoever came back by themselves after they were forgotten is somebody new, and stays; so does mail that
    was confirmed after it was stopped. `key` is asked for the secret key only where a backup was restored.
    """
    lost = await people.lost_tombstones()
    if not lost:
        return HeededAgain()
    secret = key()
    brought_back = {
        account.recipient_id: lost[mark]
        for account in await people.accounts()
        if (mark := tombstone(secret, account.identity)) in lost and account.met_at < lost[mark]
    }
    for recipient, at in brought_back.items():
        person = await people.of_recipient(recipient)
        if person is not None:
            await people.forget(recipient, tombstones(secret, person.identities), at)
    addresses = 0
    for account in await people.accounts():
        surface, _, address = account.identity
        mark = stopped(secret, address) if surface == MAIL else ""
        if mark in lost and account.met_at < lost[mark]:
            addresses += await mailboxes.stop(address, "the restored wish of its owner", lost[mark], mark)
    await people.bury(lost)
    return HeededAgain(len(brought_back), addresses)


__all__ = ["HeededAgain", "heed_again", "stopped", "tombstone", "tombstones"]
