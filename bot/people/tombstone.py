"""What is kept of somebody who asked to be forgotten: nothing that says who they were."""

import hashlib
import hmac
from collections.abc import Callable, Iterable

from bot.people.model import Identity
from bot.people.ports import PeopleStore


def tombstone(key: bytes, identity: Identity) -> str:
    """A keyed digest of the identity: whoever lacks the secret key cannot tell whose it is, nor try names."""
    message = "\0".join(("forgotten", *identity)).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def tombstones(key: bytes, identities: Iterable[Identity]) -> list[str]:
    """Those of all accounts of one person."""
    return [tombstone(key, identity) for identity in identities]


async def forget_again(people: PeopleStore, key: Callable[[], bytes]) -> int:
    """Forgets whoever a restored backup brought back; how many people that were.

    Whoever came back by themselves after they were forgotten is somebody new, and stays. `key` is asked for
    the secret key only where a backup was restored.
    """
    lost = await people.lost_tombstones()
    if not lost:
        return 0
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
    await people.bury(lost)
    return len(brought_back)


__all__ = ["forget_again", "tombstone", "tombstones"]
