"""The bench of the mail deliverer: a real mail server at the other end."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from email.headerregistry import Address
from typing import Final

from adapters.email.deliverer import EmailDeliverer
from adapters.email.server import SmtpServer
from bot.model import PLAIN_POSTING
from bot.ports import Deliverer
from bot.view.text import control_free
from tests.clocks import FakeClock
from tests.contract.bench import NOW, Arrived, Trouble
from tests.servers.smtp import Fault, SmtpStandIn


class EmailBench:
    """The clock moves on when a mail waits for its turn."""

    address = "maya@example.org"
    secrets = ("maya@example.org", "maya", "the key of all links")
    normal: Final = {
        "maya@example.org": "maya@example.org",
        " Maya.Patel+papers@Example.ORG ": "maya.patel+papers@example.org",
        "maya@münchen.example": "maya@xn--mnchen-3ya.example",
        "o'neill@mail.co.uk": "o'neill@mail.co.uk",
    }
    impossible = (
        "", "maya", "@example.org", "maya@", "maya@localhost", "maya@127.0.0.1", "maya@[127.0.0.1]",
        "maya@example", "maya patel@example.org", '"maya patel"@example.org', "maya..p@example.org",
        ".maya@example.org", "maya@-example.org", "maya@example..org", "maya@exa_mple.org",
        "mäya@example.org", "maya@example.org\nBcc: x@example.org", "<maya@example.org>", "a@b@example.org",
        f"{'a' * 65}@example.org", f"maya@{'a.' * 130}org", "maya@example.org,x@example.org",
    )  # fmt: skip
    posting = PLAIN_POSTING
    is_terminal = False
    troubles = frozenset(Trouble)

    def __init__(self, server: SmtpStandIn, patience: timedelta) -> None:
        self.clock = FakeClock(NOW)
        self.server = server
        self.deliverer: Deliverer = EmailDeliverer(
            SmtpServer(host="127.0.0.1", port=server.port, tls=False, plain=True),
            Address("Paperboy", "papers", "papers.example"),
            secret_key=b"the key of all links",
            clock=self.clock,
            page="https://papers.example",
            timeout=patience,
        )

    def cause(self, trouble: Trouble) -> None:
        match trouble:
            case Trouble.UNREACHABLE:
                self.server.close_door()
            case Trouble.BUSY:
                self.server.answers["RCPT"].append(
                    "450 4.7.1 <maya@example.org>: Greylisted, come again in 7 seconds"
                )
            case Trouble.LOST_REQUEST:
                self.server.faults.append(Fault.LOSE_REQUEST)
            case Trouble.LOST_REPLY:
                self.server.faults.append(Fault.LOSE_REPLY)
            case Trouble.FAILED_AFTER:
                self.server.faults.append(Fault.GARBLE)
            case Trouble.REFUSED:
                self.server.answers["RCPT"].append("550 5.1.1 <maya@example.org>: there is no maya here")
            case Trouble.STUCK:
                self.server.faults.append(Fault.HANG)

    def pass_time(self, duration: timedelta) -> None:
        self.clock.advance(duration)

    def forbid_asking(self) -> None:
        """Always so."""

    def shown(self, text: str) -> str:
        """Without blanks, since lines are broken, and only the beginning of what is far too long."""
        return "".join(control_free(text).split())[:200]

    async def arrived(self) -> list[Arrived]:
        """In the order of their keys' making: messages of several connections overtake each other."""
        found = []
        for taken in self.server.taken:
            body = taken.message.get_body(("plain",))
            assert body is not None
            name = str(taken.message["Message-ID"]).removeprefix("<").partition("@")[0]
            found.append(Arrived(name.rpartition(".")[0], "".join(body.get_content().split())))
        return found

    async def under_way(self) -> None:
        await self.server.asked.wait()


@contextlib.asynccontextmanager
async def email_bench(patience: timedelta) -> AsyncIterator[EmailBench]:
    server = await SmtpStandIn().start()
    bench = EmailBench(server, patience)
    yield bench
    await bench.deliverer.aclose()
    await server.stop()
