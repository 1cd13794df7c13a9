"""What is done about mails that come back: by a pipe from the mail server, or from a maildir."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.delivery.notices import MAIL_REMEDY, Notifier
from bot.errors import StorageError
from bot.mail.returned import Bounced, Complained, Stopped, read_returned
from bot.people.tombstone import stopped
from bot.ports import Clock, Store

_log = structlog.get_logger(__name__)

LOOK_EVERY: Final = timedelta(minutes=1)
_MOST_BYTES: Final = 1 << 20


class Incoming:
    """Takes mails in, one at a time."""

    def __init__(self, store: Store, clock: Clock, key: bytes, notifier: Notifier) -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._notifier = notifier

    async def take(self, raw: bytes) -> str:
        """Does what a mail asks for; what that was, in words that name nobody. Raises `StorageError`."""
        match read_returned(raw, self._key):
            case Bounced(address, why):
                await self._notifier.unmailable(address, f"{why} {MAIL_REMEDY}")
                return "A mail had come back: its address is paused."
            case Complained(address):
                await self._notifier.unmailable(address, f"A mail was called spam there. {MAIL_REMEDY}")
                return "A mail was called spam: its address is paused."
            case Stopped(address):
                mark = stopped(self._key, address)
                await self._store.mailboxes.stop(address, "a mail", self._clock.now(), mark)
                return "Somebody wanted no more mail: it has stopped."
            case None:
                return "Nothing was done: this is no report about a mail of Paperboy's, nor asks it to stop."


class Maildir:
    """Looks for new mails in a folder, and leaves them there as read."""

    def __init__(self, folder: Path, incoming: Incoming, clock: Clock) -> None:
        self._folder = folder
        self._incoming = incoming
        self._clock = clock

    async def run(self, stopped: asyncio.Event) -> None:
        """Looks every minute until `stopped`."""
        over = asyncio.ensure_future(stopped.wait())
        try:
            while not stopped.is_set():
                await self._look_once()
                sleep = asyncio.ensure_future(self._clock.sleep(LOOK_EVERY))
                await asyncio.wait({sleep, over}, return_when=asyncio.FIRST_COMPLETED)
                sleep.cancel()
                await asyncio.gather(sleep, return_exceptions=True)
        finally:
            over.cancel()
            await asyncio.gather(over, return_exceptions=True)

    async def _look_once(self) -> None:
        try:
            taken = await self.look()
        except (OSError, StorageError) as error:
            _log.error("Mails that came back could not be read; trying again.", error=str(error))
            return
        if taken:
            _log.info("Mails that came back were looked at.", mails=taken)

    async def look(self) -> int:
        """Takes in what is new; how many that were. Raises `OSError` if the folder cannot be read or changed,
        and `StorageError`: what was not taken in by then is still new.
        """
        count = 0
        for file in await asyncio.to_thread(lambda: list(_new(self._folder))):
            raw = await asyncio.to_thread(_read, file)
            await self._incoming.take(raw)
            await asyncio.to_thread(file.rename, self._folder / "cur" / f"{file.name.partition(':')[0]}:2,S")
            count += 1
        return count


def _new(folder: Path) -> Iterator[Path]:
    """The files of a maildir that nobody has looked at, the oldest first as far as their names tell."""
    return iter(sorted(file for file in (folder / "new").iterdir() if file.is_file()))


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)
