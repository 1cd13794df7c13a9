"""A mail server on loopback, aiosmtpd's own, that takes messages and can be told to fail at any step."""

import asyncio
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum, auto
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Fault(Enum):
    """What befalls the next message once its text was asked for."""

    LOSE_REQUEST = auto()  # cut off, and forgotten
    LOSE_REPLY = auto()  # taken, and cut off before the answer
    GARBLE = auto()  # taken, and answered with what is no answer
    DRIP = auto()  # taken, and the answer never ends
    HANG = auto()  # never answered


@dataclass(frozen=True, slots=True)
class Taken:
    """A message with its envelope."""

    sender: str
    recipient: str
    content: bytes  # as it came, its lines ended by CRLF
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


class SmtpStandIn:
    """Runs within the test's own loop."""

    def __init__(self, *, login: tuple[str, str] | None = None) -> None:
        self.taken: list[Taken] = []
        self.faults: deque[Fault] = deque()
        self.answers: dict[str, deque[str]] = {"MAIL": deque(), "RCPT": deque(), "DATA": deque()}
        self.connections = 0
        self.asked = asyncio.Event()  # for the text of a message
        self.cut_at: str | None = None  # the command at which the connection breaks
        self._login = login
        self._open: set[Any] = set()

    async def start(self, tls: ssl.SSLContext | None = None, *, from_the_start: bool = False) -> Self:
        """Listens. With `tls`, encrypted at once or by STARTTLS."""
        loop = asyncio.get_running_loop()

        def protocol() -> SMTP:
            return _Protocol(
                self,
                tls_context=None if from_the_start else tls,
                require_starttls=tls is not None and not from_the_start,
                authenticator=self._let_in if self._login else None,
                auth_required=self._login is not None,
                auth_require_tls=not from_the_start and tls is not None,
                loop=loop,
            )

        self._server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if from_the_start else None)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Whoever is still there is sent away."""
        self.close_door()
        await self._server.wait_closed()

    def close_door(self) -> None:
        """Nobody is let in any more."""
        self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes all connections, as servers do with those that are idle."""
        for connection in set(self._open):
            connection.abort()

    def _let_in(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = data.login.decode(), data.password.decode()
        return AuthResult(success=given == self._login, handled=False)

    # --- aiosmtpd's hooks ------------------------------------------------------------------------

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._step("MAIL", server)
        envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._step("RCPT", server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.asked.set()
        answer = await self._step("DATA", server)
        if answer is not None:
            return answer
        fault = self.faults.popleft() if self.faults else None
        if fault not in {Fault.LOSE_REQUEST, Fault.HANG}:
            assert isinstance(envelope.content, bytes)
            (recipient,) = envelope.rcpt_tos
            encrypted = server.transport.get_extra_info("sslcontext") is not None
            self.taken.append(Taken(envelope.mail_from or "", recipient, envelope.content, encrypted))
        match fault:
            case Fault.LOSE_REQUEST | Fault.LOSE_REPLY:
                await self._cut(server)
            case Fault.GARBLE:
                return "What did you say?"
            case Fault.DRIP:
                server.transport.write(b"25")
                await asyncio.Event().wait()
            case Fault.HANG:
                await asyncio.Event().wait()
        return "250 OK"

    async def _step(self, command: str, server: Any) -> str | None:
        if self.cut_at == command:
            await self._cut(server)
        waiting = self.answers[command]
        return waiting.popleft() if waiting else None

    async def _cut(self, server: Any) -> None:
        server.transport.abort()
        await asyncio.Event().wait()  # until aiosmtpd notices and cancels this


@contextmanager
def in_thread() -> Iterator[SmtpStandIn]:
    """A stand-in that runs beside a test which has no loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def made() -> SmtpStandIn:
        return await SmtpStandIn().start()

    try:
        server = asyncio.run_coroutine_threadsafe(made(), loop).result()
        yield server
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Protocol(SMTP):
    """Counts connections, and can break one off by itself."""

    def __init__(self, stand_in: SmtpStandIn, **options: Any) -> None:
        super().__init__(stand_in, hostname="mx.example.org", **options)
        self._stand_in = stand_in

    def connection_made(self, transport: Any) -> None:
        if self.session is None:  # STARTTLS makes the same connection once more
            self._stand_in.connections += 1
        self._stand_in._open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._stand_in._open.discard(self.transport)
        super().connection_lost(error)
