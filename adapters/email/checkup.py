"""Whether mails could be sent, as far as the server tells before any is."""

from collections.abc import Sequence
from datetime import timedelta
from email.headerregistry import Address
from typing import Final

from adapters.email.connections import Connections
from adapters.email.server import SmtpServer
from bot.checkup import Finding
from bot.errors import DeliveryError
from bot.ports import Clock

_PATIENCE: Final = timedelta(seconds=20)


async def examine(server: SmtpServer, sender: Address, clock: Clock) -> Sequence[Finding]:
    """Whether the server lets us in, and takes mail from the sender. Nothing is sent."""
    connections = Connections(server, sender.domain, clock)
    try:
        async with connections.one(_PATIENCE) as session:
            if isinstance(session, DeliveryError):
                return [Finding("mail server", "cannot be used", str(session).replace(_DOCTOR, ""))]
            safe = "in clear, on this machine or network" if server.plain else "encrypted"
            who = ", logged in" if server.user else ""
            let_in = Finding("mail server", f"lets Paperboy in ({safe}{who})")
            failure = await session.takes_from(sender.addr_spec, _PATIENCE)
    finally:
        await connections.aclose()
    if failure is None:
        return [let_in, Finding("mail sender", "is taken")]
    return [let_in, Finding("mail sender", "is not taken", str(failure).replace(_DOCTOR, ""))]


_DOCTOR: Final = " `paperboy doctor` says more."  # which is who asks here
