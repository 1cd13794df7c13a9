"""One conversation with the mail server, for one message after the other.

A failure is returned, to be raised by the caller: the library's own errors hold addresses and the server's
words, and must not follow ours into a log as their context.
"""

import asyncio
import re
import ssl
from datetime import timedelta
from typing import Final, Self

import aiosmtplib

from adapters.email.answers import LATER, Step, failure_of
from adapters.email.server import SmtpServer
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError

_GO_ON: Final = 354
_OK: Final = range(200, 300)
_LINE_OF_DOT: Final = re.compile(rb"(?m)^\.")


class Session:
    """A connection that said hello, and is encrypted and logged in as the server wants it."""

    def __init__(self, client: aiosmtplib.SMTP, server: SmtpServer) -> None:
        self._client = client
        self._server = server

    @classmethod
    async def open(cls, server: SmtpServer, hello: str) -> Self | DeliveryError:
        """A new one. `hello` is the name that we give: the machine's own would end up in every message."""
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=not server.tls and not server.plain,
            tls_context=None if server.plain else server.context,
            username=server.user or None,
            password=server.password or None,
            local_hostname=hello,
            timeout=None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return _unopened(server, error)
        except asyncio.CancelledError:
            client.close()
            raise
        return cls(client, server)

    async def takes_another(self) -> bool:
        """Whether it is still there; what has been idle may have been closed at the other end."""
        try:
            return (await self._client.rset(timeout=5)).code in _OK
        except (aiosmtplib.SMTPException, OSError):
            return False

    async def takes_from(self, sender: str, patience: timedelta) -> DeliveryError | None:
        """Whether the server takes mail from the sender, or why not; nothing is sent."""
        name = self._server.name
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._client.mail(sender)
        except aiosmtplib.SMTPResponseException as error:
            return failure_of(name, Step.SENDER, error.code, error.message)
        except (aiosmtplib.SMTPServerDisconnected, OSError):
            return NotAcceptedError(f"{name} broke the connection off.")
        return None

    async def send(
        self, sender: str, recipient: str, message: bytes, patience: timedelta
    ) -> DeliveryError | None:
        """Hands a message over, its lines ended by CRLF; how that failed, if it did.

        Until the server has asked for the message, it is certain that it has nothing; from then on, only its
        word tells.
        """
        handed_over = False
        step, name = Step.SENDER, self._server.name
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._client.mail(sender)
                step = Step.RECIPIENT
                await self._client.rcpt(recipient)
                step = Step.MESSAGE
                start = await self._client.execute_command(b"DATA")
                protocol = self._client.protocol
                if start.code != _GO_ON or protocol is None:
                    return failure_of(name, step, start.code, start.message, recipient)
                handed_over = True
                protocol.write(_LINE_OF_DOT.sub(b"..", message) + b".\r\n")
                answer = await protocol.read_response()
        except aiosmtplib.SMTPResponseException as error:
            return failure_of(name, step, error.code, error.message, recipient, handed_over=handed_over)
        except TimeoutError:
            seconds = f"{patience.total_seconds():g} s"
            if handed_over:
                return DoubtfulError(f"{name} gave no answer within {seconds}; it may have the message.")
            return NotAcceptedError(f"{name} was not ready for the message within {seconds}.")
        except (aiosmtplib.SMTPServerDisconnected, OSError):
            if handed_over:
                return DoubtfulError(f"{name} broke off before it had answered; it may have the message.")
            return NotAcceptedError(f"{name} broke the connection off before it took the message.")
        if answer.code in _OK:
            return None
        return failure_of(name, step, answer.code, answer.message, recipient, handed_over=True)

    def abandon(self) -> None:
        """Closes it, in whatever state it is."""
        self._client.close()

    async def aclose(self) -> None:
        """Says goodbye."""
        try:
            await self._client.quit(timeout=1)
        except (aiosmtplib.SMTPException, OSError):
            self.abandon()


def _unopened(server: SmtpServer, error: BaseException) -> DeliveryError:
    """Why there is no conversation: nothing was accepted."""
    name = server.name
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code):
            return NotAcceptedError(
                f"{name} does not take the user and the password of PAPERBOY_SMTP_URL (it said {code}).",
                LATER,
            )
        case aiosmtplib.SMTPResponseException(code=code, message=words):
            return failure_of(name, Step.HELLO, code, words)
        case aiosmtplib.SMTPException(message=words) if "AUTH" in words or "authentication" in words:
            return NotAcceptedError(f"{name} offers no login, or none that is known here.", LATER)
        case aiosmtplib.SMTPException(message=words) if "STARTTLS" in words:
            return NotAcceptedError(
                f"{name} offers no STARTTLS, so that nothing is sent to it. See docs/mail.md.", LATER
            )
        case ssl.SSLError() | aiosmtplib.SMTPException(__cause__=ssl.SSLError()):
            return NotAcceptedError(
                f"{name} is not safe: its certificate cannot be trusted, or it does not speak TLS there.",
                LATER,
            )
        case _:
            return NotAcceptedError(
                f"{name} cannot be reached. Is PAPERBOY_SMTP_URL right, and the network up?"
            )
