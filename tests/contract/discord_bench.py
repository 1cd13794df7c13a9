"""Discord as a bench for its deliverer."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from adapters.discord import custom_ids
from adapters.discord.deliverer import DiscordDeliverer
from adapters.discord.escape import clean
from bot.model import PLAIN_POSTING, Posting
from bot.ports import Deliverer
from tests.clocks import FakeClock
from tests.contract.bench import NOW, Arrived, Trouble
from tests.discord_reading import every, glyphs_of
from tests.servers.discord import faults
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Message


class DiscordBench:
    """A channel of a server, or a forum, which takes no keys."""

    normal: Final = {
        "613425648685547541/697138785317814292": "613425648685547541/697138785317814292",
        " @ME/697138785317814292\n": "@me/697138785317814292",
    }
    impossible = (
        "", "697138785317814292", "613425648685547541/", "/697138785317814292", "@me", "1/2",
        "me/1234567890123456",
        "613425648685547541/697138785317814292/1", "613425648685547541 / 697138785317814292", "#general",
        f"613425648685547541/{chr(0x661) * 18}",  # digits, and not those
        "https://discord.com/channels/613425648685547541/697138785317814292",
    )  # fmt: skip
    is_terminal = False
    troubles = frozenset(Trouble)

    def __init__(self, patience: timedelta, *, forum: bool) -> None:
        self.clock = FakeClock(NOW)
        self.server = DiscordServer(self.clock.now)
        self.server.expect(500, 40067, 50001, 50013, 10008)  # 10008: a question whether it may be read
        self.guild = self.server.world.guild()
        self.channel = self.guild.forum() if forum else self.guild.text_channel()
        self.posting = Posting(forum=True) if forum else PLAIN_POSTING
        self.secrets = (self.server.world.token,)
        self._patience = patience

    def open(self) -> None:
        """To be called once the server has an address."""
        self.deliverer: Deliverer = DiscordDeliverer(
            self.secrets[0], self.clock, api_url=self.server.api_url, timeout=self._patience
        )

    @property
    def address(self) -> str:
        return f"{self.guild.id}/{self.channel.id}"

    def cause(self, trouble: Trouble) -> None:
        match trouble:
            case Trouble.UNREACHABLE:
                self.server.close_door()
            case Trouble.BUSY:
                self.spoil(faults.RateLimited(7))
            case Trouble.LOST_REQUEST:
                self.spoil(faults.LoseRequest())
            case Trouble.LOST_REPLY:
                self.spoil(faults.LoseReply())
            case Trouble.FAILED_AFTER:
                self.spoil(faults.Status(500, accepts=True))
            case Trouble.REFUSED:
                self.spoil(faults.Fails(400, 40067))
            case Trouble.STUCK:
                self.spoil(faults.Hang(accepts=False))

    def spoil(self, *faults: faults.Fault | None) -> None:
        """The next messages meet these."""
        route = "threads" if self.posting.forum else "messages"
        self.server.script.add("POST", f"/channels/{{channel_id}}/{route}", *faults)

    def pass_time(self, duration: timedelta) -> None:
        self.clock.advance(duration)

    def forbid_asking(self) -> None:
        for role in self.guild.roles.values():
            self.guild.allow(role, role.permissions & ~Permission.READ_MESSAGE_HISTORY)

    def shown(self, text: str) -> str:
        """Without blanks, and only the beginning of what no message has room for."""
        return "".join(clean(text).split())[:1500]

    async def arrived(self) -> list[Arrived]:
        places = self.channel.threads if self.posting.forum else [self.channel]
        messages = [message for place in places for message in place.messages.values()]
        return [
            Arrived(self._key(message), "".join(one.character for one in glyphs_of(message.components)))
            for message in messages
        ]

    def _key(self, message: Message) -> str:
        """The key among those that the tests have, of which Discord sees the mark alone."""
        days = range(1, 31)
        keys = {custom_ids.mark(key): key for key in (f"digest-abc-2025-11-{day}" for day in days)}
        ids = (one["custom_id"] for one in every(message.components) if "custom_id" in one)
        return next(keys[mark] for mark in map(custom_ids.mark_of, ids) if mark in keys)

    async def under_way(self) -> None:
        await self.server.until(lambda: self.server.script.pending == 0)


@contextlib.asynccontextmanager
async def discord_bench(patience: timedelta, *, forum: bool = False) -> AsyncIterator[DiscordBench]:
    bench = DiscordBench(patience, forum=forum)
    async with bench.server:
        bench.open()
        yield bench
        await bench.deliverer.aclose()
