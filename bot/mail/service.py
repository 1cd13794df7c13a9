"""What people do with their mailbox: confirm it by a code that was mailed there, and stop mail to it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from bot.errors import InputError, NotAcceptedError
from bot.mail.address import normal_address
from bot.mail.tokens import CONFIRM, STOP, code_digest, opened, sealed
from bot.people.mailboxes import AskedCode, Limits, Mailbox, MailboxStore
from bot.people.tombstone import stopped
from bot.ports import Clock
from bot.view.doc import Doc, Heading, Note, Section, Span

Post = Callable[[str, Doc], Awaitable[None]]
"""Mails something to an address at once. Raises `DeliveryError`."""

GOOD_FOR: Final = timedelta(minutes=30)  # a code, from when it was asked for
CODES_COUNT_FOR: Final = timedelta(days=1)  # against what is asked for
_OF_PERSON: Final = 6  # codes in that time
_OF_ADDRESS: Final = 3  # whoever asks: nobody's mailbox is to be filled by others
_MOST_WRONG: Final = 5  # tries of one code: to guess it is to be right once in 200,000 times


class Mail:
    """Confirmed mailboxes, over the store, and what mails codes to others."""

    def __init__(
        self,
        mailboxes: MailboxStore,
        clock: Clock,
        key: bytes,
        new_code: Callable[[], str],
        post: Post,
        *,
        page: str = "",
    ) -> None:
        """`key` is the secret key, `page` where the world reaches the web page by https; empty: nowhere.
        `new_code` gives six digits that nobody can foresee.
        """
        self._mailboxes = mailboxes
        self._clock = clock
        self._key = key
        self._new_code = new_code
        self._post = post
        self._page = page

    async def ask(self, recipient_id: str, address: str) -> str:
        """Mails a code to an address that somebody says is theirs; the address in normal form.

        Raises `InputError` (no address, or too many codes), `DeliveryError` if it could not be mailed.
        """
        address = normal_address(address)
        now, code = self._clock.now(), self._new_code()
        asked = AskedCode(
            recipient_id=recipient_id,
            address=address,
            digest=code_digest(self._key, recipient_id, code),
            asked_at=now,
        )
        limits = Limits(since=now - CODES_COUNT_FOR, of_person=_OF_PERSON, of_address=_OF_ADDRESS)
        if not await self._mailboxes.ask(asked, limits):
            raise InputError(
                "Too many codes were asked for today. Look for the last one, also among what your mailbox "
                "takes for spam, or try again tomorrow."
            )
        token = sealed(self._key, CONFIRM, f"{recipient_id} {code}")
        link = f"{self._page}/mail/confirm/{token}" if self._page else None
        try:
            await self._post(address, code_mail(code, link))
        except NotAcceptedError as error:  # what is known not to have gone out is not tried again by itself
            raise NotAcceptedError(
                f"The code could not be mailed: {error} Try again in some minutes."
            ) from error
        return address

    async def confirm(self, recipient_id: str, code: str) -> Mailbox:
        """Makes the address that the code was mailed to theirs. Raises `InputError` for another code."""
        made = await self._confirmed(recipient_id, "".join(code.split()).replace("-", ""))
        if made is None:
            raise InputError(
                "That is not the code that was mailed last, or it was tried too often, or it is more than "
                "half an hour old. `mail add` with your address mails another."
            )
        return made

    async def confirm_by_link(self, token: str) -> None:
        """The same by the link in the mail. Raises `InputError` if it leads to nothing (any more)."""
        recipient_id, _, code = (opened(self._key, CONFIRM, token) or "").rpartition(" ")
        if not recipient_id:
            raise InputError("This link is not whole. Copy all of it from the mail, or use the code in it.")
        if await self._confirmed(recipient_id, code) is None:
            raise InputError(
                "This link was used already, or is more than half an hour old. If mail does not come, ask "
                "for another in the chat: `mail add` with your address."
            )

    async def _confirmed(self, recipient_id: str, code: str) -> Mailbox | None:
        now, digest = self._clock.now(), code_digest(self._key, recipient_id, code)
        return await self._mailboxes.confirm(recipient_id, digest, now, now - GOOD_FOR, _MOST_WRONG)

    async def stop_by_link(self, token: str) -> bool:
        """Stops mail to the address that the link was mailed to; whether it was on. Doing it twice is doing
        it once. Raises `InputError` for what is no link of ours.
        """
        address = opened(self._key, STOP, token)
        if address is None:
            raise InputError("This link is not whole. Copy all of it from the mail.")
        return await self._stop(address, "the link in a mail")

    async def stop(self, mailbox: Mailbox, by: str) -> None:
        """Stops mail to somebody's mailbox, and forgets the address."""
        await self._stop(mailbox.address, by)

    async def _stop(self, address: str, by: str) -> bool:
        return await self._mailboxes.stop(address, by, self._clock.now(), stopped(self._key, address))

    async def of(self, recipient_id: str) -> Mailbox | None:
        """Somebody's mailbox."""
        return await self._mailboxes.of(recipient_id)


def code_mail(code: str, link: str | None) -> Doc:
    """The mail with a code; with a link, where the web page can be reached."""
    minutes = int(GOOD_FOR.total_seconds()) // 60
    typed = (
        Span("Somebody wants research papers from Paperboy by mail to this address. If that is you, type "),
        Span(f"mail confirm {code}", code=True),
        Span(" in the chat where you asked for it."),
    )
    pressed = (
        (Section((Span("Or "), Span("open this page and confirm it there", link), Span("."))),)
        if link
        else ()
    )
    blocks = (
        Heading((Span(f"Your code is {code}", strong=True),)),
        Section(typed),
        *pressed,
        Note((Span(f"It is good for {minutes} minutes."),)),
    )
    return Doc(blocks, f"{code} is your code for papers by mail")
