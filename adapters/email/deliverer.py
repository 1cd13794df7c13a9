"""Digests by mail, over SMTP.

Nobody can ask a mailbox what it has, and no server drops repeats: a message of which it is not known whether
the server took it is in doubt, and never sent again by itself.
"""

import asyncio
from datetime import timedelta
from email.headerregistry import Address
from typing import Final

from adapters.email.connections import Connections
from adapters.email.message import Envelope, WayOut, mailto, message_id, wire
from adapters.email.pace import Pace
from adapters.email.render import Ending, bodies_of
from adapters.email.server import SmtpServer
from bot.errors import DeliveryError, InputError, NotAcceptedError, RefusedError
from bot.mail.address import normal_address
from bot.mail.tokens import STOP, message_tag, sealed
from bot.people.mailboxes import MAIL
from bot.ports import Abilities, Ability, Clock, Parcel
from bot.view.doc import Doc, from_json

TIMEOUT: Final = timedelta(minutes=2)  # a server that looks through a message for spam takes its time
PER_MINUTE: Final = 120

_WHY: Final = "You get this because you subscribed to it and confirmed this address."
_BY_CHAT: Final = "In the chat where you subscribed, `subscriptions` changes what comes."


class EmailDeliverer:
    """Brings messages to mailboxes. Implements `bot.ports.Deliverer` with the ability NONE."""

    surface: Final = MAIL

    def __init__(
        self,
        server: SmtpServer,
        sender: Address,
        *,
        secret_key: bytes,
        clock: Clock,
        page: str = "",
        per_minute: int = PER_MINUTE,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        """`page` is where the world reaches the web page, by https; empty: it does not."""
        self._sender = sender
        self._secret_key = secret_key
        self._clock = clock
        self._page = page
        self._timeout = timeout
        self._pace = Pace(clock, per_minute)
        self._connections = Connections(server, sender.domain, clock)

    @property
    def request_timeout(self) -> timedelta:
        return self._timeout

    def abilities(self, parcel: Parcel) -> Abilities:
        return Abilities(Ability.NONE)

    def check_address(self, address: str) -> str:
        return normal_address(address)

    async def ready(self, parcel: Parcel) -> None:
        await self._pace.turn()

    async def send(self, parcel: Parcel) -> str:
        try:
            doc = from_json(parcel.doc)
        except ValueError as error:
            raise RefusedError(f"The stored message cannot be read: {error}") from error
        return await self._mail(parcel, doc, self._way_out(parcel.address))

    async def post(self, parcel: Parcel, doc: Doc) -> None:
        """Sends somebody a message of its own at once, such as a code that they asked for: there is no
        list to leave. It waits behind no digests: few are asked for. Raises `DeliveryError`.
        """
        await self._mail(parcel, doc, None)

    async def find(self, parcel: Parcel) -> str | None:
        """Never asked: no mailbox can be read."""
        raise RefusedError("A mailbox cannot be asked what it has.")

    async def aclose(self) -> None:
        await self._connections.aclose()

    def _way_out(self, address: str) -> WayOut:
        token = sealed(self._secret_key, STOP, address)
        page = f"{self._page}/mail/stop/{token}" if self._page else ""
        return WayOut(mailto(self._sender, f"unsubscribe {token}"), page)

    async def _mail(self, parcel: Parcel, doc: Doc, way_out: WayOut | None) -> str:
        try:
            recipient = normal_address(parcel.address)
        except InputError as error:
            raise RefusedError(str(error)) from error
        tag = message_tag(self._secret_key, parcel.key, recipient)
        envelope = Envelope(self._sender, recipient, parcel.key, tag, parcel.created_at)
        # Long texts of many papers take their time, in which others are served.
        message = await asyncio.to_thread(
            lambda: wire(envelope, bodies_of(doc, self._ending(way_out)), way_out)
        )
        failure = await self._hand_over(recipient, message)
        if failure is not None:
            raise failure
        return message_id(envelope)

    async def _hand_over(self, recipient: str, message: bytes) -> DeliveryError | None:
        """How it failed, if it did. A third of the time is for the connection, the rest for the message."""
        patience = self._timeout / 3
        async with self._connections.one(patience) as session:
            if isinstance(session, DeliveryError):
                if isinstance(session, NotAcceptedError) and session.retry_after is not None:
                    self._pace.hold(session.retry_after)
                return session
            failure = await session.send(self._sender.addr_spec, recipient, message, self._timeout - patience)
            if failure is not None:
                session.abandon()
            return failure

    def _ending(self, way_out: WayOut | None) -> Ending:
        if way_out is None:
            return Ending("If you did not ask for this, leave it: nothing more will come.", "")
        if way_out.page:
            return Ending(_WHY, _BY_CHAT, way_out.page)
        _, _, subject = way_out.mailto.partition("?subject=")
        by_mail = (
            f"To stop these mails, type `mail stop` there, or write to {self._sender.addr_spec} "
            f"with the subject: {subject.replace('%20', ' ')}"
        )
        return Ending(_WHY, _BY_CHAT, way_out.mailto, by_mail)
